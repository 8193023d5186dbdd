"""The boundary of affinities: a square matrix in CSR, its entries finite, its scale near 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import arrays
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["as_affinity", "as_square"]

# Entries may differ from those across the diagonal by the rounding of sums.
_SYMMETRY = 1e-12


def as_square(given: Any, *, name: str) -> Any:
    """Return a square real matrix in CSR, without explicit zeros."""
    C: Any = given
    if sparse.issparse(given):
        arrays.canonical_dtype(C.dtype, name=name)
        matrix: Any = sparse.csr_array(C, copy=True)
        matrix.sum_duplicates()
        arrays.check_all_finite(matrix.data, name=f"{name}.data")
    else:
        matrix = sparse.csr_array(arrays.as_matrix(C, name=name))
    if matrix.shape[0] != matrix.shape[1]:
        raise InvalidInputError(f"{name} must be square, got shape {matrix.shape}")
    if matrix.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; pass its absolute values")
    matrix = matrix.astype(np.float64)
    matrix.eliminate_zeros()
    return matrix


def as_affinity(W: Any, *, name: str = "W") -> Any:
    """Return a symmetric affinity without negative entries, its largest entry near 1."""
    graph = as_square(W, name=name)
    if graph.nnz and graph.data.min() < 0.0:
        raise InvalidInputError(
            f"{name} has a negative entry, {graph.data.min()}; pass abs(C) + abs(C).T"
        )
    if graph.nnz == 0:
        return graph
    graph.data *= norms.power_of_two_scale(float(graph.data.max()), graph.dtype, always=True)
    gap = abs(graph - graph.T).max()
    if gap > _SYMMETRY * graph.data.max():
        raise InvalidInputError(f"{name} is not symmetric; pass {name} + {name}.T")
    # What is small beside the largest entry may differ by all of itself.
    return sparse.csr_array(0.5 * (graph + graph.T)) if gap else graph
