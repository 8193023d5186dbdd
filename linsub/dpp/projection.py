"""Projection DPPs: m rows of an orthonormal U, drawn with probability |det U_S|^2."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import svd
from linsub._core.random import RNGLike, Streams
from linsub.dpp.indices import as_subsets
from linsub.dpp.orthonormality import orthonormal_columns
from linsub.errors import InvalidInputError, NumericalError

__all__ = ["chain_rule", "projection_dpp", "projection_logpmf", "projection_sample", "start_cdf"]

METHODS = ("auto", "reject", "block", "gs")
ORTHONORMAL = ("check", "assume", "qr")

# When proposals that were rejected have read this many times N rows of Q, what is left of all
# items is brought up to date, at 2 N m flops an accepted item in products of matrices. Measured
# for random U of 400 x 300, 1000 x 500, 5000 x 500 and 20000 x 500 (ms): with 4 it takes 8.7, 41,
# 82 and 232, with 64 8.7, 40, 35 and 38, and without an end 8.0, 39, 37 and 39.
_IN_VAIN = 64

# For method="block": an update as soon as this many times N were read in vain.
_IN_VAIN_BLOCK = 1

# For orthonormal columns m - t is left when t items are accepted. Far less says that U has not
# the rank that was promised.
_SHORT = 0.5

# A row of a matrix whose columns are contiguous costs a cache miss an entry. As many samples pay
# for a copy as propose one row in eight.
_COPY = 8


def projection_dpp(
    U: Any,
    *,
    n_samples: int | None = None,
    method: str = "auto",
    orthonormal: str = "check",
    rng: RNGLike = None,
    check_finite: bool = True,
) -> np.ndarray:
    """Draw S with P(S) = |det U_S|^2: m diverse rows of a matrix with orthonormal columns.

    The law of the determinantal point process whose kernel is the projection ``U U^H``: row i
    is in S with probability ``||U_i||^2``, its leverage, and rows that are alike repel each other.
    It depends on the range of U alone.

    Parameters
    ----------
    U : array_like of shape (N, m)
        Orthonormal columns, real or complex, m <= N.
    n_samples : int, optional
        How many independent samples to return; by default a single one, without the first axis.
    method : {"auto", "reject", "block", "gs"}, optional
        All have the same law. ``reject``: proposals by leverage, accepted with the share that is
        left. ``block``: what is left is computed anew for all rows, in products of matrices,
        whenever as much was read in vain. ``auto``: as ``block``, later. ``gs``: one item after
        another from what is left of all rows, the textbook's way.
    orthonormal : {"check", "assume", "qr"}, optional
        ``check``: raise unless the columns are orthonormal to rounding, by two random probes.
        ``assume``: no check. ``qr``: draw for the range of U, whose columns must be independent.
    rng : None, int or numpy.random.Generator, optional
        What :func:`numpy.random.default_rng` takes. Sample i is the same whatever `n_samples` is.
    check_finite : bool, optional
        Name the first entry that is nan or infinite.

    Returns
    -------
    ndarray of int64 of shape (m,) or (n_samples, m)
        Distinct rows, in the order of selection; for a law over sets the order says nothing.

    Raises
    ------
    InvalidInputError
        If the columns are not orthonormal, or m > N; for ``qr``, if they are dependent.
    NonFiniteError, InvalidTypeError
        If U is no finite matrix.

    See Also
    --------
    projection_logpmf : The logarithms of the probabilities.
    volume_sample : More rows than columns.

    Notes
    -----
    *Algorithm*: accept-reject on leverage scores (Barthelmé, Tremblay & Amblard 2023; Epperly
    2025). On average ``m H_m`` = ``m (1 + 1/2 + ... + 1/m)`` rows are proposed, whatever the
    leverages. With t rows accepted, what is left of one is read off the m - t directions that
    none of them has, kept by reflections: it takes fewer products the more proposals fail, and
    no cancellation. When proposals were read in vain too often, because N is small, what is left
    of all rows is computed anew.

    *Cost*: ``16 N m`` flops for the check, in one reading of U. A sample costs about ``4 m^3``
    flops and does not depend on N. Memory ``N + m^2`` numbers.

    *Accuracy*: exact up to the defect ``e = ||U^H U - I||`` and rounding: total variation
    about ``m e`` at most (``dpp-chain-rule-distance``). ``check`` accepts what it measures to be
    below ``1e-9 / m``, or ``30 sqrt(m)`` units of rounding where that is more, as in single
    precision; probes underrate a defect by a factor of 1000 with probability 3e-6
    (``dpp-unseen-defect``). The law itself: ``dpp-projection-law``,
    ``dpp-projection-inclusion``.

    References
    ----------
    Hough, Krishnapur, Peres, Virág, "Determinantal processes and independence", Probability
    Surveys 3 (2006); Barthelmé, Tremblay, Amblard, "A faster sampler for discrete determinantal
    point processes", AISTATS 2023, arXiv 2210.17358; Epperly, "Adaptive randomized pivoting and
    volume sampling", arXiv 2510.02513.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import projection_dpp
    >>> x = np.linspace(-1, 1, 201)
    >>> U = np.linalg.qr(np.vander(x, 5))[0]
    >>> S = projection_dpp(U, rng=0)
    >>> S.shape, len(set(S.tolist()))
    ((5,), 5)
    >>> projection_dpp(U, n_samples=3, rng=0).shape
    (3, 5)
    """
    method = scalars.as_choice(method, name="method", choices=METHODS)
    if n_samples is not None:
        n_samples = scalars.as_integer(n_samples, name="n_samples", low=0)
    U, masses = _basis(U, orthonormal, check_finite)
    count = 1 if n_samples is None else n_samples
    found = draw_many(U, masses, Streams(rng), count, method)
    return found[0] if n_samples is None else found


def projection_logpmf(
    U: Any, S: Any, *, orthonormal: str = "check", check_finite: bool = True
) -> Any:
    """Return log P(S) = 2 log |det U_S| of the projection DPP of U.

    Parameters
    ----------
    U : array_like of shape (N, m)
    S : array_like of int of shape (k,) or (n, k)
        Rows of U, or n sets of them. A set that is not of m distinct rows has probability zero.
    orthonormal, check_finite
        As for :func:`projection_dpp`.

    Returns
    -------
    float, or ndarray of shape (n,)
        -inf where the probability is zero.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If U is not what :func:`projection_dpp` takes, or S holds no indices of its rows.

    Notes
    -----
    *Algorithm*: singular values in double precision. *Cost*: the check, and ``O(m^3)`` flops a
    set. *Accuracy*: the probabilities of all sets sum to 1 (``dpp-projection-law``).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import projection_logpmf
    >>> U = np.array([[1.0, 0.0], [0.0, 0.6], [0.0, 0.8]])
    >>> np.exp(projection_logpmf(U, [[0, 1], [0, 2], [1, 2]])).round(12).tolist()
    [0.36, 0.64, 0.0]
    """
    U, _ = _basis(U, orthonormal, check_finite)
    sets, single = as_subsets(S, U.shape[0])
    found = np.full(sets.shape[0], -np.inf)
    m = U.shape[1]
    if sets.shape[1] == m:
        wide = np.complex128 if U.dtype.kind == "c" else np.float64
        ordered = np.sort(sets, axis=1)
        distinct = (np.diff(ordered, axis=1) > 0).all(axis=1)
        with np.errstate(divide="ignore"):
            for k in np.flatnonzero(distinct):
                sigma = svd.singular_values(U[sets[k]].astype(wide))
                found[k] = 2.0 * np.log(sigma).sum()
    return float(found[0]) if single else found


def _basis(U: Any, orthonormal: str, check_finite: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return U with the leverages of its rows, as `orthonormal` says."""
    how = scalars.as_choice(orthonormal, name="orthonormal", choices=ORTHONORMAL)
    # What is not finite is not orthonormal: the check finds it without another reading.
    U = as_matrix(U, name="U", check_finite=False)
    N, m = U.shape
    if m > N:
        raise InvalidInputError(
            f"U has shape {U.shape}, and more columns than rows cannot be orthonormal; "
            "pass U.T if its rows are"
        )
    return orthonormal_columns(U, how, "U", check_finite=check_finite)


