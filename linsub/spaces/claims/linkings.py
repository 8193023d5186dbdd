"""Random linkings over GF(2), GF(3) and GF(5): all of them at the minimum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.spaces import VectorSpace, bounds
from linsub.verify import Observation, claim

__all__ = ["random_pair"]

NARAYANAN = "Narayanan, arXiv 1609.07991; proved in the docs"

# 30 cases of 50 linkings, 500 over each field.
_FIELDS = (2, 3, 5)
_LINKINGS, _CASES = 50, 30


def random_pair(p: Any, rng: np.random.Generator, most: int = 4) -> tuple[Any, ...]:
    """Return V on S and P, W on P and Q, and these labels, 1 .. `most` in each set."""
    s, m, q = (int(x) for x in rng.integers(1, most + 1, size=3))
    S, P, Q = ([(name, i) for i in range(k)] for name, k in (("s", s), ("p", m), ("q", q)))
    ranks = rng.integers(0, (s + m + 1, m + q + 1))
    low, high = (-2, 3) if isinstance(p, str) else (0, p)
    made = [
        VectorSpace(rng.integers(low, high, size=(k, len(C))), p, columns=C)
        for k, C in zip(ranks, (S + P, P + Q), strict=True)
    ]
    return (*made, S, P, Q)


def _linkings(index: int, rng: np.random.Generator) -> dict[str, Any]:
    p = _FIELDS[index % len(_FIELDS)]
    pairs = [random_pair(p, rng) for _ in range(_LINKINGS)]
    return {"pairs": pairs, "label": f"{_LINKINGS} over GF({p})", "size": float(p)}


def _least(V: VectorSpace, S: Any, Q: Any) -> int:
    return bounds.least_overlap(V.restrict(S).rank, V.restrict(Q).rank, V.rank)


def _minimized(V: VectorSpace, W: VectorSpace) -> tuple[Any, ...]:
    return tuple(V.minimize_link(W))


def _only_deleted(V: VectorSpace, W: VectorSpace) -> tuple[Any, ...]:
    """Delete the columns that W.P determines, and contract none."""
    P = [label for label in V.columns if label in set(W.columns)]
    at = W.restrict(P)
    base = [next(c for c, e in zip(P, row, strict=True) if e) for row in at.basis]
    S, Q = ([c for c in X.columns if c not in set(P)] for X in (V, W))
    return V.restrict(S + base), W.restrict(base + Q), base


def _one_less(V: VectorSpace, W: VectorSpace) -> tuple[Any, ...]:
    left, right, link = V.minimize_link(W)
    S, Q = ([c for c in X.columns if c not in set(link)] for X in (left, right))
    return left.restrict([*S, *link[1:]]), right.restrict([*link[1:], *Q]), link[1:]


@claim(
    "spaces-minimized-link",
    source=NARAYANAN,
    kind="exact",
    domain="pair",
    subject=_minimized,
    cases=_linkings,
    mutants={
        "as it was given": lambda V, W: (V, W, [c for c in V.columns if c in set(W.columns)]),
        "only deleted": _only_deleted,
        "one column less": _one_less,
    },
    budget=0.9,
    min_cases=_CASES,
    max_cases=_CASES,
)
def minimized_link(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """V <-> W needs r(V.S) + r(V.Q) - r(V) columns, and a subset of P of that size is found."""
    found = []
    other = strange = 0
    for V, W, S, P, Q in case.pairs:
        left, right, link = subject(V, W)
        whole = V.compose(W)
        found.append(Observation(float(len(link)), float(_least(whole, S, Q)), note="columns"))
        other += left.compose(right) != whole
        strange += not set(link) <= set(P)
    return [
        *found,
        Observation(float(other), 0.0, note="other compositions"),
        Observation(float(strange), 0.0, note="columns that are not of P"),
    ]


def _wholes(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return spaces on S and Q, each the composition of a pair or any space."""
    p = _FIELDS[index % len(_FIELDS)]
    spaces = []
    for i in range(_LINKINGS):
        V, W, S, _, Q = random_pair(p, rng)
        if i % 2:
            k, n = rng.integers(0, len(S + Q) + 1), len(S + Q)
            whole = VectorSpace(rng.integers(0, p, size=(k, n)), p, columns=S + Q)
        else:
            whole = V.compose(W)
        spaces.append((whole, S, Q))
    return {"spaces": spaces, "label": f"{_LINKINGS} over GF({p})", "size": float(p)}


def _restricted(V: VectorSpace, S: Any) -> tuple[Any, ...]:
    """Give every row of V.S a column, and forget what V contracts to S."""
    V = V.relabel([*V.columns])
    top = V.restrict(S).basis
    link = [("link", i) for i in range(len(top))]
    Q = [c for c in V.columns if c not in set(S)]
    left = VectorSpace(np.hstack([top, np.eye(len(top))]), V.field, columns=[*S, *link])
    return left, left.compose(V), link if Q else []


@claim(
    "spaces-least-link",
    source=NARAYANAN,
    kind="exact",
    domain="pair",
    subject=lambda V, S: tuple(V.decompose(S)),
    cases=_wholes,
    mutants={
        "a column for every row": _restricted,
        "one column less": lambda V, S: _one_less(*V.decompose(S)[:2]),
    },
    budget=0.4,
    min_cases=9,
    max_cases=_CASES,
)
def least_link(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """V = V_SP <-> V_PQ with r(V.S) + r(V.Q) - r(V) columns in P, for every V and S"""
    found = []
    other = 0
    for V, S, Q in case.spaces:
        left, right, link = subject(V, S)
        found.append(Observation(float(len(link)), float(_least(V, S, Q)), note="columns"))
        other += left.compose(right) != V
    return [*found, Observation(float(other), 0.0, note="other compositions")]
