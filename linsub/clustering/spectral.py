"""Labels from an affinity: normalized cuts by Lanczos, component by component."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike, Streams
from linsub.clustering.assignment import by_kmeans, by_pivoted_qr, fill_empty, unit_rows
from linsub.clustering.components import Spectrum, normalized, pieces, spectrum
from linsub.clustering.graph import as_affinity
from linsub.errors import InvalidInputError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["SpectralCertificate", "SpectralResult", "spectral_labels"]

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
    """

    residuals: Bound | None = None


class SpectralResult(Record):
    """Labels of an affinity: ``labels, eigenvalues, gaps, embedding = spectral_labels(W, k)``.

    Attributes
    ----------
    labels : ndarray of shape (N,)
        Of int64 in 0 .. k - 1, each of them used.
    eigenvalues : ndarray of shape (r,)
        The largest of ``D^-1/2 W D^-1/2``, descending.
    gaps : ndarray of shape (r - 1,)
        ``eigenvalues[i] - eigenvalues[i + 1]``: the larger gaps[k - 1], the better do k clusters
        describe the graph.
    embedding : ndarray of shape (N, k)
        Rows of norm 1, or 0 for isolated nodes and dust.
    certificate : SpectralCertificate
    info : Info
        In ``details``: ``n_components``; ``n_isolated`` nodes without a neighbour; ``outside``,
        the nodes that no eigenvector knows of and whose labels are a guess; ``n_filled`` clusters
        that had no member; ``effective_degree``, the median over the nodes of
        ``(sum_j W_ij)^2 / sum_j W_ij^2``.
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
    assign: Literal["cluster_qr", "kmeans"] = "cluster_qr",
    max_clusters: int = 20,
    n_init: int = 10,
    tol: float = 1e-8,
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
    assign : {"cluster_qr", "kmeans"}, optional
        Deterministic labels by a pivoted QR of the embedding, or k-means on it.
    max_clusters : int, optional
        For "eigengap".
    n_init : int, optional
        Starts of k-means.
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

    Notes
    -----
    *Algorithm.* Lanczos for the largest eigenvalues of S (never shift-and-invert, whose factors
    of expanders are dense), each connected component by itself, since the eigenvalue 1 has one
    vector a component and Lanczos would see a single one. Components with fewer than a tenth of
    ``N / k`` nodes, and isolated nodes, are left out of the embedding and join the largest cluster.
    Where at least k components remain, they are the clusters.
    *Cost.* About ``2 (k + 10)`` products with S and ``N k^2`` flops a restart, few restarts; linear
    in the number of edges. *Accuracy.* Residuals are measured. Eigenvalues within `tol` of each
    other are not told apart.

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
    assign = scalars.as_choice(assign, name="assign", choices=("cluster_qr", "kmeans"))  # type: ignore[assignment]
    n_init = scalars.as_integer(n_init, name="n_init", low=1)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    streams = Streams(rng)
    S, degree = normalized(graph)
    parts = pieces(graph)
    wanted = k or min(scalars.as_integer(max_clusters, name="max_clusters", low=2), n)
    linked = [part for part in parts if part.size > 1]
    large = [part for part in linked if part.size >= _DUST * n / wanted] or linked[:wanted]
    found = spectrum(S, large, min(wanted + 1, n), tol)
    gaps = found.values[:-1] - found.values[1:]
    if k is None:
        k = 2 + int(np.argmax(gaps[1:])) if gaps.size > 1 else min(2, n)
    embedding = unit_rows(found.vectors[:, :k])
    labels, filled = _labels(embedding, large, k, assign, n_init, streams)
    outside = np.flatnonzero(~embedding.any(axis=1))
    labels = _numbered_by_first(labels)
    details: dict[str, Any] = {
        "n_components": len(parts),
        "n_isolated": int(np.count_nonzero(degree == 0.0)),
        "outside": outside,
        "n_filled": filled,
        "effective_degree": _effective_degree(graph),
    }
    return SpectralResult(
        labels,
        found.values,
        gaps,
        embedding,
        certificate=_certificate(found, n),
        info=Info(
            method=f"lanczos, {assign}", notes=_notes(details, len(large), k), details=details
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


def _labels(
    embedding: np.ndarray,
    large: list[np.ndarray],
    k: int,
    assign: str,
    n_init: int,
    streams: Streams,
) -> tuple[np.ndarray, int]:
    n = embedding.shape[0]
    labels = np.zeros(n, dtype=np.int64)
    inside = np.flatnonzero(embedding.any(axis=1))
    if inside.size == 0:
        return fill_empty(labels, embedding, k)
    rows = embedding[inside]
    if len(large) >= k or rows.shape[1] < k or inside.size < k:  # the components are the clusters
        found = np.argmax(np.abs(rows), axis=1)
    elif assign == "kmeans":
        found = by_kmeans(rows, k, n_init, streams)
    else:
        found = by_pivoted_qr(rows)
    labels[:] = np.argmax(np.bincount(found, minlength=k))
    labels[inside] = found
    return fill_empty(labels, embedding, k)


def _numbered_by_first(labels: np.ndarray) -> np.ndarray:
    """Number clusters by their first member, so that equal partitions have equal labels."""
    _, first, number = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[number]


def _effective_degree(graph: Any) -> float:
    """Return the median of ``(sum w)^2 / sum w^2`` over the nodes that have neighbours."""
    total = np.asarray(graph.sum(axis=1)).ravel()
    square = np.asarray(graph.power(2).sum(axis=1)).ravel()
    known = square > 0.0
    return float(np.median(total[known] ** 2 / square[known])) if known.any() else 0.0


def _certificate(found: Spectrum, n: int) -> SpectralCertificate:
    rounding = 4.0 * np.sqrt(n) * float(np.finfo(np.float64).eps)
    return SpectralCertificate(
        residuals=Bound(found.residuals + rounding, "bound", "||S v - lambda v||")
    )


def _notes(details: dict[str, Any], large: int, k: int) -> tuple[str, ...]:
    notes = []
    if details["n_isolated"]:
        notes.append(f"{details['n_isolated']} nodes have no neighbour: their labels are a guess")
    dust = details["outside"].size - details["n_isolated"]
    if dust > 0:
        notes.append(f"{dust} nodes are in small or surplus components: their labels are a guess")
    if large >= k > 1:
        notes.append(f"the graph falls apart into {large} components: k of them are the clusters")
    if details["n_filled"]:
        notes.append(f"{details['n_filled']} clusters had no member and were given one each")
    return tuple(notes)
