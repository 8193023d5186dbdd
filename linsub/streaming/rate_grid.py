"""Oja's rule at a window of rates that follows the stream: the smaller rates begin later."""

from __future__ import annotations

import math

import numpy as np

from linsub._core.random import Streams

__all__ = ["BLOCK", "RateGrid"]

# The window: eta ||A||_F^2 from 1 to 64 d log d. The iterate of rate eta has grown enough when
# eta lambda_1 is a few log d, and lambda_1 is between ||A||_F^2 / d and ||A||_F^2. A rate
# enters at eta ||A||_F^2 = 1, and has missed next to nothing when it is needed.
_ENTRY, _EXIT = 1.0, 64.0

# Rows whose steps are found from one Gram matrix. A step multiplies an iterate by at most
# 1 + eta ||a||^2, and a block by at most (1 + eta F / b)^b: 1e238 for d = 10^6.
BLOCK = 32

# Iterates are brought back near 1 from 2^100 on, which leaves room for a block.
_ROOM = 100


class RateGrid:
    """The iterates V (m, d) of m rates, with what is needed to bound their error.

    Attributes
    ----------
    rates : ndarray (m,)
        Descending; 0 before the first row that is not zero.
    V, exponents : ndarray (m, d), (m,)
        Iterate j is ``2^exponents[j] V[j]``.
    mass, count : ndarray (m,)
        Squared Frobenius norm and number of the rows that each rate has seen.
    average, previous : ndarray (m, d)
        Sums of normalized iterates since the last :meth:`mark`, and between the two before.
    shifted : int
        Rate j was rate ``j + shifted`` at the last mark.
    """

    def __init__(self, d: int, n_rates: int, streams: Streams) -> None:
        self.d, self.n_rates, self.streams = d, n_rates, streams
        self.rates = np.zeros(n_rates)
        self.V = np.zeros((n_rates, d))
        self.exponents = np.zeros(n_rates, dtype=np.int64)
        self.mass = np.zeros(n_rates)
        self.count = np.zeros(n_rates, dtype=np.int64)
        self.average = np.zeros((n_rates, d))
        self.previous = np.zeros((n_rates, d))
        self.started = self.shifted = 0
        top = _EXIT * d * max(1.0, math.log(d))
        self.ratio = max(2.0, (top / _ENTRY) ** (1.0 / max(1, n_rates - 1)))
        self.top = _ENTRY * self.ratio ** (n_rates - 1)

    def copy(self) -> RateGrid:
        """Return a grid that goes on from here on its own."""
        made = RateGrid.__new__(RateGrid)
        made.__dict__.update(
            (name, value.copy() if isinstance(value, np.ndarray) else value)
            for name, value in vars(self).items()
        )
        return made

    def rescale(self, p: int) -> None:
        """Go over to rows that are 2^p times as large."""
        with np.errstate(over="ignore", under="ignore"):
            # Beyond all numbers: a rate that the next rows will let go.
            self.rates = np.minimum(np.ldexp(self.rates, -2 * p), 1e300)
            self.mass = np.ldexp(self.mass, 2 * p)

    def absorb(self, X: np.ndarray, squares: np.ndarray, total: float) -> None:
        """Take rows into all iterates; `total` is ``||A||_F^2``, theirs included."""
        if total == 0.0:
            return
        self._follow(total)
        for i in range(0, X.shape[0], BLOCK):
            self._advance(X[i : i + BLOCK])
        self.mass += float(squares.sum())
        self.count += X.shape[0]
        self.average += self.V / np.linalg.norm(self.V, axis=1)[:, None]

    def _advance(self, X: np.ndarray) -> None:
        """Take the steps of a block one after the other, as three products of matrices."""
        from linsub.streaming._kernels import rate_grid as kernels

        steps = X @ self.V.T
        kernels.substitute(X @ X.T, self.rates, steps)
        self.V += steps.T @ X
        # Powers of two alone are taken out, so that nothing is rounded.
        p = np.frexp(np.maximum(self.V.max(axis=1), -self.V.min(axis=1)))[1]
        if p.max() > _ROOM:
            self.V = np.ldexp(self.V, -p[:, None])
            self.exponents += p

    def _follow(self, total: float) -> None:
        """Let rates that have become too large go, and begin smaller ones."""
        largest = self.top / total
        if self.rates[0] == 0.0:
            self.rates = largest * self.ratio ** -np.arange(self.n_rates, dtype=float)
            self._begin(np.arange(self.n_rates))
            return
        late = int(np.count_nonzero(self.rates > largest * (1.0 + 1e-9)))
        if late == 0:
            return
        if late == self.n_rates:  # the scale of the stream has changed altogether
            kept = largest * self.ratio ** -np.arange(self.n_rates, dtype=float)
        else:
            last = self.rates[-1]
            fresh = last * self.ratio ** -np.arange(1.0, late + 1.0)
            kept = np.concatenate([self.rates[late:], fresh])
        self.rates = kept
        self.shifted += late
        for name in ("V", "exponents", "mass", "count", "average", "previous"):
            setattr(self, name, np.roll(getattr(self, name), -late, axis=0))
        self._begin(np.arange(self.n_rates - late, self.n_rates))

    def _begin(self, which: np.ndarray) -> None:
        for j in which:
            generator = self.streams.generator("start", (1, self.started))
            self.started += 1
            v = generator.standard_normal(self.d)
            self.V[j] = v / np.linalg.norm(v)
        self.exponents[which] = 0
        self.mass[which] = 0.0
        self.count[which] = 0
        self.average[which] = 0.0
        self.previous[which] = 0.0

    def averaged(self) -> np.ndarray:
        """Return the averages over this block and the one before, as columns of norm 1."""
        return normalized(self.average + self.previous)

    def mark(self) -> None:
        """Begin another block of the averages."""
        self.previous, self.average = self.average, np.zeros_like(self.average)
        self.shifted = 0

    def directions(self) -> np.ndarray:
        """Return the iterates as columns of norm 1."""
        return normalized(self.V)

    def log_norms(self) -> np.ndarray:
        """Return ``log ||v_n||`` of each iterate."""
        sizes = np.linalg.norm(self.V, axis=1)
        logs = np.log(np.where(sizes > 0.0, sizes, 1.0))
        return np.asarray(logs + math.log(2.0) * self.exponents)


def normalized(rows: np.ndarray) -> np.ndarray:
    """Return rows as columns of norm 1; those that are zero stay so."""
    sizes = np.linalg.norm(rows, axis=1)
    return np.ascontiguousarray((rows / np.where(sizes > 0.0, sizes, 1.0)[:, None]).T)
