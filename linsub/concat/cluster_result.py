"""The record of a clustering: labels, ranks and certified errors, and the factors."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from linsub._core import arrays, scalars
from linsub.concat.cluster_storage import StoredCluster
from linsub.concat.collection import Collection
from linsub.errors import InvalidInputError, NumericalError
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["ClusterCertificate", "ClusterFactors", "ClusterResult", "Store"]


@dataclasses.dataclass(frozen=True, eq=False)
class ClusterCertificate(Certificate):
    """What is known about the errors of a clustering. Unknown is None.

    Attributes
    ----------
    upper : Bound of shape (n_clusters,)
        Of ||M_c - U_c C_c||_F / ||M_c||_F, measured on the factors.
    lower : Bound of shape (n_clusters,)
        Of the same, from below.
    block_errors : Bound of shape (n_blocks,)
        ||A_i - U_c C_i||_F, in the unit of the blocks.
    """

    upper: Bound | None = None
    lower: Bound | None = None
    block_errors: Bound | None = None


class ClusterFactors(NamedTuple):
    """What one cluster is stored as: ``A_i ~ U @ parts[j]``, i the j-th of its blocks.

    Attributes
    ----------
    U : array (m, k), or None where the one block is stored whole
        Orthonormal columns to rounding.
    parts : list of array (k, n_i)
        U^H A_i, slices of S Vh, or the block itself where `U` is None; the blocks of the
        cluster in the order of their indices.
    """

    U: Any
    parts: list[Any]


@dataclasses.dataclass(frozen=True, eq=False)
class Store:
    """The factors of all clusters, in the scaled unit of the collection.

    Attributes
    ----------
    clusters : list of StoredCluster
    places : list of (int, int)
        The cluster of each block and its position there.
    scale : float
    like : array
        An empty one of the caller's own type, which survives pickling where Home does not.
    copies : dict of int to ndarray
        The blocks that are stored as they are.
    source : Collection or None
        Where such blocks are read from if they are not in `copies`. Else None: the factors
        do not keep alive what they replace.
    """

    clusters: list[StoredCluster]
    places: list[tuple[int, int]]
    scale: float
    like: Any
    copies: dict[int, np.ndarray]
    source: Collection | None

    def give_back(self, x: np.ndarray) -> Any:
        return arrays.home(self.like).give_back(x)

    def whole(self, i: int) -> np.ndarray:
        if i in self.copies:
            return self.copies[i].copy()
        assert self.source is not None
        return self.source.original(i).copy()

    def unscaled(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            y = x / x.real.dtype.type(self.scale)
        if not np.isfinite(y).all():
            raise NumericalError(
                f"coefficients exceed the largest {y.dtype}; divide the blocks by a power of two"
            )
        return np.asarray(y)

    def factors(self, cluster: StoredCluster) -> ClusterFactors:
        back = self.give_back
        if cluster.U is None:
            return ClusterFactors(None, [back(self.whole(i)) for i in cluster.members])
        parts = [back(self.unscaled(part)) for part in cluster.parts]
        return ClusterFactors(back(cluster.U.copy()), parts)

    def block(self, i: int) -> np.ndarray:
        label, position = self.places[i]
        cluster = self.clusters[label]
        if cluster.U is None:
            return self.whole(i)
        return self.unscaled(cluster.U @ cluster.parts[position])


class ClusterResult(Record):
    """Clusters of blocks that share a basis, with their certified errors.

    Attributes
    ----------
    labels : int array (n_blocks,)
        The cluster of each block; clusters are numbered by their first block.
    ranks : int array (n_clusters,)
        Columns of the basis of each cluster; 0 for blocks that are zero, and -1 where the
        cluster is one block that is stored as it is.
    upper, lower : float array (n_clusters,)
        ``lower <= ||M_c - U_c C_c||_F / ||M_c||_F <= upper`` for what :meth:`factors` and
        :meth:`reconstruct` give; 0 where the block is stored as it is, or zero.
    compression_ratio : float
        ``m sum n_i`` over the numbers stored: k (m + K_c) for a cluster of K_c columns with a
        basis of k, m K_c for one that is stored as it is; inf where nothing need be stored.
    certificate : ClusterCertificate
    info : Info
        ``details`` has the indices of the blocks that are ``stored_whole``, and among them
        those ``over_budget``, which no basis of the rank represents within the error.
    """

    _fields = ("labels", "ranks", "upper", "lower", "compression_ratio")
    labels: Any
    ranks: Any
    upper: Any
    lower: Any
    compression_ratio: float
    certificate: ClusterCertificate | None
    info: Info | None
    _store: Store | None

    def __new__(cls, *fields: Any, store: Store | None = None, **named: Any) -> ClusterResult:
        self = super().__new__(cls, *fields, **named)
        assert isinstance(self, cls)
        self._store = store
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        fields, named = super().__getnewargs_ex__()
        return fields, {**named, "store": self._store}

    def _held(self) -> Store:
        if self._store is None:
            raise InvalidInputError(
                "this record was rebuilt from its fields and has no factors; keep the one that "
                "cluster_matrices returned"
            )
        return self._store

    def factors(self) -> list[ClusterFactors]:
        """Return ``(U, parts)`` of each cluster, in the caller's own array type.

        Raises
        ------
        InvalidInputError
            If the record was rebuilt from its fields.
        NumericalError
            If coefficients overflow in the unit of the blocks.
        """
        store = self._held()
        return [store.factors(cluster) for cluster in store.clusters]

    def reconstruct(self, i: int) -> Any:
        """Return block i as it is stored, dense: ``U @ part``, or the block itself.

        Parameters
        ----------
        i : int
            From 0 to the number of blocks less one.

        Raises
        ------
        InvalidInputError
            If there is no such block, or the record was rebuilt from its fields.
        """
        store = self._held()
        i = scalars.as_integer(i, name="i", low=0, high=len(store.places) - 1)
        return store.give_back(store.block(i))
