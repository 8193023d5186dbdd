"""Functions of singular values without a decomposition, and phase factors of polynomials."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Functions of singular values, and phase factors"

# Errors up to here count as equal: every contender is asked for 1e-6.
FLOOR = 1e-6


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield polar factors, pseudo-inverses and regression of several vectors, and phases."""
    if quick:
        yield Plan("polar 60 x 40", _polar, (60, 40, 2))
        yield Plan("pinv 60 x 40", _inverse, (60, 40, 2))
        yield Plan("regression 60 x 40", _regression, (60, 40, 2))
        yield Plan("phases 10", _phases, (6.0, False))
        return
    yield Plan("polar 2000 x 1000, 1 vector", _polar, (2000, 1000, 1))
    yield Plan("polar 2000 x 1000, 32 vectors", _polar, (2000, 1000, 32))
    yield Plan("pinv 2000 x 1000, 1 vector", _inverse, (2000, 1000, 1))
    yield Plan("pinv 2000 x 1000, 32 vectors", _inverse, (2000, 1000, 32))
    yield Plan("regression 2000 x 1000, 1 vector", _regression, (2000, 1000, 1))
    yield Plan("phases 130", _phases, (100.0, True))
    yield Plan("phases 1440", _phases, (1350.0, False))


@functools.lru_cache(maxsize=1)
def problem(m: int, n: int, b: int) -> tuple[np.ndarray, ...]:
    """Return A of norm 1, its factors U, s, V, and b vectors on either side.

    Products of random reflections make singular vectors; values fall evenly from 1 to 0.05, with
    a gap from 0.45 to 0.55.
    """
    rng = np.random.default_rng(0)
    s = np.concatenate([np.linspace(1.0, 0.55, n // 4), np.linspace(0.45, 0.05, n - n // 4)])
    U, V = _frame(m, n, rng), _frame(n, n, rng)
    return (U * s) @ V.T, U, s, V, rng.standard_normal((n, b)), rng.standard_normal((m, b))


def _frame(m: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return orthonormal columns: a few reflections of unit vectors, shuffled."""
    Q = np.eye(m)[:, :n]
    for _ in range(12):
        v = rng.standard_normal(m)
        Q -= np.outer(2.0 * v / (v @ v), v @ Q)
    return np.asarray(Q)


def _products(A: np.ndarray, x: np.ndarray, count: int) -> Callable[[], Any]:
    """Return a run of that many products, in turn with A and with its transpose."""

    def run() -> Any:
        w = x
        for k in range(count):
            w = A.T @ w if k % 2 else A @ w
        return w

    return run


def _matrix_task(
    name: str, title: str, reference: np.ndarray, contenders: list[Contender], limit: Contender
) -> Task:
    def judge(y: Any) -> Mapping[str, float]:
        found = np.asarray(y.y if hasattr(y, "y") else y).reshape(reference.shape)
        return {"error": float(np.linalg.norm(found - reference) / np.linalg.norm(reference))}

    return Task(
        name=name,
        title=title,
        contenders=[*contenders, limit],
        accuracy=judge,
        floor=FLOOR,
    )


def _limit(A: np.ndarray, x: np.ndarray, count: int) -> Contender:
    return Contender(
        "limit: the products alone",
        _products(A, x, count),
        setting=f"{count} products",
        accuracy=lambda y: {"error": 1.0},
    )


def _dense(A: np.ndarray, x: np.ndarray, f: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Return f(A) x for an odd f by SciPy's SVD."""
    from scipy.linalg import svd

    U, s, Vh = svd(A, full_matrices=False, check_finite=False)
    return U @ (f(s)[:, None] * (Vh @ x))


def _polar(m: int, n: int, b: int) -> Task:
    from linsub.svt import cheb_sign, svt_apply

    A, U, _, V, x, _ = problem(m, n, b)
    p = cheb_sign(0.049, 1e-6).stretched(1.0 + 1e-9)

    def lanczos() -> Any:
        return svt_apply(A, np.ones_like, x, parity="odd", method="gkl", tol=1e-6)

    contenders = [
        Contender("linsub", lambda: svt_apply(A, p, x), setting=f"degree {p.degree}"),
        Contender("linsub, gkl", lanczos),
        Contender("SciPy svd", lambda: _dense(A, x, np.ones_like)),
    ]
    title = f"Polar factor of {m} x {n} times {b} vectors"
    return _matrix_task(
        f"polar {m} x {n}, {b}", title, U @ (V.T @ x), contenders, _limit(A, x, p.degree)
    )


def _inverse(m: int, n: int, b: int) -> Task:
    from scipy.sparse.linalg import lsmr, lsqr

    from linsub.svt import cheb_inverse, pinv_apply

    A, U, s, V, _, y = problem(m, n, b)

    def each(solve: Callable[..., Any], **options: Any) -> Callable[[], Any]:
        return lambda: np.stack([solve(A, c, **options)[0] for c in y.T], axis=1)

    degree = cheb_inverse(1.0 / 0.049, 1e-6).degree
    contenders = [
        Contender(
            "linsub",
            lambda: pinv_apply(A, y, 0.049, tol=1e-6, norm=1.0 + 1e-9),
            setting=f"degree {degree}",
        ),
        Contender("SciPy lsqr", each(lsqr, atol=1e-8, btol=1e-8, iter_lim=1000)),
        Contender("SciPy lsmr", each(lsmr, atol=1e-8, btol=1e-8, maxiter=1000)),
        Contender("SciPy svd", lambda: _dense(A.T, y, np.reciprocal)),
    ]
    title = f"Pseudo-inverse of {m} x {n}, condition 20, times {b} vectors"
    return _matrix_task(
        f"pinv {m} x {n}, {b}", title, V @ ((U.T @ y) / s[:, None]), contenders,
        _limit(A.T, y, degree),
    )  # fmt: skip


def _regression(m: int, n: int, b: int) -> Task:
    from linsub.svt import principal_regression

    A, U, s, V, _, y = problem(m, n, b)
    kept = np.where(s > 0.5, 1.0 / s, 0.0)

    def ours() -> Any:
        return principal_regression(A, y, 0.5, gap=0.099, tol=1e-6, norm=1.0 + 1e-9)

    def inverted(values: np.ndarray) -> np.ndarray:
        return np.where(values > 0.5, 1.0 / values, 0.0)

    degree = ours().degree
    contenders = [
        Contender("linsub", ours, setting=f"degree {degree}"),
        Contender("SciPy svd", lambda: _dense(A.T, y, inverted)),
    ]
    title = f"Principal component regression, {n // 4} components of {m} x {n}, {b} vectors"
    reference = V @ (kept[:, None] * (U.T @ y))
    return _matrix_task(
        f"regression {m} x {n}, {b}", title, reference, contenders, _limit(A.T, y, degree)
    )


def _phases(t: float, slow: bool) -> Task:
    """Phase factors of cos(t x) / 2; the peers' conventions differ by quarter turns."""
    from linsub.svt import cheb_cos, qsp_phases, qsp_response

    c = 0.5 * cheb_cos(t, 1e-12).chebyshev()
    x = np.cos(np.linspace(0.0, np.pi, 801))
    exact = 0.5 * np.cos(t * x)

    def judge(phases: Any) -> Mapping[str, float]:
        values = qsp_response(np.asarray(phases, dtype=float), x)
        parts = (values.real, values.imag, -values.imag)
        return {"error": min(float(np.abs(part - exact).max()) for part in parts)}

    def qsppack(method: str) -> Callable[[], Any]:
        def run() -> Any:
            from qsppack.solver import solve

            options = {"method": method, "criteria": 1e-10, "print": 0, "typePhi": "full"}
            return solve(c[::2], 0, {**options, "targetPre": True, "maxiter": 100})[0]

        return run

    def pyqsp() -> Any:
        import contextlib
        import io

        from pyqsp.angle_sequence import QuantumSignalProcessingPhases

        with contextlib.redirect_stdout(io.StringIO()):
            found = QuantumSignalProcessingPhases(c, method="sym_qsp", chebyshev_basis=True)
        return found[0]

    contenders = [
        Contender("linsub", lambda: qsp_phases(c, tol=1e-10).phases),
        *(
            Contender(f"qsppack {method}", qsppack(method), requires=("qsppack",))
            for method in ("FPI", "Newton", "NLFT")
        ),
    ]
    if slow:
        contenders.append(Contender("pyqsp sym_qsp", pyqsp, requires=("pyqsp",)))
    return Task(
        name=f"phases {c.size - 1}",
        title=f"Phase factors at degree {c.size - 1}",
        contenders=contenders,
        accuracy=judge,
        floor=1e-9,
    )


def summary(report: Report) -> str:
    """Return seconds and error by method, task by task."""
    lines = [
        "Errors of matrices are relative, against factors that are known by construction; those "
        "of phases the largest of the response. Every method is asked for 1e-6, phases for "
        "1e-10. The limit is the time of as many products with A as the degree, nothing else.\n",
        "| task | method | setting | seconds | error |",
        "|---|---|---|---|---|",
    ]
    for task in report.tasks:
        for row in task.rows:
            lines.append(f"| {task.title} | {row.method} | {row.setting} | {_cell(row)} |")
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "skipped |" if row.skipped else "failed |"
    if row.method.startswith("limit"):
        return f"{row.timing.best:.4f} |"
    return f"{row.timing.best:.4f} | {row.errors['error']:.1e}"
