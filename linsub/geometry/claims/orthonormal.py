"""Orthonormal bases: ranks, loss of orthogonality, how much a growing one takes in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub.geometry import (
    OrthoBasis,
    OrthogonalityCertificate,
    OrthResult,
    bounds,
    orth,
)
from linsub.results import Bound
from linsub.testing.gallery import matrix
from linsub.verify import Observation, claim

__all__ = ["EPS", "defect", "frame", "mixing", "normal"]

EPS = float(np.finfo(np.float64).eps)

_METHODS = ("auto", "qr", "cholqr2", "tsqr", "svd")


def normal(rng: np.random.Generator, m: int, n: int, kind: str = "d") -> np.ndarray:
    """Return a Gaussian matrix in double precision, complex for the kinds F and D."""
    X = rng.standard_normal((m, n))
    return X + 1j * rng.standard_normal((m, n)) if kind in "FD" else X


def frame(rng: np.random.Generator, n: int, k: int, kind: str = "d") -> np.ndarray:
    """Return random orthonormal columns."""
    return np.linalg.qr(normal(rng, n, k, kind))[0]


def mixing(rng: np.random.Generator, k: int, kind: str = "d") -> np.ndarray:
    """Return a matrix of condition at most 4, so that a span is as well known after it."""
    mixed = (frame(rng, k, k, kind) * rng.uniform(0.5, 2.0, k)) @ frame(rng, k, k, kind)
    return np.asarray(mixed)


def defect(Q: np.ndarray) -> float:
    """Return ||Q^H Q - I||_F in extended precision."""
    wide = Q.astype(np.clongdouble if Q.dtype.kind == "c" else np.longdouble)
    off = wide.conj().T @ wide - np.eye(Q.shape[1])
    return float(np.sqrt((np.abs(off) ** 2).sum()))


def _ranked(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix whose rank is known, in the unit of its scaled columns."""
    kind = "dDfF"[index % 4]
    name = ("plain", "graded", "duplicates", "kahan", "wide", "full", "zeros")[index // 4 % 7]
    n, p, rtol = int(rng.integers(8, 40)), int(rng.integers(2, 8)), None
    rank = int(rng.integers(1, p))
    if name == "kahan":  # its triangle has no small entry on the diagonal
        n = p = 60
        s, c = math.sin(1.2), math.cos(1.2)
        A = s ** np.arange(n)[:, None] * (np.eye(n) - c * np.triu(np.ones((n, n)), 1))
        rank, rtol = n - 1, 1e-6
    elif name == "wide":
        n, p = p, n
        A = normal(rng, n, min(rank, n), kind) @ normal(rng, min(rank, n), p, kind)
    elif name == "full":
        A, rank = normal(rng, n, p, kind), p
    elif name == "duplicates":
        A = normal(rng, n, rank, kind)[:, rng.integers(0, rank, p)]
        rank = np.unique(A, axis=1).shape[1]
    else:
        A = normal(rng, n, rank, kind) @ normal(rng, rank, p, kind)
    if name == "graded":
        limit = 30.0 if kind in "fF" else 250.0
        A = A * 10.0 ** rng.uniform(-limit, limit, A.shape[1])
    if name == "zeros":
        A[:, int(rng.integers(p))] = 0.0
        A[int(rng.integers(n))] = 0.0
        rank = min(rank, p - 1)
    A = A.astype(kind)
    method = _METHODS[index // 28 % 5] if index >= 28 else "auto"
    return {
        "A": A,
        "rank": rank,
        "rtol": rtol,
        "method": _METHODS[index % 5] if name == "kahan" else method,
        "dtype": A.dtype,
        "label": f"{name} {n} x {p} {A.dtype} {method}",
    }


def _by_diagonal(A: np.ndarray, *, rtol: float | None = None, method: str = "") -> Any:
    scaled = _unit_columns(A)
    Q, R = np.linalg.qr(scaled)
    size = np.abs(np.diag(R))
    tol = max(A.shape) * float(np.finfo(A.dtype).eps) if rtol is None else rtol
    keep = size > tol * size.max(initial=0.0)
    return Q[:, : keep.size][:, keep], int(keep.sum())


def _unscaled(A: np.ndarray, *, rtol: float | None = None, method: str = "") -> Any:
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    U, s, _ = np.linalg.svd(wide / max(float(np.abs(wide).max()), 1e-300), full_matrices=False)
    tol = max(A.shape) * float(np.finfo(A.dtype).eps) if rtol is None else rtol
    rank = int(np.count_nonzero(tol * s[0] < s))
    return U[:, :rank], rank


def _unit_columns(A: np.ndarray) -> np.ndarray:
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    size = np.abs(wide).max(axis=0)
    wide = wide / np.where(size > 0.0, size, 1.0)
    size = np.linalg.norm(wide, axis=0)
    return wide / np.where(size > 0.0, size, 1.0)


@claim(
    "geometry-orth-rank",
    source="Golub and Van Loan, Matrix Computations, 5.4; Kahan 1966",
    kind="exact",
    domain="matrix",
    subject=orth,
    cases=_ranked,
    mutants={
        "by the diagonal of R": _by_diagonal,
        "columns as they are": _unscaled,
        "no decision": lambda A, **kw: (np.linalg.qr(_unit_columns(A))[0], A.shape[1]),
    },
    budget=0.5,
    min_cases=28,
)
def orth_rank(case: Any, subject: Any) -> list[Observation]:
    """orth finds the rank of the scaled columns, and its columns span them"""
    Q, rank = subject(case.A, rtol=case.rtol, method=case.method)
    X = _unit_columns(case.A)
    wide = np.asarray(Q).astype(X.dtype)
    left = float(np.linalg.norm(X - wide @ (wide.conj().T @ X), 2))
    size = math.sqrt(max(X.shape)) * float(np.linalg.norm(X, 2))
    if case.rtol is not None:
        size += case.rtol * float(np.linalg.norm(X, 2)) / EPS
    return [
        Observation(float(rank), float(case.rank), scale=0.0, note="rank"),
        Observation(left, 0.0, scale=size, note="span"),
    ]


def _conditioned(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dfDF"[index % 4]
    n, p = int(rng.integers(10, 120)), int(rng.integers(1, 10))
    cond = 10.0 ** rng.uniform(0.0, 7.5)
    A = (frame(rng, n, p, kind) * np.geomspace(1.0, 1.0 / cond, p)) @ frame(rng, p, p, kind)
    if index % 9 == 8:  # all entries of the basis are rounded to the same side
        n = (247, 227, 225, 58, 61)[index // 9 % 5]
        A = np.ones((n, 1))
    method = _METHODS[index // 4 % 5]
    A = A.astype(kind)
    return {"A": A, "method": method, "dtype": A.dtype, "label": f"{n} x {p} {A.dtype} {method}"}


def _recertified(value: Any) -> Any:
    def mutant(A: np.ndarray, **kw: Any) -> OrthResult:
        Q, rank = orth(A, **kw)
        found = Bound(value(A, Q), "bound", "||Q^H Q - I||_F")
        return OrthResult(Q, rank, certificate=OrthogonalityCertificate(found))

    return mutant


def _one_round(A: np.ndarray, **kw: Any) -> OrthResult:
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    made = orth(A, **kw)
    try:
        R = np.linalg.cholesky(wide.conj().T @ wide).conj().T
    except np.linalg.LinAlgError:
        return made
    Q = np.linalg.solve(R.T, wide.T).T
    return OrthResult(Q.astype(A.dtype), A.shape[1], certificate=made.certificate)


@claim(
    "geometry-orth-defect",
    source="Fukaya et al. 2014, ScalA (CholeskyQR2); Higham, ASNA, theorem 19.4",
    kind="always",
    domain="matrix",
    subject=orth,
    cases=_conditioned,
    mutants={
        "one round of Cholesky": _one_round,
        "the defect before it is rounded": _recertified(
            lambda A, Q: defect(orth(A.astype("D" if A.dtype.kind == "c" else "d")).Q)
        ),
        "a column is forgotten": _recertified(lambda A, Q: defect(Q[:, 1:]) + 1e-16),
    },
    tight=0.99,
    budget=0.4,
)
def orth_defect(case: Any, subject: Any) -> list[Observation]:
    """||Q^H Q - I||_F is at most what the certificate says, and that is rounding"""
    found = subject(case.A, method=case.method)
    n, k = found.Q.shape
    true, said = defect(found.Q), float(found.certificate.orthogonality)
    level = bounds.rounded_basis(n, k, float(np.finfo(case.dtype).eps))
    return [
        Observation(true, said, note="certificate"),
        Observation(true, level, note="rounding"),
    ]


def _nearly_dependent(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    n, p = int(rng.integers(15, 40)), int(rng.integers(2, 13))
    cond = 10.0 ** float(index % 15)
    if index // 2 % 3 == 1:
        A = matrix("vand", n, p, dtype=kind)
    else:
        A = (frame(rng, n, p, kind) * np.geomspace(1.0, 1.0 / cond, p)) @ frame(rng, p, p, kind)
    return {"A": A, "dtype": A.dtype, "label": f"{n} x {p} {A.dtype} cond {cond:.0e}"}


def _column_by_column(A: np.ndarray) -> np.ndarray:
    basis = OrthoBasis(A.shape[0], A.dtype)
    for j in range(A.shape[1]):
        basis.extend(A[:, j : j + 1], tol=0.0)
    return basis.Q


def _gram_schmidt(passes: int, modified: bool = False) -> Any:
    def run(A: np.ndarray) -> np.ndarray:
        Q = np.zeros((A.shape[0], 0), A.dtype)
        for j in range(A.shape[1]):
            v = A[:, j].copy()
            for _ in range(passes):
                if modified:
                    for i in range(Q.shape[1]):
                        v = v - Q[:, i] * (Q[:, i].conj() @ v)
                else:
                    v = v - Q @ (Q.conj().T @ v)
            Q = np.column_stack([Q, v / np.linalg.norm(v)])
        return Q

    return run


@claim(
    "geometry-twice-is-enough",
    source="Giraud, Langou and Rozloznik 2005, theorem 2; Kahan and Parlett (Parlett 1980)",
    kind="always",
    domain="matrix",
    subject=_column_by_column,
    cases=_nearly_dependent,
    mutants={
        "one projection": _gram_schmidt(1),
        "modified Gram-Schmidt": _gram_schmidt(1, modified=True),
    },
    slack="each of the k^2 inner products is charged with the same rounding, and errors cancel",
    budget=0.4,
)
def twice_is_enough(case: Any, subject: Any) -> Observation:
    """Two projections keep ||Q^H Q - I||_F at rounding, however nearly dependent the columns"""
    Q = subject(case.A)
    return Observation(defect(Q), bounds.orthogonality_rounding(Q.shape[0], Q.shape[1], EPS))


def _mostly_inside(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, b, count = int(rng.integers(130, 200)), 4, 30
    kind = "fF"[index % 2]
    new = 10.0 ** rng.uniform(-3.5, 0.0)
    if index % 5 == 0:  # one column, rounded to the same side everywhere
        n, b, count = (247, 227, 225, 58, 61)[index // 5 % 5], 1, 1
    span = np.zeros((n, 0))
    blocks = []
    for _ in range(count):
        X = normal(rng, n, b, kind) * new if count > 1 else np.ones((n, 1))
        X = X + span @ normal(rng, span.shape[1], b, kind)
        blocks.append(X.astype(kind))
        span = np.column_stack([span, X / np.linalg.norm(X, axis=0)])
    label = f"{len(blocks)} blocks of {n} x {b}, {new:.0e} new"
    return {"blocks": blocks, "dtype": np.dtype(kind), "size": float(n), "label": label}


def _grown(blocks: list[np.ndarray]) -> np.ndarray:
    basis = OrthoBasis(blocks[0].shape[0], blocks[0].dtype)
    for X in blocks:
        basis.extend(X, tol=1e-6)
    return basis.Q


def _grown_carelessly(passes: int) -> Any:
    def run(blocks: list[np.ndarray]) -> np.ndarray:
        Q = np.zeros((blocks[0].shape[0], 0), blocks[0].dtype)
        for X in blocks:
            room = Q.shape[0] - Q.shape[1]
            for _ in range(passes):
                X = X - Q @ (Q.conj().T @ X)
            Q = np.concatenate([Q, np.linalg.qr(X)[0][:, :room]], axis=1)
        return Q

    return run


@claim(
    "geometry-basis-single",
    source="Giraud, Langou and Rozloznik 2005; the rounding of a basis to single precision",
    kind="always",
    domain="stream",
    subject=_grown,
    cases=_mostly_inside,
    mutants={
        "one projection in single precision": _grown_carelessly(1),
        "two projections in single precision": _grown_carelessly(2),
    },
    tight=0.5,
    budget=0.5,
)
def single_precision(case: Any, subject: Any) -> Observation:
    """A basis in single precision is orthonormal to sqrt(k) eps after blocks mostly within it"""
    Q = subject(case.blocks)
    level = bounds.rounded_basis(Q.shape[0], Q.shape[1], float(np.finfo(case.dtype).eps))
    off = Q.astype(complex).conj().T @ Q.astype(complex) - np.eye(Q.shape[1])
    return Observation(float(np.linalg.norm(off)), level)


def _with_energy(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, b, kind = int(rng.integers(12, 30)), int(rng.integers(1, 6)), "dD"[index % 2]
    held = int(rng.integers(0, 4)) if index % 3 else 0
    Q = frame(rng, n, held + b, kind)
    sigma = np.sort(10.0 ** -rng.uniform(0.0, 3.0, b))[::-1]
    if index % 6 == 0:
        sigma = (10.0 ** -np.arange(b)).astype(float)
    inside = Q[:, :held] @ normal(rng, held, b, kind) * rng.choice([0.0, 0.3, 3.0])
    X = inside + (Q[:, held:] * sigma) @ frame(rng, b, b, kind)
    return {
        "before": Q[:, :held],
        "X": X,
        "sigma": sigma,
        "inside": float(np.linalg.norm(inside) ** 2),
        "energy": float(rng.choice([0.5, 0.9, 0.98, 0.999])),
        "label": f"{n} x {b}, {held} held",
    }


def _added(before: np.ndarray, X: np.ndarray, energy: float) -> int:
    basis = OrthoBasis(X.shape[0], X.dtype)
    basis.extend(before)
    return basis.extend(X, energy=energy)


def _remainder(before: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, float]:
    rest = X - before @ (before.conj().T @ X)
    return np.linalg.svd(rest, compute_uv=False), float(np.linalg.norm(X) ** 2)


def _not_exceeding(before: np.ndarray, X: np.ndarray, energy: float) -> int:
    s, total = _remainder(before, X)
    held = 1.0 - float(np.sum(s**2)) / total
    return int(np.count_nonzero(held + np.cumsum(s**2) / total <= energy))


def _of_the_rest(before: np.ndarray, X: np.ndarray, energy: float) -> int:
    s, _ = _remainder(before, X)
    return int(np.count_nonzero(np.cumsum(s**2) < energy * np.sum(s**2))) + 1


@claim(
    "geometry-basis-energy",
    source="Saha, Garg and Roy 2021, ICLR (GPM), eq. 9; Eckart and Young 1936",
    kind="exact",
    domain="stream",
    subject=_added,
    cases=_with_energy,
    mutants={
        "the largest k that does not exceed it": _not_exceeding,
        "the energy of the remainder": _of_the_rest,
        "all": lambda before, X, energy: _added(before, X, 1.0),
    },
    budget=0.3,
    min_cases=24,
)
def basis_energy(case: Any, subject: Any) -> Observation:
    """extend(X, energy=e) adds the fewest directions that hold e of ||X||^2 with the old ones"""
    squares = [float(s) ** 2 for s in case.sigma]
    total = math.fsum([case.inside, *squares])
    reached = [math.fsum([case.inside, *squares[:k]]) / total for k in range(len(squares) + 1)]
    if min(abs(share - case.energy) for share in reached) < 1e-9:
        return None  # type: ignore[return-value]
    fewest = next(k for k, share in enumerate(reached) if share >= case.energy)
    added = subject(case.before, case.X, case.energy)
    return Observation(float(added), float(fewest), scale=0.0)
