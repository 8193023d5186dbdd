"""Self-calibration beside the singular value decomposition of the whole problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Self-calibration"

# Sensors, numbers of a signal, measurements, relative noise.
CASES = ((64, 32, 8, 0.0), (64, 32, 8, 1e-2), (128, 64, 12, 0.0))
CASES_QUICK = ((8, 3, 4, 0.0),)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for m, n, p, noise in CASES_QUICK if quick else CASES:
        name = f"{m} sensors, {n} numbers, {p} snapshots, noise {noise:g}"
        yield Plan(name, _task, (name, m, n, p, noise))


def _task(name: str, m: int, n: int, p: int, noise: float) -> Task:
    from linsub.inverse import self_calibrate

    rng = np.random.default_rng(11)
    A, X, gains = rng.standard_normal((m, n)), rng.standard_normal((p, n)), rng.uniform(0.5, 1.5, m)
    Y = X @ A.T * gains
    E = rng.standard_normal(Y.shape)
    Y = Y + noise * np.linalg.norm(Y) / np.linalg.norm(E) * E

    def whole() -> Any:
        """Return the singular vector of all unknowns, as in the paper."""
        big = np.zeros((p * m, m + p * n))
        for index in range(p):
            rows = slice(index * m, (index + 1) * m)
            big[rows, :m] = np.diag(Y[index])
            big[rows, m + index * n : m + (index + 1) * n] = -A
        z = np.linalg.svd(big, full_matrices=p * m < m + p * n)[2][-1]
        return 1.0 / z[:m], z[m:].reshape(p, n)

    def squares() -> Any:
        """Return the null vector of the eliminated normal equations."""
        Q = np.linalg.qr(A)[0]
        s = np.linalg.eigh(Y.T @ Y * (np.eye(m) - Q @ Q.T))[1][:, 0]
        return 1.0 / s, np.linalg.lstsq(A, (Y * s).T, rcond=None)[0].T

    def judge(found: Any) -> Mapping[str, float]:
        s, true = 1.0 / found[0], 1.0 / gains
        s, true = s / np.linalg.norm(s), true / np.linalg.norm(true)
        return {"sine": float(np.linalg.norm(s - true * (true @ s)))}

    return Task(
        name=name,
        title=name,
        contenders=[
            Contender("linsub", lambda: self_calibrate(Y, A)),
            Contender("SVD of all unknowns", whole),
            Contender("eliminated, squared", squares),
        ],
        accuracy=judge,
        measures=("sine",),
        ours="linsub",
    )


def summary(report: Report) -> str:
    """Return milliseconds and the sine of the angle to the true inverse gains."""
    names = [row.contender for row in report.tasks[0].rows]
    lines = [
        "Milliseconds / sine of the angle between found and true inverse gains:\n",
        f"| problem | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    for task in report.tasks:
        cells = [f"{1e3 * row.timing.best:.3g} / {row.errors['sine']:.1e}" for row in task.rows]
        lines.append(f"| {task.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
