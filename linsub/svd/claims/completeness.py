"""Completeness: no copy of a multiple value is missed, and equal seeds change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub import svd
from linsub.svd import randomized_svd, truncated_svd
from linsub.svd.claims.measure import (
    call,
    engine,
    norm2,
    seed_of,
    truth,
    with_spectrum,
)
from linsub.verify import Observation, claim


def _multiple(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix with a value of high multiplicity at the top or at the cut."""
    m, n = (int(x) for x in rng.integers(90, 140, 2))
    copies, k = int(rng.integers(6, 20)), int(rng.integers(4, 16))
    rest = 0.5 * 0.98 ** np.arange(min(m, n) - copies)
    sigma = np.append(np.ones(copies), rest)
    if index % 2:  # simple values above the multiple one
        above = int(rng.integers(1, 4))
        sigma = np.append(1.0 + np.arange(above, 0.0, -1.0), sigma[:-above])
    A = with_spectrum(rng, sigma, m, n, "D" if index % 5 == 4 else "d")
    method = ("lanczos", "golub-kahan")[index % 2]
    return {"A": A, "sigma": sigma, "rank": k, "method": method, "block": (1, 2, 4)[index % 3]}


def single_vector(A: Any, rank: int, **options: Any) -> Any:
    """Lanczos from one vector, without the question what was missed."""
    rng = np.random.default_rng(0)
    q = rng.standard_normal((A.shape[1], 1))
    Q = q / np.linalg.norm(q)
    for _ in range(60):
        z = A.conj().T @ (A @ Q[:, -1:])
        for _ in range(2):
            z = z - Q @ (Q.conj().T @ z)
        size = float(np.linalg.norm(z))
        if size < 1e-10:
            break
        Q = np.concatenate([Q, z / size], axis=1)
    U, S, Zh = np.linalg.svd(A @ Q, full_matrices=False)
    return U[:, :rank], S[:rank], Zh[:rank] @ Q.conj().T


@claim(
    "svd-complete",
    source="Rayleigh quotients of independent probes; docs/theory/svd.md",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    cases=_multiple,
    mutants={
        "one vector, no second look": single_vector,
        "copies merged": lambda A, r, **kw: _merged(truncated_svd(A, r, **kw)),
    },
    slack="sqrt(eps) is what the tolerance of the iteration asks for; most runs do better",
    min_cases=6,
    budget=3.0,
)
def complete(case: Any, subject: Any) -> Observation:
    """S_i = sigma_i(A) for a value of any multiplicity, at any block size"""
    options = {"method": case.method, "block": case.block, "certify": False}
    S = np.asarray(call(subject, case.A, case.rank, rng=seed_of(case), **options)[1])
    expected = case.sigma[: case.rank]
    found = np.zeros(case.rank)
    found[: S.size] = S
    off = float(np.abs(found - expected).max())
    return Observation(off, 4.0 * np.sqrt(np.finfo(float).eps) * float(expected[0]))


def _merged(result: Any) -> Any:
    U, S, Vh = (np.asarray(part) for part in result)
    keep = np.append(True, np.abs(np.diff(S)) > 1e-6 * S[0])
    return U[:, keep], S[keep], Vh[keep]


# ------------------------------------------------------------------ convergence


@claim(
    "svd-converged",
    source="the stopping rule, from the residuals of the answer itself",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "stopped at once": lambda A, r, **kw: truncated_svd(
            A, r, **{**kw, "method": "subspace", "tol": 1.0}
        ),
        "ascending": lambda A, r, **kw: tuple(
            part[..., ::-1] if i < 2 else part[::-1]
            for i, part in enumerate(truncated_svd(A, r, **kw))
        ),
    },
    tight=0.3,
    budget=2.0,
)
def converged(case: Any, subject: Any) -> list[Observation] | None:
    """max(||A v_i - s_i u_i||, ||A^H u_i - s_i v_i||) <= tol S_1, and S descends"""
    known = truth(case)
    options = engine(case)
    if options.get("method") == "subspace":  # a fixed number of passes, without a tolerance
        options = {"method": "golub-kahan", "block": 4}
    tol = 1e-3 if case.seed[1] % 3 else float(np.sqrt(known.eps))
    options = {"tol": tol, "rng": seed_of(case), "certify": False, **options}
    U, S, Vh = known.factors(call(subject, case.A, case.rank, **options))
    if S.size == 0:
        return None
    right = np.linalg.norm(known.A @ Vh.conj().T - U * S, axis=0)
    left = np.linalg.norm(known.A.conj().T @ U - Vh.conj().T * S, axis=0)
    worst = float(np.maximum(right, left).max())
    return [
        Observation(worst, tol * float(S[0]) + known.rounding, note="residual"),
        Observation(float(np.diff(S).max(initial=0.0)), 0.0, note="descends"),
    ]


def _same_seed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = (int(x) for x in rng.integers(30, 60, 2))
    sigma = np.arange(1, min(m, n) + 1) ** -rng.uniform(0.2, 1.0)
    A = with_spectrum(rng, sigma, m, n)
    return {"A": A, "rank": int(rng.integers(4, 16)), "size": float(A.size)}


def answer_and_bound(A: Any, rank: int, seed: int) -> tuple[Any, float]:
    """Compute an answer and check it, both with the same seed."""
    result = randomized_svd(A, rank, n_oversamples=0, n_iter=0, certify=False, rng=seed)
    bound = svd.low_rank_error(A, *result, norm="spectral", n_steps=2, failure_prob=0.01, rng=seed)
    return tuple(result), float(bound)


def _shared_probes(A: Any, rank: int, seed: int) -> tuple[Any, float]:
    """Draw the sketch and the probes from generators with the same seed, column by column."""
    sketch = np.random.default_rng(seed).standard_normal((rank, A.shape[1])).T
    probes = np.random.default_rng(seed).standard_normal((4, A.shape[1])).T
    Q = np.linalg.qr(A @ sketch)[0]
    U, S, Vh = np.linalg.svd(Q.T @ A, full_matrices=False)
    E = A - (Q @ U * S) @ Vh
    W = E @ probes
    c = 0.55  # of four probes at 0.05
    return (Q @ U, S, Vh), float(np.linalg.norm(W, axis=0).max() / c)


@claim(
    "svd-equal-seeds",
    source="independence of the streams; docs/theory/svd.md",
    kind="probability",
    domain="matrix",
    subject=answer_and_bound,
    cases=_same_seed,
    failure_prob=0.01,
    mutants={"probes are the sketch": _shared_probes},
    slack="two steps with four probes overestimate a flat rest by a third",
    budget=0.7,
)
def equal_seeds(case: Any, subject: Any) -> Observation:
    """A bound by probes holds for an answer that was given the same seed"""
    (U, S, Vh), bound = subject(case.A, case.rank, seed_of(case))
    return Observation(norm2(case.A - (U * S) @ Vh), bound)
