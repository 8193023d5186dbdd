"""What random sketches are expected to lose: range finders, power schemes, one pass."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from linsub.svd import SVDResult, bounds, randomized_svd, single_pass_svd
from linsub.svd.claims.measure import EPS, call, frobenius, haar, norm2, with_spectrum
from linsub.verify import Observation, Sample, claim

_DRAWS = 24


def _sketch_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = (int(x) for x in rng.integers(25, 60, 2))
    i = np.arange(min(m, n))
    edge = int(rng.integers(4, 12))
    sigma = (
        rng.uniform(0.7, 0.98) ** i,
        (1.0 + i) ** -rng.uniform(0.3, 1.5),
        np.where(i < edge, 1.0, 0.1),
        np.ones(i.size),
    )[index % 4]
    k, p = int(rng.integers(1, 9)), int(rng.integers(2, 8))
    if index % 4 == 2:
        k = edge
    A = with_spectrum(rng, sigma, m, n, "D" if index % 5 == 4 else "d")
    return {"A": A, "sigma": sigma, "rank": k, "oversampling": p, "size": float(A.size)}


def gaussian_range(A: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Orthonormal basis of A Omega, Omega Gaussian: Halko, Martinsson and Tropp's algorithm 4.1."""
    Omega = rng.standard_normal((A.shape[1], columns))
    if A.dtype.kind == "c":
        Omega = (Omega + 1j * rng.standard_normal(Omega.shape)) * np.sqrt(0.5)
    return np.linalg.qr(A @ Omega)[0]


