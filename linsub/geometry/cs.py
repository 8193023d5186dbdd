"""The thin CS decomposition of two orthonormal bases: all angles to rounding, at once.

Cosines see nothing of small angles and sines nothing of angles near 90 degrees. Here each
angle comes from the one of the two that sees it, within one consistent set of vectors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linsub._core.dense.qr import complement, orthonormalize, qr
from linsub._core.dense.svd import singular_values, svd

__all__ = ["ThinCS", "angles_of", "beside", "thin_cs"]

# The columns of X^H Y with a cosine below this have a sine above it, and the other way round.
_HALF_WAY = np.sqrt(0.5)

# Up to pi/3 the columns of X^H Y are orthogonal where those of (I - X X^H) Y are.
_SMALL_SINE = np.sqrt(0.75)

# What a product leaves of zero, relative to the largest singular value.
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)

# A turn below this is unitary to its square.
_TURN = 1e-8

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
    Y = X C + Q R with Q orthogonal to X leaves C and R, orthonormal columns together. The SVD
    of R finds the small angles: its columns with a sine below that of pi/3 are, seen from C,
    orthogonal already. What is left there is a triangle whose SVD finds the large angles, and a
    last QR factorization turns Qs along with it. Where q > p, or Q is not found because a sine
    is zero to rounding, it begins with the SVD of C.
    """
    n, (p, q) = X.shape[0], (X.shape[1], Y.shape[1])
    if X.dtype != Y.dtype:
        X, Y = (A.astype(np.result_type(X, Y), copy=False) for A in (X, Y))
    if p + q <= n:
        rest = orthonormalize(Y, X)
        if rest.rank == q:
            # Y = X C + Q R with Q orthogonal to X whatever the angles: the rest is small.
            if q > p:
                found = _large_first(rest.H, rest.R)
                found = _apart(found, rest.R @ complement(found.V))
            else:
                found = _small_first(rest.H, rest.R)
            return found._replace(Qs=rest.Q @ found.Qs)
    C, H = beside(X, Y)
    found = _large_first(C, H)
    return _apart(found, np.concatenate([X, Y @ complement(found.V)], axis=1))


def _small_first(C: np.ndarray, R: np.ndarray) -> ThinCS:
    """Return what :func:`_large_first` does where C has no more columns than rows.

    With the parts of cosines and sines exchanged: one SVD where all angles are below pi/3.
    """
    Qs, s, V = _svd(R)
    Qs, s, V = Qs[:, ::-1].copy(), s[::-1].copy(), V[:, ::-1].copy()
    m = int(np.count_nonzero(s < _SMALL_SINE))
    U, T = _positive_qr(C @ V)
    c = np.diag(T).real.copy()
    if m < c.size:
        U2, c[m:], V2 = _svd(T[m:, m:])
        U[:, m:] = U[:, m:] @ U2
        V[:, m:] = V[:, m:] @ V2
        # Not diag(s) V2: of sines near 1 the first SVD has told the vectors badly apart.
        Q2, R2 = _positive_qr(Qs[:, m:].conj().T @ (R @ V[:, m:]))
        Qs[:, m:] = Qs[:, m:] @ Q2
        s[m:] = np.diag(R2).real
    return _ascending(U, c, s, V, Qs)


def _svd(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U, S and V of a small A after a Newton step for what LAPACK has dropped.

    LAPACK's bdsqr takes off-diagonal entries of up to eps^(7/8) sigma for zero. With
    U^H A V = diag(S) + E, U and V are turned by skew-Hermitian G and B, first order in E.
    """
    U, S, Vh = svd(A)
    V = Vh.conj().T
    E = U.conj().T @ (A @ V)
    E.flat[:: S.size + 1] = 0
    if not np.abs(E).max(initial=0.0) > _ROUNDING * S.max(initial=0.0):
        return U, S, V
    Eh = E.conj().T
    left = S[:, None]
    gap = (S - left) * (S + left)
    # Where singular values are nearly one, a turn of first order is too large to be right.
    tell = np.maximum(np.abs(E), np.abs(Eh)) * (S + left) < _TURN * np.abs(gap)
    gap = np.where(tell, gap, np.inf)
    G, B = (S * E + left * Eh) / gap, (left * E + S * Eh) / gap
    return U + U @ G, S, V + V @ B


def _large_first(C: np.ndarray, H: np.ndarray) -> ThinCS:
    """Return the decomposition of C over H, which are orthonormal columns together."""
    U, c, V = _svd(C)
    # Large angles first.
    U, c, V = U[:, ::-1].copy(), c[::-1].copy(), V[:, ::-1].copy()
    m = int(np.count_nonzero(c < _HALF_WAY))
    Qs, R = _positive_qr(H @ V)
    s = np.diag(R).real.copy()
    U2, s[m:], V2 = _svd(R[m:, m:])
    Qs[:, m:] = Qs[:, m:] @ U2
    V[:, m:] = V[:, m:] @ V2
    Q2, R2 = _positive_qr(U[:, m:].conj().T @ (C @ V[:, m:]))
    U[:, m:] = U[:, m:] @ Q2
    c[m:] = np.diag(R2).real
    return _ascending(U, c, s, V, Qs)


def _ascending(
    U: np.ndarray, c: np.ndarray, s: np.ndarray, V: np.ndarray, Qs: np.ndarray
) -> ThinCS:
    angles = np.arctan2(s, c)
    if np.all(angles[1:] >= angles[:-1]):
        return ThinCS(U, c, s, V, Qs, angles)
    order = np.argsort(angles, kind="stable")
    return ThinCS(U[:, order], c[order], s[order], V[:, order], Qs[:, order], angles[order])


def _apart(cs: ThinCS, others: np.ndarray) -> ThinCS:
    """Return it with the directions of small sines orthogonal to the columns of `others` too."""
    small = int(np.count_nonzero(cs.s < _LEAKS))
    if small:
        against = np.concatenate([others, cs.Qs[:, small:]], axis=1)
        cs.Qs[:, :small] = _directions_beyond(cs.Qs[:, :small], against)
    return cs


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
