"""Collections to try the claims on, and the truth about them in a unit of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["EPS", "Truth", "collection", "norm2", "truth", "values"]

EPS = float(np.finfo(np.float64).eps)

# Multiplications in extended precision, which has no BLAS.
_AFFORDABLE = 2e7

_KINDS = ("shared", "orthogonal", "union", "graded", "duplicates", "appended", "wide", "mixed")


def values(A: np.ndarray) -> np.ndarray:
    """Singular values of what is neither huge nor tiny."""
    return np.linalg.svd(A, compute_uv=False) if A.size else np.zeros(0)


def norm2(A: np.ndarray) -> float:
    """Spectral norm of what is neither huge nor tiny."""
    return float(np.linalg.norm(A, 2)) if A.size else 0.0


def _normal(rng: np.random.Generator, m: int, n: int, kind: str) -> np.ndarray:
    X = rng.standard_normal((m, n))
    return X + 1j * rng.standard_normal((m, n)) if kind in "FD" else X


def _blocks(rng: np.random.Generator, name: str, m: int, kind: str) -> list[np.ndarray]:
    """Return blocks of height m with the structure `name`."""
    widths = [int(w) for w in rng.choice([0, 1, 1, 2, 3, 5, 8, 30], int(rng.integers(1, 12)))]
    noise = 10.0 ** rng.uniform(-12.0, 0.0)
    basis = _normal(rng, m, int(rng.integers(1, 6)), kind)
    if name == "orthogonal":  # the bounds are attained
        Q, _ = np.linalg.qr(_normal(rng, m, m, kind))
        cuts = np.sort(rng.integers(0, m + 1, len(widths) - 1))
        parts = np.split(Q * 10.0 ** rng.uniform(-1.0, 1.0, m), cuts, axis=1)
        return [part for part in parts if part.shape[1]] or [Q]
    if name == "wide":
        widths[0] = 2 * m + 5
        return [_normal(rng, m, w, kind) * (2.0 if i == 0 else 1e-3) for i, w in enumerate(widths)]
    found: list[np.ndarray] = []
    for i, w in enumerate(widths):
        if name == "shared":
            A = basis @ _normal(rng, basis.shape[1], w, kind) + noise * _normal(rng, m, w, kind)
        elif name == "union":
            A = _normal(rng, m, 2, kind) @ _normal(rng, 2, w, kind)
        elif name == "graded":
            A = _normal(rng, m, w, kind) * 10.0 ** -rng.uniform(0.0, 12.0, w)
        elif name == "duplicates":
            A = found[0] if found else _normal(rng, m, w, kind)
        elif name == "appended":  # small blocks beside a large one
            A = _normal(rng, m, w, kind) * (1.0 if i == 0 else noise)
        else:
            A = _normal(rng, m, w, kind) * rng.choice([0.0, 1.0, 1e-8])
        found.append(A)
    return found


def collection(index: int, rng: np.random.Generator, *, dtypes: str = "dfDF") -> dict[str, Any]:
    """Return a collection with a rank: one of eight structures, four types and any scale."""
    kind = dtypes[index % len(dtypes)]
    name = _KINDS[(index // len(dtypes)) % len(_KINDS)]
    m = int(rng.integers(1, 30))
    exponent = 0
    if rng.random() < 0.3:
        exponent = int(rng.integers(-80, 60) if kind in "fF" else rng.integers(-900, 900))
    blocks = []
    for A in _blocks(rng, name, m, kind):
        A = np.ldexp(A.real, exponent) + (1j * np.ldexp(A.imag, exponent) if kind in "FD" else 0)
        blocks.append(np.array(A, dtype=kind, order="F" if rng.random() < 0.5 else "C"))
    n = sum(A.shape[1] for A in blocks)
    return {
        "blocks": blocks,
        "rank": int(rng.integers(0, min(m, n) + 1)),
        "dtype": np.dtype(kind),
        "size": float(m * n),
        "label": f"{name} {len(blocks)} x {m} x {n} {np.dtype(kind)}",
    }


@dataclasses.dataclass(frozen=True)
class Truth:
    """A collection divided by 2^exponent, in double precision, and its singular values."""

    blocks: list[np.ndarray]
    exponent: int
    sigma: np.ndarray

    @property
    def M(self) -> np.ndarray:
        return np.concatenate(self.blocks, axis=1)

    @property
    def norm(self) -> float:
        return float(np.linalg.norm(self.M))

    @property
    def slack(self) -> float:
        """How far the reference values themselves may be off, over the norm."""
        return 8.0 * float(np.sqrt(sum(self.M.shape))) * EPS

    def error(self, rank: int) -> float:
        """E_r of the concatenation."""
        return float(np.linalg.norm(self.sigma[rank:])) / self.norm if self.norm else 0.0

    def scaled(self, x: Any) -> np.ndarray:
        """Return numbers of the size of the blocks in the unit of the truth."""
        x = np.asarray(x)
        if x.dtype.kind == "c":
            return np.asarray(self.scaled(x.real) + 1j * self.scaled(x.imag))
        return np.asarray(np.ldexp(x.astype(np.float64), -self.exponent))

    def wider(self, depth: int) -> Callable[[np.ndarray], np.ndarray]:
        """Return the conversion to extended precision, where a product is affordable."""
        if self.M.size * max(depth, 1) > _AFFORDABLE:
            return lambda x: x

        def convert(x: np.ndarray) -> np.ndarray:
            return x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble)

        return convert


def truth(case: Any) -> Truth:
    """Return the truth about a case's collection."""
    blocks = [np.asarray(A) for A in case.blocks]
    peak = max(
        (
            float(max(np.abs(A.real).max(initial=0.0), np.abs(A.imag).max(initial=0.0)))
            for A in blocks
        ),
        default=0.0,
    )
    known = Truth([], int(np.frexp(peak)[1]), np.zeros(0))
    scaled = [known.scaled(A) for A in blocks]
    return Truth(scaled, known.exponent, values(np.concatenate(scaled, axis=1)))
