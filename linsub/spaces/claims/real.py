"""Links over the reals: principal angles, and parts that are well conditioned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.spaces import VectorSpace, bounds
from linsub.verify import Observation, claim

_EPS = float(np.finfo(float).eps)


def _angles(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a space whose angles to the coordinate space of S are known."""
    pool = np.array([0.0, np.pi / 2, 1e-8, np.pi / 2 - 1e-8, 1e-3, 0.4, np.pi / 4, 1.2])
    theta = rng.choice(pool, size=int(rng.integers(1, 6)))
    s, q = (theta.size + int(rng.integers(0, 3)) for _ in range(2))
    U, W = (np.linalg.qr(rng.standard_normal((k, theta.size)))[0].T for k in (s, q))
    rows = np.hstack([np.cos(theta)[:, None] * U, np.sin(theta)[:, None] * W])
    # cos(pi/2) in floating point is 6e-17, which counts as zero too.
    mixed = np.linalg.qr(rng.standard_normal((theta.size, theta.size)))[0] @ rows
    order = rng.permutation(s + q)
    labels = np.array([f"s{i}" for i in range(s)] + [f"q{i}" for i in range(q)])[order]
    inside = np.sort(theta[(theta > 0.0) & (theta < np.pi / 2)])
    return {
        "rows": mixed[:, order],
        "labels": labels.tolist(),
        "S": [f"s{i}" for i in range(s)],
        "inside": inside,
        "label": f"{theta.size} angles",
    }


def _decomposed(rows: Any, labels: Any, S: Any, **options: Any) -> tuple[Any, ...]:
    found = VectorSpace(rows, columns=labels, **options).decompose(S)
    assert found.info is not None
    return (*found, found.info.details["angles"])


def _coarse(rows: Any, labels: Any, S: Any) -> tuple[Any, ...]:
    return _decomposed(rows, labels, S, atol=1e-6)


def _unbalanced(rows: Any, labels: Any, S: Any) -> tuple[Any, ...]:
    """Divide the columns of the link by a thousand in both parts: the same composition."""
    left, right, link, angles = _decomposed(rows, labels, S)
    made = []
    for space in (left, right):
        M = space.basis * np.where([c in set(link) for c in space.columns], 1e-3, 1.0)
        made.append(VectorSpace(M, columns=space.columns))
    return (*made, link, angles)


@claim(
    "spaces-angles",
    source="Bjorck & Golub 1973 for the angles; derived in the docs",
    kind="exact",
    domain="pair",
    subject=_decomposed,
    cases=_angles,
    mutants={
        "small angles are zero": _coarse,
        "unbalanced parts": _unbalanced,
        "from cosines": lambda rows, labels, S: (
            *(found := _decomposed(rows, labels, S))[:3],
            np.arccos(np.cos(found[3])),
        ),
    },
    eps_multiple=200.0,
    budget=0.4,
    max_cases=40,
)
def angles(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """The least link has a column for each angle in (0, pi/2), and its parts meet at 1/sqrt(3)"""
    left, right, link, theta = subject(case.rows, case.labels, case.S)
    V = VectorSpace(case.rows, columns=case.labels)
    again = left.compose(right)
    k = len(link)
    found = [
        Observation(float(k), float(case.inside.size), note="columns"),
        Observation(float(V.connectivity(case.S)), float(case.inside.size), note="connectivity"),
        Observation(again.distance(V), 0.0, note="composition"),
    ]
    if k != case.inside.size or k == 0:
        return found
    parts = np.vstack([left.basis[:, -k:], -right.basis[:, :k]])
    met = np.sort(np.linalg.svd(parts, compute_uv=False)[:k])
    known = np.sort(bounds.link_singular_value(case.inside))
    off = np.abs(np.sort(theta) - case.inside).max()
    return [
        *found,
        Observation(float(off), 0.0, note="angles"),
        Observation(float(np.abs(met - known).max()), 0.0, note="matching"),
        Observation(again.gap[1], float(np.sqrt(1.0 / 3.0)), note="what comes out"),
    ]
