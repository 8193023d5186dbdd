"""Frequent Directions: how far ``B^T B`` is from ``A^T A``, and what follows for eigenvectors."""

from __future__ import annotations

import math

__all__ = ["eigenvector_certificate"]


def eigenvector_certificate(
    first: float, second: float, shrinkage: float, rounding: float = 0.0
) -> float:
    """Return a bound on the sine between the top eigenvectors of ``A^T A`` and of ``B^T B``.

    With ``0 <= A^T A - B^T B <= shrinkage I`` up to `rounding`, ``A^T A`` is
    ``B^T B + (shrinkage / 2) I + E`` and ``||E|| <= e = shrinkage / 2 + rounding``. With the gap
    ``g = first - second`` of ``B^T B``, ``sin t <= e / (g - e)`` and ``sin 2t <= 2 e / g``.

    Parameters
    ----------
    first, second : float
        The two largest eigenvalues of ``B^T B``; `second` is 0 where B has one row or d > 1.
    shrinkage, rounding : float

    Returns
    -------
    float
        In [0, 1]; 1.0 where the gap does not exceed 2 e.
    """
    e, gap = 0.5 * shrinkage + rounding, first - second
    if not gap > 2.0 * e:
        return 1.0
    half = math.sin(0.5 * math.asin(min(2.0 * e / gap, 1.0)))
    return min(half, e / (gap - e), 1.0)
