"""Restriction, contraction, composition and their duals; exact numbers and their size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from linsub.spaces import VectorSpace, bounds
from linsub.spaces.claims.linkings import NARAYANAN, random_pair
from linsub.verify import Observation, claim

_FIELDS = (2, 3, 5, "rational", "real")


def _pairs(index: int, rng: np.random.Generator) -> dict[str, Any]:
    field = _FIELDS[index % len(_FIELDS)]
    V, W, S, P, Q = random_pair(field, rng)
    return {"V": V, "W": W, "S": S, "P": P, "Q": Q, "label": f"over {field}"}


def _off(V: VectorSpace, W: VectorSpace) -> float:
    """How far two spaces are apart: over exact fields 0 or 1."""
    return V.distance(W) if V.field == "real" else float(V != W)


def _unit(*spaces: VectorSpace) -> float:
    """By what rounding grows over the reals: one over the least number that was no zero."""
    return 1.0 / math.prod(V.gap[1] for V in spaces)


def _minor(V: VectorSpace, S: Any, kind: str) -> VectorSpace:
    return V.restrict(S) if kind == "restrict" else V.contract(S)


@claim(
    "spaces-minors",
    source="Tutte 1965, J. Res. Natl. Bur. Stand. 69B; proved in the docs",
    kind="exact",
    domain="pair",
    subject=_minor,
    cases=_pairs,
    mutants={
        "restricted for contracted": lambda V, S, kind: V.restrict(S),
        "contracted for restricted": lambda V, S, kind: V.contract(S),
        "onto the dual": lambda V, S, kind: _minor(V, S, kind).dual(),
    },
    budget=0.25,
    max_cases=60,
)
def minors(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """r(V) = r(V.S) + r(V x P), and (V.S)^perp = V^perp x S"""
    V, S, P = case.V, case.S, case.P
    seen, left = subject(V, S, "restrict"), subject(V, P, "contract")
    dual = subject(V.dual(), S, "contract")
    return [
        Observation(float(seen.rank + left.rank), float(V.rank), note="ranks"),
        Observation(_off(seen.dual(), dual), 0.0, _unit(V, seen), note="dual"),
    ]


def _vectors(V: VectorSpace) -> list[tuple[int, ...]]:
    """Return all vectors of a space over GF(p)."""
    p = int(V.field)
    scalars = np.array(list(itertools.product(range(p), repeat=V.rank)), dtype=np.int64)
    found = scalars.reshape(p**V.rank, V.rank) @ V.basis % p
    return [tuple(row) for row in found.tolist()]


def _small(index: int, rng: np.random.Generator) -> dict[str, Any]:
    p = (2, 3)[index % 2]
    V, W, S, P, Q = random_pair(p, rng, most=3)
    return {"V": V, "W": W, "S": S, "P": P, "Q": Q, "label": f"over GF({p})"}


def _compose(V: VectorSpace, W: VectorSpace) -> VectorSpace:
    return V.compose(W)


@claim(
    "spaces-composed-rank",
    source=NARAYANAN,
    kind="exact",
    domain="pair",
    subject=_compose,
    cases=_small,
    mutants={
        "skew": lambda V, W: V.compose(W, skew=True),
        "nothing matched": lambda V, W: V.restrict([c for c in V.columns if c[0] == "s"]).compose(
            W.restrict([c for c in W.columns if c[0] == "q"])
        ),
        "what is zero on P": lambda V, W: V.contract([c for c in V.columns if c[0] == "s"]).compose(
            W.contract([c for c in W.columns if c[0] == "q"])
        ),
    },
    budget=0.35,
    max_cases=60,
)
def composed_rank(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """V <-> W is found by listing all vectors, of rank r(V) + r(W) - r(V.P + W.P) - r(VxP ^ WxP)"""
    V, W, P, s = case.V, case.W, case.P, len(case.S)
    whole = subject(V, W)
    by_middle: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for g in _vectors(W):
        by_middle.setdefault(g[: len(P)], []).append(g[len(P) :])
    listed = {f[:s] + g for f in _vectors(V) for g in by_middle.get(f[s:], ())}
    rank = bounds.composed_rank(
        V.rank,
        W.rank,
        V.restrict(P).sum(W.restrict(P)).rank,
        V.contract(P).intersection(W.contract(P)).rank,
    )
    return [
        Observation(float(whole.rank), float(rank), note="rank"),
        Observation(float(set(_vectors(whole)) != listed), 0.0, note="vectors"),
    ]


@claim(
    "spaces-duality",
    source=NARAYANAN,
    kind="exact",
    domain="pair",
    subject=lambda V, W, skew: V.compose(W, skew=skew),
    cases=_pairs,
    mutants={
        "never skew": lambda V, W, skew: V.compose(W),
        "turned on the left too": lambda V, W, skew: (
            V.negate(V.columns[:1]).compose(W) if skew else V.compose(W)
        ),
        "one column short": lambda V, W, skew: V.compose(
            W.negate([c for c in W.columns if c[0] == "p"][:1]) if skew else W
        ),
    },
    budget=0.35,
    max_cases=60,
)
def duality(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """(V <-> W)^perp = V^perp <=> W^perp"""
    one = subject(case.V, case.W, False)
    other = subject(case.V.dual(), case.W.dual(), True)
    return [Observation(_off(one.dual(), other), 0.0, _unit(case.V, case.W, one, other))]


def _recovers(V: VectorSpace, W: VectorSpace) -> tuple[bool, Any]:
    whole = V.compose(W)
    return V.recovers(W), V.invert(whole)


def _half(V: VectorSpace, W: VectorSpace) -> tuple[bool, Any]:
    P = [c for c in V.columns if c in set(W.columns)]
    return V.restrict(P).contains(W.restrict(P)), V.invert(V.compose(W))


@claim(
    "spaces-inversion",
    source=NARAYANAN,
    kind="exact",
    domain="pair",
    subject=_recovers,
    cases=lambda index, rng: {
        "pairs": [random_pair(_FIELDS[index % 4], rng, most=3) for _ in range(6)],
        "label": f"over {_FIELDS[index % 4]}",
    },
    mutants={
        "restrictions alone": _half,
        "always": lambda V, W: (True, V.invert(V.compose(W))),
        "nothing": lambda V, W: (V.recovers(W), VectorSpace.zero(W.columns, V.field)),
    },
    budget=0.35,
    max_cases=40,
)
def inversion(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """V <-> (V <-> W) = W iff V.P contains W.P and W x P contains V x P; a solution always is"""
    found = []
    for V, W, _, _, _ in case.pairs:
        whole = V.compose(W)
        said, inverse = subject(V, W)
        space = getattr(inverse, "space", inverse)
        found += [
            Observation(float(said), float(V.compose(whole) == W), note="iff"),
            Observation(float(V.compose(space) != whole), 0.0, note="solution"),
        ]
        if hasattr(inverse, "unique"):
            # W solves too; where the solution is unique, it must be W.
            found.append(Observation(float(inverse.unique and space != W), 0.0, note="unique"))
    return found


def _denominators(M: np.ndarray) -> float:
    """Return log2 of the least common denominator of the reduced row echelon form."""
    V = VectorSpace(M, "rational")
    return math.log2(math.lcm(*(e.denominator for e in V.basis.flat)))


def _of_floats(M: np.ndarray) -> float:
    R = np.array(M, dtype=float)
    row = 0
    for c in range(R.shape[1]):
        i = row + int(np.argmax(np.abs(R[row:, c]))) if row < len(R) else row
        if row == len(R) or abs(R[i, c]) < 1e-9:
            continue
        R[[row, i]] = R[[i, row]]
        R[row] /= R[row, c]
        R[np.arange(len(R)) != row] -= np.outer(R[np.arange(len(R)) != row, c], R[row])
        row += 1
    return math.log2(math.lcm(*(Fraction(float(e)).denominator for e in R.flat)))


def _integers(index: int, rng: np.random.Generator) -> dict[str, Any]:
    k, n = int(rng.integers(1, 6)), int(rng.integers(1, 7))
    size = int(rng.choice([1, 9, 10**6, 10**18]))
    M = rng.integers(-size, size + 1, size=(k, n))
    if index % 4 == 0:  # a single row whose pivot is its denominator
        M = np.array([[size, *(1 for _ in range(n))]])
    return {"M": M, "label": f"{M.shape[0]} x {M.shape[1]}"}


@claim(
    "spaces-minor-bits",
    source="Bareiss 1968, Math. Comp. 22; Hadamard 1893",
    kind="always",
    domain="matrix",
    subject=_denominators,
    cases=_integers,
    mutants={
        "by floats": _of_floats,
        "multiplied across": lambda M: 2.0 * _denominators(M),
    },
    tight=0.999,
    budget=0.2,
    max_cases=60,
)
def minor_bits(case: Any, subject: Callable[..., Any]) -> Observation | None:
    """log2 of the common denominator of the echelon form <= r log2(size sqrt(r))"""
    M = case.M
    size = int(max(abs(int(e)) for e in M.flat))
    if size == 0:
        return None
    rank = min(M.shape)
    bound = bounds.minor_bits(rank, size)
    return Observation(float(subject(M)), bound * (1.0 + 1e-14) + 1e-12)
