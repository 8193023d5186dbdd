"""K-subspaces: the union of subspaces nearest to the samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.progress import Progress
from linsub._core.random import RNGLike, Streams
from linsub._core.threads import run_parts
from linsub.clustering.lloyd import Fit, Problem, alternate
from linsub.clustering.occupied import basis_of, occupy, residuals
from linsub.clustering.samples import as_samples
from linsub.clustering.subspace_starts import farthest, uniform
from linsub.errors import Interrupted, InvalidInputError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["KSubspacesCertificate", "KSubspacesResult", "as_problem", "k_subspaces", "runs_of"]

# Entries of the projections of all runs of a group, and of their Gram matrices (64 MB).
_ENTRIES = 1 << 23

# Sweeps that bring the best run to rest once more, on bases to full accuracy.
_POLISH = 20


@dataclasses.dataclass(frozen=True, eq=False)
class KSubspacesCertificate(Certificate):
    """What is known of a union of subspaces.

    Attributes
    ----------
    cost : Bound
        ``sum_i min_k ||x_i - P_k x_i||^2`` of the bases as they are handed back, from the residuals
        themselves. That no other bases cost less is not known: the problem is NP-hard.
    """

    cost: Bound | None = None


class KSubspacesResult(Record):
    """A union of subspaces: ``labels, bases, means, cost = k_subspaces(X, 5, 6)``.

    Attributes
    ----------
    labels : ndarray of shape (N,)
        The nearest subspace of each sample, the first of equal ones; each label is in use. Where
        that leaves a subspace without samples (duplicates, zeros, more dimensions than are there)
        it is laid through a sample and that has its label: ``info`` says so.
    bases : list of ndarray of shape (D, d_k)
        Orthonormal columns.
    means : ndarray of shape (K, D)
        0 for linear subspaces.
    cost : float
        ``sum_i min_k ||x_i - m_k - U_k U_k^T (x_i - m_k)||^2``.
    certificate : KSubspacesCertificate
    info : Info
        ``converged`` if the labels of the best run repeated; in ``details`` its ``cost_path``, the
        ``costs`` of all runs, ``n_empty``, how often a cluster of it ran empty, and
        ``n_unclaimed``, how many subspaces at the end were nearest to no sample.
    """

    _fields = ("labels", "bases", "means", "cost")
    labels: np.ndarray
    bases: list[np.ndarray]
    means: np.ndarray
    cost: float
    certificate: KSubspacesCertificate | None
    info: Info | None


def k_subspaces(
    X: Any,
    n_clusters: int,
    dim: int | Sequence[int],
    *,
    n_init: int = 50,
    init: Literal["uniform", "farthest"] | KSubspacesResult = "uniform",
    affine: bool = False,
    maxiter: int = 100,
    n_threads: int = 1,
    rng: RNGLike = None,
) -> KSubspacesResult:
    """Fit a union of K subspaces to samples.

    Minimizes ``sum_i min_k ||x_i - U_k U_k^T x_i||^2`` over orthonormal U_1 .. U_K, by alternation
    from many starts.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples; their sizes are their weights: bring them to norm 1 first where they shall
        not be.
    n_clusters : int
        K, in 1 .. N.
    dim : int or sequence of int
        Dimensions in 0 .. D, of all or one by one. Rather too large than too small: a dimension too
        many costs nothing on clean data.
    n_init : int, optional
        Runs; the one with the least cost is returned.
    init : {"uniform", "farthest"} or KSubspacesResult, optional
        Uniformly random subspaces, or subspaces through samples that are far from those before. A
        result starts run 0 where it ended, the other runs are as by default.
    affine : bool, optional
        Subtract the mean of each cluster.
    maxiter : int, optional
        Steps of a run.
    n_threads : int, optional
        Groups of runs at a time; the result is the same.
    rng : {None, int, Generator}, optional
        Run i has the same start whatever `n_init` is.

    Returns
    -------
    KSubspacesResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    Interrupted
        On Ctrl-C, a KeyboardInterrupt whose ``result`` is the best of the runs that came to an
        end, or None; as `init` it goes on from there.

    Notes
    -----
    *Algorithm.* Assign each sample to its nearest subspace, fit each subspace by the leading
    eigenvectors of its samples' Gram matrix (Bradley and Mangasarian 2000; Tseng 2000); all runs
    of a group at a time. Clusters that run empty get the samples that fit worst. Costs do not rise
    (claim ``clustering-kss-monotone``), labels that repeat end a run. *Cost.* A step of a run has
    ``2 N D sum_k d_k`` flops for the distances, ``N D^2`` for the fits and ``O(K D^3)`` for
    eigenvectors. *Accuracy.* The cost is measured from residuals, also where it is 0 to rounding.

    References
    ----------
    Bradley and Mangasarian, J. Global Optim. 16 (2000); Tseng, J. Optim. Theory Appl. 105 (2000).

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy, k_subspaces
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 6, 30, rng=0)
    >>> labels, bases, _, cost = k_subspaces(X, 3, 2, rng=0)
    >>> clustering_accuracy(truth, labels), cost < 1e-25
    (1.0, True)
    """
    given = as_problem(X, n_clusters, dim, affine)
    problem = given.problem
    n_init = scalars.as_integer(n_init, name="n_init", low=1)
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    start = _given_start(init, given)
    try:
        fits = runs_of(problem, start, n_init, maxiter, n_threads, Streams(rng))
    except Interrupted as stopped:
        if stopped.result:
            stopped.result = _best(given, stopped.result)
        raise
    return _best(given, fits)


@dataclasses.dataclass(frozen=True)
class Given:
    """The problem at a scale near 1, and what leads back to the caller's."""

    problem: Problem
    shift: np.ndarray
    exponent: int
    dtype: np.dtype


