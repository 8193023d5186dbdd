"""Labels from an affinity: normalized cuts by Lanczos, component by component."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike, Streams
from linsub.clustering import bounds
from linsub.clustering.assignment import by_kmeans, by_pivoted_qr, fill_empty, unit_rows
from linsub.clustering.components import Spectrum, normalized, pieces, spectrum
from linsub.clustering.detection import detect
from linsub.clustering.graph import as_affinity
from linsub.clustering.outsiders import by_nearest_subspace
from linsub.clustering.samples import as_samples
from linsub.errors import AccuracyWarning, InvalidInputError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["SpectralCertificate", "SpectralResult", "spectral_labels"]

# What helps a graph that shows too few clusters: edges where it has few, contrast where it has many
# (pursuit of digits: 3 to 7 a node; thresholding that works: 4 to 15).
_THIN = 30.0
_DENSER = (
    "Make it denser: more neighbours (threshold_neighbors), codes averaged over random "
    "dictionaries (averaged_omp), or doubly_stochastic_projection with a larger eta; or ask for "
    "fewer clusters."
)
_SHARPER = "Keep the largest entries of each row (affinity(top=10)), or ask for fewer clusters."

# Lanczos: labels need few digits, the bound of the cut some more.
_TOL = 1e-8

# Warn where more labels than this share are guesses; projections that are nearly matchings, of
# digits, have up to 4 % and are right in as many places as denser ones.
_GUESSED = 0.05

# A component of fewer nodes than this share of an average cluster is dust: it joins a cluster
# afterwards and does not count as one.
_DUST = 0.1


@dataclasses.dataclass(frozen=True, eq=False)
class SpectralCertificate(Certificate):
    """What is known of a spectral clustering.

    Attributes
    ----------
    residuals : Bound
        ``||S v - lambda v||`` of each eigenpair, of shape (r,): within that distance of each
        value S has an eigenvalue. That none was missed is not proved.
    cut : Bound
        ``sum_c cut(c) / vol(c)`` of the labels, the normalized cut; of clusters that have edges.
    least_cut : Bound
        What no partition in as many clusters that have edges is below: k less the k largest
        eigenvalues. An estimate where they come from Lanczos, which can miss one.
    """

    residuals: Bound | None = None
    cut: Bound | None = None
    least_cut: Bound | None = None


class SpectralResult(Record):
    """Labels of an affinity: ``labels, eigenvalues, gaps, embedding = spectral_labels(W, k)``.

    Attributes
    ----------
    labels : ndarray of shape (N,)
        Of int64 in 0 .. k - 1, each of them used.
    eigenvalues : ndarray of shape (r,)
        The largest of ``D^-1/2 W D^-1/2``, descending, without those of dust.
    gaps : ndarray of shape (r - 1,)
        ``eigenvalues[i] - eigenvalues[i + 1]``: the larger gaps[k - 1], the better do k clusters
        describe the graph.
    embedding : ndarray of shape (N, k)
        Rows of norm 1, or 0 for isolated nodes and dust.
    certificate : SpectralCertificate
    info : Info
        In ``details``: ``n_components``; ``n_isolated`` nodes without a neighbour; ``outside``,
        the nodes that no eigenvector knows of and whose labels are a guess, or come from `X`;
        ``n_filled`` clusters that had no member; ``effective_degree``, the median over the nodes of
        ``(sum_j W_ij)^2 / sum_j W_ij^2``; ``edge``, the second eigenvalue of a graph with the same
        degrees and no clusters (nan for small graphs); ``informative``, how many of the k leading
        eigenvalues are above it. ``notes`` begins with the reasons of a warning.
    """

    _fields = ("labels", "eigenvalues", "gaps", "embedding")
    labels: np.ndarray
    eigenvalues: np.ndarray
    gaps: np.ndarray
    embedding: np.ndarray
    certificate: SpectralCertificate | None
    info: Info | None


def spectral_labels(
    W: Any,
    n_clusters: int | Literal["eigengap"] = "eigengap",
    *,
    X: Any = None,
    assign: Literal["kmeans", "cluster_qr"] = "kmeans",
    max_clusters: int = 20,
    n_init: int = 10,
    tol: float = _TOL,
    rng: RNGLike = None,
) -> SpectralResult:
    """Cluster the nodes of a graph by the leading eigenvectors of its normalized affinity.

    The eigenvectors of ``S = D^-1/2 W D^-1/2`` with the k largest eigenvalues, rows brought to
    norm 1, solve the normalized cut with real numbers for indicators (Ng, Jordan and Weiss 2002).

    Parameters
    ----------
    W : array_like or sparse of shape (N, N)
        Symmetric, not negative; its diagonal counts as it is. At any scale.
    n_clusters : int or "eigengap", optional
        In 1 .. N; by default where the gap between neighbouring eigenvalues is largest, from 2
        to `max_clusters`.
    X : array_like of shape (N, D), optional
        The samples that W was made of: nodes that no eigenvector knows of then join the cluster
        whose subspace is nearest, each component as a whole, and not the largest cluster.
    assign : {"kmeans", "cluster_qr"}, optional
        k-means on the embedding, its first start from a pivoted QR; or the labels of the pivoted
        QR, which draw no random numbers but follow clusters of unequal spread less well.
    max_clusters : int, optional
        For "eigengap".
    n_init : int, optional
        Starts of k-means; with 1 nothing is drawn.
    tol : float, optional
        Of Lanczos, relative.
    rng : {None, int, Generator}, optional
        For k-means.

    Returns
    -------
    SpectralResult
        Always k labels, all used. What was guessed is in ``info``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if there are fewer nodes than clusters.
    ConvergenceError
        If Lanczos finds no eigenvectors of a graph that is too large to be decomposed densely.

    Warns
    -----
    AccuracyWarning
        If fewer than k eigenvalues are above those of a graph with the same degrees and no
        clusters, or many labels are guesses: see ``info.notes`` and the *Accuracy* below.

    See Also
    --------
    averaged_omp : a graph that shows clusters where that of :func:`self_expressive_omp` does not.

    Notes
    -----
    *Algorithm.* Lanczos for the largest eigenvalues of S (no shift-and-invert, whose factors of
    expanders are dense, but for chains, on which Lanczos creeps), each connected component by
    itself, since the eigenvalue 1 has one vector a component and Lanczos would see a single one.
    Components with fewer than a tenth of ``N / k`` nodes, and isolated nodes, are left out of the
    embedding and assigned afterwards. Where at least k components remain, the k largest are the
    clusters.
    *Cost.* About ``2 (k + 10)`` products with S and ``N k^2`` flops a restart, few restarts; linear
    in the number of edges. Three loose runs more on sparse graphs for the warning.
    *Accuracy.* Residuals and the cut are measured (claims ``clustering-spectral-residuals``,
    ``clustering-spectral-components``, ``clustering-normalized-cut``). Eigenvalues within
    `tol` of each other are not told apart. The gap is a guide where it is wide: on digits it finds
    9 or 10 clusters by thresholding, on sparse codes of few samples anything. The warning is
    measured, not proved.

    References
    ----------
    Ng, Jordan and Weiss, Advances in Neural Information Processing Systems 14 (2002); Damle, Minden
    and Ying, Information and Inference 8 (2019).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import spectral_labels
    >>> W = np.kron(np.eye(2), np.ones((4, 4))) + 0.01
    >>> spectral_labels(W).labels.tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    graph = as_affinity(W)
    n = graph.shape[0]
    k = _asked(n_clusters, n, max_clusters)
    rows = None if X is None else _rows(X, n)
    assign = scalars.as_choice(assign, name="assign", choices=("kmeans", "cluster_qr"))  # type: ignore[assignment]
    n_init = scalars.as_integer(n_init, name="n_init", low=1)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    streams = Streams(rng)
    S, _ = normalized(graph)
    parts = pieces(graph)
    wanted = k or min(scalars.as_integer(max_clusters, name="max_clusters", low=2), n)
    linked = [part for part in parts if part.size > 1]
    large = [part for part in linked if part.size >= _DUST * n / wanted] or linked[: wanted + 1]
    found = spectrum(S, large, min(wanted + 1, n), tol)
    gaps = found.values[:-1] - found.values[1:]
    if k is None:
        k = 2 + int(np.argmax(gaps[1:])) if gaps.size > 1 else min(2, n)
    embedding = np.zeros((n, k))
    embedding[:, : found.values.size] = unit_rows(found.vectors[:, :k])
    labels = _inside(embedding, len(large), k, assign, n_init, streams)
    outside = np.flatnonzero(labels < 0)
    labels = _assigned(labels, parts, rows, k)
    labels, filled = fill_empty(labels, embedding, k)
    labels = _numbered_by_first(labels)
    details = _details(graph, S, found.values[:k], len(large), k)
    details |= {
        "n_components": len(parts),
        "n_isolated": len(parts) - len(linked),
        "outside": outside,
        "n_filled": filled,
    }
    doubts = _doubts(details, found.values, n, k, rows is not None)
    if doubts:
        warnings.warn(" ".join(doubts), AccuracyWarning, stacklevel=2)
    return SpectralResult(
        labels,
        found.values,
        gaps,
        embedding,
        certificate=_certificate(found, S, graph, labels, parts, large),
        info=Info(
            method=f"lanczos, {assign}",
            notes=(*doubts, *_notes(details, len(large), k)),
            details=details,
        ),
    )


