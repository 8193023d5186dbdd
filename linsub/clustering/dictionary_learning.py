"""K-SVD: a dictionary in which few atoms code each target, under the metric of activations."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.clustering.atom_updates import learn
from linsub.clustering.whitening import Whitened, whitened
from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["LearnedDictionary", "LearnedDictionaryCertificate", "ksvd"]


@dataclasses.dataclass(frozen=True, eq=False)
class LearnedDictionaryCertificate(Certificate):
    """What is known of a dictionary and its codes.

    Attributes
    ----------
    cost : Bound
        ``||(Y - S D) A^T||_F`` of what is handed back, from the residuals themselves. That no
        other dictionary costs less is not known: the problem is NP-hard.
    """

    cost: Bound | None = None


class LearnedDictionary(Record):
    """A dictionary and codes in it: ``D, codes, cost = ksvd(Y, 64, 4)``.

    Attributes
    ----------
    D : ndarray of shape (n_atoms, d)
        Rows are atoms of norm 1.
    codes : csr_array of shape (N, n_atoms)
        ``y_i ~ sum_j codes_ij d_j``.
    cost : float
        ``||Y - codes D||_F``, or ``||(Y - codes D) A^T||_F`` under a metric; infinite where that
        overflows.
    certificate : LearnedDictionaryCertificate
    info : Info
        ``converged`` if the last iteration lowered the cost by less than `tol` of it; in
        ``details`` the ``cost_path`` after the first coding and after each iteration,
        ``n_replaced`` atoms and the ``rank`` of the metric.
    """

    _fields = ("D", "codes", "cost")
    D: np.ndarray
    codes: Any
    cost: float
    certificate: LearnedDictionaryCertificate | None
    info: Info | None


def ksvd(
    Y: Any,
    n_atoms: int,
    n_nonzero: int,
    *,
    metric: Any = None,
    metric_gram: Any = None,
    rtol: float | None = None,
    exact: bool = False,
    maxiter: int = 100,
    tol: float = 1e-4,
    on_fail: Literal["raise", "warn", "return"] = "warn",
    n_threads: int = 1,
    rng: RNGLike = None,
) -> LearnedDictionary:
    """Learn a dictionary in which each target is coded by few atoms.

    Minimizes ``||(Y - S D) A^T||_F`` over atoms D and codes S with `n_nonzero` entries a row, by
    alternation. Without a metric A is the identity.

    Parameters
    ----------
    Y : array_like of shape (N, d)
        Rows are targets. The columns of a weight matrix W that multiplies activations A, as in
        ``A W``, are such: pass ``W.T``.
    n_atoms : int
        From 1.
    n_nonzero : int
        Atoms of a target at most, in 1 .. n_atoms.
    metric : array_like of shape (m, d), optional
        Activations A: errors count by what they do to ``A W``.
    metric_gram : array_like of shape (d, d), optional
        ``A^T A`` in the place of A; directions in which A is below 1e-8 of its norm are lost in
        it to rounding.
    rtol : float, optional
        In [0, 1): directions in which A is below `rtol` of its norm cost nothing, and atoms have no
        part in them. By default those that rounding made, below ``max(m, d) eps`` of the coarser
        precision of Y and A. Weak directions that count make large codes that nearly cancel:
        1e-6 is usual for activations.
    exact : bool, optional
        Fit atoms by an SVD, not by one step of the power method.
    maxiter : int, optional
        Iterations.
    tol : float, optional
        In [0, 1): the iteration ends where the cost falls by less than `tol` of it.
    on_fail : {"raise", "warn", "return"}, optional
        What to do after `maxiter` iterations.
    n_threads : int, optional
        Of the coding; the result does not depend on it.
    rng : {None, int, Generator}, optional
        Chooses the targets that the atoms start from.

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
    batch_omp : code other targets.
    orthogonal_dictionary : orthogonal atoms, whose codes are exact and cheap.

    Notes
    -----
    *Algorithm.* K-SVD (Aharon, Elad and Bruckstein 2006) with batch OMP and the approximate atom
    update (Rubinstein, Zibulevsky and Elad 2008). A target keeps its old code where the new one is
    worse, atoms that nobody uses become the target that is coded worst, and of two within 8 degrees
    one is exchanged if that does not raise the cost: costs do not rise (claim
    ``clustering-ksvd``). With ``A = U diag(s) V^T`` of rank r the problem is
    that of the targets ``Y V diag(s)`` (claim ``clustering-ksvd``), and atoms go back by
    ``diag(1 / s) V^T``; no ridge is added. *Cost.* An iteration has
    ``2 N n r`` flops for the products, ``2 N n k^2`` for the codes and ``6 N k r`` for the atoms.
    *Accuracy.* The cost is that of the factors as they are handed back, in their precision.

    References
    ----------
    Aharon, Elad and Bruckstein, IEEE Trans. Signal Process. 54 (2006); Rubinstein, Zibulevsky and
    Elad, Report CS-2008-08, Technion (2008); CoSpaDi, arXiv 2509.22075, for the metric.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import ksvd
    >>> Y = np.repeat(np.eye(3), 4, axis=0) * np.arange(1, 13)[:, None]
    >>> D, codes, cost = ksvd(Y, 3, 1, rng=0)
    >>> np.abs(D).max(axis=1).tolist(), cost < 1e-14
    ([1.0, 1.0, 1.0], True)
    """
    problem = whitened(Y, metric, metric_gram, rtol)
    n = scalars.as_integer(n_atoms, name="n_atoms", low=1)
    k = scalars.as_integer(n_nonzero, name="n_nonzero", low=1, high=n)
    exact = scalars.as_flag(exact, name="exact")
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))
    threads = scalars.as_integer(n_threads, name="n_threads", low=1)
    targets = problem.targets
    start = _start(targets, n, Streams(rng).generator("start"))
    state = learn(targets, start, k, exact, maxiter, tol, threads)
    result = handed_back(
        problem, state.D, state.codes, state.path, "k-svd", state.converged,
        {"n_replaced": state.n_replaced},
    )  # fmt: skip
    complain(result, tol, on_fail)
    return result


def _start(Y: np.ndarray, n: int, generator: np.random.Generator) -> np.ndarray:
    """Return unit targets, chosen at random, and random directions where they are too few."""
    size = norms.column_norms(Y.T)
    order = generator.permutation(np.flatnonzero(size > 0.0))[:n]
    more = generator.standard_normal((n - order.size, Y.shape[1]))
    D = np.vstack([Y[order] / size[order][:, None], more])
    return np.ascontiguousarray(D / norms.column_norms(D.T)[:, None])


def handed_back(
    problem: Whitened,
    atoms: np.ndarray,
    codes: Any,
    path: list[float],
    method: str,
    converged: bool,
    details: dict[str, Any],
) -> LearnedDictionary:
    """Return the record of a dictionary of whitened targets, in the units of the caller."""
    D, size = problem.atoms(atoms)
    D = D.astype(problem.dtype)
    S = codes.copy()
    with np.errstate(over="ignore", under="ignore"):
        S.data = np.ldexp(S.data * size[S.indices], -problem.exponent).astype(problem.dtype)
        scaled = np.ldexp(path, -problem.exponent - problem.weight)
    if not np.isfinite(S.data).all():
        raise InvalidInputError(
            f"codes of Y are too large for {problem.dtype}; scale Y, or pass float64"
        )
    cost, bound = problem.cost(D, S)
    return LearnedDictionary(
        D,
        S,
        cost,
        certificate=LearnedDictionaryCertificate(Bound(bound, "bound", "||(Y - S D) A^T||_F")),
        info=Info(
            method=method,
            iterations=len(path) - 1,
            converged=converged,
            details={"cost_path": scaled, "rank": problem.rank, **details},
        ),
    )


def complain(result: LearnedDictionary, tol: float, on_fail: str) -> None:
    """Say that an iteration did not converge, as the caller asked for."""
    assert result.info is not None
    if result.info.converged or on_fail == "return":
        return
    before, after = result.info.details["cost_path"][-2:]
    fall = 1.0 - after / before if before > 0.0 else 0.0
    text = (
        f"after {result.info.iterations} iterations the cost still fell by {fall:.1e} of it "
        f"(tol={tol:.1e}); pass a larger maxiter or tol"
    )
    if on_fail == "raise":
        raise ConvergenceError(text, result)
    warnings.warn(text, ConvergenceWarning, stacklevel=3)
