"""Weyl, Mirsky, Hoffman-Wielandt; singular subspaces; and the report on a user's own pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.geometry import BoundReport, bounds, perturbation_bounds
from linsub.geometry.claims.pairs import (
    EPS,
    hermitian_pair,
    norm,
    rectangular_pair,
    rounding,
    turned,
)
from linsub.verify import Observation, claim


def _changed(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Any]:
    """Return perturbation_bounds with its right sides changed."""

    def mutant(A: Any, B: Any, k: int, **options: Any) -> Any:
        report = perturbation_bounds(A, B, k, **options)
        return BoundReport(
            report.lhs, change(report.rhs), report.holds, report.gap, report.slack, info=report.info
        )

    return mutant


def _by_spectral_norm(A: Any, B: Any, k: int, **options: Any) -> Any:
    options["kind"] = ("weyl",)
    return perturbation_bounds(A, B, k, **options)


def _either(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return pairs with shared vectors too, for which the inequalities are equalities."""
    made = hermitian_pair(index, rng) if index % 3 else rectangular_pair(index, rng)
    A = made["A"]
    if index % 5 == 0:
        made["B"] = A - 0.5 * np.eye(*A.shape) if index % 3 else 1.5 * A
    return made


def _spectrum(X: np.ndarray, hermitian: bool) -> np.ndarray:
    if hermitian:
        return np.asarray(np.linalg.eigvalsh(X)[::-1])
    return np.asarray(np.linalg.svd(X, compute_uv=False))


def _moved(case: Any) -> np.ndarray:
    both = (case.A, case.B)
    hermitian = all(X.shape[0] == X.shape[1] and np.array_equal(X, X.conj().T) for X in both)
    first, second = (_spectrum(X, hermitian) for X in both)
    return np.asarray(second - first)


def _rhs(case: Any, subject: Any, kind: str, p: float) -> float:
    report = subject(case.A, case.B, 1, kind=kind, norm=2 if p == np.inf else "fro")
    return float(report.rhs[0])


@claim(
    "geometry-weyl",
    source="Weyl 1912",
    kind="always",
    domain="pair",
    subject=perturbation_bounds,
    cases=_either,
    mutants={"nine tenths": _changed(lambda rhs: 0.9 * rhs)},
    tight=0.999,
    budget=0.3,
)
def weyl(case: Any, subject: Any) -> Observation:
    """max |lambda_i(B) - lambda_i(A)| <= ||B - A||_2 (singular values if not Hermitian)"""
    return Observation(norm(_moved(case), np.inf), _rhs(case, subject, "weyl", np.inf))


@claim(
    "geometry-mirsky",
    source="Mirsky 1960, theorem 5",
    kind="always",
    domain="pair",
    subject=perturbation_bounds,
    cases=_either,
    mutants={
        "nine tenths": _changed(lambda rhs: 0.9 * rhs),
        "the spectral norm for every other": _by_spectral_norm,
    },
    tight=0.999,
    budget=0.3,
)
def mirsky(case: Any, subject: Any) -> list[Observation]:
    """||(lambda_i(B) - lambda_i(A))_i|| <= ||B - A|| in both norms (or of singular values)"""
    moved = _moved(case)
    return [
        Observation(norm(moved, p), _rhs(case, subject, "mirsky", p), note=f"p={p:g}")
        for p in (np.inf, 2.0)
    ]


