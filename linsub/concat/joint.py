"""What one reading of a collection gives of its concatenation: Gram matrix and triangle."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.qr import r_factor
from linsub._core.dense.svd import singular_values
from linsub.concat import bounds
from linsub.concat.collection import Collection
from linsub.concat.panels import panel_width, panels

__all__ = ["joint_gram", "joint_triangle", "joint_values"]


def _wide(c: Collection) -> np.dtype:
    return np.dtype(np.complex128 if c.dtype.kind == "c" else np.float64)


def joint_gram(c: Collection) -> tuple[np.ndarray, float]:
    """Return ``G = M M^H`` of the scaled collection, in double precision, and a bound on its error.

    The bound is on what the eigenvalues of G, as computed by a stable eigensolver, can be
    away from the squares of the singular values of M.
    """
    m = c.height
    G = np.zeros((m, m), _wide(c))
    width, count = panel_width(m), 0
    for _, P in panels(c, "Gram matrix", dtype=_wide(c)):
        G += P @ P.conj().T
        count += 1
    relative = bounds.gram_rounding(
        min(width, c.width) + count,
        m,
        float(np.finfo(float).eps),
        complex_entries=c.dtype.kind == "c",
    )
    return G, relative * float(c.squares.sum())


def joint_triangle(c: Collection) -> tuple[np.ndarray, float]:
    """Return L (m, k) with ``M = L Q^H`` for some orthonormal Q, and a bound on the backward error.

    In double precision, in one reading, with k = min(m, n) columns: L has the singular
    values and the left singular vectors of the scaled M.
    """
    m = c.height
    kind = _wide(c)
    R = np.zeros((0, m), kind)  # L^H
    steps = 0
    # Panels as wide as R is high: each QR factorization then costs twice what its own
    # rows do.
    for _, P in panels(c, "QR factorization", width=max(panel_width(m), m), dtype=kind):
        R = r_factor(np.concatenate([R, P.conj().T]))
        steps += 1
    error = bounds.merge_rounding(m, steps, float(np.finfo(float).eps))
    return R.conj().T, error * float(np.sqrt(c.squares.sum()))


def joint_values(c: Collection) -> tuple[np.ndarray, float]:
    """Return all min(m, n) singular values of the scaled M, and a bound on their error."""
    L, error = joint_triangle(c)
    values = singular_values(L).astype(np.float64)[: min(c.height, c.width)]
    step = bounds.merge_rounding(c.height, 0, float(np.finfo(float).eps))
    return values, error + step * float(np.sqrt(c.squares.sum()))
