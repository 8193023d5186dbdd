"""Streams of rows on which one-pass algorithms go wrong, as matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = ["STREAMS", "stream"]


def _spiked(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    scale = np.ones(d)
    scale[0] = np.sqrt(rng.uniform(1.2, 20.0))
    return np.asarray(rng.standard_normal((n, d)) * scale)


def _sorted(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    A = _spiked(n, d, rng)
    return A[np.argsort(A[:, 0])]


def _decaying(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.standard_normal((n, d)) / np.arange(1.0, d + 1.0))


def _low_rank(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    k = int(rng.integers(1, max(2, d // 3) + 1))
    return np.asarray(rng.standard_normal((n, k)) @ rng.standard_normal((k, d)))


def _heavy(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """A few copies of one direction beside many light rows in all others."""
    A = np.zeros((n, d))
    heavy = min(n, int(rng.integers(2, 6)))
    A[:heavy, 0] = 1.0
    light = np.arange(heavy, n)
    A[light, 1 + (light - heavy) % max(d - 1, 1) if d > 1 else 0] = np.sqrt((d - 1) / max(n, 1))
    return A


def _heavy_last(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    return _heavy(n, d, rng)[::-1].copy()


def _heavy_shuffled(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.permutation(_heavy(n, d, rng)))


def _identity(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    return np.eye(d)[np.arange(n) % d]


def _badly_scaled(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-30.0, 30.0, (n, 1)))


def _repeated(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    few = rng.standard_normal((3, d))
    return few[rng.integers(0, 3, n)]


def _with_zeros(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    A = rng.standard_normal((n, d))
    A[rng.random(n) < 0.4] = 0.0
    return A


def _drifting(n: int, d: int, rng: np.random.Generator) -> np.ndarray:
    """Blocks of d/4 directions, one after the other."""
    A = np.zeros((n, d))
    width = max(1, d // 4)
    for i in range(n):
        first = (4 * i // max(n, 1)) * width % d
        A[i, first : first + width] = rng.standard_normal(min(width, d - first))
    return A


_MAKERS: dict[str, Callable[[int, int, np.random.Generator], np.ndarray]] = {
    "spiked": _spiked,
    "sorted": _sorted,
    "decaying": _decaying,
    "low rank": _low_rank,
    "heavy first": _heavy,
    "heavy last": _heavy_last,
    "heavy": _heavy_shuffled,
    "identity": _identity,
    "badly scaled": _badly_scaled,
    "repeated": _repeated,
    "with zeros": _with_zeros,
    "drifting": _drifting,
}

STREAMS: tuple[str, ...] = tuple(_MAKERS)


def stream(kind: str, n: int, d: int, *, rotate: bool = True, rng: Any = None) -> np.ndarray:
    """Return a stream of n rows in d dimensions, as a matrix.

    Parameters
    ----------
    kind : str
        One of :data:`STREAMS`.
    n, d : int
        At least 0 and 1.
    rotate : bool, optional
        Turn the coordinates at random, so that nothing lies along an axis.
    rng : {None, int, Generator}, optional

    Raises
    ------
    InvalidInputError
        If there is no such kind.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.stream("heavy first", 100, 20, rng=0).shape
    (100, 20)
    """
    if kind not in _MAKERS:
        raise InvalidInputError(f"kind must be one of {', '.join(STREAMS)}, got {kind!r}")
    rng = np.random.default_rng(rng)
    A = _MAKERS[kind](n, d, rng)
    if not rotate:
        return A
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return np.asarray(A @ Q)
