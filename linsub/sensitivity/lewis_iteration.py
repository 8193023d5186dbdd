"""The iteration for Lewis weights: safe steps, then relaxed ones, accelerated and guarded."""

from __future__ import annotations

import dataclasses

import numpy as np

from linsub._core.dense.full_rank import weighted_solve
from linsub._core.dense.qr import r_factor
from linsub.sensitivity.scaled_rows import ScaledRows

__all__ = ["FLOOR", "State", "iterate"]

# Smallest logarithm of a weight: its exponential is a normal number still.
FLOOR = -700.0

# Differences that Anderson's method remembers: 4 to 10 take about as many steps.
_MEMORY = 6

# Where the residual, a change of log w in the norm of tau, is above this, steps are safe ones.
_NEAR = 1.0

# Where the weights have converged, every log w must be right to this multiple of tol: rows with
# tiny weights come last, and a step for them alone is exact.
_LOGS = 100.0
_TINY = 1e-4


@dataclasses.dataclass
class State:
    """Where the iteration stands.

    `u` is log w; `rho` is log tau - log w, `size` its norm in tau, `merit` the objective
    ``log det(A^H W^(1-2/p) A) - (1 - 2/p) sum w``.
    """

    u: np.ndarray
    rho: np.ndarray
    tau: np.ndarray
    size: float
    merit: float
    residual: float
    count: int = 0
    taken_back: int = 0
    converged: bool = False


class _History:
    """Anderson's method in the norm of tau."""

    def __init__(self) -> None:
        self.steps: list[np.ndarray] = []
        self.changes: list[np.ndarray] = []

    def add(self, before: State, now: State) -> None:
        self.steps.append(now.u - before.u)
        self.changes.append(now.rho - before.rho)
        del self.steps[:-_MEMORY], self.changes[:-_MEMORY]

    def clear(self) -> None:
        self.steps.clear()
        self.changes.clear()

    def correction(self, now: State, kappa: float) -> np.ndarray | float:
        """Return what the differences take off a step, 0 where they are no help."""
        if not self.steps:
            return 0.0
        root = np.sqrt(now.tau)
        changes = np.stack(self.changes, axis=1)
        D = root[:, None] * changes
        sizes = np.linalg.norm(D, axis=0)
        if not (np.isfinite(sizes).all() and sizes.min() > 0.0):
            return 0.0
        # A triangle of a few columns: the least squares problem without its rows.
        R = r_factor(np.column_stack([D / sizes, root * now.rho]))
        mix = weighted_solve(R[:, :-1], R[:, -1], np.ones(R.shape[0]))[0] / sizes
        return np.asarray((np.stack(self.steps, axis=1) + kappa * changes) @ mix)


def evaluate(S: ScaledRows, u: np.ndarray, p: float) -> State:
    """Return the state at u."""
    scale = (0.5 - 1.0 / p) * u + S.log_size
    shift = float(scale.max())
    log_tau, log_det = S.scores(scale - shift)
    tau, w = np.exp(log_tau), np.exp(u)
    rho = np.where((u <= FLOOR) & (log_tau < u), 0.0, log_tau - u)
    size = float(np.sqrt(np.sum(tau * rho * rho)))
    merit = log_det + 2.0 * S.rank * shift - (1.0 - 2.0 / p) * float(w.sum())
    residual = max(float(np.abs(tau - w).max()), abs(float(w.sum()) - S.rank) / S.rank)
    return State(u, rho, tau, size, merit, residual)


def iterate(S: ScaledRows, u: np.ndarray, p: float, tol: float, maxiter: int, method: str) -> State:
    """Return the last state, or the best one where `maxiter` evaluations were not enough."""
    safe = p / 2.0 if p <= 2.0 else 1.0
    relaxed = 2.0 * p / (p + 2.0)
    history = _History()
    last: State | None = None
    best: State | None = None
    forced, taken_back = True, 0
    for count in range(1, maxiter + 1):
        now = evaluate(S, u, p)
        now.count, now.taken_back = count, taken_back
        if not np.isfinite(now.residual) or not np.isfinite(now.rho).all():
            now.residual = now.size = np.inf
        if best is None or now.residual <= best.residual:
            best = now
        if now.residual < tol:
            if np.abs(now.rho).max() <= _LOGS * tol or _settled(last, now):
                now.converged = True
                return now
            u, last, forced = _finish(now, p), now, True
            history.clear()
            continue
        if last is not None and not (forced or _better(now, last, p)):
            taken_back += 1
            u, forced = _moved(last.u, safe * last.rho), True
            history.clear()
            continue
        if last is not None and method == "auto" and np.isfinite(now.size):
            history.add(last, now)
        last = now
        if method == "mm" or not now.size < _NEAR:
            u, forced = _moved(now.u, safe * now.rho), True
            continue
        step = relaxed * now.rho
        if method == "auto":
            step = step - history.correction(now, relaxed)
        u, forced = _moved(now.u, step), False
    assert best is not None
    best.count, best.taken_back = maxiter, taken_back
    return best


def _moved(u: np.ndarray, step: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(u + step, FLOOR, 0.0))


def _better(now: State, last: State, p: float) -> bool:
    """Whether a step that nothing guarantees did some good all the same."""
    return now.size < last.size or (p > 2.0 and now.merit > last.merit)


def _finish(now: State, p: float) -> np.ndarray:
    """Give rows the weight that is exact for the matrix of the others: all rows, for p < 4."""
    exact = 0.5 * p * now.rho
    if p < 4.0:
        return _moved(now.u, exact)
    return _moved(now.u, np.where(now.tau < _TINY / p, exact, now.rho))


def _settled(last: State | None, now: State) -> bool:
    """Whether finishing steps no longer change anything, as rounding allows no more."""
    if last is None or last.residual > now.residual * 1e3:
        return False
    return float(np.abs(now.rho).max()) >= 0.5 * float(np.abs(last.rho).max())
