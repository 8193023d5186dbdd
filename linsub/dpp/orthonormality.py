"""Whether the columns of U are orthonormal, in one reading of it."""

from __future__ import annotations

import functools

import numpy as np

from linsub._core.arrays import check_all_finite
from linsub._core.dense.full_rank import basis
from linsub._core.random import Streams
from linsub.dpp.bounds.projection import chain_rule_distance
from linsub.errors import InvalidInputError

__all__ = ["orthonormal_columns", "survey", "unit_columns"]

# The law of a sample may be off by this much in total variation: no test with fewer than
# 1e12 draws could tell.
_DISTANCE = 1e-6

# Two Gaussian probes z have E ||(U^H U - I) z||^2 = ||U^H U - I||_F^2, and see less than a
# thousandth of a defect with a probability below e / 1000^2 (bounds.unseen_defect). Columns that
# are orthonormal to rounding are far below what that leaves, in double precision.
_PROBES = 2
_UNSEEN = 1000.0

# What rounding explains, in units of sqrt(m) eps. Householder's QR leaves 1 to 3 of them.
_ROUNDING = 30.0


def survey(U: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the leverages (N,) and an estimate of ||U^H U - I||_F, in double precision.

    U is read once, in its own order.
    """
    from linsub.dpp._kernels.survey import by_columns, by_rows

    N, m = U.shape
    masses = np.zeros(N)
    if N == 0 or m == 0:
        return masses, 0.0
    wide = np.complex128 if U.dtype.kind == "c" else np.float64
    Z = _probes(m, wide)
    W = np.zeros_like(Z)
    if U.flags.c_contiguous:
        by_rows(U, Z, masses, W)
    else:
        by_columns(np.ascontiguousarray(U.T), Z, masses, W)
    with np.errstate(over="ignore", invalid="ignore"):
        return masses, float(np.linalg.norm(W - Z) / np.sqrt(_PROBES))


@functools.lru_cache(maxsize=8)
def _probes(m: int, dtype: type) -> np.ndarray:
    """Return the rows (2, m) that every check uses: the same input passes or fails each time."""
    Z = np.ascontiguousarray(Streams.replay(0).gaussian("probe", (m, _PROBES), dtype).T)
    Z.flags.writeable = False
    return Z


def tolerance(m: int, dtype: np.dtype) -> float:
    """Return the largest measured defect that passes."""
    rounding = _ROUNDING * float(np.sqrt(m)) * float(np.finfo(dtype).eps)
    return max(_DISTANCE / (m * _UNSEEN), rounding)


def unit_columns(U: np.ndarray, name: str) -> np.ndarray:
    """Return the leverages (N,); raise if the columns are not orthonormal to rounding."""
    masses, defect = survey(U)
    if U.shape[1] == 0:
        return masses
    tol = tolerance(U.shape[1], U.dtype)
    if not defect <= tol:
        check_all_finite(U, name=name)
        moved = min(1.0, chain_rule_distance(U.shape[1], min(defect, 0.999)))
        raise InvalidInputError(
            f"the columns of {name} are not orthonormal: ||U^H U - I||_F is about {defect:.3g}, "
            f"where rounding explains {tol:.1g}, and the law could be off by {moved:.1g} in total "
            f"variation; pass orthonormal='qr', or np.linalg.qr({name})[0], for the law of its "
            "range"
        )
    return masses


def orthonormal_columns(
    U: np.ndarray, how: str, name: str = "U", *, check_finite: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return U itself, checked or taken on trust, or an orthonormal basis; and its leverages.

    A basis in the order of U, which is not finite only where `check_finite` is False.
    """
    if how == "check":
        return U, unit_columns(U, name)
    if how == "qr":
        if check_finite:
            check_all_finite(U, name=name)
        U = basis(U, name)
    masses = survey(U)[0]
    if check_finite and not np.isfinite(masses).all():
        check_all_finite(U, name=name)
    return U, masses
