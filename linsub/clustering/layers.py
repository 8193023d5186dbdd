"""Several layers or views of the same samples as one Gram matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError

__all__ = ["layerwise_gram"]

# Sums of numbers from here are known to full relative accuracy.
_LEAST = 2.0 * float(np.finfo(np.float64).tiny)


def layerwise_gram(layers: Sequence[Any], *, weights: Sequence[float] | None = None) -> np.ndarray:
    """Return ``sum_l w_l H_l H_l^T``: the Gram matrix of several representations together.

    A representation C that shall fit every layer, ``min_C sum_l w_l ||H_l - C H_l||^2 + ...``, is
    that of the concatenated features, and all that is needed of them is this matrix, as ``gram=``
    of :func:`self_expressive_ridge`, :func:`self_expressive_omp` and the others.

    Parameters
    ----------
    layers : sequence of array_like of shape (N, D_l)
        The same samples in the same order; widths may differ.
    weights : sequence of float, optional
        Not negative; by default 1 each. Layers of other units want other weights.

    Returns
    -------
    ndarray of shape (N, N)
        In double precision.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if the layers have different numbers of samples.
    NumericalError
        If an entry exceeds the largest number, or all fall below the least normal one.

    Notes
    -----
    *Cost.* ``N^2 sum_l D_l`` flops. *Accuracy.* Claim ``clustering-layers``.

    References
    ----------
    Sindicic and Kopriva, arXiv 2504.18179.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import layerwise_gram
    >>> layerwise_gram([np.eye(2), [[1.0], [1.0]]]).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    views = [as_matrix(H, name=f"layers[{i}]") for i, H in enumerate(layers)]
    if not views:
        raise InvalidInputError("layers is empty; pass at least one (N, D) array")
    for i, H in enumerate(views):
        if H.dtype.kind == "c":
            raise InvalidTypeError(f"layers[{i}] is complex; stack real and imaginary parts")
        if H.shape[0] != views[0].shape[0]:
            raise InvalidInputError(
                f"layers[{i}] has {H.shape[0]} samples and layers[0] has {views[0].shape[0]}"
            )
    factors = np.ones(len(views)) if weights is None else np.asarray(weights, dtype=np.float64)
    if factors.shape != (len(views),) or not (np.isfinite(factors) & (factors >= 0.0)).all():
        raise InvalidInputError(
            f"weights={weights!r} must be {len(views)} finite numbers that are not negative"
        )
    total = np.zeros((views[0].shape[0],) * 2)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for factor, H in zip(factors, views, strict=True):
            near, exponent = norms.near_one(H.astype(np.float64))
            part, power = np.frexp(factor)
            total += np.ldexp(part * (near @ near.T), int(power) - 2 * exponent)
    if not np.isfinite(total).all():
        raise NumericalError(
            "an entry of the Gram matrix overflows; divide layers by a power of two"
        )
    counted = any(f > 0.0 and norms.max_abs(H) > 0.0 for f, H in zip(factors, views, strict=True))
    if counted and norms.max_abs(total) < _LEAST:
        raise NumericalError(
            f"the largest entry of the Gram matrix, {norms.max_abs(total):.3g}, is below "
            f"{_LEAST:.3g}, where digits are lost; multiply layers by a power of two, or weights"
        )
    return total
