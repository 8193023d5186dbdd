"""Soundness of certificates: no bound is ever below the truth, whatever the engine."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import scipy.sparse

from linsub import svd
from linsub.svd import truncated_svd
from linsub.svd.claims.measure import (
    Truth,
    call,
    certificate_mutant,
    engine,
    factor_mutant,
    frobenius,
    haar,
    norm2,
    seed_of,
    truth,
    values,
    with_spectrum,
)
from linsub.verify import Observation, claim

# Certificates are what users trust, so they are tried most: 10 000 cases of each in a full run.
MANY, FULL = 150, 10_000

# A failure probability at which failures would be seen.
OFTEN = 0.05

_mutant = functools.partial(certificate_mutant, truncated_svd)


def _solved(case: Any, subject: Any, **options: Any) -> tuple[Truth, Any, Any]:
    """Return the truth, the result and its certificate (None without one)."""
    known = truth(case)
    options = {"on_fail": "return", **engine(case), **options}
    result = call(subject, case.A, case.rank, rng=seed_of(case), **options)
    return known, result, getattr(result, "certificate", None)


def _entry(known: Truth, bound: Any) -> np.ndarray | None:
    """Return a bound in the unit of the truth."""
    return None if bound is None else known.scaled(bound.value)


def _worst(measured: Any, bound: Any, note: str = "") -> Observation | None:
    measured, bound = np.atleast_1d(measured), np.atleast_1d(bound)
    if measured.size == 0:
        return None
    i = int(np.argmax(measured - bound))
    return Observation(float(measured[i]), float(bound[i]), note=note)


def _only(*found: Observation | None) -> list[Observation] | None:
    """Leave out what is unknown; a certificate that knows nothing is skipped."""
    return [item for item in found if item is not None] or None


@claim(
    "svd-residuals",
    source="definition; rounding as in Higham & Mary 2019",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "halved": _mutant("residuals", lambda value, result: 0.5 * value),
        "S moved after certifying": factor_mutant(
            truncated_svd, lambda U, S, Vh: (U, S * S.dtype.type(0.99), Vh)
        ),
    },
    tight=0.3,
    budget=2.0,
    max_cases=MANY,
    full_cases=FULL,
)
def residuals(case: Any, subject: Any) -> list[Observation] | None:
    """max(||A v_i - s_i u_i||, ||A^H u_i - s_i v_i||) <= certificate.residuals[i]"""
    known, result, certificate = _solved(case, subject)
    if certificate is None or certificate.residuals is None:
        return None
    U, S, Vh = known.factors(result)
    A, U, V = (x.astype(known.wider(S.size)) for x in (known.A, U, Vh.conj().T))
    right = np.sqrt((np.abs(A @ V - U * S) ** 2).sum(axis=0))
    left = np.sqrt((np.abs(A.conj().T @ U - V * S) ** 2).sum(axis=0))
    bound = _entry(known, certificate.residuals)
    return _only(_worst(np.maximum(right, left).astype(np.float64), bound))


@claim(
    "svd-orthogonality",
    source="definition; LAPACK's ratio, below 30",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "one column turned": factor_mutant(
            truncated_svd, lambda U, S, Vh: (U * (1 + 1e-3 * (np.arange(S.size) == 0)), S, Vh)
        ),
        "exactly orthonormal": _mutant("orthogonality", lambda value, result: 0.0 * value),
    },
    slack="the certificate allows for the rounding of its own measurement, 2 sqrt(m) eps",
    budget=1.5,
    max_cases=MANY,
    full_cases=FULL,
)
def orthogonality(case: Any, subject: Any) -> list[Observation] | None:
    """||U^H U - I||_2 and ||Vh Vh^H - I||_2 are at most certificate.orthogonality, and 30 m eps"""
    known, result, certificate = _solved(case, subject)
    U, _, Vh = known.factors(result)
    eye = np.eye(U.shape[1])
    defect = max(norm2(U.conj().T @ U - eye), norm2(Vh @ Vh.conj().T - eye))
    ratio = Observation(defect, 30.0 * max(known.A.shape, default=1) * known.eps, note="LAPACK's")
    if certificate is None or certificate.orthogonality is None:
        return [ratio]
    bound = float(certificate.orthogonality.value) + 4.0 * np.finfo(float).eps
    return [ratio, Observation(defect, bound, note="certificate")]


@claim(
    "svd-frobenius-error",
    source="triple-frobenius identity, with rounding",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "S moved after certifying": factor_mutant(
            truncated_svd, lambda U, S, Vh: (U, S * S.dtype.type(0.9), Vh)
        ),
        "nine tenths": _mutant("frobenius_error", lambda value, result: 0.9 * value),
    },
    tight=0.99,
    budget=2.0,
    max_cases=MANY,
    full_cases=FULL,
)
def frobenius_error(case: Any, subject: Any) -> list[Observation] | None:
    """||A - U S Vh||_F <= certificate.frobenius_error, the error of the triple itself"""
    known, result, certificate = _solved(case, subject)
    if certificate is None or certificate.frobenius_error is None:
        return None
    error = frobenius(known.error(*known.factors(result)))
    bound = _entry(known, certificate.frobenius_error)
    found = [_worst(error, bound)]
    if certificate.frobenius_error.kind == "exact":  # equal to rounding, not just above
        found.append(_worst(bound, 1.02 * error + known.rounding, note="exact"))
    return _only(*found)


@claim(
    "svd-spectral-error",
    source="block norms; proof in docs/theory/svd.md",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "S moved after certifying": factor_mutant(
            truncated_svd, lambda U, S, Vh: (U, S * S.dtype.type(0.5), Vh)
        ),
        "half": _mutant("spectral_error", lambda value, result: 0.5 * value),
    },
    tight=0.9,
    budget=2.0,
    max_cases=MANY,
    full_cases=FULL,
)
def spectral_error(case: Any, subject: Any) -> list[Observation] | None:
    """||A - U S Vh||_2 <= certificate.spectral_error"""
    known, result, certificate = _solved(case, subject)
    if certificate is None or certificate.spectral_error is None:
        return None
    error = norm2(known.error(*known.factors(result)))
    return _only(_worst(error, _entry(known, certificate.spectral_error)))


@claim(
    "svd-sigma-enclosure",
    source="Courant & Fischer; proof in docs/theory/svd.md",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "upper end is S": _mutant(
            "sigma_upper", lambda value, result: 0.999 * np.asarray(result.S)
        ),
        "lower end above S": _mutant("sigma_lower", lambda value, result: 1.001 * value),
        "shifted by one": _mutant("sigma_upper", lambda value, result: np.append(value[1:], 0.0)),
    },
    tight=0.99,
    budget=2.0,
    max_cases=MANY,
    full_cases=FULL,
)
def sigma_enclosure(case: Any, subject: Any) -> list[Observation] | None:
    """certificate.sigma_lower[i] <= sigma_i(A) <= certificate.sigma_upper[i]"""
    known, result, certificate = _solved(case, subject)
    if certificate is None or np.size(result[1]) == 0:
        return None
    sigma = known.sigma[: np.size(result[1])]
    slack = known.reference_error
    lower, upper = (
        _entry(known, bound) for bound in (certificate.sigma_lower, certificate.sigma_upper)
    )
    return _only(
        None if upper is None else _worst(sigma, upper + slack, "upper"),
        None if lower is None else _worst(lower, sigma + slack, "lower"),
    )


# ------------------------------------------------------------------ where chance takes part


def _flat(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix whose tail is too heavy for the Frobenius norm to certify anything."""
    m, n = (int(x) for x in rng.integers(70, 110, 2))
    i = np.arange(1, min(m, n) + 1)
    sigma = (i**-0.2, np.linspace(1.0, 0.5, i.size), 0.97**i)[index % 3]
    kind = "dFD"[index % 3] if index % 2 else "d"
    A = with_spectrum(rng, sigma, m, n, kind).astype(kind)
    form = ("dense", "sparse", "operator")[(index // 3) % 3]
    return {
        "A": A,
        "sigma": sigma,
        "rank": int(rng.integers(1, 12)),
        "form": form,
        "dtype": A.dtype,
    }


def _in_form(case: Any) -> Any:
    if case.form == "sparse":
        return scipy.sparse.csr_array(case.A)
    if case.form == "operator":
        return scipy.sparse.linalg.aslinearoperator(case.A)
    return case.A


@claim(
    "svd-complement",
    source="Christoffel bound; proof in docs/theory/svd.md",
    kind="probability",
    domain="matrix",
    subject=truncated_svd,
    cases=_flat,
    failure_prob=OFTEN,
    mutants={
        "residuals as the rest": _mutant(
            "complement_norm", lambda value, result: np.max(result.certificate.residuals.value)
        ),
        "a Rayleigh quotient": _mutant("complement_norm", lambda value, result: value / 1.5),
    },
    tight=0.9,
    min_cases=12,
    budget=2.5,
)
def complement(case: Any, subject: Any) -> list[Observation] | None:
    """||A (I - V V^H)||_2 and ||A - U S Vh||_2 exceed their bounds with p <= failure_prob"""
    options: dict[str, Any] = {"method": ("lanczos", "subspace")[case.seed[1] % 2], "block": 4}
    result = call(
        subject,
        _in_form(case),
        case.rank,
        failure_prob=OFTEN,
        rng=seed_of(case),
        on_fail="return",
        **options,
    )
    certificate = getattr(result, "certificate", None)
    if certificate is None or certificate.complement_norm is None:
        return None
    U, S, Vh = (np.asarray(part) for part in result)
    wide = case.A.astype("D" if case.A.dtype.kind == "c" else "d")
    slack = 30.0 * float(np.finfo(case.A.dtype).eps)
    # what no basis holds: at least the norm deflated on both sides
    rest = wide - U @ (U.conj().T @ wide)
    rest = norm2(rest - (rest @ Vh.conj().T) @ Vh)
    # both entries come from one draw of probes, and fail together: they are one trial
    error = norm2(wide - (U * S) @ Vh)
    pairs = [
        (rest, float(certificate.complement_norm) + slack),
        (error, float(certificate.spectral_error) + slack),
    ]
    return [Observation(*max(pairs, key=lambda pair: pair[0] / pair[1]))]


def _foreign(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a factorization from somewhere else: not orthonormal, not sorted, not accurate."""
    m, n = (int(x) for x in rng.integers(5, 60, 2))
    kind = "dDfF"[index % 4]
    sigma = rng.uniform(0.6, 1.0) ** np.arange(min(m, n))
    A = with_spectrum(rng, sigma, m, n, kind).astype(kind)
    k = int(rng.integers(0, min(m, n) + 1))
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    triple = [U[:, :k], S[:k], Vh[:k]]
    form = index % 3
    if form == 1:
        triple[0] = triple[0] + (0.1 * rng.standard_normal((m, k))).astype(kind)
    elif form == 2:
        triple = [U[:, :k][:, ::-1], S[:k][::-1] * S.dtype.type(0.7), Vh[:k][::-1]]
    return {"A": A, "triple": tuple(triple), "dtype": A.dtype, "size": float(A.size)}


def _of_the_subspace(A: Any, U: Any, S: Any, Vh: Any, **options: Any) -> float:
    Q = np.linalg.qr(U)[0]
    return float(np.linalg.norm(A - Q @ (Q.conj().T @ A)))


def _by_energy(A: Any, U: Any, S: Any, Vh: Any, **options: Any) -> float:
    return float(np.sqrt(max(frobenius(A) ** 2 - frobenius(S) ** 2, 0.0)))


@claim(
    "svd-low-rank-error",
    source="definition; rounding as in Higham & Mary 2019",
    kind="always",
    domain="matrix",
    subject=svd.low_rank_error,
    cases=_foreign,
    mutants={"error of the subspace": _of_the_subspace, "energies subtracted": _by_energy},
    tight=0.999,
    budget=1.0,
)
def foreign_error(case: Any, subject: Any) -> list[Observation]:
    """||A - U S Vh||_F <= low_rank_error(A, U, S, Vh), for factors from any source"""
    wide = "G" if case.A.dtype.kind == "c" else "g"
    A, U, S, Vh = (x.astype(wide) for x in (case.A, *case.triple))
    error = float(np.sqrt((np.abs(A - (U * S) @ Vh) ** 2).sum()))
    bound = float(call(subject, case.A, *case.triple))
    eps = float(np.finfo(case.A.dtype).eps)
    size = frobenius(case.A) * (1.0 + frobenius(case.triple[0]))
    return [
        Observation(error, bound, note="bound"),
        Observation(bound, 1.001 * error + 100.0 * eps * size, note="not far above"),
    ]


def _unscaled_probes(A: Any, U: Any, S: Any, Vh: Any, **options: Any) -> float:
    rng = np.random.default_rng(options.get("rng"))
    W = haar(rng, A.shape[1], 4)
    return float(np.linalg.norm(A @ W - (U * S) @ (Vh @ W), axis=0).max())


@claim(
    "svd-low-rank-error-spectral",
    source="Christoffel bound; proof in docs/theory/svd.md",
    kind="probability",
    domain="matrix",
    subject=svd.low_rank_error,
    cases=_foreign,
    failure_prob=OFTEN,
    mutants={
        "largest of four products": _unscaled_probes,
        "a Rayleigh quotient": lambda A, U, S, Vh, **kw: (
            0.8 * float(svd.low_rank_error(A, U, S, Vh, **kw))
        ),
    },
    tight=0.9,
    min_cases=12,
    budget=1.0,
)
def foreign_spectral_error(case: Any, subject: Any) -> Observation:
    """||A - U S Vh||_2 exceeds low_rank_error(norm="spectral") with p <= failure_prob"""
    wide = "D" if case.A.dtype.kind == "c" else "d"
    A, U, S, Vh = (x.astype(wide) for x in (case.A, *case.triple))
    error = float(values(A - (U * S) @ Vh)[0])
    options = {"norm": "spectral", "failure_prob": OFTEN, "n_steps": 3, "rng": seed_of(case)}
    return Observation(error, float(call(subject, case.A, *case.triple, **options)))
