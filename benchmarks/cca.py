"""Canonical correlations whose values are known: linsub beside scikit-learn's iteration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Canonical correlations"


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another: even columns, and columns that are nearly dependent."""
    if quick:
        yield Plan("small", _task, ("small", 100, 6, 5, 2, 1.0))
        return
    yield Plan("2000 x 50", _task, ("2000 x 50", 2000, 50, 40, 10, 1.0))
    yield Plan(
        "2000 x 50, condition 1e6", _task, ("2000 x 50, condition 1e6", 2000, 50, 40, 10, 1e6)
    )
    yield Plan("20000 x 100", _task, ("20000 x 100", 20000, 100, 100, 5, 1.0))


def views(
    n: int, p: int, q: int, condition: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return two views (n, p), (n, q) and their correlations, descending from 0.99.

    Both column spaces are orthogonal to the constant vector and have these cosines; columns
    of unit variance are mixed by matrices of the given condition.
    """
    G = rng.standard_normal((n, p + q))
    Q, _ = np.linalg.qr(G - G.mean(axis=0))
    c = np.linspace(0.99, 0.01, q)
    X, Y = Q[:, :p], Q[:, :q] * c + Q[:, p:] * np.sqrt(1.0 - c**2)
    return _mixed(X, condition, rng), _mixed(Y, condition, rng) + 3.0, c


def _mixed(X: np.ndarray, condition: float, rng: np.random.Generator) -> np.ndarray:
    k = X.shape[1]
    U, V = (np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(2))
    return np.asarray(np.sqrt(X.shape[0]) * X @ (U * np.geomspace(1.0, 1.0 / condition, k)) @ V)


def _task(name: str, n: int, p: int, q: int, k: int, condition: float) -> Task:
    X, Y, c = views(n, p, q, condition, np.random.default_rng(0))

    def ours() -> Any:
        from linsub.geometry import cca

        return cca(X, Y, k).correlations

    def theirs(**options: Any) -> Callable[[], Any]:
        def run() -> Any:
            import warnings

            from sklearn.cross_decomposition import CCA

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of iterations: the error stands beside
                return CCA(n_components=k, **options).fit(X, Y)

        return run

    def judge(result: Any) -> Mapping[str, float]:
        found = np.asarray(result) if isinstance(result, np.ndarray) else _of_scores(result, X, Y)
        return {"largest error": float(np.abs(found - c[:k]).max())}

    return Task(
        name=name,
        title=f"{name}: {n} samples, {p} and {q} columns, {k} pairs",
        contenders=[
            Contender("linsub", ours),
            Contender("scikit-learn CCA", theirs(), requires=("sklearn",)),
            Contender(
                "scikit-learn CCA, tol 1e-12",
                theirs(tol=1e-12, max_iter=5000),
                requires=("sklearn",),
            ),
        ],
        accuracy=judge,
        measures=(),
    )


def _of_scores(model: Any, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the correlations of the scores, pair by pair, outside of the time."""
    A, B = model.transform(X, Y)
    return np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(A.T, B.T, strict=True)])


def summary(report: Report) -> str:
    """Return seconds and largest error of a correlation by method."""
    names = [row.method for row in report.tasks[0].rows]
    lines = [
        "Seconds / largest error of a correlation, whose true values are known by construction.\n",
        f"| task | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    lines += [f"| {t.title} | {' | '.join(_cell(row) for row in t.rows)} |" for t in report.tasks]
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "skipped" if row.skipped else "failed"
    return f"{row.timing.best:.4f} / {row.errors['largest error']:.1e}"
