"""Mean errors of random choices, by enumeration of all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.selection import bounds, row_subset
from linsub.verify import Observation, Sample, claim

# A law maps a matrix to the probability of each of the k-subsets of its rows.
Law = Callable[[np.ndarray, int], np.ndarray]


def subsets(N: int, k: int) -> np.ndarray:
    """Return all k-subsets of range(N), one a row."""
    return np.array(list(itertools.combinations(range(N), k)), dtype=np.int64).reshape(-1, k)


def _volumes(X: np.ndarray, k: int) -> np.ndarray:
    """Probabilities proportional to det(X_S X_S^H)."""
    blocks = X[subsets(len(X), k)]
    mass = np.square(np.linalg.svd(blocks, compute_uv=False)).prod(axis=1)
    return np.asarray(mass / mass.sum())


def _uniform(X: np.ndarray, k: int) -> np.ndarray:
    count = len(subsets(len(X), k))
    return np.full(count, 1.0 / count)


def _one_by_one(X: np.ndarray, k: int) -> np.ndarray:
    """Row norms as weights of draws without replacement: no repulsion."""
    p = np.square(np.abs(X)).sum(axis=1)
    chosen = subsets(len(X), k)
    found = np.zeros(len(chosen))
    for order in itertools.permutations(range(k)):
        left = np.full(len(chosen), p.sum())
        mass = np.ones(len(chosen))
        for j in order:
            mass = mass * p[chosen[:, j]] / left
            left = left - p[chosen[:, j]]
        found += mass
    return found


def _root_volumes(X: np.ndarray, k: int) -> np.ndarray:
    """|det| in the place of its square."""
    mass = np.sqrt(_volumes(X, k))
    return np.asarray(mass / mass.sum())


WRONG_LAWS: dict[str, Law] = {
    "uniform": _uniform,
    "leverages without replacement": _one_by_one,
    "volume in the place of its square": _root_volumes,
}


def _small(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Generic matrices of up to 7 rows with a spectrum, complex every other time."""
    N, c = int(rng.integers(5, 8)), int(rng.integers(5, 8))
    k = 1 + index % 3
    A = rng.standard_normal((N, c))
    if index % 2:
        A = A + 1j * rng.standard_normal((N, c))
    U, _, Vh = np.linalg.svd(A, full_matrices=False)
    sigma = np.geomspace(1.0, 10.0 ** -rng.uniform(0.5, 3.0), U.shape[1])
    A = (U * sigma) @ Vh
    # Any orthonormal Q has the property, so half of them are not singular vectors.
    Q = U[:, :k] if index % 4 < 2 else np.linalg.qr(A @ rng.standard_normal((c, k)))[0]
    return {"A": A, "Q": Q, "k": k, "size": float(N), "label": f"{N} x {c}, k = {k}"}