def _asked(n_clusters: Any, n: int, max_clusters: int) -> int | None:
    """Return the number of clusters, or None where the gap shall say."""
    if n == 0:
        raise InvalidInputError("W has no nodes: there is nothing to cluster")
    if isinstance(n_clusters, str):
        scalars.as_choice(n_clusters, name="n_clusters", choices=("eigengap",))
        return None
    k = scalars.as_integer(n_clusters, name="n_clusters", low=1)
    if k > n:
        raise InvalidInputError(f"n_clusters={k} and there are {n} samples; ask for at most {n}")
    return k


def _rows(X: Any, n: int) -> np.ndarray:
    samples = as_samples(X)
    if samples.size != n:
        raise InvalidInputError(f"X has {samples.size} rows and W has {n} nodes")
    return samples.unit


def _inside(
    embedding: np.ndarray, n_large: int, k: int, assign: str, n_init: int, streams: Streams
) -> np.ndarray:
    """Return the labels of the nodes that the embedding knows of, -1 for the others."""
    labels = np.full(embedding.shape[0], -1, dtype=np.int64)
    inside = np.flatnonzero(embedding.any(axis=1))
    rows = embedding[inside]
    if n_large >= k or inside.size < k:  # the components are the clusters
        labels[inside] = np.argmax(np.abs(rows), axis=1)
    elif assign == "kmeans":
        labels[inside] = by_kmeans(rows, k, n_init, streams)
    else:
        labels[inside] = by_pivoted_qr(rows)
    return labels


