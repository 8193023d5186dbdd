"""Subspaces that move and that are kept, and the choice among repeated runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.streaming import ProtectedSubspace, SubspaceTracker, success_boost
from linsub.streaming.bounds import (
    basis_rounding,
    protected_energy,
    protected_rounding,
    success_boost_error,
    success_boost_failure,
    success_boost_runs,
)
from linsub.testing import gallery
from linsub.verify import Observation, claim

EPS = float(np.finfo(np.float64).eps)


def _defect(V: np.ndarray) -> float:
    wide = np.asarray(V, np.float64)
    return float(np.linalg.norm(wide @ wide.T - np.eye(len(wide))))


def _frame(rng: np.random.Generator, k: int, d: int) -> np.ndarray:
    return np.ascontiguousarray(np.linalg.qr(rng.standard_normal((d, k)))[0].T)


# ---------------------------------------------------------------------- trackers


def _row_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d = int(rng.integers(2, 40))
    k = int(rng.integers(1, d + 1))
    W = _frame(rng, k, d)
    x = rng.standard_normal(d)
    kind = ("generic", "nearly inside", "nearly orthogonal", "inside")[index % 4]
    if kind == "inside":
        x = rng.standard_normal(k) @ W
    elif kind != "generic":
        inside = W.T @ (W @ x)
        x = inside + 1e-7 * (x - inside) if kind == "nearly inside" else x - (1.0 - 1e-7) * inside
    return {"W": W, "x": x * 10.0 ** rng.uniform(-150, 150), "label": f"{kind}, {k} of {d}"}


def _grouse(W: np.ndarray, x: np.ndarray, step: float = 1.0) -> Any:
    tracker = SubspaceTracker(len(W), "grouse", step=step, start=W)
    return tracker.update(x[None, :]).result()[0]


def _straight(W: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The gradient step without the geodesic."""
    x = x / np.linalg.norm(x)
    y = W @ x
    return W + np.outer(y / max(float(np.linalg.norm(y)), 1e-300), x - W.T @ y)


