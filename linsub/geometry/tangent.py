"""A user's point on the Grassmann manifold and the tangent vectors at it, in double precision."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core.arrays import Home, as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub.errors import InvalidInputError
from linsub.geometry.basis import powers_of_two
from linsub.geometry.pair import checked

__all__ = ["Point", "Turn", "horizontal", "moved_by", "point", "turn"]

# Functions of D^H D are found without an SVD of D while they are smooth on that scale.
_MODERATE = 4.0

# Where less than this is projected out, a second projection has nothing left to do.
_MUCH = 0.1

# A projection of a matrix of size 1 leaves a few sqrt(n p) eps along the basis.
_DEFECT = 16.0


@dataclasses.dataclass(frozen=True, eq=False)
class Point:
    """An orthonormal basis X (n, p), and what results are rounded to."""

    X: np.ndarray
    home: Home
    dtype: np.dtype

    def give_back(self, Q: np.ndarray) -> Any:
        """Return arrays in the caller's type and array library."""
        return self.home.give_back(Q.astype(self.dtype, copy=np.may_share_memory(Q, self.X)))


def point(X: Any, *, name: str = "X") -> Point:
    """Return X, which must be orthonormal to the precision of its type."""
    place, X = home(X), as_matrix(X, name=name)
    return Point(checked(X, name), place, X.dtype)


def horizontal(at: Point, D: Any, *, name: str, step: float = 1.0) -> tuple[Point, np.ndarray]:
    """Return D without what rounding left of it along X, and the point in the common type.

    Parameters
    ----------
    step : float, optional
        What D will be multiplied by: a defect counts relative to max(1, ||step D||_F), since
        X itself is not known better.

    Raises
    ------
    InvalidInputError
        If D has another shape, or lies along X by more than rounding.
    """
    D = as_matrix(D, name=name)
    X = at.X
    n, p = X.shape
    if D.shape != X.shape:
        raise InvalidInputError(
            f"{name} has shape {D.shape} and X has {X.shape}; a tangent vector has the shape of X"
        )
    dtype = np.result_type(at.dtype, D.dtype)
    # Near 1 where it is not, so that neither products nor sums leave the range of the type.
    E = D.astype(np.complex128 if D.dtype.kind == "c" else np.float64, copy=False)
    alpha = norms.power_of_two_scale(norms.max_abs(E), E.dtype)
    exponent = 1 - int(np.frexp(alpha)[1])
    E = E if alpha == 1.0 else powers_of_two(E, -exponent)
    along = X.conj().T @ E
    defect = norms.frobenius(along)
    coarse = max(float(np.finfo(kind).eps) for kind in (at.dtype, D.dtype))
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        unit = float(np.ldexp(1.0, -exponent)) / abs(step) if step else np.inf
    size = norms.frobenius(E)
    allowed = _DEFECT * float(np.sqrt(max(n * p, 1))) * coarse * max(unit, size)
    if not defect <= allowed:
        raise InvalidInputError(
            f"{name} is not tangent at X: ||X^H {name}||_F is "
            f"{defect / size:.2e} ||{name}||_F; pass its horizontal part, "
            f"{name} - X @ (X.conj().T @ {name})"
        )
    E = E - X @ along
    if defect > _MUCH * size:  # of a small D rounding can be much
        E -= X @ (X.conj().T @ E)
    return dataclasses.replace(at, dtype=dtype), E if alpha == 1.0 else powers_of_two(E, exponent)


def moved_by(
    X: np.ndarray,
    D: np.ndarray,
    lowered: Callable[[np.ndarray], np.ndarray],
    raised: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray | None:
    """Return X + X f(D^H D) + D g(D^H D), or None where the singular values of D are too large.

    f = `lowered` and g = `raised` are functions of squared singular values that are smooth near
    0 too, so that what squaring loses of small ones does not show: cos sqrt(z) - 1 and
    sin sqrt(z) / sqrt(z) are.
    """
    peak = norms.max_abs(D)
    if not peak <= _MODERATE:  # too large to be squared, at any number of rows
        return None
    z, V = eigh(D.conj().T @ D)
    if z.size and z[0] > _MODERATE:
        return None
    z = np.maximum(z, 0.0)
    Vh = V.conj().T
    found = X + X @ ((V * lowered(z)) @ Vh)
    found += D @ ((V * raised(z)) @ Vh)
    return np.asarray(found)


@dataclasses.dataclass(frozen=True, eq=False)
class Turn:
    """A geodesic at X as turns in planes: ``t D = U diag(angles) V^H`` and XV = X V."""

    XV: np.ndarray
    U: np.ndarray
    V: np.ndarray
    angles: np.ndarray

    @property
    def lowered(self) -> np.ndarray:
        """``cos(angles) - 1``, small where the angle is."""
        return np.asarray(-2.0 * np.square(np.sin(self.angles / 2)))


def turn(X: np.ndarray, D: np.ndarray, t: float) -> Turn:
    """Return the planes and angles of the geodesic along a horizontal D at time t."""
    U, S, Vh = svd(D)
    with np.errstate(over="ignore", invalid="ignore"):
        angles = t * S
    if not np.isfinite(angles).all():
        raise InvalidInputError(
            f"the singular values of {t:g} D overflow, up to {norms.max_abs(D):.1e} in an entry of "
            "D; pass a smaller one"
        )
    V = Vh.conj().T
    return Turn(X @ V, U, V, angles)
