"""SingularTrajectory: paths of agents in a few singular vectors.

Paths of T points are columns of a matrix; the leading left singular vectors are its motions
(2403.18452). Paths of constant acceleration through the origin span exactly four dimensions. Two
traps of the method are shown: a smoothing matrix that is applied to interleaved x and y mixes
them, where its Kronecker product with the 2 x 2 identity does not; and coordinates in a frame
that is not orthonormal are a least-squares solution, not products with its transpose.
"""

from __future__ import annotations

import argparse

import numpy as np

from linsub.svd import energy_rank, truncated_svd

T, N = 12, 2000


def paths(rng: np.random.Generator) -> np.ndarray:
    """Return N paths of T points as columns x_1, y_1, x_2, y_2, ..., with a little random walk."""
    t = np.arange(1.0, T + 1.0)[:, None, None] / T
    velocity, acceleration = rng.standard_normal((2, 1, 2, N))
    walk = 0.01 * np.cumsum(rng.standard_normal((T, 2, N)), axis=0)
    return np.asarray((velocity * t + 0.5 * acceleration * t**2 + walk).reshape(2 * T, N))


def smoother() -> np.ndarray:
    """Return the T x T projection on quadratics."""
    basis = np.linalg.qr(np.vander(np.arange(T) / T, 3))[0]
    return np.asarray(basis @ basis.T)


def main(save: str | None = None) -> None:
    """Count the motions, code half-seen paths, and show both traps."""
    M = paths(np.random.default_rng(0))
    U, S, _ = truncated_svd(M, 4)
    total = float((M**2).sum())
    energy = np.cumsum(S**2) / total
    print(f"energy of 2 and 4 motions: {100 * energy[1]:.2f} %, {100 * energy[3]:.2f} %")
    assert energy[3] > 0.999
    assert energy_rank(np.linalg.svd(M, compute_uv=False), 0.9985) <= 4

    seen = U[: 2 * (T // 2)]  # the first half of each path: this frame is not orthonormal
    right = np.linalg.lstsq(seen, M[: len(seen)], rcond=None)[0]
    wrong = seen.T @ M[: len(seen)]
    errors = [float(np.linalg.norm(U @ c - M) / np.sqrt(total)) for c in (right, wrong)]
    print(f"paths from their first half: error {errors[0]:.2f}, by the transpose {errors[1]:.2f}")
    assert errors[0] < 0.5 * errors[1]

    straight = np.zeros((T, 2))
    straight[:, 0] = np.arange(T)  # along x
    interleaved = np.zeros((2 * T, 2 * T))
    interleaved[:T, :T] = interleaved[T:, T:] = smoother()
    leaks = [
        float(np.abs((C @ straight.ravel()).reshape(T, 2)[:, 1]).max())
        for C in (interleaved, np.kron(smoother(), np.eye(2)))
    ]
    print(f"leak of x into y: interleaved {leaks[0]:.2f}, Kronecker product {leaks[1]:.0e}")
    assert leaks[0] > 0.1
    assert leaks[1] < 1e-12
    if save is not None:
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")
        for k, ax in enumerate(axes):
            motion = U[:, k].reshape(T, 2)
            ax.plot(*np.vstack([[0, 0], motion]).T, ".-", color="#0072B2")
            ax.set(title=f"motion {k + 1}: {100 * S[k] ** 2 / total:.2f} %", aspect="equal")
        figure.savefig(save)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", metavar="FILE", help="write the picture here")
    main(parser.parse_args().save)
