"""Soundness of the certificates of joint SVDs: no bound is below the truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.concat import ConcatSVDResult, GroupedSVDResult, concatenated_svd, grouped_svd
from linsub.concat.claims.measure import EPS, Truth, collection, norm2, truth
from linsub.verify import Observation, claim

# Certificates are what users trust, so they are tried most.
MANY, FULL = 150, 10_000

_METHODS = ("auto", "qr", "gram", "operator")


def _with(result: Any, **values: Any) -> Any:
    """Return a result with entries of its certificate replaced."""
    changes = {
        name: dataclasses.replace(getattr(result.certificate, name), value=value)
        for name, value in values.items()
    }
    certificate = dataclasses.replace(result.certificate, **changes)
    return type(result)(*result, certificate=certificate, info=result.info)


def _changed(name: str, change: Callable[[np.ndarray, Any], Any]) -> Callable[..., Any]:
    def mutant(blocks: Any, rank: int, **options: Any) -> Any:
        result = concatenated_svd(blocks, rank, **options)
        value = np.asarray(getattr(result.certificate, name).value)
        return _with(result, **{name: change(value, result)})

    return mutant


def _moved(blocks: Any, rank: int, **options: Any) -> Any:
    result = concatenated_svd(blocks, rank, **options)
    U, S, Vh = result
    fields = (U, S * S.dtype.type(0.9), Vh)
    return ConcatSVDResult(*fields, certificate=result.certificate, info=result.info)


def _solved(case: Any, subject: Any) -> tuple[Truth, Any, list[np.ndarray]]:
    """Return the truth, the result, and the errors M - U S Vh block by block, in its unit."""
    known = truth(case)
    method = _METHODS[case.seed[1] // 3 % len(_METHODS)]
    result = subject(case.blocks, case.rank, method=method, rng=int(case.rng.integers(2**32)))
    U, S, Vh = (np.asarray(part) for part in result)
    wider = known.wider(S.size)
    left = wider(U) * wider(known.scaled(S))
    ends = np.cumsum([A.shape[1] for A in known.blocks])
    errors = [
        wider(A) - left @ wider(Vh[:, end - A.shape[1] : end])
        for A, end in zip(known.blocks, ends, strict=True)
    ]
    return known, result, errors


def _norm(E: np.ndarray) -> float:
    return float(np.sqrt((np.abs(E) ** 2).sum()))


def _worst(measured: Any, bound: Any, note: str) -> list[Observation]:
    measured, bound = np.atleast_1d(measured), np.atleast_1d(bound)
    if measured.size == 0:
        return []
    i = int(np.argmax(measured - bound))
    return [Observation(float(measured[i]), float(bound[i]), note=note)]


@claim(
    "concat-svd-certificate",
    source="definitions, Ky Fan and Weyl; proof in docs/theory/concat.md",
    kind="always",
    domain="blocks",
    subject=concatenated_svd,
    cases=collection,
    mutants={
        "S moved after certifying": _moved,
        "nine tenths of the error": _changed("frobenius_error", lambda value, _: 0.9 * value),
        "residuals halved": _changed("residuals", lambda value, _: 0.5 * value),
        "the values themselves for an upper bound": _changed(
            "sigma_upper", lambda _, result: 0.999 * np.asarray(result.S)
        ),
        "no rest": _changed("complement_norm", lambda value, _: 0.0 * value),
    },
    tight=0.999,
    budget=3.0,
    max_cases=MANY,
    full_cases=FULL,
)
def certificate(case: Any, subject: Any) -> list[Observation] | None:
    """errors, residuals and rest of concatenated_svd are at most, sigma_i within, what it says"""
    known, result, errors = _solved(case, subject)
    said = result.certificate
    if known.norm == 0.0:
        return None
    U, S, Vh = (np.asarray(part) for part in result)
    S, k = known.scaled(S), np.asarray(result[1]).size
    E = np.concatenate(errors, axis=1)
    wider = known.wider(k)
    M, left, right = wider(known.M), wider(U), wider(Vh).conj().T
    residuals = np.maximum(
        np.sqrt((np.abs(M @ right - left * S) ** 2).sum(axis=0)),
        np.sqrt((np.abs(M.conj().T @ left - right * S) ** 2).sum(axis=0)),
    )
    slack = known.slack * known.norm
    sigma = known.sigma[:k]
    wide = U.astype(np.complex128 if U.dtype.kind == "c" else np.float64)
    rest = max(norm2(known.M - wide @ (wide.conj().T @ known.M)), *known.sigma[k : k + 1], 0.0)
    return [
        Observation(_norm(E), float(known.scaled(said.frobenius_error.value)), note="frobenius"),
        Observation(
            norm2(E.astype(wide.dtype)), float(known.scaled(said.spectral_error.value)) + slack
        ),
        Observation(rest, float(known.scaled(said.complement_norm.value)) + slack, note="rest"),
        *_worst(residuals.astype(np.float64), known.scaled(said.residuals.value), "residuals"),
        *_worst(sigma, known.scaled(said.sigma_upper.value) + slack, "sigma_upper"),
        *_worst(known.scaled(said.sigma_lower.value), sigma + slack, "sigma_lower"),
    ]


def _by_subtraction(blocks: Any, rank: int, **options: Any) -> Any:
    """||A_i||^2 - ||U^H A_i||^2 in the precision of the blocks."""
    result: Any = grouped_svd(blocks, rank, **options)
    scale = 1.0 / max(float(np.max(result.certificate.block_norms.value)), 1e-300)
    found = []
    for A, C in zip(blocks, result.factors, strict=True):
        whole, kept = (np.square(np.abs(X * A.dtype.type(scale))).sum() for X in (A, C))
        found.append(float(np.sqrt(max(whole - kept, 0.0))) / scale)
    return _with(result, block_errors=np.array(found))


def _evenly(blocks: Any, rank: int, **options: Any) -> Any:
    result: Any = grouped_svd(blocks, rank, **options)
    errors = np.asarray(result.certificate.block_errors.value)
    return _with(result, block_errors=np.full_like(errors, np.sqrt(np.mean(np.square(errors)))))


def _rounded(blocks: Any, rank: int, **options: Any) -> Any:
    result = grouped_svd(blocks, rank, **options)
    factors = [C.astype(np.float16).astype(C.dtype) for C in result.factors]
    return GroupedSVDResult(result.U, factors, certificate=result.certificate, info=result.info)


@claim(
    "concat-block-errors",
    source="Pythagoras; Chang et al. 2025, arXiv 2503.18893, for the use",
    kind="always",
    domain="blocks",
    subject=grouped_svd,
    cases=collection,
    mutants={
        "errors by subtraction": _by_subtraction,
        "shared evenly": _evenly,
        "factors rounded after certifying": _rounded,
    },
    tight=0.999,
    budget=2.0,
    max_cases=MANY,
    full_cases=FULL,
)
def block_errors(case: Any, subject: Any) -> list[Observation] | None:
    """||A_i - U C_i||_F <= block_errors[i] and not far below it, for every block"""
    known = truth(case)
    result = subject(case.blocks, case.rank, rng=int(case.rng.integers(2**32)))
    if known.norm == 0.0:
        return None
    U = np.asarray(result[0])
    wider = known.wider(U.shape[1])
    errors = np.array(
        [
            _norm(wider(A) - wider(U) @ wider(known.scaled(C)))
            for A, C in zip(known.blocks, result[1], strict=True)
        ]
    )
    said = known.scaled(result.certificate.block_errors.value)
    eps = float(np.finfo(np.asarray(case.blocks[0]).dtype).eps)
    optimum = float(np.linalg.norm(known.sigma[case.rank :]))
    # A Gram matrix in double precision turns the basis by EPS (sigma_1 / sigma_k)^2; beyond
    # 1e4 another engine takes over.
    least = float(known.sigma[: case.rank].min(initial=known.norm))
    lift = EPS * min(known.norm / max(least, 1e-300), 1e4)
    room = 30.0 * (eps + lift) * float(np.sqrt(sum(known.M.shape))) * known.norm
    return [
        *_worst(errors, said, "bound"),
        *_worst(said, 1.001 * errors + 100.0 * EPS * known.norm, "not far above"),
        # Together they are as small as they can be.
        Observation(float(np.linalg.norm(errors)), optimum + room, note="optimal"),
    ]
