"""Ensemble K-subspaces: how often two samples fall into one subspace, over many random fits."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core import scalars
from linsub._core.progress import Progress
from linsub._core.random import RNGLike, Streams
from linsub._core.threads import run_parts
from linsub.clustering.kss import as_problem, runs_of
from linsub.clustering.largest import largest_of_rows
from linsub.clustering.spectral import spectral_labels
from linsub.results import Certificate, Info, Record

__all__ = ["EnsembleCertificate", "EnsembleKSubspacesResult", "ensemble_k_subspaces"]

# Entries of the block of counts that is held at a time (32 MB).
_ENTRIES = 1 << 24

# Fewer neighbours break clusters on which most runs agree into the groups on which all do: on six
# unions of three planes with 40 samples each, 10 left four of them in pieces, 20 none.
_FEWEST = 20

# Counts of runs are kept in 16 bits.
_MOST = 60_000


@dataclasses.dataclass(frozen=True, eq=False)
class EnsembleCertificate(Certificate):
    """What is known of an ensemble clustering: residuals of its spectral stage.

    Attributes
    ----------
    residuals : Bound
        As of :func:`spectral_labels`.
    """

    residuals: Any = None


class EnsembleKSubspacesResult(Record):
    """Labels of an ensemble: ``labels, affinity = ensemble_k_subspaces(X, 5, 6)``.

    Attributes
    ----------
    labels : ndarray of shape (N,)
    affinity : csr_array of shape (N, N)
        The share of runs in which two samples have one label, cut to the largest of each row and
        column; the diagonal is 0.
    certificate : EnsembleCertificate
    info : Info
        In ``details``: ``costs`` of the runs, ``n_neighbors``, and ``spectral``, the Info of the
        spectral stage.
    """

    _fields = ("labels", "affinity")
    labels: np.ndarray
    affinity: Any
    certificate: EnsembleCertificate | None
    info: Info | None


def ensemble_k_subspaces(
    X: Any,
    n_clusters: int,
    dim: int | Sequence[int],
    *,
    n_runs: int = 200,
    n_neighbors: int | None = None,
    maxiter: int = 30,
    affine: bool = False,
    n_threads: int = 1,
    rng: RNGLike = None,
) -> EnsembleKSubspacesResult:
    """Cluster samples by the agreement of many K-subspaces fits (EKSS).

    ``A_ij`` is the share of runs from random subspaces in which samples i and j have one label. Its
    q largest entries a row and a column are kept, and the graph is cut by :func:`spectral_labels`.

    Parameters
    ----------
    X : array_like of shape (N, D)
        Rows are samples, of at least `n_clusters`.
    n_clusters : int
    dim : int or sequence of int
        As in :func:`k_subspaces`.
    n_runs : int, optional
        Fits that vote, from 1 to 60000.
    n_neighbors : int, optional
        q, from 1; by default ``max(20, min(ceil(N / 20), 100))``. At most N - 1 are there.
    maxiter : int, optional
        Steps of a run; 0 is EKSS-0, which only assigns samples to random subspaces.
    affine : bool, optional
        As in :func:`k_subspaces`.
    n_threads : int, optional
        Groups of runs at a time; the result is the same.
    rng : {None, int, Generator}, optional

    Returns
    -------
    EnsembleKSubspacesResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Warns
    -----
    AccuracyWarning
        If the spectral stage doubts its labels.

    Notes
    -----
    *Algorithm.* Lipor, Hong, Tan and Balzano (2021). Counts are formed for a block of rows at a
    time, never for all pairs. *Cost.* That of `n_runs` runs of K-subspaces, and
    ``N^2 n_runs`` comparisons of 16 bits. *Accuracy.* Claim ``clustering-ekss-expectation``: for
    random lines the expected agreement of EKSS-0 is a known function of the angle.

    References
    ----------
    Lipor, Hong, Tan and Balzano, Inf. Inference 10 (2021), arXiv 1709.04744.

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy, ensemble_k_subspaces
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 6, 30, rng=0)
    >>> labels, affinity = ensemble_k_subspaces(X, 3, 2, n_runs=50, rng=0)
    >>> clustering_accuracy(truth, labels)
    1.0
    """
    given = as_problem(X, n_clusters, dim, affine)
    problem, n = given.problem, given.problem.X.shape[0]
    runs = scalars.as_integer(n_runs, name="n_runs", low=1, high=_MOST)
    q = max(_FEWEST, min(-(-n // 20), 100)) if n_neighbors is None else n_neighbors
    q = min(scalars.as_integer(q, name="n_neighbors", low=1), n - 1)
    steps = scalars.as_integer(maxiter, name="maxiter", low=0)
    streams = Streams(rng)
    fits = runs_of(problem, "uniform", runs, max(1, steps), n_threads, streams, moved=steps > 0)
    labels = np.concatenate([fit.labels for fit in fits])
    affinity = coassociation(labels, q, n_threads)
    # Pieces of the graph find their place by their subspaces, which go through 0.
    rows = None if problem.affine else problem.X
    found = spectral_labels(
        affinity, problem.dims.size, X=rows, rng=streams.generator("shuffle", 0)
    )
    info = Info(
        method="ensemble of alternations",
        iterations=runs,
        notes=() if found.info is None else found.info.notes,
        details={
            "costs": np.ldexp(np.concatenate([f.costs for f in fits]), -2 * given.exponent),
            "n_neighbors": q,
            "spectral": found.info,
        },
    )
    residuals = None if found.certificate is None else found.certificate.residuals
    return EnsembleKSubspacesResult(
        found.labels,
        affinity.astype(given.dtype),
        certificate=EnsembleCertificate(residuals=residuals),
        info=info,
    )


def coassociation(labels: np.ndarray, top: int, n_threads: int = 1) -> Any:
    """Return the share of runs (R, N) in which two samples agree, `top` of a row and column."""
    from linsub.clustering._kernels.coassociation import count_agreements

    runs, n = labels.shape
    compact = np.ascontiguousarray(labels, dtype=np.uint16)
    step = max(1, min(n, _ENTRIES // n) // max(1, n_threads))
    parts: list[Any] = [None] * -(-n // step)
    with Progress(n, "agreement of runs") as progress:

        def block(place: int) -> None:
            first = place * step
            counts = np.empty((min(n, first + step) - first, n), dtype=np.uint16)
            count_agreements(compact, first, counts)
            rows = np.arange(counts.shape[0])
            counts[rows, first + rows] = 0  # a sample agrees with itself, which says nothing
            parts[place] = largest_of_rows(counts, top)
            progress.advance(counts.shape[0])

        run_parts([lambda place=place: block(place) for place in range(len(parts))], n_threads)  # type: ignore[misc]
    kept: Any = sparse.vstack(parts, format="csr").astype(np.float64)
    return sparse.csr_array((kept + kept.T) / (2.0 * runs))
