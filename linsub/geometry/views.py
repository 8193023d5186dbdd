"""A view of samples, centred and reduced to an orthonormal basis of its columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError
from linsub.geometry.basis import as_rtol, decided, powers_of_two

__all__ = ["View", "centred", "reduced", "two_views"]


class View(NamedTuple):
    """An orthonormal U (n, rank) with ``(X - mean) diag(2^exponents) weights = U diag(shrink)``.

    `kept` and `dropped` are the relative singular values on both sides of the rank.
    """

    U: np.ndarray
    weights: np.ndarray
    exponents: np.ndarray
    shrink: np.ndarray
    mean: np.ndarray
    rank: int
    kept: float
    dropped: float
    rtol: float


def two_views(X: Any, Y: Any, check_finite: bool, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both as canonical arrays with the same number of rows, at least `least`."""
    X = arrays.as_matrix(X, name="X", check_finite=check_finite)
    Y = arrays.as_matrix(Y, name="Y", check_finite=check_finite)
    if X.shape[0] != Y.shape[0]:
        raise InvalidInputError(
            f"X has {X.shape[0]} rows and Y {Y.shape[0]}; row i of both is the same sample"
        )
    if X.shape[0] < least:
        raise InvalidInputError(f"X and Y have {X.shape[0]} rows; at least {least} are needed")
    for name, Z in (("X", X), ("Y", Y)):
        if Z.shape[1] == 0:
            raise InvalidInputError(f"{name} has no columns, shape {Z.shape}")
    return X, Y


def centred(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return Z, mean and exponents with ``X - mean = Z diag(2^exponents)`` in double precision.

    The columns of Z have entries up to 2. The mean is taken twice: the second time of what is
    left, so that Z holds what a large mean would otherwise round away; constant columns are 0.
    """
    wide = X.astype(np.complex128 if X.dtype.kind == "c" else np.float64)
    parts = (wide.real, wide.imag) if wide.dtype.kind == "c" else (wide,)
    peaks = np.max([np.abs(part).max(axis=0, initial=0.0) for part in parts], axis=0)
    exponents = np.frexp(peaks)[1]
    Z = powers_of_two(wide, -exponents)
    constant = (Z[:1] == Z).all(axis=0)
    mean = np.where(constant, Z[0], Z.mean(axis=0))
    Z = Z - mean
    rest = Z.mean(axis=0)
    Z -= rest
    Z[:, constant] = 0.0
    return Z, powers_of_two(mean + rest, exponents), exponents


def reduced(X: np.ndarray, *, rtol: float | None, ridge: float) -> View:
    """Return the view of X; without a ridge its columns are brought to one size first."""
    rtol = as_rtol(rtol, X)
    Z, mean, exponents = centred(X)
    if ridge == 0.0:
        extra = np.frexp(norms.column_norms(Z))[1]
        Z = powers_of_two(Z, -extra)
        exponents = exponents + extra
        common = exponents
    else:  # a ridge means something only where the columns keep their sizes
        top = exponents[Z.any(axis=0)].max(initial=-5000)
        Z = powers_of_two(Z, np.maximum(exponents - top, -5000))
        common = np.full_like(exponents, top)
    Q, R = qr(Z)
    U, s, Vh = svd(R)
    top_value = float(s[0]) if s.size else 0.0
    rank, kept, dropped = decided(s, rtol)
    shrink = np.ones(rank)
    root = s[:rank]
    if ridge and rank:
        root = np.hypot(s[:rank], np.sqrt(ridge) * top_value)
        shrink = s[:rank] / root
    weights = Vh[:rank].conj().T / root
    return View(Q @ U[:, :rank], weights, -common, shrink, mean, rank, kept, dropped, rtol)
