"""Clusters of matrices that share a basis within an error budget."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.progress import Progress
from linsub.concat.agglomeration import agglomerate
from linsub.concat.cluster_compression import OVERSAMPLING, compress
from linsub.concat.cluster_growth import ESTIMATES, grow
from linsub.concat.cluster_result import ClusterCertificate, ClusterResult, Store
from linsub.concat.cluster_storage import StoredCluster, store_cluster, whole
from linsub.concat.collection import Collection, collect
from linsub.results import Bound, Info

__all__ = ["cluster_matrices"]

METHODS = ("agglomerative", *ESTIMATES)
ORDERS = ("residual", "norm")

# Blocks of which the squared norm is smaller, beside the largest at one scale, have lost
# digits to underflow: they are stored as they are.
_FAINT = {np.dtype(np.float32): 1e-50, np.dtype(np.float64): 1e-280}


def cluster_matrices(
    blocks: Any,
    rank: int,
    error: float,
    *,
    method: str = "agglomerative",
    order: str = "residual",
    patience: int = 10,
    check_finite: bool = True,
) -> ClusterResult:
    """Partition matrices into clusters that are stored together within an error budget.

    Finds clusters c of the blocks ``A_1, ..., A_N`` (m rows each) and for each an orthonormal
    basis ``U_c`` of at most `rank` columns with ``||M_c - U_c C_c||_F <= error ||M_c||_F``,
    where M_c has the blocks of the cluster side by side and ``C_c = U_c^H M_c``, so that few
    numbers are stored: ``k_c (m + K_c)`` for a cluster of K_c columns and basis k_c.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i), or array (N, m, n)
        Dense or sparse, real or complex; memory maps; callables that return one of these each
        time, so that the collection may be larger than memory. Any n_i >= 0. Never modified.
    rank : int
        The largest number of columns of a basis, at least 1.
    error : float
        The budget of each cluster, in [0, 1): relative, in the Frobenius norm.
    method : {"agglomerative", "incremental", "residual", "weyl"}, optional
        Merging in pairs, or one of the three published algorithms: what they estimate the
        error of a growing cluster by. See the Notes.
    order : {"residual", "norm"}, optional
        In which order the published algorithms try the blocks: nearest to the span of the
        cluster's seed first, or smallest first.
    patience : int, optional
        The published algorithms stop after so many clusters in a row that took in nothing;
        the blocks that are left are then on their own.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    ClusterResult
        ``labels, ranks, upper, lower, compression_ratio``, with ``.factors()``,
        ``.reconstruct(i)``, ``.certificate`` and ``.info``. Each block is in exactly one
        cluster. A block that no basis of the rank represents within the budget is a cluster of
        its own, stored as it is, with error 0 and rank -1; `info.notes` says so. So is a block
        that no basis makes smaller.

    Raises
    ------
    InvalidInputError
        If there is no block, heights differ, or an argument is out of range.
    InvalidTypeError
        If `blocks` is no collection of matrices.
    NonFiniteError
        If an entry is nan or inf; the message names the block and the entry.

    Notes
    -----
    *Algorithm.* ``agglomerative``: every block is a cluster; the pair whose joint storage is
    smallest relative to that apart is merged, at the smallest rank that the joint spectrum
    certifies (T2 of docs/theory/concat.md), as long as one of at most `rank` exists; the
    tree of merges is then cut where the sum of the costs is least. Joint spectra are computed
    with the 32 clusters that the basis of a cluster captures best. ``weyl``, ``residual`` and
    ``incremental`` are the algorithms of Shamrai (2026), which grow one cluster after the
    other from its largest blocks. They differ from the published code: no block is lost, the
    norms of the seed count only as far as the rank goes (`weyl`), errors are sums of
    what is left out, not differences (`incremental`), and each cluster is stored at the
    smallest rank that meets the budget. In all four, what is stored is then measured: the
    residual is formed from the rounded factors. A cluster that misses the budget is halved
    until it does not, and one that saves nothing is taken apart.

    *Cost.* For N blocks of n columns and r = `rank`: O(N^2 m n r) flops for the
    agglomeration, and 64 N eigenvalue problems of order 2 r + 10 at most;
    O(N m (r + n)^2) for the growth of each cluster, and with ``order="residual"`` a pass
    over what is left. Memory: what is stored, and for the agglomeration min(n, r + 5) columns
    of each block in double precision, twice; the others hold one basis and some 512 columns of
    blocks at a time. What a callable or a memory map gives and is stored as it is, is not
    copied but read again when it is asked for. The work is many small factorizations: threads
    of BLAS help little, and on a busy machine they make it many times slower
    (``OPENBLAS_NUM_THREADS=1`` before NumPy is imported, or threadpoolctl).

    *Accuracy.* Claims ``concat-cluster-partition``, ``concat-cluster-upper`` and
    ``concat-cluster-lower``: the enclosure holds for what :meth:`ClusterResult.factors` and
    :meth:`ClusterResult.reconstruct` give, rounding included. Its width is about
    8 r^1.5 eps, and budgets below that are met by blocks stored as they are. So are
    blocks that are smaller than 1e-140 times the largest (1e-25 in single precision).

    References
    ----------
    Shamrai, Concatenated matrix SVD, arXiv 2601.11626 (2026).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import cluster_matrices
    >>> rng = np.random.default_rng(0)
    >>> bases = [rng.standard_normal((30, 2)) for _ in range(3)]
    >>> blocks = [bases[i % 3] @ rng.standard_normal((2, 5)) for i in range(12)]
    >>> result = cluster_matrices(blocks, rank=2, error=1e-6)
    >>> result.labels.tolist(), result.ranks.tolist()
    ([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2], [2, 2, 2])
    >>> result.compression_ratio
    6.0
    >>> bool(np.allclose(result.reconstruct(7), blocks[7]))
    True
    """
    rank = scalars.as_integer(rank, name="rank", low=1)
    error = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(True, False))
    method = scalars.as_choice(method, name="method", choices=METHODS)
    order = scalars.as_choice(order, name="order", choices=ORDERS)
    patience = scalars.as_integer(patience, name="patience", low=1)
    check_finite = scalars.as_flag(check_finite, name="check_finite")
    collection = collect(blocks, check_finite=check_finite)
    rank = min(rank, collection.height)
    keep = min(rank + OVERSAMPLING, collection.height)
    zero, faint, members = _sorted_out(collection)
    details: dict[str, Any] = {}
    if method == "agglomerative":
        groups = _agglomerated(collection, members, rank, error, keep, details)
    else:
        groups = grow(
            collection, members, rank, error,
            method=method, order=order, patience=patience, keep=keep,
        )  # fmt: skip
        details["order"] = order
    clusters = [whole(collection, i) for i in faint]
    if zero:
        clusters.append(_nothing(collection, zero))
    with Progress(len(groups), "measuring clusters") as progress:
        for group in groups:
            clusters += store_cluster(collection, group, rank, error, keep)
            progress.advance()
    return _result(collection, clusters, method, faint, details)


def _sorted_out(collection: Collection) -> tuple[list[int], list[int], list[int]]:
    """Return the blocks that are zero, those lost in the scale of the others, and the rest."""
    real = np.empty(0, collection.dtype).real.dtype
    floor = _FAINT[real]
    zero, faint, members = [], [], []
    for i, square in enumerate(collection.squares):
        if square > floor:
            members.append(i)
        elif collection.original(i).any():
            faint.append(i)
        else:
            zero.append(i)
    return zero, faint, members


def _nothing(collection: Collection, zero: list[int]) -> StoredCluster:
    U = np.zeros((collection.height, 0), collection.dtype)
    parts = [np.zeros((0, collection.widths[i]), collection.dtype) for i in zero]
    return StoredCluster(zero, U, parts, 0.0, 0.0, [0.0] * len(zero), 0)


def _agglomerated(
    collection: Collection,
    members: list[int],
    rank: int,
    error: float,
    keep: int,
    details: dict[str, Any],
) -> list[list[int]]:
    parts = [compress(collection.block(i), float(collection.squares[i]), keep) for i in members]
    found = agglomerate(parts, collection.height, rank, keep, error)
    details["merges"], details["joint_spectra"] = found.merges, found.joint_spectra
    return [[members[k] for k in cluster] for cluster in found.clusters]


def _result(
    collection: Collection,
    clusters: list[StoredCluster],
    method: str,
    faint: list[int],
    details: dict[str, Any],
) -> ClusterResult:
    clusters = sorted(clusters, key=lambda cluster: cluster.members[0])
    labels = np.empty(len(collection), np.intp)
    errors = np.zeros(len(collection))
    for label, cluster in enumerate(clusters):
        labels[cluster.members] = label
        errors[cluster.members] = cluster.errors
    over = [c.members[0] for c in clusters if c.exceeds]
    store = _store(collection, clusters)
    details |= {
        "stored_whole": [c.members[0] for c in clusters if c.U is None],
        "over_budget": over,
    }
    upper, lower = (np.array([getattr(c, end) for c in clusters]) for end in ("upper", "lower"))
    with np.errstate(over="ignore", under="ignore"):
        errors = np.where(errors > 0.0, np.nextafter(errors / collection.scale, np.inf), 0.0)
    of = "||M_c - U_c C_c||_F / ||M_c||_F"
    certificate = ClusterCertificate(
        upper=Bound(upper, "bound", of),
        lower=Bound(lower, "bound", f"{of} >="),
        block_errors=Bound(errors, "bound", "||A_i - U_c C_i||_F"),
    )
    cost = sum(c.cost for c in clusters)
    size = collection.height * collection.width
    ratio = size / cost if cost else (float("inf") if size else 1.0)
    info = Info(
        method=method,
        passes=-(-collection.reads // len(collection)),
        notes=_notes(over, faint),
        details=details,
    )
    back = collection.home.give_back
    ranks = np.array([c.rank for c in clusters], np.intp)
    return ClusterResult(
        back(labels), back(ranks), back(upper), back(lower), ratio,
        certificate=certificate, info=info, store=store,
    )  # fmt: skip


def _store(collection: Collection, clusters: list[StoredCluster]) -> Store:
    places = [(0, 0)] * len(collection)
    copies: dict[int, np.ndarray] = {}
    source = None
    for label, cluster in enumerate(clusters):
        for position, i in enumerate(cluster.members):
            places[i] = (label, position)
        if cluster.U is None:
            i = cluster.members[0]
            if collection.is_out_of_core(i):
                source = collection
            else:
                copies[i] = collection.original(i).copy()
    like = collection.home.give_back(np.zeros(0))
    return Store(clusters, places, collection.scale, like, copies, source)


def _notes(over: list[int], faint: list[int]) -> tuple[str, ...]:
    notes = []
    if over:
        notes.append(
            f"{_listed(over)} exceed the budget at this rank on their own: stored as they are"
        )
    if faint:
        notes.append(f"{_listed(faint)} vanish beside the largest block: stored as they are")
    return tuple(notes)


def _listed(indices: list[int], shown: int = 8) -> str:
    names = ", ".join(map(str, indices[:shown]))
    more = f" and {len(indices) - shown} more" if len(indices) > shown else ""
    return f"{'block' if len(indices) == 1 else 'blocks'} {names}{more}"
