"""Tucker decompositions beside TensorLy's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Tucker decompositions"

# Shape, ranks, relative noise on a tensor of exactly these ranks.
CASES = (
    ((60, 50, 40), (8, 8, 8), 0.1),
    ((60, 50, 40), (8, 8, 8), 1e-10),
    ((200, 150, 100), (20, 15, 10), 0.1),
    ((24, 20, 16, 14, 12), (4, 4, 4, 4, 4), 0.1),
)
CASES_QUICK = (((9, 8, 7), (3, 2, 2), 0.1),)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for shape, ranks, noise in CASES_QUICK if quick else CASES:
        name = f"{'x'.join(map(str, shape))} to {'x'.join(map(str, ranks))}, noise {noise:g}"
        yield Plan(name, _task, (name, shape, ranks, noise))


def _tensor(shape: tuple[int, ...], ranks: tuple[int, ...], noise: float) -> np.ndarray:
    from linsub.tensor import tucker_to_dense

    rng = np.random.default_rng(7)
    factors = [
        np.linalg.qr(rng.standard_normal(pair))[0] for pair in zip(shape, ranks, strict=True)
    ]
    X = tucker_to_dense(rng.standard_normal(ranks), factors)
    E = rng.standard_normal(shape)
    return np.asarray(X / np.linalg.norm(X) + noise * E / np.linalg.norm(E))


def _task(name: str, shape: tuple[int, ...], ranks: tuple[int, ...], noise: float) -> Task:
    from linsub.tensor import hooi, hosvd, sthosvd, tucker_to_dense

    X = _tensor(shape, ranks, noise)

    def tensorly(sweeps: int) -> Any:
        from tensorly.decomposition import tucker

        core, factors = tucker(X, rank=list(ranks), n_iter_max=sweeps, tol=1e-8)
        return core, factors

    def projection() -> Any:
        """Return what cannot be avoided: the first mode's Gram matrix and its projection."""
        A = X.reshape(shape[0], -1)
        return A @ A.T, np.eye(ranks[0], shape[0]) @ A

    def judge(found: Any) -> Mapping[str, float]:
        core, factors = found[0], found[1]
        if core.ndim != X.ndim:
            return {}
        error = float(np.linalg.norm(X - tucker_to_dense(core, factors)))
        told = getattr(found, "certificate", None)
        certified = float("nan") if told is None else float(told.relative_error)
        return {"error": error / float(np.linalg.norm(X)), "certified": certified}

    return Task(
        name=name,
        title=f"{name}: ranks given",
        contenders=[
            Contender("linsub sthosvd", lambda: sthosvd(X, ranks)),
            Contender("linsub hosvd", lambda: hosvd(X, ranks)),
            Contender("linsub hooi", lambda: hooi(X, ranks, on_fail="return")),
            Contender("tensorly tucker, 1 sweep", lambda: tensorly(1), requires=("tensorly",)),
            Contender("tensorly tucker", lambda: tensorly(100), requires=("tensorly",)),
            Contender("limit: Gram matrix and projection of a mode", projection),
        ],
        accuracy=judge,
        measures=(),
        ours="linsub sthosvd",
    )


def summary(report: Report) -> str:
    """Return milliseconds and relative errors, with what is certified of ours."""
    names = [row.contender for row in report.tasks[0].rows]
    lines = [
        "Milliseconds / relative error (what its certificate says):\n",
        f"| tensor | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for task in report.tasks:
        cells = []
        for row in task.rows:
            if not row.timing.times:
                cells.append(row.skipped or "failed")
                continue
            text = f"{1e3 * row.timing.best:.3g}"
            if "error" in row.errors:
                text += f" / {row.errors['error']:.6g}"
                told = row.errors["certified"]
                text += f" ({told:.6g})" if told == told else ""
            cells.append(text)
        lines.append(f"| {task.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
