"""Products with few columns beside BLAS and SciPy: ``python benchmarks/kernels_table.py``.

Prints the least of interleaved repeats, in ms. Set OPENBLAS_NUM_THREADS=1.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from unittest import mock

import numpy as np
import scipy.sparse as sp

from linsub._core import products, threads

SHAPES = ((1500, 1500), (3000, 3000), (20000, 1000))
REPEATS = 9


def minima(calls: list[Callable[[], object]]) -> list[float]:
    """Return the least time of each call in ms, taking turns."""
    best = [float("inf")] * len(calls)
    for _ in range(REPEATS):
        for k, call in enumerate(calls):
            started = time.perf_counter()
            call()
            best[k] = min(best[k], 1e3 * (time.perf_counter() - started))
    return best


def by(name: str, call: Callable[[], object]) -> Callable[[], object]:
    """Return `call` with the panels of gemm or the kernels, whatever the processor."""

    def run() -> object:
        with mock.patch.object(products, "_gemm_panels", return_value=name == "panels"):
            return call()

    return run


def dense(rng: np.random.Generator) -> None:
    """Print A' (A X) in both layouts."""
    print(f"{'':26}{'gemv pair':>10}{'BLAS':>8}{'panels':>8}{'kernel':>8}{'F BLAS':>8}{'F':>8}")
    for dtype in ("float64", "float32"):
        for m, n in SHAPES:
            A = rng.standard_normal((m, n)).astype(dtype)
            F = np.asfortranarray(A)
            x, y = A[0].copy(), A[:, 0].copy()
            for b in (4, 8, 16):
                X = np.asfortranarray(rng.standard_normal((n, b)).astype(dtype))
                calls = [
                    lambda A=A, x=x, y=y: (A @ x, A.T @ y),
                    lambda A=A, X=X: A.T @ (A @ X),
                    by("panels", lambda A=A, X=X: products.normal(A, X)),
                    by("kernels", lambda A=A, X=X: products.normal(A, X)),
                    lambda F=F, X=X: F.T @ (F @ X),
                    by("kernels", lambda F=F, X=X: products.normal(F, X)),
                ]
                for call in calls:
                    call()
                pair, *rest = minima(calls)
                row = "".join(f"{t:8.2f}" for t in rest)
                print(f"{dtype} {m:5} x {n:4}, b = {b:2}{pair:10.2f}{row}", flush=True)


def sparse(rng: np.random.Generator) -> None:
    """Print products of a CSR matrix, which are SciPy's."""
    A = sp.random_array((30000, 8000), density=1e-3, format="csr", rng=rng)
    for b in (1, 2, 4, 8):
        X = rng.standard_normal((8000, b))
        ours, theirs = minima([lambda X=X: products.normal(A, X), lambda X=X: A.T @ (A @ X)])
        print(f"CSR 30000 x 8000, b = {b}: {ours:.2f}, SciPy {theirs:.2f}")


def main() -> None:
    """Print all tables."""
    print(f"BLAS kernels: {threads.blas_architecture()}")
    rng = np.random.default_rng(0)
    dense(rng)
    sparse(rng)


if __name__ == "__main__":
    main()