@claim(
    "streaming-grouse",
    source="Balzano, Nowak & Recht 2010; Balzano & Wright 2013",
    kind="exact",
    domain="stream",
    subject=_grouse,
    mutants={
        "half of the angle": lambda W, x: _grouse(W, x, 0.5),
        "a straight step": _straight,
    },
    cases=_row_case,
    budget=0.3,
)
def grouse(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """A whole step takes the row in, keeps V V^T = I, and leaves what it needs no turn for"""
    W, x = case.W, case.x / np.linalg.norm(case.x)
    V = np.asarray(subject(W, case.x))
    k, d = W.shape
    scale = math.sqrt(d) * k
    seen = [Observation(_defect(V), 0.0, scale, note="orthonormal")]
    if k < d or "inside" in case.label:
        left = float(np.linalg.norm(x - V.T @ (V @ x)))
        seen.append(Observation(left, 0.0, scale, note="the row"))
    if case.label.startswith("inside"):
        moved = float(np.linalg.norm(W - (W @ V.T) @ V))
        seen.append(Observation(moved, 0.0, scale, note="the span"))
    return seen


def _long_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = gallery.STREAMS[index % len(gallery.STREAMS)]
    n, d = int(rng.integers(100, 700)), int(rng.integers(2, 20))
    k = int(rng.integers(1, d + 1))
    A = gallery.stream(kind, n, d, rng=rng)
    method = ("opast", "grouse")[index // len(gallery.STREAMS) % 2]
    label = f"{method}, {kind} {n} x {d}, k = {k}"
    return {"X": A, "k": k, "method": method, "start": _frame(rng, k, d), "label": label}


def _tracked(X: np.ndarray, method: Any, start: np.ndarray) -> Any:
    options: dict[str, Any] = {"forgetting": 0.97} if method == "opast" else {}
    return SubspaceTracker(len(start), method, start=start, **options).update(X).result()[0]


def _past(X: np.ndarray, method: Any, start: np.ndarray) -> np.ndarray:
    """PAST as it was printed: orthonormal only in the limit."""
    W, P = start.copy(), np.eye(len(start))
    for x in X / max(float(np.abs(X).max()), 1e-300):
        y = W @ x
        g = P @ y / (0.97 + y @ P @ y)
        P = (P - np.outer(g, y @ P)) / 0.97
        W = W + np.outer(g, x - W.T @ y)
    return W


def _first_order(X: np.ndarray, method: Any, start: np.ndarray) -> np.ndarray:
    """Turn by the gradient and normalise each vector alone."""
    W = start.copy()
    for x in X:
        x = x / max(float(np.linalg.norm(x)), 1e-300)
        y = W @ x
        W = W + 0.1 * np.outer(y, x - W.T @ y)
        W = W / np.linalg.norm(W, axis=1, keepdims=True)
    return W


@claim(
    "streaming-tracker-orthonormal",
    source="Abed-Meraim, Chkeif & Hua 2000; proof in docs/theory/streaming.md",
    kind="always",
    domain="stream",
    subject=_tracked,
    mutants={"PAST": _past, "rows normalised alone": _first_order},
    cases=_long_case,
    slack="each of the k^2 inner products is charged with the same rounding, and errors cancel",
    budget=0.4,
)
def tracker_orthonormal(case: Any, subject: Callable[..., Any]) -> Observation:
    """OPAST and GROUSE keep V V^T = I to rounding after any number of rows"""
    V = np.asarray(subject(case.X, case.method, case.start))
    return Observation(_defect(V), basis_rounding(V.shape[1], len(V), EPS))


# ---------------------------------------------------------------------- protection

Step = tuple[np.ndarray, int, float]


def _task_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d, m = int(rng.integers(1, 25)), int(rng.integers(1, 30))
    decay = rng.uniform(0.3, 1.0)
    blocks = []
    for _ in range(3):
        size = min(d, m)
        U, V = np.linalg.qr(rng.standard_normal((d, size)))[0], rng.standard_normal((size, m))
        blocks.append((U * decay ** np.arange(size)) @ V * 10.0 ** rng.uniform(-150, 150))
    if index % 3 == 0:
        blocks[1] = np.zeros((d, m))
    if index % 4 == 1:  # one direction holds the threshold alone
        blocks[0] = np.outer(rng.standard_normal(d), rng.standard_normal(m))
    threshold = float(rng.choice([0.5, 0.9, 0.95, 0.99, 1.0]))
    return {"blocks": blocks, "threshold": threshold, "label": f"{d} x {m} to {threshold}"}


def _protect(blocks: list[np.ndarray], threshold: float) -> list[Step]:
    """Update with each block twice."""
    protected = ProtectedSubspace(len(blocks[0]), threshold)
    found = []
    for R in blocks:
        for _ in range(2):
            added, energy = protected.update(R)
            found.append((protected.basis, added, energy))
    return found


def _by_rule(choose: Callable[[np.ndarray, float], int]) -> Any:
    """Add the directions that a rule chooses from the energies of the remainder."""

    def run(blocks: list[np.ndarray], threshold: float) -> list[Step]:
        Q = np.zeros((len(blocks[0]), 0))
        found = []
        for R in blocks:
            R = R / max(float(np.abs(R).max()), 1e-300)
            for _ in range(2):
                rest = R - Q @ (Q.T @ R)
                U, S, _ = np.linalg.svd(rest, full_matrices=False)
                total = float(np.sum(R**2))
                held = 1.0 - float(np.sum(rest**2)) / total if total else 1.0
                k = choose(held + np.cumsum(S**2) / total, threshold) if total else 0
                Q = np.linalg.qr(np.column_stack([Q, U[:, :k]]))[0] if k else Q
                energy = float(np.sum((Q.T @ R) ** 2) / total) if total else 1.0
                found.append((Q, k, energy))
        return found

    return run


@claim(
    "streaming-protected-energy",
    source="Saha, Garg & Roy 2021, equations 5, 8 and 9; proof in docs/theory/streaming.md",
    kind="always",
    domain="blocks",
    subject=_protect,
    mutants={
        "GPM's published code": _by_rule(lambda held, t: int(np.sum(held < t))),
        "the largest that does not exceed": _by_rule(lambda held, t: int(np.sum(held <= t))),
        "one too many": _by_rule(lambda held, t: int(np.sum(held < t)) + 2),
    },
    cases=_task_case,
    tight=0.9,
    budget=0.4,
)
def energy(case: Any, subject: Callable[..., list[Step]]) -> list[Observation]:
    """The fewest new directions reach the threshold, ||R||^2 splits exactly, twice adds nothing"""
    seen, rank = [], 0
    for i, (Q, added, reported) in enumerate(subject(case.blocks, case.threshold)):
        R = case.blocks[i // 2]
        R = R / (float(np.abs(R).max()) or 1.0)
        size, rounding = float(np.linalg.norm(R)), protected_rounding(R.shape[0], R.shape[1], EPS)
        held = float(np.sum((Q.T @ R) ** 2)) / size**2 if size else 1.0
        rest = float(np.linalg.norm(R - Q @ (Q.T @ R)))
        seen.append(Observation(case.threshold, held + rounding, note="threshold"))
        split = abs(protected_energy(size, rest) - held) + abs(reported - held)
        seen.append(Observation(split, 2.0 * rounding, note="identity"))
        if added and size:
            fewer = float(np.sum((Q[:, :-1].T @ R) ** 2)) / size**2
            seen.append(Observation(fewer, case.threshold + rounding, note="fewest"))
        if i % 2:
            seen.append(Observation(float(added), 0.0, note="the same again"))
        seen.append(Observation(float(rank), float(Q.shape[1]), note="rank"))
        rank = Q.shape[1]
    return seen


def _drift_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    d, kind = 120, "fd"[index % 2]
    old = _frame(rng, 6, d).T
    blocks = []
    for _ in range(100):
        new = rng.standard_normal((d, 1)) * 10.0 ** rng.uniform(-4.0, 0.0)
        X = 10.0 * old @ rng.standard_normal((6, 4)) + new @ rng.standard_normal((1, 4))
        blocks.append(X.astype(kind))
    return {"blocks": blocks, "dtype": np.dtype(kind), "label": f"100 blocks, {np.dtype(kind)}"}


def _kept(blocks: list[np.ndarray]) -> np.ndarray:
    protected = ProtectedSubspace(len(blocks[0]), 1.0, dtype=blocks[0].dtype)
    for R in blocks:
        protected.update(R)
    return protected.basis


def _careless(rounds: int, sort: bool) -> Any:
    """Project so often, and append the singular vectors as they come."""

    def run(blocks: list[np.ndarray]) -> np.ndarray:
        d = len(blocks[0])
        Q = np.zeros((d, 0), blocks[0].dtype)
        for X in blocks:
            rest = X
            for _ in range(rounds):
                rest = rest - Q @ (Q.T @ rest)
            U, S, _ = np.linalg.svd(rest, full_matrices=False)
            keep = 30.0 * np.finfo(X.dtype).eps * np.linalg.norm(X) < S if sort else S > 0.0
            Q = np.column_stack([Q, U[:, keep]])[:, :d]
        return Q

    return run


@claim(
    "streaming-protected-drift",
    source="Giraud, Langou & Rozloznik 2005; docs/theory/streaming.md",
    kind="always",
    domain="blocks",
    subject=_kept,
    mutants={
        "projected once": _careless(1, True),
        "projected twice before the SVD": _careless(2, False),
    },
    cases=_drift_case,
    min_cases=4,
    max_cases=8,
    full_cases=100,
    slack="each of the k^2 inner products is charged with the same rounding, and errors cancel",
    budget=0.5,
)
def drift(case: Any, subject: Callable[..., np.ndarray]) -> Observation:
    """After a hundred updates that lie mostly in the subspace, U^T U - I is rounding of its type"""
    Q = subject(case.blocks)
    eps = float(np.finfo(case.dtype).eps)
    return Observation(_defect(Q.T), basis_rounding(Q.shape[0], Q.shape[1], eps))


# ---------------------------------------------------------------------- repeated runs

_ERROR, _DELTA = 0.01, 0.03


def _runs_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    return {"d": 3 + index % 20, "label": f"d = {3 + index % 20}"}


def _run(rng: np.random.Generator, top: np.ndarray, wrong: np.ndarray, good: bool) -> np.ndarray:
    """A run within the error of the truth, or of a direction that all bad runs agree on."""
    if not good:
        return wrong
    side = rng.standard_normal(top.size)
    side -= top * (top @ side)
    side /= np.linalg.norm(side)
    sine = math.sqrt(_ERROR * rng.random())
    return np.asarray((math.sqrt(1.0 - sine**2) * top + sine * side) * rng.choice([-1.0, 1.0]))


@claim(
    "streaming-success-boost",
    source="Dasgupta, Kumar, Pandey & Sarkar 2025; proof in docs/theory/streaming.md",
    kind="probability",
    domain="stream",
    subject=success_boost,
    mutants={
        "the first run": lambda U, error: (U[0], 1, True),
        "the mean of the runs": lambda U, error: (U.mean(axis=0), 1, True),
    },
    failure_prob=success_boost_failure(success_boost_runs(_DELTA)),
    cases=_runs_case,
    slack="the failure probability is attained; an error of 9 would need runs at its ends",
    budget=0.4,
)
def boost(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """Of runs that fail with probability 0.1 the choice fails with that of half of them"""
    rng = case.rng
    runs = success_boost_runs(_DELTA)
    seen = []
    for _ in range(25):
        top, wrong = _frame(rng, 2, case.d)
        good = rng.random(runs) >= 0.1
        U = np.array([_run(rng, top, wrong, bool(fine)) for fine in good])
        v = np.asarray(subject(U, _ERROR)[0])
        rest = v / np.linalg.norm(v) - top * (top @ v) / np.linalg.norm(v)
        seen.append(Observation(float(rest @ rest), success_boost_error(_ERROR)))
    return seen
