"""How much a joint truncation loses: from norms, from residuals, and from both sides."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.concat import concat_residual_bound, concat_svd_bounds, concat_weyl_bound
from linsub.concat.claims.measure import Truth, collection, truth
from linsub.verify import Observation, claim


def _upper(known: Truth, rank: int, bound: float, note: str = "") -> Observation | None:
    """Hold E_r against an upper bound; nothing is said of a collection of zeros."""
    if known.norm == 0.0:
        return None
    return Observation(known.error(rank), bound + known.slack, note=note)


def _packed(blocks: Any, rank: int, fits: Any) -> float:
    """The published bound: largest blocks first, counted in full while `fits` says so."""
    squares = [float(np.linalg.norm(A)) ** 2 for A in blocks]
    captured, width, count = 0.0, 0, 0
    for i in np.argsort(squares)[::-1]:
        if not fits(width, blocks[i].shape[1], count, rank):
            break
        captured, width, count = captured + squares[i], width + blocks[i].shape[1], count + 1
    total = sum(squares)
    return float(np.sqrt(max(total - captured, 0.0) / total)) if total else 0.0


def _unit(blocks: Any) -> list[np.ndarray]:
    """Return blocks at a scale where they can be squared."""

    class Given:
        pass

    case: Any = Given()
    case.blocks = blocks
    return truth(case).blocks


@claim(
    "concat-weyl",
    source="Shamrai 2026, arXiv 2601.11626; the width condition and its proof in docs/theory",
    kind="always",
    domain="blocks",
    subject=concat_weyl_bound,
    cases=collection,
    mutants={
        "without the width condition": lambda blocks, rank: _packed(
            _unit(blocks), rank, lambda width, w, count, r: count == 0 or width + w <= r
        ),
        "blocks counted as columns": lambda blocks, rank: _packed(
            _unit(blocks), rank, lambda width, w, count, r: count < r
        ),
        "a rank more": lambda blocks, rank: concat_weyl_bound(blocks, rank + 1),
    },
    tight=0.999,
    budget=1.0,
    full_cases=10_000,
)
def weyl(case: Any, subject: Any) -> Observation | None:
    """E_r(M)^2 ||M||^2 <= ||M||^2 minus the energy of r columns (of c of w columns, c/w of it)"""
    return _upper(truth(case), case.rank, float(subject(case.blocks, case.rank)))


def _residual_values(blocks: Any) -> np.ndarray:
    """T, block by block with the whole basis, from definitions."""
    blocks = _unit(blocks)
    Q = np.zeros((blocks[0].shape[0], 0))
    found = []
    for A in blocks:
        R = A - Q @ (Q.conj().T @ A)
        R = R - Q @ (Q.conj().T @ R)
        U, S, _ = np.linalg.svd(R, full_matrices=False)
        keep = 1e-10 * max(float(np.linalg.norm(A)), 1e-300) < S
        found.append(S[keep])
        Q = np.concatenate([Q, U[:, keep]], axis=1)
    return np.sort(np.concatenate(found))[::-1]


def _per_index(blocks: Any, rank: int) -> tuple[float, float]:
    """What sigma_i >= T_i would say: an error of at least the tail of T."""
    t = _residual_values(blocks)
    total = sum(float(np.linalg.norm(A)) ** 2 for A in _unit(blocks))
    lower = float(np.sqrt(np.square(t[rank:]).sum() / total)) if total else 0.0
    return lower, float(concat_residual_bound(blocks, rank))


def _one_each(blocks: Any, rank: int) -> float:
    """Norms in the place of spectra: a block of any width as if it were one column."""
    energy = np.sort([float(np.linalg.norm(A)) ** 2 for A in _unit(blocks)])[::-1]
    total = float(energy.sum())
    return float(np.sqrt(energy[rank:].sum() / total)) if total else 0.0


@claim(
    "concat-residual",
    source="Ky Fan 1949 with a block diagonal frame; Shamrai 2026, arXiv 2601.11626, for residuals",
    kind="always",
    domain="blocks",
    subject=concat_residual_bound,
    cases=collection,
    mutants={
        "per index": _per_index,
        "each block as one direction": _one_each,
        "a rank more": lambda blocks, rank: concat_residual_bound(blocks, rank + 1),
    },
    tight=0.999,
    budget=1.5,
    full_cases=10_000,
)
def residual(case: Any, subject: Any) -> list[Observation] | None:
    """sum_{i<=r} sigma_i(M)^2 >= sum_{i<=r} T_i^2, T the singular values of all blocks"""
    known = truth(case)
    result = subject(case.blocks, case.rank)
    low, high = result if isinstance(result, tuple) else (0.0, float(result))
    upper = _upper(known, case.rank, high)
    if upper is None:
        return None
    found = [upper]
    if low > 0.0:  # a subject that says more is held to it
        found.append(Observation(low, known.error(case.rank) + known.slack, note="lower"))
    # The published bound, from residuals and by subtraction: it holds, and is never smaller.
    t = _residual_values(case.blocks)
    rest = known.norm**2 - float(np.square(t[: case.rank]).sum())
    published = float(np.sqrt(max(rest, 0.0))) / known.norm + 1e-6
    found.append(Observation(known.error(case.rank), published, note="published"))
    if subject is concat_residual_bound:
        found.append(Observation(high, published, note="beside the published"))
    return found


def _chain(blocks: Any, keep: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Merge block after block; return what was kept, and what each step discarded."""
    blocks = _unit(blocks)
    B = np.zeros((blocks[0].shape[0], 0))
    S, dropped = np.zeros(0), []
    for A in blocks:
        U, S, _ = np.linalg.svd(np.concatenate([B, A], axis=1), full_matrices=False)
        dropped.append(S[keep:])
        B, S = U[:, :keep] * S[:keep], S[:keep]
    return S, dropped