def _assigned(
    labels: np.ndarray, parts: list[np.ndarray], rows: np.ndarray | None, k: int
) -> np.ndarray:
    """Give labels to the components that have none."""
    unknown = [part for part in parts if labels[part[0]] < 0]
    if not unknown:
        return labels
    if rows is not None:
        return by_nearest_subspace(rows, labels, unknown, k)
    return np.where(labels < 0, np.argmax(np.bincount(labels[labels >= 0], minlength=k)), labels)


def _numbered_by_first(labels: np.ndarray) -> np.ndarray:
    """Number clusters by their first member, so that equal partitions have equal labels."""
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[number]


def _details(graph: Any, S: Any, values: np.ndarray, n_large: int, k: int) -> dict[str, Any]:
    """Return what the graph says of itself, beside its k leading eigenvalues."""
    effective = _effective_degree(graph)
    seen = detect(S, values, effective)
    # Components that are as many as clusters, or fewer, are clusters whatever the edge is.
    informative = max(seen.informative, n_large) if n_large <= k else seen.informative
    return {
        "effective_degree": effective,
        "edge": seen.edge,
        "informative": informative,
    }


def _effective_degree(graph: Any) -> float:
    """Return the median of ``(sum w)^2 / sum w^2`` over the nodes that have neighbours."""
    total = np.asarray(graph.sum(axis=1)).ravel()
    square = np.asarray(graph.power(2).sum(axis=1)).ravel()
    known = square > 0.0
    return float(np.median(total[known] ** 2 / square[known])) if known.any() else 0.0


