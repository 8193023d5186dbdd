"""Thresholding: the samples at the smallest angles."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub.clustering.largest import largest_columns
from linsub.clustering.samples import Samples, as_samples
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.results import Info

__all__ = ["threshold_neighbors"]

# Entries of the block of cosines that is held at a time (64 MB).
_ENTRIES = 1 << 23


def threshold_neighbors(
    X: Any = None, *, gram: Any = None, n_neighbors: int | None = None
) -> SelfExpression:
    """Connect each sample to those at the smallest angles (TSC).

    ``Z_ij = exp(-2 arccos |cos(x_i, x_j)|)`` for the q samples j with the largest
    ``|cos(x_i, x_j)|``, 0 otherwise.

    Parameters
    ----------
    X : array_like of shape (N, D), optional
        Rows are samples, of any sizes. Give `X` or `gram`.
    gram : array_like of shape (N, N), optional
    n_neighbors : int, optional
        q, from 1; by default ``max(3, ceil(log N))``. At most N - 1 are there.

    Returns
    -------
    SelfExpression
        C holds the weights Z, in CSR; `residual` is nan: nothing is represented. Samples that
        are 0 have no neighbours and are none.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Heckel and Boelcskei 2015. Of equal cosines the sample with the lower index
    comes in. *Cost.* ``2 N^2 D`` flops, one block of rows at a time.

    References
    ----------
    Heckel and Boelcskei, IEEE Trans. Inform. Theory 61 (2015), arXiv 1307.4891.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import threshold_neighbors
    >>> X = np.array([[1.0, 0], [3, 0.1], [0, 1], [0.1, -2]])
    >>> threshold_neighbors(X, n_neighbors=1).C.indices.tolist()
    [1, 0, 3, 2]
    """
    samples = as_samples(X, gram)
    n = samples.size
    q = max(3, int(np.ceil(np.log(n)))) if n_neighbors is None else n_neighbors
    q = min(scalars.as_integer(q, name="n_neighbors", low=1), n - 1)
    rows = _unit_rows(samples)
    parts = []
    step = max(1, _ENTRIES // n)
    for i in range(0, n, step):
        parts.append(_block(rows, samples, i, min(n, i + step), q))
    Z = sparse.vstack(parts, format="csr").astype(samples.dtype)
    return SelfExpression(
        Z,
        np.full(n, np.nan, dtype=samples.dtype),
        certificate=SelfExpressionCertificate(),
        info=Info(method="thresholding", details={"n_neighbors": q}),
    )


def _unit_rows(samples: Samples) -> np.ndarray:
    """Return unit rows, or the inverse norms where only inner products are known."""
    if samples.X is not None:
        return samples.unit
    size = np.sqrt(samples.squares)
    return np.asarray(1.0 / np.where(size > 0.0, size, np.inf))


def _block(rows: np.ndarray, samples: Samples, first: int, stop: int, q: int) -> Any:
    if rows.ndim == 2:
        cosines = np.abs(rows[first:stop] @ rows.T)
    else:
        cosines = np.abs(samples.gram[first:stop]) * rows[first:stop, None] * rows
    width = stop - first
    cosines[np.arange(width), np.arange(first, stop)] = -1.0
    columns = largest_columns(cosines, q)
    # Twins have a cosine of 1 and a few eps, of which there is no angle.
    nearest = np.minimum(np.take_along_axis(cosines, columns, axis=1), 1.0)
    weights = np.where(nearest > 0.0, np.exp(-2.0 * np.arccos(np.maximum(nearest, 0.0))), 0.0)
    found: Any = sparse.csr_array(
        (
            weights.ravel(),
            columns.ravel(),
            np.arange(0, width * q + 1, q) if q else np.zeros(width + 1, int),
        ),
        shape=(width, cosines.shape[1]),
    )
    found.eliminate_zeros()
    return found