def draw_many(
    U: np.ndarray,
    masses: np.ndarray,
    streams: Streams,
    count: int,
    method: str = "auto",
    first: int = 0,
) -> np.ndarray:
    """Return the samples first, ..., first + count - 1 (count, m), each from its own stream."""
    N, m = U.shape
    out = np.empty((count, m), np.int64)
    if m == 0 or count == 0:
        return out
    if not U.flags.c_contiguous and count * m * (1.0 + np.log(m)) * _COPY > N:
        U = np.ascontiguousarray(U)
    with np.errstate(over="ignore"):
        cdf = np.cumsum(masses)[None, :]
    _enough(float(cdf[0, -1]), m)
    for i in range(count):
        generator = streams.generator("sample", first + i)
        if method == "gs":
            out[i] = chain_rule(U, generator)
        else:
            out[i], _ = projection_sample(U, masses, cdf, generator, method=method)
    return out


def start_cdf(U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the leverages (N,) and their sums (1, N), in double precision."""
    masses = _row_squares(U)
    return masses, np.cumsum(masses)[None, :]


def _row_squares(A: np.ndarray) -> np.ndarray:
    from linsub.dpp._kernels.survey import row_squares

    out = np.zeros(A.shape[0])
    row_squares(A, out)
    return out


def projection_sample(
    U: np.ndarray,
    masses: np.ndarray,
    cdf: np.ndarray,
    generator: np.random.Generator,
    *,
    columns: np.ndarray | None = None,
    method: str = "auto",
) -> tuple[np.ndarray, float]:
    """Return a sample (m,) and log |det U_S|^2, by accept-reject.

    `masses` and `cdf` come from :func:`start_cdf`; or, for a choice of `columns` of U, `cdf` has
    a row a column of U, the running sums of |U[:, c]|^2, and `masses` is empty: nothing then
    depends on N.
    """
    from linsub.dpp._kernels.accept_reject import DONE, STALE, draw

    N = U.shape[0]
    columns = np.arange(U.shape[1]) if columns is None else columns
    m = columns.size
    Q = np.eye(m, dtype=np.complex128 if U.dtype.kind == "c" else np.float64)
    found = np.full(m, -1, np.int64)
    if m == 0:
        return found, 0.0
    later = (_IN_VAIN_BLOCK if method == "block" else _IN_VAIN) * N
    allowance = 200 * m * m if method == "reject" else later
    uniforms = generator.random(3 * int(m * (np.log(m) + 1.5)) + 48)
    since, count, log_mass = 0, 0, 0.0
    while True:
        status, count, used, work, gained = draw(
            U, columns, cdf, masses, uniforms, Q, found, count, allowance
        )
        log_mass += gained
        if status == DONE:
            return found, float(log_mass)
        uniforms = uniforms[used:]
        allowance -= work
        if status == STALE:
            masses, cdf = _what_is_left(U, columns, masses, Q[since:count], found[:count])
            _enough(float(cdf[0, -1]), m - count)
            since, allowance = count, later
        else:
            fresh = generator.random(3 * (m - count) * (2 + int(np.log(m))) + 48)
            uniforms = np.concatenate([uniforms, fresh])


def _enough(left: float, missing: int) -> None:
    """Raise if the rows have nothing left for the items that are missing."""
    if not _SHORT * missing < left < np.inf:
        raise NumericalError(
            f"{missing} more rows are to be drawn, and what is left of all of them is {left:.3g} "
            f"instead of {missing}: the columns of U are not orthonormal, although "
            "orthonormal='assume' says so; pass orthonormal='check' or 'qr'"
        )


def _what_is_left(
    U: np.ndarray, columns: np.ndarray, masses: np.ndarray, Q: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared distances of all rows to the span of those that were accepted."""
    chosen = U if columns.size == U.shape[1] else U[:, columns]
    if not masses.size:
        masses, _ = start_cdf(chosen)
    left = masses - _row_squares(chosen @ Q.conj().T)
    np.maximum(left, 0.0, out=left)
    left[found] = 0.0
    return left, np.cumsum(left)[None, :]


def chain_rule(U: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw by the chain rule: each item in proportion to what is left of all, 2 N m^2 flops."""
    m = U.shape[1]
    left = _row_squares(U)
    Q = np.zeros((m, m), np.complex128 if U.dtype.kind == "c" else np.float64)
    found = np.empty(m, np.int64)
    uniforms: np.ndarray = generator.random((m,))
    for t, u in enumerate(uniforms):
        cdf = np.cumsum(left)
        _enough(float(cdf[-1]), m - t)
        i = int(np.searchsorted(cdf, u * cdf[-1], side="right"))
        i = min(i, int(np.flatnonzero(left)[-1]))
        v = U[i].astype(Q.dtype)
        for _ in range(2):
            v = v - Q[:t].T @ (Q[:t].conj() @ v)
        Q[t] = v / np.linalg.norm(v)
        left = np.maximum(left - np.abs(U @ Q[t].conj()) ** 2, 0.0)
        left[i] = 0.0
        found[t] = i
    return found
