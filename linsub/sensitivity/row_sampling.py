"""Weighted rows of a matrix, drawn by how much they matter."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Info
from linsub.sensitivity.bounds.sampling import oversampling
from linsub.sensitivity.draws import MODES, drawn_counts, expected_counts
from linsub.sensitivity.row_sample import RowSample
from linsub.sensitivity.row_scores import dominating_factor, given_scores, row_scores

__all__ = ["sample_from", "sample_rows"]


def sample_rows(
    A: Any,
    p: float = 2.0,
    size: int | None = None,
    *,
    error: float | None = None,
    delta: float = 0.05,
    scores: Any = "lewis",
    mode: Literal["bernoulli", "iid", "systematic"] = "bernoulli",
    rng: RNGLike = None,
) -> RowSample:
    """Draw weighted rows S of A with ``||S A x||_p`` near ``||A x||_p`` for every x.

    Row i is taken with probability q_i (or ``m p_i`` times on average) and weighs 1/q_i each time,
    so that ``E ||S A x||_p^p = ||A x||_p^p``.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real or complex, of any rank.
    p : float, optional
        Positive.
    size : int, optional
        The expected number of rows. Give it or `error`.
    error : float, optional
        In (0, 1): as many rows as are **proved** to give
        ``1 - error <= ||S A x||_p/||A x||_p <= 1 + error`` for all x with probability
        ``1 - delta``, by :func:`sample_size`; p is 1 or more then, and `scores` of your own
        must be at least the sensitivities. The proof asks for several times as many rows as are
        needed: :func:`embedding_distortion` measures what a smaller `size` gives.
    delta : float, optional
        In (0, 1); with `error` only.
    scores : {"lewis", "sensitivity", "leverage", "root_leverage", "augmented"} or array, optional
        What probabilities are proportional to, before those above 1 are cut: Lewis weights;
        upper bounds of the sensitivities (for p = 1 and beyond 4000 rows those of
        :func:`sensitivity_upper_bounds`, otherwise the bracket of :func:`lp_sensitivities`);
        leverage tau; ``tau^(p/2)``; sensitivity + tau + 1/n; or numbers of your own of shape (n,),
        0 or more, such as ``lp_sensitivities(A, p).upper``.
    mode : {"bernoulli", "iid", "systematic"}, optional
        Each row on its own with ``q_i = min(1, c s_i)``, ``sum q_i = size``; or `size`
        independent draws with ``p_i = s_i/S``, where rows can come more than once; or one random
        point and every point at distance 1 from it, on rows laid out with lengths q_i: exactly
        `size` rows, and rows near each other seldom come together.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    RowSample
        ``indices, weights, probabilities, p``. ``info.details`` has `rank` (None for scores of your
        own), `total` (the sum of the scores), and with `error` the `oversampling`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    embedding_distortion : What a sample does to norms, measured.
    recursive_root_leverage : In rounds, by leverage alone.
    MergeReduceCoreset : For rows that come as a stream.

    Notes
    -----
    *Algorithm*: c by sorting, so that the expected size is met to rounding; rows with q = 1 keep
    their weight 1, rows of score 0 are never drawn. With fewer rows of positive score than
    `size` all of those are taken. *Cost*: that of the scores, and O(n log n).
    *Accuracy*: unbiased (claim ``sensitivity-unbiased``), with the laws that are said (claim
    ``sensitivity-inclusion``); with `error`, claims ``sensitivity-bernstein`` and
    ``sensitivity-net``. A sample may have lost the rank: its distortion is then 0.

    References
    ----------
    Cohen, Peng, "l_p row sampling by Lewis weights", STOC 2015, arXiv 1412.0588; Woodruff, Yasuda,
    "Sharper bounds for l_p sensitivity sampling", ICML 2023, arXiv 2306.00732; Munteanu, Omlor,
    "Optimal bounds for l_p sensitivity sampling via l2 augmentation", ICML 2024, arXiv 2406.00328.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import sample_rows
    >>> A = np.vander(np.linspace(-1.0, 1.0, 1000), 4)
    >>> sample = sample_rows(A, 1, 100, mode="systematic", rng=0)
    >>> x = np.array([1.0, -2.0, 0.5, 1.0])
    >>> bool(abs(np.abs(sample.apply(A) @ x).sum() / np.abs(A @ x).sum() - 1) < 0.1)
    True
    """
    A = arrays.as_matrix(A)
    p = scalars.as_real(p, name="p", low=0.0, include=(False, True))
    scalars.as_choice(mode, name="mode", choices=MODES)
    if (size is None) == (error is None):
        raise InvalidInputError("give size, the expected number of rows, or error, and not both")
    if size is not None:
        size = scalars.as_integer(size, name="size", low=0)
    else:
        error = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(False, False))
        p = scalars.as_real(p, name="p", low=1.0)
    delta = scalars.as_real(delta, name="delta", low=0.0, high=1.0, include=(False, False))
    generator = Streams(rng).generator("sample")
    if isinstance(scores, str):
        s, rank = row_scores(A, p, scores)
        label: str = scores
    else:
        s, rank, label = given_scores(scores, A.shape[0]), None, "given"
    details: dict[str, Any] = {"rank": rank, "total": float(s.sum())}
    if error is None:
        return sample_from(s, p, float(size or 0), mode, generator, Info(label, details=details))
    most = min(A.shape) if rank is None else rank
    d = most * (2 if A.dtype.kind == "c" and p != 2.0 else 1)
    c = oversampling(p, max(d, 1), error, delta)
    if label != "given":
        c *= dominating_factor(s, most, p, label)
    details["oversampling"] = c
    return _by_factor(s, c, p, mode, generator, Info(label, details=details))


def _by_factor(
    s: np.ndarray, c: float, p: float, mode: str, generator: np.random.Generator, info: Info
) -> RowSample:
    if mode == "iid":
        size = c * max(float(s.sum()) - 1.0, 1.0)
        if not size < 2**53:
            raise InvalidInputError("mode='iid' would need more than 2^53 draws; use 'bernoulli'")
        return sample_from(s, p, float(np.ceil(size)), mode, generator, info)
    with np.errstate(over="ignore", invalid="ignore"):
        q = np.where(s > 0.0, np.minimum(1.0, c * s), 0.0)
    return _sample(q, p, mode, generator, info)


def sample_from(
    s: np.ndarray, p: float, size: float, mode: str, generator: np.random.Generator, info: Info
) -> RowSample:
    """Return a sample by scores of which `size` rows are expected."""
    return _sample(expected_counts(s, size, mode), p, mode, generator, info)


def _sample(
    q: np.ndarray, p: float, mode: str, generator: np.random.Generator, info: Info
) -> RowSample:
    counts = drawn_counts(q, mode, generator)
    indices = np.flatnonzero(counts).astype(np.int64)
    return RowSample(indices, counts[indices] / q[indices], q, p, info=info)
