"""Frequent Directions: a sketch of the rows seen so far, with the error of its covariance."""

from __future__ import annotations

import dataclasses
import math
import os
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.results import Bound, Info
from linsub.streaming import bounds
from linsub.streaming.fd_shrink import EPS, Policy
from linsub.streaming.fd_state import State, absorbed, faded, joined, settled
from linsub.streaming.heavy_rows import Heavy
from linsub.streaming.mergeable import MergeableStream
from linsub.streaming.result import EigResult
from linsub.streaming.rows import NanPolicy, as_rows
from linsub.streaming.sketch_result import SketchCertificate, SketchResult
from linsub.streaming.spectral_knowledge import Knowledge, down, of_rows, up

__all__ = ["FrequentDirections"]

# Rows that wait for a shrink, for each row of the sketch: fewer shrinks are faster and lose
# less, and the eigenvectors of a larger Gram matrix take longer. At d = 1000 and l = 50 flat
# between 1.5 and 2.
_BUFFER = 2

_SUBNORMAL = float(np.finfo(np.float64).tiny)


class FrequentDirections(MergeableStream):
    """A sketch of the rows seen so far: few rows B with ``0 <= A^T A - B^T B <= shrinkage I``.

    Rows of A arrive once and in any order. B has at most `sketch_size` rows, and for every
    vector x, ``||B x||^2 <= ||A x||^2 <= ||B x||^2 + shrinkage ||x||^2``. No assumption is
    made, and what is lost is counted while it is lost.

    Parameters
    ----------
    n_features : int, optional
        d, the length of a row; by default that of the first block.
    sketch_size : int, optional
        l, from 1: the rows that B may have. Exact while A has fewer directions.
    buffer_size : int, optional
        Rows that wait for a shrink, ``2 * sketch_size`` by default. More of them are more
        accurate.
    variant : {"fd", "robust", "isvd"}, optional
        ``robust``: report ``B^T B + (shrinkage / 2) I``, whose error is half. ``isvd``: cut and
        do not shrink, which is often better and can be arbitrarily bad; the certificate then
        says so.
    alpha : float, optional
        In (0, 1]: the share of the smallest values that a shrink lowers. Small ones are nearer
        to ``isvd``.
    heavy_rows : int, optional
        Rows of large norm that are kept exactly beside the sketch, at most.
    heavy_threshold : float, optional
        A row may be kept exactly if its square is ``heavy_threshold / d`` of all so far.
    decay : float, optional
        In (0, 1]: what A is multiplied by before each update.
    svd : {"auto", "gram", "svd"}, optional
        How a shrink finds its directions. ``auto``: from the Gram matrix of the kept rows, and
        by an SVD where hardly anything is cut, so that small directions survive.
    nan_policy : {"raise", "omit"}, optional
        What to do with rows that are not finite. ``omit`` drops them.

    Attributes
    ----------
    n_features, n_samples, n_omitted, n_updates : int

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    StreamingCovariance : ``A^T A`` itself; faster while d is below some 20 `sketch_size`.
    StreamingTopEigenvector, reduce_stream

    Notes
    -----
    *Algorithm.* Liberty (2013) in the form of Ghashami et al. (2016): when ``l + buffer`` rows
    are kept they are rotated to their principal directions, the l-th squared singular value
    delta is subtracted from those above, and the rest is cut. `shrinkage` is the sum of all
    delta. Deviations: the buffer (their "fast" variant has l rows); directions from the
    eigenvectors of the Gram matrix of all kept rows (only squares are needed); the whole Gram
    matrix is computed and none of the old one assumed, since errors of an assumed one would add
    up over shrinks; rows are kept in a unit in which their squares are safe, an exact power of
    two. Sparse rows wait as sparse and are multiplied as such.
    Shrinks happen at fixed rows: how rows are cut into blocks makes no difference, to the last
    bit (unless `decay` is below 1). An update that fails, or is interrupted, changes nothing.
    *Cost.* Per row ``(l + b / 2) d + l (l + b) d / b`` multiplications and ``O((l + b)^3 / b)``
    for a buffer of b rows; 3 (l + b) d numbers at most while a block is absorbed, in double
    precision.
    *Accuracy.* Claims ``streaming-fd-sandwich``, ``streaming-fd-error``,
    ``streaming-fd-eigenvector``. Rounding is counted with each shrink (:attr:`rounding`).

    References
    ----------
    Liberty, KDD 2013; Ghashami, Liberty, Phillips and Woodruff, SIAM J. Comput. 45 (2016);
    Desai, Ghashami and Phillips, arXiv 1501.06561 (alpha); Luo et al., arXiv 1705.05067
    (robust).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import FrequentDirections
    >>> A = np.random.default_rng(0).standard_normal((300, 40)) / np.arange(1, 41)
    >>> stream = FrequentDirections(sketch_size=10)
    >>> for start in range(0, 300, 50):
    ...     _ = stream.update(A[start : start + 50])
    >>> B, shift, error = stream.result()
    >>> B.shape[0] <= 10, bool(np.linalg.norm(A.T @ A - B.T @ B, 2) <= error)
    (True, True)
    >>> stream.top_eigenvector().status
    'certified'
    """

    _NOUN = "sketch"
    _state: State | None

    def __init__(
        self,
        n_features: int | None = None,
        sketch_size: int = 64,
        *,
        buffer_size: int | None = None,
        variant: Literal["fd", "robust", "isvd"] = "fd",
        alpha: float = 1.0,
        heavy_rows: int = 0,
        heavy_threshold: float = 0.2,
        decay: float = 1.0,
        svd: Literal["auto", "gram", "svd"] = "auto",
        nan_policy: NanPolicy = "raise",
    ) -> None:
        super().__init__(n_features, nan_policy)
        as_integer, as_real = scalars.as_integer, scalars.as_real
        self.sketch_size = as_integer(sketch_size, name="sketch_size", low=1)
        self.buffer_size = (
            _BUFFER * self.sketch_size
            if buffer_size is None
            else as_integer(buffer_size, name="buffer_size", low=1)
        )
        self.variant = scalars.as_choice(variant, name="variant", choices=("fd", "robust", "isvd"))
        self.alpha = as_real(alpha, name="alpha", low=0.0, high=1.0, include=(False, True))
        self.heavy_rows = as_integer(heavy_rows, name="heavy_rows", low=0)
        self.heavy_threshold = as_real(heavy_threshold, name="heavy_threshold", low=0.0)
        self.decay = as_real(decay, name="decay", low=0.0, high=1.0, include=(False, True))
        self.svd = scalars.as_choice(svd, name="svd", choices=("auto", "gram", "svd"))
        if self.variant == "isvd" and self.alpha != 1.0:
            raise InvalidInputError(
                f"alpha={self.alpha} has no meaning with variant='isvd', which shrinks nothing"
            )

    @staticmethod
    def _length(state: State) -> int:
        return int(state.K.shape[1])

    @property
    def n_updates(self) -> int:
        """Updates that brought rows."""
        return 0 if self._state is None else self._state.n_updates

    # ------------------------------------------------------------------ growing

    def update(self, X: Any) -> FrequentDirections:
        """Append rows.

        Parameters
        ----------
        X : array_like or sparse, (b, d)
            Any b, 0 too. Never modified, and not referred to afterwards.

        Returns
        -------
        FrequentDirections
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The state is then what it was before.
        """
        rows, omitted = self._rows(X)
        state, home = self._state, self._home
        if state is None:
            state, home = self._begin(rows.shape[1]), arrays.home(X)
        if rows.shape[0]:
            state = faded(state, self.decay)
            state = absorbed(state, rows, self._policy, self.buffer_size)
        state = dataclasses.replace(
            state,
            n_samples=state.n_samples + rows.shape[0],
            n_omitted=state.n_omitted + omitted,
            n_updates=state.n_updates + int(rows.shape[0] > 0),
        )
        self._commit(state, home)
        return self

    def merge(self, other: FrequentDirections) -> FrequentDirections:
        """Append all that another sketch has seen; its bound then holds for both streams.

        Parameters
        ----------
        other : FrequentDirections
            Of the same options (`buffer_size` may differ); it does not change.

        Returns
        -------
        FrequentDirections
            Itself. With `decay`, the rows of the other count as the later ones.

        Raises
        ------
        InvalidInputError, InvalidTypeError
        """
        options = ("sketch_size", "variant", "alpha", "heavy_rows", "heavy_threshold", "decay")
        way_out = "; sketches that are to be merged need the same options"
        self._check_merge(other, FrequentDirections, options, way_out)
        if other._state is None:
            return self
        if self._state is None:
            state, home = other._state.copied(), other._home
        else:
            before = faded(self._state, self.decay**other.n_updates)
            state, home = joined(before, other._state, self._policy, self.buffer_size), self._home
        self._commit(state, home)
        return self

    # ------------------------------------------------------------------ what is known

    def result(self) -> SketchResult:
        """Return the sketch of all rows so far; the stream can go on.

        Returns
        -------
        SketchResult
            At most `sketch_size` rows, and the heavy ones.

        Raises
        ------
        InvalidInputError
            If the length of the rows is not known yet.
        NumericalError
            If rows of the sketch leave the range of numbers.
        """
        if "result" not in self._cache:
            self._cache["result"] = self._sketched()
        B, shift, error, certificate, info = self._cache["result"]
        return SketchResult(
            self._home.give_back(B.copy()), shift, error, certificate=certificate, info=info
        )

    @property
    def sketch(self) -> Any:
        """B, the rows of :meth:`result`."""
        return self.result().sketch

    @property
    def shrinkage(self) -> float:
        """Bound on what rows that are still kept have lost: ``A^T A - K^T K <= shrinkage I``.

        K are the rows of the sketch and those that wait; :meth:`result` may add to it.
        """
        state = self._state
        return 0.0 if state is None else up(state.shrinkage, -2 * state.exponent)

    @property
    def rounding(self) -> float:
        """Allowance for rounding so far, on either side of the sandwich."""
        state = self._state
        return 0.0 if state is None else up(state.rounding, -2 * state.exponent)

    @property
    def frobenius_squares(self) -> float:
        """``||A||_F^2``; infinite where no number is as large."""
        state = self._state
        if state is None:
            return 0.0
        try:
            return math.ldexp(state.squares, -2 * state.exponent)
        except OverflowError:
            return math.inf

    def top_eigenvector(self) -> EigResult:
        """Return the top eigenvector of ``A^T A`` with a bound on its angle to the true one.

        Raises
        ------
        InvalidInputError
            If the length of the rows is not known yet.
        """
        info = Info("frequent directions", passes=1, details=self._details())
        return self._handed_over(self._known().top(info))

    def eigenvalue_intervals(self, k: int) -> np.ndarray:
        """Return intervals that hold the k largest eigenvalues of ``A^T A``, (k, 2).

        Parameters
        ----------
        k : int
            In 1..d.
        """
        known = self._known()
        return known.eigenvalues(self._as_rank(k))

    def quadratic_form(self, x: Any) -> tuple[float, float]:
        """Return bounds ``lower <= ||A x||^2 <= upper``.

        Parameters
        ----------
        x : array_like, (d,)

        Returns
        -------
        lower, upper : float
        """
        state = self._settled()
        vector = arrays.as_vector(x, name="x")
        if vector.dtype.kind == "c":
            raise InvalidTypeError("x is complex and streams are real; pass its two parts")
        if vector.size != self.n_features:
            raise InvalidInputError(f"x has {vector.size} entries and rows have {self.n_features}")
        vector, p = norms.near_one(np.asarray(vector, np.float64))
        rows = state.all_rows
        size = float(vector @ vector)
        seen = float(np.sum(np.square(rows @ vector)))
        norm = float(np.sum(np.square(rows)))
        own = bounds.shrink_rounding(norm, 1, vector.size, EPS) + state.rounding
        lower = max(seen - own * size, 0.0)
        upper = min(
            seen + (state.shrinkage + own) * size, state.squares_above * size * (1.0 + 4e-15)
        )
        shift = -2 * (state.exponent + p)
        return down(lower, shift), up(upper, shift)

    def components(self, k: int) -> Any:
        """Return the first k right singular vectors of the kept rows, (k, d).

        Parameters
        ----------
        k : int
            In 1..d. Beyond the directions that were seen they are any orthonormal ones.
        """
        return self._home.give_back(self._known().basis(self._as_rank(k)))

    def subspace_sine(self, k: int) -> float:
        """Return a bound on the sine of the largest angle between :meth:`components` and the truth.

        Parameters
        ----------
        k : int
            In 1..d. The truth are the first k eigenvectors of ``A^T A``; 1.0 where the gap that
            is known after the k-th eigenvalue is too small.
        """
        return self._known().sine(self._as_rank(k))

    def project(self, X: Any, k: int) -> Any:
        """Return the coordinates of rows in :meth:`components`, (b, k).

        Parameters
        ----------
        X : array_like or sparse, (b, d)
        k : int
        """
        known = self._known()
        rows = as_rows(X, self.n_features)
        V = known.basis(self._as_rank(k))
        return arrays.home(X).give_back(np.asarray(rows @ V.T))

    def projection_error(self, k: int) -> Bound:
        """Return a bound on ``||A - A V^T V||_F^2`` for the rows V of :meth:`components`.

        Parameters
        ----------
        k : int
            In 1..d.
        """
        known = self._known()
        found = bounds.seen_projection_error(
            known.squares, known.values, self._as_rank(k), known.rounding
        )
        value = up(min(found, known.squares), -2 * known.exponent)
        return Bound(value, "bound", "||A - A V^T V||_F^2", origin="carried")

    # ------------------------------------------------------------------ keeping

    def copy(self) -> FrequentDirections:
        """Return a stream that goes on from here on its own."""
        twin = FrequentDirections(**self._options())
        if self._state is not None:
            twin._state = self._state.copied()
        twin._home = self._home
        return twin

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the stream to a file that :meth:`load` goes on from, to the last bit."""
        from linsub.streaming.fd_file import write

        write(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> FrequentDirections:
        """Read a stream that :meth:`save` wrote.

        Raises
        ------
        InvalidInputError
            If the file holds something else, or is damaged.
        """
        from linsub.streaming.fd_file import read

        return read(path)

    # ------------------------------------------------------------------ private

    @property
    def _policy(self) -> Policy:
        shrunk = bounds.shrunk_values(self.sketch_size, self.alpha)
        return Policy(self.sketch_size, shrunk, self.variant, self.svd)  # type: ignore[arg-type]

    def _options(self) -> dict[str, Any]:
        names = ("n_features", "sketch_size", "buffer_size", "variant", "alpha", "heavy_rows")
        more = ("heavy_threshold", "decay", "svd", "nan_policy")
        return {name: getattr(self, name) for name in (*names, *more)}

    def _begin(self, d: int) -> State:
        heavy = Heavy(self.heavy_rows, self.heavy_threshold, np.zeros((0, d)))
        return State(np.zeros((0, d)), heavy=heavy)

    def _begun(self) -> State:
        if self._state is not None:
            return self._state
        if self.n_features is None:
            raise InvalidInputError("there is no row yet: call update() first")
        return self._begin(self.n_features)

    def _settled(self) -> State:
        """Return the state with no sparse row waiting; the stream's own does not change."""
        if "settled" not in self._cache:
            self._cache["settled"] = settled(self._begun(), self._policy, self.buffer_size)
        found: State = self._cache["settled"]
        return found

    def _known(self) -> Knowledge:
        if "known" not in self._cache:
            state = self._settled()
            self._cache["known"] = of_rows(
                state.all_rows,
                state.exponent,
                state.shrinkage,
                state.rounding,
                state.squares_above,
            )
        found: Knowledge = self._cache["known"]
        return found

    def _sketched(self) -> tuple[np.ndarray, float, float, SketchCertificate, Info]:
        state = settled(self._settled(), self._policy, self.buffer_size, few=True)
        shift = -2 * state.exponent
        B = np.concatenate([state.rows, state.heavy.rows])
        with np.errstate(over="ignore", under="ignore"):
            B = norms.ldexp(B, -state.exponent)
        loss, rounding = state.shrinkage, state.rounding
        robust = self.variant == "robust"
        above = up(bounds.robust_error(loss, rounding) if robust else loss + rounding, shift)
        below = above if robust else up(rounding, shift)
        middle = 0.0
        if robust:
            middle = up(0.5 * loss, shift)
            if middle < _SUBNORMAL:  # it was rounded there, and its error is that of the bound
                above = below = above + middle
        if not np.isfinite(B).all() or math.isinf(middle):
            raise NumericalError(
                "the sketch or its shift is larger than any number; multiply the rows of the "
                "stream by a power of two below 1"
            )
        of = "B^T B + shift I" if robust else "B^T B"
        certificate = SketchCertificate(
            Bound(max(above, below), "bound", f"||A^T A - {of}||_2", origin="carried"),
            Bound(below, "bound", f"{of} - A^T A <= t I, t", origin="carried"),
            Bound(above, "bound", f"A^T A - {of} <= t I, t", origin="carried"),
            Bound(self.frobenius_squares, "exact", "||A||_F^2", origin="carried"),
        )
        details = {**self._details(), "shrinks": state.shrinks}
        info = Info("frequent directions", passes=1, iterations=state.shrinks, details=details)
        return B, middle, max(above, below), certificate, info

    def _details(self) -> dict[str, Any]:
        heavy = 0 if self._state is None else self._state.heavy.squares.size
        return {"n_samples": self.n_samples, "heavy_rows": int(heavy)}

    def _as_rank(self, k: int) -> int:
        return scalars.as_integer(k, name="k", low=1, high=self.n_features)
