"""One basis for a group of matrices, and a small factor for each."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core.random import RNGLike
from linsub.concat.collection import collect
from linsub.concat.concatenated import certify_joint, describe, joint_svd
from linsub.concat.panels import split_columns
from linsub.concat.result import GroupedSVDResult
from linsub.errors import NumericalError

__all__ = ["grouped_svd"]


def grouped_svd(
    blocks: Any,
    rank: int,
    *,
    method: Literal["auto", "gram", "qr", "operator"] = "auto",
    tol: float | None = None,
    failure_prob: float = 1e-6,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> GroupedSVDResult:
    """Compress matrices with one shared basis, and say what each of them loses.

    Minimizes ``sum_i ||A_i - U C_i||_F^2`` over all U with `rank` columns and all C_i. The
    minimizer has orthonormal U, the left singular vectors of ``[A_1 ... A_N]``, and
    ``C_i = U^H A_i``.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i), or array (N, m, n)
        As in :func:`concatenated_svd`: the caches, weights or channels of a group. To let each
        count the same, divide it by its norm.
    rank : int
        From 0 to min(m, n), n the sum of the widths.
    method, tol, failure_prob, rng, check_finite : optional
        As in :func:`concatenated_svd`.

    Returns
    -------
    GroupedSVDResult
        ``U (m, k)`` and ``factors``, a list of ``(k, n_i)``, in the array type of the first
        block; ``.reconstruct(i)``, ``.compression_ratio``, and in ``.certificate``
        ``block_errors`` and ``relative_block_errors``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, ConvergenceError
    NumericalError
        If the factors overflow.

    Notes
    -----
    *Algorithm, Cost.* Those of :func:`concatenated_svd`. Storage is ``k (m + n)`` numbers where
    a basis for each takes ``k (N m + n)``; at equal storage the shared basis has the larger
    rank, and wins where the column spaces are alike. Where they are not, it loses: compare
    ``block_errors``. *Accuracy.* Claim ``concat-block-errors``.

    References
    ----------
    Chang et al., arXiv 2503.18893 (xKV).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import grouped_svd
    >>> rng = np.random.default_rng(0)
    >>> basis = rng.standard_normal((30, 3))
    >>> layers = [basis @ rng.standard_normal((3, 12)) for _ in range(4)]
    >>> U, factors = result = grouped_svd(layers, 3)
    >>> bool(np.allclose(U @ factors[2], layers[2]))
    True
    >>> round(result.compression_ratio, 2)
    6.15
    """
    c = collect(blocks, check_finite=check_finite)
    joint = joint_svd(c, rank, method=method, tol=tol, failure_prob=failure_prob, rng=rng)
    with np.errstate(over="ignore", under="ignore"):
        C = joint.S[:, None] * joint.Vh
    if not np.isfinite(C).all():
        raise NumericalError(
            f"the factors exceed the largest {c.dtype}; divide the blocks by a power of two first"
        )
    certificate = certify_joint(c, joint, C)
    give = c.home.give_back
    factors = [give(part) for part in split_columns(c, C)]
    return GroupedSVDResult(
        give(joint.U), factors, certificate=certificate, info=describe(c, joint)
    )
