"""Elementary symmetric polynomials of eigenvalues, at any scale, as a law of independent events."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import expit

from linsub._core import scalars
from linsub._core.arrays import as_vector
from linsub.dpp.spectrum import Spectrum, reach_size
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["TiltedTable", "esp_marginals", "log_esp"]

# How near to k the expected number of events is brought: any tilt is exact, and the probability
# of k stays above a tenth of its largest value.
_TILT = 0.5


class TiltedTable:
    """Choices B of k indices with P(B) proportional to the product of their eigenvalues.

    Independent events with the odds ``alpha lambda_i``, given that k of them happen, have
    that law for any alpha; with the alpha at which k are expected their table holds no number
    that could overflow, and none that matters is small.
    """

    def __init__(self, spectrum: Spectrum, k: int) -> None:
        from linsub.dpp._kernels.poisson_binomial import fill

        self.k, self.size = k, spectrum.size
        self.logs, self.unit = spectrum.centred(k)
        self.free = 0 < k < self.size  # else there is nothing to choose
        if self.free:
            self.tilt = reach_size(self.logs, k, _TILT)
            self.p, self.q = expit(self.logs + self.tilt), expit(-(self.logs + self.tilt))
            self.table = np.zeros((self.size + 1, k + 1))
            fill(self.p, self.q, self.table)

    def log_normalizer(self) -> float:
        """Return log e_k of the eigenvalues."""
        top, rest = self.logs[: self.k], self.logs[self.k :]
        terms = [self.k * self.unit, *top.tolist()]
        if self.free:
            # alpha^k cancels against the k largest of prod (1 + alpha lambda), term by term.
            beyond = np.concatenate([-(top + self.tilt), rest + self.tilt])
            terms += np.logaddexp(0.0, beyond).tolist()
            terms.append(math.log(self.table[-1, -1]))
        return math.fsum(terms)

    def marginals(self) -> np.ndarray:
        """Return the probability of each index to be chosen."""
        from linsub.dpp._kernels.poisson_binomial import backward_marginals

        out = np.full(self.size, float(self.k > 0))
        if self.free:
            backward_marginals(self.p, self.q, self.table, out)
        return out

    def pick(self, generator: np.random.Generator) -> np.ndarray:
        """Choose, in ascending order of the indices."""
        from linsub.dpp._kernels.poisson_binomial import pick

        found = np.arange(self.k)
        if self.free:
            pick(self.p, self.table, generator.random(self.size), found)
        return found


def log_esp(lam: Any, k: int) -> float:
    """Return the logarithm of the k-th elementary symmetric polynomial of non-negative numbers.

    ``e_k(lam) = sum over sets B of k indices of prod_{i in B} lam_i``.

    Parameters
    ----------
    lam : array_like (n,)
        Not negative, of any size that is a number.
    k : int
        0 to n.

    Returns
    -------
    float
        -inf where fewer than k of the numbers are positive.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The recurrence over the numbers leaves the range of floating point at a few
    hundred of them. Here each becomes an event with odds ``alpha lam_i``, alpha such that k are
    expected: e_k is the probability that k happen times ``prod (1 + alpha lam_i) / alpha^k``,
    whose large parts cancel term by term. *Cost.* 3 n k flops, n k numbers. *Accuracy.* A few
    roundings a number, relative to e_k itself (``dpp-esp``).

    References
    ----------
    Chen, Dempster & Liu, Biometrika 81 (1994), the law of independent events given their number.

    Examples
    --------
    >>> from linsub.dpp import log_esp
    >>> round(log_esp([1.0, 2.0, 3.0], 2), 12) == round(float(np.log(11.0)), 12)
    True
    """
    values, k = _checked(lam, k)
    positive = values[values > 0.0]
    if k > positive.size:
        return -math.inf
    return TiltedTable(Spectrum(np.sort(positive)[::-1]), k).log_normalizer()


def esp_marginals(lam: Any, k: int) -> np.ndarray:
    """Return how probable each index is in a set of k chosen in proportion to its product.

    ``q_i = lam_i e_{k-1}(lam without lam_i) / e_k(lam)``, which sum to k.

    Parameters
    ----------
    lam : array_like (n,)
        Not negative.
    k : int
        0 to the number of positive entries.

    Returns
    -------
    ndarray (n,)

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The table of :func:`log_esp` from the front and from the back; nothing is
    divided out. *Cost.* 6 n k flops. *Accuracy.* Each to a few roundings a number, relative to
    itself (``dpp-esp``).

    Examples
    --------
    >>> from linsub.dpp import esp_marginals
    >>> esp_marginals([1.0, 2.0, 3.0], 3)
    array([1., 1., 1.])
    """
    values, k = _checked(lam, k)
    order = np.argsort(-values, kind="stable")
    rank = int(np.count_nonzero(values))
    if k > rank:
        raise InvalidInputError(
            f"k is {k} and only {rank} of the {values.size} entries of lam are positive: "
            "no set of k has a positive product; lower k"
        )
    out = np.zeros(values.size)
    out[order[:rank]] = TiltedTable(Spectrum(values[order[:rank]]), k).marginals()
    return out


def _checked(lam: Any, k: Any) -> tuple[np.ndarray, int]:
    values = as_vector(lam, name="lam")
    if values.dtype.kind == "c":
        raise InvalidTypeError("lam is complex; eigenvalues of a Hermitian kernel are real")
    values = values.astype(np.float64)
    if values.size and values.min() < 0.0:
        i = int(np.argmin(values))
        raise InvalidInputError(f"lam[{i}] is {values[i]:.6g}; all must be non-negative")
    return values, scalars.as_integer(k, name="k", low=0, high=values.size)
