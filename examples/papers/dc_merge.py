"""DC-Merge: adapters of several tasks in one, by a cover of their singular subspaces.

Each task vector is truncated, its singular values smoothed, and written in a shared pair of
orthonormal bases, where entries are trimmed, elect their sign and are averaged (arXiv
2603.06242). Two traps of the method are shown: without trimming, rounding takes part in the vote,
so that orthogonal tasks, which should merge to their sum, do not; and the polar factor of
overlapping tasks is not unique, so that the rank of the cover has to be decided.
"""

from __future__ import annotations

import warnings

import numpy as np

from linsub.errors import AccuracyWarning
from linsub.geometry import polar_basis
from linsub.svd import truncated_svd

Factors = tuple[np.ndarray, np.ndarray, np.ndarray]


def smoothed(S: np.ndarray, ratio: float = 5.0) -> np.ndarray:
    """Flatten singular values to a line from min(ratio, S_1/S_r) to 1 with the same sum."""
    line = np.linspace(min(ratio, S[0] / S[-1]), 1.0, S.size)
    return np.asarray(line * (S.sum() / line.sum()))


def elected(stack: np.ndarray, floor: float) -> np.ndarray:
    """Average the entries above `floor` whose sign is that of the sum of such entries."""
    kept = np.where(np.abs(stack) > floor, stack, 0.0)
    agree = kept * np.sign(kept.sum(axis=0)) > 0.0
    return np.asarray((kept * agree).sum(axis=0) / np.maximum(agree.sum(axis=0), 1))


def merge(tasks: list[Factors], floor: float) -> np.ndarray:
    """Return the merged matrix; entries up to `floor` times the largest do not vote."""
    left = polar_basis([U for U, _, _ in tasks])
    right = polar_basis([Vh.T for _, _, Vh in tasks])
    parts = [(left.Q.T @ U * smoothed(S)) @ (Vh @ right.Q) for U, S, Vh in tasks]
    for (U, S, Vh), M in zip(tasks, parts, strict=True):  # the cover loses nothing
        assert np.allclose(left.Q @ M @ right.Q.T, U * smoothed(S) @ Vh, atol=1e-12)
    merged = elected(np.array(parts), floor * max(np.abs(M).max() for M in parts))
    return np.asarray(left.Q @ merged @ right.Q.T)


def task(U: np.ndarray, V: np.ndarray) -> Factors:
    """Return the truncated SVD of a task vector with the given singular subspaces."""
    U, S, Vh = truncated_svd(U * [10.0, 4.0, 2.0, 1.0, 0.5] @ V.T, 5)
    return U, S, Vh


def relative(A: np.ndarray, B: np.ndarray) -> float:
    """Return ||A - B||_F / ||B||_F."""
    return float(np.linalg.norm(A - B) / np.linalg.norm(B))


def main() -> None:
    """Merge orthogonal tasks with and without trimming, and a task with itself."""
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((n, 15)))[0] for n in (60, 50))
    tasks = [task(U[:, i : i + 5], V[:, i : i + 5]) for i in (0, 5, 10)]
    total = sum(U * smoothed(S) @ Vh for U, S, Vh in tasks)
    trimmed, voted = (relative(merge(tasks, floor), total) for floor in (1e-12, 0.0))
    print(f"orthogonal tasks, error of their merger: {trimmed:.1e}, rounding voting {voted:.2f}")
    U, S, Vh = tasks[0]
    with warnings.catch_warnings(action="ignore", category=AccuracyWarning):  # of the overlap
        twice = polar_basis([U, U])
        same = relative(merge([tasks[0], tasks[0]], 1e-12), U * smoothed(S) @ Vh)
    print(f"a task with itself: cover of rank {twice.rank} in place of 10, error {same:.1e}")
    assert trimmed < 1e-13
    assert voted > 0.1
    assert twice.rank == 5
    assert same < 1e-12


if __name__ == "__main__":
    main()
