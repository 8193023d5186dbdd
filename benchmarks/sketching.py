"""Sketches beside SciPy's CountSketch and scikit-learn's sparse random projection."""

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

TITLE = "Sketches of tall matrices"

SHAPE, SHAPE_QUICK = (100_000, 100), (3000, 10)
OUTPUTS, OUTPUTS_QUICK = 400, 60
DENSITY = 0.05


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    n, d = SHAPE_QUICK if quick else SHAPE
    m = OUTPUTS_QUICK if quick else OUTPUTS
    for form in ("C order", "Fortran order", "CSR"):
        name = f"{n}x{d} to {m}, {form}"
        yield Plan(name, _task, (name, n, d, m, form))


def summary(report: Report) -> str:
    """Return times with how far singular values are from 1 on the range of A."""
    head = (
        "Best time and the largest `|s - 1|` over the singular values of the sketched orthonormal "
        "basis. The two last rows are the memory's limits in the same rounds: one reading of the "
        "entries, and one copy of them:\n"
    )
    return f"{head}\n{pivot(report.tasks, _cell)}\n"


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    error = row.errors.get("error")
    text = f"{milliseconds(row.timing.best)} ms"
    return text if error is None or np.isnan(error) else f"{text}, {error:.2f}"


def _matrix(n: int, d: int, form: str) -> tuple[Any, np.ndarray]:
    """Return A in the form, and the triangle R for which A R^-1 is orthonormal."""
    if form == "CSR":
        A: Any = sparse.csr_array(sparse.random_array((n, d), density=DENSITY, rng=0))
        return A, np.linalg.cholesky((A.T @ A).toarray()).T
    A = np.random.default_rng(0).standard_normal((n, d))
    R = np.linalg.cholesky(A.T @ A).T
    return (np.asfortranarray(A) if form == "Fortran order" else A), R


def _ours(name: str, A: Any, m: int, **options: Any) -> Callable[[], Any]:
    def run() -> Any:
        from linsub import sketching

        # The hashes are part of the time, as they are for the others.
        return getattr(sketching, name)(A.shape[0], m, rng=0, **options) @ A

    return run


def _projection(A: Any, m: int, fitted: bool) -> Callable[[], Any]:
    from sklearn.random_projection import SparseRandomProjection

    made = SparseRandomProjection(m, random_state=0)
    ready = made.fit(A.T)

    def run() -> Any:
        return (ready.transform(A.T) if fitted else made.fit_transform(A.T)).T

    return run


def _task(name: str, n: int, d: int, m: int, form: str) -> Task:
    A, R = _matrix(n, d, form)
    entries: np.ndarray = A.data if form == "CSR" else A.ravel(order="K")
    room = np.empty_like(entries)

    def accuracy(SA: Any) -> Mapping[str, float]:
        SA = np.asarray(SA.toarray() if hasattr(SA, "toarray") else SA)
        s = np.linalg.svd(scipy.linalg.solve_triangular(R, SA.T, trans="T"), compute_uv=False)
        return {"error": float(np.abs(s - 1.0).max())}

    def nothing(_: Any) -> Mapping[str, float]:
        return {"error": np.nan}

    def clarkson_woodruff() -> Any:
        return scipy.linalg.clarkson_woodruff_transform(A, m, seed=0)

    return Task(
        name=name,
        contenders=[
            Contender("linsub", _ours("OSNAP", A, m), setting="OSNAP, 8 entries a column"),
            Contender("OSNAP, 2 entries a column", _ours("OSNAP", A, m, sparsity=2)),
            Contender("CountSketch", _ours("CountSketch", A, m)),
            Contender("SparseSign", _ours("SparseSign", A, m)),
            Contender("SRHT", _ours("SRHT", A, m)),
            Contender("SRCT", _ours("SRCT", A, m)),
            Contender("GaussianSketch", _ours("GaussianSketch", A, m)),
            Contender("scipy clarkson_woodruff_transform", clarkson_woodruff),
            Contender("scikit-learn, fit and transform", _projection(A, m, False)),
            Contender("scikit-learn, transform", _projection(A, m, True)),
            Contender("limit: reading", lambda: entries @ entries, accuracy=nothing),
            Contender("limit: copying", lambda: np.copyto(room, entries), accuracy=nothing),
        ],
        accuracy=accuracy,
        floor=1.0,
        budget=8.0,
    )
