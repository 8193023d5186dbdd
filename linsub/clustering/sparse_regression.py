"""Elastic-net codes of many targets over the same atoms, by rounds of working sets."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core.progress import Progress
from linsub._core.threads import run_parts
from linsub.clustering.optimality import Codes, Rounding, judge, sums
from linsub.clustering.samples import slack_of, squared_residuals

__all__ = ["ENDINGS", "Regressions"]

ENDINGS = ("optimal", "stopped by max_support", "stalled")

# Targets of a block, and entries of its gradients (16 MB): enough for products at full speed.
_TARGETS = 64
_ENTRIES = 1 << 21
# Over few atoms a block costs less than its calls: so many targets then, or gradients of 512 KB.
_MANY = 1024
_SMALL = 1 << 16

# Atoms that a target looks at first; the support of most is well below.
_FIRST = 48
# Rounds after which a target counts as stalled; most need two.
_ROUNDS = 60
# Violations below that many roundings of a gradient are nothing but rounding.
_FLOOR = 8.0
# Gradients from samples are cheaper than from the Gram matrix up to so many features.
_FEATURES = 256

_EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass(frozen=True)
class Regressions:
    """The problems: for each target ``||y - c S||^2 / 2 + lam sum w_j |c_j| + ridge ||c||^2 / 2``.

    Attributes
    ----------
    atoms : ndarray of shape (n, d) or None
    gram : ndarray of shape (n, n) or None
        At least one of both.
    targets : ndarray of shape (t, d) or None
        None: the atoms.
    exclude_self : bool
        Target i must not use atom i.
    l1_ratio, penalty : float
        ``lam = l1_ratio * penalty``, ``ridge = (1 - l1_ratio) penalty``.
    relative : bool
        `lam` is `penalty` times the least that leaves no atom, for each target.
    weights : ndarray of shape (t, n) or (1, n) or (1, 1)
    tol : float
        Violations up to `tol` times lam are none.
    max_support : int
    dtype : dtype
        Codes are rounded to it before they are judged.
    """

    atoms: np.ndarray | None
    gram: np.ndarray | None
    targets: np.ndarray | None
    exclude_self: bool
    l1_ratio: float
    penalty: float
    relative: bool
    weights: np.ndarray
    tol: float
    max_support: int
    dtype: np.dtype

    def solve(self, n_threads: int = 1, progress: Progress | None = None) -> Codes:
        """Solve all of them, a block of targets at a time."""
        t, n = self.sizes
        step = max(1, min(max(_TARGETS, _SMALL // n), _MANY, _ENTRIES // n))
        blocks = [range(i, min(t, i + step)) for i in range(0, t, step)]
        parts: list[Codes] = [None] * len(blocks)  # type: ignore[list-item]

        def task(place: int) -> None:
            parts[place] = _Block(self, blocks[place]).solve()
            if progress is not None:
                progress.advance(len(blocks[place]))

        run_parts([lambda place=place: task(place) for place in range(len(blocks))], n_threads)  # type: ignore[misc]
        joined = {
            field.name: np.concatenate([getattr(part, field.name) for part in parts])
            for field in dataclasses.fields(Codes)
            if field.name != "codes"
        }
        return Codes(codes=sparse.vstack([part.codes for part in parts], format="csr"), **joined)

    @property
    def sizes(self) -> tuple[int, int]:
        """The numbers of targets and of atoms."""
        source = self.atoms if self.atoms is not None else self.gram
        assert source is not None
        return source.shape[0] if self.targets is None else self.targets.shape[0], source.shape[0]

    def squares(self) -> np.ndarray:
        """Return the squared norms of the atoms."""
        if self.atoms is not None:
            return np.asarray(np.einsum("ij,ij->i", self.atoms, self.atoms))
        assert self.gram is not None
        return np.ascontiguousarray(self.gram.diagonal())


class _Block:
    """Targets that are solved together, their gradients being products of matrices."""

    def __init__(self, problem: Regressions, rows: range) -> None:
        self.problem = problem
        self.rows = slice(rows.start, rows.stop)
        self.size = len(rows)
        n = problem.sizes[1]
        targets = problem.atoms if problem.targets is None else problem.targets
        self.targets = None if targets is None else targets[self.rows]
        self.by_samples = problem.atoms is not None and (
            problem.gram is None or problem.atoms.shape[1] <= _FEATURES
        )
        if problem.gram is not None and problem.targets is None:
            self.K = problem.gram[self.rows]
        else:
            assert self.targets is not None
            assert problem.atoms is not None
            self.K = self.targets @ problem.atoms.T
        self.owner = np.full(self.size, -1)
        if problem.exclude_self:
            self.owner[:] = np.arange(rows.start, rows.stop)
        weights = problem.weights
        self.weights = weights[self.rows] if weights.shape[0] > 1 else weights
        self.norms = np.sqrt(problem.squares())
        if self.targets is not None:
            self.target_norms = np.sqrt(np.einsum("ij,ij->i", self.targets, self.targets))
        else:
            self.target_norms = self.norms[self.rows]
        self.lam, self.ridge = self._penalties()
        self.index = np.zeros((self.size, min(_FIRST, n)), dtype=np.int64)
        self.value = np.zeros((self.size, min(_FIRST, n)))
        self.count = np.zeros(self.size, dtype=np.int64)
        self.status = np.zeros(self.size, dtype=np.int64)
        self.rounds = np.zeros(self.size, dtype=np.int64)

    def _penalties(self) -> tuple[np.ndarray, np.ndarray]:
        problem = self.problem
        penalty = np.full(self.size, problem.penalty)
        if problem.relative:  # the least lam that leaves no atom, divided
            penalty *= self._largest(self.K) / problem.l1_ratio
        return problem.l1_ratio * penalty, (1.0 - problem.l1_ratio) * penalty

    def _largest(self, H: np.ndarray) -> np.ndarray:
        """Return ``max_j |H_ij| / w_j`` over the atoms that a target may use."""
        size = np.abs(H)
        if self.weights.size > 1:
            size /= self.weights
        owned = np.flatnonzero(self.owner >= 0)
        size[owned, self.owner[owned]] = 0.0
        return np.asarray(size.max(axis=1, initial=0.0))

    def gradient(self) -> np.ndarray:
        """Return ``(y - c S) S^T`` of all targets and atoms."""
        from linsub.clustering._kernels.working_sets import price_by_gram

        problem = self.problem
        if self.by_samples:
            assert problem.atoms is not None
            return np.asarray(self.rest() @ problem.atoms.T)
        assert problem.gram is not None
        H = np.empty_like(self.K)
        price_by_gram(problem.gram, self.K, self.index, self.value, self.count, H)
        return H

    def rest(self) -> np.ndarray:
        """Return ``y - c S``."""
        assert self.targets is not None
        assert self.problem.atoms is not None
        return np.asarray(self.targets - self.codes() @ self.problem.atoms)

    def codes(self) -> Any:
        """Return the codes in CSR, columns in the order in which they came."""
        kept = np.arange(self.index.shape[1]) < self.count[:, None]
        indptr = np.concatenate([[0], np.cumsum(self.count)])
        shape = (self.size, self.problem.sizes[1])
        return sparse.csr_array((self.value[kept], self.index[kept], indptr), shape=shape)

    def solve(self) -> Codes:
        """Look for atoms that violate their conditions until there are none."""
        problem = self.problem
        # Where lam is so large that it is not finite, nothing can join.
        todo = np.flatnonzero((self.lam < self._largest(self.K)) & (self.lam > 0.0))
        H, level = self.K, np.zeros(self.size)
        best = np.full(self.size, np.inf)
        lightest = self.weights.min(axis=1)
        for _ in range(_ROUNDS):
            if todo.size == 0:
                break
            self._improve(todo, H, level)
            self.rounds[todo] += 1
            H = self.gradient()
            level = self.lam + np.maximum(problem.tol * self.lam, self._floor() / lightest)
            worst = self._largest_outside(H)
            ended = (self.status == 1) | (worst <= level)
            # Neither a new atom nor a better worst one: what is left is rounding.
            ended |= (worst - self.lam >= best) & (self.status == 2)
            best = np.minimum(best, worst - self.lam)
            todo = todo[~ended[todo]]
        self.status[todo] = 2
        return self._judged(H)

    def _floor(self) -> np.ndarray:
        """Return what rounding alone can make of a gradient."""
        return np.asarray(_FLOOR * _EPS * self.norms.max() * self._sizes())

    def _sizes(self) -> np.ndarray:
        """Return ``||y|| + sum_j |c_j| ||s_j||``."""
        kept = np.arange(self.index.shape[1]) < self.count[:, None]
        parts = np.where(kept, np.abs(self.value) * self.norms[self.index], 0.0)
        return np.asarray(self.target_norms + parts.sum(axis=1))

    def _largest_outside(self, H: np.ndarray) -> np.ndarray:
        """Return the largest ``|H_ij| / w_j`` off the support."""
        hidden = H.copy()
        kept = np.arange(self.index.shape[1]) < self.count[:, None]
        row = np.repeat(np.arange(self.size), self.count)
        hidden[row, self.index[kept]] = 0.0
        return self._largest(hidden)

    def _improve(self, todo: np.ndarray, H: np.ndarray, level: np.ndarray) -> None:
        from linsub.clustering._kernels.active_set import ROOM
        from linsub.clustering._kernels.working_sets import solve_on_working_sets

        problem = self.problem
        n = problem.sizes[1]
        source = problem.gram if problem.gram is not None else problem.atoms
        while todo.size:
            room = self.index.shape[1]
            width = min(n, 2 * room + _FIRST)
            top = np.maximum(_FIRST, self.count)
            solve_on_working_sets(
                source, problem.gram is not None, self.K, H, todo, self.owner, self.weights,
                self.lam, self.ridge, level, 0.1 * problem.tol, 0.1 * self._floor(),
                problem.max_support, top, self.index, self.value, self.count, self.status,
                np.empty((room, width)), np.zeros((room, room)), np.empty((6, width)),
                np.empty((4, width), dtype=np.int64), np.empty(width, dtype=np.int64),
                np.zeros(n, dtype=np.bool_), np.empty(width),
            )  # fmt: skip
            todo = todo[self.status[todo] == ROOM]
            if todo.size:
                self._make_room(min(n, 2 * room))
                H = self.gradient()

    def _make_room(self, room: int) -> None:
        more = room - self.index.shape[1]
        self.index = np.pad(self.index, ((0, 0), (0, more)))
        self.value = np.pad(self.value, ((0, 0), (0, more)))

    def _judged(self, H: np.ndarray) -> Codes:
        """Return the codes with what their gradient says of them."""
        problem = self.problem
        if problem.dtype != np.float64:
            self.value = self.value.astype(problem.dtype).astype(np.float64)
            H = self.gradient()
        C = self.codes()
        C.sort_indices()
        row = np.repeat(np.arange(self.size), self.count)
        if self.by_samples:
            rest = self.rest()
            residual = np.sqrt(np.einsum("ij,ij->i", rest, rest))
        else:  # ||y||^2 - c g - c h
            cross = sums(row, C.data * (self.K + H)[row, C.indices], self.size)
            squares, slack = self.target_norms**2 - cross, slack_of(problem.dtype)
            residual = np.sqrt(squared_residuals(squares, self._sizes(), slack, self.rows.start))
        d = H.shape[1] if problem.atoms is None else problem.atoms.shape[1]
        return judge(
            C, H, residual, self.lam, self.ridge, self.owner, self.weights,
            Rounding((d + self.count + 4) * _EPS * self._sizes(), self.norms, self._sizes(),
                     self.by_samples), self.status, self.rounds,
        )  # fmt: skip
