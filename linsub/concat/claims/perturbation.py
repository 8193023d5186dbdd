"""How the singular values of a concatenation move when its blocks do."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.concat import bounds, concat_perturbation_bound
from linsub.concat.claims.measure import EPS, collection, norm2, values
from linsub.verify import Observation, claim

_RANDOM, _ALIGNED, _APPENDED, _ZERO, _OPPOSED = range(5)


def _perturbed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return blocks with perturbations, among them some that attain the inequalities."""
    made = collection(index, rng, dtypes="dD")
    form = index // 2 % 5
    blocks = made["blocks"]
    peak = max((float(np.abs(A).max(initial=0.0)) for A in blocks), default=0.0)
    blocks = [A / peak if peak else A for A in blocks]
    size = 10.0 ** rng.uniform(-6.0, 1.0)
    M = np.concatenate(blocks, axis=1)
    ends = np.cumsum([A.shape[1] for A in blocks])[:-1]
    if form == _ALIGNED:  # shares the singular vectors: Weyl is attained
        U, _, Vh = np.linalg.svd(M, full_matrices=False)
        moved = np.split(size * (U @ Vh), ends, axis=1)
    elif form == _OPPOSED:  # takes blocks away
        moved = [-A if rng.random() < 0.5 else 0.0 * A for A in blocks]
    else:
        moved = [size * rng.standard_normal(A.shape).astype(A.dtype) for A in blocks]
    if form == _APPENDED:  # a block appears where there was none
        blocks[-1] = 0.0 * blocks[-1]
        moved = [0.0 * E for E in moved[:-1]] + moved[-1:]
    elif form == _ZERO:  # sigma = 0: the other branch, attained by a single block
        blocks, moved = [0.0 * A for A in blocks[:1]], moved[:1]
    made.update(blocks=blocks, perturbations=moved)
    return made


def _slack(case: Any) -> float:
    size = sum(float(np.linalg.norm(A)) for A in (*case.blocks, *case.perturbations))
    return 30.0 * EPS * float(np.sqrt(max(case.blocks[0].shape[0], 1))) * size


