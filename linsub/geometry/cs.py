"""The thin CS decomposition of two orthonormal bases: all angles to rounding, at once.

Cosines see nothing of small angles and sines nothing of angles near 90 degrees. Here each
angle comes from the one of the two that sees it, within one consistent set of vectors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linsub._core.dense.qr import complement, qr
from linsub._core.dense.svd import singular_values, svd

__all__ = ["ThinCS", "angles_of", "beside", "thin_cs"]

# The columns of X^H Y with a cosine below this have a sine above it, and the other way round.
_HALF_WAY = np.sqrt(0.5)

# Rounding of size eps in (I - X X^H) Y is eps / s in a column of Qs: below this sine the columns
# are projected once more, so that they are orthogonal to X to a few eps as well.
_LEAKS = 0.1

# What is left of a unit column below this has no direction of its own.
_NO_DIRECTION = 0.1


class ThinCS(NamedTuple):
    """``X^H Y V = Ux diag(c)`` and ``(I - X X^H) Y V = Qs diag(s)``, angles ascending."""

    Ux: np.ndarray
    c: np.ndarray
    s: np.ndarray
    V: np.ndarray
    Qs: np.ndarray
    angles: np.ndarray


def beside(X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return X^H Y and (I - X X^H) Y, the second by two projections."""
    Xh = X.conj().T
    C = Xh @ Y
    H = Y - X @ C
    H -= X @ (Xh @ H)
    return C, H


def angles_of(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return the min(p, q) principal angles, ascending, at half of the cost of all vectors."""
    if X.shape[1] < Y.shape[1]:
        X, Y = Y, X
    k = Y.shape[1]
    C, H = beside(X, Y)
    s = singular_values(H)[::-1]
    s = np.concatenate([np.zeros(k - s.size), s])
    return np.asarray(np.arctan2(s, singular_values(C)))


def _positive_qr(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Q and R with a real, nonnegative diagonal."""
    Q, R = qr(A)
    d = np.diag(R)
    size = np.abs(d)
    phase = np.where(size > 0, d, 1) / np.where(size > 0, size, 1)
    return Q * phase, R * phase.conj()[:, None]


def thin_cs(X: np.ndarray, Y: np.ndarray) -> ThinCS:
    """Return the thin CS decomposition of orthonormal X (n, p) and Y (n, q), k = min(p, q).

    Where q > p, the directions of Y beyond V are those that are orthogonal to X; Qs is
    orthogonal to them too. A column of Qs is zero where R^n has no room for it, which is where
    p + q > n, and its sine is zero to rounding.

    Notes
    -----
    The SVD of X^H Y finds the large angles: its columns with a cosine below sqrt(1/2) are, seen
    from (I - X X^H) Y, orthogonal already. What is left there is a triangle whose SVD finds the
    small angles, and a last QR factorization turns Ux along with it.
    """
    C, H = beside(X, Y)
    U, c, Vh = svd(C)
    # Large angles first.
    U, c, V = U[:, ::-1].copy(), c[::-1].copy(), Vh.conj().T[:, ::-1].copy()
    m = int(np.count_nonzero(c < _HALF_WAY))
    Qs, R = _positive_qr(H @ V)
    s = np.diag(R).real.copy()
    U2, s[m:], Vh2 = svd(R[m:, m:])
    V2 = Vh2.conj().T
    Qs[:, m:] = Qs[:, m:] @ U2
    V[:, m:] = V[:, m:] @ V2
    Q2, R2 = _positive_qr(c[m:, None] * V2)
    U[:, m:] = U[:, m:] @ Q2
    c[m:] = np.diag(R2).real
    angles = np.arctan2(s, c)
    order = np.argsort(angles, kind="stable")
    U, c, s, V, Qs = U[:, order], c[order], s[order], V[:, order], Qs[:, order]
    small = int(np.count_nonzero(s < _LEAKS))
    if small:
        against = np.concatenate([X, Qs[:, small:], Y @ complement(V)], axis=1)
        Qs[:, :small] = _directions_beyond(Qs[:, :small], against)
    return ThinCS(U, c, s, V, Qs, angles[order])


def _directions_beyond(Z: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Return unit columns near those of Z, orthogonal to each other and to `against`."""
    for _ in range(2):
        Z = Z - against @ (against.conj().T @ Z)
    # The last columns have the largest sines, hence the surest directions.
    Q, R = _positive_qr(Z[:, ::-1])
    if Z.shape[0] >= Z.shape[1] + against.shape[1] and np.diag(R).real.min() > _NO_DIRECTION:
        return Q[:, ::-1]
    return _one_by_one(Z, against)


def _one_by_one(Z: np.ndarray, against: np.ndarray) -> np.ndarray:
    """Do so where some columns have no direction: any will do, and 0 where there is no room."""
    gaussian = np.random.default_rng(0)
    found = np.zeros_like(Z)
    basis = against
    for j in range(Z.shape[1])[::-1]:
        if basis.shape[1] >= Z.shape[0]:
            break
        z = _unit_beyond(Z[:, j : j + 1], basis, _NO_DIRECTION)
        if z is None:
            z = _unit_beyond(gaussian.standard_normal((Z.shape[0], 1)), basis, 0.0)
        if z is not None:
            found[:, j : j + 1] = z
            basis = np.concatenate([basis, z], axis=1)
    return found


def _unit_beyond(z: np.ndarray, basis: np.ndarray, least: float) -> np.ndarray | None:
    """Return the direction of z beyond `basis`, or None where less than `least` is left."""
    for _ in range(3):
        z = z - basis @ (basis.conj().T @ z)
        size = float(np.linalg.norm(z))
        if not size > least:
            return None
        z = z / size
    return z
