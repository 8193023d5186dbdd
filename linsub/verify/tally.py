"""The running totals of a claim: small, whatever the number of cases, and resumable."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from linsub.verify.decide import FALSE_ALARM, Judged, binomial_p_value, clopper_pearson
from linsub.verify.registry import Claim

__all__ = ["Tally", "Verdict", "decode", "encode"]

# Points kept for the pictures; beyond it every second one is dropped.
MAX_POINTS = 1000
# Failing observations kept in full; all of them are counted.
MAX_FAILING = 5


def encode(value: Any) -> Any:
    """Replace the floats that JSON has no word for by strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """Undo :func:`encode`."""
    if isinstance(value, str) and value in ("nan", "inf", "-inf"):
        return float(value)
    if isinstance(value, dict):
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


@dataclasses.dataclass
class Verdict:
    """The verdict of a claim, the number of violations and a line that explains."""

    word: str
    violations: int
    detail: str = ""
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    slope: float | None = None


@dataclasses.dataclass
class Tally:
    """What is known of a claim after the cases ``0 .. next_index - 1``."""

    next_index: int = 0
    cases: int = 0
    skipped: int = 0
    observations: int = 0
    failed: int = 0
    errors: int = 0
    raised: int = 0
    samples: int = 0
    smallest_p: float = 1.0
    suspects: list[float] = dataclasses.field(default_factory=list)
    worst: dict[str, Any] | None = None
    real: float | None = None
    failing: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    points: list[list[float]] = dataclasses.field(default_factory=list)
    stride: int = 1
    fit: list[float] = dataclasses.field(default_factory=lambda: [0.0] * 5)
    seconds: float = 0.0

    def add(self, index: int, label: str, judged: list[Judged], real: bool = False) -> None:
        """Count the observations of one case; `real` when it is real data."""
        self.next_index = index + 1
        told = [item for item in judged if item.state != "vacuous"]
        if not told:
            self.skipped += 1
            return
        self.cases += 1
        for item in told:
            self._add(index, label, item)
        if real:
            ratios = [item.ratio for item in told]
            self.real = max(ratios if self.real is None else [*ratios, self.real])

    def _add(self, index: int, label: str, item: Judged) -> None:
        self.observations += 1
        self.failed += item.state == "failed"
        self.errors += item.state == "error"
        self.raised += bool(item.trace)
        if item.p_value is not None:
            self.samples += 1
            self.smallest_p = min(self.smallest_p, item.p_value)
            if item.state == "suspect":
                self.suspects.append(item.p_value)
        entry = {"index": index, "label": label, **dataclasses.asdict(item)}
        if self.worst is None or item.ratio > self.worst["ratio"]:
            self.worst = {key: value for key, value in entry.items() if key != "trace"}
        if item.state in ("failed", "error", "suspect") and len(self.failing) < MAX_FAILING:
            self.failing.append(entry)
        self._plot(item)

    def measured_only(self) -> Tally:
        """Return the totals without the observations that are exceptions."""
        return dataclasses.replace(
            self,
            observations=self.observations - self.raised,
            errors=self.errors - self.raised,
            raised=0,
            cases=self.cases if self.observations > self.raised else 0,
        )

    def _plot(self, item: Judged) -> None:
        size = math.nan if item.size is None else item.size
        if (self.observations - 1) % self.stride == 0:
            self.points.append([size, item.measured, item.bound, item.ratio])
            if len(self.points) > MAX_POINTS:
                self.points = self.points[::2]
                self.stride *= 2
        if size > 0.0 and 0.0 < item.measured < math.inf:
            x, y = math.log(size), math.log(item.measured)
            for place, term in enumerate((1.0, x, y, x * x, x * y)):
                self.fit[place] += term

    def slope(self) -> float | None:
        """Slope of log(measured) against log(size), or None without two sizes."""
        count, x, y, xx, xy = self.fit
        spread = count * xx - x * x
        if count < 2 or spread <= 1e-9 * count * xx:
            return None
        return (count * xy - x * y) / spread

    def verdict(self, made: Claim) -> Verdict:
        """Decide the claim from the totals."""
        if self.cases == 0:
            why = f"all {self.skipped} cases were outside its hypotheses" if self.skipped else ""
            return Verdict("not tested", 0, why)
        if made.kind == "probability":
            return self._probability(made)
        if made.kind == "expectation" and self.samples:
            return self._expectation()
        if made.kind == "rate":
            return self._rate(made)
        count = self.failed + self.errors
        return Verdict("VIOLATED" if count else "held", count)

    def _probability(self, made: Claim) -> Verdict:
        assert made.failure_prob is not None
        trials = self.observations
        failures = self.failed + self.errors
        p_value = binomial_p_value(failures, trials, made.failure_prob)
        interval = clopper_pearson(failures, trials)
        detail = (
            f"{failures} of {trials} trials failed, at most {made.failure_prob:.1e} allowed; "
            f"99 % interval [{interval[0]:.1e}, {interval[1]:.1e}], p = {p_value:.2g}"
        )
        bad = p_value < FALSE_ALARM or self.errors > 0
        count = failures if bad else 0
        return Verdict("VIOLATED" if bad else "held", count, detail, interval, p_value)

    def _expectation(self) -> Verdict:
        # Bonferroni: the samples of a claim share one false-alarm rate.
        corrected = FALSE_ALARM / self.samples
        count = sum(p < corrected for p in self.suspects) + self.failed + self.errors
        p_value = min(1.0, self.smallest_p * self.samples)
        detail = f"{self.samples} samples, p = {p_value:.2g}"
        return Verdict("VIOLATED" if count else "held", count, detail, p_value=p_value)

    def _rate(self, made: Claim) -> Verdict:
        slope = self.slope()
        detail = "no slope: one size" if slope is None else f"slope {slope:.2f}"
        if self.errors:
            return Verdict("VIOLATED", self.errors, detail, slope=slope)
        if made.slope is None:
            return Verdict("shown", 0, detail, slope=slope)
        low, high = made.slope
        detail += f", claimed [{low:g}, {high:g}]"
        if slope is None:
            return Verdict("not tested", 0, detail)
        bad = not low <= slope <= high
        return Verdict("VIOLATED" if bad else "held", int(bad), detail, slope=slope)
