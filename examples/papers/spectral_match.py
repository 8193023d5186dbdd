"""Layerwise scaling rules: singular values of weights under decoupled decay, width by width.

Weights ``W <- (1 - eta lambda) W - eta u`` under unit-variance updates settle at the size
sqrt(eta / (2 lambda)), and at fixed eta lambda the whole spectrum scales exactly with sqrt(eta /
lambda) (arXiv 2510.15262). Its d^0.75 law is empirical: noise gives sigma_1 ~ d^1/2, one shared
rank-one part d^1, and what lies between is no theorem.
"""

from __future__ import annotations

import numpy as np

from linsub.svd import truncated_svd

DECAY, STEPS = 0.02, 300


def trained(d: int, eta: float, shared: float, seed: int) -> np.ndarray:
    """Return weights after STEPS updates of noise and one shared rank-one part."""
    rng = np.random.default_rng(seed)
    u, v = rng.choice([-1.0, 1.0], (2, d))
    W = np.zeros((d, d))
    for _ in range(STEPS):
        W = (1.0 - DECAY) * W - eta * (rng.standard_normal((d, d)) + shared * np.outer(u, v))
    return W


def leading(W: np.ndarray) -> float:
    """Return sigma_1."""
    return float(truncated_svd(W, 1).S[0])


def exponent(widths: list[int], shared: float) -> float:
    """Return the fitted exponent of sigma_1 against the width."""
    values = [leading(trained(d, 1e-2, shared, d)) for d in widths]
    return float(np.polyfit(np.log(widths), np.log(values), 1)[0])


def main() -> None:
    """Check size, scaling and exponents."""
    eta = 1e-2
    W = trained(96, eta, 0.0, 0)
    rms = float(np.sqrt((W**2).mean()))
    predicted = eta / np.sqrt(2.0 * DECAY)  # eta lambda = DECAY
    print(f"RMS {rms:.4f}, predicted {predicted:.4f}")
    assert abs(rms / predicted - 1.0) < 0.05
    doubled = trained(96, 2.0 * eta, 0.0, 0)  # the same noise, eta lambda as before
    S, S2 = (np.linalg.svd(X, compute_uv=False) for X in (W, doubled))
    print(f"spectra match to {np.abs(S2 / S / 2.0 - 1.0).max():.0e} after scaling")
    assert np.abs(S2 / S / 2.0 - 1.0).max() < 1e-9
    edge = leading(W) / (2.0 * np.sqrt(96) * rms)
    print(f"sigma_1 over the edge of noise {edge:.2f}")
    assert 0.9 < edge < 1.1
    widths = [32, 64, 128]
    noise, mixed = exponent(widths, 0.0), exponent(widths, 0.1)
    print(f"sigma_1 ~ d^{noise:.2f} of noise, d^{mixed:.2f} with a shared part")
    assert 0.4 < noise < 0.6
    assert 0.8 < mixed <= 1.02


if __name__ == "__main__":
    main()
