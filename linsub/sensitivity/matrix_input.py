"""The boundary of matrices that may be sparse: a canonical array, or CSR."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub.errors import InvalidInputError, NonFiniteError

__all__ = ["as_dense_or_csr"]


def as_dense_or_csr(A: Any, name: str, check_finite: bool = True) -> Any:
    """Return `A` as :func:`as_matrix` does, or as a sorted ``csr_array`` where it is sparse.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    """
    if not sparse.issparse(A):
        return arrays.as_matrix(A, name=name, check_finite=check_finite)
    return _as_csr(A, name, check_finite)


def _as_csr(A: Any, name: str, check_finite: bool) -> Any:
    if A.ndim != 2:
        raise InvalidInputError(f"{name} must be 2-D, got shape {A.shape}")
    found: Any = sparse.csr_array(A, dtype=arrays.canonical_dtype(A.dtype, name=name))
    if not found.has_canonical_format:
        found = found.copy()
        found.sum_duplicates()
    if check_finite and not np.isfinite(found.data).all():
        k = int(np.argmin(np.isfinite(found.data)))
        row = int(np.searchsorted(found.indptr, k, side="right")) - 1
        raise NonFiniteError(
            f"{name}[{row}, {found.indices[k]}] is {found.data[k]}; drop or impute such entries "
            "first"
        )
    return found
