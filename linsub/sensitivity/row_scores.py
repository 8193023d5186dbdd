"""The scores by which rows are sampled, and what they lack of being upper bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sensitivity.any_weights import sensitivity_upper_bounds
from linsub.sensitivity.exact_sensitivity import lp_sensitivities
from linsub.sensitivity.leverage import leverage_scores
from linsub.sensitivity.lewis import lewis_weights

__all__ = ["SCORES", "dominating_factor", "given_scores", "row_scores"]

# The bracket costs 6 n^2 d flops: half a second at d = 8.
_BRACKET_ROWS = 4000

SCORES = ("lewis", "sensitivity", "leverage", "root_leverage", "augmented")


def given_scores(scores: Any, n: int | None) -> np.ndarray:
    """Return the user's own scores, which are not negative."""
    found = arrays.as_vector(scores, name="scores", size=n)
    if found.dtype.kind == "c":
        raise InvalidTypeError("scores is complex; pass real numbers, 0 or more")
    if found.size and float(found.min()) < 0.0:
        i = int(np.argmin(found))
        raise InvalidInputError(f"scores[{i}] is {found[i]:.3g}; scores are 0 or more")
    return found.astype(np.float64)


def row_scores(A: np.ndarray, p: float, scores: str) -> tuple[np.ndarray, int]:
    """Return the scores of that name and the rank of A."""
    scalars.as_choice(scores, name="scores", choices=SCORES)
    if scores == "lewis" and p != 2.0:
        weights, rank = lewis_weights(A, p)
        return weights, rank
    tau, rank = leverage_scores(A)
    if scores == "root_leverage":
        return tau ** (p / 2.0), rank
    if scores in ("lewis", "leverage") or (scores == "sensitivity" and p == 2.0):
        return tau, rank
    sigma = tau if p == 2.0 else _sensitivities(A, p)
    if scores == "sensitivity":
        return sigma, rank
    return sigma + tau + 1.0 / max(A.shape[0], 1), rank


def _sensitivities(A: np.ndarray, p: float) -> np.ndarray:
    # For p = 1 the bracket's upper end is that of the weights.
    if p <= 1.0 or A.shape[0] > _BRACKET_ROWS:
        return sensitivity_upper_bounds(A, p)
    return lp_sensitivities(A, p, method="bracket").upper


def dominating_factor(s: np.ndarray, rank: int, p: float, scores: str) -> float:
    """Return gamma for which gamma s_i is at least the sensitivity of row i, for every i.

    For the scores of that name, p at least 1. It is infinite where no multiple is known to be.
    """
    positive = s[s > 0.0]
    if positive.size == 0 or p == 2.0 or scores in ("sensitivity", "augmented"):
        return 1.0
    if scores == "lewis":
        return max(1.0, float(rank) ** (p / 2.0 - 1.0))
    if p < 2.0:
        # sigma <= tau^(p/2)
        return 1.0 if scores == "root_leverage" else float(positive.min() ** (p / 2.0 - 1.0))
    # sigma <= min(1, n^(p/2 - 1) tau^(p/2))
    tau = positive if scores == "leverage" else positive ** (2.0 / p)
    with np.errstate(over="ignore"):
        upper = np.minimum(1.0, float(s.size) ** (p / 2.0 - 1.0) * tau ** (p / 2.0))
        return float((upper / positive).max())
