"""The boundary of matrices that may be sparse: a canonical array, or CSR."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub.errors import InvalidInputError, NonFiniteError

__all__ = ["as_dense_or_csr", "check_finite_entries"]


def as_dense_or_csr(A: Any, name: str, check_finite: bool = True) -> Any:
    """Return `A` as :func:`as_matrix` does, or as a sorted ``csr_array`` where it is sparse.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    """
    found = (
        _as_csr(A, name)
        if sparse.issparse(A)
        else arrays.as_matrix(A, name=name, check_finite=False)
    )
    if check_finite:
        check_finite_entries(found, name)
    return found


def check_finite_entries(A: Any, name: str) -> None:
    """Raise NonFiniteError naming the first entry of A, an array or CSR, that is not finite."""
    if isinstance(A, np.ndarray):
        arrays.check_all_finite(A, name=name)
    elif not np.isfinite(A.data).all():
        k = int(np.argmin(np.isfinite(A.data)))
        row = int(np.searchsorted(A.indptr, k, side="right")) - 1
        raise NonFiniteError(
            f"{name}[{row}, {A.indices[k]}] is {A.data[k]}; drop or impute such entries first"
        )


def _as_csr(A: Any, name: str) -> Any:
    if A.ndim != 2:
        raise InvalidInputError(f"{name} must be 2-D, got shape {A.shape}")
    found: Any = sparse.csr_array(A, dtype=arrays.canonical_dtype(A.dtype, name=name))
    if not found.has_canonical_format:
        found = found.copy()
        found.sum_duplicates()
    return found