def as_problem(X: Any, n_clusters: Any, dim: Any, affine: Any) -> Given:
    """Check samples, number and dimensions."""
    samples = as_samples(X)
    assert samples.X is not None
    n, D = samples.X.shape
    K = scalars.as_integer(n_clusters, name="n_clusters", low=1)
    if n < K:
        raise InvalidInputError(f"n_clusters={K} and X has {n} rows; ask for at most {n} clusters")
    dims = _dimensions(dim, K, D)
    affine = scalars.as_flag(affine, name="affine")
    shift = samples.X.mean(axis=0) if affine else np.zeros(D)
    rows = samples.X - shift if affine else samples.X
    problem = Problem(rows, np.einsum("ij,ij->i", rows, rows), dims, affine)
    return Given(problem, shift, samples.exponent, samples.dtype)


def _given_start(init: Any, given: Given) -> Any:
    """Return the name of a kind of starts, or bases and means of a first one."""
    if isinstance(init, str):
        return scalars.as_choice(init, name="init", choices=("uniform", "farthest"))
    problem = given.problem
    (_, D), K = problem.X.shape, problem.dims.size
    if not isinstance(init, KSubspacesResult):
        raise InvalidInputError(
            f'init must be "uniform", "farthest" or a KSubspacesResult, got {type(init).__name__}'
        )
    fits = [U.shape == (D, d) for U, d in zip(init.bases, problem.dims, strict=False)]
    if len(init.bases) != K or not all(fits):
        raise InvalidInputError(
            f"init has bases of shapes {[U.shape for U in init.bases]}; X, n_clusters and dim ask "
            f"for {[(D, int(d)) for d in problem.dims]}"
        )
    bases = np.zeros((K, D, problem.width))
    for k, U in enumerate(init.bases):
        bases[k, :, : U.shape[1]] = U
    means = np.ldexp(init.means.astype(np.float64), given.exponent) - given.shift
    return bases, means if problem.affine else np.zeros((K, D))


def _best(given: Given, fits: list[Fit]) -> KSubspacesResult:
    costs = np.concatenate([fit.costs for fit in fits])
    best = _first_of_the_best(costs, given.problem)
    for fit in fits:
        if best < fit.costs.size:
            break
        best -= fit.costs.size
    return _result(given, fit, best, costs)


def _dimensions(dim: Any, K: int, D: int) -> np.ndarray:
    given = [dim] * K if np.ndim(dim) == 0 else list(dim)
    if len(given) != K:
        raise InvalidInputError(f"dim has {len(given)} numbers and n_clusters is {K}")
    return np.array([scalars.as_integer(d, name="dim", low=0, high=D) for d in given])


