"""Certified agglomeration: merge what is cheapest to store together, then cut the tree."""

from __future__ import annotations

import dataclasses
import heapq

import numpy as np

from linsub._core.dense.eigh import eigenvalues
from linsub._core.dense.svd import singular_values
from linsub._core.progress import Progress
from linsub.concat import bounds
from linsub.concat.cluster_compression import Compressed, join

__all__ = ["Agglomeration", "agglomerate"]

# Partners of which the joint spectrum is computed, the nearest first. Ratios on the photograph
# and the digits of benchmarks/clustering.py: 3.32 and 14.2 with 8 of them, 3.34 and 14.0 with
# 32, 3.35 and 13.2 with 64, at 2, 3 and 5 milliseconds a merge on the digits.
_PARTNERS = 32

# Below this budget a Gram matrix, which squares, no longer holds what must be compared.
_GRAM_BUDGET = 1e-6

# Share of columns of merged groups at which they are thrown out: products with them cost as
# much as with live ones, and moving a column costs about as much as two such products.
_DEAD = 0.1


@dataclasses.dataclass
class Agglomeration:
    """The clusters, as lists of positions, and how much was looked at."""

    clusters: list[list[int]]
    merges: int = 0
    joint_spectra: int = 0


class _Pack:
    """The columns U S of all groups in one matrix, so that one product meets all of them."""

    def __init__(self, height: int, columns: int, widest: int, groups: int, dtype: np.dtype):
        # A merged group never has more columns than its parts; the rest saves compactions.
        self.W = np.empty((height, columns + columns // 4 + widest), dtype, order="F")
        self._ids = np.zeros(groups, np.intp)
        self._starts = np.zeros(groups + 1, np.intp)
        self.count = 0

    @property
    def ids(self) -> np.ndarray:
        return self._ids[: self.count]

    @property
    def starts(self) -> np.ndarray:
        return self._starts[: self.count]

    @property
    def used(self) -> int:
        return int(self._starts[self.count])

    def append(self, key: int, B: np.ndarray, alive: np.ndarray) -> None:
        sizes = np.diff(self._starts[: self.count + 1])
        dead = int(sizes[~alive[self.ids]].sum())
        if self.used + B.shape[1] > self.W.shape[1] or dead > _DEAD * self.used:
            self._compact(alive)
        self._put(key, B)

    def _put(self, key: int, B: np.ndarray) -> None:
        start, end = self.used, self.used + B.shape[1]
        self.W[:, start:end] = B
        self._ids[self.count] = key
        self.count += 1
        self._starts[self.count] = end

    def _compact(self, alive: np.ndarray) -> None:
        ids, bounds_of = self.ids.copy(), self._starts[: self.count + 1].copy()
        self.count = 0
        for key, start, end in zip(ids, bounds_of[:-1], bounds_of[1:], strict=True):
            if alive[key]:  # forwards, and never beyond what has been read
                self._put(key, self.W[:, start:end].copy())


class _Tree:
    """Groups that are nodes of a forest: the first ones are the blocks."""

    def __init__(self, parts: list[Compressed], height: int, rank: int, keep: int, error: float):
        self.height, self.rank, self.keep, self.error = height, rank, keep, error
        self.nodes: dict[int, Compressed] = {}
        self.costs: list[int] = []
        self.children: list[tuple[int, int] | None] = []
        self.heap: list[tuple[float, float, int, int]] = []
        self.alive = np.zeros(2 * len(parts), bool)
        self.count = 0
        self.joint_spectra = 0
        dtype = np.result_type(*(part.U.dtype for part in parts))
        sizes = [part.S.size for part in parts]
        self.pack = _Pack(height, sum(sizes), keep, 2 * len(parts), dtype)
        self.energies = np.zeros(2 * len(parts))

    def cost(self, node: Compressed) -> int:
        rank = node.rank_for(self.rank, self.error)
        return bounds.storage(self.height, node.width, rank)

    def add(self, node: Compressed, children: tuple[int, int] | None) -> int:
        """Take in a group, and look for the partners that it may be stored with."""
        key = len(self.costs)
        self.nodes[key] = node
        self.energies[key] = node.energy
        self.costs.append(self.cost(node))
        self.children.append(children)
        self._look_around(key)
        self.alive[key] = True
        self.count += 1
        self.pack.append(key, node.columns, self.alive)
        return key

    def _look_around(self, key: int) -> None:
        node, pack = self.nodes[key], self.pack
        if self.count == 0:
            return
        inner = node.U.conj().T @ pack.W[:, : pack.used]
        kept = inner[: self.rank]
        shared = np.einsum("ij,ij->j", kept, kept.conj()).real
        nearness = np.add.reduceat(shared, pack.starts) / self.energies[pack.ids]
        nearness[~self.alive[pack.ids]] = -1.0
        count = min(_PARTNERS, self.count)
        near = np.argpartition(-nearness, count - 1)[:count]
        partners = [(int(pack.ids[p]), int(pack.starts[p])) for p in np.sort(near)]
        cross = [
            node.S[:, None] * inner[:, start : start + self.nodes[i].S.size]
            for i, start in partners
        ]
        self._propose(key, [i for i, _ in partners], self._spectra(node, partners, cross))

    def _spectra(
        self, node: Compressed, partners: list[tuple[int, int]], cross: list[np.ndarray]
    ) -> np.ndarray:
        """Return the squared singular values of [B B_i] for each partner, one a row."""
        k = node.S.size
        width = k + max(X.shape[1] for X in cross)
        self.joint_spectra += len(partners)
        if self.error < _GRAM_BUDGET:
            stack = np.zeros((len(partners), min(self.height, width)))
            for row, (i, _) in zip(stack, partners, strict=True):
                S = singular_values(np.hstack([node.columns, self.nodes[i].columns]))
                row[: S.size] = np.square(S)
            return stack
        G = np.zeros((len(partners), width, width), node.U.dtype)
        G[:, range(k), range(k)] = np.square(node.S)
        for g, (i, _), X in zip(G, partners, cross, strict=True):
            end = k + X.shape[1]
            g[range(k, end), range(k, end)] = np.square(self.nodes[i].S)
            g[k:end, :k] = X.conj().T
        return np.asarray(np.maximum(eigenvalues(G), 0.0))

    def _propose(self, key: int, partners: list[int], squares: np.ndarray) -> None:
        """Put the pairs on the heap that one basis of the rank can serve."""
        node, others = self.nodes[key], [self.nodes[i] for i in partners]
        energy = node.energy + self.energies[partners]
        dropped = node.dropped + np.array([other.dropped for other in others])
        rest = np.cumsum(squares[:, ::-1], axis=1)[:, ::-1]
        rest = np.concatenate([rest, np.zeros((len(partners), 1))], axis=1)[:, : self.rank + 1]
        rest += dropped[:, None]
        fine = rest <= self.error**2 * energy[:, None]
        ranks = np.argmax(fine, axis=1)
        for row in np.flatnonzero(fine.any(axis=1)):
            i, rank = partners[row], int(ranks[row])
            width = node.width + others[row].width
            share = bounds.storage(self.height, width, rank) / (self.costs[key] + self.costs[i])
            heapq.heappush(self.heap, (share, float(rest[row, rank] / energy[row]), key, i))

    def merge(self) -> bool:
        """Merge the pair of the largest relative saving; False where none is left."""
        while self.heap:
            _, _, a, b = heapq.heappop(self.heap)
            if not (self.alive[a] and self.alive[b]):
                continue
            node = join(self.nodes[a], self.nodes[b], self.keep)
            if node.rank_for(self.rank, self.error) is None:
                continue  # the Gram matrix was too optimistic by its rounding
            self.alive[[a, b]] = False
            self.count -= 2
            del self.nodes[a], self.nodes[b]
            self.add(node, (a, b))
            return True
        return False

    def cut(self) -> list[list[int]]:
        """Return the leaves of the nodes that cover all blocks at the least cost."""
        best: list[tuple[int, list[list[int]]]] = []
        leaves: list[list[int]] = []
        for key, children in enumerate(self.children):
            if children is None:
                leaves.append([key])
                best.append((self.costs[key], [[key]]))
                continue
            a, b = children
            leaves.append(leaves[a] + leaves[b])
            apart = best[a][0] + best[b][0]
            if self.costs[key] < apart:
                best.append((self.costs[key], [leaves[key]]))
            else:
                best.append((apart, best[a][1] + best[b][1]))
        return [cluster for key in np.flatnonzero(self.alive) for cluster in best[key][1]]


def agglomerate(
    parts: list[Compressed], height: int, rank: int, keep: int, error: float
) -> Agglomeration:
    """Group blocks, none of them zero, so that few numbers store them within the budget.

    Notes
    -----
    Every merge that the rank allows is made, the one of the largest relative saving first,
    also where it costs more than it saves: groups that do not pay in pairs may pay in
    fours. The forest is then cut where the sum of the costs is least, by dynamic
    programming from the leaves. Stopping at the first merge that does not save, instead,
    gives a ratio of 11.2 on the digits and not 14.0.
    """
    if not parts:
        return Agglomeration([])
    tree = _Tree(parts, height, rank, keep, error)
    with Progress(2 * len(parts) - 1, "clustering blocks") as progress:
        for part in parts:
            tree.add(part, None)
            progress.advance()
        while tree.merge():
            progress.advance(note=f"{tree.count} clusters")
    merges = len(tree.costs) - len(parts)
    return Agglomeration(tree.cut(), merges, tree.joint_spectra)
