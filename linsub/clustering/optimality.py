"""What the gradient at some codes proves of them: violations, and a bound on the objective's gap."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.clustering import bounds

__all__ = ["Codes", "Rounding", "judge", "sums"]

_EPS = float(np.finfo(np.float64).eps)


@dataclasses.dataclass(frozen=True)
class Codes:
    """Codes of t targets and what is known of them, in the scale of the atoms and targets.

    Attributes
    ----------
    codes : csr_array of shape (t, n)
    residual : ndarray of shape (t,)
    violation, gap, objective : ndarray of shape (t,)
        Of the conditions of an optimum, over all atoms; a bound on what the objective is above
        its minimum; the objective.
    lam, ridge : ndarray of shape (t,)
        The penalties.
    status, rounds : ndarray of shape (t,)
    """

    codes: Any
    residual: np.ndarray
    violation: np.ndarray
    gap: np.ndarray
    objective: np.ndarray
    lam: np.ndarray
    ridge: np.ndarray
    status: np.ndarray
    rounds: np.ndarray


@dataclasses.dataclass(frozen=True)
class Rounding:
    """How far the gradient ``H_ij`` may be from that of the codes: ``noise_i norms_j``.

    ``sizes`` is ``||y|| + sum_j |c_j| ||s_j||``; `direct` tells whether residuals are norms of
    differences, or come from inner products that cancel.
    """

    noise: np.ndarray
    norms: np.ndarray
    sizes: np.ndarray
    direct: bool


def judge(
    C: Any, H: np.ndarray, residual: np.ndarray, lam: np.ndarray, ridge: np.ndarray,
    owner: np.ndarray, weights: np.ndarray, rounding: Rounding, status: np.ndarray,
    rounds: np.ndarray,
) -> Codes:  # fmt: skip
    """Judge the codes C (t, n) by the gradients H."""
    t = C.shape[0]
    row = np.repeat(np.arange(t), np.diff(C.indptr))
    c, h, column = C.data, H[row, C.indices], C.indices
    inside = lam[row] * _at(weights, row, column)
    gradient = np.abs(H)
    owned = np.flatnonzero(owner >= 0)
    gradient[owned, owner[owned]] = -np.inf
    violation = np.zeros(t)
    np.maximum.at(violation, row, np.abs(h - inside * np.sign(c) - ridge[row] * c))
    gradient[row, column] = 0.0
    outside = gradient - lam[:, None] * weights
    violation = np.maximum(violation, outside.max(axis=1, initial=0.0))
    terms = inside * np.abs(c) + 0.5 * ridge[row] * c * c
    objective = 0.5 * residual**2 + sums(row, terms, t)
    support = _Entries(
        row, c, h, inside, ridge[row], (rounding.noise[row]) * rounding.norms[column]
    )
    gap = _gap(support, gradient, outside, residual, lam, ridge, weights, rounding)
    gap = np.minimum(gap, objective * (1.0 + 1e-12))  # 0 is a dual point too
    gap[lam == 0.0] = 0.0  # no atom correlates with the target at all: 0 by definition
    return Codes(C, residual, violation, gap, objective, lam, ridge, status, rounds)


@dataclasses.dataclass(frozen=True)
class _Entries:
    """The coefficients that are not 0, with their gradients, penalties and roundings."""

    row: np.ndarray
    c: np.ndarray
    h: np.ndarray
    lam: np.ndarray
    ridge: np.ndarray
    noise: np.ndarray

    def terms(self, scale: np.ndarray, t: int) -> np.ndarray:
        """Sum the larger of the terms at both ends of the interval of each gradient."""
        s = scale[self.row]
        low, high = s * (self.h - self.noise), s * (self.h + self.noise)
        ends = [bounds.fenchel_term(self.c, end, self.lam, self.ridge) for end in (low, high)]
        return sums(self.row, np.maximum(*ends), t)


def _gap(
    support: _Entries, gradient: np.ndarray, outside: np.ndarray, residual: np.ndarray,
    lam: np.ndarray, ridge: np.ndarray, weights: np.ndarray, rounding: Rounding,
) -> np.ndarray:  # fmt: skip
    """Return the better of two dual points: the residual itself, or scaled until it is feasible."""
    t = residual.size
    noise = rounding.noise
    length = residual + noise if rounding.direct else np.sqrt(
        residual**2 + 2.0 * noise * rounding.sizes
    )  # fmt: skip
    # An infinite penalty leaves -inf outside.
    away, atom = np.nonzero(outside + noise[:, None] * rounding.norms > 0.0)
    high = gradient[away, atom] + noise[away] * rounding.norms[atom]
    limit = lam[away] * _at(weights, away, atom)
    as_it_is = support.terms(np.ones(t), t)
    with np.errstate(divide="ignore", over="ignore"):
        as_it_is += sums(away, bounds.fenchel_term(0.0, high, limit, ridge[away]), t)
        scale = np.ones(t)
        np.minimum.at(scale, away, limit / high)
        inner = support.lam / (np.abs(support.h) + support.noise)
        np.minimum.at(scale, support.row, inner)
    scale *= 1.0 - 4.0 * _EPS
    scaled = bounds.elastic_net_gap(length, scale, support.terms(scale, t))
    terms = np.bincount(support.row, minlength=t) + np.bincount(away, minlength=t) + 8
    return np.asarray(np.minimum(as_it_is, scaled) * (1.0 + terms * _EPS))


def sums(row: np.ndarray, values: np.ndarray, t: int) -> np.ndarray:
    """Return the sum of the values of each of t rows."""
    return np.asarray(np.bincount(row, values, t), dtype=np.float64)


def _at(weights: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the weights of entries, of an array that may be broadcast."""
    return np.asarray(
        weights[row if weights.shape[0] > 1 else 0, column if weights.shape[1] > 1 else 0]
    )
