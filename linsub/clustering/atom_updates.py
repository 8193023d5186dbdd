"""The iteration of K-SVD: code all targets, then fit one atom after another to its users."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from scipy import sparse

from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub._core.progress import Progress
from linsub.clustering.pursuit import batch_omp

__all__ = ["Learned", "learn"]

# Atoms whose |cosine| is larger are one too many.
_DUPLICATE = 0.99

# A residual that is less of its target's norm is rounding: there is nothing to replace atoms by.
_NOTHING = 1e-7


@dataclasses.dataclass
class Learned:
    """A dictionary on its way.

    Attributes
    ----------
    D : ndarray of shape (n, r)
        Unit rows.
    index, value : ndarray of shape (N, k)
        Codes; a value of 0 is no entry.
    path : list of float
        The cost after the first coding and after each iteration.
    n_replaced : int
    converged : bool
    """

    D: np.ndarray
    index: np.ndarray
    value: np.ndarray
    path: list[float]
    n_replaced: int = 0
    converged: bool = False

    @property
    def codes(self) -> Any:
        """The codes in CSR."""
        kept = self.value != 0.0
        row = np.repeat(np.arange(kept.shape[0]), kept.sum(axis=1))
        shape = (kept.shape[0], self.D.shape[0])
        found: Any = sparse.csr_array((self.value[kept], (row, self.index[kept])), shape=shape)
        found.sort_indices()
        return found

    def rest(self, Y: np.ndarray) -> np.ndarray:
        """Return what is left of the targets."""
        return np.asarray(Y - self.codes @ self.D)


def learn(
    Y: np.ndarray, D: np.ndarray, k: int, exact: bool, maxiter: int, tol: float, n_threads: int
) -> Learned:
    """Iterate from a dictionary of unit rows until the cost falls by less than `tol` of it."""
    index, value = _coded(D, Y, k, n_threads)
    state = Learned(D.copy(), index, value, [])
    E = state.rest(Y)
    state.path.append(norms.frobenius(E))
    with Progress(maxiter, "k-svd") as progress:
        for step in range(maxiter):
            if step:
                E = _code_again(state, Y, E, k, n_threads)
            _update(state, E, exact)
            replaced = _replace_unused(state, Y, E)
            state.n_replaced += replaced
            before, after = state.path[-1], norms.frobenius(state.rest(Y))
            state.path.append(after)
            progress.advance(1, f"cost {after:.3g}")
            # A new atom lowers the cost when it is first coded with: its own target's goes to 0.
            if replaced == 0 and after >= (1.0 - tol) * before:
                state.converged = True
                break
    return state


def _coded(D: np.ndarray, Y: np.ndarray, k: int, n_threads: int) -> tuple[np.ndarray, np.ndarray]:
    codes = batch_omp(D, Y, k, tol=0.0, n_threads=n_threads).codes
    row = np.repeat(np.arange(Y.shape[0]), np.diff(codes.indptr))
    place = np.arange(row.size) - codes.indptr[row]
    index, value = np.zeros((Y.shape[0], k), dtype=np.int64), np.zeros((Y.shape[0], k))
    index[row, place], value[row, place] = codes.indices, codes.data
    return index, value


def _squares(E: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ij,ij->i", E, E))


def _code_again(state: Learned, Y: np.ndarray, E: np.ndarray, k: int, n_threads: int) -> np.ndarray:
    """Code all targets, keep old codes that were better; return what is left of the targets.

    Atoms that are near others are exchanged first, if that does not raise the cost.
    """
    E = state.rest(Y)
    twins = _twins(state.D)
    fresh = _poorest(Y, E, twins.size)
    twins = twins[: fresh.size]
    if twins.size:
        D = state.D.copy()
        D[twins] = _unit(Y[fresh])
        touched = (np.isin(state.index, twins) & (state.value != 0.0)).any(axis=1)
        trial = Learned(D, *_coded(D, Y, k, n_threads), path=[])
        rest = trial.rest(Y)
        _keep_better(trial, state, rest, E, ~touched)
        rest = trial.rest(Y)
        if norms.frobenius(rest) <= norms.frobenius(E):
            state.D, state.index, state.value = D, trial.index, trial.value
            state.n_replaced += int(twins.size)
            return rest
    trial = Learned(state.D, *_coded(state.D, Y, k, n_threads), path=[])
    _keep_better(trial, state, trial.rest(Y), E, np.ones(Y.shape[0], dtype=bool))
    state.index, state.value = trial.index, trial.value
    return state.rest(Y)


def _keep_better(
    trial: Learned, state: Learned, rest: np.ndarray, E: np.ndarray, valid: np.ndarray
) -> None:
    """Put back the codes that left less, of the targets for which they are still valid."""
    old = valid & (_squares(E) < _squares(rest))
    trial.index[old], trial.value[old] = state.index[old], state.value[old]


def _twins(D: np.ndarray) -> np.ndarray:
    """Return the atoms that have a near one before them."""
    near = np.triu(np.abs(D @ D.T) > _DUPLICATE, 1)
    return np.flatnonzero(near.any(axis=0))


def _poorest(Y: np.ndarray, E: np.ndarray, count: int) -> np.ndarray:
    """Return the targets of which most is left, at most `count`."""
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    left = np.sqrt(_squares(E))
    order = np.argsort(-left, kind="stable")[:count]
    return np.asarray(order[left[order] > _NOTHING * np.sqrt(_squares(Y[order]))])


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / norms.column_norms(rows.T)[:, None])


def _replace_unused(state: Learned, Y: np.ndarray, E: np.ndarray) -> int:
    """Put the targets of which most is left in the place of atoms that nobody uses."""
    users = np.bincount(state.index[state.value != 0.0], minlength=state.D.shape[0])
    unused = np.flatnonzero(users == 0)
    fresh = _poorest(Y, E, unused.size)
    state.D[unused[: fresh.size]] = _unit(Y[fresh])
    return int(fresh.size)


def _update(state: Learned, E: np.ndarray, exact: bool) -> None:
    """Fit each atom and its coefficients to what the others leave of its users; E follows."""
    flat = np.where(state.value != 0.0, state.index, state.D.shape[0]).ravel()
    order = np.argsort(flat, kind="stable")
    ends = np.searchsorted(flat[order], np.arange(state.D.shape[0] + 1))
    width = state.index.shape[1]
    for j, atom in enumerate(state.D):
        users = order[ends[j] : ends[j + 1]]
        if users.size == 0:
            continue
        rows, places = users // width, users % width
        part = E[rows] + state.value[rows, places][:, None] * atom
        found = _leading(part) if exact else state.value[rows, places] @ part
        size = float(norms.frobenius(found[None]))
        if size == 0.0:
            continue
        found = found / size
        state.D[j] = found if found @ atom >= 0.0 else -found
        step = part @ state.D[j]
        state.value[rows, places] = step
        E[rows] = part - step[:, None] * state.D[j]


def _leading(part: np.ndarray) -> np.ndarray:
    """Return the leading right singular vector."""
    return np.asarray(svd(part)[2][0])
