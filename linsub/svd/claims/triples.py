"""What residuals say about a triple: the formulas, on triples that have not converged."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.svd import bounds
from linsub.svd.claims.measure import EPS, frobenius, haar, norm2, values, with_spectrum
from linsub.verify import Observation, claim

# Products with A and A^H between the random start and the triple: from nothing to converged.
_SWEEPS = 8


def _ritz(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix with a Rayleigh-Ritz triple, U^H A V = diag(S), of some quality."""
    if index % 8 == 7:
        # where the bounds are attained: A = [[s, r], [r, eta]]
        s, r, eta = rng.uniform(0.1, 1.0, 3) * (1.0, 0.3, 1.0)
        A, U, V = np.array([[s, r], [r, eta]]), np.eye(2)[:, :1], np.eye(2)[:, :1]
        return {"A": A, "U": U, "S": np.array([s]), "V": V, "size": 4.0}
    m, n = (int(x) for x in rng.integers(3, 25, 2))
    kind = "D" if index % 4 == 3 else "d"
    sigma = rng.uniform(0.5, 1.0) ** np.arange(min(m, n))
    if index % 3 == 1:  # a cluster across the cut
        sigma = np.sort(1.0 + 1e-3 * rng.random(min(m, n)))[::-1]
    A = with_spectrum(rng, sigma, m, n, kind)
    k = int(rng.integers(1, min(m, n)))
    U, V = haar(rng, m, k, kind), haar(rng, n, k, kind)
    for _ in range(index % _SWEEPS):
        V = np.linalg.qr(A.conj().T @ U)[0]
        U = np.linalg.qr(A @ V)[0]
    P, S, Qh = np.linalg.svd(U.conj().T @ A @ V)
    return {"A": A, "U": U @ P, "S": S, "V": V @ Qh.conj().T, "size": float(A.size)}


def _facts(case: Any) -> tuple[np.ndarray, float, float, float, float]:
    """Return sigma, right, left, eta and the rounding of these numbers."""
    A, U, S, V = case.A, case.U, case.S, case.V
    right, left = norm2(A @ V - U * S), norm2(A.conj().T @ U - V * S)
    rest = A - U @ (U.conj().T @ A)
    eta = norm2(rest - (rest @ V) @ V.conj().T)
    return values(A), right, left, eta, 100.0 * EPS * frobenius(A)


def _worst(measured: np.ndarray, bound: np.ndarray) -> Observation:
    i = int(np.argmax(measured - bound))
    return Observation(float(measured[i]), float(bound[i]))


