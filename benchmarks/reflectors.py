"""Products of Householder reflectors beside LAPACK's, and few reflectors beside many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task, Work

TITLE = "Householder reflectors"

# Rows, columns of C, reflectors; the side of the product that shows the rate of BLAS.
SIZES = (4096, 512, 64, 2048)
SIZES_QUICK = (60, 20, 8, 64)
# Side of the matrix and rank of the projector.
PROJECTOR = (512, 10)
PROJECTOR_QUICK = (40, 3)
# Columns of C that are compared with the product in extended precision, which is slow.
_JUDGED = 8


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    sizes = SIZES_QUICK if quick else SIZES
    yield Plan("apply", _apply, sizes)
    yield Plan("projector", _projector, PROJECTOR_QUICK if quick else PROJECTOR)


def _apply(n: int, m: int, k: int, side: int) -> Task:
    from linsub.geometry import Reflectors

    rng = np.random.default_rng(0)
    Q = Reflectors.from_qr(rng.standard_normal((n, k)))
    V, tau = Q.V, Q.tau
    Q = Reflectors(V, tau)
    C = np.asfortranarray(rng.standard_normal((n, m)))
    exact = _one_by_one(V, tau, C[:, :_JUDGED])
    work = {"F": C.copy(order="F"), "C": C.copy(order="C"), "first": C.copy(order="F")}
    M = np.asfortranarray(rng.standard_normal((side, side)))

    def in_place(Z: np.ndarray, **options: Any) -> Callable[[], Any]:
        return lambda: Q.apply(Z, overwrite=True, **options)

    def judge(answer: Any) -> Mapping[str, float]:
        off = np.asarray(answer)[:, :_JUDGED] - exact
        return {"error": float(np.linalg.norm(off) / np.linalg.norm(exact))}

    flops = 4.0 * n * m * k
    product, in_order, copied = _lapack(V, tau, C)
    contenders = [
        Contender("linsub", in_place(work["F"]), setting="in place, F-ordered"),
        Contender(
            "linsub, unchecked",
            in_place(np.array(C, order="F"), check_finite=False),
            setting="check_finite=False",
        ),
        Contender("linsub, C-ordered", in_place(work["C"])),
        Contender("linsub, a copy", lambda: Q @ C),
        Contender(
            "linsub, from V and tau",
            lambda: Reflectors(V, tau).apply(work["first"], overwrite=True),
        ),
        Contender("LAPACK dormqr, overwrite_c", in_order),
        Contender("LAPACK dormqr", copied),
        Contender("NumPy, C - V (T (V' C))", _numpy(V, tau, C)),
    ]
    rows = [_with_work(made, flops) for made in contenders]
    rows.append(
        Contender(
            "dgemm",
            lambda: product(M),
            accuracy=lambda answer: {"error": 0.0},
            work=lambda _: Work(2.0 * float(side) ** 3, 0.0),
        )
    )
    title = f"{k} reflectors on a {n} x {m} matrix; dgemm is of {side} x {side}"
    return Task(name="apply", title=title, contenders=rows, accuracy=judge, floor=1e-13)


def _one_by_one(V: np.ndarray, tau: np.ndarray, C: np.ndarray) -> np.ndarray:
    """Return H_1 ... H_k C in extended precision, rounded."""
    Y = C.astype(np.longdouble)
    for v, t in zip(V.T[::-1].astype(np.longdouble), tau[::-1], strict=True):
        Y -= np.outer(t * v, v @ Y)
    return np.asarray(Y.astype(C.dtype))


def _with_work(made: Contender, flops: float) -> Contender:
    return Contender(made.name, made.call, setting=made.setting, work=lambda _: Work(flops, 0.0))


def _lapack(V: np.ndarray, tau: np.ndarray, C: np.ndarray) -> tuple[Any, Any, Any]:
    """Return a product of BLAS, and LAPACK's own application in place and on a copy."""
    from scipy.linalg import blas, lapack

    packed = np.asfortranarray(V)
    size = int(lapack.dormqr("L", "N", packed, tau, C, -1)[1][0])
    Z = np.array(C, order="F")

    def in_order() -> Any:
        return lapack.dormqr("L", "N", packed, tau, Z, size, overwrite_c=1)[0]

    def copied() -> Any:
        return lapack.dormqr("L", "N", packed, tau, C, size)[0]

    return lambda M: blas.dgemm(1.0, M, M), in_order, copied


