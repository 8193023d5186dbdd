"""Reflectors one by one in extended precision: the reference of the tests."""

import numpy as np

__all__ = ["derivative", "dtypes", "gaussian", "product", "wide"]

dtypes = "fdFD"


def wide(A):
    A = np.asarray(A)
    return A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble)


def gaussian(rng, shape, dtype):
    G = rng.standard_normal(shape)
    if dtype in "FD":
        G = G + 1j * rng.standard_normal(shape)
    return G.astype(dtype)


def product(V, tau, X, signs=()):
    """Return H_1 ... H_k D X, with tau = 2 / ||v||^2 where it is None."""
    V, Y = wide(V), wide(X).copy()
    signs = wide(signs)
    if signs.size:
        Y = Y.astype(np.result_type(Y, signs))
        Y[: signs.size] *= signs[:, None]
    for j in range(V.shape[1])[::-1]:
        v = V[:, j]
        size = (np.abs(v) ** 2).sum()
        t = wide(tau)[j] if tau is not None else (2 / size if size else 0 * size)
        Y = Y - t * np.outer(v, v.conj() @ Y)
    return Y


def derivative(V, tau, X, signs, dV, dtau, dX):
    """Return the derivative of the product along (dV, dtau, dX), by central differences."""
    h = np.longdouble(2.0) ** -20

    def at(step):
        moved = None if tau is None else wide(tau) + step * wide(dtau)
        return product(wide(V) + step * wide(dV), moved, wide(X) + step * wide(dX), signs)

    # Two steps, so that the error is of the order h^4, 1e-24 beside rounding of 1e-13.
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
