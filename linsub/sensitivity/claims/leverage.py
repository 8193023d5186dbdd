"""Leverage scores: a projection's diagonal, their errors, ridge, subsets and sketches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.results import Bound
from linsub.sensitivity import (
    ApproxLeverageCertificate,
    LeverageCertificate,
    LeverageResult,
    approx_leverage_scores,
    leverage_scores,
)
from linsub.sensitivity.bounds import (
    effective_dimension,
    leverage_perturbation,
    projected_length,
)
from linsub.verify import Observation, claim

EPS = float(np.finfo(np.float64).eps)

Scores = Callable[..., LeverageResult]


def _tall(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """A matrix of some rank, with heavy tails, zero rows or columns of different units."""
    n, d = int(rng.integers(3, 60)), int(rng.integers(1, 9))
    A = rng.standard_t(2, (n, d)) if index % 2 else rng.standard_normal((n, d))
    rank = min(n, d)
    if index % 4 == 1 and d > 1:
        A[:, -1] = A[:, 0]
        rank = min(n, d - 1)
    if index % 4 == 2:
        A[0] = 0.0
        rank = min(n - 1, d)
    if index % 4 == 3:
        A = A * np.exp2(rng.integers(-300, 300, d))
    if index % 5 == 4:
        A = A + 1j * A[::-1]
        rank = int(np.linalg.matrix_rank(A / np.maximum(np.abs(A).max(axis=0), 1e-300)))
    return {"A": A, "rank": rank, "label": f"{n} x {d}", "size": float(n)}


def _changed(change: Callable[[Any, LeverageResult], np.ndarray]) -> Scores:
    def mutant(A: Any, **options: Any) -> LeverageResult:
        found = leverage_scores(A, **options)
        return LeverageResult(change(A, found), found.rank, certificate=found.certificate)

    return mutant


def _row_norms(A: Any, found: LeverageResult) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(np.abs(np.asarray(A) / max(np.abs(A).max(), 1e-300))).sum(axis=1)
        return np.asarray(found.rank * squares / max(float(squares.sum()), 1e-300))


@claim(
    "sensitivity-leverage-sum",
    source="Chatterjee & Hadi 1986; P = P^2 = P^H for the projection onto the range",
    kind="exact",
    domain="matrix",
    subject=leverage_scores,
    mutants={
        "squared rows": _changed(_row_norms),
        "one row less": _changed(lambda A, found: np.concatenate([found.scores[1:], [0.0]])),
        "of the mean too": _changed(lambda A, found: found.scores + 1.0 / found.scores.size),
    },
    cases=_tall,
    budget=0.3,
    eps_multiple=1e4,
)
def scores_sum_to_the_rank(case: Any, subject: Scores) -> list[Observation]:
    """The scores sum to the rank, are those of 2^k A to the bit, and sum_j |P_ij|^2 = P_ii."""
    A = case.A
    found = subject(A)
    tau = np.asarray(found.scores)
    seen = [Observation(float(tau.sum()), float(case.rank), note="sum")]
    Q = A / np.maximum(np.abs(A).max(axis=0), 1e-300)
    U, s, _ = np.linalg.svd(Q, full_matrices=False)
    U = U[:, s > 1e-10 * s[0]]
    squares = np.square(np.abs(U @ U.conj().T)).sum(axis=1)
    error = float(np.abs(tau - squares).max())
    seen.append(Observation(error, 0.0, note="sum of squares"))
    same = float(np.abs(subject(A * 2.0**40).scores - tau).max())
    return [*seen, Observation(same, 0.0, note="2^40 A", eps_multiple=0.0)]


def _known(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """``[H; 2^s H] R`` in exact arithmetic: orthogonal columns of +-1, and a triangle of integers.

    R has diagonal powers of two down to 2^-k: A has a condition of 2^k and more.
    """
    d, s, k = int(rng.integers(1, 9)), int(rng.integers(-3, 4)), int(rng.integers(0, 27))
    H = np.ones((1, 1))
    while H.shape[0] < 16:
        H = np.block([[H, H], [H, -H]])
    H = H[:, rng.permutation(16)[:d]]
    R = np.triu(rng.integers(-3, 4, (d, d)).astype(float), 1)
    R += np.diag(np.exp2(-rng.integers(0, k + 1, d)))
    A = np.concatenate([H @ R, 2.0**s * (H @ R)])
    weight = np.concatenate([np.ones(16), np.full(16, 4.0**s)])
    return {"A": A, "tau": d * weight / weight.sum(), "label": f"d = {d}, 2^-{k}", "size": 2.0**k}


def _single(A: Any, found: LeverageResult) -> np.ndarray:
    Q = np.linalg.qr(np.asarray(A, np.float32))[0].astype(np.float64)
    return np.asarray(np.square(Q).sum(axis=1))


def _bolder(A: Any, **options: Any) -> LeverageResult:
    found = leverage_scores(A, **options)
    certificate: Any = found.certificate
    error = certificate.relative_error
    value = 0.0 if error is None else 1e-7 * error.value
    bold = LeverageCertificate(relative_error=Bound(value, "bound", "relative error"))
    return LeverageResult(*found, certificate=bold)


@claim(
    "sensitivity-leverage-certificate",
    source="derived in docs/theory/sensitivity.md; Higham 2002, sections 3.1 and 8.1",
    kind="always",
    domain="matrix",
    subject=leverage_scores,
    mutants={"single precision": _changed(_single), "a bound that is too bold": _bolder},
    cases=_known,
    budget=0.3,
    slack="Rounding errors are taken at their worst, each of them, and norms of absolute values.",
)
def certificate_holds(case: Any, subject: Scores) -> list[Observation] | None:
    """|scores - tau| / tau <= certificate.relative_error, for matrices whose scores are known."""
    seen = []
    for method in ("auto", "sketch", "qr"):
        found = subject(case.A, method=method)
        certificate: Any = found.certificate
        error = certificate.relative_error
        if error is not None:
            off = float((np.abs(found.scores - case.tau) / case.tau).max())
            seen.append(Observation(off, error.value, note=method))
    return seen or None


def _turned(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n = int(rng.integers(2, 8))
    r = int(rng.integers(1, n))
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    if index % 2:  # a row in the plane of the turn: the bound is attained
        n, r = 2, 1
        Q = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    U = Q[:, :r]
    E = rng.standard_normal((n, r)) * 10.0 ** rng.uniform(-3, 0)
    V = np.linalg.qr(U + E)[0]
    sine = float(np.linalg.norm(U @ U.T - V @ V.T, 2))
    return {"U": U, "V": V, "sine": min(sine, 1.0), "label": f"{n}, {r}", "size": float(n)}


def _first_order(score: float, sine: float) -> tuple[float, float]:
    move = 2.0 * sine * (score * max(1.0 - score, 0.0)) ** 0.5
    return max(score - move, 0.0), min(score + move, 1.0)


@claim(
    "sensitivity-leverage-perturbation",
    source="Ipsen & Wentworth 2014, arXiv 1402.0957; proved in docs/theory/sensitivity.md",
    kind="always",
    domain="pair",
    subject=leverage_perturbation,
    mutants={
        "half the angle": lambda score, sine: leverage_perturbation(score, 0.5 * sine),
        "first order": _first_order,
    },
    cases=_turned,
    tight=0.999,
    budget=0.2,
)
def perturbation(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """cos^2(a + t) <= tau' <= cos^2(a - t) for a score cos^2 a and a largest angle t."""
    before = np.minimum(np.square(case.U).sum(axis=1), 1.0)
    after = np.square(case.V).sum(axis=1)
    seen = []
    for tau, new in zip(before.tolist(), after.tolist(), strict=True):
        low, high = subject(tau, case.sine)
        # cos^2 near the ends of the range loses half of the digits of the angle.
        slack = 1e-7 * case.sine + 1e-13
        seen.append(Observation(new, high + slack, note="above"))
        seen.append(Observation(1.0 - new, 1.0 - low + slack, note="below"))
    return seen


