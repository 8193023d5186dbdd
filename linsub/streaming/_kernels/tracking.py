"""Subspaces that follow a stream: PAST, OPAST and GROUSE, row after row."""

from __future__ import annotations

import math

import numpy as np

from linsub._core.jit import njit

__all__ = ["grouse_rows", "past_rows"]

# ||S||_F^2 from which forgetting stops; rows are 2^200 at most, and squares must not overflow.
_WOUND_UP = 1e100


@njit(reassociate=True)
def _dot(x: np.ndarray, y: np.ndarray) -> float:
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


@njit(reassociate=True)
def _add(v: np.ndarray, t: float, x: np.ndarray) -> None:
    for i in range(x.size):
        v[i] += t * x[i]


@njit()
def _split(W: np.ndarray, x: np.ndarray, y: np.ndarray, e: np.ndarray, rounds: int) -> None:
    """y = W x and e = x - W^T y, for orthonormal rows of W by two rounds."""
    for i in range(x.size):
        e[i] = x[i]
    for j in range(y.size):
        y[j] = 0.0
    for _ in range(rounds):
        if rounds == 1:
            for j in range(y.size):
                y[j] = _dot(W[j], x)
            for j in range(y.size):
                _add(e, -y[j], W[j])
        else:
            # One direction after the other: what is left of x decides, not x.
            for j in range(y.size):
                t = _dot(W[j], e)
                y[j] += t
                _add(e, -t, W[j])


@njit()
def _shrink(
    S: np.ndarray, f: np.ndarray, q: np.ndarray, size: float, along: float, down: float
) -> None:
    """S S^T <- down^2 S (I - (1 - along^2) f f^T / size) S^T, where q = S f and size = ||f||^2.

    A reflection of the columns leaves f along one of them: that one is shrunk by itself, and is
    accurate however much it shrinks.
    """
    k = f.size
    norm = math.sqrt(size)
    if along < 1.0 and norm > 0.0:
        sign = -1.0 if f[0] > 0.0 else 1.0
        u = f / norm
        u[0] -= sign
        factor = 2.0 / _dot(u, u)
        for a in range(k):
            t = factor * _dot(S[a], u)
            S[a, 0] = sign * along * q[a] / norm
            for b in range(1, k):
                S[a, b] -= t * u[b]
    for a in range(k):
        for b in range(k):
            S[a, b] *= down


@njit()
def past_rows(
    X: np.ndarray,
    W: np.ndarray,
    S: np.ndarray,
    forgetting: float,
    orthonormal: bool,
    nothing: float,
) -> None:
    """Run over the rows of X; W (k, d) and S (k, k) are overwritten.

    ``P = S S^T`` is the inverse of the correlation of the coordinates. It is updated by its
    root (Potter), so that it stays positive however the rows vary in size.
    """
    k, d = W.shape
    y, e = np.empty(k), np.empty(d)
    f, q, p = np.empty(k), np.empty(k), np.empty(d)
    for i in range(X.shape[0]):
        _split(W, X[i], y, e, 2 if orthonormal else 1)
        for a in range(k):
            f[a] = 0.0
            for b in range(k):
                f[a] += S[b, a] * y[b]
        size = _dot(f, f)
        total = forgetting + size
        for a in range(k):
            q[a] = _dot(S[a], f)
        # Rows that say nothing must not let it grow for ever.
        down = 1.0 / math.sqrt(forgetting) if _dot(S.ravel(), S.ravel()) < _WOUND_UP else 1.0
        _shrink(S, f, q, size, math.sqrt(forgetting / total), down)
        for a in range(k):
            q[a] /= total
        if not orthonormal:
            for a in range(k):
                _add(W[a], q[a], e)
            continue
        # W + g p^T with the gain g = q and p orthogonal to W, times the inverse root of
        # I + ||p||^2 g g^T.
        grown = _dot(e, e)
        gain = _dot(q, q)
        # What is left of a row in the span is rounding, and a large gain would make it count.
        if not grown > nothing * nothing * _dot(X[i], X[i]) or gain == 0.0:
            continue
        root = math.sqrt(1.0 + grown * gain)
        # (1/root - 1) / gain without cancellation.
        tau = -grown / (root * (root + 1.0))
        for j in range(d):
            p[j] = (1.0 + tau * gain) * e[j]
        for a in range(k):
            _add(p, tau * q[a], W[a])
        for a in range(k):
            _add(W[a], q[a], p)


@njit()
def grouse_rows(X: np.ndarray, W: np.ndarray, step: float, nothing: float) -> int:
    """Turn W (k, d) towards each row of X by a share of the angle; return how often it did."""
    k, d = W.shape
    y, e, along = np.empty(k), np.empty(d), np.empty(d)
    turned = 0
    for i in range(X.shape[0]):
        x = X[i]
        _split(W, x, y, e, 2)
        size = math.sqrt(_dot(x, x))
        inside, outside = math.sqrt(_dot(y, y)), math.sqrt(_dot(e, e))
        if not (inside > nothing * size and outside > nothing * size):
            continue
        angle = step * math.atan2(outside, inside)
        turn, rise = -2.0 * math.sin(0.5 * angle) ** 2, math.sin(angle)
        for j in range(d):
            along[j] = rise / outside * e[j]
        for a in range(k):
            _add(along, turn * y[a] / inside, W[a])
        for a in range(k):
            _add(W[a], y[a] / inside, along)
        turned += 1
    return turned