@claim(
    "geometry-hoffman-wielandt",
    source="Hoffman & Wielandt 1953",
    kind="always",
    domain="pair",
    subject=perturbation_bounds,
    cases=hermitian_pair,
    mutants={
        "nine tenths": _changed(lambda rhs: 0.9 * rhs),
        "the spectral norm": _by_spectral_norm,
    },
    tight=0.999,
    budget=0.3,
)
def hoffman_wielandt(case: Any, subject: Any) -> list[Observation]:
    """(sum_i (lambda_i(B) - lambda_i(A))^2)^(1/2) <= ||B - A||_F for Hermitian matrices"""
    found = [Observation(norm(_moved(case), 2.0), _rhs(case, subject, "hoffman_wielandt", 2.0))]
    # A matrix with the eigenvectors of A and the eigenvalues of B: equality.
    (a, V), (b, _) = case.eigen
    near = (V * b) @ V.conj().T
    near = 0.5 * (near + near.conj().T)
    report = subject(case.A, near, 1, kind="hoffman_wielandt")
    found.append(Observation(norm(b - a, 2.0), float(report.rhs[0]), note="commuting"))
    return found


def _sides(case: Any) -> tuple[np.ndarray, np.ndarray]:
    """Angles between the blocks of left and of right singular vectors."""
    (U, _, Vh), (P, _, Qh) = case.triples
    found = []
    for X, Y in ((U, P), (Vh.conj().T, Qh.conj().T)):
        inside = np.zeros(X.shape[1], dtype=bool)
        inside[case.first - 1 : case.last] = True
        found.append(turned(X[:, inside], (Y[:, inside], Y[:, ~inside])))
    return found[0], found[1]


