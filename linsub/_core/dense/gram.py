"""Gram matrices that grow: ``G + X^T X`` in place, by half of a product."""

from __future__ import annotations

import numpy as np
from scipy import linalg

__all__ = ["add_gram"]


def add_gram(G: np.ndarray, X: np.ndarray) -> None:
    """Add X^T X to the upper triangle of G (d, d).

    G is real and F-ordered, X (b, d) of its dtype and C-ordered: then BLAS gets the memory as it
    is and nothing is copied.
    """
    if X.size == 0:
        return
    (syrk,) = linalg.blas.get_blas_funcs(("syrk",), (X,))
    found = syrk(1.0, X.T, beta=1.0, c=G, overwrite_c=1)
    if not np.may_share_memory(found, G):  # f2py has made a copy after all
        G[...] = found
