"""Speed and accuracy of truncated SVDs on dense and sparse matrices of known spectra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks import Plan
from benchmarks.peers import ALL, ARPACK, FAST, FBPCA, LAPACK, LINSUB, PROPACK, SKLEARN
from benchmarks.summaries import speed_tables
from linsub.bench import Report, Task, spectrum_matrix, svd_task
from linsub.bench.contenders import Solver

TITLE = "Truncated SVD: time and error beside the peers"

# Name, shape, quick shape, spectrum, rank, quick rank, solvers.
Dense = tuple[str, tuple[int, int], tuple[int, int], str, int, int, tuple[Solver, ...]]
LARGE = (LINSUB, LAPACK, ARPACK, PROPACK, SKLEARN, FBPCA)
DENSE: tuple[Dense, ...] = (
    ("1500² .95^i", (1500, 1500), (120, 120), "0.95^i", 20, 6, ALL),
    ("1500² 1/i", (1500, 1500), (120, 120), "1/i", 20, 6, ALL),
    ("1500² i^-.3", (1500, 1500), (120, 120), "i^-0.3", 20, 6, ALL),
    ("20000x300 .95^i", (20000, 300), (900, 70), "0.95^i", 20, 6, ALL),
    ("20000x300 i^-.3", (20000, 300), (900, 70), "i^-0.3", 20, 6, ALL),
    ("20000x1000 1/i", (20000, 1000), (900, 100), "1/i", 50, 10, LARGE),
    ("1000x20000 1/i", (1000, 20000), (100, 900), "1/i", 20, 6, LARGE),
)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for entry in DENSE:
        yield Plan(entry[0], _dense, (entry, quick))
    for power in (0.3, 1.0):
        yield Plan(f"4000² Gauss j^-{power:g}", _scaled_gaussian, (power, quick))
    for scaled in (False, True):
        yield Plan(f"sparse 30000x8000{' j^-.5' * scaled}", _sparse, (scaled, quick))
    for entry in DENSE[:3]:
        yield Plan(f"{entry[0]} float32", _single, (entry, quick))


def summary(report: Report) -> str:
    """Return the tables over all tasks."""
    return speed_tables(report)


def _dense(entry: Dense, quick: bool) -> Task:
    name, shape, small, spectrum, rank, few, solvers = entry
    A, sigma = spectrum_matrix(*(small if quick else shape), spectrum)
    return _task(name, A, few if quick else rank, sigma, solvers)


def _single(entry: Dense, quick: bool) -> Task:
    name, shape, small, spectrum, rank, few, _ = entry
    A = spectrum_matrix(*(small if quick else shape), spectrum)[0].astype(np.float32)
    # Rounding to float32 moves the values: the reference is of the rounded matrix.
    return _task(f"{name} float32", A, few if quick else rank, _reference(A), FAST)


def _scaled_gaussian(power: float, quick: bool) -> Task:
    n = 150 if quick else 4000
    A = np.random.default_rng(0).standard_normal((n, n))
    A *= np.arange(1.0, n + 1.0) ** -power
    name = f"4000² Gauss j^-{power:g}"
    return _task(name, A, 6 if quick else 20, _reference(A), LARGE)


def _sparse(scaled: bool, quick: bool) -> Task:
    import scipy.sparse as sp

    m, n, density = (600, 300, 0.02) if quick else (30000, 8000, 1e-3)
    A = sp.random(m, n, density, random_state=0, format="csr")
    name = "sparse 30000x8000"
    if scaled:
        A = (A @ sp.diags(np.arange(1.0, n + 1.0) ** -0.5)).tocsr()
        name += " j^-.5"
    rank = 6 if quick else 20
    return _task(name, A, rank, _sparse_reference(A, rank), FAST, kind="sparse")


def _task(
    name: str,
    A: Any,
    rank: int,
    sigma: np.ndarray,
    solvers: tuple[Solver, ...],
    kind: str = "dense",
) -> Task:
    title = f"{name}: {A.shape[0]} x {A.shape[1]} {A.dtype}, rank {rank}"
    return svd_task(
        name, A, rank, sigma=sigma, solvers=solvers, title=title, kind=kind, curves=True
    )


def _reference(A: np.ndarray) -> np.ndarray:
    return np.linalg.svd(A.astype(np.float64), compute_uv=False)


def _sparse_reference(A: Any, rank: int) -> np.ndarray:
    """ARPACK to the last digit with more triplets and another start than the contender's."""
    from scipy.sparse.linalg import svds

    more = rank + 10
    S = svds(
        A,
        k=more,
        ncv=3 * more,
        tol=0,
        return_singular_vectors=False,
        rng=np.random.default_rng(12345),
    )
    return np.sort(S)[::-1]
