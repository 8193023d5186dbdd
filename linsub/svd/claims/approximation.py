"""How well a matrix of low rank approximates: optimality, weights, splits and rank rules."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from linsub.svd import (
    bounds,
    energy_rank,
    numerical_rank,
    split_svd,
    truncated_svd,
    weighted_svd,
)
from linsub.svd.claims.measure import (
    EPS,
    call,
    frobenius,
    haar,
    norm2,
    seed_of,
    truth,
    values,
    with_spectrum,
)
from linsub.verify import Observation, claim

# Cuts that leave out the first triplet.
_LAST: tuple[Any, ...] = ((slice(None), slice(1, None)), slice(1, None), slice(1, None))


def _unconjugated(A: Any, rank: int, **options: Any) -> Any:
    U, S, Vh = truncated_svd(A, rank, **options)
    return U, S, Vh.conj()


@claim(
    "eckart-young",
    source="Eckart & Young 1936; Mirsky 1960",
    kind="exact",
    domain="matrix",
    subject=truncated_svd,
    mutants={
        "one triplet short": lambda A, r, **kw: truncated_svd(A, max(r - 1, 0), **kw),
        "Vh not conjugated": _unconjugated,
        "without the largest": lambda A, r, **kw: tuple(
            part[cut] for part, cut in zip(truncated_svd(A, r, **kw), _LAST, strict=True)
        ),
    },
    budget=1.5,
)
def eckart_young(case: Any, subject: Any) -> list[Observation]:
    """||A - A_r|| = (sum_{i>r} sigma_i^p)^(1/p) in the Frobenius, spectral and nuclear norm"""
    known = truth(case)
    result = call(subject, case.A, case.rank, certify=False, rng=seed_of(case))
    error = values(known.error(*known.factors(result)))
    found = []
    for note, p in (("Frobenius", 2.0), ("spectral", np.inf), ("nuclear", 1.0)):
        rest = bounds.tail(known.sigma, case.rank, p)
        scale = bounds.schatten(known.sigma, p) * np.sqrt(max(case.A.shape, default=1))
        found.append(Observation(bounds.schatten(error, p), rest, scale=float(scale), note=note))
    return found


def _near_best(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = rng.integers(3, 12, 2)
    sigma = np.sort(rng.uniform(0.0, 1.0, min(m, n)))[::-1]
    k = int(rng.integers(1, sigma.size))
    A = with_spectrum(rng, sigma, m, n)
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    size = 10.0 ** rng.uniform(-6, 0)
    X = (U[:, :k] * S[:k] + size * rng.standard_normal((m, k))) @ (
        Vh[:k] + size * rng.standard_normal((k, n))
    )
    return {"A": A, "X": X, "sigma": sigma, "k": k, "size": float(A.size)}


@claim(
    "svd-tail-optimal",
    source="Mirsky 1960, theorem 2",
    kind="always",
    domain="formula",
    subject=bounds.tail,
    cases=_near_best,
    tight=0.999,
    mutants={
        "a rank too low": lambda sigma, k, p: bounds.tail(sigma, k - 1, p),
        "a sum of values": lambda sigma, k, p: bounds.tail(sigma, k, 1.0),
    },
    budget=0.3,
)
def tail_optimal(case: Any, subject: Any) -> list[Observation]:
    """tail_k(A) <= ||A - X|| for every X of rank k"""
    error = values(case.A - case.X)
    return [
        Observation(
            subject(case.sigma, case.k, p), bounds.schatten(error, p) + 100 * EPS, note=note
        )
        for note, p in (("Frobenius", 2.0), ("spectral", np.inf))
    ]


# ------------------------------------------------------------------ weights


def _weighted_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = (int(x) for x in rng.integers(2, 30, 2))
    kind = "D" if index % 3 == 2 else "d"
    A = with_spectrum(rng, 0.7 ** np.arange(min(m, n)), m, n, kind)
    left = rng.exponential(1.0, m) * (rng.random(m) < 0.8)  # a fifth of the weights are zero
    right = rng.uniform(0.5, 2.0, n)
    options: dict[str, Any] = {"row_weights": left}
    L, R = np.diag(left), np.eye(n)
    if index % 4 == 1:
        options["col_weights"] = right * (rng.random(n) < 0.8)
        R = np.diag(options["col_weights"])
    elif index % 4 == 2:
        X = with_spectrum(rng, rng.uniform(0.5, 2.0, m), m + 3, m, kind)
        options = {"row_gram": X.conj().T @ X}
        L = X
    elif index % 4 == 3:
        R = with_spectrum(rng, rng.uniform(0.5, 2.0, n), n, n, kind)
        options["col_gram"] = R @ R.conj().T
    k = int(rng.integers(0, min(m, n) + 1))
    return {"A": A, "L": L, "R": R, "options": options, "k": k, "size": float(A.size)}


def _plain(A: Any, k: int, **options: Any) -> Any:
    U, S, Vh = truncated_svd(A, k)
    return U * S, Vh


def _unrooted(A: Any, k: int, **options: Any) -> Any:
    squared = {
        name: np.square(w) if name.endswith("weights") else w @ w for name, w in options.items()
    }
    return weighted_svd(A, k, **squared)


@claim(
    "svd-weighted",
    source="Hsu et al. 2022 (FWSVD), in a form without inverses",
    kind="exact",
    domain="formula",
    subject=weighted_svd,
    cases=_weighted_case,
    mutants={
        "without the weights": _plain,
        "weights squared": _unrooted,
        "one short": lambda A, k, **kw: weighted_svd(A, max(k - 1, 0), **kw),
    },
    eps_multiple=300.0,
    budget=1.0,
)
def weighted(case: Any, subject: Any) -> Observation:
    """min_{rank X <= k} ||L (A - X) R||_F = tail_k(L A R), weights of zero included"""
    left, right = subject(case.A, case.k, **case.options)
    sigma = values(case.L @ case.A @ case.R)
    error = frobenius(case.L @ (case.A - left @ right) @ case.R)
    scale = frobenius(case.A) * norm2(case.L) * norm2(case.R)
    return Observation(error, bounds.weighted_error(sigma, case.k), scale=scale)


# ------------------------------------------------------------------ splits


def _forgets_scale(A: Any, rank: int, *, scale: float = 1.0, **options: Any) -> Any:
    return split_svd(A, rank, **options)


def _rooted_once(A: Any, rank: int, **options: Any) -> Any:
    left, right, residual = split_svd(A, rank, **options)
    return left, right * 0.5, residual


@claim(
    "svd-split-sum",
    source="Meng, Wang & Zhang 2024 (PiSSA)",
    kind="always",
    domain="matrix",
    subject=split_svd,
    mutants={"scale left out": _forgets_scale, "root taken on one side": _rooted_once},
    slack="the bound is that of the worst order of a dot product; the residual is rounded once",
    budget=1.0,
)
def split_sum(case: Any, subject: Any) -> Observation:
    """left @ right * scale + residual = A to the last rounding of each entry"""
    known = truth(case)
    scale = (1.0, 4.0, -0.75)[case.seed[1] % 3]
    options = {"scale": scale, "balanced": bool(case.seed[1] % 2), "certify": False}
    left, right, rest = call(subject, case.A, case.rank, rng=seed_of(case), **options)
    wide = known.wider(case.rank).type
    left, right = np.asarray(left).astype(wide), np.asarray(right).astype(wide)
    # the product carries the unit of A, in which balanced factors share its root
    unit = np.ldexp(np.longdouble(1.0), -known.exponent)
    depth = case.rank if known.eps > np.finfo(wide).eps else 2 * case.rank  # that of measuring
    product = wide(scale) * ((left * unit) @ right)
    off = np.abs(known.A.astype(wide) - product - np.asarray(rest).astype(wide) * unit)
    size = abs(scale) * (np.abs(left) * unit @ np.abs(right)) + np.abs(known.A)
    tiny = float(np.finfo(np.asarray(rest).dtype).tiny) * float(unit)
    bound = (depth + 8) * known.eps * size + tiny
    if off.size == 0:
        return Observation(0.0, 0.0)
    worst = np.unravel_index(np.argmax(off / np.maximum(bound, np.finfo(wide).tiny)), off.shape)
    return Observation(float(off[worst]), float(bound[worst]))


def _update_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = (int(x) for x in rng.integers(2, 12, 2))
    k = int(rng.integers(1, min(m, n) + 1))
    D = rng.standard_normal((m, n))
    U, V = haar(rng, m, k), haar(rng, n, k)
    if index % 3 == 0:  # within reach, but for a hundredth
        D = (U * rng.standard_normal(k)) @ V.T + 0.01 * D
    return {"U": U, "V": V, "D": D, "size": float(m * n)}


@claim(
    "svd-principal-update",
    source="Sun et al. 2024 (SVFit); Pythagoras",
    kind="exact",
    domain="formula",
    subject=bounds.principal_update_residual,
    cases=_update_case,
    mutants={
        "norms subtracted": lambda norm, d: norm - frobenius(np.asarray(d)),
        "one left out": lambda norm, d: bounds.principal_update_residual(norm, d[1:]),
    },
    eps_multiple=3000.0,
    budget=0.3,
)
def principal_update(case: Any, subject: Any) -> Observation:
    """min_d ||D - U diag(d) V^H||_F^2 = ||D||_F^2 - sum_i |u_i^H D v_i|^2"""
    frames = np.einsum("ik,jk->ijk", case.U, case.V).reshape(-1, case.U.shape[1])
    best = np.linalg.lstsq(frames, case.D.ravel(), rcond=None)[0]
    truth_ = frobenius(case.D - (case.U * best) @ case.V.T)
    norm = frobenius(case.D)
    measured = subject(norm, np.einsum("ik,ij,jk->k", case.U, case.D, case.V))
    # the subtraction of squares: an error of eps ||D||^2 / residual
    return Observation(measured, truth_, scale=norm * norm / max(truth_, 1e-6 * norm))


def _residual_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n = (int(x) for x in rng.integers(3, 12, 2))
    k = int(rng.integers(1, min(m, n)))
    U, S, Vh = np.linalg.svd(rng.standard_normal((m, n)), full_matrices=False)
    main, update = (U[:, :k] * S[:k]) @ Vh[:k], rng.standard_normal((m, n))
    if index % 3 == 1:
        update = update - U[:, :k] @ (U[:, :k].T @ update)
    elif index % 3 == 2:
        update = update - (update @ Vh[:k].T) @ Vh[:k]
    return {"main": main, "update": update, "orthogonal": index % 3 > 0, "size": float(m * n)}


@claim(
    "svd-residual-energy",
    source="Yan et al. 2024 (Effort); Pythagoras",
    kind="exact",
    domain="formula",
    subject=bounds.energy_of_sum,
    cases=_residual_case,
    mutants={
        "inner product left out": lambda a, b, inner=0.0: bounds.energy_of_sum(a, b),
        "norms added": lambda a, b, inner=0.0: a + b,
    },
    budget=0.3,
)
def residual_energy(case: Any, subject: Any) -> Observation:
    """||W + R||^2 = ||W||^2 + ||R||^2 + 2 Re <W, R>; no third term if U^H R = 0 or R V = 0"""
    first, second = frobenius(case.main), frobenius(case.update)
    inner = () if case.orthogonal else (float((case.main * case.update).sum()),)
    measured = subject(first, second, *inner)
    whole = frobenius(case.main + case.update)
    return Observation(measured, whole, scale=(first + second) ** 2 / whole)


# ------------------------------------------------------------------ rank rules


def _largest_within(S: Any, energy: float) -> int:
    """The other reading of the rule: as many as stay below the share."""
    held = np.cumsum(np.square(S)) / np.sum(np.square(S))
    return int(np.count_nonzero(held <= energy))


@claim(
    "svd-rank-rules",
    source="definition, in rational arithmetic",
    kind="exact",
    domain="formula",
    subject=energy_rank,
    mutants={
        "sum of values": lambda S, energy: energy_rank(S, energy, power=1.0),
        "largest below": _largest_within,
    },
    budget=1.0,
)
def rank_rules(case: Any, subject: Any) -> list[Observation]:
    """energy_rank is the smallest r with sum_{i<=r} sigma_i^2 >= p sum sigma_i^2"""
    squares = [Fraction(float(s)) ** 2 for s in case.sigma]
    total = sum(squares, Fraction(0))
    found = []
    for energy in (0.5, 0.9, 0.99, 1.0 - 1e-9):
        held, r = Fraction(0), 0
        while r < len(squares) and held < Fraction(energy) * total:
            held, r = held + squares[r], r + 1
        # where a share meets the energy to within rounding, both ranks are right
        edge = min(
            abs(held - Fraction(energy) * total),
            abs(held - squares[r - 1] - Fraction(energy) * total),
        )
        if r and edge > Fraction(1e-12) * total:
            found.append(Observation(subject(case.sigma, energy), r, note=f"energy {energy:.9g}"))
    return found


def _absolute(A: Any, *, tol: float, norm: str = "spectral") -> int:
    S = values(np.asarray(A))
    return int(np.count_nonzero(tol < S))


@claim(
    "svd-numerical-rank",
    source="definition; Weyl for what rounding may decide",
    kind="exact",
    domain="matrix",
    subject=numerical_rank,
    mutants={
        "absolute tolerance": _absolute,
        "one norm for the other": lambda A, *, tol, norm: numerical_rank(
            A, tol=tol, norm="frobenius" if norm == "spectral" else "spectral"
        ),
    },
    budget=0.5,
)
def rank_of_a_matrix(case: Any, subject: Any) -> list[Observation] | None:
    """numerical_rank counts sigma_i > tol sigma_1; or smallest r with tail_r <= tol ||A||_F"""
    known = truth(case)
    if known.top == 0.0:
        return [Observation(subject(case.A, tol=0.1, norm="spectral"), 0, note="zero")]
    found = []
    for tol in (0.5, 0.03):
        room = 100.0 * known.eps * np.sqrt(max(case.A.shape))  # where rounding decides
        low, high = (
            int(np.count_nonzero(known.sigma > (tol + d) * known.top)) for d in (room, -room)
        )
        if low == high:
            measured = subject(case.A, tol=tol, norm="spectral")
            found.append(Observation(measured, low, note=f"spectral, tol {tol}"))
        low, high = (bounds.rank_for_error(known.sigma, tol + d) for d in (room, -room))
        if low == high:
            measured = subject(case.A, tol=tol, norm="frobenius")
            found.append(Observation(measured, low, note=f"Frobenius, tol {tol}"))
    return found or None


def _of_squares(A: Any, *, error: float, **options: Any) -> Any:
    return truncated_svd(A, error=min(np.sqrt(error), 0.999), **options)


def _one_more(A: Any, *, error: float, **options: Any) -> Any:
    found = truncated_svd(A, error=error, **options)
    more = min(found.S.size + 1, *A.shape)
    return truncated_svd(A, more)


@claim(
    "svd-error-rank",
    source="Eckart & Young 1936; Hallman 2022 for the iteration",
    kind="always",
    domain="matrix",
    subject=truncated_svd,
    mutants={"error of the squares": _of_squares, "one more than needed": _one_more},
    tight=0.9,
    budget=1.5,
)
def error_rank(case: Any, subject: Any) -> list[Observation] | None:
    """truncated_svd(A, error=e) has ||A - U S Vh||_F <= e ||A||_F, directly at the least rank"""
    known = truth(case)
    if known.top == 0.0:
        return None
    e = (0.5, 0.1, 0.01)[case.seed[1] % 3]
    result = call(subject, case.A, error=e, certify=False, rng=seed_of(case))
    U, S, Vh = known.factors(result)
    error = frobenius(known.error(U, S, Vh))
    found = [Observation(error, e * known.norm + known.rounding, note="error")]
    # ranks between which rounding decides are all right
    most = bounds.rank_for_error(known.sigma, max(e - 100.0 * known.eps, 0.0))
    info = getattr(result, "info", None)
    if info is not None and info.method == "golub-kahan":
        # an iteration stops at the least rank that it sees, and certifies how few could do
        least = info.details.get("rank_at_least", 0)
        return [*found, Observation(float(least), float(most), note="rank at least")]
    return [*found, Observation(float(S.size), float(most), note="rank")]
