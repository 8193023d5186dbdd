"""Hashed and Gaussian sketches: second moments by enumeration, embeddings by counting."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from linsub.sketching import OSNAP, CountSketch, GaussianSketch, SparseSign, bounds
from linsub.verify import Observation, Sample, claim

# Sums over some hundreds of operators.
ROUNDING = 1e4

# n, m, entries of a column; the blocks of the last are of sizes 1 and 2.
_SIZES = ((3, 2, 1), (2, 4, 2), (3, 3, 1), (2, 3, 2))
_SIGN_SIZES = ((2, 2, 0.3), (3, 1, 1.0), (1, 3, 0.5), (2, 2, 1.0))

# The share of failures that the sizes in the claims of embeddings allow.
_DELTA = 0.25

# Draws of a Gaussian sketch in a case.
_DRAWS = 2000


class Biased:
    """An operator with another variance than it says, or another scale."""

    def __init__(self, S: Any, factor: float = 1.0, variance: float = 1.0) -> None:
        self.S, self.factor, self.variance = S, factor, variance

    def __matmul__(self, A: Any) -> Any:
        return self.factor * (self.S @ A)

    def amm_variance(self, X: Any, Y: Any = None) -> float:
        return self.variance * float(self.S.amm_variance(X, Y))


def operands(n: int, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return X (n, 2) and Y (n, 1), complex at odd indices."""
    X, Y = rng.standard_normal((n, 2)), rng.standard_normal((n, 1))
    if index % 2:
        X, Y = X + 1j * rng.standard_normal((n, 2)), Y + 1j * rng.standard_normal((n, 1))
    if index % 3 == 2:
        X[0] *= 10.0
    return X, Y


def moments(
    operators: Iterator[tuple[float, Any]], X: np.ndarray, Y: np.ndarray
) -> list[Observation]:
    """Compare the mean and the variance of (S X)^H (S Y) over all operators with what is said."""
    T = X.conj().T @ Y
    mean, variance, weight, said = np.zeros_like(T), 0.0, 0.0, 0.0
    for p, S in operators:
        Z = np.asarray(S @ np.concatenate([X, Y], axis=1))
        product = Z[:, :2].conj().T @ Z[:, 2:]
        mean = mean + p * product
        variance += p * float(np.square(np.abs(product - T)).sum())
        weight += p
        said = float(S.amm_variance(X, Y)) if weight == p else said
    size = float(np.square(np.abs(X)).sum() * np.square(np.abs(Y)).sum())
    seen = [
        Observation(variance / weight, said, size, note="variance", eps_multiple=ROUNDING),
    ]
    for a, b in zip((mean / weight).ravel(), T.ravel(), strict=True):
        for x, y in ((a.real, b.real), (a.imag, b.imag)):
            seen.append(
                Observation(float(x), float(y), size**0.5, note="mean", eps_multiple=ROUNDING)
            )
    return seen


def _hash_cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, m, s = _SIZES[index % len(_SIZES)]
    X, Y = operands(n, index, rng)
    return {"X": X, "Y": Y, "m": m, "s": s, "label": f"{n} rows to {m}, {s} each", "size": float(m)}


def _sign_cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, m, q = _SIGN_SIZES[index % len(_SIGN_SIZES)]
    X, Y = operands(n, index, rng)
    return {"X": X, "Y": Y, "m": m, "q": q, "label": f"{n} rows to {m}, q={q}", "size": float(m)}


def _no_signs(targets: Any, signs: Any, m: int) -> Any:
    return OSNAP.from_hashes(targets, np.ones_like(signs), m)