def _wrong_chain(blocks: Any, rank: int, change: Any) -> tuple[float, float]:
    S, dropped = _chain(blocks, rank + 1)
    mass = sum(float(np.square(d).sum()) for d in dropped)
    tops = [float(d[0]) ** 2 for d in dropped if d.size]
    total = float(np.square(S).sum()) + mass
    if total == 0.0:
        return 0.0, 0.0
    low, high = change(float(np.square(S[rank:]).sum()), mass, tops or [0.0], rank)
    return float(np.sqrt(max(low, 0.0) / total)), float(np.sqrt(high / total))


@claim(
    "concat-two-sided",
    source="derived; proof in docs/theory/concat.md",
    kind="always",
    domain="blocks",
    subject=concat_svd_bounds,
    cases=collection,
    mutants={
        "discarded mass forgotten": lambda blocks, rank, **kw: _wrong_chain(
            blocks, rank, lambda tail, mass, tops, r: (0.0, tail)
        ),
        "lower bound without what was discarded": lambda blocks, rank, **kw: _wrong_chain(
            blocks, rank, lambda tail, mass, tops, r: (tail + mass, tail + mass)
        ),
        "the last truncation only": lambda blocks, rank, **kw: _wrong_chain(
            blocks, rank, lambda tail, mass, tops, r: (tail + mass - r * tops[-1], tail + mass)
        ),
    },
    tight=0.999,
    budget=2.0,
    max_cases=150,
    full_cases=10_000,
)
def two_sided(case: Any, subject: Any) -> list[Observation] | None:
    """rest - min(discarded, r top) <= E_r(M)^2 ||M||^2 <= rest, and likewise for sigma_i(M)"""
    known = truth(case)
    # 0 discards often, 10 hardly ever; cases of one structure and type are 32 apart
    way = case.seed[1] // 32 % 4
    options = {"method": "gram"} if way == 3 else {"method": "chain", "oversample": (0, 1, 10)[way]}
    result = subject(case.blocks, case.rank, **options)
    upper = _upper(known, case.rank, float(result[1]), "upper")
    if upper is None:
        return None
    lower = Observation(float(result[0]), known.error(case.rank) + known.slack, note="lower")
    found = [lower, upper]
    certificate = getattr(result, "certificate", None)
    if certificate is not None and known.sigma.size:
        low = known.scaled(certificate.sigma_lower.value)[: known.sigma.size]
        high = known.scaled(certificate.sigma_upper.value)[: known.sigma.size]
        sigma = known.sigma[: low.size]
        slack = known.slack * known.norm
        if low.size:
            i, j = int(np.argmax(low - sigma)), int(np.argmax(sigma - high))
            found.append(Observation(low[i], sigma[i] + slack, note="sigma_lower"))
            found.append(Observation(sigma[j], high[j] + slack, note="sigma_upper"))
    return found
