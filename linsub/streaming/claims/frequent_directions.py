"""Frequent Directions: the sandwich, its a-priori bounds, and what they say of projections."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.streaming import FrequentDirections, bounds
from linsub.streaming.claims.streams import (
    WIDE,
    difference,
    ends,
    make,
    reference_rounding,
    stream_case,
    unit,
)
from linsub.verify import Observation, claim

FULL = 5000
SOURCE = "Ghashami, Liberty, Phillips & Woodruff 2016, theorem 1.1; proof in docs/theory"


class _HalfShrinkage(FrequentDirections):
    """Counts half of what it loses."""

    def result(self) -> Any:
        B, shift, error = super().result()
        return _Claimed(B, shift, 0.5 * error, 0.0)


class _PendingDropped(FrequentDirections):
    """The reference code's fault: rows beyond the first l are forgotten."""

    def result(self) -> Any:
        state = self._state
        found: Any = super().result()
        assert state is not None
        B = np.ldexp(state.rows[: self.sketch_size], -state.exponent)
        return _Claimed(B, 0.0, self.shrinkage, float(found.certificate.below))


class _NoRounding(FrequentDirections):
    """Claims that nothing is rounded."""

    def result(self) -> Any:
        B, shift, error = super().result()
        return _Claimed(B, shift, error, 0.0)


class _Claimed(tuple[Any, ...]):
    """What a mutant says: B, shift, error and below."""

    def __new__(cls, *fields: Any) -> _Claimed:
        return super().__new__(cls, fields)


def _parts(found: Any) -> tuple[np.ndarray, float, float, float]:
    B, shift, error, *rest = found
    return np.asarray(B), shift, error, rest[0] if rest else float(found.certificate.below)


def _sandwich(A: np.ndarray, found: Any, note: str) -> list[Observation]:
    """Compare the two ends of the error with what is said of them, in the unit of A near 1."""
    B, shift, error, below = _parts(found)
    p = unit(A)
    A, B = np.ldexp(A, p), np.ldexp(B, p)
    shift, error, below = (float(np.ldexp(x, 2 * p)) for x in (shift, error, below))
    low, high = ends(difference(A, B, shift))
    own = reference_rounding(A)
    return [
        Observation(high, error + own, note=f"above, {note}"),
        Observation(-low, below + own, note=f"below, {note}"),
    ]


@claim(
    "streaming-fd-sandwich",
    source=SOURCE,
    kind="always",
    domain="stream",
    subject=FrequentDirections,
    cases=stream_case,
    mutants={
        "half of the shrinkage": _HalfShrinkage,
        "pending rows dropped": _PendingDropped,
        "no rounding": _NoRounding,
    },
    tight=0.95,
    budget=0.4,
    full_cases=FULL,
)
def fd_sandwich(case: Any, subject: Any) -> list[Observation]:
    """0 <= A^T A - B^T B <= Delta I up to the rounding that is counted, at every prefix."""
    sketch = make(case, subject, n_features=case.A.shape[1])
    found, seen = [], 0
    for block in case.blocks:
        sketch.update(block)
        seen += len(block)
        found += _sandwich(case.A[:seen], sketch.result(), f"{seen} rows")
    return found


@claim(
    "streaming-fd-variants",
    source="Luo et al. 2019 (half error); Desai, Ghashami & Phillips 2015; proof in docs/theory",
    kind="always",
    domain="stream",
    subject=FrequentDirections,
    cases=stream_case,
    mutants={"half of the shrinkage": _HalfShrinkage, "pending rows dropped": _PendingDropped},
    tight=0.95,
    budget=0.4,
    full_cases=FULL,
)
def fd_variants(case: Any, subject: Any) -> list[Observation]:
    """|A^T A - B^T B - (Delta/2) I| <= Delta/2; and the sandwich with alpha, iSVD, heavy rows."""
    options: tuple[dict[str, Any], ...] = (
        {"variant": "robust"},
        {"variant": "isvd"},
        {"alpha": 0.3},
        {"heavy_rows": 3},
    )
    found = []
    for chosen in options:
        sketch = make(case, subject, **chosen).update(case.A)
        note = " ".join(f"{name} {value}" for name, value in chosen.items())
        found += _sandwich(case.A, sketch.result(), note)
    return found


