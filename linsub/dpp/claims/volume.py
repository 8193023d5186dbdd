"""Volume sampling: the identities of its expectations, all sets enumerated."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.dpp import bounds, volume_logpmf, volume_sample
from linsub.dpp.claims.projection import DRAWS, two_sided
from linsub.verify import Observation, Sample, claim

# Sums over up to 70 sets of solutions with conditions up to some hundreds.
ROUNDING = 1e5


def _rows(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return X with rows in general position, responses and a size."""
    n = int(rng.integers(4, 8))
    d = 1 + index % 3
    s = d if index % 4 == 0 else int(rng.integers(d, n + 1))
    X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
    if index % 2:
        X, y = X + 1j * rng.standard_normal((n, d)), y + 1j * rng.standard_normal(n)
    if index // 2 % 2:
        X = X * np.exp(-0.3 * np.arange(n))[:, None]
    label = f"{n} x {d}, {s} rows, {'complex' if index % 2 else 'real'}"
    return {"X": X, "y": y, "s": s, "label": label, "size": float(n)}


def _sets(n: int, s: int) -> np.ndarray:
    return np.array(list(itertools.combinations(range(n), s))).reshape(-1, s)


def _uniform(X: Any, S: Any) -> np.ndarray:
    return np.full(len(S), -np.log(len(S)))


def _root(X: Any, S: Any) -> np.ndarray:
    """Volumes without the square."""
    logp = 0.5 * np.asarray(volume_logpmf(X, S))
    return np.asarray(logp - np.log(np.exp(logp).sum()))


def _leverages(X: Any, S: Any) -> np.ndarray:
    lev = np.square(np.abs(np.linalg.qr(X)[0])).sum(axis=1)
    logp = np.log(lev[S]).sum(axis=1)
    return np.asarray(logp - np.log(np.exp(logp).sum()))


WRONG = {"uniform": _uniform, "no square": _root, "product of leverages": _leverages}
OPTIONS: dict[str, Any] = {
    "domain": "sampler", "cases": _rows, "budget": 0.4, "max_cases": 24, "min_cases": 12,
}  # fmt: skip
WARMUTH = "Derezinski & Warmuth, JMLR 19 (2018)"


class _Enumerated:
    """All sets with their probabilities and their least-squares solutions."""

    def __init__(self, case: Any, law: Callable[..., Any]) -> None:
        X, y, s = case.X, case.y, case.s
        self.n, self.d = X.shape
        self.sets = _sets(self.n, s)
        self.p = np.exp(np.asarray(law(X, self.sets)))
        self.G = X.conj().T @ X
        self.best = np.linalg.lstsq(X, y, rcond=None)[0]
        self.least = float(np.square(np.abs(X @ self.best - y)).sum())
        self.w = np.array([np.linalg.lstsq(X[S], y[S], rcond=None)[0] for S in self.sets])
        rest = [
            np.square(np.abs(X[S] @ w - y[S])).sum() for S, w in zip(self.sets, self.w, strict=True)
        ]
        self.residual = np.array(rest)
        self.inverse = np.array([np.linalg.inv(X[S].conj().T @ X[S]) for S in self.sets])
        self.loss = np.square(np.abs(self.w @ X.T - y)).sum(axis=1)


def _entries(measured: np.ndarray, exact: np.ndarray, scale: float) -> list[Observation]:
    """Compare real and imaginary parts."""
    seen = []
    for a, b in zip(np.ravel(measured), np.ravel(exact), strict=True):
        for x, y in ((a.real, b.real), (a.imag, b.imag)):
            seen.append(Observation(float(x), float(y), scale, eps_multiple=ROUNDING))
    return seen


def _law_only(case: Any, subject: Callable[..., Any]) -> tuple[np.ndarray, np.ndarray]:
    sets = _sets(case.X.shape[0], case.s)
    return sets, np.exp(np.asarray(subject(case.X, sets)))


