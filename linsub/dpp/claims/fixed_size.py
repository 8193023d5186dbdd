"""Ensembles of a given size: the k-DPP, its choice of eigenvectors, its chains."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.dpp import KDPP, dpp_mcmc, esp_marginals, log_esp
from linsub.dpp import bounds as formulas
from linsub.dpp.claims.ensembles import kernel_case, minors, orthonormal, subsets
from linsub.verify import Observation, Sample, claim


def _size_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = kernel_case(index, rng)
    return {**made, "k": 1 + index // 6 % 2, "seed_of_draws": index}


def _truth(L: np.ndarray, k: int) -> np.ndarray:
    found = np.maximum(minors(L, subsets(L.shape[0], k)), 0.0)
    return np.asarray(found / found.sum())


def _law(L: np.ndarray, k: int) -> np.ndarray:
    dpp = KDPP(L, k)
    return np.exp([dpp.logpmf(S) for S in subsets(L.shape[0], k)])


def _chain_rule_law(L: np.ndarray, k: int) -> np.ndarray:
    """The law of picking items in proportion to what is left of the diagonal of L."""
    law = []
    for S in subsets(L.shape[0], k):
        total = 0.0
        for order in itertools.permutations(S):
            A, p = L.copy(), 1.0
            for i in order:
                left = np.maximum(A.diagonal().real, 0.0)
                p *= float(left[i] / left.sum())
                A = A - np.outer(A[:, i], A[i]) / A[i, i] if p > 0.0 else A
            total += p
        law.append(total)
    return np.array(law)


@claim(
    "dpp-k-law",
    source="Kulesza & Taskar 2011, definition 1 and (9)",
    kind="exact",
    domain="sampler",
    subject=_law,
    cases=_size_case,
    min_cases=24,
    eps_multiple=3e3,
    mutants={
        "naive chain rule": _chain_rule_law,
        "k - 1 for k in the normalizer": lambda L, k: (
            minors(L, subsets(L.shape[0], k)) / minors(L, subsets(L.shape[0], k - 1)).sum()
        ),
    },
    budget=0.4,
)
def law(case: Any, subject: Any) -> list[Observation]:
    """P(S) = det L_S / e_k(lambda) for every S of k items, and q_i gives the marginals"""
    truth = _truth(case.L, case.k)
    found = np.asarray(subject(case.L, case.k))
    holds = np.array([[i in S for S in subsets(case.N, case.k)] for i in range(case.N)])
    off = float(np.max(np.abs(KDPP(case.L, case.k).marginals() - holds @ truth)))
    return [
        Observation(float(np.max(np.abs(found - truth))), 0.0),
        Observation(off, 0.0, note="marginals"),
    ]


def _scale_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    dtype = "dD"[index % 2]
    V = orthonormal(rng, 12, 8, dtype)
    L = (V * 10.0 ** rng.uniform(-3, 3, 8)) @ V.conj().T
    exponent = (-600, -37, 1, 90, 500)[index % 5]
    return {"L": 0.5 * (L + L.conj().T), "c": 2.0**exponent, "k": 1 + index % 7,
            "size": float(index + 1), "label": f"2^{exponent} L, k = {1 + index % 7}"}  # fmt: skip


def _by_recurrence(L: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Choose eigenvectors by the table of e_k in floating point."""
    lam = np.maximum(np.linalg.eigvalsh(L), 0.0)
    E = np.zeros((lam.size + 1, k + 1))
    E[:, 0] = 1.0
    with np.errstate(all="ignore"):
        for n in range(lam.size):
            E[n + 1, 1:] = E[n, 1:] + lam[n] * E[n, :-1]
        chosen: list[int] = []
        left, rng = k, np.random.default_rng(seed)
        for n in range(lam.size, 0, -1):
            if left and rng.random() * E[n, left] < lam[n - 1] * E[n - 1, left - 1]:
                chosen.append(n - 1)
                left -= 1
    picked = np.sort(chosen)
    return np.concatenate([picked, np.full(k - picked.size, -1)])


