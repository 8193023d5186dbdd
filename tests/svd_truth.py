"""The truth about a triple, in extended precision, to hold certificates against."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["Truth", "truth", "violations"]

EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass(frozen=True)
class Truth:
    """Figures of A and of a triple, A divided by 2^exponent so that nothing overflows."""

    exponent: int
    sigma: np.ndarray
    norm: float
    frobenius_error: float
    spectral_error: float
    residuals: np.ndarray
    orthogonality: float
    complement: float
    slack: float  # rounding of this reference itself


def _shift(A: np.ndarray, exponent: int) -> np.ndarray:
    wide = np.clongdouble if A.dtype.kind == "c" else np.longdouble
    return np.asarray(A.astype(wide) * np.ldexp(np.longdouble(1), exponent))


def _norm(A: np.ndarray) -> float:
    return float(np.sqrt(np.sum(np.square(np.abs(A)))))


def _spectral(A: np.ndarray) -> float:
    """Return ||A||_2 to 1e-15 relative, of a matrix in extended precision."""
    if A.size == 0:
        return 0.0
    peak = np.abs(A).max()
    if peak == 0.0:
        return 0.0
    exponent = int(np.frexp(peak)[1])
    scaled = (A * np.ldexp(np.longdouble(1), -exponent)).astype(complex)
    return float(np.ldexp(np.linalg.norm(scaled, 2), exponent))


def truth(A: Any, result: Any, sigma: np.ndarray | None = None) -> Truth:
    """Return the truth about ``result = (U, S, Vh)``; `sigma` if a closed form is known."""
    A = np.asarray(A)
    peak = float(max(np.abs(A.real).max(initial=0.0), np.abs(A.imag).max(initial=0.0)))
    exponent = int(np.frexp(peak)[1])
    B = _shift(A, -exponent)
    U, Vh = _shift(np.asarray(result[0]), 0), _shift(np.asarray(result[2]), 0)
    S = _shift(np.asarray(result[1]), -exponent)
    V = Vh.conj().T
    E = B - (U * S) @ Vh
    if sigma is None:
        values = np.linalg.svd(B.astype(complex), compute_uv=False) if B.size else np.zeros(0)
    else:
        values = np.ldexp(sigma, -exponent)
    right = np.sqrt(np.square(np.abs(B @ V - U * S)).sum(axis=0))
    left = np.sqrt(np.square(np.abs(B.conj().T @ U - V * S)).sum(axis=0))
    eye = np.eye(S.size)
    return Truth(
        exponent,
        values,
        _norm(B),
        _norm(E),
        _spectral(E),
        np.maximum(right, left).astype(float),
        max(_spectral(U.conj().T @ U - eye), _spectral(Vh @ V - eye)),
        min(_spectral(B - U @ (U.conj().T @ B)), _spectral(B - (B @ V) @ Vh)),
        4 * EPS * max(1, *A.shape) * float(values.max(initial=0.0)),
    )


def violations(A: Any, result: Any, sigma: np.ndarray | None = None) -> list[str]:
    """Return the entries of the certificate that are on the wrong side of the truth."""
    known = truth(A, result, sigma)
    found = []
    k = len(np.asarray(result[1]))
    claims = {
        "residuals": known.residuals,
        "frobenius_error": known.frobenius_error,
        "spectral_error": known.spectral_error,
        "sigma_upper": known.sigma[:k] - known.slack,
        "complement_norm": max(known.complement, *known.sigma[k : k + 1], 0.0) - known.slack,
        "orthogonality": known.orthogonality,
    }
    for name, bound in result.certificate.bounds():
        value = np.asarray(bound, dtype=np.longdouble)
        if name != "orthogonality":
            value = value * np.ldexp(np.longdouble(1), -known.exponent)
        if not np.all(value >= 0):
            found.append(f"{name}: {bound.value} is negative or nan")
        if name == "sigma_lower":
            wrong = value > known.sigma[:k] + known.slack
            limit: Any = known.sigma[:k]
        elif name == "frobenius_norm":
            eps = float(np.finfo(np.asarray(result[1]).dtype).eps)
            wrong = abs(value - known.norm) > 30 * max(1, *np.shape(A)) * eps * known.norm
            limit = known.norm
        else:
            limit = claims[name]
            # A number of 53 bits may be half a unit below what it stands for.
            wrong = value * (1 + 4 * EPS) < limit
        if np.any(wrong):
            found.append(f"{name}: {value} against {limit}")
    return found
