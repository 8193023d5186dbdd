"""Dictionaries of orthogonal atoms: the best codes are the largest inner products."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.dense.polar import polar
from linsub._core.dense.qr import qr
from linsub._core.progress import Progress
from linsub._core.random import RNGLike, Streams
from linsub.clustering.dictionary_learning import LearnedDictionary, complain, handed_back
from linsub.clustering.largest import largest_columns
from linsub.clustering.whitening import whitened

__all__ = ["orthogonal_dictionary"]


def orthogonal_dictionary(
    Y: Any,
    n_nonzero: int,
    *,
    metric: Any = None,
    metric_gram: Any = None,
    rtol: float | None = None,
    maxiter: int = 500,
    tol: float = 1e-5,
    on_fail: Literal["raise", "warn", "return"] = "warn",
    rng: RNGLike = None,
) -> LearnedDictionary:
    """Learn orthogonal atoms of which few code each target.

    Minimizes ``||(Y - S D) A^T||_F`` over D whose rows are orthogonal in the metric ``A^T A``, as
    many as its rank, and codes S with `n_nonzero` entries a row. Without a metric D is square and
    ``D D^T = I``.

    Parameters
    ----------
    Y : array_like of shape (N, d)
        Rows are targets.
    n_nonzero : int
        Atoms of a target at most, in 1 .. d.
    metric, metric_gram, rtol, on_fail
        As of :func:`ksvd`.
    maxiter : int, optional
        Iterations, which are cheap.
    tol : float, optional
        In [0, 1): the iteration ends where the cost falls by less than `tol` of it.
    rng : {None, int, Generator}, optional
        Draws the atoms to start from.

    Returns
    -------
    LearnedDictionary

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    ConvergenceError
        With ``on_fail="raise"``.

    Warns
    -----
    ConvergenceWarning
        With ``on_fail="warn"``.

    See Also
    --------
    ksvd : more atoms than features.

    Notes
    -----
    *Algorithm.* In turn the codes, which are the `n_nonzero` largest of ``Y D^T``, and the atoms,
    by the polar factor of ``S^T Y``: both steps are exact, so that costs do not rise (claim
    ``clustering-orthogonal-dictionary``). With a metric the targets are those of :func:`ksvd`.
    *Cost.* An iteration has ``2 N r^2`` flops for the products, ``2 N k r`` for ``S^T Y`` and
    ``O(r^3)`` for the polar factor. *Accuracy.* As of :func:`ksvd`.

    References
    ----------
    Lesage, Gribonval, Bimbot and Benaroya, ICASSP (2005).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import orthogonal_dictionary
    >>> D, codes, cost = orthogonal_dictionary([[3.0, 4.0], [-6.0, -8.0]], 1, rng=0)
    >>> cost < 1e-14, np.abs(codes).max(axis=1).toarray().round(12).tolist()
    (True, [5.0, 10.0])
    """
    problem = whitened(Y, metric, metric_gram, rtol)
    r = problem.rank
    d = problem.Y.shape[1]
    k = min(scalars.as_integer(n_nonzero, name="n_nonzero", low=1, high=d), r)
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))
    targets = problem.targets
    D = qr(Streams(rng).gaussian("start", (r, r)))[0].T
    S, cost = _coded(targets, D, k)
    path, converged = [cost], False
    with Progress(maxiter, "orthogonal dictionary") as progress:
        for _ in range(maxiter):
            trial = polar(np.asarray(S.T @ targets))[0]
            codes, cost = _coded(targets, trial, k)
            progress.advance(1, f"cost {cost:.3g}")
            converged = cost >= (1.0 - tol) * path[-1]
            if cost <= path[-1]:
                D, S = trial, codes
            path.append(min(cost, path[-1]))
            if converged:
                break
    result = handed_back(problem, D, S, path, "orthogonal atoms", converged, {"n_replaced": 0})
    complain(result, tol, on_fail)
    return result


def _coded(Y: np.ndarray, D: np.ndarray, k: int) -> tuple[Any, float]:
    """Return the best codes in orthonormal atoms, and what they cost."""
    inner = Y @ D.T
    columns = largest_columns(np.abs(inner), k)
    data = np.take_along_axis(inner, columns, axis=1).ravel()
    ends = np.arange(0, data.size + 1, k)
    codes: Any = sparse.csr_array((data, columns.ravel(), ends), shape=inner.shape)
    codes.eliminate_zeros()
    return codes, norms.frobenius(Y - codes @ D)
