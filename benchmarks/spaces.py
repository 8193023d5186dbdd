"""Reduced row echelon forms over exact fields: linsub beside galois and python-flint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Row spaces over exact fields"

# Rows, columns and rank; p = 0 means the rationals.
SIZES = {
    "GF(2) 20 x 30": (2, 20, 30, 15),
    "GF(2) 1000 x 1500": (2, 1000, 1500, 800),
    "GF(3) 20 x 30": (3, 20, 30, 15),
    "GF(3) 300 x 400": (3, 300, 400, 250),
    "GF(65537) 300 x 400": (65537, 300, 400, 250),
    "rationals 20 x 30": (0, 20, 30, 15),
    "rationals 60 x 80": (0, 60, 80, 50),
}


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another: small and large matrices of less than full rank."""
    if quick:
        yield Plan("GF(5) 5 x 8", _task, ("GF(5) 5 x 8", 5, 5, 8, 3))
        yield Plan("rationals 5 x 8", _task, ("rationals 5 x 8", 0, 5, 8, 3))
        return
    for name, sizes in SIZES.items():
        yield Plan(name, _task, (name, *sizes))


def matrix(p: int, m: int, n: int, rank: int) -> np.ndarray:
    """Return integers of the given rank, nearly surely; entries to 9 r over the rationals."""
    rng = np.random.default_rng(0)
    A, B = rng.integers(-3, 4, size=(m, rank)), rng.integers(-3, 4, size=(rank, n))
    return A @ B if not p else (rng.integers(0, p, (m, rank)) @ rng.integers(0, p, (rank, n))) % p


def _task(name: str, p: int, m: int, n: int, rank: int) -> Task:
    M = matrix(p, m, n, rank)

    def ours() -> Any:
        from linsub.spaces import VectorSpace

        return VectorSpace(M, p or "rational")

    def judge(found: Any) -> Mapping[str, float]:
        return {"wrong entries": float(_wrong(M, _plain(found, p), p))}

    return Task(
        name=name,
        title=name + f", rank {rank}",
        contenders=[
            Contender("linsub", ours),
            Contender(
                "galois",
                _ready(_galois, M, p) if p else ours,
                requires=("galois",),
                skip="" if p else "has no rationals",
            ),
            Contender("python-flint", _ready(_flint, M, p), requires=("flint",)),
        ],
        accuracy=judge,
        measures=(),
    )


def _ready(make: Callable[..., Callable[[], Any]], M: np.ndarray, p: int) -> Callable[[], Any]:
    """Return a call whose matrix is converted, and whose loops are compiled, before the time."""
    try:
        return make(M, p)
    except ImportError:
        return lambda: None  # never called: a contender that is not installed is skipped by name


def _galois(M: np.ndarray, p: int) -> Callable[[], Any]:
    import galois

    field = galois.GF(p)
    field([[1, p - 1], [p - 1, 0]]).row_reduce()  # compiles its loops
    G = field(M)
    return G.row_reduce


def _flint(M: np.ndarray, p: int) -> Callable[[], Any]:
    import flint

    entries = [int(e) for e in M.flat]
    if p:
        A = flint.nmod_mat(*M.shape, entries, p)
    else:
        A = flint.fmpq_mat(*M.shape, entries)
    return lambda: A.rref()


def _plain(found: Any, p: int) -> np.ndarray:
    """Return the nonzero rows of any of the answers, in Python numbers or int64."""
    if isinstance(found, tuple):  # python-flint
        rows, rank = found
        convert = int if p else lambda e: Fraction(int(e.p), int(e.q))
        return np.array([[convert(e) for e in row] for row in rows.tolist()[:rank]], dtype=object)
    if isinstance(found, np.ndarray):
        R = np.array(found).astype(np.int64)
        return R[R.any(axis=1)].astype(object)
    return np.asarray(found.basis).astype(object)


def _wrong(M: np.ndarray, R: np.ndarray, p: int) -> int:
    """Count what is wrong: the form is the one R with unit pivot columns and M = M[:, pivots] R."""
    pivots = [next(j for j, e in enumerate(row) if e) for row in R]
    units = R[:, pivots] != np.eye(len(pivots), dtype=int)
    order = int(np.count_nonzero(np.diff(pivots) <= 0))
    if p:  # sums of products stay below 2**53
        off = (M - M[:, pivots].astype(float) @ R.astype(float)) % p
    else:
        off = M.astype(object) - M[:, pivots].astype(object) @ R
    return order + int(np.count_nonzero(units)) + int(np.count_nonzero(off))


def summary(report: Report) -> str:
    """Return milliseconds by method; every method must be right."""
    names = [row.method for row in report.tasks[0].rows]
    lines = [
        "Milliseconds, best of the repeats / wrong entries.\n",
        f"| task | {' | '.join(names)} |",
        "|---" * (len(names) + 1) + "|",
    ]
    lines += [f"| {t.title} | {' | '.join(_cell(row) for row in t.rows)} |" for t in report.tasks]
    return "\n".join(lines) + "\n"


def _cell(row: Any) -> str:
    if row.failure or not row.timing.times:
        return "skipped" if row.skipped else "failed"
    return f"{1e3 * row.timing.best:.3g} / {row.errors['wrong entries']:.0f}"
