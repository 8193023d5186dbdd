"""Singular differential equations by the smallest singular vector of a collocation matrix.

Legendre's equation ``(1 - x^2) y'' - 2 x y' + nu (nu + 1) y = 0`` in Chebyshev polynomials,
collocated at Chebyshev points with the singular ends (2409.20150 trains a network for it).
Nothing is divided by 1 - x^2: regularity is automatic and the logarithmic solution excluded. At a
degree nu that is no integer there is no regular solution on [-1, 1], and the smallest singular
value says so.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.polynomial import chebyshev
from numpy.polynomial.legendre import Legendre

from linsub.svd import truncated_svd


def collocation(nu: float, K: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return 2K points, Chebyshev polynomials there, and the equation applied to them."""
    x = np.cos(np.pi * np.arange(2 * K) / (2 * K - 1))
    T = chebyshev.chebvander(x, K - 1)
    first = np.column_stack([chebyshev.chebval(x, chebyshev.chebder(e)) for e in np.eye(K)])
    second = np.column_stack([chebyshev.chebval(x, chebyshev.chebder(e, 2)) for e in np.eye(K)])
    L = (1 - x**2)[:, None] * second - 2 * x[:, None] * first + nu * (nu + 1) * T
    return x, T, L


def solve(nu: float, K: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return points, the solution with y(1) = 1, and the smallest singular value."""
    x, T, L = collocation(nu, K)
    _, S, Vh = truncated_svd(L, K)
    y = T @ Vh[-1].conj()
    return x, y / y[0], float(S[-1])


def main(save: str | None = None) -> None:
    """Solve for integer degrees and be refused at the others."""
    for nu in (2, 5, 10):
        x, y, sigma = solve(nu, 24)
        error = np.abs(y - Legendre.basis(nu)(x)).max()
        print(f"degree {nu:<5} smallest singular value {sigma:.0e}   error {error:.0e}")
        assert error < 1e-11
        assert sigma < 1e-10
    refused = {nu: [solve(nu, K)[2] for K in (12, 24, 48)] for nu in (2.01, 2.5)}
    for nu, values in refused.items():
        print(f"degree {nu:<5} smallest singular value", " ".join(f"{v:.3g}" for v in values))
        assert min(values) > 1e-2
    assert min(refused[2.5]) > 10 * max(refused[2.01])
    if save is not None:
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
        for nu in (2, 5, 10):
            x, y, _ = solve(nu, 24)
            t = np.linspace(-1.0, 1.0, 400)
            (line,) = left.plot(t, Legendre.basis(nu)(t), lw=1, label=f"degree {nu}")
            left.plot(x, y, ".", color=line.get_color())
        left.set(title="solutions at the collocation points", xlabel="x")
        left.legend(frameon=False)
        degrees = np.linspace(0.5, 6.5, 121)
        right.semilogy(degrees, [solve(nu, 24)[2] for nu in degrees])
        right.set(title="smallest singular value", xlabel="degree")
        figure.savefig(save)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", metavar="FILE", help="write the picture here")
    main(parser.parse_args().save)
