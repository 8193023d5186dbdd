"""The boundary of sketches: arrays and sparse matrices in forms that the kernels trust."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub.errors import InvalidInputError, NonFiniteError

__all__ = ["all_finite", "as_rows", "check_finite_rows", "dtype_of_product", "is_sparse"]


def is_sparse(A: Any) -> bool:
    """Whether A is a SciPy sparse matrix, for a type checker that knows none of their names."""
    return bool(sparse.issparse(A))


def as_rows(A: Any, name: str) -> Any:
    """Return A as a canonical array of one or two dimensions, or as CSR or CSC.

    Entries may be nan or inf still.
    """
    if not is_sparse(A):
        return arrays.as_vector_or_matrix(A, name=name, check_finite=False)
    if A.ndim != 2:
        raise InvalidInputError(f"{name} must be 2-D, got shape {A.shape}")
    dtype = arrays.canonical_dtype(A.dtype, name=name)
    rows: Any = A if A.format in ("csr", "csc") else A.tocsr()
    try:
        rows.check_format(full_check=True)  # kernels trust the indices
    except ValueError as error:
        raise InvalidInputError(f"{name} is no valid sparse matrix: {error}") from error
    return rows if rows.dtype == dtype else rows.astype(dtype)


def all_finite(A: Any) -> bool:
    return bool(np.isfinite(A.data if is_sparse(A) else A).all())


def check_finite_rows(A: Any, name: str) -> None:
    """Raise NonFiniteError naming the first entry of A that is not finite, if there is one."""
    if not is_sparse(A):
        arrays.check_all_finite(A, name=name)
        return
    if all_finite(A):
        return
    coo = A.tocoo()
    bad = ~np.isfinite(coo.data)
    i = int(np.argmax(bad))
    raise NonFiniteError(
        f"{name}[{coo.row[i]}, {coo.col[i]}] is {coo.data[i]} ({int(bad.sum())} of {A.nnz} stored "
        "entries not finite); drop or impute such entries first"
    )


def dtype_of_product(A: Any, kind: np.dtype, *, wide: bool = False) -> np.dtype:
    """Return the dtype of S A: the precision of A, complex where S or A is."""
    single = not wide and A.dtype.char in "fF"
    if "c" in (A.dtype.kind, kind.kind):
        return np.dtype(np.complex64 if single else np.complex128)
    return np.dtype(np.float32 if single else np.float64)
