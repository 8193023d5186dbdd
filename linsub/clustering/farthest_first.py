"""Exemplars: few samples that represent all others well, chosen farthest first."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.progress import Progress
from linsub._core.random import RNGLike, Streams
from linsub.clustering.elastic_net import as_penalty
from linsub.clustering.samples import as_samples
from linsub.clustering.sparse_regression import Regressions
from linsub.errors import Interrupted, InvalidInputError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["Exemplars", "ExemplarsCertificate", "as_exemplars", "exemplar_selection", "over_atoms"]

# Samples that are looked at again at first in a round; twice as many each time they do not decide.
_AGAIN = 32

# Violations of an optimum, relative to the penalty, that are allowed in a cost.
_TOL = 1e-9


@dataclasses.dataclass(frozen=True, eq=False)
class ExemplarsCertificate(Certificate):
    """What is known of exemplars.

    Attributes
    ----------
    cost : Bound
        No sample costs more over the exemplars.
    """

    cost: Bound | None = None


class Exemplars(Record):
    """Samples that represent the others: ``indices, costs = exemplar_selection(X, 50)``.

    Attributes
    ----------
    indices : ndarray of shape (k,)
        Of int64, in the order in which they were chosen.
    costs : ndarray of shape (k,)
        The largest cost of a sample before each came in; infinite for the first.
    certificate : ExemplarsCertificate
    info : Info
        ``details["evaluations"]``: how many costs were found.
    """

    _fields = ("indices", "costs")
    indices: np.ndarray
    costs: np.ndarray
    certificate: ExemplarsCertificate | None
    info: Info | None


def exemplar_selection(
    X: Any,
    n_exemplars: int,
    *,
    l1_ratio: float = 1.0,
    gamma: float = 50.0,
    exemplars: Any = None,
    n_threads: int = 1,
    rng: RNGLike = None,
) -> Exemplars:
    """Choose samples that represent all others, the worst represented first (ESC).

    A sample x of norm 1 costs, over the exemplars in the rows of E,
    ``min_c t ||c||_1 + (1 - t) ||c||^2 / 2 + gamma ||x - c E||^2 / 2``, t being `l1_ratio`.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples, of any sizes: directions are compared.
    n_exemplars : int
        In 1 .. N; fewer come back if there are fewer samples that are not 0.
    l1_ratio : float, optional
        In (0, 1].
    gamma : float, optional
        Positive: how much a poor fit costs.
    exemplars : array_like of int, optional
        Exemplars to begin with, which count: those of a run that was interrupted. By default one
        that `rng` draws.
    n_threads : int, optional
    rng : {None, int, Generator}, optional

    Returns
    -------
    Exemplars

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    Interrupted
        On Ctrl-C, a KeyboardInterrupt whose ``result`` has the exemplars found so far; pass its
        ``indices`` as `exemplars` to go on.

    See Also
    --------
    exemplar_expression : a graph of all samples through exemplars.

    Notes
    -----
    *Algorithm.* You, Li, Robinson and Vidal 2018, Algorithm 2: costs do not rise as exemplars come
    in, so that old ones bound new ones, and few are found again in a round. *Cost.* About
    ``2 N D n_exemplars`` flops where most are found again, much less as a rule. *Accuracy.* Claim
    ``clustering-exemplars``.

    References
    ----------
    You, Li, Robinson and Vidal, ECCV (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import exemplar_selection
    >>> X = np.array([[1.0, 0, 0], [1, 0.1, 0], [0, 0, 1], [0, 0.1, 1]])
    >>> exemplar_selection(X, 2, exemplars=[0]).indices.tolist()
    [0, 2]
    """
    samples = as_samples(X)
    unit = samples.unit
    k = scalars.as_integer(n_exemplars, name="n_exemplars", low=1, high=samples.size)
    n_threads = scalars.as_integer(n_threads, name="n_threads", low=1)
    l1_ratio, penalty, _ = as_penalty(l1_ratio, gamma, False, as_samples(np.ones((1, 1))))
    penalty = 1.0 / float(gamma)
    present = unit.any(axis=1)
    if not present.any():
        raise InvalidInputError("X has no sample that is not 0: there is nothing to represent")
    if exemplars is None:
        start = [int(Streams(rng).generator("start").choice(np.flatnonzero(present)))]
    else:
        start = as_exemplars(exemplars, samples.size, k).tolist()

    def costs(chosen: list[int], which: np.ndarray) -> np.ndarray:
        found = over_atoms(unit[chosen], unit[which], l1_ratio, penalty).solve(n_threads)
        return np.asarray(found.objective / penalty)

    search = _Search(start, np.where(present, np.inf, -np.inf), costs)
    search.costs = [np.inf] * len(start)
    try:
        with Progress(k, "exemplars") as progress:
            progress.advance(len(start))
            while len(search.chosen) < k and search.choose():
                progress.advance(1, f"cost {search.costs[-1]:.4g}")
    except KeyboardInterrupt:
        raise Interrupted(
            f"exemplar_selection was interrupted after {len(search.chosen)} of {k} exemplars; pass "
            "the indices of this exception's result as exemplars to go on",
            search.result(False),
        ) from None
    return search.result(True)


def over_atoms(
    atoms: np.ndarray, targets: np.ndarray, l1_ratio: float, penalty: float
) -> Regressions:
    """Return the problems of representing targets by atoms."""
    return Regressions(
        atoms=atoms, gram=atoms @ atoms.T, targets=targets, exclude_self=False, l1_ratio=l1_ratio,
        penalty=penalty, relative=False, weights=np.ones((1, 1)), tol=_TOL,
        max_support=atoms.shape[0], dtype=np.dtype(np.float64),
    )  # fmt: skip


def as_exemplars(exemplars: Any, n: int, k: int | None = None) -> np.ndarray:
    """Return distinct indices of samples, at most k.

    Raises
    ------
    InvalidInputError
        If they are not.
    """
    found = np.asarray(exemplars)
    if found.ndim != 1 or found.size == 0 or found.dtype.kind not in "iu":
        raise InvalidInputError(
            f"exemplars must be indices of samples, a vector of integers, got {exemplars!r}"
        )
    if found.min() < 0 or found.max() >= n:
        raise InvalidInputError(f"exemplars must be in 0 .. {n - 1}, got {found.tolist()}")
    if np.unique(found).size < found.size:
        raise InvalidInputError("exemplars has an index twice; pass np.unique(exemplars)")
    if k is not None and found.size > k:
        raise InvalidInputError(f"exemplars has {found.size} indices and n_exemplars is {k}")
    return found.astype(np.int64)


class _Search:
    """Exemplars so far, and for each sample a bound on what it costs."""

    def __init__(
        self,
        chosen: list[int],
        upper: np.ndarray,
        evaluate: Callable[[list[int], np.ndarray], np.ndarray],
    ) -> None:
        self.chosen = list(chosen)
        self.costs: list[float] = []
        self.upper = upper
        self.upper[self.chosen] = -np.inf
        self.evaluate = evaluate
        self.evaluations = 0

    def choose(self) -> bool:
        """Add the sample that costs most; return False if there is none left."""
        worst, place = -np.inf, -1
        fresh = np.zeros(self.upper.size, dtype=np.bool_)
        batch = _AGAIN
        while True:
            stale = np.where(fresh, -np.inf, self.upper)
            if np.isposinf(stale).any():  # never looked at: all of those
                which = np.flatnonzero(np.isposinf(stale))
            else:
                batch = min(batch, stale.size)
                which = np.sort(np.argpartition(-stale, batch - 1)[:batch])
                # At a tie the first sample is chosen, whatever the order of looking.
                which = which[(stale[which] >= worst) & (stale[which] > -np.inf)]
            if which.size == 0:
                break
            found = np.minimum(self.evaluate(self.chosen, which), self.upper[which])
            self.evaluations += which.size
            self.upper[which] = found
            fresh[which] = True
            worst = max(worst, float(found.max()))
            batch *= 2
        if worst == -np.inf:
            return False
        place = int(np.flatnonzero(fresh & (self.upper == worst))[0])
        self.chosen.append(place)
        self.costs.append(worst)
        self.upper[place] = -np.inf
        return True

    def result(self, complete: bool) -> Exemplars:
        """Return what was chosen, with a bound on what any sample costs."""
        known = np.isfinite(self.upper)
        unknown = bool(np.isposinf(self.upper).any())
        cost = None
        if not unknown:
            # Exemplars cost something too.
            largest = float(self.upper[known].max(initial=0.0))
            own = float(self.evaluate(self.chosen, np.array(self.chosen)).max(initial=0.0))
            cost = Bound(max(largest, own) * (1.0 + 1e-12), "bound", "max_i cost(x_i)")
        return Exemplars(
            np.array(self.chosen, dtype=np.int64),
            np.array(self.costs),
            certificate=ExemplarsCertificate(cost),
            info=Info(
                method="farthest first, lazy", converged=complete, iterations=len(self.chosen),
                details={"evaluations": self.evaluations},
            ),
        )  # fmt: skip
