"""Pairs of matrices to try perturbation theorems on, measured without the family's own code."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["EPS", "hermitian_pair", "norm", "rectangular_pair", "rounding", "turned"]

EPS = float(np.finfo(np.float64).eps)

_HERMITIAN = (
    "rotation",
    "exchange",
    "off-diagonal",
    "random",
    "rotated",
    "ties",
    "near tie",
    "deficient",
)
_RECTANGULAR = (
    "random",
    "turned",
    "ties",
    "exchange",
    "swapped",
    "deficient",
    "near tie",
    "square",
)


def _normal(rng: np.random.Generator, m: int, n: int, kind: str) -> np.ndarray:
    X = rng.standard_normal((m, n))
    return X + 1j * rng.standard_normal((m, n)) if kind == "D" else X


def _frame(rng: np.random.Generator, n: int, kind: str) -> np.ndarray:
    return np.asarray(np.linalg.qr(_normal(rng, n, n, kind))[0])


def hermitian_pair(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return Hermitian A and B and a block first..last of eigenvalues, mostly the leading one."""
    kind, name = "dD"[index % 2], _HERMITIAN[(index // 2) % len(_HERMITIAN)]
    n = int(rng.integers(2, 9))
    angle = 10.0 ** rng.uniform(-4.0, -0.2)
    if name == "exchange":  # a perturbation of half of the gap exchanges two eigenvectors
        A, B = np.diag([1.0, 0.0]), np.diag([0.5 - 1e-6, 0.5 + 1e-6])
        return _hermitian(A, B, 1, 1, kind, name)
    if name in ("rotation", "off-diagonal"):  # the theorems are attained
        A = np.diag([1.0, 0.0]).astype(kind)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        off = 0.5 * np.tan(2.0 * angle) if angle < 0.7 else 0.1
        B = (
            turn @ A @ turn.T
            if name == "rotation"
            else A + off * np.array([[0.0, 1.0], [1.0, 0.0]])
        )
        return _hermitian(A, B, 1, 1, kind, name)
    first = int(rng.integers(1, n + 1)) if rng.random() < 0.3 else 1
    last = int(rng.integers(first, n + 1))
    w = rng.standard_normal(n)
    if name == "ties":
        w = rng.choice([0.0, 1.0, 2.0], n)
    elif name == "near tie":
        w = np.where(np.arange(n) < last, 1.0 + 1e-6 * rng.random(), 1.0)
    elif name == "deficient":
        w[rng.integers(0, n) :] = 0.0
    U = _frame(rng, n, kind)
    A = (U * w) @ U.conj().T
    G = _normal(rng, n, n, kind)
    if name == "rotated":
        W, _ = np.linalg.qr(np.eye(n) + angle * G)
        B = W @ A @ W.conj().T
    else:
        B = A + 10.0 ** rng.uniform(-8.0, 0.0) * (G + G.conj().T)
    return _hermitian(A, B, first, last, kind, name)


def _hermitian(
    A: np.ndarray, B: np.ndarray, first: int, last: int, kind: str, name: str
) -> dict[str, Any]:
    A, B = (0.5 * (X + X.conj().T) for X in (A.astype(kind), B.astype(kind)))
    eigen = []
    for X in (A, B):
        w, V = np.linalg.eigh(X)
        eigen.append((w[::-1], V[:, ::-1]))
    inside = np.zeros(A.shape[0], dtype=bool)
    inside[first - 1 : last] = True
    return {
        "A": A,
        "B": B,
        "first": first,
        "last": last,
        "inside": inside,
        "eigen": eigen,
        "size": float(A.shape[0]),
        "label": f"{name} {A.shape[0]} {first}..{last} {kind}",
    }


def rectangular_pair(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return A and B of any shape and a block first..last of singular values."""
    kind, name = "dD"[index % 2], _RECTANGULAR[(index // 2) % len(_RECTANGULAR)]
    m, n = (int(i) for i in rng.integers(1, 9, 2))
    if name == "square":
        m = n
    if name == "swapped":  # beyond the rank: where the printed convention fails
        A, B = np.diag([1.0, 0.0]).astype(kind), np.diag([0.0, 1.0]).astype(kind)
        return _rectangular(A, B, 1, 1, kind, name)
    if name == "exchange":
        A, B = np.diag([1.0, 0.999]).astype(kind), np.diag([0.9995 - 1e-7, 0.9995 + 1e-7])
        return _rectangular(A, B.astype(kind), 1, 1, kind, name)
    q = min(m, n)
    last = int(rng.integers(1, q + 1))
    first = int(rng.integers(1, last + 1)) if rng.random() < 0.3 else 1
    s = np.sort(rng.random(q))[::-1] + np.where(np.arange(q) < last, 0.5, 0.0)
    if name == "ties":
        s = np.sort(rng.choice([0.0, 1.0, 2.0], q))[::-1]
    elif name == "deficient":
        s[last:] = 0.0
    elif name == "near tie":
        s = np.where(np.arange(q) < last, 1.0 + 1e-5, 1.0)
    U, V = _frame(rng, m, kind), _frame(rng, n, kind)
    A = (U[:, :q] * s) @ V[:, :q].conj().T
    size = 10.0 ** rng.uniform(-6.0, 0.0)
    if name == "turned":
        W, _ = np.linalg.qr(np.eye(m) + size * _normal(rng, m, m, kind))
        B = W @ A
    else:
        B = A + size * _normal(rng, m, n, kind)
    return _rectangular(A, B, first, last, kind, name)


def _rectangular(
    A: np.ndarray, B: np.ndarray, first: int, last: int, kind: str, name: str
) -> dict[str, Any]:
    m, n = A.shape
    return {
        "A": A,
        "B": B,
        "first": first,
        "last": last,
        "triples": [np.linalg.svd(X, full_matrices=True) for X in (A, B)],
        "size": float(A.size),
        "label": f"{name} {m} x {n} {first}..{last} {kind}",
    }


def turned(mine: np.ndarray, theirs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Angles between a subspace, by a basis, and another, by (basis, basis of the rest).

    Sines are the singular values of what lies in the rest, so that no small angle is lost;
    those that are counted twice or not at all are zero.
    """
    basis, rest = theirs
    k = mine.shape[1]
    s = np.linalg.svd(rest.conj().T @ mine, compute_uv=False) if rest.shape[1] else np.zeros(0)
    s = np.sort(np.append(s, np.zeros(max(k - s.size, 0))))
    c = np.linalg.svd(basis.conj().T @ mine, compute_uv=False)
    return np.asarray(np.arctan2(s, c))


def norm(X: np.ndarray, p: float) -> float:
    """Spectral (p = inf) or Frobenius (p = 2) norm of a matrix, or of given singular values."""
    if X.ndim == 1:
        return float(np.abs(X).max(initial=0.0)) if p == np.inf else float(np.linalg.norm(X))
    if X.size == 0:
        return 0.0
    return float(np.linalg.norm(X, 2) if p == np.inf else np.linalg.norm(X))


def rounding(case: Any) -> float:
    """What LAPACK's rounding does to a spectrum, to a residual or to the norm of E."""
    size = float(np.linalg.norm(case.A)) + float(np.linalg.norm(case.B))
    return 30.0 * EPS * float(np.sqrt(max(case.A.shape))) * size
