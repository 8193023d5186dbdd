"""Angles and distances between subspaces, held against prescribed angles and projectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.geometry import (
    bounds,
    cs_decomposition,
    principal_angles,
    subspace_distance,
)
from linsub.testing import gallery
from linsub.verify import Observation, claim

_EPS = float(np.finfo(float).eps)
_METRICS = (
    "geodesic",
    "chordal",
    "projection",
    "gap",
    "procrustes",
    "fubini-study",
    "binet-cauchy",
    "asimov",
    "spectral",
)
_SETS = tuple(gallery.ANGLE_SETS)


def angle_pair(
    index: int, rng: np.random.Generator, more: tuple[int, ...] = (0, 0, 1, 3)
) -> dict[str, Any]:
    """Return X and Y with prescribed angles: the sets of the gallery, and random ones."""
    dtype = np.complex128 if index % 2 else np.float64
    name = (*_SETS, "random")[index // 2 % (len(_SETS) + 1)]
    if name == "random":
        small = 10.0 ** rng.uniform(-18.0, 0.0, size=int(rng.integers(1, 7)))
        theta = np.sort(np.where(rng.random(small.size) < 0.5, small, np.pi / 2 - small))
    else:
        theta = np.sort(gallery.ANGLE_SETS[name])
    k = theta.size
    p = k + int(rng.choice(more))
    n = p + k + int(rng.choice([0, 1, 7, 40]))
    X, Y = gallery.subspace_pair(n, theta, p=p, rng=rng, dtype=dtype)
    if rng.random() < 0.4:
        X, Y = Y, X
    return {"X": X, "Y": Y, "angles": theta, "n": n, "label": name}


def _sines_cosines(X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return all singular values of (I - X X^H) Y and X^H Y, descending, by NumPy."""
    if X.shape[1] < Y.shape[1]:
        X, Y = Y, X
    C = X.conj().T @ Y
    H = Y - X @ C
    return np.linalg.svd(H)[1], np.linalg.svd(C)[1]


def _by_arccos(X: Any, Y: Any, **_: Any) -> np.ndarray:
    c = _sines_cosines(np.asarray(X), np.asarray(Y))[1]
    return np.asarray(np.arccos(np.clip(c, 0.0, 1.0)))


def _by_arcsin(X: Any, Y: Any, **_: Any) -> np.ndarray:
    s = _sines_cosines(np.asarray(X), np.asarray(Y))[0][::-1]
    return np.asarray(np.arcsin(np.clip(s, 0.0, 1.0)))


def _unreversed_mask(X: Any, Y: Any, **_: Any) -> np.ndarray:
    """SciPy 1.17's rule: the mask follows the cosines, the sines run the other way."""
    s, c = _sines_cosines(np.asarray(X), np.asarray(Y))
    mask = c**2 >= 0.5
    s, c = np.clip(s, 0.0, 1.0), np.clip(c, 0.0, 1.0)
    return np.sort(np.where(mask, np.arcsin(s), np.arccos(c[::-1])))


def _cosine_pairs(X: Any, Y: Any) -> tuple[Any, ...]:
    """The SVD of X^H Y alone, and sines from its cosines."""
    X, Y = np.asarray(X), np.asarray(Y)
    U, c, Vh = np.linalg.svd(X.conj().T @ Y, full_matrices=False)
    V = Vh.conj().T
    s = np.sqrt(np.maximum(1.0 - c**2, 0.0))
    Q = np.linalg.qr(Y @ V - X @ (U * c))[0]
    return U, c, s, V, Q, np.arctan2(s, c)


def _one_pass(X: Any, Y: Any) -> tuple[Any, ...]:
    """Directions as what one projection leaves, over the sines."""
    Ux, c, s, V, Qs, angles = cs_decomposition(X, Y)
    X, Y = np.asarray(X), np.asarray(Y)
    left = Y @ V - X @ (X.conj().T @ (Y @ V))
    size = np.linalg.norm(left, axis=0)
    return Ux, c, s, V, np.where(size > 0, left / np.where(size > 0, size, 1.0), Qs), angles