def _certificate(
    found: Spectrum, S: Any, graph: Any, labels: np.ndarray, parts: Any, large: Any
) -> SpectralCertificate:
    width = int(np.diff(graph.indptr).max(initial=0))
    rounding = bounds.spectral_rounding(width)
    edges = graph.tocoo()
    row, column = labels[edges.row], labels[edges.col]
    k = int(labels.max()) + 1
    volume = np.bincount(row, weights=edges.data, minlength=k)
    cut = np.bincount(row, weights=edges.data * (row != column), minlength=k)
    known = volume > 0.0
    count = int(np.count_nonzero(known))
    # All of S counts for the bound, dust and loops too: each component has an eigenvalue 1.
    edged = [
        part
        for part in parts
        if part.size > 1 or graph.indptr[part[0]] != graph.indptr[part[0] + 1]
    ]
    if len(edged) >= count:
        values, complete = np.ones(count), True
    else:
        whole = found if len(edged) == len(large) else spectrum(S, edged, count, _TOL)
        values, complete = whole.values[:count], whole.complete
    least = max(0.0, bounds.least_normalized_cut(values, rounding * graph.shape[0]))
    return SpectralCertificate(
        residuals=Bound(found.residuals + rounding, "bound", "||S v - lambda v||"),
        cut=Bound(float(np.sum(cut[known] / volume[known])), "exact", "normalized cut"),
        least_cut=Bound(least, "bound" if complete else "estimate", "normalized cut >="),
    )


def _doubts(
    details: dict[str, Any], values: np.ndarray, n: int, k: int, samples: bool
) -> tuple[str, ...]:
    """Return why the labels may be worthless, and what to do."""
    found = []
    last = min(k, values.size)
    if details["informative"] < last:
        found.append(
            f"The graph shows {max(1, details['informative'])} of {k} clusters: eigenvalue {last} "
            f"is {values[last - 1]:.3f} and a graph with the same degrees and no clusters has "
            f"{details['edge']:.3f} (effective degree {details['effective_degree']:.1f}). "
            + (_DENSER if details["effective_degree"] < _THIN else _SHARPER)
        )
    share = details["outside"].size / n
    if share > _GUESSED and k > 1:
        source = "come from X alone" if samples else "are guesses"
        found.append(
            f"The labels of {details['outside'].size} of {n} nodes {source}: they are isolated or "
            f"in small or surplus components ({details['n_components']} in all). Make the graph "
            "denser" + ("." if samples else ", or pass X to place them by their subspaces.")
        )
    return tuple(found)


def _notes(details: dict[str, Any], large: int, k: int) -> tuple[str, ...]:
    notes = []
    if details["n_isolated"]:
        notes.append(f"{details['n_isolated']} nodes have no neighbour")
    dust = details["outside"].size - details["n_isolated"]
    if dust > 0:
        notes.append(f"{dust} nodes are in small or surplus components")
    if large >= k > 1:
        notes.append(f"the graph falls apart into {large} components: {k} of them are the clusters")
    if details["n_filled"]:
        notes.append(f"{details['n_filled']} clusters had no member and were given one each")
    return tuple(notes)
