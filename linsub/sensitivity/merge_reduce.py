"""A stream of rows reduced to few weighted ones, by merging and reducing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.progress import Progress
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.sensitivity.distortion import outer_interval
from linsub.sensitivity.draws import MODES
from linsub.sensitivity.row_sample import scaled_rows
from linsub.sensitivity.row_sampling import sample_from
from linsub.sensitivity.row_scores import SCORES, row_scores
from linsub.sensitivity.stream_sample import StreamSample, StreamSampleCertificate, as_block

__all__ = ["MergeReduceCoreset"]

# Rows of a leaf, in units of `size`: a reduction of two buckets reads as many.
_LEAF = 2


@dataclasses.dataclass(frozen=True)
class _Bucket:
    """Weighted rows, and an interval that holds their ratios of norms; None if unknown."""

    rows: np.ndarray
    weights: np.ndarray
    indices: np.ndarray
    interval: tuple[float, float] | None

    def joined(self, later: _Bucket) -> _Bucket:
        """Return both. p-th powers of norms add: a ratio lies between those of the parts."""
        interval = None
        if self.interval is not None and later.interval is not None:
            (a, b), (c, d) = self.interval, later.interval
            interval = min(a, c), max(b, d)
        return _Bucket(
            np.concatenate([self.rows, later.rows]),
            np.concatenate([self.weights, later.weights]),
            np.concatenate([self.indices, later.indices]),
            interval,
        )


@dataclasses.dataclass(frozen=True)
class _State:
    """All that a stream is; never changed in place. `buckets` are those of level 0, 1, ..."""

    buckets: tuple[_Bucket | None, ...] = ()
    waiting: tuple[np.ndarray, ...] = ()
    n_waiting: int = 0
    n_rows: int = 0
    reductions: int = 0


class MergeReduceCoreset:
    """Weighted rows that stand for all rows of a stream, in memory that grows by log n.

    Each `2 size` rows are sampled down to about `size`; two samples of one level are merged and
    sampled down again, as in a binary counter. A row's weight is the product of what its samples
    gave it, so that ``E ||S A x||_p^p = ||A x||_p^p`` through all levels.

    Parameters
    ----------
    size : int
        Expected rows of a sample, at least 1; several times the number of columns.
    p : float, optional
        Positive.
    scores : {"lewis", "sensitivity", "leverage", "root_leverage", "augmented"}, optional
        As in :func:`sample_rows`, of the weighted rows.
    mode : {"bernoulli", "iid", "systematic"}, optional
    certify : bool, optional
        Measure each reduction by :func:`embedding_distortion` and carry the product, where an
        interval for all x can be had: p = 2, other even p, p = 1 for up to 3 columns.
    rng : None, int or numpy.random.Generator, optional
        Streams that are to be merged need different ones, or their errors add up.

    Attributes
    ----------
    n_rows : int
        Rows so far.
    levels : tuple of int
        Rows kept at each level, 0 for an empty one.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    OnlineLeverageSampler : Decides on each row when it comes.

    Notes
    -----
    *Algorithm*: merge and reduce (Har-Peled & Mazumdar 2004). The result is a function of the seed
    and the rows, not of how they were cut into blocks. *Cost*: per row that of two scores, and of
    two distortions with `certify`; ``size (log2(n/size) + 2)`` rows are kept. *Accuracy*: L levels
    of error e are an error of ``(1 + e)^L - 1``; the certificate carries what it was (claims
    ``sensitivity-merge-reduce``, ``sensitivity-compounding``, ``sensitivity-stream-unbiased``).

    References
    ----------
    Har-Peled, Mazumdar, "On coresets for k-means and k-median clustering", STOC 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import MergeReduceCoreset
    >>> A = np.random.default_rng(0).standard_normal((5000, 3))
    >>> stream = MergeReduceCoreset(200, rng=0)
    >>> for block in np.split(A, 50):
    ...     _ = stream.update(block)
    >>> found = stream.result()
    >>> ratio = np.linalg.norm(found.scaled @ [1.0, 2.0, 3.0]) / np.linalg.norm(A @ [1.0, 2.0, 3.0])
    >>> lower, upper = float(found.certificate.lower), float(found.certificate.upper)
    >>> bool(0.6 < lower <= ratio <= upper < 1.6)
    True
    """

    def __init__(
        self,
        size: int,
        p: float = 2.0,
        *,
        scores: Literal["lewis", "sensitivity", "leverage", "root_leverage", "augmented"] = "lewis",
        mode: Literal["bernoulli", "iid", "systematic"] = "bernoulli",
        certify: bool = True,
        rng: RNGLike = None,
    ) -> None:
        self.size = scalars.as_integer(size, name="size", low=1)
        self.p = scalars.as_real(p, name="p", low=0.0, include=(False, True))
        self.scores = scalars.as_choice(scores, name="scores", choices=SCORES)
        self.mode = scalars.as_choice(mode, name="mode", choices=MODES)
        self.certify = scalars.as_flag(certify, name="certify")
        self._streams = Streams(rng)
        self._width: int | None = None
        self._state = _State()

    @property
    def n_rows(self) -> int:
        return self._state.n_rows

    @property
    def levels(self) -> tuple[int, ...]:
        return tuple(0 if b is None else b.weights.size for b in self._state.buckets)

    def update(self, X: Any) -> MergeReduceCoreset:
        """Append rows.

        Parameters
        ----------
        X : array_like of shape (b, d)
            Real; any b, 0 too. Not referred to afterwards.

        Returns
        -------
        MergeReduceCoreset
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The state is then what it was before, as after an interruption.
        """
        rows = as_block(X, self._width)
        state = self._appended(self._state, rows)
        self._state, self._width = state, rows.shape[1]
        return self

    def extend(self, blocks: Iterable[Any], *, progress: bool = False) -> MergeReduceCoreset:
        """Append all blocks of an iterable, one after another.

        Parameters
        ----------
        blocks : iterable of array_like
            Read once, one at a time. After an error or an interruption all blocks before are in.
        progress : bool, optional
            Show on a terminal how many rows have come.

        Returns
        -------
        MergeReduceCoreset
            Itself.
        """
        if not scalars.as_flag(progress, name="progress"):
            for block in blocks:
                self.update(block)
            return self
        with Progress(None, "rows") as shown:
            for block in blocks:
                before = self.n_rows
                self.update(block)
                shown.advance(self.n_rows - before, f"{sum(self.levels)} kept")
        return self

    def merge(self, other: MergeReduceCoreset) -> MergeReduceCoreset:
        """Append all rows that another stream has seen.

        Parameters
        ----------
        other : MergeReduceCoreset
            With the same parameters, rng apart; it does not change.

        Returns
        -------
        MergeReduceCoreset
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError
        """
        if not isinstance(other, MergeReduceCoreset):
            raise InvalidTypeError(
                f"other must be a MergeReduceCoreset, got {type(other).__name__}; "
                "append rows with update()"
            )
        for name in ("size", "p", "scores", "mode"):
            if getattr(other, name) != getattr(self, name):
                raise InvalidInputError(
                    f"other has {name}={getattr(other, name)!r} and this stream has "
                    f"{name}={getattr(self, name)!r}"
                )
        if None not in (self._width, other._width) and other._width != self._width:
            raise InvalidInputError(
                f"other has {other._width} columns and this stream {self._width}"
            )
        theirs, state = other._state, self._state
        offset = state.n_rows
        # Rows that wait are the last of their stream: they become a bucket, not a leaf of both.
        if theirs.n_rows and state.n_waiting:
            state = self._carried(_cleared(state), _waiting(state), 0)
        for level, bucket in enumerate(theirs.buckets):
            if bucket is not None:
                moved = dataclasses.replace(bucket, indices=bucket.indices + offset)
                state = self._placed(state, moved, level)
        if theirs.n_waiting:
            rows = _waiting(theirs)
            rows = dataclasses.replace(rows, indices=rows.indices + offset)
            state = self._carried(state, rows, 0)
        self._state = dataclasses.replace(
            state,
            n_rows=offset + theirs.n_rows,
            reductions=state.reductions + theirs.reductions,
        )
        self._width = self._width if self._width is not None else other._width
        return self

    def result(self) -> StreamSample:
        """Return the union of all buckets and of the rows that wait.

        Returns
        -------
        StreamSample
            ``rows, weights, indices, p``, in the order of the stream. ``info.details`` has
            `n_rows`, `levels` and `reductions`.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        if self._width is None:
            raise InvalidInputError("there was no block yet; call update first")
        state = self._state
        whole = _waiting(state, self._width)
        for bucket in state.buckets:
            if bucket is not None:
                whole = bucket.joined(whole)
        order = np.argsort(whole.indices, kind="stable")
        certificate = StreamSampleCertificate()
        if whole.interval is not None and self.certify:
            ratio = "||S A x||_p / ||A x||_p"
            low, high = whole.interval
            certificate = StreamSampleCertificate(
                Bound(low, "bound", f"{ratio} >=", origin="carried"),
                Bound(high, "bound", ratio, origin="carried"),
            )
        details = {
            "n_rows": state.n_rows, "levels": self.levels, "reductions": state.reductions
        }  # fmt: skip
        return StreamSample(
            whole.rows[order], whole.weights[order], whole.indices[order], self.p,
            certificate=certificate, info=Info(self.scores, details=details),
        )  # fmt: skip

    # ------------------------------------------------------------------ states

    def _appended(self, state: _State, rows: np.ndarray) -> _State:
        leaf = _LEAF * self.size
        state = dataclasses.replace(
            state,
            waiting=(*state.waiting, rows),
            n_waiting=state.n_waiting + rows.shape[0],
            n_rows=state.n_rows + rows.shape[0],
        )
        if state.n_waiting < leaf:
            return state
        whole = _waiting(state)
        state = _cleared(state)
        count = whole.weights.size // leaf * leaf
        for start in range(0, count, leaf):
            part = slice(start, start + leaf)
            one = _Bucket(whole.rows[part], whole.weights[part], whole.indices[part], (1.0, 1.0))
            state = self._carried(state, one, 0)
        rest = whole.rows[count:].copy()
        return dataclasses.replace(state, waiting=(rest,), n_waiting=rest.shape[0])

    def _carried(self, state: _State, bucket: _Bucket, level: int) -> _State:
        """Sample rows down where they are many, and put them at a level."""
        bucket, done = self._reduced(bucket, state.reductions)
        return self._placed(dataclasses.replace(state, reductions=done), bucket, level)

    def _placed(self, state: _State, bucket: _Bucket, level: int) -> _State:
        """Put a bucket at a level, merging it with what is there, as in a binary counter.

        A sample alone is left as it is: it may have more than `size` rows by chance.
        """
        buckets = [*state.buckets, *[None] * (level + 1 - len(state.buckets))]
        done = state.reductions
        while level < len(buckets) and buckets[level] is not None:
            there = buckets[level]
            assert there is not None
            buckets[level] = None
            bucket, done = self._reduced(there.joined(bucket), done)
            level += 1
        if level == len(buckets):
            buckets.append(None)
        buckets[level] = bucket
        return dataclasses.replace(state, buckets=tuple(buckets), reductions=done)

    def _reduced(self, bucket: _Bucket, done: int) -> tuple[_Bucket, int]:
        """Return a sample of the weighted rows, and how many reductions there were."""
        if bucket.weights.size <= self.size:
            return bucket, done
        rows = bucket.rows.astype(np.float64, copy=False)
        rows = scaled_rows(rows, bucket.weights ** (1.0 / self.p))
        s, _ = row_scores(rows, self.p, self.scores)
        generator = self._streams.generator("sample", done)
        sample = sample_from(s, self.p, float(self.size), self.mode, generator, Info(self.scores))
        interval = None
        if self.certify and bucket.interval is not None:
            measured = outer_interval(rows, sample)
            if measured is not None:
                interval = bucket.interval[0] * measured[0], bucket.interval[1] * measured[1]
        kept = sample.indices
        return _Bucket(
            bucket.rows[kept], bucket.weights[kept] * sample.weights, bucket.indices[kept], interval
        ), done + 1


def _waiting(state: _State, width: int | None = None) -> _Bucket:
    """Return the rows that wait, with weights 1; with a width also where there are none."""
    blocks = [*state.waiting] or [np.zeros((0, width or 0))]
    rows = np.concatenate(blocks)
    first = state.n_rows - rows.shape[0]
    indices = np.arange(first, state.n_rows, dtype=np.int64)
    return _Bucket(rows, np.ones(rows.shape[0]), indices, (1.0, 1.0))


def _cleared(state: _State) -> _State:
    return dataclasses.replace(state, waiting=(), n_waiting=0)