def _without_a_turn(X: Any, Y: Any) -> tuple[Any, ...]:
    """The vectors of the sines beside those of the cosines, each from an SVD of its own."""
    Ux, c, s, _, Qs, angles = cs_decomposition(X, Y)
    X, Y = np.asarray(X), np.asarray(Y)
    V = np.linalg.svd(Y - X @ (X.conj().T @ Y))[2].conj().T[:, ::-1][:, : c.size]
    return Ux, c, s, V, Qs, angles


@claim(
    "geometry-cs",
    source="Stewart 1977, for the CS decomposition; Bjorck & Golub 1973 for angles",
    kind="exact",
    domain="pair",
    subject=cs_decomposition,
    cases=angle_pair,
    mutants={
        "cosines alone": _cosine_pairs,
        "one projection": _one_pass,
        "two sets of vectors": _without_a_turn,
    },
    budget=0.4,
    max_cases=120,
)
def cs(case: Any, subject: Any) -> list[Observation]:
    """X^H Y V = Ux diag(c), (I - X X^H) Y V = Qs diag(s), c^2 + s^2 = 1, orthonormal factors"""
    X, Y = case.X, case.Y
    Ux, c, s, V, Qs, _ = (np.asarray(x) for x in tuple(subject(X, Y)))
    C = X.conj().T @ Y
    H = Y - X @ C
    H = H - X @ (X.conj().T @ H)
    # LAPACK's SVD of a k x k matrix is allowed 30 k eps, and takes 10 k eps of it now and then.
    size = float(np.sqrt(case.n)) + c.size
    room = np.linalg.norm(Qs, axis=0) > 0.5
    Qr = Qs[:, room]
    eye = np.eye(c.size)
    found = {
        "cosines": np.linalg.norm(C @ V - Ux * c),
        "sines": np.linalg.norm(H @ V - Qs * s),
        "unit": np.linalg.norm(np.hypot(c, s) - 1.0),
        "Ux": np.linalg.norm(Ux.conj().T @ Ux - eye),
        "V": np.linalg.norm(V.conj().T @ V - eye),
        "Qs": np.linalg.norm(Qr.conj().T @ Qr - np.eye(Qr.shape[1])),
        "beside X": np.linalg.norm(X.conj().T @ Qs),
    }
    return [Observation(float(x), 0.0, scale=size, note=note) for note, x in found.items()]


def _held_exactly(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return every third time a pair in which the bases hold angles far below eps."""
    if index % 3 != 2:
        return angle_pair(index // 3 * 2 + index % 3, rng)
    size = int(rng.integers(1, 5))
    theta = np.sort(10.0 ** rng.uniform(-200.0, -9.0, size=1 if index % 2 else size))
    k = theta.size
    X, Y = np.eye(2 * k + 1, k), np.eye(2 * k + 1, k)
    Y[k + np.arange(k), np.arange(k)] = theta  # tan = theta to rounding, and columns of norm 1
    return {"X": X, "Y": Y, "angles": theta, "n": 2 * k + 1, "label": "below eps", "below": True}


@claim(
    "geometry-angles",
    source="Bjorck & Golub 1973; Knyazev & Argentati 2002",
    kind="exact",
    domain="pair",
    subject=principal_angles,
    cases=_held_exactly,
    mutants={
        "arccos": _by_arccos,
        "arcsin": _by_arcsin,
        "a mask that is not reversed": _unreversed_mask,
        "descending": lambda X, Y, **kw: principal_angles(X, Y)[::-1],
    },
    budget=0.4,
    max_cases=120,
)
def angles(case: Any, subject: Any) -> Observation:
    """principal_angles(X, Y) are the prescribed angles, to 30 eps, and relatively below eps"""
    found = np.asarray(subject(case.X, case.Y), dtype=np.float64)
    off = np.abs(found - case.angles)
    if "below" in vars(case):
        return Observation(float((off / case.angles).max()), 0.0, note="relative")
    return Observation(float(off.max()), 0.0)


def _spanned(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return A and B with the ranges of X and Y: other columns, dependent, of other sizes."""
    made = angle_pair(index, rng)
    X, Y = made["X"], made["Y"]
    complex_ = X.dtype.kind == "c"

    def turned(Q: np.ndarray) -> np.ndarray:
        k = Q.shape[1]
        W = np.linalg.qr(_gaussian(rng, (k, k), complex_))[0]
        A = Q @ (W * np.geomspace(1.0, 3.0, k)) @ np.linalg.qr(_gaussian(rng, (k, k), complex_))[0]
        form = int(rng.integers(4))
        if form == 1:  # columns of very different sizes
            A = A * 10.0 ** rng.uniform(-100, 100, size=k)
        elif form == 2:  # more columns than dimensions
            A = np.concatenate([A, A @ _gaussian(rng, (k, 2), complex_), 0.0 * A[:, :1]], axis=1)
        elif form == 3:
            A = A * 1e-300
        return np.asarray(A)

    A, B = turned(X), turned(Y)
    if index % 3 == 0:  # the same in a larger space
        A, B = (np.concatenate([M, np.zeros((3, M.shape[1]))]) for M in (A, B))
    if index % 4 == 1:
        A, B = B, A
    return {**made, "A": A, "B": B}


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...], complex_: bool) -> np.ndarray:
    G = rng.standard_normal(shape)
    return G + 1j * rng.standard_normal(shape) if complex_ else G


