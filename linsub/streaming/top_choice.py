"""The candidates for the top eigenvector, what is proved of each, and which one is handed out."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from linsub._core.dense.eigh import eigh
from linsub.streaming import bounds
from linsub.streaming.rate_grid import BLOCK
from linsub.streaming.top_state import EPS, TopState

__all__ = ["EPS", "Answer", "Candidate", "Known", "choose", "rounded", "summary"]


@dataclasses.dataclass
class Candidate:
    """A unit vector with a bound on its sine and guesses of ``||A v||^2``, nan for none.

    `ahead` was measured on rows that came after the vector that this one descends from.
    """

    name: str
    vector: np.ndarray
    sine: float = 1.0
    ahead: float = math.nan
    sampled: float = math.nan


@dataclasses.dataclass
class Answer:
    """The choice and what holds for the stream, in the unit of the state."""

    chosen: Candidate
    lower: float
    upper: float
    second: float
    notes: tuple[str, ...]
    details: dict[str, float]


@dataclasses.dataclass
class Known:
    """``S - low <= M <= S + high`` and what follows for the eigenvalues."""

    has_sketch: bool
    total: float  # an upper bound
    width: float  # the shrinkage
    slack: float
    first: float
    gap_second: float
    lower: float
    upper: float
    second: float


def choose(state: TopState, order: str) -> Answer:
    """Return the best candidate: the one with the least bound, or the likeliest if none has any."""
    if state.gram is not None:
        return _exact(state)
    values, vectors = state.kept_spectrum(2)
    known = _known(state, values)
    found = _candidates(state, vectors[:, 0])
    for one in found:
        one.sine = min(one.sine, _certified(state, known, one.vector))
    _own_bounds(state, known, found)
    _carry_over(found)
    trusted = order == "random" and not state.is_disordered()
    chosen = _best(found, trusted)
    notes: tuple[str, ...] = ()
    if order == "random" and not trusted:
        notes = (
            "the rows do not look randomly ordered: estimates from later blocks were not used",
        )
    details = {"suspicion": state.doubt(), "shrinkage": state.shrinkage}
    return Answer(chosen, known.lower, known.upper, known.second, notes, details)


def summary(state: TopState, top: int) -> tuple[Known, np.ndarray]:
    """Return what is known of the spectrum, and the leading vectors of what is kept."""
    values, vectors = state.kept_spectrum(max(top, 2))
    return _known(state, values), vectors[:, :top]


def _mass(state: TopState) -> float:
    """Return an upper bound on ``||A||_F^2``."""
    return state.total * (1.0 + (state.d + state.chunks + state.chunk + 12.0) * EPS)


def _exact(state: TopState) -> Answer:
    assert state.gram is not None
    d = state.d
    values, vectors = eigh(state.gram, min(2, d))
    # Rounding may take the eigenvalues of a semidefinite matrix below zero.
    first, second = (max(0.0, float(x)) for x in (values[0], values[1] if d > 1 else 0.0))
    # Chunks are summed one after the other; LAPACK's share is a modest multiple of eps ||M||.
    slack = EPS * ((state.chunks + state.chunk + 12.0) * state.total + 8.0 * d * first)
    sine = 0.0 if d == 1 else bounds.eigenvector_certificate(first, second, 0.0, slack)
    vector = vectors[:, 0] if first > 0.0 else np.eye(1, d)[0]
    total = _mass(state)
    return Answer(
        Candidate("covariance", vector, sine),
        max(0.0, first - slack),
        min(first + slack, total),
        max(0.0, min(second + slack, total)),
        (),
        {"gap": first - second},
    )


def _known(state: TopState, values: np.ndarray) -> Known:
    total = _mass(state)
    kept = state.sketch.shape[0] + state.heavy.shape[0]
    first, second = float(values[0]), float(values[1])
    slack = state.rounding + 8.0 * (kept + math.sqrt(state.d) + 4.0) * EPS * first
    lower, upper, above = max(0.0, first - slack), total, math.inf
    has_sketch = state.settings.sketch_size > 0 and state.gram is None
    if has_sketch:
        upper = min(total, first + state.shrinkage + slack)
        above = second + state.shrinkage + slack
    if state.chains is not None:
        # Rows after a vector was fixed, and rows that are kept, are some of all rows.
        W = state.chains.watched()
        some = state.chains.gram.diagonal() + np.square(state.heavy @ W).sum(axis=0)
        small = (2.0 * state.d + state.chunks + state.chunk + 12.0) * EPS
        lower = max(lower, float(some.max(initial=0.0)) * (1.0 - small) - small * state.total)
    upper = max(upper, lower)
    return Known(
        has_sketch=has_sketch,
        total=total,
        width=state.shrinkage if has_sketch else math.inf,
        slack=slack,
        first=first,
        gap_second=second,
        lower=lower,
        upper=upper,
        second=max(0.0, min(above, total - lower)) if state.d > 1 else 0.0,
    )


def _candidates(state: TopState, top: np.ndarray) -> list[Candidate]:
    """Return the vectors that the method may hand out."""
    method = state.settings.method
    found = []
    if method in ("fd", "combined") or (method == "block_power" and state.chains is None):
        found.append(Candidate("sketch", top))
    scores, guest_scores = np.zeros(0), np.zeros(0)
    if state.chains is not None:
        scores, guest_scores = state.chains.ahead(state.heavy)
        if method != "oja_grid":
            Z = state.chains.stepped(state.heavy)
            found += [
                Candidate("chain", Z[:, j], ahead=float(scores[j])) for j in range(Z.shape[1])
            ]
    if state.grid is not None and state.grid.rates[0] > 0.0:
        found += _of_rates(state, guest_scores)
    if state.heavy.shape[0]:
        row = state.heavy[int(np.argmax(state.heavy_squares))]
        found.append(Candidate("row", row / np.linalg.norm(row)))
    found = [one for one in found if float(np.linalg.norm(one.vector)) > 0.5]
    if not found:
        found = [Candidate("none", np.eye(1, state.d)[0])]
    if state.sample is not None:
        W = np.stack([one.vector for one in found], axis=1)
        sampled = state.sample.estimate(W)[0] + np.square(state.heavy @ W).sum(axis=0)
        for one, value in zip(found, sampled, strict=True):
            one.sampled = float(value)
    return found


def _of_rates(state: TopState, scores: np.ndarray) -> list[Candidate]:
    """Return the iterates, with the numbers of their rates in their names, and their averages."""
    assert state.grid is not None
    V, averages = state.grid.directions(), state.grid.averaged()
    ahead = np.full(V.shape[1], math.nan)
    seen = scores[state.grid.shifted :]
    ahead[: seen.size] = seen
    found = []
    for j in range(V.shape[1]):
        found.append(Candidate(f"oja {j}", V[:, j]))
        found.append(Candidate("averaged oja", averages[:, j], ahead=float(ahead[j])))
    return found


def _certified(state: TopState, known: Known, v: np.ndarray) -> float:
    """Return a bound on the sine of any unit vector, from the sketch and the kept rows."""
    if state.d == 1:
        return 0.0
    T = np.concatenate([state.sketch, state.heavy])
    Tv = T @ v
    rho = float(Tv @ Tv)
    small = 4.0 * (state.d + T.shape[0]) * EPS * max(known.first, rho)
    low = rho - small - known.slack
    found = min(
        bounds.rayleigh_bound(low, known.upper, known.second), bounds.trace_bound(low, known.total)
    )
    if known.has_sketch:
        half = 0.5 * known.width
        r = float(np.linalg.norm(T.T @ Tv - rho * v)) + half + known.slack + small
        found = min(found, bounds.residual_certificate(rho + half, r, known.second))
    return rounded(found, state.d)


def rounded(sine: float, d: int) -> float:
    return 1.0 if sine >= 1.0 else min(1.0, sine * (1.0 + 64.0 * EPS) + 4.0 * math.sqrt(d) * EPS)


def _own_bounds(state: TopState, known: Known, found: list[Candidate]) -> None:
    """Add what holds for a candidate by where it comes from."""
    d = state.d
    if d == 1:
        return
    logs = state.grid.log_norms() if state.grid is not None else np.zeros(0)
    for one in found:
        if one.name == "sketch" and known.has_sketch:
            sine = bounds.eigenvector_certificate(
                known.first, known.gap_second, known.width, known.slack
            )
        elif one.name == "row":
            q = float(state.heavy_squares.max()) * (1.0 - (d + 4.0) * EPS)
            sine = bounds.heavy_row_bound(q, known.second)
        elif one.name.startswith("oja "):
            assert state.grid is not None
            j = int(one.name.split()[1])
            eta = float(state.grid.rates[j])
            kappa = bounds.growth_rounding(
                eta, float(state.grid.mass[j]), int(state.grid.count[j]), d, BLOCK
            )
            sine = bounds.growth_bound(eta, known.second, float(logs[j]), rounding=kappa)
            one.name = "oja"
        else:
            continue
        one.sine = min(one.sine, rounded(sine, d))


def _carry_over(found: list[Candidate]) -> None:
    """Lower the bounds of all by the best one and the angles to it."""
    best = min(found, key=lambda one: one.sine)
    if best.sine >= 1.0:
        return
    for one in found:
        off = one.vector - best.vector * float(one.vector @ best.vector)
        apart = float(np.linalg.norm(off)) + 8.0 * math.sqrt(off.size) * EPS
        one.sine = min(one.sine, bounds.angle_sum_bound(min(1.0, apart), best.sine))


def _best(found: list[Candidate], trusted: bool) -> Candidate:
    best = min(found, key=lambda one: one.sine)
    if best.sine < 1.0:
        return best
    if trusted and any(one.ahead > 0.0 for one in found):
        return max(found, key=lambda one: one.ahead if one.ahead > 0.0 else -1.0)
    return max(found, key=lambda one: one.sampled if one.sampled >= 0.0 else -1.0)