def _moved(case: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the singular values of A and of A + E."""
    A = np.concatenate(case.blocks, axis=1)
    return values(A), values(A + np.concatenate(case.perturbations, axis=1))


def _theorem(sigma: np.ndarray, norms: list[float], moves: list[float]) -> np.ndarray:
    return bounds.shift_radius(sigma, bounds.gram_shift(norms, moves))


@claim(
    "concat-perturbation-theorem",
    source="Shamrai 2025, arXiv 2505.01427, theorem 2",
    kind="always",
    domain="blocks",
    subject=_theorem,
    cases=_perturbed,
    mutants={
        "without the cross terms": lambda sigma, norms, moves: bounds.shift_radius(
            sigma, float(np.square(moves).sum())
        ),
        "without the squares": lambda sigma, norms, moves: bounds.shift_radius(
            sigma, 2.0 * float(np.dot(norms, moves))
        ),
        "largest block only": lambda sigma, norms, moves: _theorem(
            sigma, [max(norms)], [max(moves)]
        ),
    },
    tight=0.999,
    budget=0.7,
)
def theorem(case: Any, subject: Any) -> Observation | None:
    """|sigma_k(A + E) - sigma_k(A)| <= min(Delta / sigma_k(A), sqrt(Delta))"""
    before, after = _moved(case)
    if before.size == 0:
        return None
    radius = np.asarray(
        subject(before, [norm2(A) for A in case.blocks], [norm2(E) for E in case.perturbations])
    )
    off = np.abs(after - before)
    slack = _slack(case)
    i = int(np.argmax(off - radius))
    return Observation(float(off[i]), float(radius[i]) + slack)


def _pair(result: Any) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(result[0], np.float64), np.asarray(result[1], np.float64)


def _by_gram(blocks: Any, moves: Any, **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    sigma = values(np.concatenate(blocks, axis=1))
    a, e = [norm2(A) for A in blocks], [norm2(E) for E in moves]
    delta = changes.get("delta", bounds.gram_shift)(a, e)
    norm = changes.get("norm", lambda E: norm2(np.concatenate(E, axis=1)))(moves)
    return bounds.shifted_values(sigma, delta, norm)


@claim(
    "concat-perturbation",
    source="Weyl 1912 for M and for M M^H; Shamrai 2025, lemma 2",
    kind="always",
    domain="blocks",
    subject=concat_perturbation_bound,
    cases=_perturbed,
    mutants={
        "without the cross terms": lambda A, E: _by_gram(
            A, E, delta=lambda a, e: float(np.square(e).sum())
        ),
        "norm of the largest perturbation": lambda A, E: _by_gram(
            A, E, norm=lambda moves: max(norm2(X) for X in moves) / 2
        ),
        "nothing moves": lambda A, E: _by_gram(A, E, norm=lambda moves: 0.0),
    },
    tight=0.999,
    budget=1.0,
    full_cases=10_000,
)
def enclosure(case: Any, subject: Any) -> list[Observation] | None:
    """lower_k <= sigma_k(A + E) <= upper_k, the best of Weyl's inequality for M and for M M^H"""
    _, after = _moved(case)
    if after.size == 0:
        return None
    lower, upper = _pair(subject(case.blocks, case.perturbations))
    slack = _slack(case)
    i, j = int(np.argmax(after - upper)), int(np.argmax(lower - after))
    return [
        Observation(float(after[i]), float(upper[i]) + slack, note="upper"),
        Observation(float(lower[j]), float(after[j]) + slack, note="lower"),
    ]


def _copies(index: int, rng: np.random.Generator) -> dict[str, Any]:
    m, n, count = (int(x) for x in (rng.integers(1, 12), rng.integers(1, 8), rng.integers(1, 9)))
    C = rng.standard_normal((m, n)) * rng.choice([0.0, 1.0, 1.0])
    size = 10.0 ** rng.uniform(-6.0, 1.0)
    moves = [
        (size * rng.standard_normal((m, n)) if rng.random() < 0.7 else -C if index % 3 else 0.0 * C)
        for _ in range(count)
    ]
    blocks = [C] * count  # the same object: it counts every time
    return {"blocks": blocks, "perturbations": moves, "C": C, "size": float(m * n * count)}


def _centroid(sigma: np.ndarray, copies: int, delta: float) -> tuple[np.ndarray, np.ndarray]:
    return np.sqrt(copies) * sigma, bounds.centroid_radius(sigma, copies, delta)


@claim(
    "concat-centroid",
    source="Shamrai 2025, arXiv 2505.01427, corollary 1",
    kind="always",
    domain="blocks",
    subject=_centroid,
    cases=_copies,
    mutants={
        "N for sqrt(N)": lambda sigma, copies, delta: (
            copies * sigma,
            bounds.centroid_radius(sigma, copies, delta),
        ),
        "one copy": lambda sigma, copies, delta: _centroid(sigma, 1, delta),
        "spread over the copies": lambda sigma, copies, delta: _centroid(
            sigma, copies, delta / copies**2
        ),
    },
    tight=0.99,
    budget=0.5,
)
def centroid(case: Any, subject: Any) -> Observation:
    """|sigma_k([C + E_1 ... C + E_N]) - sqrt(N) sigma_k(C)| <= Delta / (sqrt(N) sigma_k(C))"""
    _, after = _moved(case)
    sigma = values(case.C)
    count = len(case.blocks)
    delta = bounds.gram_shift([norm2(case.C)] * count, [norm2(E) for E in case.perturbations])
    centre, radius = _pair(subject(sigma, count, delta))
    off = np.abs(after[: sigma.size] - centre)
    i = int(np.argmax(off - radius))
    return Observation(float(off[i]), float(radius[i]) + _slack(case))
