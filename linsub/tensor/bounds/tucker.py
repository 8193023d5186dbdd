"""What orthonormal factors leave, and how near to the best that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "best_error_lower",
    "best_error_rounded",
    "hosvd_error",
    "projection_error",
    "quasi_optimality",
    "sequential_error",
    "tucker_rounding",
]

# Sums of n products are wrong by a small multiple of sqrt(n) eps in fact (Higham & Mary 2019).
_MULTIPLE = 4.0


def _energies(values: Sequence[float], name: str) -> np.ndarray:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size == 0 or not (x >= 0.0).all():
        raise InvalidInputError(f"{name} must hold numbers that are not negative, got {values}")
    return x


def sequential_error(discarded: Sequence[float]) -> float:
    """Return ``||X - X_hat||_F`` of ST-HOSVD: ``sqrt(sum_n discarded_n)``.

    Parameters
    ----------
    discarded : sequence of float
        The energy (squared singular values) that each step discards, of what the steps before
        it have left.
    """
    return float(np.sqrt(_energies(discarded, "discarded").sum()))


def projection_error(squares: float, core_squares: float) -> float:
    """Return ``||X - X_hat||_F`` of any orthonormal factors with the core that fits them.

    ``sqrt(||X||^2 - ||G||^2)``, by Pythagoras.
    """
    if not 0.0 <= core_squares <= squares * (1.0 + 1e-12):
        raise InvalidInputError(
            f"core_squares={core_squares} is not in 0 .. squares={squares}: a core of orthonormal "
            "factors has not more energy than the tensor"
        )
    return float(np.sqrt(max(0.0, squares - core_squares)))


def hosvd_error(tails: Sequence[float]) -> float:
    """Return the upper bound ``sqrt(sum_n tail_n)`` on the error of the HOSVD.

    Parameters
    ----------
    tails : sequence of float
        The discarded energy of each unfolding of X itself.
    """
    return float(np.sqrt(_energies(tails, "tails").sum()))


def best_error_lower(tails: Sequence[float]) -> float:
    """Return ``sqrt(max_n tail_n)``: no tensor of these multilinear ranks is nearer to X."""
    return float(np.sqrt(_energies(tails, "tails").max()))


def quasi_optimality(modes: int) -> float:
    """Return ``sqrt(N)``: HOSVD and ST-HOSVD are at most that many times the best error."""
    if modes < 1:
        raise InvalidInputError(f"modes must be at least 1, got {modes}")
    return float(np.sqrt(modes))


def tucker_rounding(ranks: Sequence[int], norm: float, eps: float) -> float:
    """Return the rounding of the residual of a Tucker decomposition of a tensor of that norm.

    Each product of a mode is wrong by ``4 sqrt(r_n) eps`` of what it multiplies, measured, and
    orthonormal factors do not enlarge that.
    """
    return float(sum(_MULTIPLE * np.sqrt(r) + 1.0 for r in ranks) * eps * norm)


def best_error_rounded(lower: float, squares: float, length: int, eps: float) -> float:
    """Return a lower bound on the best error from a computed one, squared, rounded down.

    Singular values of an unfolding, squared or by a triangular factor, leave their energy wrong
    by ``16 sqrt(length) eps ||X||^2`` at most, measured.
    """
    return float(np.sqrt(max(0.0, lower - 4.0 * _MULTIPLE * np.sqrt(length) * eps * squares)))
