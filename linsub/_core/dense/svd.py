"""The thin singular value decomposition, by gesdd with a fallback to gesvd."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from scipy import linalg

from linsub._core.dense import norms
from linsub.errors import ConvergenceError

__all__ = ["FALLBACKS", "singular_values", "svd"]

# How often each driver failed in this process.
FALLBACKS: Counter[str] = Counter()


def _scaled(A: np.ndarray) -> tuple[np.ndarray, Any]:
    """Return A over a power of two, which LAPACK's own scaling is not, so that S is exact."""
    alpha = norms.power_of_two_scale(norms.max_abs(A), A.dtype)
    real = np.empty(0, A.dtype).real.dtype
    return (A, real.type(1)) if alpha == 1.0 else (A * real.type(alpha), real.type(alpha))


def _lapack(A: np.ndarray, vectors: bool) -> Any:
    # gesdd's divide and conquer fails on rare finite matrices that gesvd's QR iteration
    # handles. It refuses nan with a ValueError, and answers inf with nan.
    call: Any = linalg.svd
    for driver in ("gesdd", "gesvd"):
        try:
            found = call(
                A,
                full_matrices=False,
                compute_uv=vectors,
                check_finite=False,
                lapack_driver=driver,
            )
            if np.isfinite(found[1] if vectors else found).all():
                return found
        except ValueError:  # LinAlgError is one
            pass
        FALLBACKS[driver] += 1
        if not np.isfinite(A).all():
            break
    raise ConvergenceError(
        f"LAPACK found no singular values of a matrix of shape {A.shape}; look for nan or inf in it"
    )


def svd(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U (m, k), S (k,) descending, Vh (k, n) with k = min(m, n); empty A allowed."""
    m, n = A.shape
    real = np.empty(0, A.dtype).real.dtype
    if min(m, n) == 0:
        return np.zeros((m, 0), A.dtype), np.zeros(0, real), np.zeros((0, n), A.dtype)
    scaled, alpha = _scaled(A)
    U, S, Vh = _lapack(scaled, True)
    with np.errstate(over="ignore", under="ignore"):
        return U, S / alpha, Vh


def singular_values(A: np.ndarray) -> np.ndarray:
    """Return the singular values alone, descending."""
    if min(A.shape) == 0:
        return np.zeros(0, np.empty(0, A.dtype).real.dtype)
    scaled, alpha = _scaled(A)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(_lapack(scaled, False) / alpha)