def runs_of(
    problem: Problem,
    init: Any,
    n_init: int,
    maxiter: int,
    n_threads: int,
    streams: Streams,
    *,
    moved: bool = True,
) -> list[Fit]:
    """Return the runs, in groups; with `moved` False samples are assigned once and no more.

    Raises
    ------
    Interrupted
        With the groups that came to an end, if there are any.
    """
    (n, D), K = problem.X.shape, problem.dims.size
    make = farthest if init == "farthest" else uniform
    size = max(1, _ENTRIES // max(n * K * max(problem.width, 1), K * D * D, K * n))
    size = min(size, -(-n_init // max(1, n_threads)))
    groups = [range(i, min(n_init, i + size)) for i in range(0, n_init, size)]
    fits: list[Any] = [None] * len(groups)
    with Progress(n_init, "k-subspaces") as progress:

        def task(place: int) -> None:
            starts = [
                init if run == 0 and not isinstance(init, str)
                else make(problem, streams.generator("start", run))
                for run in groups[place]
            ]  # fmt: skip
            bases, means = (np.stack([start[part] for start in starts]) for part in (0, 1))
            fits[place] = alternate(problem, bases, means, maxiter, moved=moved)
            progress.advance(len(groups[place]), f"least cost {fits[place].costs.min():.3g}")

        try:
            run_parts([lambda place=place: task(place) for place in range(len(groups))], n_threads)  # type: ignore[misc]
        except KeyboardInterrupt:
            done = [fit for fit in fits if fit is not None]
            raise Interrupted(
                f"k-subspaces was interrupted after {sum(f.costs.size for f in done)} of {n_init} "
                "runs; the best of them is this exception's result",
                done,
            ) from None
    return fits


def _first_of_the_best(costs: np.ndarray, problem: Problem) -> int:
    """Return the first run whose cost is the least but for rounding."""
    rounding = 8.0 * problem.X.shape[1] * float(np.finfo(np.float64).eps)
    return int(np.argmax(costs <= costs.min() + rounding * float(problem.squares.sum())))


def _result(given: Given, fit: Fit, run: int, costs: np.ndarray) -> KSubspacesResult:
    problem, exponent, dtype = given.problem, given.exponent, given.dtype
    labels = fit.labels[run].copy()
    for _ in range(_POLISH):
        bases, means = _fitted(problem, labels)
        gaps = _residuals(problem, bases, means)
        before, labels = labels, np.argmin(gaps, axis=1)
        if (labels == before).all():
            break
    # The bases go back in the caller's type, and the cost is theirs.
    bases = [U.astype(dtype) for U in bases]
    gaps = _residuals(problem, bases, means)
    labels, bound_to = occupy(problem, bases, means, gaps)
    cost = float(gaps.min(axis=1).sum())
    rounding = (problem.X.shape[1] + 8) * float(np.finfo(np.float64).eps)
    # Squares of samples beyond 1e154 are infinite, as they are in any arithmetic.
    with np.errstate(over="ignore"):
        value, bound = np.ldexp([cost, cost * (1.0 + rounding)], -2 * exponent).tolist()
        path, costs = (np.ldexp(x, -2 * exponent) for x in (fit.paths[run], costs))
    details = {
        "cost_path": path,
        "costs": costs,
        "n_empty": int(fit.reseeded[run]),
        "n_unclaimed": bound_to,
    }
    notes: tuple[str, ...] = ()
    if bound_to:
        notes = (
            f"{bound_to} of {len(bases)} subspaces are nearest to no sample alone; each is laid "
            "through one sample and has its label. Fewer or smaller subspaces hold all samples.",
        )
    return KSubspacesResult(
        labels.astype(np.int64),
        bases,
        np.ldexp(means + given.shift, -exponent).astype(dtype),
        value,
        certificate=KSubspacesCertificate(Bound(bound, "exact", "sum_i min_k ||x_i - P_k x_i||^2")),
        info=Info(
            method="alternation",
            iterations=len(fit.paths[run]),
            converged=bool(fit.converged[run]),
            notes=notes,
            details=details,
        ),
    )


def _fitted(problem: Problem, labels: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Return bases by the SVD of each cluster, which sees what its Gram matrix loses."""
    bases, means = [], np.zeros((problem.dims.size, problem.X.shape[1]))
    for k, d in enumerate(problem.dims):
        rows = problem.X[labels == k]
        if problem.affine and rows.shape[0]:
            means[k] = rows.mean(axis=0)
            rows = rows - means[k]
        bases.append(basis_of(rows, int(d)))
    return bases, means


def _residuals(problem: Problem, bases: list[np.ndarray], means: np.ndarray) -> np.ndarray:
    """Return the squared distances (N, K) from the residuals themselves."""
    columns = [residuals(problem, U, mean) for U, mean in zip(bases, means, strict=True)]
    return np.stack(columns, axis=1)
