"""Projection of an update away from directions that are to be kept."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub.errors import InvalidInputError, NumericalError
from linsub.geometry.basis import in_double, like
from linsub.geometry.bounds.orthonormal import orthogonality_rounding

__all__ = ["complement_projection", "far", "near_one", "without"]

# A larger defect is more than the rounding of a basis in single precision: a mistake.
_REPAIRED = 3e-4

_MODES = ("both", "left", "right", "core")


def complement_projection(
    G: Any,
    U: Any = None,
    V: Any = None,
    *,
    mode: Literal["both", "left", "right", "core"] = "both",
) -> Any:
    """Project a matrix away from the directions of orthonormal columns.

    ==========  =====================================  =======================================
    mode        result                                 what it changes when added to W
    ==========  =====================================  =======================================
    ``both``    ``(I - U U^H) G (I - V V^H)``          neither ``U^H W`` nor ``W V``
    ``left``    ``(I - U U^H) G``                      not ``U^H W``
    ``right``   ``G (I - V V^H)``                      not ``W V``
    ``core``    ``G - U U^H G V V^H``                  not ``U^H W V``, but the rest of both
    ==========  =====================================  =======================================

    Parameters
    ----------
    G : array_like of shape (m, n)
        Never modified.
    U : array_like of shape (m, k), optional
        Orthonormal columns; needed by "left" and "core".
    V : array_like of shape (n, l), optional
        Orthonormal columns; needed by "right" and "core". "both" takes those of the two that
        are given.
    mode : {"both", "left", "right", "core"}, optional

    Returns
    -------
    array of shape (m, n)
        In the array type and precision of `G`; complex where any argument is.

    Raises
    ------
    InvalidInputError
        If columns are not orthonormal, by more than bases in single precision are, or
        shapes do not fit.
    NumericalError
        If an entry of the result exceeds the largest number of its dtype.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    With U, S, V leading singular triplets of W, any number of steps of mode "both" leaves
    them singular triplets of W to rounding, which is what a protected subspace is for. "core"
    does not: it is printed as the formula of an orthogonal update in the literature
    (Sculpting Subspaces, arXiv 2504.07097) and removes only k l of the m n dimensions of G.

    It is the update that has to be projected: an elementwise scaling (Adam's) after the
    projection leaves the subspace again.

    *Algorithm.* Two projections in double precision; columns that are orthonormal to less,
    as those of a basis in single precision, are made so first, without changing their span.
    *Cost.* 8 m n (k + l) flops; a copy of G. *Accuracy.* The part of the result along U and V
    is rounding of the size of G (claim ``geometry-complement``).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import complement_projection
    >>> G = np.arange(1.0, 10.0).reshape(3, 3)
    >>> e = np.eye(3)[:, :1]
    >>> complement_projection(G, e, e)
    array([[0., 0., 0.],
           [0., 5., 6.],
           [0., 8., 9.]])
    >>> complement_projection(G, e, e, mode="core")
    array([[0., 2., 3.],
           [4., 5., 6.],
           [7., 8., 9.]])
    """
    mode = scalars.as_choice(mode, name="mode", choices=_MODES)  # type: ignore[assignment]
    dense = as_matrix(G, name="G")
    m, n = dense.shape
    left = None if U is None else _orthonormal(U, "U", m, "rows")
    right = None if V is None else _orthonormal(V, "V", n, "columns")
    for name, given, modes in (("U", left, ("left", "core")), ("V", right, ("right", "core"))):
        if given is None and mode in modes:
            raise InvalidInputError(f"{name} is None and mode={mode!r} needs it; pass {name}")
    if left is None and right is None:
        raise InvalidInputError("U and V are None: there is nothing to project away from")
    wide, alpha = near_one(in_double(dense, copy=False))
    if mode == "core":
        assert left is not None
        assert right is not None
        found = _without_core(wide, left, right)
    else:
        found = wide
        if left is not None and mode != "right":
            found = without(found, left)
        if right is not None and mode != "left":
            found = without(found.conj().T, right).conj().T
    return home(G).give_back(np.ascontiguousarray(far(found, alpha, dense.dtype)))


def without(X: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return (I - Q Q^H) X by two projections: the second removes what the first one left."""
    Qh = Q.conj().T
    for _ in range(2):
        # Products of wide and flat matrices run faster this way round.
        X = X - ((Qh @ X).T @ Q.T).T
    return X


def _without_core(G: np.ndarray, U: np.ndarray, V: np.ndarray) -> np.ndarray:
    for _ in range(2):
        G = G - U @ ((U.conj().T @ G @ V) @ V.conj().T)
    return G


def near_one(X: np.ndarray) -> tuple[np.ndarray, float]:
    """Return X, or X times a power of two that makes its squares harmless, and that power."""
    alpha = norms.power_of_two_scale(norms.max_abs(X), X.dtype)
    return (X, 1.0) if alpha == 1.0 else (X * alpha, alpha)


def far(X: np.ndarray, alpha: float, dtype: np.dtype) -> np.ndarray:
    """Return what :func:`near_one` brought near 1 to where it was, in the precision of `dtype`."""
    with np.errstate(over="ignore", under="ignore"):
        found = like(X if alpha == 1.0 else X / alpha, dtype)
    if not np.isfinite(found).all():
        raise NumericalError(
            f"an entry of the result exceeds the largest {found.real.dtype}; divide what is "
            "projected by a power of two first"
        )
    return found


def _orthonormal(Q: Any, name: str, length: int, along: str) -> np.ndarray:
    """Return a basis that the caller says is orthonormal, in double precision, or refuse it."""
    dense = as_matrix(Q, name=name)
    if dense.shape[0] != length:
        raise InvalidInputError(
            f"{name} has shape {dense.shape} and G has {length} {along}; "
            f"{name} needs {length} rows, one for each"
        )
    wide = in_double(dense, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        defect = norms.frobenius(wide.conj().T @ wide - np.eye(dense.shape[1]))
    if not defect <= _REPAIRED:
        raise InvalidInputError(
            f"the columns of {name} are not orthonormal: ||{name}^H {name} - I||_F is "
            f"{defect:.2g}; pass orth({name}).Q"
        )
    rounding = orthogonality_rounding(length, dense.shape[1], float(np.finfo(np.float64).eps))
    return wide if defect <= rounding else qr(wide)[0]