def _adversarial(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return streams as before; a direction that comes late; and l directions, which is tight."""
    if index % 4 > 1:
        return stream_case(index // 4 * 2 + index % 4 - 2, rng)
    size = int(rng.integers(2, 7))
    if index % 4 == 1:
        A = rng.standard_normal((3 * size, size))
        case = {"A": A, "blocks": [A], "sketch_size": size, "buffer_size": 2 * size}
        return {**case, "label": f"l = {size} directions"}
    first = 1.001 * np.eye(size, size + 1)
    later = np.zeros((30 * size, size + 1))
    later[:, size] = 0.999
    A = np.concatenate([first, later])
    return {
        "A": A,
        "blocks": [A],
        "sketch_size": size,
        "buffer_size": 1,
        "label": f"a direction that comes late, l = {size}",
    }


@claim(
    "streaming-fd-error",
    source=SOURCE,
    kind="always",
    domain="stream",
    subject=FrequentDirections,
    cases=_adversarial,
    mutants={
        "cut and not shrunk": lambda alpha=1.0, **options: FrequentDirections(
            variant="isvd", **options
        ),
        "a smaller sketch": lambda sketch_size, **options: FrequentDirections(
            sketch_size=max(1, sketch_size // 2), **options
        ),
    },
    tight=0.99,
    budget=0.3,
    full_cases=FULL,
)
def fd_error(case: Any, subject: Any) -> list[Observation]:
    """Delta <= min_k ||A - A_k||_F^2 / (l - k) and Delta <= (||A||_F^2 - ||B||_F^2) / l."""
    A = np.ldexp(case.A, unit(case.A))
    sigma = np.linalg.svd(A, compute_uv=False)
    found = []
    for alpha in (1.0, 0.5):
        sketch = make(case, subject, alpha=alpha) if alpha < 1.0 else make(case, subject)
        B, _, error = result = sketch.update(A).result()
        slack = float(result.certificate.below) + 1e-14 * float(sigma @ sigma)
        bound = bounds.fd_error_bound(sigma, case.sketch_size, alpha=alpha)
        found.append(Observation(error, bound + slack, note=f"a priori, alpha {alpha}"))
        left = float(np.sum(np.square(B)))
        seen = bounds.shrinkage_bound(float(sigma @ sigma), left, case.sketch_size, alpha)
        found.append(Observation(error, seen + slack, note=f"mass, alpha {alpha}"))
    return found


def _smallest(sigma: Any, size: int, k: int | None = None, alpha: float = 1.0) -> float:
    return bounds.fd_error_bound(sigma, size + 1, k, alpha)


@claim(
    "streaming-fd-error-formula",
    source=SOURCE,
    kind="always",
    domain="stream",
    subject=bounds.fd_error_bound,
    cases=stream_case,
    mutants={
        "l + 1 - k": _smallest,
        "the tail one later": lambda sigma, size, k=None, alpha=1.0: min(
            float(np.sum(sigma[j + 1 :] ** 2)) / (size - j) for j in range(size)
        ),
    },
    tight=0.99,
    budget=0.2,
    full_cases=FULL,
)
def fd_error_formula(case: Any, subject: Any) -> list[Observation]:
    """||A^T A - B^T B||_2 <= ||A - A_k||_F^2 / (l - k), for each k and for the best."""
    A = np.ldexp(case.A, unit(case.A))
    sigma = np.linalg.svd(A, compute_uv=False)
    B, _, _ = result = make(case, FrequentDirections).update(A).result()
    _, high = ends(difference(A, B))
    slack = float(result.certificate.below) + 1e-14 * float(sigma @ sigma)
    ranks = {0, case.sketch_size - 1}
    found = [
        Observation(high, subject(sigma, case.sketch_size, k) + slack, note=f"k = {k}")
        for k in sorted(ranks)
    ]
    found.append(Observation(high, subject(sigma, case.sketch_size) + slack, note="best k"))
    return found


@claim(
    "streaming-fd-projection",
    source="Ghashami, Liberty, Phillips & Woodruff 2016, theorem 1.1; proof in docs/theory",
    kind="always",
    domain="stream",
    subject=bounds.projection_error_bound,
    cases=stream_case,
    mutants={
        "the tail alone": lambda sigma, size, k, alpha=1.0: float(np.sum(sigma[k:] ** 2)),
        "k + 1": lambda sigma, size, k, alpha=1.0: bounds.projection_error_bound(
            np.append(sigma, 0.0), size + 1, k + 1
        ),
    },
    tight=0.95,
    budget=0.3,
    full_cases=FULL,
)
def fd_projection(case: Any, subject: Any) -> list[Observation]:
    """||A - A V_k V_k^T||_F^2 <= (1 + k/(l - k)) ||A - A_k||_F^2, and what the sketch says."""
    A = np.ldexp(case.A, unit(case.A))
    sigma = np.linalg.svd(A, compute_uv=False)
    sketch = make(case, FrequentDirections).update(A)
    found = []
    for k in sorted({0, case.sketch_size // 2, case.sketch_size - 1}):
        if k > A.shape[1]:
            continue
        error = float(np.sum(np.square(A)))
        slack = case.sketch_size * sketch.rounding + 1e-14 * error
        if k:
            V = sketch.components(k)
            error = float(np.sum(np.square(A - A @ V.T @ V)))
            seen = float(sketch.projection_error(k))
            found.append(Observation(error, seen + slack, note=f"carried, k = {k}"))
        bound = subject(sigma, case.sketch_size, k)
        found.append(Observation(error, bound + slack, note=f"a priori, k = {k}"))
    return found


class _LeftOut(FrequentDirections):
    """Forgets what the other sketch has lost."""

    def merge(self, other: FrequentDirections) -> FrequentDirections:
        import dataclasses

        other = other.copy()
        if other._state is not None:
            other._state = dataclasses.replace(other._state, shrinkage=0.0)
        return super().merge(other)


class _RowsOnly(FrequentDirections):
    """Adds the rows of the other's result and believes itself."""

    def merge(self, other: FrequentDirections) -> FrequentDirections:
        if other._state is None:
            return self
        return self.update(other.sketch)


@claim(
    "streaming-fd-merge",
    source="Ghashami, Liberty, Phillips & Woodruff 2016, section 3; proof in docs/theory",
    kind="always",
    domain="stream",
    subject=FrequentDirections,
    cases=stream_case,
    mutants={"the other's loss left out": _LeftOut, "rows alone": _RowsOnly},
    tight=0.95,
    budget=0.3,
    full_cases=FULL,
)
def fd_merge(case: Any, subject: Any) -> list[Observation]:
    """A merged sketch has the bounds of the union: the sandwich and ||A - A_k||_F^2 / (l - k)."""
    A = np.ldexp(case.A, unit(case.A))
    d = A.shape[1]
    parts = [make(case, subject, n_features=d).update(part) for part in np.array_split(A, 4)]
    left, right = parts[0].merge(parts[1]), parts[2].merge(parts[3])
    total = left.merge(right)
    result = total.result()
    found = _sandwich(A, result, "four parts")
    sigma = np.linalg.svd(A, compute_uv=False)
    slack = float(result.certificate.below) + 1e-14 * float(sigma @ sigma)
    bound = bounds.fd_error_bound(sigma, case.sketch_size)
    found.append(Observation(result.error, bound + slack, note="a priori"))
    return found


@claim(
    "streaming-fd-decay",
    source="derived: D_t = decay^2 D_(t-1) + delta; proof in docs/theory",
    kind="always",
    domain="stream",
    subject=bounds.decayed_shrinkage,
    cases=stream_case,
    mutants={
        "decay to the fourth": lambda D, decay, delta: decay**4 * D + delta,
        "the last delta alone": lambda D, decay, delta: delta,
    },
    tight=0.95,
    budget=0.2,
    full_cases=FULL,
)
def fd_decay(case: Any, subject: Any) -> list[Observation]:
    """0 <= S_t - B^T B <= D_t I for S_t = sum_s decay^(2 (t - s)) A_s^T A_s."""
    decay = 0.5 if case.seed[-1] % 2 else 0.9
    A = np.ldexp(case.A, unit(case.A))
    d = A.shape[1]
    sketch = make(case, FrequentDirections, n_features=d, decay=decay)
    faded, before, D = np.zeros((0, d), WIDE), 0.0, 0.0
    blocks = np.array_split(A, min(6, len(A)))
    for block in blocks:
        faded = np.concatenate([faded * decay, block])
        sketch.update(block)
        delta = sketch.shrinkage - decay * decay * before
        before = sketch.shrinkage
        D = subject(D, decay, max(delta, 0.0))
    few: Any = sketch.result()
    extra = max(few.error - sketch.rounding - sketch.shrinkage, 0.0)
    low, high = ends(difference(faded, few.sketch))
    slack = 2.0 * float(few.certificate.below) + reference_rounding(faded)
    return [Observation(high, D + extra + slack), Observation(-low, slack, note="below")]


def _low_rank(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a stream of fewer directions than rows of the sketch, or of fewer columns."""
    n, d, size = int(rng.integers(1, 60)), int(rng.integers(1, 16)), int(rng.integers(2, 9))
    rank = int(rng.integers(0, size))
    A = rng.standard_normal((n, rank)) @ (
        rng.standard_normal((rank, d)) * 10.0 ** -rng.uniform(0, 6)
    )
    if index % 3 == 0:
        A = rng.standard_normal((n, min(d, size - 1))) * 10.0 ** rng.uniform(
            -20, 20, min(d, size - 1)
        )
    return {
        "A": A,
        "sketch_size": size,
        "buffer_size": int(rng.integers(1, 5)),
        "label": f"{A.shape[0]} x {A.shape[1]}, l = {size}",
    }


@claim(
    "streaming-fd-exact",
    source="derived: the l-th singular value of a rank below l is zero",
    kind="always",
    domain="stream",
    subject=FrequentDirections,
    cases=_low_rank,
    mutants={
        "one row fewer": lambda sketch_size, **options: FrequentDirections(
            sketch_size=sketch_size - 1, **options
        ),
    },
    slack="only rounding is left, and its bound is one of the worst case",
    budget=0.2,
    full_cases=FULL,
)
def fd_exact(case: Any, subject: Any) -> list[Observation]:
    """A stream of rank below l is kept exactly: ||A^T A - B^T B||_2 is rounding."""
    A = np.ldexp(case.A, unit(case.A))
    sketch = make(case, subject).update(A)
    low, high = ends(difference(A, sketch.sketch))
    shrinks = 1 + len(A) // case.buffer_size
    allowed = bounds.shrink_rounding(
        float(np.sum(A**2)), 3 * case.sketch_size, A.shape[1], 2.0**-52
    )
    own = reference_rounding(A)
    return [Observation(max(high, -low), shrinks * allowed + own)]
