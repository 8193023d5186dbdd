"""Eigenvalues of a likelihood kernel, at any scale, as their logarithms."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from scipy.special import expit, logsumexp

__all__ = ["Spectrum", "reach_size", "squared_sizes"]

# The logarithm of what cannot matter to any sum of probabilities in double precision.
_BEYOND = 60.0

# Below this expected number the sum of the odds is near to that of the probabilities.
_FEW = 0.1

# Below this one they are the same number.
_NONE = 1e-17

# The logarithm of eigenvalues whose square roots, and sums of them, are surely numbers.
_LARGEST = 1390.0


@dataclasses.dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues ``exp(shift) base^power > 0``, descending; inf where K has eigenvalue 1.

    Singular values are kept as they are, with power 2: their squares may not be numbers.
    """

    base: np.ndarray
    power: int = 1
    shift: float = 0.0

    def __post_init__(self) -> None:
        self.base.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        # Arrays come out of a pickle free to be written to.
        return Spectrum, (self.base, self.power, self.shift)

    @property
    def size(self) -> int:
        return int(self.base.size)

    @property
    def certain(self) -> int:
        """How many eigenvalues of K are 1."""
        return int(np.count_nonzero(np.isinf(self.base)))

    def logs(self) -> np.ndarray:
        """The logarithms of the eigenvalues."""
        return np.asarray(self.power * np.log(self.base) + self.shift)

    def values(self) -> np.ndarray:
        """The eigenvalues, as far as they are numbers."""
        # Half of the shift on either side: it may be no number where the product is one.
        half = np.exp(0.5 * self.shift / self.power)
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray((self.base * half * half) ** self.power)

    def roots(self, shift: float = 0.0) -> tuple[np.ndarray, float]:
        """Return the square roots of exp(shift - unit) times the eigenvalues, and unit.

        It is 0 unless the roots would overflow.
        """
        logs = self.logs() + shift
        unit = max(0.0, float(np.max(logs, initial=0.0)) - _LARGEST)
        return np.asarray(np.exp(0.5 * (logs - unit))), unit

    def beyond(self, first: int) -> Spectrum:
        """The eigenvalues without the first ones."""
        return dataclasses.replace(self, base=self.base[first:])

    def centred(self, k: int) -> tuple[np.ndarray, float]:
        """Return the logarithms over those of a power of two near the k-th largest, and that.

        Eigenvalues that differ by a power of two give the same numbers to the bit.
        """
        fraction, exponent = np.frexp(self.base)
        at = int(exponent[k - 1]) if k else 0
        logs = self.power * (np.log(fraction) + (exponent - at) * math.log(2.0))
        return np.asarray(logs), self.power * at * math.log(2.0) + self.shift

    def inclusion(self) -> np.ndarray:
        """The eigenvalues p of K."""
        return np.asarray(expit(self.logs()))

    def exclusion(self) -> np.ndarray:
        """Their differences q from 1, which no subtraction could give."""
        return np.asarray(expit(-self.logs()))

    def scaled(self, shift: float) -> Spectrum:
        """The eigenvalues times exp(shift)."""
        return dataclasses.replace(self, shift=self.shift + shift)


def reach_size(logs: np.ndarray, size: float, accuracy: float = 0.0) -> float:
    """Return a with sum expit(logs + a) = size, for 0 < size < logs.size.

    Newton's method within an interval that is halved where it would leave it.
    """
    descending = np.sort(logs)[::-1]
    spread = _BEYOND + math.log(logs.size)
    low = -float(descending[0]) - spread + min(0.0, math.log(size))
    high = -float(descending[-1]) + spread - min(0.0, math.log(logs.size - size))
    # Between the eigenvalues that are to be in and those that are not.
    near = min(max(round(size), 1), logs.size - 1) if logs.size > 1 else 0
    a = -0.5 * float(descending[near - 1] + descending[near]) if near else -float(descending[0])
    # Where nearly none or nearly all are in, odds are probabilities, or one over odds.
    if size < _FEW:
        a = math.log(size) - float(logsumexp(logs))
        if size < _NONE:
            return a
    elif logs.size - size < _FEW:
        a = float(logsumexp(-logs)) - math.log(logs.size - size)
    a = min(max(a, low), high)
    for _ in range(200):
        p, q = expit(logs + a), expit(-(logs + a))
        off = _difference(p, q, size) if accuracy == 0.0 else float(np.sum(p)) - size
        if abs(off) <= accuracy or high - low <= 4.0 * np.spacing(abs(a) + 1e-300):
            break
        low, high = (a, high) if off < 0 else (low, a)
        slope = float(np.sum(p * q))
        step = a - off / slope if slope > 0.0 else math.inf
        if abs(step - a) <= 2.0 * np.spacing(abs(a)):
            break
        a = step if low < step < high else 0.5 * (low + high)
    return a


def _difference(p: np.ndarray, q: np.ndarray, size: float) -> float:
    """Return sum p - size, from the smaller of the numbers where size is near to all."""
    if size > 0.5 * p.size:
        return (p.size - size) - math.fsum(q.tolist())
    return math.fsum(p.tolist()) - size


def squared_sizes(V: np.ndarray) -> np.ndarray:
    """Return |v_ij|^2 of eigenvectors in double precision."""
    return np.asarray(np.square(V.real) + np.square(V.imag) if V.dtype.kind == "c" else V * V)
