"""How often each row is taken, and the three ways to draw."""

from __future__ import annotations

import numpy as np

from linsub._core.dense import norms

__all__ = ["MODES", "drawn_counts", "expected_counts"]

MODES = ("bernoulli", "iid", "systematic")

# Relative distance from an integer that is the rounding of a sum of up to 1e6 probabilities.
_WHOLE = 1e-9


def expected_counts(scores: np.ndarray, size: float, mode: str) -> np.ndarray:
    """Return how often each row is taken on average: ``min(1, c s_i)`` of sum `size`, or m s_i/S.

    The sum is `size` for "iid"; otherwise it is the number of rows that have a score where that
    is less.
    """
    found = np.zeros(scores.size)
    # 1 at most, so that sums do not overflow and subnormal scores keep their ratios.
    s = norms.near_one(scores.astype(np.float64))[0]
    positive = np.flatnonzero(s)
    if positive.size == 0 or size <= 0:
        return found
    s = s[positive]
    if mode == "iid":
        found[positive] = s * (size / s.sum())
    elif size >= positive.size:
        found[positive] = 1.0
    else:
        found[positive] = _capped(s, size)
    return found


def _capped(s: np.ndarray, size: float) -> np.ndarray:
    """Return q with q_i = min(1, c s_i) and sum q = size < len(s)."""
    order = np.argsort(-s, kind="stable")
    descending = s[order]
    # rest[k] is the sum of all but the k largest, from the smallest on: nothing cancels.
    rest = np.cumsum(descending[::-1])[::-1]
    # With k rows certain the others have c = (size - k)/rest[k]; the first k for which the largest
    # of those probabilities is not above 1.
    fits = (size - np.arange(s.size)) * descending <= rest
    certain = int(np.argmax(fits))
    q = np.ones(s.size)
    others = order[certain:]
    q[others] = np.minimum(s[others] * ((size - certain) / rest[certain]), 1.0)
    return q


def drawn_counts(expected: np.ndarray, mode: str, generator: np.random.Generator) -> np.ndarray:
    """Return how often each row is taken, with the given means."""
    if mode == "bernoulli":
        # In (0, 1]: a row is certain at 1, and one of chance 0 is not drawn.
        return np.asarray(1.0 - generator.random(expected.size) <= expected, dtype=np.int64)
    if mode == "iid":
        total = float(expected.sum())
        return _hits(expected, total * generator.random(round(total)), total)
    certain = expected >= 1.0
    free = np.where(certain, 0.0, expected)
    total = float(free.sum())
    # A sum that is an integer but for its rounding is one: then the size is fixed.
    if abs(total - round(total)) <= _WHOLE * max(1.0, total):
        total = float(round(total))
    u = float(generator.random())
    points = u + np.arange(max(np.ceil(total - u), 0.0))
    return np.asarray(certain + _hits(free, points, total))


def _hits(lengths: np.ndarray, points: np.ndarray, total: float) -> np.ndarray:
    """Return how many points fall into each of the intervals, one after another up to total."""
    counts = np.zeros(lengths.size, np.int64)
    rows = np.flatnonzero(lengths)
    if points.size == 0 or rows.size == 0:
        return counts
    ends = np.cumsum(lengths[rows])
    hit = np.searchsorted(ends * (total / ends[-1]), points, side="right")
    # A point may round up to the last end.
    np.add.at(counts, rows[np.minimum(hit, rows.size - 1)], 1)
    return counts
