"""What the tests of bases and projectors share: hard matrices and judges."""

import numpy as np

__all__ = ["defect", "frame", "kahan", "normal", "unit_columns"]


def normal(rng, m, n, kind="d"):
    X = rng.standard_normal((m, n))
    return X + 1j * rng.standard_normal((m, n)) if kind in "FD" else X


def frame(rng, n, k, kind="d"):
    return np.linalg.qr(normal(rng, n, k, kind))[0]


def defect(Q):
    """Return ||Q^H Q - I||_F in extended precision."""
    wide = Q.astype(np.clongdouble if Q.dtype.kind == "c" else np.longdouble)
    off = wide.conj().T @ wide - np.eye(Q.shape[1])
    return float(np.sqrt((np.abs(off) ** 2).sum()))


def kahan(n, theta):
    s, c = np.sin(theta), np.cos(theta)
    return s ** np.arange(n)[:, None] * (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


def unit_columns(A):
    """Return A with columns of norm 1, whatever their scale; zero columns stay zero."""
    wide = A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble)
    size = np.sqrt((np.abs(wide) ** 2).sum(axis=0))
    wide = wide / np.where(size > 0.0, size, 1.0)
    return wide.astype(complex if A.dtype.kind == "c" else float)
