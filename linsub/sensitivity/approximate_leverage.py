"""Leverage scores from a sketch alone, within a factor that is measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import eigh, norms
from linsub._core.random import RNGLike, Streams
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.leverage import row_squares
from linsub.sensitivity.orthonormalizer import (
    Triangle,
    default_floor,
    growth_of,
    rank_revealing,
    sum_terms,
    terms_of,
)
from linsub.sensitivity.result import ApproxLeverageCertificate, LeverageResult
from linsub.sensitivity.rows import Rows

__all__ = ["approx_leverage_scores"]

# Rows of the sketch, in units of columns.
_OVERSAMPLING = 4

# What the eigenvalues of a small matrix may be off by, in units of r^2 times the largest.
_SLACK = 1e-13

# A column that the range of the others leaves more of, in units of the default rcond, was lost.
_MISSED = 1e4


def approx_leverage_scores(
    A: Any,
    *,
    size: int | None = None,
    n_jl: int | None = None,
    measure: bool = True,
    failure_prob: float = 0.01,
    rng: RNGLike = None,
) -> LeverageResult:
    """Estimate tau_i by ||a_i R^-1||^2, with R from the QR factorization of a sketch of A.

    ``S A = Q R``; then ``tau_i / scores_i`` is between the extreme eigenvalues of
    ``(S U)^H S U``, U an orthonormal basis of the range.

    Parameters
    ----------
    A : array_like or sparse, of shape (n, d)
    size : int, optional
        Rows of the OSNAP sketch S; by default ``4 d``.
    n_jl : int, optional
        Columns of a Gaussian G: ``||a_i R^-1 G||^2`` then, in ``nnz n_jl`` flops; by default none.
    measure : bool, optional
        Measure the eigenvalues, in one pass of ``2 n d^2`` flops. Where these can be spent the
        exact :func:`leverage_scores` cost little more; without them the factors are unknown.
    failure_prob : float, optional
        Of the factors, where `n_jl` is given, for all rows together.
    rng : None, int or numpy.random.Generator, optional
        What :func:`numpy.random.default_rng` takes.

    Returns
    -------
    LeverageResult
        ``scores, rank``. The scores are not cut off at 1: ``certificate.lower`` and
        ``certificate.upper`` bound ``tau / scores``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If A is no finite matrix, or an argument is out of its range.

    Notes
    -----
    *Algorithm*: Drineas et al. 2012 with a sparse embedding. A rank that the sketch underrates
    leaves the factors unknown; :func:`leverage_scores` mends it. *Cost*: a sketch, ``nnz r`` flops
    for the scores (or ``nnz n_jl``), and the measurement. For d below some hundred the exact
    scores are as fast.
    *Accuracy*: ``sensitivity-leverage-sketched``.

    References
    ----------
    Drineas, Magdon-Ismail, Mahoney, Woodruff, "Fast approximation of matrix coherence and
    statistical leverage", JMLR 13 (2012), arXiv 1109.3843.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import approx_leverage_scores
    >>> A = np.random.default_rng(0).standard_normal((3000, 5))
    >>> found = approx_leverage_scores(A, size=200, rng=0)
    >>> 0.5 < found.certificate.lower.value < 1.0 < found.certificate.upper.value < 1.5
    True
    """
    from linsub.sketching import OSNAP

    if size is not None:
        size = scalars.as_integer(size, name="size", low=1)
    if n_jl is not None:
        n_jl = scalars.as_integer(n_jl, name="n_jl", low=1)
    measure = scalars.as_flag(measure, name="measure")
    delta = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    streams = Streams(rng)
    rows = Rows(A)
    n = rows.shape[0]
    m = max(1, min(n, _OVERSAMPLING * rows.width if size is None else size))
    first = None
    if rows.width and n:
        C = rows.whole() if m == n else rows.sketched(OSNAP(n, m, rng=streams))
        first = rank_revealing(C, default_floor(rows))
    if first is None:
        return LeverageResult(
            rows.home.give_back(np.zeros(n)), 0, certificate=ApproxLeverageCertificate(),
            info=Info("none"),
        )  # fmt: skip
    T, r = first.inverse(), int(first.kept.size)
    growth = growth_of(first.R, norms.ldexp(T, first.powers[first.kept][:, None]))
    factors = _measured(rows, first, T, growth) if measure else None
    projection = None
    if n_jl is not None:
        projection = streams.gaussian("probe", (r, n_jl), T.dtype) / math.sqrt(n_jl)
        T = T @ projection
    scores = row_squares(rows, T, first.kept, triangular=n_jl is None)
    return LeverageResult(
        rows.home.give_back(scores),
        r,
        certificate=_certificate(factors, rows, growth, projection, delta),
        info=Info("osnap", passes=2 + measure, details={"size": m, "n_jl": n_jl}),
    )


def _measured(
    rows: Rows, first: Triangle, T: np.ndarray, growth: float
) -> tuple[float, float] | None:
    """Return bounds on the eigenvalues of ``Z^H Z``, Z = A T, or None where Z misses directions."""
    G = np.zeros((T.shape[1],) * 2, rows.dtype)
    rest = norms.ldexp(first.rest, first.powers[first.dropped])
    left = np.zeros(first.dropped.size)
    for i, Z in rows.products(T, first.kept, triangular=True):
        G += Z.conj().T @ Z
        if left.size:
            left += np.square(np.abs(rows.part(i, first.dropped) - Z @ rest)).sum(axis=0)
    missed = np.sqrt(left) > _MISSED * default_floor(rows) * np.ldexp(
        1.0, first.powers[first.dropped]
    )
    spectrum = eigh.eigenvalues(G)
    r, high = G.shape[0], float(spectrum[0])
    # Rows of Z are rounded, more than the matrix of their products where columns of A are nearly
    # dependent.
    error = bounds.rounding(terms_of(rows)) * growth
    size = high * (1.0 + 1e-10), float(np.trace(G).real)
    slack = bounds.corrected_defect(
        0.0, error, (1.0, math.sqrt(r)), size, sum_terms(rows, rows.terms)
    )
    slack += _SLACK * r * r * high
    low = float(spectrum[-1]) - slack
    return (low, high + slack) if low > 0.0 and not missed.any() else None


def _certificate(
    factors: tuple[float, float] | None,
    rows: Rows,
    growth: float,
    projection: np.ndarray | None,
    delta: float,
) -> ApproxLeverageCertificate:
    """Turn eigenvalues of Z^H Z into bounds on tau / scores."""
    error = bounds.leverage_relative_error(0.0, growth, terms_of(rows))
    if factors is None or not error < 1.0:
        return ApproxLeverageCertificate()
    lower, upper = bounds.sketched_leverage(*factors)
    if projection is None:
        return ApproxLeverageCertificate(
            lower=Bound(lower / (1.0 + error), "bound", "min tau / scores >="),
            upper=Bound(upper / (1.0 - error), "bound", "max tau / scores"),
        )
    r, n_jl = projection.shape
    kind = 2 if rows.dtype.kind == "c" else 1
    few, many = bounds.projected_length(n_jl * kind, rows.shape[0], delta)
    # A row is computed as a T', T' = fl(T G): off by what |z| |T^-1| |T| |G| is, not by its length.
    off = bounds.rounding(terms_of(rows) + kind * (r + 4)) * growth
    off *= float(np.linalg.norm(projection))
    if not off * off < few:
        return ApproxLeverageCertificate()
    few, many = (math.sqrt(few) - off) ** 2, (math.sqrt(many) + off) ** 2
    return ApproxLeverageCertificate(
        lower=Bound(lower / (many * (1.0 + error)), "probabilistic", "min tau / scores >=", delta),
        upper=Bound(upper / (few * (1.0 - error)), "probabilistic", "max tau / scores", delta),
    )
