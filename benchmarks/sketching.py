"""Sketches beside SciPy's CountSketch and scikit-learn's sparse projection, at one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import scipy.linalg
from scipy import sparse

from benchmarks import Plan
from benchmarks.summaries import pivot
from linsub import sketching
from linsub.bench import Contender, Report, Task
from linsub.bench.report import Row, milliseconds

TITLE = "Sketches"

SHAPE, SHAPE_QUICK = (100_000, 100), (2000, 10)
SIZE, SIZE_QUICK = 400, 40
DENSITY = 0.01

HASHED = ("CountSketch", "OSNAP", "SparseSign")
DENSE = ("SRHT", "SRCT", "GaussianSketch")


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    n, d = SHAPE_QUICK if quick else SHAPE
    m = SIZE_QUICK if quick else SIZE
    for kind in ("dense", "float32", "Fortran order", "sparse"):
        yield Plan(f"{n}x{d}, {kind}", _task, (f"{n}x{d}, {kind}", n, d, m, kind))


def summary(report: Report) -> str:
    """Return times with the error of the Gram matrix."""
    head = (
        "Best time of a new sketch and its application, and "
        "`||A' S' S A - A' A||_F / ||A||_F^2`, which is random and about 1 / sqrt(m); the limits "
        "are one reading and a copy of the matrix in the same rounds:\n"
    )
    return f"{head}\n{pivot(report.tasks, _cell)}\n"


def _cell(row: Row) -> str:
    if row.skipped or row.failure:
        return "skipped" if row.skipped else "failed"
    error = row.errors.get("error")
    text = f"{milliseconds(row.timing.best)} ms"
    return text if error is None or np.isnan(error) else f"{text}, {error:.0e}"


def _ours(name: str, A: Any, n: int, m: int) -> Callable[[], Any]:
    return lambda: getattr(sketching, name)(n, m, rng=0) @ A


def _scipy(A: Any, m: int) -> Any:
    return scipy.linalg.clarkson_woodruff_transform(A, m, seed=0)


def _sklearn(A: Any, m: int) -> Any:
    from sklearn.random_projection import SparseRandomProjection

    projection = SparseRandomProjection(m, random_state=0, dense_output=True)
    # It sketches features: the rows are those of the transpose.
    return projection.fit_transform(A.T).T


def _sklearn_fitted(A: Any, m: int) -> Callable[[], Any]:
    from sklearn.random_projection import SparseRandomProjection

    projection = SparseRandomProjection(m, random_state=0, dense_output=True).fit(A.T)
    return lambda: projection.transform(A.T).T


def _task(name: str, n: int, d: int, m: int, kind: str) -> Task:
    A: Any = np.random.default_rng(0).standard_normal((n, d))
    if kind == "float32":
        A = A.astype(np.float32)
    elif kind == "Fortran order":
        A = np.asfortranarray(A)
    elif kind == "sparse":
        A = sparse.csr_array(sparse.random_array((n, d), density=DENSITY, rng=0))
    full = A.toarray() if kind == "sparse" else A.astype(np.float64)
    gram = full.T @ full

    def accuracy(SA: Any) -> Mapping[str, float]:
        B = np.asarray(SA.toarray() if hasattr(SA, "toarray") else SA, dtype=np.float64)
        return {"error": float(np.linalg.norm(B.T @ B - gram) / np.trace(gram))}

    names = HASHED if kind == "sparse" else (*HASHED, *DENSE)
    contenders = [Contender(f"linsub {each}", _ours(each, A, n, m)) for each in names]
    contenders += [
        Contender("SciPy clarkson_woodruff_transform", lambda: _scipy(A, m)),
        Contender("sklearn SparseRandomProjection", lambda: _sklearn(A, m), requires=("sklearn",)),
        Contender("sklearn, transform alone", _fitted_late(A, m), requires=("sklearn",)),
    ]
    entries: np.ndarray = (A.data if kind == "sparse" else A).ravel(order="K")
    limits = [
        Contender("limit: reading once", lambda: entries @ entries, accuracy=_no_error),
        Contender("limit: a copy", A.copy, accuracy=_no_error),
    ]
    return Task(
        name=name,
        contenders=[*contenders, *limits],
        accuracy=accuracy,
        # One draw of a random error: methods of one law are within a factor of two.
        floor=2.0 / np.sqrt(m),
        budget=6.0,
    )


def _no_error(_: Any) -> Mapping[str, float]:
    return {"error": np.nan}


def _fitted_late(A: Any, m: int) -> Callable[[], Any]:
    """Fit at the first call, which the harness does not time, and transform in all."""
    kept: list[Callable[[], Any]] = []

    def run() -> Any:
        if not kept:
            kept.append(_sklearn_fitted(A, m))
        return kept[0]()

    return run
