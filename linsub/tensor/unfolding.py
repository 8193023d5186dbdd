"""Modes of a tensor: unfoldings, products with matrices, leading bases."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import complement, r_factor
from linsub._core.dense.svd import svd

__all__ = ["ModeBasis", "leading_basis", "mode_product", "multiply_all", "unfolded"]

# Eigenvalues of a Gram matrix are wrong by a few eps ||X||^2: where the energy that shall be
# discarded is above this share of the whole, that is a millionth of it at most.
_GRAM_FROM = 1e-8


class ModeBasis:
    """Left singular vectors of an unfolding, all of them, and the energies behind each.

    ``tails[r]`` is the sum of the squared singular values from the r-th on (tails[0] is the
    squared norm), summed from the small end.
    """

    def __init__(self, vectors: np.ndarray, energies: np.ndarray) -> None:
        self.vectors = vectors
        energies = np.maximum(energies.astype(np.float64), 0.0)
        self.tails = np.append(np.cumsum(energies[::-1])[::-1], 0.0)

    def rank_within(self, budget: float) -> int:
        """Return the least rank whose discarded energy is `budget` at most, and 1 at least."""
        fits = np.flatnonzero(self.tails <= budget)
        return max(1, int(fits[0])) if fits.size else self.vectors.shape[1]


def unfolded(X: np.ndarray, mode: int) -> np.ndarray:
    """Return the unfolding (I_mode, size / I_mode), a view where the memory allows it."""
    return np.asarray(np.moveaxis(X, mode, 0).reshape(X.shape[mode], -1))


def mode_product(X: np.ndarray, M: np.ndarray, mode: int) -> np.ndarray:
    """Return X x_mode M: the matrix M (r, I_mode) applied to every fibre of that mode."""
    before = int(np.prod(X.shape[:mode], dtype=np.int64))
    shape = (*X.shape[:mode], M.shape[0], *X.shape[mode + 1 :])
    if mode == X.ndim - 1:
        found = X.reshape(before, X.shape[mode]) @ M.T
    else:
        found = np.matmul(M, X.reshape(before, X.shape[mode], -1))
    return np.asarray(found.reshape(shape))


def multiply_all(X: np.ndarray, matrices: list[np.ndarray], skip: int = -1) -> np.ndarray:
    """Return X times a matrix in each mode but `skip`, first where most is saved."""
    saved = [M.shape[0] / max(1, M.shape[1]) for M in matrices]
    for mode in sorted(range(len(matrices)), key=saved.__getitem__):
        if mode != skip:
            X = mode_product(X, matrices[mode], mode)
    return X


def leading_basis(
    X: np.ndarray, mode: int, rank: int | None, budget: float, squares: float
) -> tuple[ModeBasis, int]:
    """Return the singular basis of an unfolding and the rank: `rank`, or the least in `budget`.

    By the Gram matrix where what is discarded is large enough to be seen in it; else by the
    triangular factor, whose singular values keep the digits that squares lose.
    """
    A = unfolded(X, mode)
    w, V = eigh(A @ A.conj().T)
    basis = ModeBasis(V, w)
    r = basis.rank_within(budget) if rank is None else rank
    seen = r == A.shape[0] or basis.tails[r] > _GRAM_FROM * squares
    if seen and (rank is not None or budget > _GRAM_FROM * squares):
        return basis, r
    basis = _by_triangle(A)
    return basis, basis.rank_within(budget) if rank is None else rank


def _by_triangle(A: np.ndarray) -> ModeBasis:
    """Return the basis by ``A^H = Q R`` and the singular values of R."""
    wide = A.conj().T
    R = r_factor(wide) if wide.shape[0] > wide.shape[1] else wide
    _, S, Vh = svd(R)
    V = Vh.conj().T
    if V.shape[1] < A.shape[0]:  # fewer fibres than entries of one
        V = np.hstack([V, complement(V)])
    energies = np.zeros(A.shape[0])
    energies[: S.size] = np.square(S.astype(np.float64))
    return ModeBasis(V, energies)
