"""K-subspaces by alternation, many runs at a time.

Both steps are exact, so that the cost never rises and a run ends when its labels repeat. Runs are
independent and small; together they are a few large products of matrices.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense.eigh import eigh, eigh_of_each

__all__ = ["Fit", "Problem", "alternate", "distances"]

# Entries of the projections, and of the outer products, that are held at a time (32 MB).
_ENTRIES = 1 << 22

# Gram matrices of all runs in one product, and their eigenvectors in one stack, up to here.
_STACKED = 40


@dataclasses.dataclass(frozen=True)
class Problem:
    """Samples (N, D), their squared norms, and the dimension of each subspace."""

    X: np.ndarray
    squares: np.ndarray
    dims: np.ndarray
    affine: bool

    @property
    def width(self) -> int:
        return int(self.dims.max(initial=0))


@dataclasses.dataclass
class Fit:
    """R runs: bases (R, K, D, d), zero beyond a cluster's own dimension, and means (R, K, D)."""

    bases: np.ndarray
    means: np.ndarray
    labels: np.ndarray  # (R, N)
    costs: np.ndarray  # (R,)
    paths: list[list[float]]
    converged: np.ndarray  # (R,)
    reseeded: np.ndarray  # (R,): how often a cluster ran empty


def distances(problem: Problem, bases: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the squared distances (N, R, K) of samples to subspaces, to rounding of ||x||^2."""
    X, (R, K, D, d) = problem.X, bases.shape
    found = np.empty((X.shape[0], R, K))
    flat = np.ascontiguousarray(bases.transpose(2, 0, 1, 3)).reshape(D, R * K * d)
    centers = np.einsum("rkpd,rkp->rkd", bases, means) if problem.affine else None
    step = max(1, _ENTRIES // max(1, R * K * d))
    for i in range(0, X.shape[0], step):
        rows = slice(i, i + step)
        Y = (X[rows] @ flat).reshape(X[rows].shape[0], R, K, d)
        if centers is not None:
            Y -= centers
        fit = np.einsum("nrkd,nrkd->nrk", Y, Y)
        np.subtract(problem.squares[rows, None, None], fit, out=found[rows])
        if centers is not None:
            inner = (X[rows] @ means.reshape(R * K, D).T).reshape(-1, R, K)
            found[rows] += np.einsum("rkp,rkp->rk", means, means) - 2.0 * inner
    return found


def alternate(
    problem: Problem, bases: np.ndarray, means: np.ndarray, maxiter: int, *, moved: bool = True
) -> Fit:
    """Run K-subspaces from R starts until labels repeat; once, without fits, if not `moved`."""
    R, n = bases.shape[0], problem.X.shape[0]
    fit = Fit(
        bases.copy(), means.copy(), np.full((R, n), -1), np.full(R, np.inf),
        [[] for _ in range(R)], np.zeros(R, dtype=bool), np.zeros(R, dtype=np.int64),
    )  # fmt: skip
    outer = _outer_products(problem)
    active = np.arange(R)
    for _ in range(maxiter):
        gaps = distances(problem, fit.bases[active], fit.means[active])
        labels = np.argmin(gaps, axis=2).T
        least = np.take_along_axis(gaps, labels.T[:, :, None], axis=2)[:, :, 0]
        same = (labels == fit.labels[active]).all(axis=1)
        fit.labels[active] = labels
        fit.costs[active] = np.maximum(least, 0.0).sum(axis=0)
        for run in active:
            fit.paths[run].append(float(fit.costs[run]))
        fit.converged[active[same]] = True
        going = active[~same]
        if going.size == 0 or not moved:
            break
        for run, gap in zip(going, least.T[~same], strict=True):
            fit.reseeded[run] += _reseed(fit.labels[run], gap, problem.dims)
        _update(problem, fit, going, outer)
        active = going
    return fit


def _reseed(labels: np.ndarray, gaps: np.ndarray, dims: np.ndarray) -> int:
    """Give each cluster without samples those that fit worst, in place; the cost cannot rise."""
    count = np.bincount(labels, minlength=dims.size)
    empty = np.flatnonzero(count == 0)
    if empty.size == 0:
        return 0
    order = np.argsort(-gaps, kind="stable")
    for k in empty:
        moved = 0
        for i in order:
            if moved == max(int(dims[k]), 1):
                break
            if count[labels[i]] > 1:
                count[labels[i]] -= 1
                labels[i] = k
                count[k] += 1
                moved += 1
    return int(empty.size)


def _outer_products(problem: Problem) -> np.ndarray | None:
    n, D = problem.X.shape
    if D > _STACKED or n * D * D > _ENTRIES:
        return None
    return np.asarray(np.einsum("ni,nj->nij", problem.X, problem.X).reshape(n, D * D))


def _update(problem: Problem, fit: Fit, runs: np.ndarray, outer: np.ndarray | None) -> None:
    """Fit the subspaces of the given runs to their labels."""
    (n, D), K = problem.X.shape, problem.dims.size
    if outer is None:
        for run in runs:
            _update_one(problem, fit, int(run))
        return
    member = np.zeros((runs.size, K, n))
    np.put_along_axis(member, fit.labels[runs][:, None, :], 1.0, axis=1)
    flat = member.reshape(runs.size * K, n)
    grams = (flat @ outer).reshape(-1, D, D)
    if problem.affine:
        count = np.maximum(flat.sum(axis=1), 1.0)[:, None]
        means = flat @ problem.X / count
        grams -= count[:, :, None] * means[:, :, None] * means[:, None, :]
        fit.means[runs] = means.reshape(runs.size, K, D)
    vectors = eigh_of_each(grams)[1][:, :, : problem.width].reshape(runs.size, K, D, -1)
    fit.bases[runs] = vectors * (np.arange(problem.width) < problem.dims[:, None])[:, None, :]


def _update_one(problem: Problem, fit: Fit, run: int) -> None:
    order = np.argsort(fit.labels[run], kind="stable")
    ends = np.cumsum(np.bincount(fit.labels[run], minlength=problem.dims.size))
    for k, part in enumerate(np.split(order, ends[:-1])):
        rows = problem.X[part]
        if problem.affine:
            fit.means[run, k] = rows.mean(axis=0)
            rows = rows - fit.means[run, k]
        fit.bases[run, k] = 0.0
        fit.bases[run, k, :, : problem.dims[k]] = _leading(rows, int(problem.dims[k]))


def _leading(rows: np.ndarray, d: int) -> np.ndarray:
    """Return the d leading right singular vectors, by the smaller of both Gram matrices."""
    m, D = rows.shape
    if m >= D or m < d:
        return eigh(rows.T @ rows, top=d)[1]
    values, U = eigh(rows @ rows.T, top=d)
    if values[-1] <= D * float(np.finfo(np.float64).eps) * values[0]:
        return eigh(rows.T @ rows, top=d)[1]
    V = rows.T @ U
    return np.asarray(V / np.sqrt(np.einsum("ij,ij->j", V, V)))
