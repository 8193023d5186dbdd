"""Hypothesis strategies for collections: structured, of any scale, type and layout."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from linsub.testing.strategies import LAYOUTS, SCALES, matrices

__all__ = ["collections", "joined", "ranked", "relative_error"]


@st.composite
def collections(draw: Any, dtypes: str = "fdFD", scales: Any = SCALES) -> list[np.ndarray]:
    """Draw blocks of one height and one type: cut from a hard matrix, or copies, or zeros."""
    A = draw(matrices(max_side=14, dtypes=dtypes, scales=scales, layouts=LAYOUTS))
    m, n = A.shape
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=6)))
    blocks = np.split(A, cuts, axis=1)
    extra = draw(st.sampled_from(["none", "again", "zeros", "empty", "same object"]))
    if extra == "again":
        blocks.append(blocks[0].copy())
    elif extra == "zeros":
        blocks.insert(0, np.zeros((m, 3), A.dtype))
    elif extra == "empty":
        blocks.append(np.zeros((m, 0), A.dtype))
    elif extra == "same object":
        blocks.append(blocks[0])
    return blocks


@st.composite
def ranked(draw: Any, **options: Any) -> tuple[list[np.ndarray], int]:
    """Draw a collection and a rank from 0 to min(m, n)."""
    blocks = draw(collections(**options))
    m, n = blocks[0].shape[0], sum(A.shape[1] for A in blocks)
    return blocks, draw(st.integers(0, min(m, n)))


def joined(blocks: list[np.ndarray]) -> tuple[np.ndarray, int]:
    """Return M / 2^exponent in double precision, with entries of at most 1, and the exponent."""
    M = np.concatenate([np.asarray(A) for A in blocks], axis=1)
    peak = float(max(np.abs(M.real).max(initial=0.0), np.abs(M.imag).max(initial=0.0)))
    exponent = int(np.frexp(peak)[1])
    kind = np.float64 if M.dtype.kind != "c" else np.complex128
    wide = M.astype(kind)
    if kind is np.complex128:
        scaled = np.ldexp(wide.real, -exponent) + 1j * np.ldexp(wide.imag, -exponent)
    else:
        scaled = np.ldexp(wide, -exponent)
    return scaled, exponent


def relative_error(M: np.ndarray, rank: int) -> float:
    """Return E_r of a matrix by LAPACK."""
    if M.size == 0:
        return 0.0
    sigma = np.linalg.svd(M, compute_uv=False)
    norm = float(np.linalg.norm(M))
    return float(np.linalg.norm(sigma[rank:])) / norm if norm else 0.0