def _half_the_columns(A: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    return gaussian_range(A, max(columns // 2, 1), rng)


def _without_a(A: np.ndarray, columns: int, rng: np.random.Generator) -> np.ndarray:
    return haar(rng, A.shape[0], columns)


def _ranges(case: Any, subject: Any) -> list[np.ndarray]:
    """Return A - Q Q^H A for independent draws."""
    rng, A = case.rng, case.A
    columns = min(case.rank + case.oversampling, *A.shape)
    out = []
    for _ in range(_DRAWS):
        Q = subject(A, columns, rng)
        out.append(A - Q @ (Q.conj().T @ A))
    return out


@claim(
    "svd-hmt-rangefinder",
    source="Halko, Martinsson & Tropp 2011, theorems 10.5 and 10.6",
    kind="expectation",
    domain="formula",
    subject=gaussian_range,
    cases=_sketch_case,
    mutants={"half of the columns": _half_the_columns, "range without A": _without_a},
    tight=0.8,
    max_cases=30,
    budget=1.0,
)
def hmt_rangefinder(case: Any, subject: Any) -> list[Sample]:
    """E ||A - Q Q^H A||_F^2 <= min_r (1 + r / (l - r - 1)) tail_r^2; in the 2-norm, theorem 10.6"""
    errors = _ranges(case, subject)
    columns = min(case.rank + case.oversampling, *case.A.shape)
    squares = [frobenius(E) ** 2 for E in errors]
    plain = bounds.rangefinder_frobenius(case.sigma, columns)
    # no draw is below the optimum for that many columns
    low = max(bounds.tail(case.sigma, columns) ** 2 - 1e-10, 0.0)
    spectral = bounds.rangefinder_spectral(case.sigma, columns)
    return [
        Sample(squares, plain + 1e-10, lower=low, note="Frobenius"),
        Sample([norm2(E) for E in errors], spectral + 1e-10, note="spectral"),
    ]


# Cuts that leave out the last triplet.
_SHORT: tuple[Any, ...] = ((slice(None), slice(None, -1)), slice(None, -1), slice(None, -1))


def _subspace_of_nothing(A: Any, rank: int, **options: Any) -> Any:
    Q = haar(np.random.default_rng(options.get("rng")), A.shape[1], rank)
    U, S, Zh = np.linalg.svd(A @ Q, full_matrices=False)
    return U, S, Zh @ Q.conj().T


def _errors(case: Any, subject: Any, iterations: int) -> list[np.ndarray]:
    """Return A - U S Vh for independent seeds."""
    rng = case.rng
    out = []
    for _ in range(_DRAWS):
        options = {"n_oversamples": case.oversampling, "n_iter": iterations, "certify": False}
        found = call(subject, case.A, case.rank, rng=int(rng.integers(2**32)), **options)
        U, S, Vh = (np.asarray(part) for part in found)
        out.append(case.A - (U * S) @ Vh)
    return out


@claim(
    "svd-hmt-frobenius",
    source="Halko, Martinsson & Tropp 2011, theorem 10.5; power as in docs/theory/svd.md",
    kind="expectation",
    domain="formula",
    subject=randomized_svd,
    cases=_sketch_case,
    mutants={
        "no product with A": _subspace_of_nothing,
        "rank cut by one": lambda A, r, **kw: tuple(
            part[cut] for part, cut in zip(randomized_svd(A, r, **kw), _SHORT, strict=True)
        ),
    },
    tight=0.9,
    max_cases=30,
    budget=1.5,
)
def hmt_frobenius(case: Any, subject: Any) -> Sample:
    """E ||A - U S Vh||_F^2 <= (1 + (sigma_{k+1}/sigma_k)^(2s-2) k / (p-1)) tail_k^2, s = 2 q + 2"""
    iterations = int(case.rng.integers(0, 2))
    squares = [frobenius(E) ** 2 for E in _errors(case, subject, iterations)]
    columns, power = case.rank + case.oversampling, 2 * iterations + 2
    bound = bounds.rangefinder_frobenius(case.sigma, columns, power=power, rank=case.rank)
    low = max(bounds.tail(case.sigma, case.rank) ** 2 - 1e-10, 0.0)
    return Sample(squares, bound + 1e-10, lower=low)


@claim(
    "svd-hmt-power",
    source="Halko, Martinsson & Tropp 2011, corollary 10.10 and theorem 9.3",
    kind="expectation",
    domain="formula",
    subject=randomized_svd,
    cases=_sketch_case,
    mutants={
        "no product with A": _subspace_of_nothing,
        "sign lost": lambda A, r, **kw: tuple(
            sign * part for sign, part in zip((-1, 1, 1), randomized_svd(A, r, **kw), strict=True)
        ),
    },
    slack="the bound adds sigma_{k+1} for the cut to rank k; one of the two terms is idle",
    max_cases=30,
    budget=1.5,
)
def hmt_power(case: Any, subject: Any) -> Sample:
    """E ||A - U S Vh||_2 <= sigma_{k+1} + (10.6 of the spectrum sigma^s)^(1/s), s = 2 q + 2"""
    iterations = int(case.rng.integers(0, 3))
    errors = [norm2(E) for E in _errors(case, subject, iterations)]
    columns = case.rank + case.oversampling
    head = bounds.tail(case.sigma, case.rank, np.inf)
    bound = head + bounds.rangefinder_power(case.sigma, columns, 2 * iterations + 2)
    return Sample(errors, bound + 1e-10, lower=max(head - 1e-10, 0.0))


# u, t and p for which the theorem's failure probability is worth counting
_U, _T, _P = 2.5, 2.0, 5


def _deviation_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    return {**_sketch_case(index, rng), "oversampling": _P}


@claim(
    "svd-hmt-deviation",
    source="Halko, Martinsson & Tropp 2011, theorems 10.7 and 10.8 (constants of arXiv v2)",
    kind="probability",
    domain="formula",
    subject=bounds.rangefinder_frobenius_deviation,
    cases=_deviation_case,
    failure_prob=bounds.deviation_failure(_P, _U, _T),
    mutants={
        "the optimum": lambda sigma, k, columns, u, t: bounds.tail(sigma, k),
        "of one rank more": lambda sigma, k, columns, u, t: bounds.tail(sigma, columns + 1),
    },
    slack="t and u multiply worst cases that do not occur together",
    max_cases=30,
    budget=1.0,
)
def hmt_deviation(case: Any, subject: Any) -> list[Observation]:
    """||A - Q Q^H A||_F <= (1 + t sqrt(3k/(p+1))) tail_k + u t e sqrt(l)/(p+1) sigma_{k+1}"""
    columns = min(case.rank + _P, *case.A.shape)
    bound = subject(case.sigma, case.rank, columns, _U, _T) + 1e-10
    return [Observation(frobenius(E), bound) for E in _ranges(case, gaussian_range)]


# ------------------------------------------------------------------ one pass


def _one_pass_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    case = _sketch_case(index, rng)
    width = int(rng.integers(3, 9))
    return {**case, "width": width, "core": 2 * width + 1 + int(rng.integers(0, 4))}


def _small_core(blocks: Any, shape: Any, rank: int, *, core: int, **options: Any) -> Any:
    return single_pass_svd(blocks, shape, rank, core=rank + 1, **options)


def _block_twice(blocks: Any, shape: Any, rank: int, **options: Any) -> Any:
    parts = list(blocks)
    parts[-1] = parts[0][: len(parts[-1])] if len(parts[0]) >= len(parts[-1]) else 0 * parts[-1]
    return single_pass_svd(parts, shape, rank, **options)


@claim(
    "svd-single-pass",
    source="Tropp, Yurtsever, Udell & Cevher 2019, theorem 5.1",
    kind="expectation",
    domain="formula",
    subject=single_pass_svd,
    cases=_one_pass_case,
    mutants={"core as small as the range": _small_core, "a block read twice": _block_twice},
    tight=0.7,
    max_cases=30,
    budget=2.0,
)
def single_pass(case: Any, subject: Any) -> Sample:
    """E ||A - A^||_F^2 <= (s-a)/(s-k-a) min_r (k+r-a)/(k-r-a) tail_r^2 in one pass"""
    rng, A, squares = case.rng, case.A, []
    is_complex = A.dtype.kind == "c"
    for _ in range(_DRAWS):
        stream = (A[i : i + 11] for i in range(0, A.shape[0], 11))
        options = {"width": case.width, "core": case.core, "dtype": A.dtype}
        seed = int(rng.integers(2**32))
        U, S, Vh = call(subject, stream, A.shape, case.width, rng=seed, **options)
        squares.append(frobenius(A - (U * S) @ Vh) ** 2)
    bound = bounds.single_pass(case.sigma, case.width, case.core, complex_sketch=is_complex)
    return Sample(squares, bound + 1e-10, lower=0.0)


def _carried_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    case = _one_pass_case(index, rng)
    A = case["A"]
    A = A.astype(np.result_type(A.dtype, np.complex64 if index % 2 else np.float32))
    A = A.astype(A.dtype.char.translate({ord("d"): "f", ord("D"): "F"}) if index % 3 else A.dtype)
    return {**case, "A": A, "dtype": A.dtype}


# A failure probability at which failures would be seen.
_OFTEN = 0.05


def _as_estimate(*args: Any, **options: Any) -> Any:
    result: Any = single_pass_svd(*args, **options)
    probes = result.info.details["error_probes"]
    chernoff = bounds.frobenius_from_probes(np.sqrt(probes), probes, _OFTEN)
    bound = result.certificate.frobenius_error
    wrong = dataclasses.replace(bound, value=0.8 * bound.value / chernoff)
    certificate = dataclasses.replace(result.certificate, frobenius_error=wrong)
    return SVDResult(*result, certificate=certificate, info=result.info)


@claim(
    "svd-single-pass-certificate",
    source="Chernoff, with probes of their own in the same pass",
    kind="probability",
    domain="formula",
    subject=single_pass_svd,
    cases=_carried_case,
    failure_prob=_OFTEN,
    mutants={"near the estimate": _as_estimate},
    tight=0.7,
    min_cases=20,
    budget=1.5,
)
def single_pass_certificate(case: Any, subject: Any) -> Observation:
    """||A - U S Vh||_F exceeds the bound that was carried along with p <= failure_prob"""
    stream = (case.A[i : i + 11] for i in range(0, case.A.shape[0], 11))
    options = {"width": case.width, "core": case.core, "dtype": case.A.dtype}
    seed = int(case.rng.integers(2**32))
    result = subject(stream, case.A.shape, case.width, rng=seed, failure_prob=_OFTEN, **options)
    U, S, Vh = result
    wide = case.A.astype("D" if case.A.dtype.kind == "c" else "d")
    error = frobenius(wide - (U * S).astype(wide.dtype) @ Vh.astype(wide.dtype))
    return Observation(error, float(result.certificate.frobenius_error))


def nystrom(A: np.ndarray, columns: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """A Omega (Psi^H A Omega)^+ Psi^H A, through a basis of A Omega."""
    Q = gaussian_range(A, columns, rng)
    Psi = rng.standard_normal((rows, A.shape[0]))
    if A.dtype.kind == "c":
        Psi = Psi + 1j * rng.standard_normal(Psi.shape)
    return np.asarray(Q @ np.linalg.lstsq(Psi @ Q, Psi @ A, rcond=None)[0])


@claim(
    "svd-generalized-nystrom",
    source="Nakatsukasa 2020; proof in docs/theory/svd.md",
    kind="expectation",
    domain="formula",
    subject=nystrom,
    cases=_one_pass_case,
    mutants={
        "square core": lambda A, k, rows, rng: nystrom(A, k, k, rng),
        "half of the rows": lambda A, k, rows, rng: nystrom(A, k, max(rows // 2, k), rng),
    },
    tight=0.7,
    max_cases=30,
    budget=1.0,
)
def generalized_nystrom(case: Any, subject: Any) -> Sample:
    """E ||A - A^||_F^2 <= (1 + k/(s-k-1)) min_r (1 + r/(k-r-1)) tail_r^2, A^ from two sketches"""
    rng = case.rng
    squares = [
        frobenius(case.A - subject(case.A, case.width, case.core, rng)) ** 2 for _ in range(_DRAWS)
    ]
    bound = bounds.generalized_nystrom(case.sigma, case.width, case.core)
    return Sample(squares, bound + 1e-10, lower=0.0)


def _blocks_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    case = _sketch_case(index, rng)
    return {**case, "widths": [int(x) for x in rng.integers(1, 6, 3)], "two_sided": index % 2 == 1}


@claim(
    "svd-qb-indicator",
    source="Yu, Gu & Li 2018 (QB); Hallman 2022 (UBV)",
    kind="exact",
    domain="formula",
    subject=bounds.remaining_error,
    cases=_blocks_case,
    mutants={
        "last block forgotten": lambda norm, kept: bounds.remaining_error(norm, kept[:-1]),
        "norms, not squares": lambda norm, kept: max(norm - float(np.sum(kept)), 0.0),
    },
    budget=0.5,
)
def qb_indicator(case: Any, subject: Any) -> Observation:
    """||A - Q B||_F^2 = ||A||_F^2 - sum_j ||B_j||_F^2, and so for U B V^H"""
    rng, A = case.rng, case.A
    width = sum(case.widths)
    Q = gaussian_range(A, min(width, *A.shape), rng)
    right = np.eye(A.shape[1])
    if case.two_sided:
        right = gaussian_range(A.conj().T, min(width, *A.shape), rng)
    B = Q.conj().T @ A @ right
    truth = frobenius(A - Q @ B @ right.conj().T)
    edges = np.cumsum([0, *case.widths])
    kept = [frobenius(B[a:b]) for a, b in itertools.pairwise(edges)]
    norm = frobenius(A)
    return Observation(subject(norm, kept), truth, scale=norm**2 / max(truth, np.sqrt(EPS) * norm))
