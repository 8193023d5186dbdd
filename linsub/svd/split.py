"""Principal and residual part of a matrix: the split behind PiSSA, SVFit and Effort."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError, NumericalError
from linsub.results import Info, Record
from linsub.svd.truncated import truncated_svd

__all__ = ["SplitResult", "split_svd"]


class SplitResult(Record):
    """``left @ right + residual == A``, with the certificate of the principal part.

    Attributes
    ----------
    left : array of shape (m, k)
    right : array of shape (k, n)
    residual : array of shape (m, n)
    """

    _fields = ("left", "right", "residual")
    left: Any
    right: Any
    residual: Any
    info: Info | None


def split_svd(
    A: Any,
    rank: int | None = None,
    *,
    energy: float | None = None,
    error: float | None = None,
    balanced: bool = True,
    scale: float = 1.0,
    rng: RNGLike = None,
    **options: Any,
) -> SplitResult:
    """Split a matrix into a principal part of low rank, in factors, and the residual.

    Writes ``A = scale * left @ right + residual`` with ``left @ right`` the truncated SVD
    divided by `scale`.

    Parameters
    ----------
    A : array_like (m, n)
        Dense: the residual has the shape of A. Never modified.
    rank, energy, error
        As in :func:`truncated_svd`: give one. SVFit's "99 % of the information" is
        ``energy=0.99``.
    balanced : bool, optional
        True: ``left = U S^(1/2)``, ``right = S^(1/2) Vh`` (PiSSA's initialization).
        False: ``left = U``, ``right = S Vh`` (orthonormal left factor; with Vh frozen and
        S trained, SVFit; with the residual trained, Effort).
    scale : float, optional
        The factor with which an adapter multiplies its product (LoRA's alpha / r), not 0.
    rng
        As in :func:`truncated_svd`.
    **options
        Passed to :func:`truncated_svd` (``tol``, ``method``, ``certify``, ...).

    Returns
    -------
    SplitResult
        ``left, right, residual``, in the array type of `A`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, ConvergenceError

    Notes
    -----
    *Algorithm.* Truncated SVD; the residual is formed by subtraction from the rounded
    factors, so that the sum is A to the last rounding whatever the accuracy of the
    factors (claim ``svd-split-sum``). *Cost.* That of :func:`truncated_svd` and 2 m n k
    flops; m n numbers.

    The certificate is that of the principal part: ``frobenius_error`` bounds the norm of
    the residual.

    References
    ----------
    Meng, Wang and Zhang, arXiv 2404.02948 (PiSSA); Sun et al., arXiv 2409.05926 (SVFit);
    Yan et al., arXiv 2411.15633 (Effort).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import split_svd
    >>> W = np.arange(12.0).reshape(4, 3)
    >>> left, right, residual = split_svd(W, 1)
    >>> bool(np.allclose(left @ right + residual, W, rtol=1e-15))
    True
    """
    balanced = scalars.as_flag(balanced, name="balanced")
    scale = scalars.as_real(scale, name="scale")
    if scale == 0.0:
        raise InvalidInputError("scale is 0: the factors could never add up to A; leave it at 1")
    dense = arrays.as_matrix(A)
    home = arrays.home(A)
    result = truncated_svd(dense, rank, energy=energy, error=error, rng=rng, **options)
    U, S, Vh = result
    with np.errstate(over="ignore", invalid="ignore"):
        S = S / abs(scale)
        if balanced:
            root = np.sqrt(S)
            left, right = U * root, root[:, None] * Vh
        else:
            left, right = U, S[:, None] * Vh
        if scale < 0:
            right = -right
        residual = dense - dense.dtype.type(scale) * (left @ right)
    if not np.isfinite(residual).all() and np.isfinite(dense).all():
        raise NumericalError(
            f"left @ right exceeds the largest {dense.dtype} (S[0] is {float(S[0]):.3g}); "
            "divide A by a power of two first"
        )
    return SplitResult(
        home.give_back(left),
        home.give_back(right),
        home.give_back(residual),
        certificate=result.certificate,
        info=result.info,
    )
