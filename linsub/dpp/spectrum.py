"""Eigenvalues of a likelihood kernel, at any scale, as their logarithms."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from scipy.special import expit

__all__ = ["Spectrum", "reach_size", "squared_sizes"]

# The logarithm of what cannot matter to any sum of probabilities in double precision.
_BEYOND = 60.0


@dataclasses.dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenvalues ``exp(shift) base^power > 0``, descending; inf where K has eigenvalue 1.

    Singular values are kept as they are, with power 2: their squares may not be numbers.
    """

    base: np.ndarray
    power: int = 1
    shift: float = 0.0

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
    low, high = -float(descending[0]) - spread, -float(descending[-1]) + spread
    # Between the eigenvalues that are to be in and those that are not.
    near = min(max(round(size), 1), logs.size - 1) if logs.size > 1 else 0
    a = -0.5 * float(descending[near - 1] + descending[near]) if near else -float(descending[0])
    a = min(max(a, low), high)
    for _ in range(200):
        p, q = expit(logs + a), expit(-(logs + a))
        off = _difference(p, q, size) if accuracy == 0.0 else float(np.sum(p)) - size
        if abs(off) <= accuracy or high - low <= 4.0 * np.spacing(abs(a) + 1e-300):
            break
        low, high = (a, high) if off < 0 else (low, a)
        slope = float(np.sum(p * q))
        step = a - off / slope if slope > 0.0 else math.inf
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