@claim(
    "dpp-k-scale",
    source="the definition: det (cL)_S = c^k det L_S",
    kind="exact",
    domain="sampler",
    subject=lambda L, k, seed: KDPP(L, k).sample(rng=seed),
    cases=_scale_case,
    mutants={"e_k by its recurrence": _by_recurrence},
    min_cases=20,
    budget=0.3,
)
def scale(case: Any, subject: Any) -> Observation:
    """The k-DPPs of L and of 2^p L choose the same items from the same random numbers"""
    one, other = (np.asarray(subject(c * case.L, case.k, 5)) for c in (1.0, case.c))
    return Observation(float(np.count_nonzero(one != other)), 0.0)


def _spectrum_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n = 2 + index % 9
    kind = ("wild", "near 1", "tied", "with zeros")[index % 4]
    lam = 10.0 ** rng.uniform(-200, 150, n) if kind == "wild" else rng.uniform(0.1, 2.0, n)
    if kind == "tied":
        lam[:] = 3.0
    if kind == "with zeros":
        lam[: n // 3] = 0.0
    if index == 4:
        lam = np.array([1e-200, 3e-100, 2.0, 5.0, 1e80, 1e150])
    rank = int(np.count_nonzero(lam))
    label = f"{kind} spectrum of {lam.size}"
    return {"lam": lam, "k": 1 + index // 2 % rank, "size": float(lam.size), "label": label}


def _both(lam: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    return log_esp(lam, k), esp_marginals(lam, k)


def _recurrence(lam: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    """In floating point, and each marginal by division."""
    e = np.zeros(k + 1)
    e[0] = 1.0
    with np.errstate(all="ignore"):
        for x in lam:
            e[1:] = e[1:] + x * e[:-1]
        less = np.ones(lam.size)
        for j in range(1, k):
            less = e[j] - lam * less
        return float(np.log(e[k])), np.nan_to_num(lam * less / e[k], posinf=1e9, neginf=-1e9)


@claim(
    "dpp-esp",
    source="Chen, Dempster & Liu 1994, (6) and theorem 1; proof in docs/theory/dpp.md",
    kind="exact",
    domain="sampler",
    subject=_both,
    cases=_spectrum_case,
    min_cases=30,
    eps_multiple=4e3,
    mutants={
        "by recurrence and division": _recurrence,
        "reversed index": lambda lam, k: (log_esp(lam, k), esp_marginals(lam[::-1], k)),
    },
    budget=0.4,
)
def symmetric_polynomials(case: Any, subject: Any) -> list[Observation]:
    """log e_k, and q_i = lambda_i e_{k-1}(without i) / e_k relative to itself, in any range"""
    found, q = subject(case.lam, case.k)
    log_truth = formulas.log_symmetric_polynomial(case.lam, case.k)
    truth = formulas.chosen_marginals(case.lam, case.k)
    # What is smaller is no normal number.
    off = np.abs(q - truth)[truth > 1e-290] / truth[truth > 1e-290]
    return [
        Observation(found, log_truth, note="log e_k"),
        Observation(float(off.max(initial=0.0)), 0.0, note="q"),
        Observation(float(np.sum(q)), float(case.k), scale=float(case.k), note="sum of q"),
    ]


@claim(
    "dpp-k-selection",
    source="the identity e_1 e_k = sum of (sum of B) (product of B) + (k + 1) e_{k+1}",
    kind="exact",
    domain="sampler",
    subject=esp_marginals,
    cases=_spectrum_case,
    min_cases=30,
    eps_multiple=300.0,
    mutants={
        "uniform": lambda lam, k: np.full(lam.size, k / lam.size),
        "reversed index": lambda lam, k: esp_marginals(lam[::-1], k),
    },
    budget=0.2,
)
def selection(case: Any, subject: Any) -> Observation:
    """E of the sum of the chosen eigenvalues = (e_1 e_k - (k + 1) e_{k+1}) / e_k"""
    top = float(case.lam.max())
    truth = formulas.chosen_sum(case.lam, case.k) / top
    return Observation(float(np.dot(subject(case.lam, case.k), case.lam / top)), truth, scale=truth)


def _walk_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    k, kind = 1 + index % 3, ("product", "generic", "graded")[index // 3 % 3]
    N = 2 * k if kind == "product" else 6
    if kind == "product":  # one of each of k groups: the walk is k independent ones
        B = np.kron(np.eye(k), np.ones((2, 1)))
    else:
        lam = rng.uniform(0.5, 2.0, 6) if kind == "generic" else np.geomspace(100.0, 0.01, 6)
        B = orthonormal(rng, N, N, "dD"[index % 2]) * np.sqrt(lam)
    return {"L": B @ B.conj().T, "k": k, "size": float(N), "label": f"{kind}, {k} of {N}"}


@claim(
    "dpp-down-up-gap",
    source="Anari, Liu, Oveis Gharan & Vinzant 2019, theorem 1.1",
    kind="always",
    domain="formula",
    subject=formulas.down_up_gap,
    cases=_walk_case,
    min_cases=18,
    tight=0.999,
    mutants={"1 / (k - 1)": lambda k: 1.0 / max(k - 1, 0.5), "2 / k": lambda k: 2.0 / k},
    budget=0.3,
)
def down_up_gap(case: Any, subject: Any) -> Observation | None:
    """The second eigenvalue of the down-up walk on sets of k items is at most 1 - 1 / k"""
    sets = subsets(case.L.shape[0], case.k)
    P = _truth(case.L, case.k)
    weights = dict(zip(sets, P, strict=True))
    T = np.zeros((len(sets), len(sets)))
    for a, S in enumerate(sets):
        for i in S:
            kept = set(S) - {i}
            around = [b for b, R in enumerate(sets) if kept <= set(R)]
            mass = sum(weights[sets[b]] for b in around)
            for b in around:
                T[a, b] += weights[sets[b]] / mass / case.k if mass > 0.0 else 0.0
    alive = P > 1e-12
    root = np.sqrt(P[alive])
    symmetric = root[:, None] * T[np.ix_(alive, alive)] / root
    second = float(np.sort(np.linalg.eigvalsh(0.5 * (symmetric + symmetric.T)))[-2])
    return Observation(1.0 + second, 2.0 - subject(case.k) + 1e-9)


def _walked(kernel: str) -> Callable[..., np.ndarray]:
    def one(L: np.ndarray, S: np.ndarray, seed: int) -> np.ndarray:
        return np.asarray(dpp_mcmc(L, S.size, 1, init=S, kernel=kernel, rng=seed)[-1])

    return one


def _accepts_all(L: np.ndarray, S: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    S = S.copy()
    others = np.setdiff1d(np.arange(len(L)), S)
    S[rng.integers(S.size)] = others[rng.integers(others.size)]
    return S


def _stays(L: np.ndarray, S: np.ndarray, seed: int) -> np.ndarray:
    """Keep the first item, as a walk that drops the last one always."""
    w = np.where(np.isin(np.arange(len(L)), S[:-1]), 0.0, L.diagonal().real)
    j = np.random.default_rng(seed).choice(len(L), p=w / w.sum())
    return np.append(S[:-1], j)


@claim(
    "dpp-chain",
    source="Anari, Oveis Gharan & Rezaei 2016, section 1; detailed balance",
    kind="expectation",
    domain="sampler",
    subject=_walked("down-up"),
    cases=lambda index, rng: {**kernel_case(4 + 6 * index, rng), "k": 2, "index": index},
    mutants={"accepts every exchange": _accepts_all, "the diagonal for the determinant": _stays},
    budget=0.6,
    min_cases=4,
    max_cases=6,
    full_cases=100,
)
def chain(case: Any, subject: Any) -> list[Sample]:
    """A step of the chain from a sample of the k-DPP is a sample of the k-DPP"""
    sets, P = subsets(case.L.shape[0], case.k), _truth(case.L, case.k)
    start = KDPP(case.L, case.k).sample(150, rng=case.index)
    f = dict(zip(sets, P / P.max(), strict=True))
    mean = float((P / P.max()) @ P)
    ends = [subject(case.L, S, 1000 * case.index + i) for i, S in enumerate(start)]
    values = np.array([f[tuple(sorted(int(i) for i in S))] for S in ends])
    return [Sample(values, mean + 1e-12), Sample(1.0 - values, 1.0 - mean + 1e-12)]
