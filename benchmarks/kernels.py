"""Products with few columns: the compiled kernels beside BLAS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Task, Work
from linsub.bench.contenders import is_single, matrix_bytes, product_flops

TITLE = "Products with few columns"

SHAPES = ((1500, 1500), (3000, 3000), (20000, 1000))
SHAPES_QUICK = ((120, 100),)
COLUMNS = (1, 4, 8, 16, 32)
COLUMNS_QUICK = (4,)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for m, n in SHAPES_QUICK if quick else SHAPES:
        for b in COLUMNS_QUICK if quick else COLUMNS:
            for dtype in ("float64", "float32"):
                for kind in ("A X", "A' Y", "A' A X"):
                    name = f"{kind}, {m}x{n}, {b} columns, {dtype}"
                    yield Plan(name, _task, (name, m, n, b, dtype, kind))


def _task(name: str, m: int, n: int, b: int, dtype: str, kind: str) -> Task:
    from linsub._core import products

    rng = np.random.default_rng(0)
    A = rng.standard_normal((m, n)).astype(dtype)
    X = rng.standard_normal((m if kind == "A' Y" else n, b)).astype(dtype)
    ours, blas, readings = {
        "A X": (lambda: products.matmat(A, X), lambda: A @ X, 1),
        "A' Y": (lambda: products.rmatmat(A, X), lambda: A.T @ X, 1),
        "A' A X": (lambda: products.normal(A, X), lambda: A.T @ (A @ X), 2),
    }[kind]
    exact = _exact(A, X, kind)

    def accuracy(answer: Any) -> Mapping[str, float]:
        found = answer[0] if isinstance(answer, tuple) else answer
        return {"error": float(np.max(np.abs(found - exact)) / np.max(np.abs(exact)))}

    flops = readings * b * product_flops(A)
    once = 1 if kind == "A' A X" else readings  # the fused kernel reads A once
    return Task(
        name=name,
        contenders=[
            Contender(
                "linsub", ours, work=lambda _: Work(flops, once * matrix_bytes(A), is_single(A))
            ),
            Contender(
                "BLAS", blas, work=lambda _: Work(flops, readings * matrix_bytes(A), is_single(A))
            ),
        ],
        accuracy=accuracy,
        floor=1.0,  # both round; the errors are shown
        size=b,
        series=f"{kind} {m}x{n} {dtype}",
        budget=1.0,
    )


def _exact(A: np.ndarray, X: np.ndarray, kind: str) -> np.ndarray:
    wide, X = A.astype(np.float64), X.astype(np.float64)
    if kind == "A X":
        return wide @ X
    return wide.T @ X if kind == "A' Y" else wide.T @ (wide @ X)
