"""Logarithms, exponentials and means of subspaces: linsub beside pymanopt and the textbook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.bench.report import milliseconds
from linsub.testing import gallery

TITLE = "Geodesics and means of subspaces"

SHAPE, QUICK_SHAPE = (1000, 20), (20, 3)
# Subspaces to average, and the largest angle from the one that they lie around.
COUNT, RADIUS = 10, 0.4
BUDGET = 2.0
RIGHT = np.pi / 2

# Largest angle by name; the others are spread below it.
LARGEST = {
    "1e-8": 1e-8,
    "1": 1.0,
    "pi/2 - 1e-3": RIGHT - 1e-3,
    "pi/2 - 1e-8": RIGHT - 1e-8,
    "pi/2 - 1e-12": RIGHT - 1e-12,
    "pi/2": RIGHT,
}
LINSUB, PYMANOPT, TEXTBOOK = "linsub", "pymanopt", "numpy, by the tangent"

Pair = tuple[np.ndarray, np.ndarray]


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan for each largest angle, the exponential and the mean."""
    shape = QUICK_SHAPE if quick else SHAPE
    for name in ("1", "pi/2") if quick else LARGEST:
        yield Plan(f"log, {name}", _log_task, (name, shape))
    yield Plan("exp", _exp_task, (shape,))
    yield Plan("mean", _mean_task, (shape,))


# ---------------------------------------------------------------------- who takes part


