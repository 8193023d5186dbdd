"""When gains are determined, and how far noise turns them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["calibration_sine", "surplus_of_equations"]

Model = Literal["repeated", "diverse", "snapshots"]


def surplus_of_equations(model: Model, p: int, m: int, n: int) -> int:
    """Return the number of equations less the number of unknowns but one.

    With p measurements of m sensors and signals of n numbers there are ``p m`` linear equations
    for m inverse gains and n ("repeated") or ``p n`` unknowns of signals, and a common factor
    remains free. Below 0 no method can tell the gains.
    """
    if model not in ("repeated", "diverse", "snapshots"):
        raise InvalidInputError(f"model must be repeated, diverse or snapshots, got {model!r}")
    if min(p, m, n) < 1:
        raise InvalidInputError(f"p={p}, m={m}, n={n} must all be at least 1")
    unknowns = m + (n if model == "repeated" else p * n)
    return p * m - (unknowns - 1)


def calibration_sine(residual: float, second: float, noise: float) -> float:
    """Return the upper bound ``min(1, (residual + noise) / (second - noise))`` on a sine.

    Parameters
    ----------
    residual : float
        ``||F s||`` of the unit vector s of inverse gains that was found, F with the noise.
    second : float
        The second smallest singular value of F.
    noise : float
        At least ``max_i sqrt(sum_l |e_li|^2)``, which is the spectral norm of what noise adds to
        F, and its rounding.
    """
    if not (residual >= 0.0 and second >= 0.0 and noise >= 0.0):
        raise InvalidInputError(
            f"residual={residual}, second={second}, noise={noise} must not be negative"
        )
    if second <= noise:
        return 1.0
    return float(np.minimum(1.0, (residual + noise) / (second - noise)))