def _triplet(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = (int(x) for x in rng.integers(1, 8, 2))
    A = rng.standard_normal((m, n))
    P, S, Qh = np.linalg.svd(A)
    size = 10.0 ** rng.uniform(-8, 0)
    i = int(rng.integers(S.size))
    if index % 4 == 0 and m != n:  # structural zeros, which no singular value is near
        u = P[:, -1] if m > n else P[:, 0]
        v = Qh[0] if m > n else Qh[-1]
        s = 0.0
    elif index % 4 == 1:
        u, v, s = P[:, i], Qh[i], S[i] + size
    elif index % 4 == 2:  # the two residuals differ
        u, v, s = P[:, i], Qh[i] + size * rng.standard_normal(n), S[i] * (1 + size)
    else:
        u, v, s = rng.standard_normal(m), rng.standard_normal(n), float(rng.exponential())
    u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
    return {"A": A, "u": u, "v": v, "s": float(s), "size": float(A.size)}


@claim(
    "svd-one-triplet",
    source="Parlett 1980, theorem 4.5.1, for [[0, A], [A^H, 0]]",
    kind="always",
    domain="formula",
    subject=bounds.triplet_radius,
    cases=_triplet,
    tight=0.999,
    mutants={
        "the smaller residual": lambda right, left: min(right, left),
        "half of the mean": lambda right, left: (right + left) / 4.0,
    },
    budget=0.3,
)
def one_triplet(case: Any, subject: Any) -> Observation:
    """min_i |sigma_i - s| <= r, or s <= r if A is not square; r^2 = (right^2 + left^2) / 2"""
    A, u, v, s = case.A, case.u, case.v, case.s
    radius = subject(float(np.linalg.norm(A @ v - s * u)), float(np.linalg.norm(A.T @ u - s * v)))
    near = float(np.abs(values(A) - s).min())
    if A.shape[0] != A.shape[1]:
        near = min(near, s)
    return Observation(near, radius + 30.0 * EPS * frobenius(A))


@claim(
    "svd-triple-frobenius",
    source="Pythagoras; the second term as in docs/theory/svd.md",
    kind="exact",
    domain="formula",
    subject=bounds.triple_frobenius_error,
    cases=_ritz,
    mutants={
        "error of the subspace": lambda norm, kept, off: bounds.remaining_error(norm, kept),
        "terms added": lambda norm, kept, off: bounds.remaining_error(norm, kept) + off,
    },
    budget=0.5,
)
def triple_frobenius(case: Any, subject: Any) -> Observation:
    """||A - U S V^H||_F^2 = ||A||_F^2 - ||U^H A||_F^2 + ||U^H A - S V^H||_F^2"""
    # a foreign triple: its S are not the Ritz values
    S = case.S * (1.0 + 0.1 * case.rng.standard_normal(case.S.size))
    kept = case.U.conj().T @ case.A
    truth = frobenius(case.A - (case.U * S) @ case.V.conj().T)
    norm = frobenius(case.A)
    off = frobenius(kept - S[:, None] * case.V.conj().T)
    measured = subject(norm, frobenius(kept), off)
    # the difference of squares is right to eps ||A||^2, which is its floor
    return Observation(measured, truth, scale=norm**2 / max(truth, np.sqrt(EPS) * norm))


@claim(
    "svd-ritz-enclosure",
    source="Horn & Johnson 1991, with Weyl for A^H A",
    kind="always",
    domain="formula",
    subject=bounds.sigma_enclosure,
    cases=_ritz,
    mutants={
        "eta not squared, halved": lambda S, eta: (S, S + eta / 4.0),
        "lower end as upper": lambda S, eta: (S, S),
    },
    tight=0.9,
    budget=0.5,
)
def ritz_enclosure(case: Any, subject: Any) -> list[Observation]:
    """S_i <= sigma_i(A) <= sqrt(S_i^2 + eta^2), S of U^H A and eta >= ||(I - U U^H) A||_2"""
    kept = case.U.conj().T @ case.A
    S, eta = values(kept), norm2(case.A - case.U @ kept)
    lower, upper = subject(S, eta)
    sigma = values(case.A)[: S.size]
    slack = 100.0 * EPS * frobenius(case.A)
    return [_worst(sigma, upper + slack), _worst(lower, sigma + slack)]


@claim(
    "svd-sigma-upper",
    source="Courant & Fischer; proof in docs/theory/svd.md",
    kind="always",
    domain="formula",
    subject=bounds.sigma_upper,
    cases=_ritz,
    mutants={
        "residual to the fourth": lambda S, r, eta: bounds.sigma_upper(S, r * r, eta),
        "without the rest": lambda S, r, eta: bounds.sigma_upper(S, r, 0.0),
    },
    tight=0.999,
    budget=0.5,
)
def sigma_upper(case: Any, subject: Any) -> list[Observation]:
    """S_i <= sigma_i(A) <= ||[[S_i, r], [r, eta]]||_2, no gap needed, no value missed"""
    sigma, right, left, eta, slack = _facts(case)
    sigma = sigma[: case.S.size]
    upper = subject(case.S, max(right, left), eta)
    return [_worst(sigma, upper + slack), _worst(case.S, sigma + slack)]


@claim(
    "svd-sigma-quadratic",
    source="Li & Li 2005, theorem 2, for [[0, A], [A^H, 0]]",
    kind="always",
    domain="formula",
    subject=bounds.sigma_quadratic,
    cases=_ritz,
    mutants={
        "gap to the next value": lambda S, r, eta: bounds.sigma_quadratic(S, r, 0.2 * eta),
        "residual to the fourth": lambda S, r, eta: bounds.sigma_quadratic(S, r * r, eta),
    },
    tight=0.99,
    budget=0.5,
)
def sigma_quadratic(case: Any, subject: Any) -> Observation | None:
    """|sigma_i(A) - S_i| <= 2 r^2 / (g_i + sqrt(g_i^2 + 4 r^2)), g_i = S_i - eta > 0"""
    sigma, right, left, eta, slack = _facts(case)
    radius = np.asarray(subject(case.S, max(right, left), eta))
    known = np.isfinite(radius) & (eta < case.S)
    if not known.any():
        return None
    off = np.abs(sigma[: case.S.size] - case.S)
    return _worst(off[known], radius[known] + slack)


@claim(
    "svd-sigma-linear",
    source="Weyl 1912 on the 2 x 2 block form",
    kind="always",
    domain="formula",
    subject=bounds.sigma_linear,
    cases=_ritz,
    mutants={
        "without the rest": lambda S, r, eta: (S - r, S + r),
        "half of the residual": lambda S, r, eta: (S - r / 2, np.maximum(S, eta) + r / 4),
    },
    tight=0.9,
    budget=0.5,
)
def sigma_linear(case: Any, subject: Any) -> list[Observation]:
    """S_i - r <= sigma_i(A) <= max(S_i, eta) + r, also for a cluster at the cut"""
    sigma, right, left, eta, slack = _facts(case)
    sigma = sigma[: case.S.size]
    lower, upper = subject(case.S, max(right, left), eta)
    return [_worst(sigma, upper + slack), _worst(lower, sigma + slack)]


@claim(
    "svd-triple-spectral",
    source="block norms; proof in docs/theory/svd.md",
    kind="always",
    domain="formula",
    subject=bounds.triple_spectral_error,
    cases=_ritz,
    mutants={
        "the rest alone": lambda eta, right, left: eta,
        "residuals alone": lambda eta, right, left: float(np.hypot(right, left)),
    },
    tight=0.99,
    budget=0.5,
)
def triple_spectral(case: Any, subject: Any) -> Observation:
    """||A - U S V^H||_2^2 <= ||E||^2 + ||A V - U S||^2 + ||A^H U - V S||^2"""
    _, right, left, eta, slack = _facts(case)
    error = norm2(case.A - (case.U * case.S) @ case.V.conj().T)
    return Observation(error, subject(eta, right, left) + slack)


def _crooked(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, k = int(rng.integers(3, 15)), int(rng.integers(1, 4))
    size = 10.0 ** rng.uniform(-8, -0.5)
    U, V = (haar(rng, m, k) for _ in range(2))
    if index % 2:  # stretched evenly: the correction is attained to first order
        U, V = U * (1.0 + size / 3.0), V * (1.0 + size / 3.0)
    else:
        U, V = (Q + size / (3.0 * m) * rng.standard_normal((m, k)) for Q in (U, V))
    S = np.sort(rng.uniform(0.5, 1.0, k))[::-1]
    return {"U": U, "S": S, "V": V, "size": float(m * k)}


@claim(
    "svd-orthogonality-correction",
    source="polar decomposition; proof in docs/theory/svd.md",
    kind="always",
    domain="formula",
    subject=bounds.orthogonality_correction,
    cases=_crooked,
    mutants={
        "one side only": lambda top, d, e: 0.4 * top * d,
        "product of the defects": lambda top, d, e: top * d * e,
    },
    slack="a defect d moves a factor by d / 2 to first order, and the bound allows d",
    budget=0.3,
)
def orthogonality_correction(case: Any, subject: Any) -> Observation:
    """||U S V^H - U_0 S V_0^H||_2 <= S_1 (d_U sqrt(1 + d_V) + d_V), polar factors U_0, V_0"""
    polar, defects = [], []
    for Q in (case.U, case.V):
        P, _, Rh = np.linalg.svd(Q, full_matrices=False)
        polar.append(P @ Rh)
        defects.append(norm2(Q.T @ Q - np.eye(Q.shape[1])))
    moved = norm2((case.U * case.S) @ case.V.T - (polar[0] * case.S) @ polar[1].T)
    return Observation(moved, subject(float(case.S[0]), *defects) + 30.0 * EPS)
