"""How one observation is judged, and how many of them make a verdict."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.verify.observations import Observation, Sample
from linsub.verify.registry import Claim

__all__ = [
    "FALSE_ALARM",
    "Judged",
    "betting_p_value",
    "binomial_p_value",
    "clopper_pearson",
    "judge",
    "student_p_value",
]

# The chance that a true statistical claim is called violated in one run, for each claim.
# With some fifty claims of that kind, one run in twenty thousand cries wolf.
FALSE_ALARM = 1e-6

# Bets of the betting test: a stake near 1 finds a gross excess in some twenty draws, one
# near 0.01 an excess of 1 % under a large variance; a mixture of stakes is a bet too.
STAKES = np.concatenate([np.geomspace(0.004, 0.5, 16), [0.6, 0.7, 0.8, 0.9, 0.97]])


@dataclasses.dataclass(frozen=True)
class Judged:
    """An observation with its judgement.

    `state` is ``held``, ``failed`` (against the bound; for a probability, one failed
    trial), ``suspect`` (a sample whose test must still be corrected for the number of
    samples), ``error`` (an exception, nan or infinity) or ``vacuous``.
    """

    measured: float
    bound: float
    ratio: float
    state: str
    size: float | None = None
    note: str = ""
    p_value: float | None = None
    trace: str = ""


def judge(made: Claim, case: Any, result: Any) -> list[Judged]:
    """Judge what the claim returned on one case; an empty list means skipped."""
    if result is None:
        return []
    if isinstance(result, Observation | Sample):
        result = [result]
    judged = []
    for item in result:
        if isinstance(item, Sample):
            if made.kind != "expectation":
                raise InvalidTypeError(f"a claim of kind {made.kind!r} returned a Sample")
            judged.append(_judge_sample(item, case))
        elif isinstance(item, Observation):
            judged.append(_judge_observation(made, item, case))
        else:
            raise InvalidTypeError(
                f"a claim returns Observation, Sample, a list of them or None, "
                f"got {type(item).__name__}"
            )
    return judged


def _judge_observation(made: Claim, seen: Observation, case: Any) -> Judged:
    measured, bound = float(seen.measured), float(seen.bound)
    size = _size(seen.size, case)
    if not math.isfinite(measured) or math.isnan(bound):
        note = _joined(seen.note, "not finite")
        return Judged(measured, bound, math.inf, "error", size, note)
    if made.kind == "exact":
        multiple = made.eps_multiple if seen.eps_multiple is None else seen.eps_multiple
        tolerance = multiple * _eps(case) * float(seen.scale)
        if math.isnan(tolerance) or not math.isfinite(bound):
            note = _joined(seen.note, "scale or bound is not finite")
            return Judged(measured, bound, math.inf, "error", size, note)
        ratio = _ratio(abs(measured - bound), tolerance)
        held = abs(measured - bound) <= tolerance
    else:
        if bound == math.inf:
            return Judged(measured, bound, 0.0, "vacuous", size, seen.note)
        ratio = _ratio(measured, bound)
        held = measured <= bound or made.kind == "rate"
    return Judged(measured, bound, ratio, "held" if held else "failed", size, seen.note)


def _judge_sample(sample: Sample, case: Any) -> Judged:
    values = np.asarray(sample.values, dtype=np.float64).ravel()
    bound = float(sample.mean_bound)
    size = _size(sample.size, case)
    if values.size == 0:
        raise InvalidInputError("a Sample has no values")
    mean = float(values.mean())
    if not math.isfinite(mean) or math.isnan(bound):
        return Judged(mean, bound, math.inf, "error", size, _joined(sample.note, "not finite"))
    if bound == math.inf:
        return Judged(mean, bound, 0.0, "vacuous", size, sample.note)
    if sample.lower is None:
        p_value = student_p_value(values, bound)
    else:
        p_value = betting_p_value(values, bound, float(sample.lower))
    state = "suspect" if p_value < FALSE_ALARM else "held"
    return Judged(mean, bound, _ratio(mean, bound), state, size, sample.note, p_value)


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _size(size: float | None, case: Any) -> float | None:
    if size is None:
        size = getattr(getattr(case, "A", None), "size", None)
        if size is None:
            size = getattr(case, "size", None)
    return None if size is None else float(size)


def _eps(case: Any) -> float:
    dtype = np.dtype(getattr(case, "dtype", np.float64))
    return float(np.finfo(dtype if dtype.kind in "fc" else np.float64).eps)


def _ratio(measured: float, bound: float) -> float:
    """Return measured/bound with the conventions 0/0 = 0 and x/0 = inf.

    A bound that is not positive has no ratio that says how close it is: 0 then stands
    for held and inf for violated.
    """
    if bound > 0.0:
        with np.errstate(over="ignore"):
            return float(np.float64(measured) / np.float64(bound))
    return 0.0 if measured <= bound else math.inf


def betting_p_value(values: np.ndarray, bound: float, lower: float = 0.0) -> float:
    """P-value of ``E[X] <= bound`` for draws of a law supported on ``[lower, inf)``.

    A player who stakes the fraction s of a wealth of 1 on every draw ends with
    ``prod(1 + s (x_i - 1))``, ``x = (X - lower)/(bound - lower)``. It is never
    negative and, when the claim is true, not above 1 in expectation; neither is the
    average over several stakes. By Markov's inequality its reciprocal is a p-value,
    for any number of draws and any tail (Waudby-Smith & Ramdas 2024).
    """
    values = np.asarray(values, dtype=np.float64)
    if values.min() < lower:
        raise InvalidInputError(
            f"a draw of {values.min():.3e} is below lower={lower:.3e}: give the Sample its "
            "true lower end, or lower=None for Student's test"
        )
    room = bound - lower
    if room <= 0.0:  # the mean of what is never below `lower`
        return 1.0 if room == 0.0 and values.max() == lower else 0.0
    with np.errstate(over="ignore"):
        gains = (values - lower) / room - 1.0
    log_wealth = np.array([float(np.log1p(stake * gains).sum()) for stake in STAKES])
    top = float(log_wealth.max())
    if top == math.inf:
        return 0.0
    log_mean = top + math.log(float(np.exp(log_wealth - top).mean()))
    return math.exp(-max(0.0, min(log_mean, 700.0)))


def student_p_value(values: np.ndarray, bound: float) -> float:
    """One-sided p-value of ``E[X] <= bound`` by Student's t; right for many draws."""
    from scipy.special import stdtr

    count = values.size
    if count < 2:
        raise InvalidInputError("a Sample with lower=None needs at least 2 values")
    excess = float(values.mean()) - bound
    error = float(values.std(ddof=1)) / math.sqrt(count)
    if error == 0.0:
        return 1.0 if excess <= 0.0 else 0.0
    return float(stdtr(count - 1, -excess / error))


def binomial_p_value(failures: int, trials: int, failure_prob: float) -> float:
    """Return the probability of at least that many failures among the trials."""
    from scipy.special import betainc

    if failures == 0:
        return 1.0
    return float(betainc(failures, trials - failures + 1, failure_prob))


def clopper_pearson(failures: int, trials: int, level: float = 0.99) -> tuple[float, float]:
    """Return the exact two-sided confidence interval of a failure probability."""
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2.0
    low = 0.0 if failures == 0 else float(betaincinv(failures, trials - failures + 1, tail))
    if failures == trials:
        return low, 1.0
    return low, float(betaincinv(failures + 1, trials - failures, 1.0 - tail))
