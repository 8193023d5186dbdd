"""Extremes of ``||B z||_p / ||Z z||_p`` from the inside: values that are attained."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from linsub._core.dense.svd import svd

__all__ = ["Extremes", "log_ratios", "search_ratios"]

# Points that a search sees before it climbs, and how many of the best it climbs from: on
# Gaussian and heavy-tailed rows (d = 3 to 10, p = 1 to 4) more starts moved no digit shown.
_RANDOM, _ROWS, _STARTS = 64, 64, 4
_STEPS = 200

# Of |r|/max |r|: below it a gradient with p < 1 counts as this.
_LEAST = 1e-8


class Extremes(NamedTuple):
    """Smallest and largest ratio that was found, and where."""

    low: float
    z_low: np.ndarray
    high: float
    z_high: np.ndarray


def search_ratios(
    Z: np.ndarray, B: np.ndarray, p: float, generator: np.random.Generator
) -> Extremes:
    """Climb from the best of many points, by L-BFGS on the logarithm of the ratio."""
    points = _points(Z, B, generator)
    values = log_ratios(Z, B, p, points)
    order = np.argsort(values, kind="stable")
    low, z_low = _climbed(Z, B, p, points[:, order[:_STARTS]], 1.0)
    high, z_high = _climbed(Z, B, p, points[:, order[::-1][:_STARTS]], -1.0)
    return Extremes(low, z_low, high, z_high)


def _points(Z: np.ndarray, B: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    r = Z.shape[1]
    found = [np.eye(r, dtype=Z.dtype)]
    if min(B.shape):
        found.append(svd(B)[2].conj().T)
    for M in (Z, B):
        sizes = np.sqrt(np.square(np.abs(M)).sum(axis=1))
        top = np.argsort(-sizes, kind="stable")[:_ROWS]
        top = top[sizes[top] > 0.0]
        found.append((M[top] / sizes[top, None]).conj().T)
    drawn = generator.standard_normal((r, _RANDOM))
    if Z.dtype.kind == "c":
        drawn = drawn + 1j * generator.standard_normal((r, _RANDOM))
    return np.asarray(np.concatenate([*found, drawn], axis=1))


def log_ratios(Z: np.ndarray, B: np.ndarray, p: float, points: np.ndarray) -> np.ndarray:
    """Return log(||B z||_p / ||Z z||_p) for each column z; -inf where B z = 0."""
    return _log_norms(B @ points, p) - _log_norms(Z @ points, p)


def _log_norms(R: np.ndarray, p: float) -> np.ndarray:
    size = np.abs(R)
    peak = size.max(axis=0, initial=0.0)
    with np.errstate(divide="ignore", under="ignore"):
        sums = ((size / np.where(peak > 0.0, peak, 1.0)) ** p).sum(axis=0)
        return np.asarray(np.log(peak) + np.log(np.where(peak > 0.0, sums, 1.0)) / p)


def _climbed(
    Z: np.ndarray, B: np.ndarray, p: float, starts: np.ndarray, sign: float
) -> tuple[float, np.ndarray]:
    """Return the ratio and the point, least for sign 1 and largest for sign -1."""
    from scipy.optimize import minimize

    is_complex = Z.dtype.kind == "c"

    def unpack(v: np.ndarray) -> np.ndarray:
        return np.asarray(v[: v.size // 2] + 1j * v[v.size // 2 :] if is_complex else v)

    def objective(v: np.ndarray) -> tuple[float, np.ndarray]:
        z = unpack(v)
        top, g_top = _log_norm(B, z, p)
        bottom, g_bottom = _log_norm(Z, z, p)
        g = sign * (g_top - g_bottom)
        return sign * (top - bottom), np.concatenate([g.real, g.imag]) if is_complex else g

    candidates = [starts]
    for k in range(starts.shape[1]):
        z = starts[:, k] / np.sqrt(np.square(np.abs(starts[:, k])).sum())
        v = np.concatenate([z.real, z.imag]) if is_complex else z
        found: Any = minimize(
            objective, v, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}
        )
        if np.isfinite(found.x).all():
            candidates.append(unpack(found.x)[:, None])
    points = np.concatenate(candidates, axis=1)
    values = sign * log_ratios(Z, B, p, points)
    best = int(np.argmin(values))
    return float(np.exp(sign * values[best])), points[:, best]


def _log_norm(M: np.ndarray, z: np.ndarray, p: float) -> tuple[float, np.ndarray]:
    """Return log ||M z||_p and its gradient."""
    r = M @ z
    size = np.abs(r)
    peak = float(size.max(initial=0.0))
    if peak == 0.0:
        # Far below all others, and flat: the search has arrived.
        return -1e3, np.zeros_like(z)
    t = size / peak
    with np.errstate(under="ignore"):
        total = float((t**p).sum())
        slope = np.maximum(t, _LEAST) ** (p - 2.0) * (r / peak)
        return float(np.log(peak) + np.log(total) / p), M.conj().T @ slope / (total * peak)