def _oblique_errors(A: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Return ||A - Q Q_S^-1 A_S||_F^2 of all S."""
    S = subsets(len(A), Q.shape[1])
    E = A - Q @ np.linalg.solve(Q[S], A[S])
    return np.asarray(np.square(np.abs(E)).sum(axis=(1, 2)))


def _projection_errors(A: np.ndarray, k: int) -> np.ndarray:
    """Return ||A - A A_S^+ A_S||_F^2 of all S."""
    V = np.linalg.svd(A[subsets(len(A), k)], full_matrices=False)[2]
    E = A - (A @ V.conj().swapaxes(1, 2)) @ V
    return np.asarray(np.square(np.abs(E)).sum(axis=(1, 2)))


def _start(A: np.ndarray, Q: np.ndarray) -> float:
    return float(np.square(np.abs(A - Q @ (Q.conj().T @ A))).sum())


@claim(
    "selection-arp",
    source="Cortinovis & Kressner, arXiv 2412.13992; Epperly, arXiv 2510.02513; enumeration",
    kind="exact",
    domain="sampler",
    subject=_volumes,
    cases=_small,
    mutants=WRONG_LAWS,
    budget=0.4,
    eps_multiple=1e6,
)
def arp(case: Any, subject: Law) -> Observation:
    """E ||A - Q Q_S^-1 A_S||_F^2 = (k + 1) ||A - Q Q^H A||_F^2 for S with P(S) = |det Q_S|^2"""
    law = subject(case.Q, case.k)
    mean = float(law @ _oblique_errors(case.A, case.Q))
    bound = bounds.subset_factor(case.k) ** 2 * _start(case.A, case.Q)
    return Observation(mean, bound, scale=bound)


def _skewed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Rows of very different leverages, where a choice that does not see them fails."""
    N, c, k = 8, 6, 2
    X = rng.standard_normal((N, k)) * np.geomspace(1.0, 1e-4, N)[:, None]
    Q = np.linalg.qr(X[rng.permutation(N)])[0]
    A = Q @ rng.standard_normal((k, c)) + 1e-3 * rng.standard_normal((N, c))
    return {"A": A, "Q": Q, "k": k, "size": float(N), "label": f"skewed, seed {index}"}


def _by_law(law: Law) -> Callable[..., Any]:
    def choose(A: np.ndarray, k: int, *, Q: np.ndarray, rng: Any, **options: Any) -> Any:
        S = subsets(len(Q), k)[rng.choice(len(law(Q, k)), p=law(Q, k))]
        return S, Q @ np.linalg.inv(Q[S])

    return choose


@claim(
    "selection-arp-draws",
    source="Cortinovis & Kressner, arXiv 2412.13992",
    kind="expectation",
    domain="sampler",
    subject=row_subset,
    cases=_skewed,
    mutants={"uniform": _by_law(_uniform)},
    budget=0.6,
    min_cases=6,
    max_cases=12,
)
def arp_draws(case: Any, subject: Any) -> Sample:
    """E ||A - W A[S]||_F^2 <= (k + 1) ||A - Q Q^H A||_F^2 of what row_subset draws"""
    rng = case.rng
    limit = bounds.subset_factor(case.k) ** 2 * _start(case.A, case.Q)
    found = []
    for _ in range(60):
        S, W = subject(case.A, case.k, method="arp", Q=case.Q, rng=rng)
        found.append(float(np.square(np.abs(case.A - W @ case.A[S])).sum()) / limit)
    return Sample(found, 1.0)


def _step(E: np.ndarray, Q: np.ndarray, i: int) -> tuple[np.ndarray, np.ndarray]:
    """Pick row i: reflect Q so that the row has one entry, and clear the row of E."""
    full = np.linalg.qr(Q[i][:, None].conj(), mode="complete")[0]
    Q = Q @ full
    return E - np.outer(Q[:, 0] / Q[i, 0], E[i]), Q[:, 1:]


def _unreflected(E: np.ndarray, Q: np.ndarray, i: int) -> tuple[np.ndarray, np.ndarray]:
    return E - np.outer(Q[:, 0] / Q[i, 0], E[i]), Q[:, 1:]


def _uncleared(E: np.ndarray, Q: np.ndarray, i: int) -> tuple[np.ndarray, np.ndarray]:
    return E, _step(E, Q, i)[1]


@claim(
    "selection-step",
    source="derived; proof in docs/theory/selection.md",
    kind="exact",
    domain="sampler",
    subject=_step,
    cases=_small,
    mutants={"no reflection": _unreflected, "residual not updated": _uncleared},
    budget=0.4,
    eps_multiple=1e8,
)
def step(case: Any, subject: Any) -> list[Observation]:
    """E_i ||E_{t+1}||^2 = (1 + 1/(k-t)) ||E_t||^2, i in proportion to ||q_i||^2, on any path"""
    rng, k = case.rng, case.k
    Q = case.Q
    E = case.A - Q @ (Q.conj().T @ case.A)
    found = []
    for t in range(k):
        p = np.square(np.abs(Q)).sum(axis=1)
        # A row that was picked has nothing but rounding left of its q.
        p[p < 1e-20] = 0.0
        p = p / p.sum()
        free = np.flatnonzero(p)
        after = np.zeros(len(p))
        after[free] = [float(np.square(np.abs(subject(E, Q, i)[0])).sum()) for i in free]
        now = float(np.square(np.abs(E)).sum())
        growth = bounds.expected_growth(k, t) / bounds.expected_growth(k, t + 1)
        found.append(Observation(float(p @ after), growth * now, scale=growth * now))
        E, Q = subject(E, Q, int(rng.choice(len(p), p=p)))
    return found


@claim(
    "selection-volume",
    source="Deshpande, Rademacher, Vempala & Wang 2006; Guruswami & Sinop 2012",
    kind="exact",
    domain="sampler",
    subject=_volumes,
    cases=_small,
    mutants=WRONG_LAWS,
    budget=0.4,
    eps_multiple=1e6,
)
def volume(case: Any, subject: Law) -> list[Observation]:
    """E ||A - A A_S^+ A_S||_F^2 = (k + 1) e_{k+1}/e_k <= (k + 1) sum_{i>k} sigma_i^2"""
    sigma = np.linalg.svd(case.A, compute_uv=False)
    mean = float(subject(case.A, case.k) @ _projection_errors(case.A, case.k))
    bound = bounds.volume_error(sigma, case.k) ** 2
    tail = bounds.subset_factor(case.k) ** 2 * float(np.square(sigma[case.k :]).sum())
    excess = max(bound - tail, 0.0)
    return [
        Observation(mean, bound, scale=bound),
        Observation(excess, 0.0, scale=tail, note="beside (k + 1) times the least"),
    ]


@claim(
    "selection-cur",
    source="derived from both one-sided theorems; proof in docs/theory/selection.md",
    kind="expectation",
    domain="sampler",
    subject=_volumes,
    cases=_skewed,
    mutants={"uniform": _uniform},
    budget=0.6,
)
def cur_mean(case: Any, subject: Law) -> list[Observation]:
    """E ||A - C C^+ A R^+ R||_F^2 <= 2 (k + 1) sum_{i>k} sigma_i^2, rows and columns apart"""
    A, k = case.A, case.k
    U, sigma, Vh = np.linalg.svd(A, full_matrices=False)
    rows, columns = subject(U[:, :k], k), subject(Vh[:k].conj().T, k)
    V = np.linalg.svd(A[subsets(len(A), k)], full_matrices=False)[2]
    Z = np.linalg.svd(A.conj().T[subsets(A.shape[1], k)], full_matrices=False)[2]
    norm = float(np.square(np.abs(A)).sum())
    core = Z.conj()[:, None] @ A.conj()[None, None] @ V.swapaxes(1, 2)[None]
    error = np.maximum(norm - np.square(np.abs(core)).sum(axis=(2, 3)), 0.0)
    apart = _projection_errors(A.conj().T, k)[:, None] + _projection_errors(A, k)[None]
    i = np.unravel_index(int(np.argmax(error - apart)), error.shape)
    slack = 1e4 * np.finfo(float).eps * norm
    tail = float(np.square(sigma[k:]).sum())
    return [
        Observation(float(columns @ error @ rows), bounds.cur_factor(k) ** 2 * tail + slack),
        Observation(float(error[i]), float(apart[i]) + slack, note="Pythagoras, every pair"),
    ]


@claim(
    "selection-nystroem",
    source="Deshpande & others 2006 for a root of A; Cortinovis & Kressner 2024",
    kind="exact",
    domain="sampler",
    subject=_volumes,
    cases=_small,
    mutants=WRONG_LAWS,
    budget=0.5,
    eps_multiple=1e7,
)
def nystroem_mean(case: Any, subject: Law) -> list[Observation]:
    """E tr(A - A_:S A_SS^-1 A_S:) = (k + 1) e_{k+1}/e_k; from k eigenvectors <= (k + 1) tail"""
    B, k = case.A, case.k
    U, sigma, _ = np.linalg.svd(B, full_matrices=False)
    errors = _projection_errors(B, k)
    # A = B B^H, for which the trace error is that of the rows of B.
    S = subsets(len(B), k)
    A = B @ B.conj().T
    fit = [np.trace(A[:, s] @ np.linalg.solve(A[np.ix_(s, s)], A[s])).real for s in S]
    off = float(np.abs(np.trace(A).real - np.array(fit) - errors).max())
    mean = float(subject(B, k) @ errors)
    bound = bounds.volume_error(sigma, k) ** 2
    limit = bounds.subset_factor(k) ** 2 * float(np.square(sigma[k:]).sum())
    drawn = float(_volumes(U[:, :k], k) @ errors)
    return [
        Observation(mean, bound, scale=bound),
        Observation(max(drawn - limit, 0.0), 0.0, scale=limit, note="from k eigenvectors"),
        Observation(off, 0.0, scale=float(np.trace(A).real), note="the errors of B and of A"),
    ]
