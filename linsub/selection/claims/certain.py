"""What holds in every run: Osinsky's rows, pivoting factors, and measured errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.selection import bounds, maxvol, row_subset, strong_rrqr
from linsub.verify import Observation, claim

_EPS = float(np.finfo(np.float64).eps)


def _simplex(k: int, gap: float) -> np.ndarray:
    """Return the k + 1 corners of a simplex in R^k, lifted a little into one more dimension."""
    V = np.linalg.svd(np.eye(k + 1) - 1.0 / (k + 1))[0]
    V[:, k] = np.sqrt(gap / (k + 1))
    return V


def _matrices(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Lifted simplices, steep and flat spectra, graded rows, and exact low rank."""
    kind = index % 5
    N, c = int(rng.integers(6, 40)), int(rng.integers(6, 40))
    k = int(rng.integers(1, 6))
    if kind == 0:
        A = _simplex(k, 10.0 ** -rng.uniform(2.0, 8.0))
    else:
        A = rng.standard_normal((N, c))
        if index % 2:
            A = A + 1j * rng.standard_normal((N, c))
        U, s, Vh = np.linalg.svd(A, full_matrices=False)
        s = np.geomspace(1.0, 10.0 ** -rng.uniform(0.0, 12.0), s.size)
        if kind == 1:
            s[k:] = 0.0
        A = (U * s) @ Vh
        if kind == 2:
            A = A * 10.0 ** rng.uniform(-6.0, 0.0, (N, 1))
        if kind == 3:
            A[1::2] = A[: 2 * (N // 2) : 2]
    # More rows than the rank are refused: copies of rows leave few.
    s = np.linalg.svd(A, compute_uv=False)
    k = min(k, int(np.count_nonzero(s > 1e-10 * s[0])))
    A = A * 2.0 ** int(rng.integers(-30, 30))
    return {"A": A, "k": k, "size": float(A.size), "label": f"kind {kind}, k = {k}"}


def _pivots(rule: Callable[..., int], update: bool = True) -> Callable[..., Any]:
    """Rows by another rule of pivoting, from the definitions."""

    def choose(A: np.ndarray, k: int, **options: Any) -> Any:
        Q = start = np.linalg.svd(A, full_matrices=False)[0][:, :k]
        E = A - Q @ (Q.conj().T @ A)
        S: list[int] = []
        for _ in range(k):
            q = np.square(np.abs(Q)).sum(axis=1)
            e = np.square(np.abs(E)).sum(axis=1)
            q[S] = 0.0
            i = rule(e, q, [j for j in range(len(q)) if q[j] > 1e-12 and j not in S] or [0])
            S.append(i)
            full = np.linalg.qr(Q[i][:, None].conj(), mode="complete")[0]
            Q = Q @ full
            if update:
                E = E - np.outer(Q[:, 0] / Q[i, 0], E[i])
            Q = Q[:, 1:]
        return np.array(S), start @ np.linalg.pinv(start[S])

    return choose


@claim(
    "selection-osinsky",
    source="Osinsky, arXiv 2308.12106; with the floor, docs/theory/selection.md",
    kind="always",
    domain="sampler",
    subject=row_subset,
    cases=_matrices,
    mutants={
        "the largest ratio": _pivots(lambda e, q, free: max(free, key=lambda i: e[i] / q[i])),
        "rows in their order": _pivots(lambda e, q, free: free[0]),
        "the largest residual": _pivots(lambda e, q, free: max(free, key=lambda i: e[i])),
    },
    tight=0.999,
    budget=0.6,
)
def osinsky(case: Any, subject: Any) -> Observation:
    """||A - W A[S]||_F^2 <= (k + 1) ||A - Q Q^H A||_F^2, with certainty"""
    A, k = case.A, case.k
    S, W = subject(A, k, method="osinsky")
    sigma = np.linalg.svd(A, compute_uv=False)
    least, norm = float(np.linalg.norm(sigma[k:])), float(np.linalg.norm(sigma))
    floor = bounds.subset_rounding(k, np.sqrt(k), norm, _EPS)
    # W cannot be larger than N (k + 1) where the floor decides, nor is it elsewhere here.
    rounding = bounds.subset_rounding(k, np.sqrt(len(A) * (k + 1.0)), norm, _EPS)
    limit = bounds.osinsky_error(least, k, floor) + rounding
    return Observation(float(np.linalg.norm(A - W @ A[S])), limit)


def _simplices(index: int, rng: np.random.Generator) -> dict[str, Any]:
    k, gap = 1 + index % 6, 10.0 ** -rng.uniform(0.0, 6.0)
    return {"A": _simplex(k, gap), "k": k, "gap": gap, "label": f"k = {k}", "size": float(k)}


@claim(
    "selection-existence",
    source="Deshpande, Rademacher, Vempala & Wang 2006",
    kind="exact",
    domain="formula",
    subject=bounds.existence_ratio,
    cases=_simplices,
    mutants={
        "sqrt(k)": lambda k, gap: np.sqrt(k),
        "for no gap": lambda k, gap: np.sqrt(k + 1.0),
    },
    budget=0.3,
    eps_multiple=1e5,
)
def existence(case: Any, subject: Any) -> list[Observation]:
    """Every k of the k + 1 corners of a lifted simplex lose ((k+1)/(1+k gap))^(1/2) of the least"""
    A, k = case.A, case.k
    found = []
    for i in range(k + 1):
        V = np.linalg.svd(np.delete(A, i, axis=0), full_matrices=False)[2]
        error = float(np.linalg.norm(A - (A @ V.conj().T) @ V)) / np.sqrt(case.gap)
        ratio = float(subject(k, case.gap))
        found.append(Observation(error, ratio, scale=ratio / np.sqrt(case.gap)))
    return found


def _graded(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Kahan's matrix, ties, and random matrices with graded columns."""
    n, k, f = int(rng.integers(4, 24)), int(rng.integers(1, 4)), (1.0, 1.05, 1.5)[index % 3]
    if index % 4 == 0:
        s = 0.9
        A = np.diag(s ** np.arange(n)) @ (np.eye(n) - np.triu(np.full((n, n), 0.43), 1))
        k = n - 1
    elif index % 4 == 1:
        A = np.sign(rng.standard_normal((n, n)))
    else:
        # Where columns are alike in length, pivots are often one exchange from the best.
        k, f = int(rng.integers(n // 2, n)), (1.0, 1.0, 1.5)[index % 3]
        A = rng.standard_normal((n + 3, n)) * 10.0 ** rng.uniform(-3.0 * rng.integers(2), 0.0, n)
        if index % 4 == 3:
            A = A + 1j * rng.standard_normal((n + 3, n))
    k = min(k, int(np.linalg.matrix_rank(A)))
    return {"A": A, "k": k, "f": f, "size": float(A.size), "label": f"n = {n}, k = {k}"}


def _in_order(A: np.ndarray, k: int, f: float) -> Any:
    """QR without pivots."""
    Q, R = np.linalg.qr(A)
    return Q, R, np.arange(A.shape[1]), np.linalg.pinv(R[:k, :k]) @ R[:k, k:]


@claim(
    "selection-srrqr",
    source="Gu & Eisenstat 1996, theorem 3.2",
    kind="always",
    domain="matrix",
    subject=strong_rrqr,
    cases=_graded,
    mutants={
        "no pivots": _in_order,
        "a larger f": lambda A, k, f: strong_rrqr(A, k, 1e6),
        "a tenth more than f": lambda A, k, f: strong_rrqr(A, k, 1.1 * f),
    },
    tight=0.999,
    budget=0.5,
)
def srrqr(case: Any, subject: Any) -> list[Observation]:
    """sigma_i(R11) q >= sigma_i(A), sigma_j(R22) <= q sigma_{k+j}(A), |R11^-1 R12| <= f"""
    A, k, f = case.A, case.k, case.f
    Q, R, order, T = subject(A, k, f)
    n = A.shape[1]
    sigma = np.linalg.svd(A, compute_uv=False)
    slack = 100.0 * n * _EPS * float(sigma[0])
    q = bounds.pivoting_factor(n, k, f * (1.0 + 1e-8))
    first = np.linalg.svd(R[:k, :k], compute_uv=False)
    rest = np.linalg.svd(R[k:, k:], compute_uv=False)
    tail = np.zeros(rest.size)
    tail[: max(sigma.size - k, 0)] = sigma[k:][: rest.size]
    found = [
        Observation(float((sigma[:k] / q - first).max()), slack, note="R11"),
        Observation(float(np.abs(T).max(initial=0.0)), f * (1.0 + 2e-8), note="T"),
        Observation(float(np.linalg.norm(A[:, order] - Q @ R)), slack, note="A P = Q R"),
    ]
    if rest.size:
        found.append(Observation(float((rest - q * tail).max()), slack, note="R22"))
    # How much the exchange of two columns enlarges |det R11|: what the algorithm bounds by f.
    rows = np.linalg.norm(np.linalg.inv(R[:k, :k]), axis=1)
    growth = np.hypot(np.abs(T), np.outer(rows, np.linalg.norm(R[k:, k:], axis=0)))
    limit = f * (1.0 + 1e-6)
    found.append(Observation(float(growth.max(initial=0.0)), limit, note="volume"))
    return found


def _tall(index: int, rng: np.random.Generator) -> dict[str, Any]:
    N, k, f = int(rng.integers(5, 60)), int(rng.integers(1, 5)), (1.0, 1.05, 2.0)[index % 3]
    U = rng.standard_normal((N, k))
    if index % 4 == 1:
        U = U + 1j * rng.standard_normal((N, k))
    if index % 4 == 2:
        U = np.concatenate([np.eye(k), np.ones((N - k, k))])
    if index % 4 == 3:
        U = U * 10.0 ** rng.uniform(-4.0, 4.0, k)
    return {"U": U, "k": k, "f": f, "size": float(N), "label": f"{N} x {k}, f = {f}"}


def _first_rows(U: np.ndarray, f: float) -> Any:
    S = np.arange(U.shape[1])
    return S, U @ np.linalg.pinv(U[S])


@claim(
    "selection-maxvol",
    source="Goreinov, Tyrtyshnikov & Zamarashkin 1997; proof in docs/theory/selection.md",
    kind="always",
    domain="matrix",
    subject=maxvol,
    cases=_tall,
    mutants={"the first rows": _first_rows, "a larger f": lambda U, f: maxvol(U, 1e6)},
    tight=0.999,
    budget=0.4,
)
def dominant(case: Any, subject: Any) -> list[Observation]:
    """|U U_S^-1| <= f and sigma_min(U_S) >= sigma_min(U) / sqrt(1 + f^2 k (N - k))"""
    U, k, f = case.U, case.k, case.f * (1.0 + 2e-8)
    S, W = subject(U, case.f)
    sigma, low = (float(np.linalg.svd(X, compute_uv=False)[-1]) for X in (U, U[S]))
    truth = np.abs(U @ np.linalg.pinv(U[S]))
    slack = 1e4 * _EPS
    norm = float(np.linalg.norm(U))
    q = bounds.pivoting_factor(len(U), k, f)
    return [
        Observation(float(truth.max()), f * (1.0 + slack) + slack),
        Observation(sigma / q, low + slack * norm, note="sigma_min"),
        Observation(float(np.linalg.norm(U - W @ U[S])), slack * norm, note="U = W U_S"),
    ]


def _unordered(A: np.ndarray, k: int, **options: Any) -> Any:
    found = row_subset(A, k, **options)
    return type(found)(found.indices[::-1], found.W, certificate=found.certificate, info=found.info)


def _optimist(A: np.ndarray, k: int, **options: Any) -> Any:
    """Claims the least error for its own."""
    found = row_subset(A, k, **options)
    return type(found)(found.indices, 0.9 * found.W, certificate=found.certificate, info=found.info)


@claim(
    "selection-error",
    source="measured; rounding in docs/theory/selection.md",
    kind="always",
    domain="sampler",
    subject=row_subset,
    cases=_matrices,
    mutants={"rows in another order": _unordered, "smaller weights": _optimist},
    tight=0.999,
    budget=0.6,
)
def error(case: Any, subject: Any) -> list[Observation]:
    """||A - W A[S]||_F in long double is not beyond the certificate, and not far below it"""
    A, k = case.A, case.k
    found = []
    wide = np.clongdouble if A.dtype.kind == "c" else np.longdouble
    for method in ("arp", "osinsky", "volume", "cpqr", "srrqr"):
        result = subject(A, k, method=method, rng=case.rng)
        S, W = result
        E = A.astype(wide) - W.astype(wide) @ A[S].astype(wide)
        truth = float(np.sqrt(np.square(np.abs(E)).sum()))
        certified = float(result.certificate.frobenius_error)
        norms = (float(np.linalg.norm(W)), float(np.linalg.norm(A)))
        rounding = bounds.subset_rounding(k, *norms, _EPS)
        found.append(Observation(truth, certified, note=method))
        found.append(Observation(certified, truth + 2.0 * rounding, note=f"{method}, above"))
    return found
