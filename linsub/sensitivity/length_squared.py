"""Rows in proportion to their squared norms, scaled so that their Gram matrix has no bias."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core.dense import norms
from linsub.sensitivity.forest import Forest
from linsub.sensitivity.matrix_input import as_dense_or_csr
from linsub.sensitivity.query_matrix import SampleQueryMatrix
from linsub.sensitivity.sampled_product import row_norms

__all__ = ["gram_defect", "matrix_near_one", "sampled_columns", "sampled_rows"]

# Entries of a Gram matrix that are formed at once.
_BLOCK = 1 << 22


def matrix_near_one(A: Any, check_finite: bool) -> tuple[Any, int, np.dtype]:
    """Return A in double precision over 2^e with entries of 1 at most, e, and the dtype of A."""
    given = A.matrix if isinstance(A, SampleQueryMatrix) else as_dense_or_csr(A, "A", check_finite)
    values = given if isinstance(given, np.ndarray) else given.data
    wide = values.astype(np.complex128 if values.dtype.kind == "c" else np.float64, copy=False)
    exponent = math.frexp(norms.max_abs(wide))[1]
    if norms.power_of_two_scale(norms.max_abs(wide), wide.dtype) == 1.0:
        exponent = 0
    scaled = wide if exponent == 0 else norms.ldexp(wide, -exponent)
    if not isinstance(given, np.ndarray):
        scaled = type(given)((scaled, given.indices, given.indptr), shape=given.shape)
    return scaled, exponent, np.dtype(given.dtype)


def sampled_rows(
    A: Any, s: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return s rows drawn in proportion to their squares, scaled: E R^H R = A^H A; and ||A||_F.

    They all have the norm ||A||_F / sqrt(s). A zero matrix gives zero rows.
    """
    sizes = row_norms(A)
    size = norms.frobenius(sizes)
    if size == 0.0:
        return np.zeros(s, np.int64), np.zeros((s, A.shape[1]), A.dtype), 0.0
    with np.errstate(under="ignore"):
        rows, _ = Forest.single(np.square(sizes / size)).at(generator.random(s))
    R = A[rows]
    R = R if isinstance(R, np.ndarray) else R.toarray()
    return rows, R / sizes[rows][:, None] * (size / math.sqrt(s)), size


def sampled_columns(
    R: np.ndarray, t: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return t columns of R in the same way: E C C^H = R R^H.

    As all rows of R have one norm, this is the law of a row that is picked at random and then a
    column by the squares in that row.
    """
    columns, Ch, _ = sampled_rows(R.conj().T, t, generator)
    return columns, np.ascontiguousarray(Ch.conj().T)


def gram_defect(A: Any, R: np.ndarray) -> float:
    """Return ||A^H A - R^H R||_F, some columns at a time."""
    n = R.shape[1]
    step = max(1, _BLOCK // max(n, 1))
    parts = []
    for first in range(0, n, step):
        J = slice(first, first + step)
        G = A.conj().T @ A[:, J]
        G = G if isinstance(G, np.ndarray) else G.toarray()
        parts.append(norms.frobenius(G - R.conj().T @ R[:, J]))
    return norms.frobenius(np.array(parts))
