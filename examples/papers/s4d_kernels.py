"""S4D: what is lost when the HiPPO matrix is replaced by a diagonal one, exactly.

The LegS matrix is normal plus rank one; S4D-LegS keeps the eigenvalues of the normal part (arXiv
2206.11893). With N states the transfer functions obey an identity at finite N, ``G(s) = G_D(s) (1
+ q(s))`` with ``|q(i w)| = |w| / sqrt(N^2 + w^2)``: the kernels agree at low frequencies like 1/N
and do not converge in L2, where the squared distance tends to (2n + 1)/4.
"""

from __future__ import annotations

import argparse

import numpy as np


def legs(N: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return A, B and the rank-one correction P of HiPPO-LegS."""
    n = np.arange(N)
    root = np.sqrt(2.0 * n + 1.0)
    A = -np.tril(np.outer(root, root), -1) - np.diag(n + 1.0)
    return A, root, np.sqrt(n + 0.5)


def normal_part(N: int) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues and unitary eigenvectors of A + P P^T, by eigh and never by eig."""
    A, _, P = legs(N)
    skew = A + np.outer(P, P) + 0.5 * np.eye(N)
    w, V = np.linalg.eigh(-1j * skew)
    return -0.5 + 1j * w, V


def transfer(N: int, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the transfer functions of LegS and of its diagonal form, (len(s), N) each."""
    A, B, _ = legs(N)
    w, V = normal_part(N)
    full = np.array([np.linalg.solve(x * np.eye(N) - A, B) for x in s])
    coefficients = V.conj().T @ (B / 2.0)
    return full, (coefficients / (s[:, None] - w)) @ V.T


def kernels(N: int, t: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the n-th basis function of LegS in closed form, and that of the diagonal form."""
    legendre = np.polynomial.legendre.Legendre.basis(n)
    exact = np.exp(-t) * np.sqrt(2 * n + 1.0) * legendre(2.0 * np.exp(-t) - 1.0)
    w, V = normal_part(N)
    weights = V[n] * (V.conj().T @ (legs(N)[1] / 2.0))
    return exact, (np.exp(np.outer(t, w)) @ weights).real


def distance(N: int, n: int) -> float:
    """Return the squared L2 distance of the two kernels, from the eigenvalues."""
    A, B, _ = legs(N)
    w, V = normal_part(N)
    weights = V[n] * (V.conj().T @ (B / 2.0))
    own = 0.5
    diagonal = -(weights[:, None] * weights.conj() / (w[:, None] + w.conj())).sum().real
    unit = np.eye(N)[n]
    cross = sum(
        (x * -np.linalg.solve(A + y * np.eye(N), B) @ unit) for x, y in zip(weights, w, strict=True)
    )
    return float(own + diagonal - 2.0 * cross.real)


def main(save: str | None = None) -> None:
    """Check the identity, print the limits, and draw the kernels where wanted."""
    s = 1j * np.array([0.1, 1.0, 10.0, 100.0])
    for N in (8, 32):
        full, diagonal = transfer(N, s)
        ratio = np.abs(full / diagonal - 1.0)
        expected = np.abs(s) / np.sqrt(N**2 + np.abs(s) ** 2)
        worst = np.abs(ratio / expected[:, None] - 1.0).max()
        print(f"N = {N}: the identity holds to {worst:.0e}")
        assert worst < 1e-8
    limits = np.array([distance(64, n) for n in range(3)])
    print("squared L2 distances at N = 64:", " ".join(f"{x:.4f}" for x in limits))
    assert np.abs(limits - (2.0 * np.arange(3) + 1.0) / 4.0).max() < 0.03
    if save is not None:
        import matplotlib.pyplot as plt

        t = np.linspace(0.0, 3.0, 2000)
        figure, panels = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained", sharey=True)
        for ax, n in zip(panels, range(3), strict=True):
            exact, found = kernels(64, t, n)
            ax.plot(t, found, lw=0.6, color="#D55E00", label="S4D-LegS, 64 states")
            ax.plot(t, exact, color="#0072B2", label="LegS")
            ax.set(title=f"n = {n}: squared distance {limits[n]:.3f}", xlabel="t")
        panels[0].legend(frameon=False, fontsize=8)
        figure.savefig(save)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", metavar="FILE", help="write the picture here")
    main(parser.parse_args().save)
