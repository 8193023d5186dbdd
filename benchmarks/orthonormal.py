"""Orthonormal bases, growing ones, polar factors and Procrustes beside NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import scipy.linalg

from benchmarks import Plan
from linsub.bench import Contender, Task, Work
from linsub.bench.contenders import is_single, matrix_bytes

TITLE = "Orthonormal bases and nearest orthogonal matrices"

SHAPES = ((4096, 64), (20_000, 32), (512, 512))
METHODS = ("qr", "cholqr2", "tsqr", "svd")
CONDS = (1e2, 1e12)


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for n, p in ((200, 16),) if quick else SHAPES:
        for cond in CONDS:
            name = f"basis {n}x{p}, condition {cond:.0e}"
            yield Plan(name, _basis, (name, n, p, cond))
    n, blocks = (200, 4) if quick else (4096, 32)
    for dtype in ("float64", "float32"):
        name = f"{blocks} blocks of {n}x8, {dtype}"
        yield Plan(name, _growing, (name, n, blocks, dtype))
    for n, p in ((60, 10),) if quick else ((4096, 64), (512, 512)):
        yield Plan(f"polar factor {n}x{p}", _polar, (f"polar factor {n}x{p}", n, p))
    n, p = (200, 5) if quick else (20_000, 64)
    yield Plan(f"rotation of {n}x{p}", _rotation, (f"rotation of {n}x{p}", n, p))


def _matrix(n: int, p: int, cond: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.standard_normal((k, p)))[0] for k in (n, p))
    return np.asarray((left * np.geomspace(1.0, 1.0 / cond, p)) @ right.T)


def _work(A: np.ndarray, flops: float) -> Callable[[Any], Work]:
    return lambda _: Work(flops, matrix_bytes(A), is_single(A))


def _defect(Q: np.ndarray) -> float:
    Q = np.asarray(Q, dtype=np.float64)
    return float(np.linalg.norm(Q.T @ Q - np.eye(Q.shape[1])))


def _basis(name: str, n: int, p: int, cond: float) -> Task:
    A = _matrix(n, p, cond)

    def ours(**options: Any) -> Any:
        from linsub.geometry import orth

        return orth(A, **options).Q

    def accuracy(Q: Any) -> Mapping[str, float]:
        X = A / np.linalg.norm(A, axis=0)
        left = float(np.linalg.norm(X - Q @ (Q.T @ X), 2) / np.linalg.norm(X, 2))
        return {"error": left, "||Q'Q - I||": _defect(Q), "rank": float(Q.shape[1])}

    work = _work(A, 4.0 * n * p * p)
    others = [
        Contender(f"linsub {method}", lambda method=method: ours(method=method), work=work)
        for method in METHODS
    ]
    return Task(
        name=name,
        contenders=[
            Contender("linsub", ours, work=work, setting="auto"),
            *others,
            Contender("numpy.linalg.qr", lambda: np.linalg.qr(A)[0], work=work),
            Contender("scipy.linalg.orth", lambda: scipy.linalg.orth(A), work=work),
        ],
        accuracy=accuracy,
        floor=1e-12,
        budget=3.0,
    )


def _growing(name: str, n: int, count: int, dtype: str) -> Task:
    rng = np.random.default_rng(0)
    span = np.linalg.qr(rng.standard_normal((n, 8 * count)))[0]
    blocks = []
    for i in range(count):
        # mostly within the first, which is known well
        X = span[:, :8] @ rng.standard_normal((8, 8)) + 1e-2 * span[:, 8 * i : 8 * i + 8]
        blocks.append(X.astype(dtype))

    def ours() -> Any:
        from linsub.geometry import OrthoBasis

        basis = OrthoBasis(n, dtype)
        for X in blocks:
            basis.extend(X, tol=1e-6)
        return basis.Q

    def by_hand(passes: int) -> Any:
        Q = np.zeros((n, 0), dtype)
        for X in blocks:
            for _ in range(passes):
                X = X - Q @ (Q.T @ X)
            Q = np.concatenate([Q, np.linalg.qr(X)[0]], axis=1)
        return Q

    def afresh() -> Any:
        Q = np.zeros((n, 0), dtype)
        for X in blocks:
            Q = np.linalg.qr(np.concatenate([Q, X], axis=1))[0]
        return Q

    def accuracy(Q: Any) -> Mapping[str, float]:
        return {"error": _defect(Q), "rank": float(Q.shape[1])}

    flops = sum(8.0 * n * 8 * (8 * i) + 4.0 * n * 64 for i in range(count))
    work = _work(blocks[0], flops)
    return Task(
        name=name,
        contenders=[
            Contender("linsub", ours, work=work),
            Contender("NumPy, two projections", lambda: by_hand(2), work=work),
            Contender("NumPy, one projection", lambda: by_hand(1), work=work),
            Contender("numpy.linalg.qr of all each time", afresh, work=work),
        ],
        accuracy=accuracy,
        floor=1e-12 if dtype == "float64" else 1e-5,
        budget=4.0,
    )


def _polar(name: str, n: int, p: int) -> Task:
    A = _matrix(n, p, 1e3)
    U, _, Vh = np.linalg.svd(A, full_matrices=False)

    def ours() -> Any:
        from linsub.geometry import nearest_orthogonal

        return nearest_orthogonal(A).Q

    def accuracy(Q: Any) -> Mapping[str, float]:
        return {"error": float(np.linalg.norm(Q - U @ Vh)), "||Q'Q - I||": _defect(Q)}

    work = _work(A, 4.0 * n * p * p)
    return Task(
        name=name,
        contenders=[
            Contender("linsub", ours, work=work),
            Contender("scipy.linalg.polar", lambda: scipy.linalg.polar(A)[0], work=work),
        ],
        accuracy=accuracy,
        floor=1e-10,
        budget=3.0,
    )


def _rotation(name: str, n: int, p: int) -> Task:
    rng = np.random.default_rng(0)
    A = rng.standard_normal((n, p))
    turn = np.linalg.qr(rng.standard_normal((p, p)))[0]
    B = A @ turn + 0.1 * rng.standard_normal((n, p))

    def ours() -> Any:
        from linsub.geometry import procrustes

        return procrustes(A, B).R

    def accuracy(R: Any) -> Mapping[str, float]:
        residual = float(np.linalg.norm(A @ R - B) / np.linalg.norm(B))
        return {"error": residual, "||R'R - I||": _defect(R)}

    work = _work(A, 2.0 * n * p * p)
    return Task(
        name=name,
        contenders=[
            Contender("linsub", ours, work=work),
            Contender(
                "scipy.linalg.orthogonal_procrustes",
                lambda: scipy.linalg.orthogonal_procrustes(A, B)[0],
                work=work,
            ),
        ],
        accuracy=accuracy,
        floor=1.0,
        budget=2.0,
    )
