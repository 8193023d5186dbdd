"""Ensembles of any size: the law, its marginals and conditions, and what the samplers draw."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.dpp import LEnsemble, sequential_dpp
from linsub.dpp import bounds as formulas
from linsub.verify import Observation, Sample, claim


def subsets(N: int, k: int | None = None) -> list[tuple[int, ...]]:
    """Return all sets of N items, or those of k."""
    sizes = range(N + 1) if k is None else (k,)
    return [S for size in sizes for S in itertools.combinations(range(N), size)]


def minors(L: np.ndarray, sets: list[tuple[int, ...]]) -> np.ndarray:
    """Return det L_S."""
    return np.array([np.linalg.det(L[np.ix_(S, S)]).real if S else 1.0 for S in sets])


def enumerated(L: np.ndarray) -> np.ndarray:
    """Return P(S) of all sets, from the definition."""
    found = np.maximum(minors(L, subsets(L.shape[0])), 0.0)
    return np.asarray(found / found.sum())


def orthonormal(rng: np.random.Generator, N: int, r: int, dtype: Any) -> np.ndarray:
    """Return random orthonormal columns."""
    G = rng.standard_normal((N, r))
    return np.linalg.qr(G + 1j * rng.standard_normal((N, r)) if dtype == "D" else G)[0]


def kernel_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a kernel: of any rank, tied, large and small, with items twice or never."""
    N, kind = 3 + index % 3, ("full", "low rank", "tied", "graded", "twice", "never")[index % 6]
    dtype = "dD"[index // 2 % 2]
    r = N if kind in ("full", "graded", "twice") else max(2, N - 1)
    lam = rng.uniform(0.2, 4.0, r)
    if kind == "tied":
        lam = np.ones(r)
    if kind == "graded":
        lam = np.geomspace(1e3, 1e-3, r)
    B = orthonormal(rng, N, r, dtype) * np.sqrt(lam)
    if kind == "twice":
        B[-1] = B[0]
    if kind == "never":
        B[0] = 0.0
    return {
        "L": B @ B.conj().T, "B": B, "N": N, "size": float(N), "seed_of_draws": index,
        "label": f"{kind} kernel of {N} items, {'complex' if dtype == 'D' else 'real'}",
    }  # fmt: skip


def _off(found: Any, truth: Any, note: str = "") -> Observation:
    """Return the largest difference of probabilities, which is 0."""
    return Observation(float(np.max(np.abs(np.asarray(found) - truth))), 0.0, note=note)


def _law(L: np.ndarray) -> np.ndarray:
    ensemble = LEnsemble.from_kernel(L)
    return np.exp([ensemble.logpmf(S) for S in subsets(L.shape[0])])


def _from_definition(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    return lambda L: minors(change(L), subsets(L.shape[0])) / np.linalg.det(np.eye(len(L)) + L).real


@claim(
    "dpp-ensemble-law",
    source="Kulesza & Taskar 2012, theorem 2.1; Macchi 1975",
    kind="exact",
    domain="sampler",
    subject=_law,
    cases=kernel_case,
    eps_multiple=3e3,
    mutants={
        "the marginal kernel for L": _from_definition(
            lambda L: L @ np.linalg.inv(np.eye(len(L)) + L)
        ),
        "the real part of L": _from_definition(
            lambda L: L.real + 1e-9 * np.diag(np.arange(len(L)))
        ),
    },
    budget=0.3,
)
def law(case: Any, subject: Any) -> list[Observation]:
    """P(S) = det L_S / det(I + L) for every S, and they sum to 1"""
    found = subject(case.L)
    return [_off(found, enumerated(case.L)), Observation(float(np.sum(found)), 1.0, note="sum")]


@claim(
    "dpp-ensemble-size",
    source="Hough, Krishnapur, Peres & Virag 2006, theorem 7",
    kind="exact",
    domain="sampler",
    subject=LEnsemble.from_kernel,
    cases=kernel_case,
    eps_multiple=3e3,
    mutants={
        "lambda for its odds": lambda L: LEnsemble.from_kernel(L @ (np.eye(len(L)) + L)),
        "the marginal kernel for L": lambda L: LEnsemble.from_kernel(
            L @ np.linalg.inv(np.eye(len(L)) + L)
        ),
    },
    budget=0.4,
)
def size(case: Any, subject: Any) -> list[Observation]:
    """|S| is the number of independent events with probabilities lambda / (1 + lambda)"""
    ensemble = subject(case.L)
    count = np.array([len(S) for S in subsets(case.N)])
    truth = np.bincount(count, enumerated(case.L), case.N + 1)
    found = np.zeros(case.N + 1)
    found[: ensemble.rank + 1] = ensemble.size_pmf()
    formula = np.zeros(case.N + 1)
    lam = np.maximum(np.linalg.eigvalsh(case.L), 0.0)
    formula[:] = formulas.size_law(lam)
    mean, variance = formulas.size_moments(lam)
    return [
        _off(found, truth),
        _off(formula, truth, "formula"),
        Observation(ensemble.expected_size, float(count @ enumerated(case.L)), note="mean"),
        Observation(ensemble.var_size, variance, note="variance"),
        Observation(mean, float(count @ enumerated(case.L)), note="mean, formula"),
    ]


@claim(
    "dpp-ensemble-marginals",
    source="Macchi 1975; Borodin & Rains 2005",
    kind="exact",
    domain="sampler",
    subject=lambda L: LEnsemble.from_kernel(L).marginal_kernel(),
    cases=kernel_case,
    eps_multiple=3e3,
    mutants={
        "L itself": lambda L: L,
        "its diagonal": lambda L: np.diag(np.diag(LEnsemble.from_kernel(L).marginal_kernel())),
    },
    budget=0.3,
)
def marginals(case: Any, subject: Any) -> Observation:
    """P(A within S) = det K_A for every A"""
    sets, P = subsets(case.N), enumerated(case.L)
    holds = np.array([[set(A) <= set(S) for S in sets] for A in sets])
    return _off(minors(subject(case.L), sets), holds @ P)


def _marginal_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    N, dtype = 3 + index % 3, "dD"[index // 3 % 2]
    p = rng.uniform(0.05, 0.95, N)
    p[: index % 3] = 1.0
    p[N - index // 3 % 2 :] = 0.0
    V = orthonormal(rng, N, N, dtype)
    K = (V * p) @ V.conj().T
    label = f"{index % 3} eigenvalues 1, {'complex' if dtype == 'D' else 'real'}"
    return {"K": 0.5 * (K + K.conj().T), "N": N, "size": float(N), "label": label}


def _marginal_law(K: np.ndarray) -> np.ndarray:
    ensemble = LEnsemble.from_marginal(K)
    return np.exp([ensemble.logpmf(S) for S in subsets(K.shape[0])])


@claim(
    "dpp-complement",
    source="Kulesza & Taskar 2012, section 2.3; proof in docs/theory/dpp.md",
    kind="exact",
    domain="sampler",
    subject=_marginal_law,
    cases=_marginal_case,
    eps_multiple=300.0,
    mutants={
        "K for L": _from_definition(lambda K: K),
        "its complement": lambda K: _marginal_law(np.eye(len(K)) - K),
    },
    budget=0.3,
)
def complement(case: Any, subject: Any) -> list[Observation]:
    """P(S) = |det(K - I_{not S})|, and the complement of S has the kernel I - K"""
    sets = subsets(case.N)
    out = np.array([[float(i not in S) for i in range(case.N)] for S in sets])
    truth = np.array([abs(np.linalg.det(case.K - np.diag(d))) for d in out])
    of_complement = dict(zip(sets, subject(np.eye(case.N) - case.K), strict=True))
    mirrored = [of_complement[tuple(i for i in range(case.N) if i not in S)] for S in sets]
    return [_off(subject(case.K), truth), _off(mirrored, truth, "complement")]


def _conditioned(L: np.ndarray, include: Any, exclude: Any) -> np.ndarray:
    ensemble = LEnsemble.from_kernel(L).condition(include, exclude)
    return np.exp([ensemble.logpmf(S) for S in subsets(L.shape[0])])


def _forgets(which: int) -> Callable[..., np.ndarray]:
    """Return the law given one of the two conditions, on the sets that meet both."""

    def mutant(L: np.ndarray, include: Any, exclude: Any) -> np.ndarray:
        keep = (include, ()) if which == 0 else ((), exclude)
        return _conditioned(L, *keep)

    return mutant


@claim(
    "dpp-conditioning",
    source="Borodin & Rains 2005, propositions 1.1 and 1.2",
    kind="exact",
    domain="sampler",
    subject=_conditioned,
    cases=kernel_case,
    requires=lambda case: "never" not in case.label,
    eps_multiple=3e4,
    mutants={"include alone": _forgets(0), "exclude alone": _forgets(1)},
    budget=0.4,
)
def conditioning(case: Any, subject: Any) -> Observation:
    """Given A within S and S free of B: P(S) over the probability of both, on the same items"""
    include, exclude = (0,), (1,)
    met = np.array([0 in S and 1 not in S for S in subsets(case.N)])
    truth = enumerated(case.L) * met
    return _off(subject(case.L, include, exclude), truth / truth.sum())


def _by(method: str) -> Callable[..., Any]:
    def draw(L: np.ndarray, n: int, seed: int) -> Any:
        return LEnsemble.from_kernel(L).sample(n, rng=seed, method=method)

    return draw


def _lambda_for_its_odds(L: np.ndarray, n: int, seed: int) -> Any:
    """As if lambda, where it is one, were the probability of a vector."""
    w, V = np.linalg.eigh(L)
    p = np.clip(w, 1e-12, 1.0 - 1e-12)
    return LEnsemble.from_eigh(p / (1.0 - p), V).sample(n, rng=seed)


def _independent(L: np.ndarray, n: int, seed: int) -> Any:
    """Items one by one, each with its own probability."""
    p = LEnsemble.from_kernel(L).marginals()
    rng = np.random.default_rng(seed)
    return [np.flatnonzero(u < p) for u in rng.random((n, p.size))]


@claim(
    "dpp-ensemble-mixture",
    source="Hough, Krishnapur, Peres & Virag 2006, theorem 7",
    kind="expectation",
    domain="sampler",
    subject=_by("spectral"),
    cases=kernel_case,
    mutants={"p for lambda / (1 + lambda)": _lambda_for_its_odds, "independent": _independent},
    budget=0.6,
    min_cases=6,
    max_cases=8,
    full_cases=200,
)
def mixture(case: Any, subject: Any) -> list[Sample]:
    """A choice of eigenvectors, then a sample of their projection process, has the law of S"""
    drawn = subject(case.L, 300, case.seed_of_draws)
    sets, P = subsets(case.N), enumerated(case.L)
    # Functions of S in [0, 1] of known mean: its probability, and its size.
    functions = [dict(zip(sets, P / P.max(), strict=True)), {S: len(S) / case.N for S in sets}]
    found = []
    for f in functions:
        mean = float(np.array([f[S] for S in sets]) @ P)
        values = np.array([f[tuple(sorted(int(i) for i in S))] for S in drawn])
        found += [Sample(values, mean + 1e-12), Sample(1.0 - values, 1.0 - mean + 1e-12)]
    return found


def _without_subtracting(K: np.ndarray, rng: Any) -> tuple[np.ndarray, float]:
    """As the sampler, but an item that is left out leaves its pivot as it was."""
    A, chosen, log_probability = K.copy(), [], 0.0
    generator = np.random.default_rng(rng)
    for j in range(len(A)):
        p = min(max(A[j, j].real, 1e-15), 1.0 - 1e-15)
        if generator.random() < p:
            chosen.append(j)
        log_probability += np.log(p if j in chosen else 1.0 - p)
        A[j + 1 :, j + 1 :] -= np.outer(A[j + 1 :, j], A[j, j + 1 :]) / p
    return np.array(chosen, int), log_probability


@claim(
    "dpp-sequential",
    source="Poulson 2019, arXiv 1905.00165, proposition 2",
    kind="exact",
    domain="sampler",
    subject=lambda K, rng: sequential_dpp(K, rng=rng),
    cases=_marginal_case,
    eps_multiple=300.0,
    mutants={
        "without d -= 1": _without_subtracting,
        "diagonal alone": lambda K, rng: sequential_dpp(np.diag(np.diag(K)), rng=rng),
    },
    budget=0.3,
)
def sequential(case: Any, subject: Any) -> list[Observation]:
    """The pivots of the factorization multiply to P(S) = |det(K - I_{not S})|"""
    found = []
    for seed in range(4):
        S, log_probability = subject(case.K, seed)
        out = np.ones(case.N)
        out[S] = 0.0
        truth = abs(np.linalg.det(case.K - np.diag(out)))
        found.append(Observation(float(np.exp(log_probability)), float(truth)))
    return found


def _features_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    large = 10.0 ** (index % 9)
    sigma = np.array([large] * 5 + [0.5] * 5)
    U = orthonormal(rng, 40, 10, "dD"[index % 2])
    return {"B": U * sigma, "sigma": sigma, "size": large, "label": f"singular values to {large:g}"}


@claim(
    "dpp-features",
    source="the definition; a Gram matrix squares the condition number",
    kind="exact",
    domain="sampler",
    subject=lambda B: LEnsemble.from_features(B).expected_size,
    cases=_features_case,
    mutants={
        "eigenvalues of the Gram matrix": lambda B: float(
            (lambda w: np.sum(w / (1.0 + w)))(np.maximum(np.linalg.eigvalsh(B.conj().T @ B), 0.0))
        ),
        "of the kernel": lambda B: LEnsemble.from_kernel(B @ B.conj().T).expected_size,
    },
    budget=0.2,
)
def features(case: Any, subject: Any) -> Observation:
    """E|S| = sum sigma^2 / (1 + sigma^2), to the accuracy of the singular values of B"""
    truth, _ = formulas.size_moments(case.sigma**2)
    # Singular values move by a few roundings of the largest one; each p by less than that.
    return Observation(subject(case.B), truth, scale=10.0 * max(float(case.sigma[0]), 1.0))