def _unit_columns(A: np.ndarray) -> np.ndarray:
    """Scale the columns and leave them oblique; columns of zeros are dropped."""
    peaks = np.abs(A).max(axis=0)
    A = A[:, peaks > 0] / peaks[peaks > 0]
    return np.asarray(A / np.linalg.norm(A, axis=0))


def _padded(found: Any, count: int) -> np.ndarray:
    """Bring a mutant's angles to the length of the truth, so that it is measured."""
    return np.resize(np.asarray(found, np.float64), count) if len(found) else np.zeros(count)


@claim(
    "geometry-angle-bases",
    source="Bjorck & Golub 1973: angles belong to the subspaces",
    kind="exact",
    domain="pair",
    subject=principal_angles,
    cases=_spanned,
    mutants={
        "columns of unit size only": lambda A, B: _by_arccos(_unit_columns(A), _unit_columns(B)),
        "dependent columns kept": lambda A, B: principal_angles(A, B, rtol=0.0),
        "sizes decide the ranks": lambda A, B: principal_angles(
            *(M[:, np.abs(M).max(axis=0) > 1e-9] for M in (A, B))
        ),
    },
    budget=0.4,
    max_cases=120,
)
def same_ranges(case: Any, subject: Any) -> Observation:
    """principal_angles(A, B) depends on the ranges alone, and not on their order"""
    found = subject(case.A, case.B)
    missing = abs(len(found) - case.angles.size)
    off = np.abs(np.sort(_padded(found, case.angles.size)) - case.angles)
    # The columns have condition 3, and eps moves what they span by so much more.
    return Observation(float(off.max()) + missing, 0.0, scale=3.0)


def _with_angles(X: Any, Y: Any, change: Any) -> Any:
    """Return the real record, certificate and all, with other angles."""
    r = cs_decomposition(X, Y)
    return type(r)(*tuple(r)[:-1], change(X, Y), certificate=r.certificate, info=r.info)


@claim(
    "geometry-angle-certificate",
    source="Weyl 1912, for cosines and for sines; derived, see docs/theory/geometry.md",
    kind="always",
    domain="pair",
    subject=cs_decomposition,
    cases=angle_pair,
    mutants={
        "angles by arccos": lambda X, Y: _with_angles(X, Y, _by_arccos),
        "angles by arcsin": lambda X, Y: _with_angles(X, Y, _by_arcsin),
        "angles by a mask that is not reversed": lambda X, Y: _with_angles(X, Y, _unreversed_mask),
    },
    slack="it adds up roundings of five products and factors that do not all err at once",
    budget=0.4,
    max_cases=120,
    full_cases=10_000,
)
def certificate(case: Any, subject: Any) -> Observation | None:
    """|theta_i - exact| <= arcsin(hypot(cosine residual, sine residual) and roundings)"""
    result = subject(case.X, case.Y)
    known = getattr(result, "certificate", None)
    if known is None:
        return None
    off = np.abs(np.asarray(result.angles) - case.angles)
    # The bases of the case are themselves rounded.
    return Observation(float(off.max()), float(known.angle_error) + 4.0 * _EPS)


