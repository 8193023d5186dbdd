"""Processes on the line: means and variances of linear statistics against the kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.dpp import hermite_dpp, jacobi_dpp
from linsub.verify import Sample, claim

DRAWS = 300


def _orthonormal(x: np.ndarray, w: np.ndarray, m: int) -> np.ndarray:
    """Return sqrt(w) times the polynomials of degree below m, orthonormal for the rule."""
    V = np.polynomial.legendre.legvander(x / np.abs(x).max(), m - 1)
    return np.linalg.qr(V * np.sqrt(w)[:, None])[0]


def _moments(Phi: np.ndarray, h: np.ndarray) -> tuple[float, float]:
    """Return the mean and the variance of sum h(x_i)."""
    K = Phi @ Phi.T
    mean = float(h @ K.diagonal())
    return mean, float(h**2 @ K.diagonal() - h @ K**2 @ h)


def _both(values: np.ndarray, mean: float, top: float, note: str) -> list[Sample]:
    """Return the two samples that say that values in [0, top] have that mean."""
    return [Sample(values, mean, note=note), Sample(top - values, top - mean, note=f"-{note}")]


def _statistics(
    x: np.ndarray, Phi: np.ndarray, nodes: np.ndarray, h: Callable[..., np.ndarray], note: str
) -> list[Sample]:
    """Compare mean and variance of the sum of h, whose values are in [0, 1]."""
    m = Phi.shape[1]
    mean, variance = _moments(Phi, h(nodes))
    sums = np.clip(h(x).sum(axis=1), 0.0, m)
    seen = _both(sums, mean, m, f"sum of {note}")
    return seen + _both((sums - mean) ** 2, variance, m * m, f"variance of {note}")


def _weights(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m = int(rng.integers(2, 6))
    a, b = ((0.0, 0.0), (2.5, -0.5), (0.5, 0.5), (-0.6, 1.5))[index % 4]
    return {"m": m, "a": a, "b": b, "label": f"m = {m}, a = {a}, b = {b}", "size": float(m)}


def _independent(m: int, a: float, b: float, *, n_samples: int, rng: Any) -> np.ndarray:
    """Points of m different draws: the density is right, the repulsion is not there."""
    x = jacobi_dpp(m, a, b, n_samples=m * n_samples, rng=rng)
    generator = np.random.default_rng(0)
    chosen = x[np.arange(len(x)), generator.integers(m, size=len(x))]
    return np.asarray(chosen.reshape(n_samples, m))


@claim(
    "dpp-jacobi-moments",
    source="Killip & Nenciu 2004, theorem 2",
    kind="expectation",
    domain="sampler",
    subject=jacobi_dpp,
    mutants={
        "a and b exchanged": lambda m, a, b, **kw: jacobi_dpp(m, b, a, **kw),
        "independent points": _independent,
    },
    cases=_weights,
    budget=0.6,
    max_cases=8,
)
def jacobi_moments(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """Sums over the points have the mean and the variance of the Jacobi kernel."""
    from scipy.special import roots_jacobi

    m, a, b = case.m, case.a, case.b
    nodes, w = roots_jacobi(40, a, b)
    Phi = _orthonormal(nodes, w, m)
    x = np.asarray(subject(m, a, b, n_samples=DRAWS, rng=case.rng))
    seen = _statistics(x, Phi, nodes, lambda t: 0.5 * (1.0 + t), "(1 + x)/2")
    return seen + _statistics(x, Phi, nodes, lambda t: 1.0 - t**2, "1 - x^2")


def _independent_hermite(m: int, *, n_samples: int, rng: Any) -> np.ndarray:
    x = hermite_dpp(m, n_samples=m * n_samples, rng=rng)
    generator = np.random.default_rng(0)
    chosen = x[np.arange(len(x)), generator.integers(m, size=len(x))]
    return np.asarray(chosen.reshape(n_samples, m))


@claim(
    "dpp-hermite-moments",
    source="Dumitriu & Edelman 2002",
    kind="expectation",
    domain="sampler",
    subject=hermite_dpp,
    mutants={
        "another scale": lambda m, **kw: hermite_dpp(m, **kw) / np.sqrt(2.0),
        "independent points": _independent_hermite,
    },
    cases=lambda index, rng: {"m": 2 + index % 5, "label": f"m = {2 + index % 5}"},
    budget=0.6,
    max_cases=8,
)
def hermite_moments(case: Any, subject: Callable[..., Any]) -> list[Sample]:
    """Sums over the points have the mean and the variance of the Hermite kernel."""
    from scipy.special import roots_hermitenorm

    nodes, w = roots_hermitenorm(60)
    Phi = _orthonormal(nodes, w / w.sum(), case.m)
    x = np.asarray(subject(case.m, n_samples=DRAWS, rng=case.rng))
    seen = _statistics(x, Phi, nodes, lambda t: 0.5 * (1.0 + np.cos(t)), "(1 + cos x)/2")
    return seen + _statistics(x, Phi, nodes, lambda t: 0.5 * (1.0 + np.sin(t)), "(1 + sin x)/2")
