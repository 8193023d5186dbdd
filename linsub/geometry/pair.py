"""Two users' matrices as a pair of orthonormal bases in one space, with the rank decisions."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import Home, as_matrix, home
from linsub._core.dense import norms
from linsub.errors import InvalidInputError
from linsub.geometry.basis import Basis, as_rtol, basis_of

__all__ = ["Pair", "checked", "orthonormal_pair", "pair_of"]

_EPS = float(np.finfo(np.float64).eps)

# A basis that LAPACK made is orthonormal to a few sqrt(n p) eps of its type; a product of a few
# such matrices stays below this multiple of it. Beyond, it was not meant to be orthonormal, or
# lost it on the way, and the caller should know.
_DEFECT = 16.0

# Nearer to orthonormal than this multiple of sqrt(p) eps a basis is taken as it is.
_EXACT = 2.0

# A step from a defect below this leaves nothing but rounding.
_ONE_STEP = 1e-9

# No column of an orthonormal basis is longer than 1 by more than rounding.
_LARGEST = 2.0

# Whatever the columns of a basis, their relative singular values are above this.
_CLEAR = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """X (n, p) and Y (n, q) in double precision, and what the results are rounded to.

    `details` holds the rank decisions; `eps` is the spacing at 1 of the coarser of the two types
    that the entries were given in; `kept` is the smaller of the two smallest relative singular
    values that were kept; `given` are a caller's own bases where X and Y had to be brought
    nearer to orthonormal.
    """

    X: np.ndarray
    Y: np.ndarray
    home: Home
    dtype: np.dtype
    details: dict[str, Any]
    eps: float
    kept: float = 1.0
    given: tuple[np.ndarray, np.ndarray] | None = None

    def give_back(self, Q: np.ndarray) -> Any:
        """Return vectors in the caller's type and array library."""
        shared = np.may_share_memory(Q, self.X) or np.may_share_memory(Q, self.Y)
        return self.home.give_back(Q.astype(self.dtype, copy=shared))


def _pair(
    A: Any, B: Any, names: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray, Home, np.dtype[Any]]:
    place = home(A)
    A, B = as_matrix(A, name=names[0]), as_matrix(B, name=names[1])
    if A.shape[0] != B.shape[0]:
        raise InvalidInputError(
            f"{names[0]} has {A.shape[0]} rows and {names[1]} has {B.shape[0]}; subspaces of one "
            "space are needed, with basis vectors as columns"
        )
    return A, B, place, np.result_type(A.dtype, B.dtype)


def pair_of(A: Any, B: Any, *, rtol: Any = None, orthonormal: Any = False) -> Pair:
    """Return orthonormal bases of the column spaces of A and B."""
    if scalars.as_flag(orthonormal, name="orthonormal"):
        if rtol is not None:
            raise InvalidInputError(
                "rtol decides the ranks of matrices that are not orthonormal; leave it out with "
                "orthonormal=True"
            )
        return orthonormal_pair(A, B, names=("A", "B"))
    A, B, place, dtype = _pair(A, B, ("A", "B"))
    bases = _basis(A, "A", rtol), _basis(B, "B", rtol)
    details: dict[str, Any] = {}
    for name, basis in zip("AB", bases, strict=True):
        details |= {
            f"rank_{name}": basis.rank,
            f"kept_{name}": basis.kept,
            f"dropped_{name}": basis.dropped,
            f"rtol_{name}": basis.rtol,
        }
    kept = min(map(_kept, bases))
    return Pair(bases[0].Q, bases[1].Q, place, dtype, details, _coarser(A, B), kept)


def _basis(A: np.ndarray, name: str, rtol: Any) -> Basis:
    """Return the basis of range(A); a basis that is one already is not factored again."""
    rtol = as_rtol(rtol, A)
    if A.shape[1] and rtol < _CLEAR:
        Q, _ = _polished(A)
        if Q is not None:
            return Basis(Q, A.shape[1], 1.0, 0.0, rtol)
    return basis_of(A, name=name, rtol=rtol)


def _kept(basis: Basis) -> float:
    return basis.kept if basis.rank else 1.0


def orthonormal_pair(X: Any, Y: Any, *, names: tuple[str, str]) -> Pair:
    """Return X and Y, which must be orthonormal to the precision of their type.

    Raises
    ------
    InvalidInputError
        If they are not; the message gives the defect.
    """
    X, Y, place, dtype = _pair(X, Y, names)
    bases = [checked(A, name) for A, name in zip((X, Y), names, strict=True)]
    details = {f"rank_{name}": Q.shape[1] for name, Q in zip(names, bases, strict=True)}
    wide = _wide(X), _wide(Y)
    # In double precision what was not moved is the very array.
    moved = any(
        Q is not W and (W is A or not np.array_equal(Q, W))
        for Q, W, A in zip(bases, wide, (X, Y), strict=True)
    )
    given = wide if moved else None
    return Pair(bases[0], bases[1], place, dtype, details, _coarser(X, Y), given=given)


def _coarser(A: np.ndarray, B: np.ndarray) -> float:
    return max(float(np.finfo(X.dtype).eps) for X in (A, B))


def _wide(A: np.ndarray) -> np.ndarray:
    return A.astype(np.complex128 if A.dtype.kind == "c" else np.float64, copy=False)


def checked(A: np.ndarray, name: str) -> np.ndarray:
    """Return the polar factor of A, which must be orthonormal to the precision of its type."""
    n, p = A.shape
    if p > n:
        raise InvalidInputError(
            f"{name} has {p} columns of length {n}, which cannot be orthonormal; make a basis of "
            "them by linsub.geometry.orth first"
        )
    Q, defect = _polished(A)
    if Q is None:
        found = f"{defect:.2e}" if np.isfinite(defect) else "not small"
        raise InvalidInputError(
            f"{name} is not orthonormal: ||{name}^H {name} - I||_F is {found}, and at most "
            f"{_allowed(A):.1e} by rounding; make a basis by linsub.geometry.orth first"
        )
    return Q


def _allowed(A: np.ndarray) -> float:
    n, p = A.shape
    return min(0.1, _DEFECT * float(np.sqrt(n * p)) * float(np.finfo(A.dtype).eps))


def _polished(A: np.ndarray) -> tuple[np.ndarray | None, float]:
    """Return the polar factor of A where it is a basis already, and its defect.

    It is the nearest orthonormal basis of the same range: what single precision rounded off
    would otherwise pass for an angle. Each Newton-Schulz step squares the defect.
    """
    # One column tells most other matrices at no cost.
    if A.shape[1] > A.shape[0] or norms.frobenius(A[:, :1]) > _LARGEST:
        return None, np.inf
    Q = _wide(A)
    eye = np.eye(A.shape[1])
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        off = eye - Q.conj().T @ Q
    found = defect = norms.frobenius(off)
    if not defect <= _allowed(A):
        return None, defect
    while defect > _EXACT * _EPS * float(np.sqrt(A.shape[1])):
        Q = Q + Q @ (0.5 * off)
        if defect < _ONE_STEP:
            break
        off = eye - Q.conj().T @ Q
        defect = norms.frobenius(off)
    return Q, found
