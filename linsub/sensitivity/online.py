"""Rows of a stream, each kept or not as it comes, by its leverage over those before it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Info
from linsub.sensitivity.row_coordinates import EPS
from linsub.sensitivity.stream_sample import StreamSample, as_block

__all__ = ["OnlineLeverageSampler"]

# Powers of two that a block may be beyond the first before the triangle is scaled down: far from
# where a square of a square overflows.
_ROOM = 200

# Of the rounding of a sum of d products, in units of d eps.
_ZERO = 8.0


class OnlineLeverageSampler:
    """Sample of a stream of rows that decides on each row when it comes, for good.

    Row i is scored by ``l_i = min(1, a_i^T (lam I + A_{i-1}^T A_{i-1})^+ a_i)``, A_{i-1} the rows
    before it, and 1 where a_i is outside of their range (``lam = 0``). That is never less than its
    leverage in the whole stream; it is kept with probability ``min(1, c l_i^(p/2))``.

    Parameters
    ----------
    oversampling : float
        c, positive. With :func:`linsub.sensitivity.bounds.oversampling` for c the sample embeds the
        stream with the probability that it was asked for.
    p : float, optional
        In (0, 2]: weights belong to ``|a x|^p``.
    lam : float, optional
        0 or more. With lam the sum of the scores is bounded, and what is said holds relative to
        ``||A x||^2 + lam ||x||^2``.
    blocked : bool, optional
        Score all rows of a block by the rows before the block: cheaper for wide rows, still never
        less than the leverage, and dependent on how the stream is cut into blocks.
    rng : None, int or numpy.random.Generator, optional

    Attributes
    ----------
    n_rows : int
        Rows so far.
    total : float
        The sum of the scores l_i so far.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    MergeReduceCoreset : A fixed number of rows, with a certificate, and any p.

    Notes
    -----
    *Algorithm*: Cohen, Musco, Pachocki 2016, with the triangle of all rows, updated by rotations;
    a direction is new where what is left of a row is above its rounding. *Cost*: 3 d^2 flops
    a row; the triangle, and the rows that are kept. *Accuracy*: claim
    ``sensitivity-online-leverage``. Two streams with kept rows of their own are stacked by stacking
    their results: leverage in the stack is less still.

    References
    ----------
    Cohen, Musco, Pachocki, "Online row sampling", APPROX 2016, arXiv 1604.05448.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import OnlineLeverageSampler
    >>> stream = OnlineLeverageSampler(10.0, rng=0)
    >>> for block in np.split(np.ones((1000, 1)), 10):
    ...     _ = stream.update(block)
    >>> rows, weights, indices, p = stream.result()
    >>> indices[:10].tolist(), round(stream.total, 3)
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 8.484)
    """

    def __init__(
        self,
        oversampling: float,
        p: float = 2.0,
        *,
        lam: float = 0.0,
        blocked: bool = False,
        rng: RNGLike = None,
    ) -> None:
        self.oversampling = scalars.as_real(
            oversampling, name="oversampling", low=0.0, include=(False, True)
        )
        self.p = scalars.as_real(p, name="p", low=0.0, high=2.0, include=(False, True))
        self.lam = scalars.as_real(lam, name="lam", low=0.0)
        self.blocked = scalars.as_flag(blocked, name="blocked")
        self.n_rows = 0
        self.total = 0.0
        self._generator = Streams(rng).generator("sample")
        self._triangle: np.ndarray | None = None
        # The triangle is that of the rows times 2^-exponent.
        self._exponent: int | None = None
        self._kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def update(self, X: Any) -> OnlineLeverageSampler:
        """Decide on each of the next rows.

        Parameters
        ----------
        X : array_like of shape (b, d)
            Real; any b, 0 too.

        Returns
        -------
        OnlineLeverageSampler
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The state is then what it was before.
        """
        width = None if self._triangle is None else self._triangle.shape[0]
        rows = as_block(X, width)
        R, exponent, scores = self._scored(rows.astype(np.float64))
        generator = copy.deepcopy(self._generator)
        q = np.minimum(1.0, self.oversampling * scores ** (self.p / 2.0))
        taken = 1.0 - generator.random(q.size) <= q
        new = (rows[taken], 1.0 / q[taken], self.n_rows + np.flatnonzero(taken))
        # All at once, when nothing can fail or be interrupted any more.
        self._triangle, self._exponent, self._generator = R, exponent, generator
        self._kept.append(new)
        self.n_rows, self.total = self.n_rows + q.size, self.total + float(scores.sum())
        return self

    def result(self) -> StreamSample:
        """Return the rows that were kept, with their weights.

        Returns
        -------
        StreamSample
            ``rows, weights, indices, p``. ``info.details`` has `n_rows`, `total` and `rank`, the
            number of directions that the stream has had.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        if self._triangle is None:
            raise InvalidInputError("there was no block yet; call update first")
        rows, weights, indices = (
            np.concatenate([part[i] for part in self._kept]) for i in range(3)
        )
        rank = int(np.count_nonzero(self._triangle.diagonal()))
        details = {"n_rows": self.n_rows, "total": self.total, "rank": rank}
        info = Info("blocked" if self.blocked else "online", details=details)
        return StreamSample(rows, weights, indices.astype(np.int64), self.p, info=info)

    def __copy__(self) -> OnlineLeverageSampler:
        """Return a stream that goes on by itself: what is kept is appended in place."""
        other = type(self).__new__(type(self))
        other.__dict__.update(self.__dict__, _kept=[*self._kept])
        return other

    def _scored(self, rows: np.ndarray) -> tuple[np.ndarray, int | None, np.ndarray]:
        """Return the triangle after these rows, its exponent, and the scores."""
        from linsub.sensitivity._kernels.online import absorb

        d = rows.shape[1]
        R, exponent = self._begin(d), self._exponent
        peak = norms.max_abs(rows)
        if exponent is None:
            root = float(np.sqrt(self.lam))
            largest = max(peak, root)
            if largest > 0.0:
                exponent = int(np.frexp(largest)[1])
                R = np.diag(np.full(d, float(np.ldexp(root, -exponent))))
        elif peak > 0.0 and int(np.frexp(peak)[1]) > exponent + _ROOM:
            R, exponent = _lowered(R, exponent, int(np.frexp(peak)[1]))
        scores = np.zeros(rows.shape[0])
        if exponent is not None:
            scaled = norms.ldexp(rows, -exponent)
            tolerance = _ZERO * d * EPS
            if self.blocked:
                absorb(R, scaled, scores, False, tolerance)
                absorb(R, scaled, np.empty_like(scores), True, tolerance)
            else:
                absorb(R, scaled, scores, True, tolerance)
        return R, exponent, np.minimum(scores, 1.0)

    def _begin(self, d: int) -> np.ndarray:
        return np.zeros((d, d)) if self._triangle is None else self._triangle.copy()


def _lowered(R: np.ndarray, exponent: int, wanted: int) -> tuple[np.ndarray, int]:
    """Return R for a larger exponent; directions that vanish beside it are forgotten."""
    with np.errstate(under="ignore"):
        R = norms.ldexp(R, exponent - wanted)
    R[R.diagonal() == 0.0] = 0.0
    return R, wanted