@claim(
    "sketching-hashed-moments",
    source="Clarkson & Woodruff 2013; the variance by enumeration of pairs",
    kind="exact", domain="sampler", subject=OSNAP.from_hashes, cases=_hash_cases,
    mutants={
        "no signs": _no_signs,
        "variance of another": lambda *a: Biased(OSNAP.from_hashes(*a), variance=1.01),
        "scaled": lambda *a: Biased(OSNAP.from_hashes(*a), factor=1.01),
    },
    budget=0.4, min_cases=4, max_cases=8,
)  # fmt: skip
def hashed_moments(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E S^T S = I, and the variance of X^H S^T S Y is rate (F + T - 2 pairs), over all hashes."""
    n, m, s = case.X.shape[0], case.m, case.s
    blocks = [range(m * k // s, m * (k + 1) // s) for k in range(s)]
    of_a_row = [
        (t, sign)
        for t in itertools.product(*blocks)
        for sign in itertools.product((1, -1), repeat=s)
    ]
    every = (
        (1.0, subject([t for t, _ in rows], [sign for _, sign in rows], m))
        for rows in itertools.product(of_a_row, repeat=n)
    )
    return moments(every, case.X, case.Y)


@claim(
    "sketching-sign-moments",
    source="Achlioptas 2003; Li, Hastie & Church 2006; the variance by enumeration of pairs",
    kind="exact", domain="sampler", subject=SparseSign.from_signs, cases=_sign_cases,
    mutants={
        "variance of another": lambda *a: Biased(SparseSign.from_signs(*a), variance=1.01),
        "density": lambda signs, q: SparseSign.from_signs(signs, 0.9 * q),
    },
    budget=0.2, min_cases=8, max_cases=12,
)  # fmt: skip
def sign_moments(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E S^T S = I, and the variance of X^H S^T S Y is (F + T + (1/q - 3) pairs) / m."""
    n, m, q = case.X.shape[0], case.m, case.q
    law = {0: 1.0 - q, 1: 0.5 * q, -1: 0.5 * q}
    every = (
        (float(np.prod([law[x] for x in signs])), subject(np.reshape(signs, (m, n)), q))
        for signs in itertools.product([x for x in law if law[x] > 0.0], repeat=m * n)
    )
    return moments(every, case.X, case.Y)


def _gauss_cases(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, m = 5 + index % 3, 1 + index % 4
    X, Y = operands(n, index, rng)
    kind = np.complex128 if index // 2 % 2 else np.float64
    seed = int(rng.integers(1 << 60))
    return {"X": X, "Y": Y, "m": m, "kind": kind, "draw": seed, "label": f"{n} rows to {m}"}


@claim(
    "sketching-gaussian-moments",
    source="Isserlis 1918: fourth moments of normal variables",
    kind="expectation", domain="sampler", subject=GaussianSketch, cases=_gauss_cases,
    mutants={
        "scaled": lambda *a, **kw: Biased(GaussianSketch(*a, **kw), factor=1.2),
        "half the variance": lambda *a, **kw: Biased(GaussianSketch(*a, **kw), variance=0.5),
        "twice the variance": lambda *a, **kw: Biased(GaussianSketch(*a, **kw), variance=2.0),
    },
    budget=0.3, min_cases=8, max_cases=8,
)  # fmt: skip
def gaussian_moments(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """The variance of X^H S^H S Y is (F + T)/m for a real Gaussian S and F/m for a complex one."""
    T = case.X.conj().T @ case.Y
    both = np.concatenate([case.X, case.Y], axis=1)
    n, m = case.X.shape[0], case.m
    # Groups of m outputs of a larger sketch are independent sketches, but for the scale.
    S = subject(n, m * _DRAWS, rng=case.draw, dtype=case.kind)
    Z = np.sqrt(_DRAWS) * np.asarray(S @ both).reshape(_DRAWS, m, 3)
    off = np.einsum("rmi,rmj->rij", Z[:, :, :2].conj(), Z[:, :, 2:]) - T
    seen = np.square(np.abs(off)).sum(axis=(1, 2))
    said = float(subject(n, m, rng=case.draw, dtype=case.kind).amm_variance(case.X, case.Y))
    # From below a part of the mean is given away with the largest draws.
    return [
        Sample(seen, said, note="above"),
        Sample(-np.minimum(seen, 50.0 * said), -0.9 * said, lower=None, note="below"),
    ]


def _subspaces(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = 60, 2 + index % 3
    U = np.eye(n, d) if index % 2 else np.linalg.qr(rng.standard_normal((n, d)))[0]
    name = "rows of leverage 1" if index % 2 else "random"
    seed = int(rng.integers(1 << 60))
    return {"U": U, "draw": seed, "sparse": index % 3, "label": f"{n} x {d}, {name}"}


@claim(
    "sketching-hashed-embedding",
    source="Clarkson & Woodruff 2013; Nelson & Nguyen 2013; Markov's inequality",
    kind="probability", failure_prob=_DELTA, domain="sampler", cases=_subspaces,
    subject=OSNAP,
    mutants={
        "not scaled": lambda *a, **kw: Biased(OSNAP(*a, **kw), factor=2.0),
        "fewer outputs": lambda n, m, **kw: CountSketch(n, 1, rng=kw["rng"]),
    },
    slack="Markov's inequality for the Frobenius norm",
    budget=0.3, min_cases=12, max_cases=40,
)  # fmt: skip
def hashed_embedding(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """||U^T S^T S U - I||_2 > eps with probability (d^2 + d - 2 sum tau^2) / (m eps^2) at most."""
    n, d = case.U.shape
    s = (1, 2, 4)[case.sparse]
    m = bounds.hashed_size(d, 0.5, _DELTA)
    tau = np.square(case.U).sum(axis=1)
    rate = bounds.collision_rate(m, s)
    # The eps at which the bound is the failure probability of the claim.
    eps = (bounds.hashed_failure(d, 1e6, 1.0, float(tau @ tau)) * 1e6 * rate / _DELTA) ** 0.5
    seen = []
    for seed in np.random.default_rng(case.draw).integers(1 << 60, size=6):
        SU = np.asarray(subject(n, m, sparsity=s, rng=int(seed)) @ case.U)
        seen.append(Observation(float(np.linalg.norm(SU.T @ SU - np.eye(d), 2)), eps))
    return seen


@claim(
    "sketching-gaussian-embedding",
    source="Davidson & Szarek 2001, theorem II.13",
    kind="probability", failure_prob=_DELTA, domain="sampler", cases=_subspaces,
    subject=GaussianSketch,
    mutants={
        "not scaled": lambda *a, **kw: Biased(GaussianSketch(*a, **kw), factor=1.5),
        "fewer outputs": lambda n, m, **kw: GaussianSketch(n, 1 + m // 8, **kw),
    },
    slack="both ends of the spectrum are bounded apart",
    budget=0.3, min_cases=12, max_cases=40,
)  # fmt: skip
def gaussian_embedding(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """The singular values of S U are within sqrt(d/m) + sqrt(2 ln(2/delta)/m) of 1."""
    n, d = case.U.shape
    m = bounds.gaussian_size(d, 0.6, _DELTA)
    bound = bounds.gaussian_deviation(d, m, _DELTA)
    seen = []
    for label in range(6):
        SU = np.asarray(subject(n, m, rng=case.draw, block=label) @ case.U)
        s = np.linalg.svd(SU, compute_uv=False)
        seen.append(Observation(float(np.abs(s - 1.0).max()), bound))
    return seen
