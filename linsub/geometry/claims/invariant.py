"""How eigenvalues and invariant subspaces of Hermitian matrices move."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.geometry import bounds
from linsub.geometry.claims.pairs import EPS, hermitian_pair, norm, rounding, turned
from linsub.verify import Observation, claim

_NORMS = (np.inf, 2.0)


def _parts(case: Any) -> tuple[Any, ...]:
    """Return kept and other eigenvalues of A and of B, and the angles between the subspaces."""
    (a, V), (b, W) = case.eigen
    inside = case.inside
    X = V[:, inside]
    angles = turned(X, (W[:, inside], W[:, ~inside]))
    return a[inside], a[~inside], b[inside], b[~inside], X, angles


def _allowed(case: Any, bound: float, steepness: float = 1.0) -> float:
    return bound + steepness * 30.0 * EPS * float(np.sqrt(case.A.shape[0]) * case.A.shape[0])


def _leading(case: Any) -> bool:
    return bool(case.first == 1)


@claim(
    "geometry-davis-kahan",
    source="Davis & Kahan 1970, sin theta theorem",
    kind="always",
    domain="pair",
    subject=bounds.davis_kahan,
    cases=hermitian_pair,
    mutants={
        "nine tenths": lambda *args, **kw: 0.9 * bounds.davis_kahan(*args, **kw),
        "gap of the wrong ends": lambda size, kept, other, **_: (
            size / max(np.max(kept) - np.min(other, initial=0.0), 1e-300)
        ),
    },
    tight=0.999,
    budget=0.3,
)
def davis_kahan(case: Any, subject: Any) -> list[Observation]:
    """d ||sin Theta|| <= ||B X - X L||, the interval gap of lambda(L) and the rest of lambda(B)"""
    kept, _, _, other, X, angles = _parts(case)
    R = case.B @ X - X * kept
    room = rounding(case)
    return [
        Observation(
            norm(np.sin(angles), p),
            _allowed(case, subject(norm(R, p), kept, other, rounding=room)),
            note=f"p={p:g}",
        )
        for p in _NORMS
    ]


@claim(
    "geometry-tan-theta",
    source="Davis & Kahan 1970, tan theta theorem",
    kind="always",
    domain="pair",
    subject=bounds.davis_kahan_tan,
    cases=hermitian_pair,
    requires=_leading,
    mutants={
        "nine tenths": lambda *args, **kw: 0.9 * bounds.davis_kahan_tan(*args, **kw),
        "gap of the largest": lambda size, kept, other, **kw: bounds.davis_kahan_tan(
            size, kept[:1], other, **kw
        ),
    },
    tight=0.999,
    budget=0.3,
)
def tan_theta(case: Any, subject: Any) -> list[Observation]:
    """d ||tan Theta|| <= ||B X - X (X^H B X)||, the Ritz values above the other eigenvalues of B"""
    _, _, _, other, X, angles = _parts(case)
    inner = X.conj().T @ case.B @ X
    ritz = np.linalg.eigvalsh(inner)[::-1]
    R = case.B @ X - X @ inner
    room, worst = rounding(case), float(np.tan(angles.max()))
    return [
        Observation(
            norm(np.tan(angles), p),
            _allowed(case, subject(norm(R, p), ritz, other, rounding=room), 1.0 + worst**2),
            note=f"p={p:g}",
        )
        for p in _NORMS
    ]


@claim(
    "geometry-sin-two-theta",
    source="Davis & Kahan 1970, sin 2 theta theorem",
    kind="always",
    domain="pair",
    subject=bounds.davis_kahan_double_sin,
    cases=hermitian_pair,
    mutants={
        "without the 2": lambda *args, **kw: 0.5 * bounds.davis_kahan_double_sin(*args, **kw),
        "gap of the wrong ends": lambda size, kept, other, **_: (
            2.0 * size / max(np.max(kept) - np.min(other, initial=0.0), 1e-300)
        ),
    },
    tight=0.99,
    budget=0.3,
)
def sin_two_theta(case: Any, subject: Any) -> list[Observation]:
    """d ||sin 2 Theta|| <= 2 ||E||, the interval gap within the spectrum of A"""
    kept, rest, _, _, _, angles = _parts(case)
    E, room = case.B - case.A, rounding(case)
    return [
        Observation(
            norm(np.sin(2.0 * angles), p),
            _allowed(case, subject(norm(E, p), kept, rest, rounding=room), 2.0),
            note=f"p={p:g}",
        )
        for p in _NORMS
    ]


@claim(
    "geometry-tan-two-theta",
    source="Davis & Kahan 1970, tan 2 theta theorem",
    kind="always",
    domain="pair",
    subject=bounds.davis_kahan_double_tan,
    cases=hermitian_pair,
    requires=_leading,
    mutants={
        "without the 2": lambda *args, **kw: 0.5 * bounds.davis_kahan_double_tan(*args, **kw),
        "gap of the largest": lambda size, kept, other, **kw: bounds.davis_kahan_double_tan(
            size, np.sort(kept)[-1:], np.sort(other)[:1], **kw
        ),
    },
    tight=0.999,
    budget=0.3,
)
def tan_two_theta(case: Any, subject: Any) -> list[Observation] | None:
    """d ||tan 2 Theta|| <= 2 ||W^H B X||, X^H B X above W^H B W"""
    V, inside = case.eigen[0][1], case.inside
    X, W = V[:, inside], V[:, ~inside]
    kept = np.linalg.eigvalsh(X.conj().T @ case.B @ X)
    rest = np.linalg.eigvalsh(W.conj().T @ case.B @ W) if W.shape[1] else np.zeros(0)
    room = rounding(case)
    if rest.size and not kept.min() - rest.max() > 2.0 * room:
        return None
    angles = _parts(case)[-1]
    F = W.conj().T @ case.B @ X
    lhs = np.where(angles < 0.25 * np.pi, np.tan(2.0 * angles), np.inf)
    worst = float(lhs.max())
    return [
        Observation(
            norm(lhs, p),
            _allowed(case, subject(norm(F, p), kept, rest, rounding=room), 2.0 * (1.0 + worst**2)),
            note=f"p={p:g}",
        )
        for p in _NORMS
    ]


@claim(
    "geometry-separation",
    source="Bhatia, Davis & McIntosh 1983",
    kind="always",
    domain="pair",
    subject=bounds.general_separation,
    cases=hermitian_pair,
    mutants={
        "nine tenths": lambda *args, **kw: 0.9 * bounds.general_separation(*args, **kw),
        "farthest pair": lambda size, kept, other, norm, **_: (
            size / max(np.max(kept) - np.min(other, initial=0.0), 1e-300)
        ),
    },
    tight=0.999,  # in the Frobenius norm; pi/2 is attained in the limit of McEachin's matrices
    budget=0.3,
)
def separation(case: Any, subject: Any) -> list[Observation]:
    """d ||sin Theta|| <= c ||R||, d the least distance of two sets: c = 1 (Frobenius) or pi/2"""
    kept, _, _, other, X, angles = _parts(case)
    R = case.B @ X - X * kept
    room = rounding(case)
    return [
        Observation(
            norm(np.sin(angles), p),
            _allowed(case, subject(norm(R, p), kept, other, norm=p, rounding=room)),
            note=f"p={p:g}",
        )
        for p in _NORMS
    ]


@claim(
    "geometry-yws",
    source="Yu, Wang & Samworth 2015, theorem 2",
    kind="always",
    domain="pair",
    subject=bounds.yu_wang_samworth,
    cases=hermitian_pair,
    mutants={
        "a quarter": lambda *args, **kw: 0.25 * bounds.yu_wang_samworth(*args, **kw),
        "gap of one side": lambda two, fro, w, first, last, **_: (
            2.0 * min(np.sqrt(last - first + 1.0) * two, fro) / max(w[0] - w[-1], 1e-300)
        ),
    },
    tight=0.999,
    budget=0.3,
)
def yws(case: Any, subject: Any) -> Observation:
    """gap(A) ||sin Theta||_F <= 2 min(d^(1/2) ||E||_2, ||E||_F) for any block of eigenvalues"""
    angles = _parts(case)[-1]
    E, w = case.B - case.A, case.eigen[0][0]
    sizes = norm(E, np.inf), norm(E, 2.0)
    bound = subject(*sizes, w, case.first, case.last, rounding=rounding(case))
    return Observation(norm(np.sin(angles), 2.0), _allowed(case, bound))


@claim(
    "geometry-yws-basis",
    source="Yu, Wang & Samworth 2015, theorem 2",
    kind="always",
    domain="pair",
    subject=bounds.yu_wang_samworth_basis,
    cases=hermitian_pair,
    mutants={
        "a quarter": lambda *args, **kw: 0.25 * bounds.yu_wang_samworth_basis(*args, **kw),
        "gap of one side": lambda two, fro, w, first, last, **_: (
            2.8 * min(np.sqrt(last - first + 1.0) * two, fro) / max(w[0] - w[-1], 1e-300)
        ),
    },
    tight=0.999,
    budget=0.3,
)
def yws_basis(case: Any, subject: Any) -> Observation:
    """gap(A) min_O ||V~ O - V||_F <= 2^(3/2) min(d^(1/2) ||E||_2, ||E||_F)"""
    (w, V), (_, W) = case.eigen
    V, W = V[:, case.inside], W[:, case.inside]
    P, _, Qh = np.linalg.svd(W.conj().T @ V)
    E = case.B - case.A
    sizes = norm(E, np.inf), norm(E, 2.0)
    bound = subject(*sizes, w, case.first, case.last, rounding=rounding(case))
    return Observation(norm(W @ (P @ Qh) - V, 2.0), _allowed(case, bound))