def _projectors(case: Any) -> np.ndarray:
    return np.asarray(case.X @ case.X.conj().T - case.Y @ case.Y.conj().T)


def _ratio(change: Any) -> Any:
    def mutant(X: Any, Y: Any, metric: str) -> float:
        return float(change(subspace_distance(X, Y, metric), metric, X, Y))

    return mutant


@claim(
    "geometry-projector-distance",
    source="Edelman, Arias & Smith 1998; Stewart & Sun 1990, section I.5",
    kind="exact",
    domain="pair",
    subject=subspace_distance,
    cases=angle_pair,
    mutants={
        "sines without the factor": _ratio(lambda d, m, X, Y: d / np.sqrt(2.0)),
        "unequal dimensions ignored": lambda X, Y, metric: subspace_distance(
            X, Y, metric, unequal="ignore"
        ),
        "a right angle for each dimension": _ratio(
            lambda d, m, X, Y: np.hypot(d, np.sqrt(abs(X.shape[1] - Y.shape[1])))
        ),
    },
    budget=0.4,
    max_cases=120,
)
def projector_distance(case: Any, subject: Any) -> list[Observation]:
    """||P_X - P_Y||_F and ||P_X - P_Y||_2 are the projection distance and the gap"""
    D = _projectors(case)
    size = float(np.sqrt(case.n))
    return [
        Observation(
            float(subject(case.X, case.Y, "projection")),
            float(np.linalg.norm(D)),
            scale=size,
            note="Frobenius",
        ),
        Observation(
            float(subject(case.X, case.Y, "gap")), float(np.linalg.norm(D, 2)), size, note="2-norm"
        ),
    ]


def _reference(theta: np.ndarray, metric: str) -> float:
    """The published formula in extended precision, from logarithms where cosines multiply."""
    t = theta.astype(np.longdouble)
    log = np.sum(np.log1p(-np.square(np.sin(t)))) if t.max(initial=0) < 1.5 else None
    if metric in ("fubini-study", "binet-cauchy"):
        squared = np.exp(log) if log is not None else np.prod(np.square(np.cos(t)))
        rest = -np.expm1(log) if log is not None else 1 - squared
        root = np.sqrt(rest)
        return float(root if metric == "binet-cauchy" else np.arctan2(root, np.sqrt(squared)))
    largest = t.max(initial=0)
    return float(
        {
            "geodesic": lambda: np.sqrt(np.sum(t**2)),
            "chordal": lambda: np.sqrt(np.sum(np.sin(t) ** 2)),
            "projection": lambda: np.sqrt(2 * np.sum(np.sin(t) ** 2)),
            "gap": lambda: np.sin(largest),
            "procrustes": lambda: 2 * np.sqrt(np.sum(np.sin(t / 2) ** 2)),
            "asimov": lambda: largest,
            "spectral": lambda: 2 * np.sin(largest / 2),
        }[metric]()
    )


def _textbook(X: Any, Y: Any, metric: str) -> float:
    """Every distance from the cosines, as it is written in the books."""
    c = np.clip(_sines_cosines(X, Y)[1], 0.0, 1.0)
    if metric == "fubini-study":
        return float(np.arccos(np.prod(c)))
    if metric == "binet-cauchy":
        return float(np.sqrt(max(1.0 - np.prod(c**2), 0.0)))
    return bounds.angle_distance(np.arccos(c), metric)


