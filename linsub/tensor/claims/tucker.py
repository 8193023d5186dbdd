"""Tucker decompositions against the account of their errors."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from linsub.tensor import TuckerResult, bounds, hooi, hosvd, sthosvd, tucker_to_dense
from linsub.verify import Observation, claim


def _tensors(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return tensors of two to four modes: noise, decaying, of low rank, truncated in one mode."""
    shape = tuple(int(n) for n in rng.integers(2, 7, size=2 + index % 3))
    X = rng.standard_normal(shape)
    if index % 5 == 4:
        X = X + 1j * rng.standard_normal(shape)
    kind = ("noise", "decay", "single mode")[index % 3]
    ranks = [int(rng.integers(1, n + 1)) for n in shape]
    if kind == "decay":
        for mode, n in enumerate(shape):
            X = X * np.expand_dims(
                0.2 ** np.arange(n), tuple(m for m in range(len(shape)) if m != mode)
            )
    elif kind == "single mode":
        ranks = [*shape[:-1], max(1, shape[-1] // 2)]
    X = X * 10.0 ** rng.uniform(-20.0, 20.0)
    label = f"{kind}, {'x'.join(map(str, shape))} to {'x'.join(map(str, ranks))}"
    return {"X": X, "ranks": ranks, "label": label, "size": float(X.size)}


def _squares(X: np.ndarray) -> float:
    return float((np.abs(X) ** 2).sum())


def _error(X: np.ndarray, found: Any) -> float:
    return float(np.sqrt(_squares(X - tucker_to_dense(found[0], found[1]))))


def _tails(X: np.ndarray, ranks: Any) -> list[float]:
    """Return the discarded energy of each unfolding, by LAPACK."""
    found = []
    for mode, r in enumerate(ranks):
        A = np.moveaxis(X, mode, 0).reshape(X.shape[mode], -1)
        found.append(float((np.linalg.svd(A, compute_uv=False)[r:] ** 2).sum()))
    return found


def _rebuilt(found: Any, core: Any, factors: Any) -> Any:
    return TuckerResult(core, factors, certificate=found.certificate, info=found.info)


def _last_columns(method: Any) -> Any:
    """Return a mutant that keeps the wrong end of the first basis."""

    def mutant(X: Any, ranks: Any, **options: Any) -> Any:
        full = method(X, [X.shape[0], *ranks[1:]], **options)
        core, factors = full
        r = ranks[0]
        return _rebuilt(method(X, ranks, **options), core[-r:], (factors[0][:, -r:], *factors[1:]))

    return mutant


def _core_shrunk(X: Any, ranks: Any, **options: Any) -> Any:
    found = hosvd(X, ranks, **options)
    return _rebuilt(found, found.core * 0.9, found.factors)


OPTIONS: dict[str, Any] = {
    "domain": "sampler", "cases": _tensors, "budget": 0.3, "max_cases": 60, "min_cases": 15,
}  # fmt: skip


@claim(
    "tensor-sequential-identity",
    source="Vannieuwenhoven, Vandebril & Meerbergen 2012, thm 5.1",
    kind="exact",
    subject=sthosvd,
    mutants={"the wrong end of a basis": _last_columns(sthosvd)},
    eps_multiple=100.0,
    **OPTIONS,
)
def sequential_identity(case: Any, subject: Any) -> Any:
    """The squared error of ST-HOSVD is the sum of the energies that its steps discard."""
    found = subject(case.X, case.ranks)
    total = _squares(case.X)
    told = bounds.sequential_error(found.info.details["discarded"] * total)
    return Observation(_error(case.X, found) ** 2, told**2, scale=total)


@claim(
    "tensor-projection-identity",
    source="De Lathauwer, De Moor & Vandewalle 2000, property 10 (Pythagoras)",
    kind="exact",
    subject=hosvd,
    mutants={"a core that does not fit": _core_shrunk},
    eps_multiple=100.0,
    **OPTIONS,
)
def projection_identity(case: Any, subject: Any) -> Any:
    """||X - X_hat||^2 = ||X||^2 - ||core||^2 for the core that fits orthonormal factors."""
    found = subject(case.X, case.ranks)
    total = _squares(case.X)
    told = bounds.projection_error(total, min(total, _squares(found[0])))
    return Observation(_error(case.X, found) ** 2, told**2, scale=total)


def _by_slices(X: Any, ranks: Any, **_: Any) -> Any:
    """Keep the first entries of each mode in place of the leading vectors."""
    factors = tuple(np.eye(n, r, dtype=X.dtype) for n, r in zip(X.shape, ranks, strict=True))
    core = X[tuple(slice(r) for r in ranks)]
    return _rebuilt(hosvd(X, ranks), core, factors)


@claim(
    "tensor-hosvd-bounds",
    source="De Lathauwer, De Moor & Vandewalle 2000; Hackbusch 2012, thm 10.3",
    kind="always",
    subject=hosvd,
    mutants={"entries for vectors": _by_slices},
    tight=0.999,
    **OPTIONS,
)
def hosvd_bounds(case: Any, subject: Any) -> Any:
    """max_n tail_n <= best error <= error of HOSVD <= sqrt(sum_n tail_n) <= sqrt(N) best."""
    found = subject(case.X, case.ranks)
    tails, error = _tails(case.X, case.ranks), _error(case.X, found)
    rounding = 1e-14 * float(np.sqrt(_squares(case.X)))
    upper, lower = bounds.hosvd_error(tails), bounds.best_error_lower(tails)
    better = _error(case.X, hooi(case.X, case.ranks, maxiter=20, on_fail="return"))
    root = bounds.quasi_optimality(case.X.ndim)
    return [
        Observation(error, upper + rounding, note="from the tails"),
        Observation(lower, error + rounding, note="from below"),
        Observation(error, root * better + rounding, note="near the best"),
    ]


def _lavish(X: Any, error: float) -> Any:
    return hosvd(X, error=min(0.99, error * float(np.sqrt(X.ndim))))


@claim(
    "tensor-error-budget",
    source="Vannieuwenhoven, Vandebril & Meerbergen 2012, sec. 6; shares handed on",
    kind="always",
    subject=sthosvd,
    mutants={"the whole budget to each mode": _lavish},
    tight=0.5,
    **OPTIONS,
)
def error_budget(case: Any, subject: Any) -> Any:
    """Ranks chosen for a relative error keep it."""
    norm = float(np.sqrt(_squares(case.X)))
    found = []
    for error in (0.6, 0.2, 1e-4, 1e-9):
        made = subject(case.X, error=error)
        found.append(
            Observation(_error(case.X, made) / norm, error + 1e-14, note=f"error={error:g}")
        )
    return found


@claim(
    "tensor-hooi-monotone",
    source="De Lathauwer, De Moor & Vandewalle 2000b, sec. 4",
    kind="always",
    subject=hooi,
    mutants={"no better than entries": _by_slices},
    tight=0.999,
    **OPTIONS,
)
def hooi_monotone(case: Any, subject: Any) -> Any:
    """Iterating never errs more than its start, and the norm of the core never falls."""
    found = subject(case.X, case.ranks, maxiter=10, on_fail="return")
    start = sthosvd(case.X, case.ranks)
    rounding = 1e-14 * float(np.sqrt(_squares(case.X)))
    made = [Observation(_error(case.X, found), _error(case.X, start) + rounding, note="start")]
    for before, after in itertools.pairwise(found.info.details.get("core_norms", [])):
        made.append(Observation(float(before), float(after) + 1e-14, note="sweep"))
    return made


def _optimist(X: Any, ranks: Any) -> Any:
    """Claim the best error for one's own."""
    core, factors = found = sthosvd(X, ranks)
    known: Any = found.certificate
    told = dataclasses.replace(known, frobenius_error=known.best_error_lower)
    return TuckerResult(core, factors, certificate=told, info=found.info)


@claim(
    "tensor-certificate",
    source="the residual itself, rounding included",
    kind="always",
    subject=sthosvd,
    mutants={"the lower bound for the error": _optimist},
    tight=0.999,
    **OPTIONS,
)
def certificate(case: Any, subject: Any) -> Any:
    """The error in extended precision is between the certified ones."""
    found = subject(case.X, case.ranks)
    known = found.certificate
    kind = np.clongdouble if case.X.dtype.kind == "c" else np.longdouble
    Y = found[0].astype(kind)
    for mode, U in enumerate(found[1]):
        Y = np.moveaxis(np.tensordot(U.astype(kind), Y, (1, mode)), 0, mode)
    error = float(np.sqrt((np.abs(case.X.astype(kind) - Y) ** 2).sum()))
    return [
        Observation(error, float(known.frobenius_error), note="upper"),
        Observation(float(known.best_error_lower), error * (1 + 1e-15), note="lower"),
    ]
