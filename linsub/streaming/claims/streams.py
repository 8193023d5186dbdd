"""Streams that the claims about sketches are tried on, and errors measured in more digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.testing import gallery

__all__ = ["WIDE", "difference", "ends", "gram", "make", "stream_case"]

# Where the platform has no wider type, the reference rounds as double does.
WIDE = np.longdouble


def stream_case(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a stream with the options of a sketch: all kinds, and scales from 1e-150 to 1e150."""
    kind = gallery.STREAMS[index % len(gallery.STREAMS)]
    n, d = int(rng.integers(1, 70)), int(rng.integers(1, 16))
    size = int(rng.integers(1, 9))
    if (
        kind == "identity" and index // len(gallery.STREAMS) % 2 == 0
    ):  # tight: every row a direction of its own
        size = int(rng.integers(2, 6))
        n = d = size * int(rng.integers(2, 5))
    A = gallery.stream(kind, n, d, rotate=kind != "identity", rng=rng)
    scale = (0, 0, -500, 500)[index // len(gallery.STREAMS) % 4]
    A = np.ldexp(A, scale if kind != "badly scaled" else scale // 2)
    cuts = np.sort(rng.integers(0, n + 1, int(rng.integers(0, 5))))
    return {
        "A": A,
        "blocks": np.split(A, cuts),
        "sketch_size": size,
        "buffer_size": 1 if kind == "identity" else int(rng.integers(1, 2 * size + 1)),
        "scale": scale,
        "label": f"{kind}, {n} x {d}, l = {size}, times 2^{scale}",
        "size": float(n),
    }


def make(case: Any, subject: Any, **options: Any) -> Any:
    """Return an empty sketch of a case."""
    return subject(sketch_size=case.sketch_size, buffer_size=case.buffer_size, **options)


def unit(A: np.ndarray) -> int:
    """Return p for which 2^p A has entries near 1."""
    peak = float(np.abs(A).max(initial=0.0))
    return -int(np.frexp(peak)[1]) if peak else 0


def gram(A: np.ndarray) -> np.ndarray:
    """Return ``A^T A`` in extended precision."""
    wide = np.asarray(A, WIDE)
    return np.asarray(wide.T @ wide)


def difference(A: np.ndarray, B: np.ndarray, shift: float = 0.0) -> np.ndarray:
    """Return ``A^T A - B^T B - shift I``, subtracted in extended precision."""
    return np.asarray(gram(A) - gram(B) - WIDE(shift) * np.eye(A.shape[1], dtype=WIDE), np.float64)


def ends(E: np.ndarray) -> tuple[float, float]:
    """Return the smallest and the largest eigenvalue."""
    values = np.linalg.eigvalsh(E)
    return float(values[0]), float(values[-1])


def reference_rounding(A: np.ndarray) -> float:
    """Return what the reference itself may be wrong by."""
    eps = float(np.finfo(WIDE).eps)
    return float(4.0 * eps * (A.shape[0] + A.shape[1]) * np.sum(np.square(A)))
