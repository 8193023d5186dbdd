"""Clusters of blocks that share a basis: nothing is lost, and no error is under-reported."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.concat import bounds, cluster_matrices
from linsub.verify import Observation, claim

METHODS = ("agglomerative", "incremental", "residual", "weyl")
EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass
class Found:
    """What the claims read of a clustering; `lost` reconstructs to nothing."""

    labels: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    held: list[tuple[Any, list[Any]]]

    def factors(self) -> list[tuple[Any, list[Any]]]:
        return self.held


def _kept(result: Any) -> Found:
    labels, upper, lower = (np.array(getattr(result, end)) for end in ("labels", "upper", "lower"))
    return Found(labels, upper, lower, [tuple(factor) for factor in result.factors()])


def _changed(change: Callable[[Found, list[np.ndarray]], None]) -> Callable[..., Found]:
    """Return `cluster_matrices` with its answer spoilt."""

    def mutant(blocks: Any, rank: int, error: float, **options: Any) -> Found:
        found = _kept(cluster_matrices(blocks, rank, error, **options))
        change(found, blocks)
        return found

    return mutant


def _drop_the_seed(found: Found, blocks: list[np.ndarray]) -> None:
    """As the published max-norm code where the tail adds nothing: one block of a seed is kept."""
    for c, (U, parts) in enumerate(found.held):
        members = np.flatnonzero(found.labels == c)
        if len(parts) > 1:
            found.held[c] = (U, parts[:1])
            found.labels[members[1:]] = 0


def _twice(found: Found, blocks: list[np.ndarray]) -> None:
    if len(found.held) > 1:
        found.held[1] = (found.held[1][0], [*found.held[1][1], found.held[0][1][0]])


def _subtract(found: Found, blocks: list[np.ndarray]) -> None:
    """E^2 = 1 - (sum of the leading eigenvalues of the Gram matrix) / ||M||^2."""
    for c, (U, _) in enumerate(found.held):
        if U is None or U.shape[1] == 0:
            continue
        M = np.hstack([blocks[i] for i in np.flatnonzero(found.labels == c)]).astype(U.dtype)
        values = np.linalg.eigvalsh(M @ M.conj().T)[::-1]
        share = float(values[: U.shape[1]].sum() / np.vdot(M, M).real)
        found.upper[c] = np.sqrt(max(1.0 - share, 0.0))


def _without_rounding(found: Found, blocks: list[np.ndarray]) -> None:
    found.upper[:] = 0.5 * (found.upper + found.lower)


def _weyl_without_widths(blocks: Any, rank: int, error: float, **options: Any) -> Found:
    """One cluster, whose bound takes the norm of a seed of any width for energy that is kept."""
    M = np.hstack(blocks)
    U, _, _ = np.linalg.svd(M, full_matrices=False)
    U = U[:, :rank]
    squares = np.sort([float(np.vdot(A, A).real) for A in blocks])[::-1]
    rest = float(squares[1:].sum() / max(squares.sum(), 1e-300))
    parts = [U.conj().T @ A for A in blocks]
    labels = np.zeros(len(blocks), int)
    return Found(labels, np.array([np.sqrt(rest)]), np.zeros(1), [(U, parts)])


def _halve(found: Found, blocks: list[np.ndarray]) -> None:
    found.upper[:] *= 0.5


def _raise(found: Found, blocks: list[np.ndarray]) -> None:
    found.lower[:] = found.upper * (1.0 + 1e-9) + 1e-12


def _from_the_budget(found: Found, blocks: list[np.ndarray]) -> None:
    found.lower[:] = np.where(found.upper > 0.0, found.upper, 0.0)


def _collection(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return blocks that share bases, single columns, wide seeds, zeros and what is single."""
    dtype = np.dtype("dfdD"[index % 4])
    m, N = int(rng.integers(4, 16)), int(rng.integers(2, 12))
    rank = int(rng.integers(1, 4))
    error = float(rng.choice([1e-6, 1e-2, 0.1, 0.3, 0.9]))
    kind = ("shared", "columns", "wide seed", "tiny noise")[index // 4 % 4]
    bases = [np.linalg.qr(_normal(rng, (m, rank), dtype))[0] for _ in range(2)]
    blocks = []
    for i in range(N):
        w = 1 if kind == "columns" else int(rng.integers(0, 6))
        if kind == "wide seed":
            A = 2.0 * np.eye(m) if i == 0 else 1e-3 * _normal(rng, (m, 1), dtype)
        else:
            noise = 10.0 ** rng.uniform(-3, 0) if kind != "tiny noise" else 1e-9
            A = bases[i % 2] @ _normal(rng, (rank, w), dtype)
            A = A + noise * error * _normal(rng, (m, w), dtype)
        blocks.append(A.astype(dtype))
    if index % 5 == 4:
        blocks.append(np.zeros((m, 2), dtype))
    size = float(m * sum(A.shape[1] for A in blocks))
    options = {"method": METHODS[index % 7 % 4], "order": ("residual", "norm")[index % 2]}
    label = f"{kind} {N} blocks of height {m}, rank {rank}, error {error:g}, {options['method']}"
    return {
        "blocks": blocks, "rank": rank, "error": error, "options": options,
        "label": label, "dtype": dtype, "size": size,
    }  # fmt: skip


def _normal(rng: np.random.Generator, shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    G = rng.standard_normal(shape)
    return G + 1j * rng.standard_normal(shape) if dtype.kind == "c" else G


def _true_errors(case: Any, found: Any) -> np.ndarray:
    """Return ||M_c - U_c C_c||_F / ||M_c||_F of each cluster, in extended precision."""
    labels = np.asarray(found.labels)
    true = []
    for c, (U, parts) in enumerate(found.factors()):
        square = energy = np.longdouble(0.0)
        for i, part in zip(np.flatnonzero(labels == c), parts, strict=False):
            A = _wide(case.blocks[i])
            near = _wide(part) if U is None else _wide(U) @ _wide(part)
            square += np.sum(np.square(np.abs(A - near)))
            energy += np.sum(np.square(np.abs(A)))
        true.append(float(np.sqrt(square / energy)) if energy else 0.0)
    return np.array(true)


def _wide(A: Any) -> np.ndarray:
    x = np.asarray(A)
    return x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble)


@claim(
    "concat-cluster-partition",
    source="the definition; the published code of arXiv 2601.11626 loses blocks",
    kind="exact",
    domain="blocks",
    subject=cluster_matrices,
    cases=_collection,
    mutants={
        "published: the seed but for one is dropped": _changed(_drop_the_seed),
        "a block twice": _changed(_twice),
    },
    budget=1.5,
    full_cases=10_000,
)
def partition(case: Any, subject: Any) -> Observation:
    """Every block is in exactly one cluster, and in the factors of that cluster"""
    found = subject(case.blocks, case.rank, case.error, **case.options)
    labels = np.asarray(found.labels)
    factors = found.factors()
    wrong = abs(labels.size - len(case.blocks))
    wrong += int(np.count_nonzero((labels < 0) | (labels >= len(factors))))
    for c, (U, parts) in enumerate(factors):
        members = np.flatnonzero(labels == c)
        wrong += abs(members.size - len(parts))
        for i, part in zip(members, parts, strict=False):
            height = case.blocks[i].shape[0] if U is None else np.asarray(U).shape[1]
            wrong += np.asarray(part).shape != (height, case.blocks[i].shape[1])
    return Observation(float(wrong), 0.0)


@claim(
    "concat-cluster-upper",
    source="the residual, formed; rounding by Higham 2002, section 3.5",
    kind="always",
    domain="blocks",
    subject=cluster_matrices,
    cases=_collection,
    mutants={
        "published: by subtraction of eigenvalues": _changed(_subtract),
        "published: norms without the width condition": _weyl_without_widths,
        "without rounding": _changed(_without_rounding),
        "half of it": _changed(_halve),
    },
    tight=0.999,
    budget=2.0,
    full_cases=10_000,
)
def upper(case: Any, subject: Any) -> list[Observation]:
    """||M_c - U_c C_c||_F <= upper ||M_c||_F for every cluster c, and upper <= error"""
    found = subject(case.blocks, case.rank, case.error, **case.options)
    true, high = _true_errors(case, found), np.asarray(found.upper)
    worst = int(np.argmax(true - high))
    return [
        Observation(float(true[worst]), float(high[worst]), note="true error"),
        Observation(float(high.max()), case.error, note="budget"),
    ]


@claim(
    "concat-cluster-lower",
    source="the residual, formed; rounding by Higham 2002, section 3.5",
    kind="always",
    domain="blocks",
    subject=cluster_matrices,
    cases=_collection,
    mutants={
        "beyond the upper end": _changed(_raise),
        "the upper end": _changed(_from_the_budget),
    },
    tight=0.999,
    budget=1.5,
    full_cases=10_000,
)
def lower(case: Any, subject: Any) -> Observation:
    """lower ||M_c||_F <= ||M_c - U_c C_c||_F for every cluster c"""
    found = subject(case.blocks, case.rank, case.error, **case.options)
    true, low = _true_errors(case, found), np.asarray(found.lower)
    worst = int(np.argmax(low - true))
    return Observation(float(low[worst]), float(true[worst]))


def _product(index: int, rng: np.random.Generator) -> dict[str, Any]:
    dtype = np.dtype("fdFD"[index % 4])
    m, K = (int(x) for x in rng.integers(1, 40, 2))
    k = (1, 2, 5, 40, 300)[index // 4 % 5]
    U, C = (_normal(rng, shape, dtype).astype(dtype) for shape in ((m, k), (k, K)))
    if index % 3 == 2:  # all terms of one sign: no rounding cancels
        U, C = np.abs(U).astype(dtype), np.abs(C).astype(dtype)
    M = (U @ C).astype(dtype) if index % 2 else _normal(rng, (m, K), dtype).astype(dtype)
    return {"M": M, "U": U, "C": C, "dtype": dtype, "size": float(m * K * k)}


@claim(
    "concat-reconstruction-rounding",
    source="Higham 2002, (3.5), (3.13) and lemma 3.5",
    kind="always",
    domain="formula",
    subject=bounds.reconstruction_rounding,
    cases=_product,
    mutants={
        "eps squared": lambda shape, norm, basis, size, eps, *rest: bounds.reconstruction_rounding(
            shape, norm, basis, size, eps * eps, *rest
        ),
        "a hundredth": lambda *numbers: 0.01 * bounds.reconstruction_rounding(*numbers),
    },
    slack="worst-case sums: the rounding of k terms grows like sqrt(k), and |U| |C| is rarely "
    "as large as the product of the norms",
    budget=0.5,
)
def reconstruction_rounding(case: Any, subject: Any) -> Observation:
    """||fl(M - fl(U C)) - (M - U C)||_F <= g (||M||_F + 2 ||U||_F ||C||_F)"""
    M, U, C = case.M, case.U, case.C
    true = _wide(M) - _wide(U) @ _wide(C)
    off = float(np.sqrt(np.sum(np.square(np.abs(_wide(M - U @ C) - true)))))
    norms = (float(np.linalg.norm(X.astype(np.result_type(X.dtype, float)))) for X in (M, U, C))
    shape = (*M.shape, U.shape[1])
    return Observation(off, subject(shape, *norms, float(np.finfo(case.dtype).eps)))


def _chain(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return blocks and what a chain of truncated merges keeps of them."""
    m, N = int(rng.integers(2, 12)), int(rng.integers(1, 7))
    keep = int(rng.integers(1, m + 1))
    decay = np.diag(rng.uniform(0.3, 1.0) ** np.arange(m))
    blocks = [decay @ rng.standard_normal((m, int(rng.integers(1, 6)))) for _ in range(N)]
    if index % 4 == 3:  # discarded directions that never meet: the lower end is attained
        keep, blocks = 1, [np.eye(m)[:, i : i + 1] for i in range(min(m, N + 1))]
    state, dropped, top = np.zeros((m, 0)), 0.0, 0.0
    for A in blocks:
        U, S, _ = np.linalg.svd(np.hstack([state, A]), full_matrices=False)
        dropped += float(np.sum(S[keep:] ** 2))
        top += float(S[keep] ** 2) if S.size > keep else 0.0
        state = (U * S)[:, :keep]
    S = np.sort(np.linalg.norm(state, axis=0))[::-1]
    return {"M": np.hstack(blocks), "S": S, "dropped": dropped, "top": top, "size": float(m * N)}


@claim(
    "concat-two-sided-tails",
    source="T2, from Pythagoras and Weyl; proof in docs/theory/concat.md",
    kind="always",
    domain="formula",
    subject=bounds.two_sided_tails,
    cases=_chain,
    mutants={
        "what was dropped is forgotten": lambda S, dropped, rank, top: bounds.two_sided_tails(
            S, 0.0, rank
        ),
        "the upper end as lower": lambda S, dropped, rank, top: (
            (bounds.two_sided_tails(S, dropped, rank)[1],) * 2
        ),
    },
    tight=0.999,
    budget=0.5,
)
def two_sided_tails(case: Any, subject: Any) -> list[Observation]:
    """rest_k - min(tr D, k ||D||) <= tail_k(M)^2 <= rest_k = sum_{i>k} S_i^2 + tr D, all k"""
    rank = case.S.size
    low, high = (np.asarray(end) for end in subject(case.S, case.dropped, rank, top=case.top))
    sigma = np.append(np.linalg.svd(case.M, compute_uv=False), np.zeros(rank + 1))
    true = np.cumsum(sigma[::-1] ** 2)[::-1][: rank + 1]
    slack = 100.0 * EPS * true[0]
    above, below = int(np.argmax(true - high)), int(np.argmax(low - true))
    return [
        Observation(float(true[above]), float(high[above] + slack)),
        Observation(float(low[below]), float(true[below] + slack)),
    ]