def _numpy(V: np.ndarray, tau: np.ndarray, C: np.ndarray) -> Callable[[], Any]:
    T = np.linalg.inv(np.triu(V.T @ V, 1) + np.diag(1.0 / tau))
    return lambda: C - V @ (T @ (V.T @ C))


def _projector(n: int, r: int) -> Task:
    from linsub.geometry import HouseholderProjector, Reflectors

    rng = np.random.default_rng(0)
    W = rng.standard_normal((n, n))
    V = rng.standard_normal((n, n))
    few, U = np.ascontiguousarray(V[:, :r]), np.linalg.svd(W)[0]

    def loop() -> np.ndarray:
        Q = np.eye(n)
        for j in range(n)[::-1]:
            v = V[:, j]
            Q -= np.outer((2.0 / (v @ v)) * v, v @ Q)
        return Q

    def judge(answer: Any) -> Mapping[str, float]:
        Q = answer.left.columns(r) if isinstance(answer, HouseholderProjector) else answer
        Q = Q.columns(r) if isinstance(Q, Reflectors) else Q
        return {"error": float(np.linalg.norm(Q.T @ Q - np.eye(Q.shape[1]), 2))}

    frame = np.ascontiguousarray(U[:, :r])
    return Task(
        name="projector",
        title=f"one side of a projector of rank {r} on R^{n}; the error is ||Q'Q - I||",
        contenders=[
            Contender("linsub", lambda: Reflectors(few).columns(r), setting="r reflectors"),
            Contender("all of Q by n reflectors, linsub", lambda: Reflectors(V).to_dense()),
            Contender("all of Q by n reflectors, one by one", loop),
            Contender("r reflectors of a given frame", lambda: Reflectors.from_orthonormal(frame)),
            Contender("n reflectors of a given square", lambda: Reflectors.from_orthonormal(U)),
            Contender("fit, with its SVD", lambda: HouseholderProjector(r).fit(W)),
        ],
        accuracy=judge,
        floor=1e-12,
    )


def summary(report: Report) -> str:
    """Return the two ratios that the family promises, from the minima of this run."""
    lines = []
    for task in report.tasks:
        rows = {row.contender: row for row in task.rows if row.timing.times}
        if task.name == "apply" and {"linsub", "dgemm"} <= rows.keys():
            rate = (rows["linsub"].gflops or 0.0) / (rows["dgemm"].gflops or np.inf)
            best = rows["linsub"].timing.best
            lines.append(
                f"- {task.title}: in place linsub reaches {rate:.0%} of the rate of dgemm; dormqr "
                f"takes {rows['LAPACK dormqr, overwrite_c'].timing.best / best:.2f} times as long "
                f"in place and {rows['LAPACK dormqr'].timing.best / best:.2f} times with a copy."
            )
        if task.name == "projector" and "linsub" in rows:
            many = rows["all of Q by n reflectors, linsub"].timing.best
            loop = rows["all of Q by n reflectors, one by one"].timing.best
            best = rows["linsub"].timing.best
            lines.append(
                f"- {task.title}: forming what the projector needs, r columns from r reflectors, "
                f"against all of Q from n reflectors: {many / best:.0f} times as fast, and "
                f"{loop / best:.0f} times where those are applied one by one. The SVD that finds "
                "the frame is not in these times; it is the same for both, and is in the last row."
            )
    return "\n".join(lines) + "\n" if lines else ""