@claim(
    "dpp-volume-law", source=f"Cauchy and Binet; {WARMUTH}", kind="exact",
    subject=volume_logpmf, mutants=WRONG, **OPTIONS,
)  # fmt: skip
def volume_law(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """sum_S det(X_S^H X_S) = C(n-d, s-d) det(X^H X), and P(S) is a term over the sum."""
    X = case.X
    n, d = X.shape
    sets, p = _law_only(case, subject)
    det = np.array([np.linalg.det(X[S].conj().T @ X[S]).real for S in sets])
    whole = bounds.volume_normalizer(n, d, case.s) * float(np.linalg.det(X.conj().T @ X).real)
    seen = [Observation(float(det.sum()) / whole, 1.0, note="normalizer", eps_multiple=1e4)]
    return seen + _entries(p, det / whole, 1.0)


@claim(
    "dpp-volume-unbiased", source=WARMUTH, kind="exact",
    subject=volume_logpmf, mutants=WRONG, **OPTIONS,
)  # fmt: skip
def volume_unbiased(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E w_S is the least-squares solution of all rows, whatever the responses are."""
    e = _Enumerated(case, subject)
    scale = float((e.p * np.abs(e.w).max(axis=1)).sum()) + float(np.abs(e.best).max())
    return _entries(e.p @ e.w, e.best, scale)


@claim(
    "dpp-volume-inverse", source=WARMUTH, kind="exact",
    subject=volume_logpmf, mutants=WRONG, **OPTIONS,
)  # fmt: skip
def volume_inverse(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E (X_S^H X_S)^-1 = (n-d+1)/(s-d+1) (X^H X)^-1 for rows in general position."""
    e = _Enumerated(case, subject)
    exact = bounds.volume_inverse_factor(e.n, e.d, case.s) * np.linalg.inv(e.G)
    mean = np.tensordot(e.p, e.inverse, axes=1)
    return _entries(mean, exact, float(np.abs(exact).max()))


@claim(
    "dpp-volume-residual", source=WARMUTH, kind="exact",
    subject=volume_logpmf, mutants=WRONG, **OPTIONS,
)  # fmt: skip
def volume_residual(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E ||X_S w_S - y_S||^2 = (s-d)/(n-d) times the least squares of all rows."""
    e = _Enumerated(case, subject)
    factor = bounds.volume_residual_factor(e.n, e.d, case.s)
    size = float(np.square(np.abs(case.y)).sum())
    return _entries(np.array([e.p @ e.residual]), np.array([factor * e.least]), size)


@claim(
    "dpp-volume-loss", source=f"{WARMUTH}, theorem 8 for s = d; Rhee 2026 for s > d",
    kind="expectation", tight=0.999,
    subject=volume_logpmf, mutants=WRONG, **OPTIONS,
)  # fmt: skip
def volume_loss(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """E ||X w_S - y||^2 <= (1 + d (n-s)/(n-d)) times the least one, with equality at s = d."""
    e = _Enumerated(case, subject)
    size = float(np.square(np.abs(case.y)).sum())
    rounding = 1e-11 * (size + float(e.p @ e.loss))
    bound = bounds.volume_loss_factor(e.n, e.d, case.s) * e.least
    mean = float(e.p @ e.loss)
    seen = [Observation(mean, bound + rounding)]
    if case.s == e.d:
        seen.append(Observation(bound, mean + rounding, note="equality"))
    return seen


@claim(
    "dpp-volume-slack", source="Rhee 2026, theorem 1", kind="exact",
    subject=volume_logpmf, mutants=WRONG, **OPTIONS,
)  # fmt: skip
def volume_slack(case: Any, subject: Callable[..., Any]) -> list[Observation] | None:
    """a L G^-1 - Cov(w_S) = E[L_S ((X_S^H X_S)^-1 - G^-1)], a = (n-s)/(n-d), L the least loss."""
    e = _Enumerated(case, subject)
    if e.n == e.d:
        return None
    off = e.w - e.best
    spread = np.einsum("k,ki,kj->ij", e.p, off, off.conj())
    G_inverse = np.linalg.inv(e.G)
    left = (e.n - case.s) / (e.n - e.d) * e.least * G_inverse - spread
    right = np.tensordot(e.p * e.residual, e.inverse - G_inverse, axes=1)
    scale = float(np.abs(spread).max()) + e.least * float(np.abs(G_inverse).max())
    return _entries(left, right, scale)


def _drawn_uniformly(X: Any, size: int, *, n_samples: int, rng: Any) -> np.ndarray:
    generator = np.random.default_rng(rng)
    return np.array([generator.permutation(X.shape[0])[:size] for _ in range(n_samples)])


def _by_leverage(X: Any, size: int, *, n_samples: int, rng: Any) -> np.ndarray:
    generator = np.random.default_rng(rng)
    lev = np.square(np.abs(np.linalg.qr(X)[0])).sum(axis=1)
    p = lev / lev.sum()
    draw = [generator.choice(len(p), size, replace=False, p=p) for _ in range(n_samples)]
    return np.array(draw)


@claim(
    "dpp-volume-inclusion", source=WARMUTH, kind="expectation", domain="sampler",
    subject=volume_sample, cases=_rows, budget=0.6, max_cases=12,
    mutants={"uniform": _drawn_uniformly, "leverages without replacement": _by_leverage},
)  # fmt: skip
def volume_inclusion(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """Row i is drawn with probability (s-d)/(n-d) + (n-s)/(n-d) lev_i."""
    X = case.X
    n, d = X.shape
    lev = np.square(np.abs(np.linalg.qr(X)[0])).sum(axis=1)
    p = np.minimum(bounds.volume_inclusion(lev, d, case.s), 1.0)
    if case.s == n:
        p = np.ones(n)
    drawn = np.asarray(subject(X, case.s, n_samples=DRAWS, rng=case.rng))
    seen = []
    for i in range(n):
        seen += two_sided((drawn == i).any(axis=1), float(p[i]), f"{i} in S")
    sets = _sets(n, case.s)
    law = np.array([np.linalg.det(X[S].conj().T @ X[S]).real for S in sets])
    order = np.argsort(-law)
    likely = {tuple(sets[k]) for k in order[: max(1, len(order) // 4)]}
    hits = np.array([tuple(np.sort(S)) in likely for S in drawn])
    share = min(1.0, float(law[order[: len(likely)]].sum() / law.sum()))
    return seen + two_sided(hits, share, "S among the likeliest quarter")
