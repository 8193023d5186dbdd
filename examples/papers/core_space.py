"""FLoRA: updates of a convolution in a low-rank core space.

The weights of a convolution are a tensor of four modes. Its ST-HOSVD gives orthonormal factors
for each mode; an update lives in the small core ``G x_1 U_1 ... x_4 U_4`` (arXiv 2405.14739).
What is lost is known exactly: the error of the decomposition from what its steps discard, that of
an update from the norm of its core.
"""

from __future__ import annotations

import numpy as np

from linsub.tensor import hooi, hosvd, sthosvd, tucker_to_dense

SHAPE, RANKS = (12, 14, 16, 10), (4, 5, 5, 4)


def weights(rng: np.random.Generator) -> np.ndarray:
    """Return a bank of filters with decaying modes."""
    W = rng.standard_normal(SHAPE)
    for mode, n in enumerate(SHAPE):
        Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        W = np.moveaxis(np.tensordot(Q * 0.75 ** np.arange(n), W, (1, mode)), 0, mode)
    return W


def projected(E: np.ndarray, factors: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return the core of the nearest tensor to E in the core space."""
    return np.asarray(tucker_to_dense(E, [U.T for U in factors]))


def main() -> None:
    """Account for errors, and train a core."""
    rng = np.random.default_rng(0)
    W = weights(rng)
    found = {"HOSVD": hosvd(W, RANKS), "ST-HOSVD": sthosvd(W, RANKS), "HOOI": hooi(W, RANKS)}
    for name, result in found.items():
        known = result.certificate
        error, least = float(known.frobenius_error), float(known.best_error_lower)
        print(f"{name:<9} error {error:.5f}, no tensor of these ranks below {least:.5f}")
        assert least <= error <= 2.0 * least  # sqrt(4 modes)
    discarded = found["ST-HOSVD"].info.details["discarded"].sum() * (W**2).sum()
    error = float(found["ST-HOSVD"].certificate.frobenius_error)
    print(f"ST-HOSVD: error^2 less what its steps discard: {abs(error**2 - discarded):.0e}")
    assert abs(error**2 - discarded) < 1e-10
    assert float(found["HOOI"].certificate.frobenius_error) <= error

    factors = found["ST-HOSVD"].factors
    target = W + tucker_to_dense(rng.standard_normal(RANKS), factors)  # reachable
    target = target + 0.1 * rng.standard_normal(SHAPE)  # and a part that is not
    core = np.zeros(RANKS)
    for _ in range(60):  # the gradient of 1/2 ||W + update - target||^2 in the core space
        core -= 0.3 * projected(W + tucker_to_dense(core, factors) - target, factors)
    left = float(np.linalg.norm(W + tucker_to_dense(core, factors) - target))
    gap = target - W
    floor = np.sqrt((gap**2).sum() - (projected(gap, factors) ** 2).sum())
    numbers = core.size + sum(U.size for U in factors)
    print(
        f"training {core.size} of {W.size} numbers ({numbers} with factors): "
        f"{left:.6f}, floor {floor:.6f}"
    )
    assert abs(left - floor) < 1e-6


if __name__ == "__main__":
    main()
