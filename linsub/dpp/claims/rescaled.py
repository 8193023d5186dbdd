"""Rescaled volume sampling with replacement: its expectations, all tuples enumerated."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.dpp import bounds
from linsub.verify import Observation, claim


def _measure(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return orthonormal features of a discrete measure, a function, a density and a size."""
    N, m = 4, 1 + index % 2
    n = m + int(rng.integers(0, 3))
    X, f = rng.standard_normal((N, m)), rng.standard_normal(N)
    if index // 2 % 2:
        X, f = X + 1j * rng.standard_normal((N, m)), f + 1j * rng.standard_normal(N)
    q = rng.uniform(0.2, 1.0, N)
    label = f"{N} points, {m} features, {n} drawn"
    return {
        "Q": np.linalg.qr(X)[0], "f": f, "q": q / q.sum(), "n": n, "label": label, "size": float(n),
    }  # fmt: skip


def _no_permutations(n: int, m: int) -> float:
    return float(n**m)


@claim(
    "dpp-rescaled-loss",
    source="Nouy & Michel 2023, arXiv 2312.14057; Derezinski, Warmuth & Hsu 2018",
    kind="exact",
    domain="sampler",
    subject=bounds.rescaled_normalizer,
    mutants={"independent": _no_permutations, "one too few": lambda n, m: float(n)},
    cases=_measure,
    budget=0.5,
    max_cases=16,
    min_cases=8,
)
def rescaled_loss(case: Any, subject: Callable[..., float]) -> list[Observation]:
    """E ||f - u||^2 = (m+1) ||g||^2 - E[rho tr((n G)^-1)], E u = P f, E rho = (n-m) ||g||^2."""
    Q, f, q, n = case.Q, case.f, case.q, case.n
    N, m = Q.shape
    best = Q.conj().T @ f
    rest = float(np.square(np.abs(f - Q @ best)).sum())
    total = error = rho = corrected = 0.0
    mean = np.zeros(m, Q.dtype)
    for x in itertools.product(range(N), repeat=n):
        A = Q[list(x)] / np.sqrt(q[list(x)])[:, None]
        G = A.conj().T @ A
        p = float(np.linalg.det(G).real * np.prod(q[list(x)])) / subject(n, m)
        if not np.linalg.cond(G) < 1e12:
            continue
        b = f[list(x)] / np.sqrt(q[list(x)])
        c = np.linalg.lstsq(A, b, rcond=None)[0]
        residual = float(np.square(np.abs(b - A @ c)).sum())
        total, mean = total + p, mean + p * c
        error += p * float(np.square(np.abs(f - Q @ c)).sum())
        rho += p * residual
        corrected += p * residual * float(np.trace(np.linalg.inv(G)).real)
    size = float(np.square(np.abs(f)).sum())
    pairs = [
        ("normalizer", total, 1.0, 1.0),
        ("residual", rho, (n - m) * rest, n * size),
        ("loss", error, (m + 1) * rest - corrected, (m + 1) * size),
    ]
    pairs += [
        ("mean", float(a.real), float(b.real), 1.0 + size) for a, b in zip(mean, best, strict=True)
    ]
    pairs += [
        ("mean", float(a.imag), float(b.imag), 1.0 + size) for a, b in zip(mean, best, strict=True)
    ]
    return [Observation(a, b, s, note=note, eps_multiple=1e5) for note, a, b, s in pairs]
