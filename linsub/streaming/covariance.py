"""The exact A^T A of rows that arrive once."""

from __future__ import annotations

import dataclasses
import math
import os
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, NumericalError
from linsub.results import Bound, Info
from linsub.streaming.covariance_state import GramState, added, folded, joined
from linsub.streaming.mergeable import MergeableStream
from linsub.streaming.result import EigResult
from linsub.streaming.rows import NanPolicy
from linsub.streaming.sketch_result import CovarianceCertificate, CovarianceResult
from linsub.streaming.spectral_knowledge import Knowledge, of_gram, up

__all__ = ["StreamingCovariance"]


class StreamingCovariance(MergeableStream):
    """The matrix ``A^T A`` of all rows so far, exact up to rounding, in d^2 numbers.

    Parameters
    ----------
    n_features : int, optional
        d, the length of a row; by default that of the first block.
    center : bool, optional
        ``(A - mean)^T (A - mean)`` with the mean of all rows, not knowing it in advance.
    nan_policy : {"raise", "omit"}, optional
        What to do with rows that are not finite. ``omit`` drops them.

    Attributes
    ----------
    n_features, n_samples, n_omitted : int

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    FrequentDirections : where d^2 numbers are too many.

    Notes
    -----
    *Algorithm.* Rows wait until they are worth a product and are then added by a symmetric
    rank-k update; with `center`, each such block about its own mean, and one row for the distance
    of the two means (Chan, Golub and LeVeque 1983). Blocks are added at fixed rows: how rows are
    cut into blocks makes no difference, to the last bit. Rows are kept in a unit in which their
    squares are safe, an exact power of two. An update that fails, or is interrupted, changes
    nothing.
    *Cost.* ``d^2`` flops a row, half of a product; ``2 d^2`` numbers while a block is absorbed,
    and twice that for :meth:`result`, in double precision. *Accuracy.* Rounding alone, and bounded
    (claim ``streaming-covariance-rounding``).

    References
    ----------
    Chan, Golub and LeVeque, Amer. Statist. 37 (1983).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import StreamingCovariance
    >>> A = np.random.default_rng(0).standard_normal((100, 3)) + 5.0
    >>> stream = StreamingCovariance(center=True)
    >>> for row in A:
    ...     _ = stream.update(row[None, :])
    >>> gram, mean, n_samples = stream.result()
    >>> bool(np.allclose(gram / (n_samples - 1), np.cov(A.T)))
    True
    """

    _NOUN = "stream"
    _state: GramState | None

    def __init__(
        self,
        n_features: int | None = None,
        *,
        center: bool = False,
        nan_policy: NanPolicy = "raise",
    ) -> None:
        super().__init__(n_features, nan_policy)
        self.center = scalars.as_flag(center, name="center")

    @staticmethod
    def _length(state: GramState) -> int:
        return int(state.G.shape[0])

    def update(self, X: Any) -> StreamingCovariance:
        """Append rows.

        Parameters
        ----------
        X : array_like or sparse, (b, d)
            Any b, 0 too. Never modified, and not referred to afterwards.

        Returns
        -------
        StreamingCovariance
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The state is then what it was before.
        """
        rows, omitted = self._rows(X)
        state, home = self._state, self._home
        if state is None:
            state, home = GramState.empty(rows.shape[1]), arrays.home(X)
        state = added(state, rows, self.center)
        state = dataclasses.replace(state, n_omitted=state.n_omitted + omitted)
        self._commit(state, home)
        return self

    def merge(self, other: StreamingCovariance) -> StreamingCovariance:
        """Append all that another stream has seen.

        Parameters
        ----------
        other : StreamingCovariance
            With the same `center`; it does not change.

        Returns
        -------
        StreamingCovariance
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError
        """
        self._check_merge(other, StreamingCovariance, ("center",))
        if other._state is None:
            return self
        if self._state is None:
            self._commit(other._state.copied(), other._home)
        else:
            self._commit(joined(self._state, other._state, self.center), self._home)
        return self

    def result(self) -> CovarianceResult:
        """Return the Gram matrix of all rows so far; the stream can go on.

        Raises
        ------
        InvalidInputError
            If the length of the rows is not known yet.
        NumericalError
            If entries leave the range of numbers.
        """
        state = self._folded()
        shift = -2 * state.exponent
        with np.errstate(over="ignore", under="ignore"):
            G = norms.ldexp(_full(state.G), shift) if shift else _full(state.G)
            mean = norms.ldexp(state.mean, -state.exponent) if self.center else None
        if not np.isfinite(G).all():
            raise NumericalError(
                "entries of A^T A are larger than any number; multiply the rows of the stream by a "
                "power of two below 1"
            )
        certificate = CovarianceCertificate(
            Bound(up(state.rounding, shift), "bound", "||gram - A^T A||_2", origin="carried")
        )
        give = self._home.give_back
        return CovarianceResult(
            give(G),
            None if mean is None else give(mean),
            state.n_samples,
            certificate=certificate,
            info=Info("covariance", passes=1, details={"n_samples": state.n_samples}),
        )

    def top_eigenvector(self) -> EigResult:
        """Return the top eigenvector, and a bound on its angle to that of the exact matrix.

        Raises
        ------
        InvalidInputError
            If the length of the rows is not known yet.
        """
        info = Info("covariance", passes=1, details={"n_samples": self.n_samples})
        return self._handed_over(self._known().top(info))

    def eigenvalue_intervals(self, k: int) -> np.ndarray:
        """Return intervals that hold the k largest eigenvalues of the exact matrix, (k, 2).

        Parameters
        ----------
        k : int
            In 1..d.
        """
        self._folded()
        k = scalars.as_integer(k, name="k", low=1, high=self.n_features)
        return self._known(k).eigenvalues(k)

    def components(self, k: int) -> Any:
        """Return the first k eigenvectors, (k, d).

        Parameters
        ----------
        k : int
            In 1..d.
        """
        self._folded()
        k = scalars.as_integer(k, name="k", low=1, high=self.n_features)
        return self._home.give_back(self._known(k).basis(k))

    def copy(self) -> StreamingCovariance:
        """Return a stream that goes on from here on its own."""
        twin = StreamingCovariance(
            self.n_features,
            center=self.center,
            nan_policy=self.nan_policy,
        )
        twin._state = None if self._state is None else self._state.copied()
        twin._home = self._home
        return twin

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the stream to a file that :meth:`load` goes on from, to the last bit."""
        from linsub.streaming.covariance_file import write

        write(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> StreamingCovariance:
        """Read a stream that :meth:`save` wrote.

        Raises
        ------
        InvalidInputError
            If the file holds something else, or is damaged.
        """
        from linsub.streaming.covariance_file import read

        return read(path)

    # ------------------------------------------------------------------ private

    def _folded(self) -> GramState:
        if "folded" not in self._cache:
            state = self._state
            if state is None:
                if self.n_features is None:
                    raise InvalidInputError("there is no row yet: call update() first")
                state = GramState.empty(self.n_features)
            self._cache["folded"] = folded(state, self.center)
        found: GramState = self._cache["folded"]
        return found

    def _known(self, k: int = 1) -> Knowledge:
        """Return what the matrix says of its first k + 1 eigenvalues at least."""
        cached: Knowledge | None = self._cache.get("known")
        state = self._folded()
        if cached is None or cached.values.size < min(k + 1, state.G.shape[0]):
            # Its trace is the sum of the squares, of the centred rows too.
            trace = float(state.G.diagonal().sum())
            above = trace * (1.0 + 1e-15 * math.sqrt(state.G.shape[0])) + state.rounding
            cached = of_gram(state.G.T, state.exponent, state.rounding, above, k + 1)
            self._cache["known"] = cached
        return cached


def _full(G: np.ndarray) -> np.ndarray:
    """Return the symmetric matrix of an upper triangle, in memory of its own."""
    found = np.triu(G)
    found += np.triu(G, 1).T
    return np.ascontiguousarray(found)
