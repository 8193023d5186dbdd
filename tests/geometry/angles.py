"""Pairs of subspaces for the tests, and references in more than double precision."""

import numpy as np
from hypothesis import strategies as st

from linsub.testing import gallery

EPS = float(np.finfo(float).eps)

SETS = list(gallery.ANGLE_SETS)


def gaussian(rng, shape, complex_=False):
    G = rng.standard_normal(shape)
    return G + 1j * rng.standard_normal(shape) if complex_ else G


def frame(n, k, rng, complex_=False):
    return np.linalg.qr(gaussian(rng, (n, k), complex_))[0]


@st.composite
def draw_pair(draw):
    """Orthonormal X and Y, and their angles, ascending."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kinds = st.sampled_from(["zero", "right", "tiny", "nearly right", "plain", "tied"])
    theta = []
    for kind in draw(st.lists(kinds, min_size=1, max_size=6)):
        size = 10.0 ** rng.uniform(-17, -1)
        theta.append(
            {
                "zero": 0.0,
                "right": np.pi / 2,
                "tiny": size,
                "nearly right": np.pi / 2 - size,
                "plain": rng.uniform(0, np.pi / 2),
                "tied": 0.25,
            }[kind]
        )
    theta = np.sort(theta)
    p = theta.size + draw(st.integers(0, 3))
    n = p + np.count_nonzero(theta) + draw(st.sampled_from([0, 1, 30]))
    dtype = draw(st.sampled_from([np.float64, np.complex128]))
    X, Y = gallery.subspace_pair(n, theta, p=p, rng=rng, dtype=dtype)
    return (X, Y, theta) if draw(st.booleans()) else (Y, X, theta)


def allowed_defect(X, Y):
    """Roundings of products, and 30 k eps, LAPACK's own pass line for the SVD of X^H Y.

    One draw in a thousand with k = 6 leaves 60 eps there, with gesdd and gesvd alike.
    """
    return 30 * EPS * (np.sqrt(X.shape[0]) + min(X.shape[1], Y.shape[1]))


def identity_defects(X, Y, result):
    """How far each identity of the CS decomposition is from holding."""
    Ux, c, s, V, Qs, angles = (np.asarray(x) for x in result)
    C = X.conj().T @ Y
    H = Y - X @ C
    H = H - X @ (X.conj().T @ H)
    room = np.linalg.norm(Qs, axis=0) > 0
    Qr = Qs[:, room]
    return {
        "cosines": np.linalg.norm(C @ V - Ux * c),
        "both sides": np.linalg.norm(C - (Ux * c) @ V.conj().T),
        "sines": np.linalg.norm(H @ V - Qs * s),
        "unit": np.linalg.norm(np.hypot(c, s) - 1),
        "arctan": np.linalg.norm(np.arctan2(s, c) - angles),
        "Ux": np.linalg.norm(Ux.conj().T @ Ux - np.eye(c.size)),
        "V": np.linalg.norm(V.conj().T @ V - np.eye(c.size)),
        "Qs": np.linalg.norm(Qr.conj().T @ Qr - np.eye(Qr.shape[1])),
        "beside X": np.linalg.norm(X.conj().T @ Qs),
    }


def exact_angles(A, B, digits=60):
    """The principal angles of two matrices of full rank, by mpmath."""
    import mpmath

    with mpmath.workdps(digits):
        X, Y = (_orthonormal(mpmath, M) for M in (A, B))
        if X.cols < Y.cols:
            X, Y = Y, X
        C = X.H * Y
        cosines = sorted(mpmath.svd(C, compute_uv=False), reverse=True)
        sines = sorted(mpmath.svd(Y - X * C, compute_uv=False))
        return np.array([float(mpmath.atan2(s, c)) for s, c in zip(sines, cosines, strict=True)])


def _orthonormal(mpmath, A):
    M = mpmath.matrix(A.tolist())
    Q, _ = mpmath.qr(M, mode="skinny")
    return Q
