"""What the machine allows, measured in the same run as what is compared with it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

__all__ = ["Limits", "measure_limits"]

GEMM_SIZE = 1280  # large enough for OpenBLAS to reach its peak, 80 ms at 50 GF/s
STREAM_BYTES = 1 << 28  # several times the last-level cache of a large server core complex
QUICK_DIVISOR = 8
REPEATS = 5


@dataclasses.dataclass(frozen=True)
class Limits:
    """Rates of this run.

    Attributes
    ----------
    gemm, gemm32 : float
        Floating point operations a second of a matrix product, float64 and float32.
    copy : float
        Bytes a second, those read and those written counted once each.
    triad : float
        Bytes a second of ``a = b + s c`` done in two NumPy calls (five streams).
    gemv : float
        Bytes of the matrix that a matrix-vector product reads in a second.
    """

    gemm: float
    gemm32: float
    copy: float
    triad: float
    gemv: float

    @property
    def bandwidth(self) -> float:
        """The best rate of the three that are limited by memory, bytes a second."""
        return max(self.copy, self.triad, self.gemv)

    def __str__(self) -> str:
        return (
            f"GEMM {self.gemm / 1e9:.1f} GF/s (float32 {self.gemm32 / 1e9:.1f}), copy "
            f"{self.copy / 1e9:.1f} GB/s, triad {self.triad / 1e9:.1f} GB/s, "
            f"matrix-vector product {self.gemv / 1e9:.1f} GB/s"
        )


def measure_limits(
    *, quick: bool = False, clock: Callable[[], float] = time.perf_counter
) -> Limits:
    """Measure the rates, with the BLAS threads that are in force. Takes about 2 s.

    Parameters
    ----------
    quick : bool
        Small sizes, for a look: caches then count as memory.
    clock : callable, optional
        Returns seconds.
    """
    size = GEMM_SIZE // (QUICK_DIVISOR if quick else 1)
    stream = STREAM_BYTES // (QUICK_DIVISOR**2 if quick else 1)

    def best(call: Callable[[], object]) -> float:
        call()
        seconds = []
        for _ in range(REPEATS):
            start = clock()
            call()
            seconds.append(clock() - start)
        return max(min(seconds), 1e-9)

    rates = {}
    for name, dtype in (("gemm", np.float64), ("gemm32", np.float32)):
        A = np.full((size, size), 0.5, dtype=dtype)
        out = np.empty_like(A)
        rates[name] = 2.0 * size**3 / best(lambda A=A, out=out: np.matmul(A, A, out=out))  # type: ignore[misc]
    length = stream // 16  # two arrays of float64 together are `stream` bytes
    a, b = np.zeros(length), np.ones(length)
    rates["copy"] = 2 * a.nbytes / best(lambda: np.copyto(a, b))

    def triad() -> None:
        np.multiply(b, 3.0, out=a)
        np.add(a, b, out=a)

    rates["triad"] = 5 * a.nbytes / best(triad)
    side = int(length**0.5)
    M, x, y = b[: side * side].reshape(side, side), np.ones(side), np.empty(side)
    rates["gemv"] = M.nbytes / best(lambda: np.matmul(M, x, out=y))
    return Limits(**rates)
