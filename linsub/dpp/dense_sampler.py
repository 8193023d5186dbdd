"""Samples of a dense kernel without its spectrum: item by item along a triangular factor."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.determinants import cholesky_lower, inverse_from_lower
from linsub._core.dense.triangular import solve
from linsub.errors import InvalidInputError

__all__ = ["DenseSampler", "factored"]

# Items that decide among themselves before the rest hears of it, and columns of the rest that one
# product updates: its other half, which symmetry makes superfluous, is then small.
_PANEL, _CHUNK = 64, 512

# A sample beyond this share of all items is cheaper by products of matrices.
_SHARE = 6


def factored(
    K: np.ndarray, uniforms: np.ndarray, *, hermitian: bool
) -> tuple[np.ndarray, float, float]:
    """Decide on the items of the marginal kernel K, which is overwritten, in their order.

    L D L^H (or L U) of K - diag(1 where an item is left out) without pivots, whose j-th pivot
    before that is the probability of item j given all decisions before. N^3 / 3 flops (2 N^3 / 3
    without symmetry), in products of matrices.

    Returns
    -------
    chosen, log_probability, excess
        `excess` is how far the worst pivot was from being a probability.
    """
    from linsub.dpp._kernels.sequential import decide

    N = K.shape[0]
    chosen = np.zeros(N, bool)
    log_probability = worst = 0.0
    for i in range(0, N, _PANEL):
        j = min(i + _PANEL, N)
        block = np.ascontiguousarray(K[i:j, i:j])
        gained, excess = decide(block, uniforms[i:j], chosen[i:j])
        log_probability, worst = log_probability + gained, max(worst, excess)
        if j == N:
            break
        lower = solve(block.T, K[j:, i:j].T, lower=True).T  # K U^-1, by rows
        if hermitian:
            upper = (lower * block.diagonal().real).conj().T
        else:
            unit = np.tril(block, -1) + np.eye(j - i)
            upper = solve(unit, K[i:j, j:], lower=True)
        for c in range(j, N, _CHUNK):
            d, top = min(c + _CHUNK, N), c if hermitian else j
            K[top:, c:d] -= lower[top - j :] @ upper[:, c - j : d - j]
    return chosen, log_probability, worst


class DenseSampler:
    """What samples of one dense kernel share: a Cholesky factor of I + L, or K."""

    def __init__(self, C: np.ndarray | None, K: np.ndarray | None) -> None:
        self._C, self._K = C, K

    @classmethod
    def of_likelihood(cls, L: np.ndarray) -> DenseSampler:
        """Factor I + L = C C^H."""
        M = np.conjugate(L).T  # itself, in Fortran order without a transposition
        M.flat[:: L.shape[0] + 1] += 1.0
        C = cholesky_lower(M, overwrite=True)
        if C is None:
            raise InvalidInputError("L is not positive semidefinite: I + L has no Cholesky factor")
        return cls(C, None)

    @classmethod
    def of_marginal(cls, K: np.ndarray) -> DenseSampler:
        """Keep K."""
        return cls(None, np.array(K[::-1, ::-1], order="F"))

    def sample(self, generator: np.random.Generator) -> tuple[np.ndarray, float]:
        """Return the items in the order of the decisions, from the last one, and log P(S)."""
        return self.decide(generator.random(self._order()))

    def decide(self, uniforms: np.ndarray) -> tuple[np.ndarray, float]:
        """The same from given uniforms (N,)."""
        N = self._order()
        if self._C is not None and self._K is None:
            from linsub.dpp._kernels.sequential import descend

            most = N if N <= _PANEL else max(_PANEL, N // _SHARE)
            found = np.empty(most, np.int64)
            F = np.zeros((most, most), self._C.dtype)
            count, log_probability = descend(self._C, uniforms, F, found)
            if count >= 0:
                return found[:count].copy(), float(log_probability)
            # The pivots of the marginal kernel are the same probabilities: the same uniforms
            # choose the same items.
            K = -inverse_from_lower(self._C)
            K.flat[:: N + 1] += 1.0
            self._K = np.array(K[::-1, ::-1], order="F")
        assert self._K is not None
        chosen, log_probability, _ = factored(self._K.copy(order="F"), uniforms, hermitian=True)
        return (N - 1 - np.flatnonzero(chosen)).astype(np.int64), log_probability

    def _order(self) -> int:
        source = self._C if self._C is not None else self._K
        assert source is not None
        return int(source.shape[0])
