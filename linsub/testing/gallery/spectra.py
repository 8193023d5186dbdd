"""Spectra by name: those of LAPACK's test generators and of RandLAPACK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["SPECTRA", "spectrum"]

Shape = Callable[[int, float, np.random.Generator], np.ndarray]


def _one_large(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(np.r_[1.0, np.full(k - 1, 1.0 / cond)])


def _one_small(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(np.r_[np.ones(k - 1), 1.0 / cond])


def _geometric(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(cond ** -np.linspace(0.0, 1.0, k))


def _arithmetic(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.linspace(1.0, 1.0 / cond, k)


def _log_uniform(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(cond ** -rng.random(k))


def _random(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.abs(rng.standard_normal(k))


def _polynomial(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    i = np.arange(1, k + 1, dtype=np.float64)
    return np.asarray(i ** -(np.log(cond) / np.log(max(k, 2))))


def _exponential(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    # A plateau of a tenth, as in RandLAPACK, then exponential decay.
    flat = k // 10
    return np.asarray(np.r_[np.ones(flat), cond ** -np.linspace(0.0, 1.0, k - flat)])


def _staircase(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    steps = min(4, k)
    step = np.arange(k) * steps // k
    return np.asarray(cond ** -(step / max(steps - 1, 1)))


def _flat(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.ones(k)


def _step(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(np.arange(k) < (k + 1) // 2, 1.0, 1.0 / cond)


def _low_rank(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(np.arange(k) < (k + 1) // 2, 1.0 / np.arange(1, k + 1), 0.0)


def _tied(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    # Three equal values around the middle: a cut there has no gap to rely on.
    sigma = _geometric(k, min(cond, 1e4), rng)
    middle = slice(max(k // 2 - 1, 0), k // 2 + 2)
    sigma[middle] = sigma[k // 2]
    return sigma


def _multiple(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    # Twelve: more than the usual block of 8, so that a block method must look twice.
    return np.where(np.arange(k) < 12, 1.0, 0.5 / np.arange(1, k + 1))


def _spiked(k: int, cond: float, rng: np.random.Generator) -> np.ndarray:
    return np.where(np.arange(k) < max(k // 8, 1), 1.0, 1.0 / np.sqrt(cond))


SPECTRA: dict[str, tuple[Shape, str]] = {
    "one_large": (_one_large, "dlatm1 mode 1: 1, 1/cond, ..., 1/cond"),
    "one_small": (_one_small, "dlatm1 mode 2: 1, ..., 1, 1/cond"),
    "geometric": (_geometric, "dlatm1 mode 3: cond^(-(i-1)/(k-1))"),
    "arithmetic": (_arithmetic, "dlatm1 mode 4: evenly spaced from 1 to 1/cond"),
    "log_uniform": (_log_uniform, "dlatm1 mode 5: logarithms uniform in [-log cond, 0]"),
    "random": (_random, "dlatm1 mode 6: sizes of Gaussian numbers, whatever cond is"),
    "polynomial": (_polynomial, "i^(-p), p such that the last value is 1/cond"),
    "exponential": (_exponential, "a plateau of a tenth, then exponential decay to 1/cond"),
    "staircase": (_staircase, "four equal steps, from 1 to 1/cond"),
    "flat": (_flat, "all values 1"),
    "step": (_step, "one half 1, the other half 1/cond"),
    "low_rank": (_low_rank, "1/i for the first half, exact zeros after it"),
    "tied": (_tied, "geometric, with three exactly equal values around the middle"),
    "multiple": (_multiple, "the largest value twelve times, then 0.5/i"),
    "spiked": (_spiked, "an eighth 1, the others cond^(-1/2): slow for randomized methods"),
}


def spectrum(
    name: str, k: int, cond: float = 1e6, *, reverse: bool = False, rng: Any = None
) -> np.ndarray:
    """Return k singular values of a named shape.

    Parameters
    ----------
    name : str
        ``gallery.names("spectrum")`` lists them.
    k : int
        How many.
    cond : float, optional
        Ratio of the largest and the smallest where the shape leaves it open.
    reverse : bool, optional
        Ascending instead of descending, as the negative modes of LAPACK.
    rng : seed or Generator, optional
        For the random shapes.

    Returns
    -------
    sigma : ndarray of shape (k,), float64

    Notes
    -----
    The modes of dlatm1 [1]_ and the spectra that RandLAPACK is tested on [2]_.

    References
    ----------
    .. [1] J. Demmel and A. McKenney, A test matrix generation suite, LAPACK Working
       Note 9, 1989.
    .. [2] R. Murray et al., Randomized numerical linear algebra, 2023 (RandLAPACK).

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.spectrum("geometric", 4, cond=1e3).round(6).tolist()
    [1.0, 0.1, 0.01, 0.001]
    """
    if name not in SPECTRA:
        raise InvalidInputError(f"name must be one of {', '.join(SPECTRA)}; got {name!r}")
    if k < 0 or not cond >= 1:
        raise InvalidInputError(f"k must be >= 0 and cond >= 1, got {k} and {cond}")
    if k == 0:
        return np.zeros(0)
    sigma = SPECTRA[name][0](k, float(cond), np.random.default_rng(rng))[:k]
    descending = np.sort(sigma)[::-1]
    return np.ascontiguousarray(descending[::-1] if reverse else descending)
