"""Canonical correlations, and maps between two views of the same samples."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub.errors import AccuracyWarning, InvalidInputError
from linsub.geometry.basis import powers_of_two
from linsub.geometry.views import View, reduced, two_views
from linsub.results import Info, Record

__all__ = ["AlignmentResult", "CCAResult", "align_subspaces", "cca"]

# Entries beyond this have differences that may not be numbers.
_HUGE = 2.0**1000


class CCAResult(Record):
    """Canonical correlations of two views and the weights that attain them.

    Attributes
    ----------
    correlations : ndarray (k,)
        Descending, in [0, 1].
    x_weights, y_weights : ndarray (p, k), (q, k)
        ``(X - x_mean) @ x_weights`` are the canonical variates: of unit variance and
        uncorrelated (without a ridge), the j-th of X and of Y correlated by
        ``correlations[j]``. The largest entry of each column of `x_weights` is positive.
    x_mean, y_mean : ndarray (p,), (q,)
    """

    _fields = ("correlations", "x_weights", "y_weights", "x_mean", "y_mean")
    correlations: np.ndarray
    x_weights: np.ndarray
    y_weights: np.ndarray
    x_mean: np.ndarray
    y_mean: np.ndarray

    def transform(self, X: Any) -> Any:
        """Return the canonical variates (n, k) of samples X (n, p)."""
        return _variates(X, "X", self.x_mean, self.x_weights)

    def transform_y(self, Y: Any) -> Any:
        """Return the canonical variates (n, k) of samples Y (n, q)."""
        return _variates(Y, "Y", self.y_mean, self.y_weights)


class AlignmentResult(Record):
    """A map from the canonical variates of one view to those of the other.

    Attributes
    ----------
    R : ndarray (k, k)
        ``Zx @ R`` is near Zy.
    error : float
        ``||Zx R - Zy||_F / ||Zy||_F`` on the samples it was fitted to.
    cca : CCAResult
        Where Zx and Zy come from.
    """

    _fields = ("R", "error", "cca")
    R: np.ndarray
    error: float
    cca: CCAResult

    def transform(self, X: Any) -> Any:
        """Map samples X (n, p) to where :meth:`target` puts those of Y: an array (n, k)."""
        Z = self.cca.transform(X)
        return arrays.home(Z).give_back(np.asarray(Z) @ np.asarray(self.R))

    def target(self, Y: Any) -> Any:
        """Return the canonical variates (n, k) of samples Y (n, q)."""
        return self.cca.transform_y(Y)


def cca(
    X: Any,
    Y: Any,
    k: int,
    *,
    ridge: float = 0.0,
    rtol: float | None = None,
    check_finite: bool = True,
) -> CCAResult:
    """Canonical correlation analysis, by singular values and without a covariance matrix.

    Finds directions with ``corr((X - mean) a_j, (Y - mean) b_j)`` as large as possible, each
    pair uncorrelated with those before it: the cosines of the principal angles between the
    column spaces of the centred views.

    Parameters
    ----------
    X, Y : array_like of shape (n, p), (n, q)
        The same samples, one a row. Real or complex.
    k : int
        Number of pairs, from 1 to the smaller of the ranks of the centred views.
    ridge : float, optional
        Not negative. Adds ``ridge * s_1^2 I`` to the scatter matrix of each view, s_1 being the
        largest singular value of the centred view: the correlations shrink, and directions of
        little variance count less. Then the sizes of the columns matter; bring them to one
        unit first.
    rtol : float, optional
        In [0, 1). Singular values of a centred view up to rtol times the largest count as zero;
        by default max(n, p) eps of the dtype, and at most sqrt(eps).
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    CCAResult
        ``correlations, x_weights, y_weights, x_mean, y_mean``; ``.info.details`` has the ranks
        and the singular values on both sides of the decision.

    Raises
    ------
    InvalidInputError
        Among others if k exceeds a rank, or if entries are so small that weights overflow.

    Warns
    -----
    AccuracyWarning
        If entries are so large that the weights are subnormal numbers; and
        if the ranks fill the n - 1 dimensions of centred samples, so that some correlations
        are 1 whatever the data are; more samples, fewer columns or a ridge help.

    Notes
    -----
    *Algorithm.* Bjorck and Golub: QR and SVD of each centred view, ``X = U_x S V^H`` with the
    columns brought to one size by powers of two, and the SVD of ``U_x^H U_y``. The weights are
    ``V S^-1`` times its singular vectors. With a ridge, U_x is multiplied by
    ``s / (s^2 + ridge s_1^2)^(1/2)``. *Cost.* O(n (p^2 + q^2 + p q)). *Accuracy.* Correlations
    within a few eps absolutely, whatever the sizes of the columns and of the means. Claims
    ``geometry-cca`` and ``geometry-cca-ridge``.

    References
    ----------
    Bjorck and Golub, Math. Comp. 27 (1973); Vinod, J. Econometrics 4 (1976), for the ridge.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import cca
    >>> rng = np.random.default_rng(0)
    >>> shared = rng.standard_normal((200, 1))
    >>> X = shared @ [[1.0, 2.0]] + rng.standard_normal((200, 2))
    >>> Y = shared @ [[1.0, 0.0, 3.0]] + rng.standard_normal((200, 3))
    >>> result = cca(X, Y, 1)
    >>> zx, zy = result.transform(X)[:, 0], result.transform_y(Y)[:, 0]
    >>> bool(abs(np.corrcoef(zx, zy)[0, 1] - result.correlations[0]) < 1e-12)
    True
    """
    return _fitted(X, Y, k, ridge, rtol, check_finite)


def _fitted(X: Any, Y: Any, k: Any, ridge: Any, rtol: Any, check_finite: bool) -> CCAResult:
    """Return the result of :func:`cca`; what warns counts the calls up to that of the user."""
    back = arrays.home(X)
    X, Y = two_views(X, Y, check_finite, 2)
    k = scalars.as_integer(k, name="k", low=1)
    ridge = scalars.as_real(ridge, name="ridge", low=0.0)
    x = reduced(X, rtol=rtol, ridge=ridge)
    y = reduced(Y, rtol=rtol, ridge=ridge)
    for name, view, Z in (("X", x, X), ("Y", y, Y)):
        if k > view.rank:
            raise InvalidInputError(
                f"k={k} but {name} of shape {Z.shape} has rank {view.rank} after centring; "
                f"ask for at most {min(x.rank, y.rank)} pairs"
            )
    _warn_if_full(x, y, X.shape[0], ridge)
    dtype = np.result_type(X.dtype, Y.dtype)
    return _solve(x, y, k, X.shape[0], dtype, back)


def _warn_if_full(x: View, y: View, n: int, ridge: float) -> None:
    ones = x.rank + y.rank - (n - 1)
    if ones > 0 and ridge == 0.0:
        warnings.warn(
            f"{ones} correlations are 1 whatever the data are: the views have ranks {x.rank} and "
            f"{y.rank} in the {n - 1} dimensions of {n} centred samples; take more samples, fewer "
            "columns or ridge > 0",
            AccuracyWarning,
            stacklevel=4,
        )


def _solve(x: View, y: View, k: int, n: int, dtype: np.dtype, back: arrays.Home) -> CCAResult:
    C = (x.U * x.shrink).conj().T @ (y.U * y.shrink)
    P, c, Qh = svd(C)
    root = float(np.sqrt(n - 1))
    A = powers_of_two((root * x.weights @ P[:, :k]).T, x.exponents).T
    B = powers_of_two((root * y.weights @ Qh[:k].conj().T).T, y.exponents).T
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        phase = _phases(A)
        A, B = (_representable(Z * phase, dtype, name) for Z, name in ((A, "X"), (B, "Y")))
        means = [mean.astype(dtype) for mean in (x.mean, y.mean)]
    details = {
        "rank": (x.rank, y.rank),
        "rtol": (x.rtol, y.rtol),
        "kept": (x.kept, y.kept),
        "dropped": (x.dropped, y.dropped),
    }
    return CCAResult(
        back.give_back(np.minimum(c[:k], 1.0)),
        *(back.give_back(part) for part in (A, B, *means)),
        info=Info(method="svd", passes=1, details=details),
    )


def _representable(weights: np.ndarray, dtype: np.dtype, name: str) -> np.ndarray:
    """Return the weights in their type, which the inverse of a size may not fit."""
    found = weights.astype(dtype)
    if not np.isfinite(found).all():
        raise InvalidInputError(
            f"{name} is so small that the weights of its columns are no numbers of {dtype}; "
            f"multiply {name} by a power of two"
        )
    if norms.max_abs(found) < float(np.finfo(dtype).tiny):
        warnings.warn(
            f"{name} is so large that its weights have lost digits in {dtype}; divide {name} by a "
            "power of two",
            AccuracyWarning,
            stacklevel=6,
        )
    return found


def _phases(A: np.ndarray) -> np.ndarray:
    """Return what makes the largest entry of each column real and positive."""
    i = np.argmax(np.abs(A), axis=0)
    top = A[i, np.arange(A.shape[1])]
    size = np.abs(top)
    return np.where(size > 0, top.conj(), 1) / np.where(size > 0, size, 1)


def _variates(X: Any, name: str, mean: Any, weights: Any) -> Any:
    back = arrays.home(X)
    X = arrays.as_matrix(X, name=name)
    mean, weights = np.asarray(mean), np.asarray(weights)
    if X.shape[1] != mean.size:
        raise InvalidInputError(f"{name} has {X.shape[1]} columns; the fit was with {mean.size}")
    dtype = np.result_type(X.dtype, weights.dtype)
    wide = np.complex128 if dtype.kind == "c" else np.float64
    # Near the largest number a difference is taken of halves.
    half = 0.5 if norms.max_abs(X) > _HUGE else 1.0
    with np.errstate(over="ignore", under="ignore"):
        Z = ((half * X.astype(wide) - half * mean) @ weights.astype(wide)) / half
    return back.give_back(Z.astype(dtype))


def align_subspaces(
    X: Any,
    Y: Any,
    k: int,
    map: str = "orthogonal",
    *,
    ridge: float = 0.0,
    rtol: float | None = None,
    check_finite: bool = True,
) -> AlignmentResult:
    """Align two views in their k most correlated directions.

    Projects both to their canonical variates Zx and Zy and finds ``min ||Zx R - Zy||_F`` over
    orthogonal R, or over all R.

    Parameters
    ----------
    X, Y : array_like of shape (n, p), (n, q)
        Anchors: the same samples in both views, one a row.
    k : int
        Dimensions to align in, from 1 to the smaller rank. Few is often better than many: what
        is not shared between the views comes last and only adds noise.
    map : {"orthogonal", "affine"}, optional
        ``"orthogonal"`` is Procrustes, ``"affine"`` least squares with an offset (the means,
        which are taken out of both views).
    ridge, rtol, check_finite
        As in :func:`cca`.

    Returns
    -------
    AlignmentResult
        ``R, error, cca``; ``.transform(X)`` puts new samples where ``.target(Y)`` puts theirs.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* ``Zx^H Zy = (n - 1) diag(c)``, so that the orthogonal R is the identity: canonical
    variates are rotated onto each other already (any R will do where c is 0). Without a ridge
    ``Zx^H Zx = (n - 1) I``, and the affine R is ``diag(c)``, which shrinks each direction by its
    correlation. Both are computed from Zx and Zy all the same. *Cost.* That of :func:`cca`.
    *Accuracy.* Claim ``geometry-align``.

    References
    ----------
    Escaping Plato's Cave, arXiv 2503.05283, for the use; Schonemann, Psychometrika 31 (1966).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import align_subspaces
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((100, 3))
    >>> Y = X @ rng.standard_normal((3, 4)) + 5.0
    >>> aligned = align_subspaces(X, Y, 3)
    >>> bool(np.allclose(aligned.transform(X), aligned.target(Y)))
    True
    """
    map = scalars.as_choice(map, name="map", choices=("orthogonal", "affine"))
    found = _fitted(X, Y, k, ridge, rtol, check_finite)
    back = arrays.home(X)
    weights = np.asarray(found.x_weights)
    wide = np.complex128 if weights.dtype.kind == "c" else np.float64
    Zx, Zy = (np.asarray(Z).astype(wide) for Z in (found.transform(X), found.transform_y(Y)))
    U, s, Vh = svd(Zx.conj().T @ Zy)
    R = U @ Vh
    if map == "affine":
        P, s, Qh = svd(Zx)
        R = Qh.conj().T @ ((P.conj().T @ Zy) / s[:, None])
    size = norms.frobenius(Zy)
    error = norms.frobenius(Zx @ R - Zy) / size if size else 0.0
    return AlignmentResult(
        back.give_back(R.astype(weights.dtype)),
        error,
        found,
        info=Info(method=map, passes=2, details=found.info.details),
    )
