"""What a kernel or a set of indices must be to have a law; refusals say what was met."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_hermitian", "as_indices", "as_square", "semidefinite_eigh", "widened"]

# The entries of B B^H, computed, differ from their mirror images by up to about r eps.
_MIRROR = 4.0

# The largest entries of kernels whose eigenvalues, of any number of items, are normal numbers.
_RANGE = (2.0**-900, 2.0**960)


def widened(A: np.ndarray, order: Any = "C") -> np.ndarray:
    """Return A in double precision."""
    return np.asarray(A, np.complex128 if A.dtype.kind == "c" else np.float64, order=order)


def as_square(A: Any, name: str) -> tuple[np.ndarray, float]:
    """Return a square matrix in double precision, and eps of the precision it came in."""
    given = as_matrix(A, name=name)
    if given.shape[0] != given.shape[1]:
        raise InvalidInputError(
            f"{name} has shape {given.shape}; a kernel is square (for features, one row an item, "
            "there is LEnsemble.from_features)"
        )
    return widened(given), float(np.finfo(given.dtype).eps)


def as_hermitian(A: Any, name: str) -> tuple[np.ndarray, float]:
    """Return a Hermitian matrix, symmetrized to the last bit, and eps of its precision."""
    wide, eps = as_square(A, name)
    mirror = wide.conj().T
    if np.array_equal(wide, mirror):
        return wide.copy(), eps
    # Halves first: entries may be as large as numbers get.
    off = np.abs(0.5 * wide - 0.5 * mirror)
    size = norms.max_abs(wide)
    if off.size and 2.0 * off.max() > _MIRROR * (8 + wide.shape[0]) * eps * size:
        i, j = np.unravel_index(int(np.argmax(off)), off.shape)
        kind = "Hermitian" if wide.dtype.kind == "c" else "symmetric"
        raise InvalidInputError(
            f"{name} is not {kind}: {name}[{i}, {j}] is {wide[i, j]:.6g} and {name}[{j}, {i}] is "
            f"{wide[j, i]:.6g}; pass ({name} + {name}.conj().T) / 2, or sequential_dpp the "
            "marginal kernel of a process without symmetry"
        )
    return 0.5 * wide + 0.5 * mirror, eps


def semidefinite_eigh(L: np.ndarray, tol: float, name: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return eigenvalues w, descending, and vectors of L, and c: those of L are e^c w.

    c is 0 unless they could leave the range of numbers. Raises if one is negative, that is
    below -tol times the largest in size.
    """
    peak, alpha = norms.max_abs(L), 1.0
    if not _RANGE[0] <= peak <= _RANGE[1]:
        alpha = norms.power_of_two_scale(peak, L.dtype, always=True)
    w, V = eigh(L if alpha == 1.0 else L * alpha)
    if w.size and w[-1] < -tol * max(float(w[0]), -float(w[-1])):
        with np.errstate(over="ignore", under="ignore"):
            least, most = w[-1] / alpha, w[0] / alpha
        raise InvalidInputError(
            f"{name} is not positive semidefinite: it has the eigenvalue {least:.6g} beside "
            f"a largest one of {most:.6g}, and rounding explains {tol:.2g} of that; "
            "a likelihood kernel has none below zero"
        )
    return w, V, -math.log(alpha)


def as_indices(S: Any, N: int, name: str) -> np.ndarray:
    """Return distinct indices of N items, in their order."""
    try:
        found = np.asarray(S)
    except ValueError:
        found = np.empty((0, 0))
    if isinstance(S, np.ma.MaskedArray) or found.dtype == object or found.ndim != 1:
        raise InvalidTypeError(f"{name} must be a sequence of indices, got {S!r}")
    if found.size == 0:
        return np.empty(0, np.int64)
    if found.dtype == bool:
        raise InvalidTypeError(f"{name} is a mask; pass np.flatnonzero({name})")
    if found.dtype.kind not in "iu":
        raise InvalidTypeError(f"{name} has dtype {found.dtype}; indices are integers")
    if found.min() < 0 or found.max() >= N:
        bad = found[(found < 0) | (found >= N)][0]
        raise InvalidInputError(f"{name} has the index {bad}; the items are 0 to {N - 1}")
    indices = found.astype(np.int64)
    if np.unique(indices).size != indices.size:
        values, counts = np.unique(indices, return_counts=True)
        raise InvalidInputError(f"{name} has {values[counts > 1][0]} twice; a set has it once")
    return indices
