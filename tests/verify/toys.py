"""Toy claims whose truth is known, and stand-ins for the shipped cases."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.verify import Case, Observation, Sample, claim


def matrix_case(seed: int, index: int) -> Case:
    rng = np.random.default_rng((seed, index))
    m, n = (int(side) for side in rng.integers(1, 25, size=2))
    A = rng.standard_normal((m, n))
    sigma = np.linalg.svd(A, compute_uv=False)
    rank = int(rng.integers(0, min(m, n) + 1))
    label = f"gauss {m}x{n}"
    real = index in (3, 4)
    return Case((seed, index), A=A, sigma=sigma, rank=rank, label=label, dtype=A.dtype, real=real)


def truncate(A: np.ndarray, rank: int) -> np.ndarray:
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    return (U[:, :rank] * S[:rank]) @ Vh[:rank]


def off_by_one(A: np.ndarray, rank: int) -> np.ndarray:
    return truncate(A, max(rank - 1, 0))


def broken(A: np.ndarray, rank: int) -> np.ndarray:
    raise RuntimeError("this subject always fails")


def not_a_number(A: np.ndarray, rank: int) -> np.ndarray:
    return np.full_like(A, np.nan)


def eckart_young(case: Any, subject: Any) -> Observation:
    """||A - A_r||_F = sqrt(sum_{i>r} sigma_i^2)"""
    measured = float(np.linalg.norm(case.A - subject(case.A, case.rank)))
    bound = float(np.linalg.norm(case.sigma[case.rank :]))
    return Observation(measured, bound, scale=np.sqrt(case.A.size) * case.sigma[0])


def register_eckart_young() -> None:
    claim(
        "toy-eckart-young",
        source="Eckart & Young 1936",
        kind="exact",
        domain="matrix",
        subject=truncate,
        mutants={
            "off by one": off_by_one,
            "nan": not_a_number,
            "raises": broken,
            "no change": truncate,
        },
        full_cases=100,
    )(eckart_young)


def norm(A: np.ndarray) -> float:
    return float(np.linalg.norm(A, 2))


def spectral_below_frobenius(case: Any, subject: Any) -> Observation:
    """||A||_2 <= ||A||_F"""
    frobenius = float(np.linalg.norm(case.A))
    return Observation(subject(case.A), frobenius * (1.0 + 1e-13))


def register_norm(**options: Any) -> None:
    claim(
        "toy-norm",
        source="folklore",
        kind="always",
        domain="matrix",
        subject=norm,
        mutants={"too large": lambda A: 30.0 * norm(A)},
        **options,
    )(spectral_below_frobenius)


def squares(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(2000) ** 2


def mean_square(case: Any, subject: Any) -> Sample:
    """E x^2 <= 1 for a standard normal x"""
    return Sample(subject(case.rng), 1.0)


def register_expectation() -> None:
    claim(
        "toy-mean",
        source="folklore",
        kind="expectation",
        domain="sampler",
        subject=squares,
        mutants={"a third too large": lambda rng: 1.33 * squares(rng)},
        cases=lambda index, rng: {"label": f"draw {index}", "size": 2000.0},
        max_cases=20,
    )(mean_square)


def uniform(rng: np.random.Generator) -> float:
    return float(rng.random())


def above(case: Any, subject: Any) -> Observation:
    """P(u > 0.9) <= 0.1 for a uniform u"""
    return Observation(subject(case.rng), 0.9)


def register_probability() -> None:
    claim(
        "toy-tail",
        source="folklore",
        kind="probability",
        domain="sampler",
        subject=uniform,
        failure_prob=0.1,
        mutants={"twice as wide": lambda rng: 2.0 * uniform(rng)},
        cases=lambda index, rng: {"label": f"draw {index}"},
    )(above)


def growth(case: Any, subject: Any) -> Observation:
    """n^2 grows with slope 2"""
    return Observation(subject(case.n), case.n**2, size=case.n)


def register_rate(slope: tuple[float, float] | None) -> None:
    claim(
        "toy-rate",
        source="folklore",
        kind="rate",
        domain="formula",
        subject=lambda n: float(n * n),
        slope=slope,
        mutants={"cubic": lambda n: float(n) ** 3},
        cases=lambda index, rng: {"n": 2 + index, "label": f"n = {2 + index}"},
        max_cases=10,
    )(growth)
