"""Leverage scores from a sketch alone, within a factor that is measured."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import eigh
from linsub._core.random import RNGLike, Streams
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.leverage import row_squares
from linsub.sensitivity.orthonormalizer import default_floor, rank_revealing
from linsub.sensitivity.result import ApproxLeverageCertificate, LeverageResult
from linsub.sensitivity.rows import Rows

__all__ = ["approx_leverage_scores"]

# Rows of the sketch, in units of columns.
_OVERSAMPLING = 4

# What bounds of the measured eigenvalues leave for rounding, in units of r^2: far more than the
# products of a well conditioned basis make.
_SLACK = 1e-11


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
    goes unseen; :func:`leverage_scores` looks. *Cost*: a sketch, ``nnz r`` flops for the scores
    (or ``nnz n_jl``), and the measurement. For d below some hundred the exact scores are as fast.
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
    factors = _measured(rows, T, first.kept) if measure else None
    if n_jl is not None:
        T = T @ streams.gaussian("probe", (r, n_jl), T.dtype) / math.sqrt(n_jl)
    scores = row_squares(rows, T, first.kept, triangular=n_jl is None)
    return LeverageResult(
        rows.home.give_back(scores),
        r,
        certificate=_certificate(factors, n, n_jl, delta, rows.dtype.kind == "c"),
        info=Info("osnap", passes=2 + measure, details={"size": m, "n_jl": n_jl}),
    )


def _measured(rows: Rows, T: np.ndarray, columns: np.ndarray) -> tuple[float, float] | None:
    """Return bounds on the eigenvalues of ``Z^H Z``, Z = A T."""
    G = np.zeros((T.shape[1],) * 2, rows.dtype)
    for _, Z in rows.products(T, columns, triangular=True):
        G += Z.conj().T @ Z
    spectrum = eigh.eigenvalues(G)
    slack = _SLACK * G.shape[0] ** 2 * float(spectrum[0])
    low = float(spectrum[-1]) - slack
    return (low, float(spectrum[0]) + slack) if low > 0.0 else None


def _certificate(
    factors: tuple[float, float] | None, n: int, n_jl: int | None, delta: float, is_complex: bool
) -> ApproxLeverageCertificate:
    """Turn eigenvalues of Z^H Z into bounds on tau / scores."""
    if factors is None:
        return ApproxLeverageCertificate()
    lower, upper = bounds.sketched_leverage(*factors)
    if n_jl is None:
        return ApproxLeverageCertificate(
            lower=Bound(lower, "bound", "min tau / scores >="),
            upper=Bound(upper, "bound", "max tau / scores"),
        )
    few, many = bounds.projected_length(n_jl * (2 if is_complex else 1), n, delta)
    return ApproxLeverageCertificate(
        lower=Bound(lower / many, "probabilistic", "min tau / scores >=", delta),
        upper=Bound(upper / few, "probabilistic", "max tau / scores", delta),
    )
