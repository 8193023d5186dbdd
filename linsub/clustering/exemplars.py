"""Self-expression of very many samples through exemplars, and the graph of their codes."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub._core.progress import Progress
from linsub._core.random import RNGLike
from linsub.clustering.elastic_net import as_penalty
from linsub.clustering.farthest_first import as_exemplars, exemplar_selection, over_atoms
from linsub.clustering.nearest_codes import nearest_codes
from linsub.clustering.pursuit import batch_omp
from linsub.clustering.samples import Samples, as_samples
from linsub.errors import Interrupted, InvalidInputError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["ExemplarExpression", "ExemplarExpressionCertificate", "exemplar_expression"]

# Samples that are coded between two looks at the clock.
_ROWS = 2048


@dataclasses.dataclass(frozen=True, eq=False)
class ExemplarExpressionCertificate(Certificate):
    """What is known of codes over exemplars. Unknown is None.

    Attributes
    ----------
    objective_gap : Bound
        Of an elastic net: no objective is above its minimum by more, rounding included.
    """

    objective_gap: Bound | None = None


class ExemplarExpression(Record):
    """Samples by exemplars: ``W, codes, exemplars, residual = exemplar_expression(X, 100)``.

    Attributes
    ----------
    W : csr_array of shape (N, N) or None
        Symmetric, not negative: the graph for :func:`spectral_labels`.
    codes : csr_array of shape (N, k)
        ``x_i / ||x_i|| ~ sum_j codes_ij e_j``, with exemplars of norm 1.
    exemplars : ndarray of shape (k,)
        Indices of samples, of int64.
    residual : ndarray of shape (N,)
        ``||x_i / ||x_i|| - sum_j codes_ij e_j||``.
    certificate : ExemplarExpressionCertificate
    info : Info
    """

    _fields = ("W", "codes", "exemplars", "residual")
    W: Any
    codes: Any
    exemplars: np.ndarray
    residual: np.ndarray
    certificate: ExemplarExpressionCertificate | None
    info: Info | None


def exemplar_expression(
    X: Any,
    n_exemplars: int = 100,
    *,
    method: Literal["elastic_net", "omp"] = "elastic_net",
    l1_ratio: float = 1.0,
    gamma: float = 50.0,
    n_nonzero: int = 5,
    n_neighbors: int = 8,
    exemplars: Any = None,
    resume: ExemplarExpression | None = None,
    n_threads: int = 1,
    rng: RNGLike = None,
) -> ExemplarExpression:
    """Represent samples by exemplars, and join those with like codes: for 100 000 samples and more.

    Samples are brought to norm 1 and coded over the exemplars; each is joined to the `n_neighbors`
    samples whose codes make the smallest angles with its own, up to sign.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples.
    n_exemplars : int, optional
        A few times the sum of the dimensions of the subspaces, N at most.
    method : {"elastic_net", "omp"}, optional
    l1_ratio, gamma : float, optional
        As in :func:`exemplar_selection`, for the choice and for the codes of an elastic net.
    n_nonzero : int, optional
        For "omp".
    n_neighbors : int, optional
        From 1. With few (ESC takes 3) the graph of a class may fall apart.
    exemplars : array_like of int, optional
        Indices of samples; by default :func:`exemplar_selection` chooses them. A random
        subset is the fastest.
    resume : ExemplarExpression, optional
        The ``result`` of an Interrupted of the same call: goes on from there.
    n_threads : int, optional
    rng : {None, int, Generator}, optional

    Returns
    -------
    ExemplarExpression

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    Interrupted
        On Ctrl-C, a KeyboardInterrupt whose ``result`` has what was done; pass it as `resume`.

    See Also
    --------
    exemplar_selection : the choice alone.

    Notes
    -----
    *Algorithm.* You, Li, Robinson and Vidal 2018; likeness is the modulus of the cosine of two
    codes, so that it does not change where samples change sign. The graph is exact: of each group
    of codes that use the same exemplars only those are compared that the triangle inequality of
    angles does not rule out, in single precision first (claim ``clustering-nearest-codes``).
    *Cost.* The choice; ``2 N k D`` flops a round of codes for k exemplars; for the graph
    ``2 N^2 k`` flops of single precision where nothing is ruled out, a tenth of that or less where
    samples lie near subspaces. Beside X and its unit rows, memory is linear in N: codes and graph,
    and ``32 N + 6000 k`` bytes a thread.
    *Accuracy.* Gaps of the codes as in :func:`self_expressive_elastic_net`.

    References
    ----------
    You, Li, Robinson and Vidal, ECCV (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import exemplar_expression, spectral_labels
    >>> X = np.kron(np.eye(2), np.ones((4, 1))) + 0.01 * np.eye(8, 2)
    >>> W = exemplar_expression(X, 2, rng=0).W
    >>> spectral_labels(W, 2).labels.tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    samples = as_samples(X)
    n = samples.size
    scalars.as_choice(method, name="method", choices=("elastic_net", "omp"))
    top = scalars.as_integer(n_neighbors, name="n_neighbors", low=1)
    k = scalars.as_integer(n_exemplars, name="n_exemplars", low=1)
    n_nonzero = scalars.as_integer(n_nonzero, name="n_nonzero", low=1)
    n_threads = scalars.as_integer(n_threads, name="n_threads", low=1)
    l1_ratio = as_penalty(l1_ratio, gamma, False, as_samples(np.ones((1, 1))))[0]
    work = _Work(samples, method, l1_ratio, 1.0 / float(gamma), n_nonzero, n_threads)
    if resume is not None:
        exemplars = work.take(resume)
    try:
        if resume is not None and work.rows == 0 and exemplars.size < min(k, n):
            exemplars = None if exemplars.size == 0 else exemplars
            chosen = _choice(samples, k, l1_ratio, gamma, exemplars, n_threads, rng)
        elif exemplars is None:
            chosen = _choice(samples, k, l1_ratio, gamma, None, n_threads, rng)
        else:
            chosen = as_exemplars(exemplars, n)
        work.exemplars = chosen
        work.code()
        W = work.graph(min(top, max(n - 1, 1)))
    except KeyboardInterrupt as stop:
        if isinstance(stop, Interrupted) and stop.result is not None:  # of the choice
            work.exemplars = stop.result.indices
        raise Interrupted(
            f"exemplar_expression was interrupted with {work.exemplars.size} exemplars and the "
            f"codes of {work.rows} of {n} samples; pass this exception's result as resume",
            work.result(None),
        ) from None
    return work.result(W)


def _choice(
    samples: Samples, k: int, l1_ratio: float, gamma: float, exemplars: Any, n_threads: int,
    rng: RNGLike,
) -> np.ndarray:  # fmt: skip
    found = exemplar_selection(
        samples.unit, min(k, samples.size), l1_ratio=l1_ratio, gamma=gamma, exemplars=exemplars,
        n_threads=n_threads, rng=rng,
    )  # fmt: skip
    return np.asarray(found.indices)


class _Work:
    """What has been done so far, which an interruption hands back."""

    def __init__(
        self, samples: Samples, method: str, l1_ratio: float, penalty: float, n_nonzero: int,
        n_threads: int,
    ) -> None:  # fmt: skip
        self.unit = samples.unit
        self.dtype = samples.dtype
        self.method = method
        self.l1_ratio, self.penalty, self.n_nonzero = l1_ratio, penalty, n_nonzero
        self.n_threads = n_threads
        self.exemplars = np.zeros(0, dtype=np.int64)
        self.parts: list[Any] = []
        self.residual: list[np.ndarray] = []
        self.gap = 0.0

    @property
    def rows(self) -> int:
        """How many samples have codes."""
        return sum(part.size for part in self.residual)

    def take(self, before: ExemplarExpression) -> np.ndarray:
        """Go on from what an interrupted call has done; return its exemplars."""
        if not isinstance(before, ExemplarExpression) or before.info is None:
            raise InvalidInputError(
                "resume must be the result of an Interrupted of exemplar_expression, got "
                f"{type(before).__name__}"
            )
        details = before.info.details
        if details["samples"] != self.unit.shape or before.info.method != self.method:
            raise InvalidInputError(
                f"resume is of method={before.info.method!r} and samples of shape "
                f"{details['samples']}, this call is of {self.method!r} and {self.unit.shape}"
            )
        done = before.residual.size
        if done:
            self.parts, self.residual = [before.codes], [before.residual]
            self.gap = details["gap"]
        return before.exemplars

    def code(self) -> None:
        """Find the codes of the samples that have none yet."""
        n = self.unit.shape[0]
        atoms = self.unit[self.exemplars]
        with Progress(n, "codes over exemplars") as progress:
            progress.advance(self.rows)
            while self.rows < n:
                some = self.unit[self.rows : self.rows + _ROWS]
                if self.method == "omp":
                    codes, residual = batch_omp(
                        atoms, some, self.n_nonzero, n_threads=self.n_threads
                    )
                    gap = 0.0
                else:
                    problem = over_atoms(atoms, some, self.l1_ratio, self.penalty)
                    found = problem.solve(self.n_threads)
                    codes, residual = found.codes, found.residual
                    gap = float(found.gap.max()) / self.penalty
                # Nothing comes between, so that codes and residuals have the same rows.
                self.parts, self.residual, self.gap = (
                    [*self.parts, codes], [*self.residual, residual], max(self.gap, gap),
                )  # fmt: skip
                progress.advance(some.shape[0])

    def graph(self, top: int) -> Any:
        """Join each sample to those with the codes most like its own."""
        n = self.unit.shape[0]
        index, size = nearest_codes(sparse.vstack(self.parts, format="csr"), top, self.n_threads)
        kept = size > 0.0
        row = np.repeat(np.arange(n), np.count_nonzero(kept, axis=1))
        A: Any = sparse.csr_array((size[kept], (row, index[kept])), shape=(n, n))
        return (A + A.T).astype(self.dtype)

    def result(self, W: Any) -> ExemplarExpression:
        k = self.exemplars.size
        codes = sparse.vstack(self.parts, format="csr") if self.parts else sparse.csr_array((0, k))
        residual = np.concatenate([*self.residual, np.zeros(0)])
        gap = None
        if self.method == "elastic_net":
            gap = Bound(self.gap, "bound", "max_i P_i(codes_i) - min P_i")
        return ExemplarExpression(
            W,
            codes,
            self.exemplars,
            residual,
            certificate=ExemplarExpressionCertificate(gap),
            info=Info(
                method=self.method,
                converged=W is not None,
                details={"samples": self.unit.shape, "gap": self.gap},
            ),
        )
