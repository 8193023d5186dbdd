"""Norms from random probes: the laws of the bounds, at failure probabilities one can see."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.svd import bounds
from linsub.svd.claims.measure import EPS
from linsub.verify import Observation, Sample, claim

# A failure probability at which failures are seen, and independent trials of one case.
OFTEN, TRIALS = 0.1, 40


def _spectrum(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return squared singular values of E (its position does not matter to Gaussians)."""
    n = int(rng.integers(2, 40))
    i = np.arange(n, dtype=np.float64)
    one = np.where(i == 0, 1.0, 0.0)  # rank 1, where the simplest bounds are attained
    sigma = (
        one,
        one if index % 8 < 4 else np.ones(n),
        rng.uniform(0.5, 0.99) ** i,
        (1.0 + i) ** -rng.uniform(0.1, 1.0),
    )[index % 4]
    return {"sigma": sigma, "probes": int(rng.integers(1, 7)), "size": float(n)}


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...], is_complex: bool) -> np.ndarray:
    if not is_complex:
        return rng.standard_normal(shape)
    pair = rng.standard_normal((2, *shape)) * np.sqrt(0.5)
    return np.asarray(pair[0] + 1j * pair[1])


def _trials(case: Any) -> tuple[np.ndarray, bool, float]:
    """Return probes (TRIALS, n, b), whether they are complex, and the constant for them."""
    rng = case.rng
    is_complex = bool(rng.random() < 0.5)
    W = _gaussian(rng, (TRIALS, case.sigma.size, case.probes), is_complex)
    c = bounds.probe_constant(case.probes, OFTEN, complex_probes=is_complex)
    return W, is_complex, c


@claim(
    "svd-probe-constant",
    source="Dixon 1983; Buhr & Smetana 2018",
    kind="probability",
    domain="formula",
    subject=bounds.probe_constant,
    cases=_spectrum,
    failure_prob=OFTEN,
    tight=0.999,
    mutants={
        "the median": lambda b, p, **kw: bounds.probe_constant(b, 0.5, **kw),
        "variance 2": lambda b, p, **kw: np.sqrt(2.0) * bounds.probe_constant(b, p, **kw),
    },
    min_cases=12,
    budget=0.5,
)
def probe_constant(case: Any, subject: Any) -> list[Observation]:
    """P(||E||_2 > max_j ||E w_j|| / c) <= delta, c = sqrt(2) erfinv(delta^(1/b))"""
    W, is_complex, _ = _trials(case)
    c = subject(case.probes, OFTEN, complex_probes=is_complex)
    largest = np.linalg.norm(case.sigma[:, None] * W, axis=1).max(axis=1)
    top = float(case.sigma[0])
    return [Observation(top, float(x) / c * (1.0 + 10.0 * EPS)) for x in largest]


@claim(
    "svd-powered-norm",
    source="Buhr & Smetana 2018, for (E^H E)^(q/2)",
    kind="probability",
    domain="formula",
    subject=bounds.powered_norm,
    cases=_spectrum,
    failure_prob=OFTEN,
    tight=0.999,
    mutants={
        "without the constant": lambda norms, c, q: bounds.powered_norm(norms, max(1.0, 2 * c), q),
        "one power too many": lambda norms, c, q: 0.99 * np.max(norms) ** (1 / (q + 1.0)),
    },
    min_cases=12,
    budget=0.5,
)
def powered_norm(case: Any, subject: Any) -> list[Observation]:
    """P(||E||_2 > (max_j ||(E^H E)^(q/2) w_j|| / c)^(1/q)) <= delta"""
    W, _, c = _trials(case)
    q = int(case.rng.integers(1, 6))
    norms = np.linalg.norm(case.sigma[:, None] ** q * W, axis=1)
    top = float(case.sigma[0])
    return [Observation(top, subject(x, c, q) * (1.0 + 10.0 * EPS)) for x in norms]


