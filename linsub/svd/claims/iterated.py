"""Matrices too large for the direct engine: what the iterations return and certify."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.svd import SVDResult, bounds, truncated_svd
from linsub.svd.claims import certificates
from linsub.svd.claims.measure import (
    call,
    certificate_mutant,
    engine,
    factor_mutant,
    frobenius,
    seed_of,
    with_spectrum,
)
from linsub.verify import Case, Observation, claim


def _large_case(index: int, rng: np.random.Generator) -> Case:
    """Return a matrix of 65 to 180 rows and columns: decay, steps, clusters, twelve decades."""
    m, n = (int(x) for x in rng.integers(65, 180, 2))
    k = min(m, n)
    i = np.arange(k)
    sigma = (
        0.9**i,
        (1.0 + i) ** -0.5,
        np.where(i < 10, 1.0, 1e-3),
        np.where(i < int(rng.integers(3, 30)), 1.0, 0.999),
        10.0 ** (-12.0 * i / k),
        1.0 - i / k,
        np.where(i < 20, 1.0, 0.0),
        np.append(1e6, 0.97 ** i[1:]),
    )[index % 8]
    kind = "dDfF"[(index // 8) % 4]
    A = with_spectrum(rng, sigma, m, n, kind).astype(kind)
    wide = A.astype("D" if kind in "DF" else "d")
    known = np.linalg.svd(wide, compute_uv=False)  # of the rounded matrix
    exponent = int(rng.integers(-80, 80)) * (index % 2)
    A = A * A.dtype.type(2.0) ** exponent
    # the second entry chooses the engine, like an index of the gallery
    return Case(
        (int(rng.integers(2**31)), index),
        A=A,
        sigma=np.ldexp(known, exponent),
        rank=int(rng.integers(0, k // 5)),
        dtype=A.dtype,
        label=f"{m}x{n} {A.dtype.name}",
    )


@claim(
    "svd-certificate-iterated",
    source="the claims of the single entries",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    cases=_large_case,
    mutants={
        "S moved after certifying": factor_mutant(
            truncated_svd, lambda U, S, Vh: (U, S * S.dtype.type(0.9), Vh)
        ),
        "upper end is S": certificate_mutant(
            truncated_svd, "sigma_upper", lambda value, result: 0.999 * np.asarray(result.S)
        ),
        "spectral error of the rest alone": certificate_mutant(
            truncated_svd, "spectral_error", lambda value, result: 0.3 * value
        ),
    },
    tight=0.99,
    max_cases=48,
    full_cases=2000,
    budget=3.0,
)
def certificate_iterated(case: Any, subject: Any) -> list[Observation] | None:
    """Every entry of the certificate holds where the iterations do the work"""
    options = {"on_fail": "return", **engine(case)}
    result = call(subject, case.A, case.rank, rng=seed_of(case), **options)

    def known_already(A: Any, rank: int) -> Any:
        return result

    found: list[Observation] = []
    for entry in (
        certificates.residuals,
        certificates.orthogonality,
        certificates.frobenius_error,
        certificates.spectral_error,
        certificates.sigma_enclosure,
    ):
        for seen in entry(case, known_already) or ():
            note = f"{entry.__name__} {seen.note}".strip()
            found.append(dataclasses.replace(seen, note=note))
    return found or None


# ------------------------------------------------------------------ an error to reach


def _to_error_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix too large for the direct engine, with a heavy or a light tail."""
    m, n = (int(x) for x in rng.integers(100, 150, 2))
    if index % 3 == 1:  # wide, tall and about square
        n += 100
    elif index % 3 == 2:
        m += 100
    i = np.arange(1, min(m, n) + 1)
    sigma = (i**-0.7, 0.95**i, i**-1.5, np.linspace(1.0, 0.01, i.size))[index % 4]
    kind = "dfDF"[(index // 2) % 4]
    A = with_spectrum(rng, sigma, m, n, kind).astype(kind)
    error = (0.3, 0.1, 0.03)[(index // 4) % 3]
    return {"A": A, "sigma": sigma, "error": error, "dtype": A.dtype}


def _near_enough(A: Any, *, error: float, **options: Any) -> Any:
    return truncated_svd(A, error=min(1.05 * error, 0.99), **options)


def _certain(A: Any, *, error: float, **options: Any) -> Any:
    result: Any = truncated_svd(A, error=error, **options)
    details = {**result.info.details, "rank_at_least": result.S.size + 1}
    return SVDResult(*result, info=dataclasses.replace(result.info, details=details))


@claim(
    "svd-error-iterated",
    source="Hallman 2022; the indicator as in docs/theory/svd.md",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    cases=_to_error_case,
    mutants={"five per cent short": _near_enough, "fewest is what was found": _certain},
    tight=0.9,
    min_cases=12,
    max_cases=48,
    budget=2.0,
)
def error_iterated(case: Any, subject: Any) -> list[Observation]:
    """||A - U S Vh||_F <= e ||A||_F from a growing basis; no rank below `rank_at_least` does"""
    options = {"certify": False, "rng": seed_of(case)}
    result = call(subject, case.A, error=case.error, **options)
    U, S, Vh = (np.asarray(part) for part in result)
    wide = case.A.astype("D" if case.A.dtype.kind == "c" else "d")
    error = frobenius(wide - (U.astype(wide.dtype) * S) @ Vh.astype(wide.dtype))
    norm = float(np.linalg.norm(case.sigma))
    slack = 100.0 * float(np.finfo(case.A.dtype).eps)
    found = [Observation(error, (case.error + slack) * norm, note="error")]
    info = getattr(result, "info", None)
    if info is not None and "rank_at_least" in info.details:
        fewest = bounds.rank_for_error(case.sigma, max(case.error - slack, 0.0))
        found.append(Observation(info.details["rank_at_least"], fewest, note="rank at least"))
    return found