def textbook_log(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """``U arctan(S) V^T`` of ``(I - X X^T) Y (X^T Y)^{-1}``."""
    C = X.T @ Y
    U, S, Vt = np.linalg.svd(np.linalg.solve(C.T, (Y - X @ C).T).T, full_matrices=False)
    return np.asarray((U * np.arctan(S)) @ Vt)


def textbook_exp(X: np.ndarray, D: np.ndarray) -> np.ndarray:
    """``X V cos(S) V^T + U sin(S) V^T``."""
    U, S, Vt = np.linalg.svd(D, full_matrices=False)
    return np.asarray(((X @ Vt.T) * np.cos(S) + U * np.sin(S)) @ Vt)


def _linsub_log(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    from linsub.geometry import grassmann_log

    return np.asarray(grassmann_log(X, Y).D)


def _linsub_exp(X: np.ndarray, D: np.ndarray) -> np.ndarray:
    from linsub.geometry import grassmann_exp

    return np.asarray(grassmann_exp(X, D))


def _pymanopt(X: np.ndarray) -> Any:
    from pymanopt.manifolds import Grassmann

    return Grassmann(*X.shape)


LOGS: dict[str, Callable[..., np.ndarray]] = {
    LINSUB: _linsub_log,
    PYMANOPT: lambda X, Y: _pymanopt(X).log(X, Y),
    TEXTBOOK: textbook_log,
}
EXPS: dict[str, Callable[..., np.ndarray]] = {
    LINSUB: _linsub_exp,
    PYMANOPT: lambda X, D: _pymanopt(X).exp(X, D),
    TEXTBOOK: textbook_exp,
}


def _contenders(calls: Mapping[str, Callable[..., Any]], *arguments: Any) -> list[Contender]:
    return [
        Contender(
            name,
            # bound now, not when the loop is over
            lambda call=call: call(*arguments),  # type: ignore[misc]
            requires=("pymanopt",) if name == PYMANOPT else (),
        )
        for name, call in calls.items()
    ]


def _outside(Y: np.ndarray, Z: np.ndarray) -> float:
    return float(np.linalg.norm(Z - Y @ (Y.T @ Z), 2))


# ---------------------------------------------------------------------- the tasks


def _log_task(name: str, shape: tuple[int, int]) -> Task:
    n, p = shape
    theta = LARGEST[name] * np.linspace(0.1, 1.0, p)
    X, Y = gallery.subspace_pair(n, theta, rng=0)

    def judge(D: np.ndarray) -> Mapping[str, float]:
        length = float(np.linalg.norm(theta))
        return {
            "end": _outside(Y, textbook_exp(X, D)),
            "length": abs(float(np.linalg.norm(D)) - length),
        }

    return Task(
        name=f"log, {name}",
        title=f"logarithm of two bases of {p} columns in R^{n}, angles up to {name}",
        contenders=_contenders(LOGS, X, Y),
        accuracy=judge,
        measures=("end", "length"),
        floor=1e-14,
        budget=BUDGET,
    )


def _exp_task(shape: tuple[int, int]) -> Task:
    n, p = shape
    X, Y = gallery.subspace_pair(n, np.linspace(0.1, 1.0, p), rng=0)
    D = _linsub_log(X, Y)

    def judge(Z: np.ndarray) -> Mapping[str, float]:
        defect = float(np.linalg.norm(Z.T @ Z - np.eye(p), 2))
        return {"end": _outside(Y, Z), "orthogonality": defect}

    return Task(
        name="exp",
        title=f"exponential of a tangent vector, {n} x {p}, angles up to 1",
        contenders=_contenders(EXPS, X, D),
        accuracy=judge,
        measures=("end",),
        floor=1e-14,
        budget=BUDGET,
    )


def _linsub_mean(Xs: list[np.ndarray]) -> np.ndarray:
    from linsub.geometry import karcher_mean

    return np.asarray(karcher_mean(Xs).X)


def _fixed_point(name: str) -> Callable[[list[np.ndarray]], np.ndarray]:
    """The same iteration to the same tolerance, from the first subspace as users write it."""
    log, exp = LOGS[name], EXPS[name]

    def call(Xs: list[np.ndarray]) -> np.ndarray:
        X = Xs[0]
        for _ in range(200):
            T = np.mean([log(X, Y) for Y in Xs], axis=0)
            if np.linalg.norm(T) <= 1e-12 * np.sqrt(X.shape[1]):
                break
            X = exp(X, T)
        return X

    return call


def _mean_task(shape: tuple[int, int]) -> Task:
    n, p = shape
    rng = np.random.default_rng(0)
    C = np.linalg.qr(rng.standard_normal((n, p)))[0]
    Xs = []
    for _ in range(COUNT):
        D = rng.standard_normal((n, p))
        D -= C @ (C.T @ D)
        Xs.append(textbook_exp(C, D * (RADIUS / np.linalg.norm(D, 2))))

    def judge(X: np.ndarray) -> Mapping[str, float]:
        X = np.linalg.qr(X)[0]
        T = np.mean([_linsub_log(X, Y) for Y in Xs], axis=0)
        return {"gradient": float(np.linalg.norm(T))}

    calls = {LINSUB: _linsub_mean, **{name: _fixed_point(name) for name in (PYMANOPT, TEXTBOOK)}}
    return Task(
        name="mean",
        title=f"Riemannian mean of {COUNT} subspaces, {n} x {p}, within {RADIUS} of one",
        contenders=_contenders(calls, Xs),
        accuracy=judge,
        measures=("gradient",),
        floor=1e-12 * float(np.sqrt(p)),
        budget=BUDGET,
    )


# ---------------------------------------------------------------------- the table


def summary(report: Report) -> str:
    """Return time with error, one line a task."""
    lines = [
        "Milliseconds / error. Of a logarithm: the sine of the angle by which its geodesic misses "
        "Y; of an exponential the same; of a mean: the norm of the mean of the logarithms.\n",
        f"| task | {LINSUB} | {PYMANOPT} | {TEXTBOOK} |",
        "|---|---|---|---|",
    ]
    for task in report.tasks:
        cells = {row.contender: _cell(row) for row in task.rows}
        found = " | ".join(cells.get(name, "") for name in (LINSUB, PYMANOPT, TEXTBOOK))
        lines.append(f"| {task.name} | {found} |")
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "skipped" if row.skipped else "failed"
    error = row.errors.get("end", row.errors.get("gradient", float("nan")))
    return f"{milliseconds(row.timing.best)} / {error:.0e}"
