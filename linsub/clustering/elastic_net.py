"""Elastic-net self-expression: exact optima of all samples, each with a proof."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.progress import Progress
from linsub.clustering import bounds
from linsub.clustering.optimality import Codes
from linsub.clustering.samples import Samples, as_samples
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.clustering.sparse_regression import ENDINGS, Regressions
from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError
from linsub.results import Bound, Info

__all__ = ["ElasticNetCertificate", "self_expressive_elastic_net"]

# Up to so many samples a Gram matrix is formed (800 MB).
_GRAM_LAST = 10_000

_EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass(frozen=True, eq=False)
class ElasticNetCertificate(SelfExpressionCertificate):
    """What is proved of an elastic-net representation. Unknown is None.

    Attributes
    ----------
    kkt_violation : Bound
        By how much the conditions of an optimum are violated at most, over all samples and all
        candidates, relative to the largest squared norm; measured.
    objective_gap : Bound
        Of shape (N,): each objective is above its minimum by that at most, rounding included.
    distance : Bound
        Of shape (N,): each row of C is within that distance of the minimizer, which is unique
        unless ``l1_ratio`` is 1; infinite there.
    """

    objective_gap: Bound | None = None
    distance: Bound | None = None


def self_expressive_elastic_net(
    X: Any = None,
    *,
    gram: Any = None,
    l1_ratio: float = 0.9,
    gamma: float = 50.0,
    gamma_relative: bool = True,
    weights: Any = None,
    tol: float = 1e-8,
    max_support: int | None = None,
    exclude_self: bool = True,
    layout: Literal["auto", "gram", "direct"] = "auto",
    n_threads: int = 1,
    on_fail: Literal["raise", "warn", "return"] = "raise",
) -> SelfExpression:
    """Represent each sample by others under a lasso to ridge penalty (SSC, EnSC), exactly.

    Row i of C minimizes ``t sum_j w_ij |c_j| + (1 - t) ||c||^2 / 2 + gamma_i ||x_i - c X||^2 / 2``
    subject to ``c_i = 0``, where t is `l1_ratio`.

    Parameters
    ----------
    X : array_like of shape (N, D), optional
        Rows are samples. Give `X` or `gram`.
    gram : array_like of shape (N, N), optional
        ``X X^T``, or a sum of such over layers or views.
    l1_ratio : float, optional
        In (0, 1]: 1 is the lasso; towards 0 it tends to :func:`self_expressive_ridge`.
    gamma : float, optional
        Positive: the larger, the better is the fit.
    gamma_relative : bool, optional
        ``gamma_i`` is `gamma` times the largest value at which ``C_i = 0``,
        ``t / max_j |<x_j, x_i>| / w_ij``: a C of zeros for `gamma` up to 1, and the same C for
        samples at any scale if `l1_ratio` is 1. Otherwise `gamma` is in the unit of
        ``1 / ||x||^2``.
    weights : array_like of shape (N,) or (N, N), optional
        Positive: of the moduli, for all samples or for each.
    tol : float, optional
        In [0, 1): violations of the conditions of an optimum up to `tol` times their penalty are
        none. Where that is below rounding, rounding counts.
    max_support : int, optional
        Candidates that a sample may use; those that it stops are flagged.
    exclude_self : bool, optional
        Without it ``c_i`` is free.
    layout : {"auto", "gram", "direct"}, optional
        Whether ``X X^T`` is held; by default up to 10 000 samples.
    n_threads : int, optional
        The result does not depend on it.
    on_fail : {"raise", "warn", "return"}, optional
        What happens where rounding stops a sample before `tol` is reached.

    Returns
    -------
    SelfExpression
        C in CSR. Its certificate is an :class:`ElasticNetCertificate`. ``info.details["status"]``
        says for each sample how it ended: 0 optimal, 1 stopped by `max_support`, 2 stalled;
        ``details["gamma"]`` has every ``gamma_i``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    ConvergenceError
        With ``on_fail="raise"``, if a sample stalled; it carries the result.

    See Also
    --------
    self_expressive_omp : greedy, with a given number of candidates.
    self_expressive_ridge : the same without moduli, in closed form.

    Notes
    -----
    *Algorithm.* Active set with exact steps: the candidate that violates its condition most joins,
    the stationary point of the signs is found by an updated Cholesky factor, and a coefficient that
    reaches 0 on the way leaves (Lee, Battle, Raina and Ng 2006). A candidate that depends on the
    active ones comes in along the direction that keeps the fit, so that duplicates and a support of
    D need no ridge. It runs on working sets, which violations over all candidates extend until
    there are none (You, Li, Robinson and Vidal 2016). *Cost.* A few passes of ``2 N D`` flops
    a sample, and ``O(k^2 (k + w))`` for k candidates in use among w; memory ``8 N^2`` bytes, or
    some 100 MB a thread with ``layout="direct"``. *Accuracy.* Violations are measured at the end over all
    candidates, from samples and C alone; the gap of the objective and the distance to the minimizer
    are proved by a dual point (claims ``clustering-elastic-net``, ``clustering-elastic-net-gap``).
    Of several minimizers of a lasso one with independent samples is found.

    References
    ----------
    Elhamifar and Vidal, IEEE TPAMI 35 (2013), arXiv 1203.1005; You, Li, Robinson and Vidal, CVPR
    (2016), arXiv 1605.02633; Lee, Battle, Raina and Ng, NIPS 19 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import self_expressive_elastic_net
    >>> X = np.array([[1.0, 0], [0, 1], [3, 4]])
    >>> C, residual = self_expressive_elastic_net(X, l1_ratio=1.0, gamma=4.0)
    >>> C.toarray()[2].round(12).tolist()
    [2.0, 3.0, 0.0]
    """
    samples = as_samples(X, gram)
    n = samples.size
    scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))
    problem = _problem(
        samples, l1_ratio, gamma, gamma_relative, as_weights(weights, n), tol, max_support,
        scalars.as_flag(exclude_self, name="exclude_self"), _layout(samples, layout),
    )  # fmt: skip
    n_threads = scalars.as_integer(n_threads, name="n_threads", low=1)
    with Progress(n, "elastic net") as progress:
        found = problem.solve(n_threads, progress)
    result = _result(samples, problem, found, float(gamma))
    stalled = np.flatnonzero(found.status == 2)
    if stalled.size and on_fail != "return":
        worst = float((found.violation[stalled] / found.lam[stalled]).max())
        text = (
            f"{stalled.size} of {n} samples stalled (the first is {stalled[0]}) with violations up "
            f"to {worst:.1e} of their penalty; raise tol={tol:g} or lower gamma={gamma:g}"
        )
        if on_fail == "raise":
            raise ConvergenceError(text, result)
        warnings.warn(text, ConvergenceWarning, stacklevel=2)
    return result


def _problem(
    samples: Samples, l1_ratio: Any, gamma: Any, relative: Any, weights: np.ndarray, tol: Any,
    max_support: Any, exclude_self: bool, layout: str,
) -> Regressions:  # fmt: skip
    n = samples.size
    l1_ratio, penalty, relative = as_penalty(l1_ratio, gamma, relative, samples)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    if max_support is None:
        max_support = n
    return Regressions(
        atoms=samples.X, gram=samples.gram if layout == "gram" else None, targets=None,
        exclude_self=exclude_self, l1_ratio=l1_ratio, penalty=penalty, relative=relative,
        weights=weights, tol=tol,
        max_support=scalars.as_integer(max_support, name="max_support", low=1),
        dtype=samples.dtype,
    )  # fmt: skip


def as_penalty(
    l1_ratio: Any, gamma: Any, relative: Any, samples: Samples
) -> tuple[float, float, bool]:
    """Return l1_ratio, the penalty in the scale of the samples, and whether it is relative."""
    l1_ratio = scalars.as_real(l1_ratio, name="l1_ratio", low=0.0, high=1.0)
    if l1_ratio == 0.0:
        raise InvalidInputError(
            "l1_ratio=0.0 is a ridge; call self_expressive_ridge(X, alpha=1 / gamma)"
        )
    gamma = scalars.as_real(gamma, name="gamma", low=0.0, include=(False, False))
    relative = scalars.as_flag(relative, name="gamma_relative")
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        penalty = float(np.divide(1.0, gamma))
        if not relative:
            penalty = float(np.ldexp(penalty, 2 * samples.exponent))
    largest = 1.0 if relative else float(samples.squares.max())
    if l1_ratio * penalty <= _EPS * largest and largest > 0.0:
        raise InvalidInputError(
            f"gamma={gamma:g} leaves a penalty of {l1_ratio * penalty:.1e} where inner products "
            f"have a rounding of {_EPS * largest:.1e}: nothing is determined; lower gamma"
        )
    return l1_ratio, penalty, relative


def as_weights(weights: Any, n: int) -> np.ndarray:
    """Return weights as an array that broadcasts to (t, n).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    """
    if weights is None:
        return np.ones((1, 1))
    w = arrays.as_vector_or_matrix(weights, name="weights")
    if w.dtype.kind == "c":
        from linsub.errors import InvalidTypeError

        raise InvalidTypeError("weights is complex; weights are positive numbers")
    w = w.astype(np.float64)
    if w.shape not in ((n,), (n, n)):
        raise InvalidInputError(f"weights must have shape ({n},) or ({n}, {n}), got {w.shape}")
    if not (w > 0.0).all():
        at = tuple(int(i) for i in np.argwhere(~(w > 0.0))[0])
        shown = ", ".join(map(str, at))
        raise InvalidInputError(
            f"weights[{shown}] is {w[at]:g}; weights must be positive: a large one excludes"
        )
    return np.ascontiguousarray(w.reshape(-1, n))


def _layout(samples: Samples, layout: str) -> str:
    scalars.as_choice(layout, name="layout", choices=("auto", "gram", "direct"))
    if samples.X is None:
        if layout == "direct":
            raise InvalidInputError("layout='direct' needs the samples themselves; pass X")
        return "gram"
    if layout != "auto":
        return layout
    return "gram" if samples.size <= _GRAM_LAST else "direct"


def _result(samples: Samples, problem: Regressions, found: Codes, gamma: float) -> SelfExpression:
    largest = float(samples.squares.max())
    unit = found.lam / problem.l1_ratio  # 1 / gamma_i, in the scale of the samples
    gap = np.divide(found.gap, unit, out=np.zeros_like(unit), where=unit > 0.0)
    distance = bounds.distance_to_minimizer(found.gap, found.ridge)
    certificate = ElasticNetCertificate(
        Bound(
            float(found.violation.max()) / (largest or 1.0), "exact",
            "max distance of <x_j, r_i> from the subgradient / max ||x||^2",
        ),
        Bound(gap, "bound", "P_i(C_i) - min P_i"),
        Bound(distance, "bound", "||C_i - argmin P_i||"),
    )  # fmt: skip
    counts = np.bincount(found.status, minlength=len(ENDINGS))
    notes = tuple(
        f"{count} samples ended {name}"
        for name, count in zip(ENDINGS, counts, strict=True)
        if count
    )
    with np.errstate(divide="ignore", over="ignore"):
        gammas = np.ldexp(1.0 / unit, 2 * samples.exponent)
    if not problem.relative:
        gammas[:] = gamma
    info = Info(
        method=f"active set, {'direct' if problem.gram is None else 'gram'}",
        converged=not counts[1:].any(),
        iterations=int(found.rounds.max()),
        notes=notes,
        details={"status": found.status, "gamma": gammas},
    )
    return SelfExpression(
        found.codes.astype(samples.dtype),
        np.ldexp(found.residual, -samples.exponent).astype(samples.dtype),
        certificate=certificate,
        info=info,
    )
