"""Principal angles: linsub beside SciPy and pymanopt, time and error on the same bases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.testing import gallery

TITLE = "Angles between subspaces"

SHAPE, QUICK_SHAPE = (1000, 40), (60, 5)
BUDGET = 2.0

LINSUB, BASES, VECTORS = "linsub", "linsub, orthonormal=True", "linsub principal_vectors"
SCIPY, PYMANOPT = "scipy subspace_angles", "pymanopt Grassmann.dist"


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan for each set of angles; in quick runs of two of them."""
    sets = ("mixed", "plain") if quick else tuple(gallery.ANGLE_SETS)
    for name in sets:
        yield Plan(name, _task, (name, QUICK_SHAPE if quick else SHAPE))


def _task(name: str, shape: tuple[int, int]) -> Task:
    n, k = shape
    theta = np.sort(np.resize(gallery.ANGLE_SETS[name], k))
    X, Y = gallery.subspace_pair(n, theta, rng=0)

    def judge(found: Any) -> Mapping[str, float]:
        return {"error": float(np.abs(np.sort(np.asarray(found)) - theta).max())}

    def judge_norm(found: Any) -> Mapping[str, float]:
        return {"error": abs(float(found) - float(np.linalg.norm(theta)))}

    return Task(
        name=name,
        title=f"{name}: two bases of {k} columns in R^{n}",
        contenders=[
            Contender(LINSUB, _linsub(X, Y)),
            Contender(BASES, _linsub(X, Y, orthonormal=True), method=BASES),
            Contender(VECTORS, _vectors(X, Y), method=VECTORS),
            Contender(SCIPY, _scipy(X, Y), requires=("scipy",)),
            Contender(PYMANOPT, _pymanopt(X, Y), accuracy=judge_norm, requires=("pymanopt",)),
        ],
        accuracy=judge,
        floor=1e-14,
        budget=BUDGET,
    )


def _linsub(X: np.ndarray, Y: np.ndarray, **options: bool) -> Callable[[], Any]:
    def call() -> Any:
        from linsub.geometry import principal_angles

        return principal_angles(X, Y, **options)

    return call


def _vectors(X: np.ndarray, Y: np.ndarray) -> Callable[[], Any]:
    def call() -> Any:
        from linsub.geometry import principal_vectors

        return principal_vectors(X, Y).angles

    return call


def _scipy(X: np.ndarray, Y: np.ndarray) -> Callable[[], Any]:
    def call() -> Any:
        from scipy.linalg import subspace_angles

        return subspace_angles(X, Y)

    return call


def _pymanopt(X: np.ndarray, Y: np.ndarray) -> Callable[[], Any]:
    def call() -> Any:
        from pymanopt.manifolds import Grassmann

        return Grassmann(*X.shape).dist(X, Y)

    return call


def summary(report: Report) -> str:
    """Return the error and the time of each contender, by set of angles."""
    names = (LINSUB, BASES, VECTORS, SCIPY, PYMANOPT)
    lines = [
        "Largest error / milliseconds.\n",
        f"| angles | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for task in report.tasks:
        cells = {row.method: _cell(row) for row in task.rows}
        lines.append(f"| {task.name} | {' | '.join(cells.get(x, '') for x in names)} |")
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "not run"
    return f"{row.errors['error']:.0e} / {1e3 * row.timing.best:.1f}"
