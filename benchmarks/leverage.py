"""Leverage scores and Lewis weights beside LAPACK's QR and what is written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import scipy.linalg
from scipy import sparse

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "Leverage scores and Lewis weights"

SHAPE, SHAPE_QUICK = (100_000, 100), (3000, 10)
LEWIS, LEWIS_QUICK = (20_000, 30), (300, 4)
# Digits of the condition, of a matrix whose columns are mixtures of all directions.
DIGITS = (0, 3, 6, 10)
POWERS = (1.0, 4.0, 8.0)
SPARSE_DENSITY = 0.01


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    n, d = SHAPE_QUICK if quick else SHAPE
    for digits in DIGITS:
        name = f"{n}x{d}, condition 1e{digits}"
        yield Plan(name, _dense, (name, n, d, digits))
    name = f"{n}x{d}, columns of all units"
    yield Plan(name, _units, (name, n, d))
    name = f"{n}x{d}, sparse, {SPARSE_DENSITY:.0%} of the entries"
    yield Plan(name, _sparse, (name, n, d))
    n, d = LEWIS_QUICK if quick else LEWIS
    for p in POWERS:
        name = f"Lewis weights {n}x{d}, p = {p:g}"
        yield Plan(name, _lewis, (name, n, d, p))


def summary(report: Report) -> str:
    """Return times with the largest relative error of a score."""
    head = (
        "Best time and largest relative error of a score (of a weight: `max |tau - w|`). The limit "
        "is the time of `A.T @ A` and one product `A @ T` in the same rounds:\n"
    )
    return f"{head}\n{pivot(report.tasks, _cell)}\n"


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    error = row.errors.get("error")
    text = f"{milliseconds(row.timing.best)} ms"
    return text if error is None or np.isnan(error) else f"{text}, {error:.0e}"


def _basis(n: int, d: int) -> np.ndarray:
    """Orthonormal columns with heavy-tailed leverage."""
    rng = np.random.default_rng(0)
    return np.linalg.qr(rng.standard_t(2, (n, d)))[0]


def _squares(Q: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("ij,ij->i", Q, Q))


def _by_gram(A: Any) -> np.ndarray:
    """The textbook's normal equations, as in the packages that invert the Gram matrix."""
    G = A.T @ A
    R = np.linalg.cholesky(G.toarray() if sparse.issparse(G) else G).T
    if sparse.issparse(A):
        return _squares(A @ scipy.linalg.solve_triangular(R, np.eye(len(R))))
    return _squares(scipy.linalg.solve_triangular(R, A.T, trans="T").T)


def _ours(A: Any, **options: Any) -> Callable[[], Any]:
    def run() -> Any:
        from linsub.sensitivity import leverage_scores

        return leverage_scores(A, **options).scores

    return run


def _scores_task(name: str, A: Any, tau: np.ndarray, floor: float = 1e-10) -> Task:
    dense = not sparse.issparse(A)

    def accuracy(scores: np.ndarray) -> Mapping[str, float]:
        return {"error": float(np.max(np.abs(scores - tau) / np.maximum(tau, 1e-300)))}

    T = np.eye(A.shape[1])
    contenders = [
        Contender("linsub", _ours(A), setting="auto"),
        Contender("linsub sketch", _ours(A, method="sketch")),
        Contender("Gram + Cholesky", lambda: _by_gram(A)),
    ]
    if dense:
        contenders += [
            Contender("numpy.linalg.qr", lambda: _squares(np.linalg.qr(A)[0])),
            Contender("scipy.linalg.qr", lambda: _squares(_scipy_qr(A))),
        ]
    limit = Contender("limit", lambda: (A.T @ A, A @ T), accuracy=lambda _: {"error": np.nan})
    return Task(
        name=name,
        contenders=[*contenders, limit],
        accuracy=accuracy,
        floor=floor,
        budget=6.0,
    )


def _scipy_qr(A: np.ndarray) -> np.ndarray:
    return np.asarray(scipy.linalg.qr(A, mode="economic", check_finite=False)[0])


def _dense(name: str, n: int, d: int, digits: int) -> Task:
    U = _basis(n, d)
    V = np.linalg.qr(np.random.default_rng(1).standard_normal((d, d)))[0]
    A = (U * np.logspace(0, -digits, d)) @ V.T
    # What the conditioning of the problem explains.
    return _scores_task(name, A, _squares(U), max(1e-10, 1e-15 * d * 10.0**digits))


def _units(name: str, n: int, d: int) -> Task:
    U = _basis(n, d)
    return _scores_task(name, U * np.logspace(-30, 30, d), _squares(U))


def _sparse(name: str, n: int, d: int) -> Task:
    A = sparse.csr_array(sparse.random_array((n, d), density=SPARSE_DENSITY, rng=0))
    full = A.toarray()
    A = sparse.csr_array(A + sparse.csr_array(sparse.eye_array(n, d)))
    full[: min(n, d)] += np.eye(min(n, d), d)
    return _scores_task(name, A, _squares(np.linalg.qr(full)[0]))


def _cohen_peng(A: np.ndarray, p: float) -> np.ndarray:
    """The fixed-point iteration by hand, until it has converged or cycles."""
    n, d = A.shape
    w = np.full(n, d / n)
    for _ in range(60):
        M = A.T @ (w[:, None] ** (1.0 - 2.0 / p) * A)
        tau = w ** (1.0 - 2.0 / p) * _squares(np.linalg.solve(np.linalg.cholesky(M), A.T).T)
        if np.abs(tau - w).max() < 1e-10:
            break
        w = tau ** (0.5 * p) * w ** (1.0 - 0.5 * p)
    return np.asarray(w)


def _lewis(name: str, n: int, d: int, p: float) -> Task:
    A = np.random.default_rng(2).standard_cauchy((n, d))

    def ours(method: str) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import lewis_weights

            return lewis_weights(A, p, method=method).weights

        return run

    def accuracy(w: np.ndarray) -> Mapping[str, float]:
        Q = np.linalg.qr(np.maximum(w, 1e-300)[:, None] ** (0.5 - 1.0 / p) * A)[0]
        return {"error": float(np.abs(_squares(Q) - w).max())}

    return Task(
        name=name,
        contenders=[
            Contender("linsub", ours("auto"), setting="auto"),
            Contender("linsub relaxed", ours("relaxed")),
            Contender("linsub mm", ours("mm")),
            Contender("Cohen & Peng by hand", lambda: _cohen_peng(A, p)),
        ],
        accuracy=accuracy,
        floor=1e-10,
        budget=3.0,
    )
