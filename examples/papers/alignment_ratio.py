"""PMRL: alignment of k modalities as the share of one singular value.

The unit embeddings of one item in k modalities are columns of Z: the squares of its singular
values add up to k, and sigma_1 = sqrt(k) if and only if all columns are equal up to sign
(2507.17343). The loss ``-log softmax(sigma / tau)_1`` has a floor above 0, and its gradient is a
sum of singular pairs, checked by finite differences.
"""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax, softmax

from linsub.svd import truncated_svd


def loss(Z: np.ndarray, tau: float) -> float:
    """Return ``-log softmax(sigma / tau)_1``."""
    return float(-log_softmax(np.linalg.svd(Z, compute_uv=False) / tau)[0])


def gradient(Z: np.ndarray, tau: float) -> np.ndarray:
    """Return ``sum_j (p_j - [j = 1]) / tau u_j v_j^T``; the thin SVD suffices."""
    U, S, Vh = truncated_svd(Z, Z.shape[1])
    weights = softmax(S / tau)
    weights[0] -= 1.0
    return np.asarray(U * (weights / tau) @ Vh)


def main() -> None:
    """Check identity, floor and gradient."""
    rng = np.random.default_rng(0)
    d, k = 20, 4
    for spread in (2.0, 0.3, 0.0):
        Z = rng.standard_normal((d, 1)) + spread * rng.standard_normal((d, k))
        Z /= np.linalg.norm(Z, axis=0)
        S = np.linalg.svd(Z, compute_uv=False)
        print(f"spread {spread}: sigma_1^2 / k = {S[0] ** 2 / k:.4f}, loss {loss(Z, 0.1):.2e}")
        assert abs((S**2).sum() - k) < 1e-12
        assert S[0] <= np.sqrt(k) + 1e-12
    floors = {tau: float(np.log1p((k - 1) * np.exp(-np.sqrt(k) / tau))) for tau in (0.1, 1.0)}
    assert abs(loss(Z, 1.0) - floors[1.0]) < 1e-9  # the last Z is aligned
    print(f"floor of the loss at full alignment: {floors[0.1]:.1e}, at tau = 1 {floors[1.0]:.3f}")
    Z = rng.standard_normal((d, k))
    E = rng.standard_normal((d, k))
    measured = (loss(Z + 1e-6 * E, 0.5) - loss(Z - 1e-6 * E, 0.5)) / 2e-6
    gap = abs(measured - float((gradient(Z, 0.5) * E).sum()))
    print(f"gradient against differences: {gap:.0e}")
    assert gap < 1e-8


if __name__ == "__main__":
    main()