def lanczos(C: np.ndarray, W: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients of Lanczos on diag(C) from each column, fully reorthogonalized."""
    alphas, betas = np.zeros((2, steps, W.shape[1]))
    norms = np.linalg.norm(W, axis=0)
    basis = [W / norms]
    for j in range(steps):
        Z = C[:, None] * basis[-1]
        alphas[j] = np.einsum("ij,ij->j", basis[-1].conj(), Z).real
        for _ in range(2):
            for Q in basis:
                Z = Z - Q * np.einsum("ij,ij->j", Q.conj(), Z)
        betas[j] = np.linalg.norm(Z, axis=0)
        betas[j][betas[j] <= 100.0 * EPS * C.max()] = 0.0  # the space is invariant
        basis.append(Z * np.divide(1.0, betas[j], out=np.zeros_like(norms), where=betas[j] > 0))
    return alphas, betas, norms


def _ritz(alphas: np.ndarray, betas: np.ndarray) -> np.ndarray:
    """Largest Ritz value of each column."""
    off = betas[:-1].T
    T = np.einsum("ij,jk->ijk", alphas.T, np.eye(alphas.shape[0]))
    for i in range(off.shape[1]):
        T[:, i, i + 1] = T[:, i + 1, i] = off[:, i]
    return np.linalg.eigvalsh(T)[:, -1]


@claim(
    "svd-christoffel",
    source="proof in docs/theory/svd.md; cf. van Dorsselaer, Hochstenbach & van der Vorst 2000",
    kind="probability",
    domain="formula",
    subject=bounds.christoffel_bound,
    cases=_spectrum,
    failure_prob=OFTEN,
    tight=0.999,
    mutants={
        "measure normalized": lambda a, b, norms, c: bounds.christoffel_bound(
            a, b, np.ones_like(norms), min(c, 0.99)
        ),
        "the Ritz value": lambda a, b, norms, c: float(_ritz(a, b).max()),
    },
    min_cases=12,
    budget=1.5,
)
def christoffel(case: Any, subject: Any) -> list[Observation]:
    """P(lambda_1 > max_j x_j) <= delta, sum_{i<=t} p_i(x_j)^2 = 1/c^2 of probe j's polynomials"""
    W, _, c = _trials(case)
    steps = int(case.rng.integers(1, 5))
    C = case.sigma**2
    found = []
    for w in W[:10]:
        bound = subject(*lanczos(C, w, steps), c)
        found.append(Observation(float(C[0]), bound + 300.0 * EPS * C[0]))
    return found


@claim(
    "svd-christoffel-powered",
    source="the polynomial x^t is one of those; docs/theory/svd.md",
    kind="always",
    domain="formula",
    subject=bounds.christoffel_bound,
    cases=_spectrum,
    tight=0.999,
    mutants={
        "last remainder left out": lambda a, b, norms, c: (
            bounds.christoffel_bound(a[:-1], b[:-1], norms, c) if len(a) > 1 else np.inf
        ),
        "constant of one probe too few": lambda a, b, norms, c: bounds.christoffel_bound(
            a, b, norms, 0.5 * c
        ),
    },
    budget=1.0,
)
def christoffel_powered(case: Any, subject: Any) -> list[Observation]:
    """The Christoffel bound is at most the powered bound of as many products, or a Ritz value"""
    W, _, _ = _trials(case)
    rng = case.rng
    steps, c = int(rng.integers(1, 5)), 10.0 ** rng.uniform(-6.0, -0.5)
    C = case.sigma**2
    found = []
    for w in W[:6]:
        data = lanczos(C, w, steps)
        powered = bounds.powered_norm(np.linalg.norm(C[:, None] ** steps * w, axis=0), c, 2 * steps)
        # below a Ritz value the powered bound is certainly wrong, and the other one is not
        allowed = max(powered**2, float(_ritz(*data[:2]).max()))
        found.append(Observation(subject(*data, c), allowed + 300.0 * EPS * C[0]))
    return found


@claim(
    "svd-lanczos-norm",
    source="Kuczynski & Wozniakowski 1992, theorem 4.2",
    kind="probability",
    domain="formula",
    subject=bounds.lanczos_norm,
    cases=_spectrum,
    failure_prob=OFTEN,
    mutants={
        "the Ritz value": lambda theta, n, steps, p: float(np.sqrt(theta)),
        "slack on the wrong side": lambda theta, n, steps, p: float(
            np.sqrt(theta * (1.0 - bounds.lanczos_slack(n, steps, p)))
        ),
    },
    slack="an upper bound over all spectra: the worst one for each n and t is not among them",
    min_cases=12,
    budget=1.5,
)
def lanczos_norm(case: Any, subject: Any) -> list[Observation]:
    """P(||E||_2 > sqrt(theta / (1 - e))) <= delta, 1.648 sqrt(n) exp(-sqrt(e) (2t - 1)) = delta"""
    W, _, _ = _trials(case)
    C = case.sigma**2
    n = C.size
    steps = min(n, bounds.lanczos_steps(n, 0.5, OFTEN))
    a, b, _ = lanczos(C, W[:, :, 0].T.real, steps)
    thetas = np.maximum(_ritz(a, b), 0.0)
    top = float(case.sigma[0])
    return [Observation(top, subject(x, n, steps, OFTEN) * (1 + 100 * EPS)) for x in thetas]


# ------------------------------------------------------------------ Frobenius norm


@claim(
    "svd-chi-square",
    source="Chernoff, for sums of weighted chi-squares",
    kind="probability",
    domain="formula",
    subject=bounds.frobenius_from_probes,
    cases=_spectrum,
    failure_prob=OFTEN,
    mutants={
        "the estimate": lambda norm, b, p, **kw: norm / np.sqrt(b),
        "the other tail": lambda norm, b, p, **kw: norm / np.sqrt(2.0 * b),
    },
    tight=0.9,
    min_cases=12,
    budget=0.5,
)
def chi_square(case: Any, subject: Any) -> list[Observation]:
    """P(||E||_F > ||E G||_F / sqrt(b x)) <= delta, (x e^(1-x))^(b/2) = delta"""
    W, is_complex, _ = _trials(case)
    truth = float(np.linalg.norm(case.sigma))
    sizes = np.sqrt((np.abs(case.sigma[:, None] * W) ** 2).sum(axis=(1, 2)))
    bound = [subject(x, case.probes, OFTEN, complex_probes=is_complex) for x in sizes]
    return [Observation(truth, float(x) * (1.0 + 10.0 * EPS)) for x in bound]


def _columns(R: np.ndarray) -> float:
    return float(np.sqrt(np.mean(1.0 / (np.linalg.inv(R) ** 2).sum(axis=0))))


def _loo_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n = int(rng.integers(12, 30))
    sigma = (np.ones(n), rng.uniform(0.8, 0.95) ** np.arange(n))[index % 2]
    return {"sigma": sigma, "columns": int(rng.integers(2, 8)), "size": float(n)}


@claim(
    "svd-leave-one-out",
    source="Epperly & Tropp 2024",
    kind="expectation",
    domain="formula",
    subject=bounds.leave_one_out,
    cases=_loo_case,
    mutants={
        "columns for rows": _columns,
        "diagonal of R": lambda R: float(np.sqrt(np.mean(np.diag(R) ** 2))),
        "all columns in": lambda R: 0.8 * bounds.leave_one_out(R),
    },
    min_cases=8,
    max_cases=20,
    budget=1.5,
)
def leave_one_out(case: Any, subject: Any) -> list[Sample]:
    """E (1/l) sum_j 1 / ||row j of R^-1||^2 = E ||A - Q Q^H A||_F^2 with one column fewer"""
    rng, s, draws = case.rng, case.sigma, 400
    differences = []
    for _ in range(draws):
        Y = s[:, None] * rng.standard_normal((s.size, case.columns))
        R = np.linalg.qr(Y, mode="r")
        Q = np.linalg.qr(Y[:, 1:])[0]
        error = float((s**2).sum() - ((Q * s[:, None]) ** 2).sum())
        differences.append(subject(R) ** 2 - error)
    values, unit = np.array(differences), float((s**2).sum())
    # both signs: an equality of two means; seen beside ||A||_F^2, for a ratio that says something
    return [
        Sample(unit + values, unit, lower=None, note="not above"),
        Sample(unit - values, unit, lower=None, note="not below"),
    ]