@claim(
    "geometry-distances",
    source="Edelman, Arias & Smith 1998, section 4.3; Ye & Lim 2016",
    kind="exact",
    domain="pair",
    subject=subspace_distance,
    cases=lambda index, rng: angle_pair(index, rng, more=(0,)),
    mutants={
        "from the cosines": _textbook,
        "procrustes without the half angle": lambda X, Y, metric: (
            2.0 * subspace_distance(X, Y, "chordal")
            if metric == "procrustes"
            else subspace_distance(X, Y, metric)
        ),
        "the norm in place of the largest": lambda X, Y, metric: subspace_distance(
            X, Y, "geodesic" if metric == "asimov" else metric
        ),
    },
    budget=0.4,
    max_cases=120,
)
def distances(case: Any, subject: Any) -> list[Observation]:
    """each distance is its function of the prescribed angles, and Procrustes' is ||X R - Y||"""
    X, Y = case.X, case.Y
    # Rounding of one angle counts sqrt(k) times in a sum of squares, and sqrt(2) in one norm.
    scale = 2.0 * float(np.sqrt(case.angles.size))
    found = [
        Observation(float(subject(X, Y, m)), _reference(case.angles, m), scale, note=m)
        for m in _METRICS
    ]
    U, _, Vh = np.linalg.svd(X.conj().T @ Y)
    D = X @ (U @ Vh) - Y
    size = float(np.sqrt(case.n))
    found.append(
        Observation(float(subject(X, Y, "procrustes")), float(np.linalg.norm(D)), size, note="F")
    )
    found.append(
        Observation(float(subject(X, Y, "spectral")), float(np.linalg.norm(D, 2)), size, note="2")
    )
    return found


def _triple(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return three subspaces: of other dimensions, near each other, or on one geodesic."""
    n = int(rng.integers(2, 12))
    complex_ = bool(index % 2)
    p, q, r = (int(x) for x in rng.integers(1, n + 1, size=3))
    if index // 2 % 3 == 0:
        p = q = r = int(rng.integers(1, n // 2 + 1))
        Q = np.linalg.qr(_gaussian(rng, (n, 2 * p), complex_))[0]
        theta = rng.uniform(0.0, np.pi / 2, size=p) * 10.0 ** -float(rng.integers(0, 9))
        A, C = Q[:, :p], Q[:, :p] * np.cos(theta) + Q[:, p:] * np.sin(theta)
        t = rng.uniform() * theta
        B = Q[:, :p] * np.cos(t) + Q[:, p:] * np.sin(t)
        return {"A": A, "B": B, "C": C, "n": n, "label": "geodesic"}
    A = _gaussian(rng, (n, p), complex_)
    if index // 2 % 3 == 1:
        size = 10.0 ** rng.uniform(-12, 0)
        B = A + size * _gaussian(rng, (n, p), complex_)
        C = A + size * _gaussian(rng, (n, p), complex_)
    else:
        B, C = _gaussian(rng, (n, q), complex_), _gaussian(rng, (n, r), complex_)
    A, B, C = (np.linalg.qr(M)[0] for M in (A, B, C))
    return {"A": A, "B": B, "C": C, "n": n, "label": "random"}


@claim(
    "geometry-triangle",
    source="Ye & Lim 2016; Qiu, Zhang & Li 2005 for unitarily invariant metrics",
    kind="always",
    domain="pair",
    subject=subspace_distance,
    cases=_triple,
    mutants={
        "martin": lambda X, Y, metric: subspace_distance(X, Y, "martin"),
        "squares": lambda X, Y, metric: subspace_distance(X, Y, metric) ** 2,
        "unequal dimensions ignored": lambda X, Y, metric: subspace_distance(
            X, Y, metric, unequal="ignore"
        ),
    },
    tight=0.999,
    budget=0.5,
    max_cases=120,
    full_cases=10_000,
)
def triangle(case: Any, subject: Any) -> list[Observation]:
    """d(A, C) <= d(A, B) + d(B, C) for every distance but Martin's, any dimensions"""
    A, B, C = case.A, case.B, case.C
    slack = 8.0 * bounds.angle_rounding(case.n) * float(np.sqrt(case.n))
    return [
        Observation(
            min(float(subject(A, C, m)), 1e9),
            float(subject(A, B, m)) + float(subject(B, C, m)) + slack,
            note=m,
        )
        for m in _METRICS
    ]