def _wedin_parts(case: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    (_, s, _), (U, t, Vh) = case.triples
    k = case.last
    U, t, V = U[:, :k], t[:k], Vh[:k].conj().T
    return t, s[k:], case.A @ V - U * t, case.A.conj().T @ U - V * t


def _room(case: Any) -> float:
    return 30.0 * EPS * float(np.sqrt(max(case.A.shape)) * max(case.A.shape))


_WEDIN_MUTANTS = {
    "nine tenths": lambda *args, **kw: 0.9 * bounds.wedin(*args, **kw),
    "gap of the largest": lambda size, kept, other, **kw: bounds.wedin(
        size, kept[:1], other[-1:], **kw
    ),
}


@claim(
    "geometry-wedin",
    source="Wedin 1972",
    kind="always",
    domain="pair",
    subject=bounds.wedin,
    cases=rectangular_pair,
    requires=lambda case: case.first == 1,
    mutants=_WEDIN_MUTANTS,
    tight=0.99,
    budget=0.3,
)
def wedin(case: Any, subject: Any) -> list[Observation]:
    """d max(||sin U||, ||sin V||) <= max(||R||, ||S||), d = sigma_k(B) - sigma_{k+1}(A)"""
    kept, other, R, S = _wedin_parts(case)
    sides = _sides(case)
    return [
        Observation(
            max(norm(np.sin(angles), p) for angles in sides),
            subject(max(norm(R, p), norm(S, p)), kept, other, rounding=rounding(case))
            + _room(case),
            note=f"p={p:g}",
        )
        for p in (np.inf, 2.0)
    ]


@claim(
    "geometry-wedin-frobenius",
    source="Wedin 1972",
    kind="always",
    domain="pair",
    subject=bounds.wedin,
    cases=rectangular_pair,
    requires=lambda case: case.first == 1,
    mutants=_WEDIN_MUTANTS,
    tight=0.99,
    budget=0.3,
)
def wedin_frobenius(case: Any, subject: Any) -> Observation:
    """d^2 (||sin U||_F^2 + ||sin V||_F^2) <= ||R||_F^2 + ||S||_F^2"""
    kept, other, R, S = _wedin_parts(case)
    size = float(np.hypot(norm(R, 2.0), norm(S, 2.0)))
    bound = subject(size, kept, other, rounding=2.0 * rounding(case))
    return Observation(norm(np.sin(np.concatenate(_sides(case))), 2.0), bound + 2.0 * _room(case))


def _as_printed(two: Any, fro: Any, s: Any, first: int, last: int, dim: int, **_: Any) -> float:
    """The paper's convention: sigma^2_{rank + 1} = -infinity."""
    s = np.asarray(s)
    rank = int(np.count_nonzero(s > 1e-12 * s.max(initial=0.0)))
    above = s[first - 2] ** 2 - s[first - 1] ** 2 if first > 1 else np.inf
    below = s[last - 1] ** 2 - s[last] ** 2 if last < rank else np.inf
    gap = min(above, below)
    size = min(np.sqrt(last - first + 1.0) * two, fro)
    return float(2.0 * (2.0 * s[0] + two) * size / gap) if gap > 1e-9 else np.inf


@claim(
    "geometry-yws-singular",
    source="Yu, Wang & Samworth 2015, theorem 3, its convention corrected",
    kind="always",
    domain="pair",
    subject=bounds.yu_wang_samworth_singular,
    cases=rectangular_pair,
    mutants={
        "the convention as printed": _as_printed,
        "without the factor": lambda two, fro, s, first, last, dim, **kw: (
            bounds.yu_wang_samworth_singular(two, fro, s, first, last, dim, **kw)
            / (2.0 * (2.0 * s[0] + two))
        ),
    },
    tight=0.99,
    budget=0.3,
    min_cases=16,  # every structure once
)
def yws_singular(case: Any, subject: Any) -> list[Observation]:
    """gap of squares * ||sin||_F <= 2 (2 sigma_1 + ||E||_2) min(d^(1/2) ||E||_2, ||E||_F)"""
    E, s = case.B - case.A, case.triples[0][1]
    sizes = norm(E, np.inf), norm(E, 2.0)
    found = []
    for angles, dim, note in zip(_sides(case), case.A.shape, ("left", "right"), strict=True):
        bound = subject(*sizes, s, case.first, case.last, dim, rounding=rounding(case))
        found.append(Observation(norm(np.sin(angles), 2.0), bound + _room(case), note=note))
    return found


def _scaled(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = hermitian_pair(index, rng) if index % 2 else rectangular_pair(index, rng)
    scale = 10.0 ** float(rng.choice([0, 0, -290, 290, -150, 150]))
    return {**made, "scale": scale, "label": f"{made['label']} * {scale:g}"}


@claim(
    "geometry-bound-report",
    source="the theorems above, with backward errors; docs/theory/geometry.md",
    kind="always",
    domain="pair",
    subject=perturbation_bounds,
    cases=_scaled,
    mutants={
        "nine tenths": _changed(lambda rhs: 0.9 * rhs),
        "shifted by one": lambda A, B, k, **kw: perturbation_bounds(
            A, B, k - 1 if k > 1 else min(k + 1, *A.shape), **kw
        ),
    },
    tight=0.999,
    budget=1.0,
)
def bound_report(case: Any, subject: Any) -> list[Observation]:
    """lhs <= rhs for every kind at every scale; lhs of Wedin is the largest sine measured apart"""
    made = []
    A, B, k = case.scale * case.A, case.scale * case.B, case.last
    for p in (2, "fro"):
        report = subject(A, B, k, norm=p)
        for name, lhs, rhs in zip(report.kinds, report.lhs, report.rhs, strict=True):
            in_unit = name in ("weyl", "mirsky", "hoffman_wielandt")
            unit = case.scale if in_unit else 1.0
            # Where nothing is said, the left side may be anything.
            lhs = lhs if rhs < np.inf else 0.0
            made.append(Observation(float(lhs / unit), float(rhs / unit), note=f"{name} {p}"))
    triples = [np.linalg.svd(X, full_matrices=True) for X in (case.A, case.B)]
    case = type(case)(case.seed, A=case.A, B=case.B, first=1, last=k, triples=triples)
    report = subject(A, B, k, kind="wedin")
    if report.rhs[0] < 1.0:  # the gaps are open: the subspaces are well defined
        largest = max(norm(np.sin(angles), np.inf) for angles in _sides(case))
        gap = float(report.gap[0]) / float(np.max(np.abs(A)))
        room = _room(case) + 100.0 * EPS / gap
        made.append(Observation(largest, float(report.lhs[0]) + room, note="the sine itself"))
    return made
