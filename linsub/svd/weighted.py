"""Low-rank approximation in a weighted norm: rows, columns, and Gram matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError, NumericalError
from linsub.results import Bound, Info, Record
from linsub.svd.result import SVDCertificate
from linsub.svd.truncated import truncated_svd

__all__ = ["WeightedSVDResult", "weighted_svd"]


class WeightedSVDResult(Record):
    """``left @ right``, the best approximation in the weighted norm.

    Attributes
    ----------
    left : array of shape (m, k)
    right : array of shape (k, n)
    certificate : SVDCertificate
        Of the weighted matrix: its ``frobenius_error`` is the weighted objective.
    plain_error : Bound
        ``||A - left @ right||_F``, without weights.
    """

    _fields = ("left", "right")
    left: Any
    right: Any
    certificate: SVDCertificate | None
    info: Info | None

    @property
    def plain_error(self) -> Bound | None:
        """The unweighted Frobenius error, which is larger than that of the plain SVD."""
        return None if self.info is None else self.info.details.get("plain_error")


def _weights(w: Any, size: int, name: str) -> np.ndarray:
    x = arrays.as_vector(w, name=name, size=size)
    if x.dtype.kind == "c" or (x.size and x.min() < 0):
        i = int(np.argmin(x.real))
        raise InvalidInputError(f"{name}[{i}] is {x[i]}; weights are real and not negative")
    return x


def _root(G: Any, size: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return R with R^H R = G, and R^+, for a positive semidefinite G of the given order."""
    x = arrays.as_matrix(G, name=name)
    if x.shape != (size, size):
        raise InvalidInputError(f"{name} must have shape {(size, size)}, got {x.shape}")
    skew = norms.frobenius(x - x.conj().T)
    eps = float(np.finfo(x.dtype).eps)
    if skew > 100 * eps * size * norms.frobenius(x):
        raise InvalidInputError(
            f"{name} is not Hermitian (||G - G^H||_F = {skew:.3g}); pass (G + G.conj().T) / 2"
        )
    w, Q = eigh((x + x.conj().T) / 2)
    if w.size and w[-1] < -100 * eps * size * w[0]:
        raise InvalidInputError(
            f"{name} has the eigenvalue {w[-1]:.3g}; a Gram matrix is positive semidefinite"
        )
    root = np.sqrt(np.maximum(w, 0))
    cut = root > np.sqrt(size * eps) * root.max(initial=0.0)
    inverse = np.divide(1, root, out=np.zeros_like(root), where=cut)
    return root[:, None] * Q.conj().T, Q * inverse


