"""k-DPPs: subsets of a given size, S with P(S) = det L_S / e_k(L)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike, Streams
from linsub.dpp.ensemble import LEnsemble
from linsub.dpp.kernel_checks import as_indices
from linsub.dpp.spectrum import squared_sizes
from linsub.dpp.symmetric_polynomials import TiltedTable
from linsub.errors import InvalidInputError

__all__ = ["KDPP"]


class KDPP:
    """The random set S of k out of N items with P(S) = det L_S / e_k(eigenvalues of L).

    Parameters
    ----------
    L : array_like (N, N) or LEnsemble
        A Hermitian positive semidefinite kernel, or an ensemble, whose law given |S| = k it is.
        Multiples of L have the same law.
    k : int
        0 to the rank of L.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if k exceeds the numerical rank: then no set of k items has a volume.

    Notes
    -----
    *Algorithm.* k eigenvectors with the probability of the product of their eigenvalues (the
    table of :func:`log_esp`, walked from its end), then a sample of their projection process
    (Kulesza & Taskar 2011). The chain rule that picks items in proportion to what is left of the
    diagonal of L has another law, unless L is a multiple of a projection. *Cost.* 3 r k flops
    and r k numbers once; O(r + k^3 + k log k log N) a sample. *Accuracy.* ``dpp-k-law``,
    ``dpp-k-scale``, ``dpp-esp``, ``dpp-k-selection``.

    References
    ----------
    Kulesza & Taskar, k-DPPs: fixed-size determinantal point processes, ICML 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import KDPP
    >>> dpp = KDPP(np.diag([1.0, 2.0, 4.0]), 2)
    >>> bool(np.isclose(np.exp(dpp.logpmf([1, 2])), 8 / 14))
    True
    >>> sorted(dpp.sample(rng=1).tolist())
    [0, 1]
    """

    def __init__(self, L: Any, k: int) -> None:
        self._ensemble = L if isinstance(L, LEnsemble) else LEnsemble.from_kernel(L)
        spectrum = self._ensemble.spectrum
        self._k = scalars.as_integer(k, name="k", low=0)
        if self._k > spectrum.size:
            raise InvalidInputError(
                f"k is {self._k} and L has the numerical rank {spectrum.size} of "
                f"{self._ensemble.n_items} (eigenvalues up to {self._ensemble.tol:.3g} times the "
                "largest one are zero): no set of k items has a volume; lower k, or pass an "
                "LEnsemble with another tol"
            )
        self._first = spectrum.certain
        if self._k < self._first:
            raise InvalidInputError(
                f"k is {self._k} and K has {self._first} eigenvalues 1: every sample of the "
                "process has so many items at least; raise k"
            )
        self._table = TiltedTable(spectrum.beyond(self._first), self._k - self._first)

    @property
    def k(self) -> int:
        """The size of every sample."""
        return self._k

    @property
    def ensemble(self) -> LEnsemble:
        """The ensemble whose law given |S| = k this is."""
        return self._ensemble

    @property
    def log_normalizer(self) -> float:
        """The logarithm of e_k; inf where K has eigenvalue 1 and no L exists."""
        return math.inf if self._first else self._table.log_normalizer()

    def logpmf(self, S: Any) -> float:
        """Return log P(S), -inf for what cannot be drawn.

        Parameters
        ----------
        S : sequence of int
            Distinct items in any order.
        """
        items = as_indices(S, self._ensemble.n_items, "S")
        if items.size != self._k:
            return -math.inf
        # Both at a scale near 1: neither depends on that of L.
        unit = self._table.unit
        scaled = self._table.log_normalizer() - self._table.k * unit
        return self._ensemble._log_det(items, -unit) - scaled

    def marginals(self) -> np.ndarray:
        """Return P(i in S) for all items (N,), which sum to k."""
        weights = np.concatenate([np.ones(self._first), self._table.marginals()])
        return np.asarray(squared_sizes(self._ensemble.eigvecs) @ weights)

    def sample(self, n_samples: int | None = None, *, rng: RNGLike = None) -> np.ndarray:
        """Draw S with P(S) = det L_S / e_k.

        Parameters
        ----------
        n_samples : int, optional
            How many; without it one sample.
        rng : optional
            A seed or a generator.

        Returns
        -------
        ndarray of int64, (k,) or (n_samples, k)
            Indices in the order in which they were chosen.
        """
        if n_samples is not None:
            n_samples = scalars.as_integer(n_samples, name="n_samples", low=0)
        streams = Streams(rng)
        count = 1 if n_samples is None else n_samples
        out = np.empty((count, self._k), np.int64)
        for i in range(count):
            generator = streams.generator("sample", i)
            columns = np.concatenate(
                [np.arange(self._first), self._first + self._table.pick(generator)]
            )
            out[i] = self._ensemble.sample_columns(columns, generator)
        return out[0] if n_samples is None else out

    def __repr__(self) -> str:
        return f"KDPP(k={self._k}, {self._ensemble!r})"