def _grown(A: Any, found: LeverageResult) -> np.ndarray:
    return np.asarray(found.scores * np.sqrt(len(found.scores)))


@claim(
    "sensitivity-leverage-subset",
    source="Cohen, Lee, Musco, Musco, Peng & Sidford 2015, arXiv 1408.5099",
    kind="always",
    domain="matrix",
    subject=leverage_scores,
    mutants={
        "squared rows of Q times the root of n": _changed(_grown),
        "reversed": _changed(lambda A, found: found.scores[::-1]),
    },
    cases=_tall,
    budget=0.3,
    tight=0.999,
)
def subsets_overestimate(case: Any, subject: Scores) -> list[Observation]:
    """tau_i(A) <= tau_i of any set of rows that has row i: uniform samples overestimate."""
    A, rng = case.A, case.rng
    n = A.shape[0]
    tau = subject(A).scores
    seen = []
    for size in (1, n // 2, n - 1):
        rows = np.sort(rng.permutation(n)[: max(size, 1)])
        some = np.asarray(subject(A[rows]).scores)
        for i, value in zip(rows[:5], some[:5], strict=False):
            seen.append(Observation(float(tau[i]), float(value) + 1e-9, note=f"{rows.size} rows"))
    return seen


def _ridged(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = _tall(index, rng)
    scale = float(np.abs(made["A"]).max())
    made["A"] = made["A"] / scale if scale > 0.0 else made["A"]
    return {**made, "ridge": 10.0 ** rng.uniform(-6, 2)}


@claim(
    "sensitivity-leverage-ridge",
    source="Alaoui & Mahoney 2015, arXiv 1411.0306",
    kind="exact",
    domain="matrix",
    subject=leverage_scores,
    mutants={
        "its square": lambda A, ridge=0.0: leverage_scores(A, ridge=ridge * ridge),
        "none": lambda A, ridge=0.0: leverage_scores(A),
    },
    cases=_ridged,
    budget=0.2,
    eps_multiple=1e4,
)
def ridge_scores(case: Any, subject: Scores) -> list[Observation]:
    """Ridge scores sum to the effective dimension sum s_j^2 / (s_j^2 + ridge), and fall."""
    A, ridge = case.A, case.ridge
    sigma = np.linalg.svd(A, compute_uv=False)
    few, more = subject(A, ridge=4.0 * ridge).scores, subject(A, ridge=ridge).scores
    rise = float(np.maximum(few - more, 0.0).max())
    dimension = effective_dimension(sigma, ridge)
    return [
        Observation(float(more.sum()), dimension, scale=max(1.0, dimension), note="sum"),
        Observation(rise, 0.0, note="falls"),
    ]


def _to_sketch(index: int, rng: np.random.Generator) -> dict[str, Any]:
    n, d = int(rng.integers(60, 400)), int(rng.integers(1, 7))
    A = rng.standard_t(2, (n, d)) * np.exp2(rng.integers(-9, 9, d))
    return {"A": A, "label": f"{n} x {d}", "size": float(n)}


def _swapped(A: Any, **options: Any) -> LeverageResult:
    found = approx_leverage_scores(A, **options)
    c: Any = found.certificate
    low, high = 1.0 / c.upper.value, 1.0 / c.lower.value
    moved = ApproxLeverageCertificate(Bound(low, "bound", "lower"), Bound(high, "bound", "upper"))
    return LeverageResult(*found, certificate=moved)


def _unsketched(A: Any, **options: Any) -> LeverageResult:
    found = approx_leverage_scores(A, **options)
    return LeverageResult(_row_norms(A, found), found.rank, certificate=found.certificate)


@claim(
    "sensitivity-leverage-sketched",
    source="Drineas, Magdon-Ismail, Mahoney & Woodruff 2012, arXiv 1109.3843",
    kind="always",
    domain="matrix",
    subject=approx_leverage_scores,
    mutants={"factors the wrong way round": _swapped, "squared rows of A": _unsketched},
    cases=_to_sketch,
    budget=0.4,
    max_cases=30,
    tight=0.9,
)
def sketched_scores(case: Any, subject: Scores) -> list[Observation]:
    """tau / scores is within the inverses of the extreme eigenvalues of Z^H Z, Z = A R^-1."""
    found = subject(case.A, size=8 * case.A.shape[1], rng=case.rng)
    tau = leverage_scores(case.A).scores
    ratio = tau / np.maximum(found.scores, 1e-300)
    c: Any = found.certificate
    return [
        Observation(float(ratio.max()), c.upper.value * (1.0 + 1e-9), note="above"),
        Observation(1.0 / float(ratio.min()), (1.0 + 1e-9) / c.lower.value, note="below"),
    ]


@claim(
    "sensitivity-leverage-projected",
    source="Johnson & Lindenstrauss 1984; the law of chi^2",
    kind="probability",
    domain="formula",
    subject=projected_length,
    mutants={
        "without the union": lambda k, n, failure_prob: projected_length(k, 1, failure_prob),
        "a quarter of the columns": lambda k, n, delta: projected_length(4 * k, n, delta),
    },
    failure_prob=0.1,
    cases=lambda index, rng: {
        "k": int(rng.integers(2, 40)), "label": f"case {index}", "size": 50.0,
    },
    budget=0.3,
    max_cases=40,
    slack="The union bound over rows counts their failures as if no two happened together.",
)  # fmt: skip
def projected_rows(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """||z G||^2 / ||z||^2 is within the quantiles of chi^2_k / k at failure_prob / (2 n)."""
    rng, n = case.rng, 50
    low, high = subject(case.k, n, 0.1)
    seen = []
    for _ in range(4):
        G = rng.standard_normal((n, case.k)) / np.sqrt(case.k)
        ratio = np.square(G).sum(axis=1)  # orthonormal z: independent rows
        seen.append(Observation(max(float(ratio.max()) / high, low / float(ratio.min())), 1.0))
    return seen