def weighted_svd(
    A: Any,
    rank: int,
    *,
    row_weights: Any = None,
    col_weights: Any = None,
    row_gram: Any = None,
    col_gram: Any = None,
    rng: RNGLike = None,
    **options: Any,
) -> WeightedSVDResult:
    """Best approximation of rank k in a weighted Frobenius norm.

    Minimizes ``||L (A - X) R||_F`` over the matrices X of rank at most `rank`, where L is
    ``diag(row_weights)`` or a root of `row_gram` (``L^H L = row_gram``), and R likewise
    for the columns (``R R^H = col_gram``).

    Parameters
    ----------
    A : array_like (m, n)
        Dense, real or complex. Never modified.
    rank : int
        From 0 to min(m, n).
    row_weights : array_like (m,), optional
        Not negative; zero allowed. FWSVD takes the square roots of the row sums of the
        Fisher information.
    col_weights : array_like (n,), optional
    row_gram : array_like (m, m), optional
        Positive semidefinite: ``X.T @ X`` for inputs ``X (N, m)`` makes the objective
        ``||X (A - left @ right)||_F``, the error of the layer's outputs.
    col_gram : array_like (n, n), optional
    rng, **options
        As in :func:`truncated_svd`.

    Returns
    -------
    WeightedSVDResult
        ``left (m, k), right (k, n)`` in the array type of `A`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, ConvergenceError

    Notes
    -----
    *Algorithm.* With B = L A R = U S Vh truncated, the minimizer is
    ``X = (A R V) (V^H R^+)``. The row weights are never inverted (FWSVD divides by them
    and fails at zero), and without column weights nothing is: ``X = A V V^H``. Rows of
    weight zero get their projection onto the span of V. The optimal value is the tail of
    B (claim ``svd-weighted``). *Cost.* That of :func:`truncated_svd` of B, a copy of A, and
    the eigendecomposition of each Gram matrix.

    Weights on single entries have no closed form (the problem is NP-hard) and are not
    offered.

    References
    ----------
    Hsu et al., ICLR 2022, arXiv 2207.00112 (FWSVD).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import weighted_svd
    >>> A = np.diag([3.0, 2.0, 1.0])
    >>> left, right = weighted_svd(A, 1, row_weights=[0.0, 0.0, 1.0])
    >>> (left @ right)[2].round(12).tolist()
    [0.0, 0.0, 1.0]
    """
    x = arrays.as_matrix(A)
    m, n = x.shape
    rank = scalars.as_integer(rank, name="rank", low=0, high=min(m, n))
    for name, one, two in (("row", row_weights, row_gram), ("col", col_weights, col_gram)):
        if one is not None and two is not None:
            raise InvalidInputError(f"give {name}_weights or {name}_gram, not both")
    B, right_map, right_inverse = _weighted(x, row_weights, col_weights, row_gram, col_gram)
    result = truncated_svd(B, rank, rng=rng, **options)
    V = np.asarray(result.Vh).conj().T
    with np.errstate(over="ignore", invalid="ignore"):
        left = x @ right_map(V)
        right = right_inverse(V).conj().T
        plain = norms.frobenius(x - left @ right)
    if not np.isfinite(plain) and np.isfinite(x).all():
        raise NumericalError(
            f"left @ right exceeds the largest {x.dtype}; divide A by a power of two first"
        )
    eps = float(np.finfo(x.dtype).eps)
    details = dict(result.info.details) if result.info else {}
    details["plain_error"] = Bound(
        plain + eps * np.sqrt(max(1, rank) * n) * norms.frobenius(x),
        "bound",
        "||A - left right||_F",
    )
    home = arrays.home(A)
    info = None if result.info is None else Info(**{**vars(result.info), "details": details})
    return WeightedSVDResult(
        home.give_back(left), home.give_back(right), certificate=result.certificate, info=info
    )


def _as_precise_as(x: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return `root` in the precision of `x`; a complex one stays complex."""
    kind = np.result_type(x.dtype, np.complex64) if root.dtype.kind == "c" else x.dtype
    return root.astype(kind, copy=False)


def _weighted(
    x: np.ndarray, row_weights: Any, col_weights: Any, row_gram: Any, col_gram: Any
) -> tuple[np.ndarray, Any, Any]:
    """Return L A R, and the maps V -> R V and V -> (R^+)^H V."""
    m, n = x.shape
    B = x
    if row_weights is not None:
        B = _weights(row_weights, m, "row_weights").astype(x.real.dtype)[:, None] * B
    elif row_gram is not None:
        B = _as_precise_as(x, _root(row_gram, m, "row_gram")[0]) @ B
    if col_weights is not None:
        w = _weights(col_weights, n, "col_weights").astype(x.real.dtype)
        inverse = np.divide(1, w, out=np.zeros_like(w), where=w > 0)
        return B * w, (lambda V: w[:, None] * V), (lambda V: inverse[:, None] * V)
    if col_gram is not None:
        Rh, inverse = (_as_precise_as(x, part) for part in _root(col_gram, n, "col_gram"))
        R = Rh.conj().T
        return B @ R, (lambda V: R @ V), (lambda V: inverse @ V)
    return B, (lambda V: V), (lambda V: V)
