"""LOCO Edit: the posterior mean of a mixture of subspaces, its Jacobian, and a null direction.

The paper's Lemma 1 weighs subspace k by ``exp(phi ||M_k^T x||^2)``. That is right only if all
dimensions are equal: in general a factor ``(1 - alpha)^(r_k / 2)`` belongs to it. With it the
formula agrees with Gaussian algebra to rounding; the Jacobian is symmetric and semidefinite, of
rank sum r_k; and an edit that is projected off the leading right singular vectors of what shall
stay leaks at most the next singular value.
"""

from __future__ import annotations

import numpy as np

from linsub.clustering import molrg_posterior_mean
from linsub.geometry import nullspace_projection

D, ALPHA = 40, 0.6


def exact(bases: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return E[x_0 | x] by the densities of the Gaussians themselves."""
    logs, means = [], []
    for M in bases:
        C = ALPHA * M @ M.T + (1.0 - ALPHA) * np.eye(D)
        logs.append(-0.5 * (np.linalg.slogdet(C)[1] + x @ np.linalg.solve(C, x)))
        means.append(np.sqrt(ALPHA) * M @ (M.T @ np.linalg.solve(C, x)))
    w = np.exp(np.array(logs) - max(logs))
    return np.asarray(w @ np.array(means) / w.sum())


def printed(bases: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the formula as it is printed."""
    logs = np.array([ALPHA * np.sum((M.T @ x) ** 2) / (2.0 * (1.0 - ALPHA)) for M in bases])
    w = np.exp(logs - logs.max())
    parts = np.array([M @ (M.T @ x) for M in bases])
    return np.asarray(np.sqrt(ALPHA) * (w @ parts) / w.sum())


def mean(bases: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the library's formula."""
    return np.asarray(molrg_posterior_mean(bases, x[None], np.sqrt(ALPHA), np.sqrt(1.0 - ALPHA))[0])


def main() -> None:
    """Compare formulas for equal and unequal dimensions, and edit."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((D, D)))[0]
    for dims in ((4, 4, 4), (2, 4, 8)):
        bases = np.split(Q[:, : sum(dims)], np.cumsum(dims)[:-1], axis=1)
        errors = np.zeros(2)
        for _ in range(50):
            x = rng.standard_normal(D)
            truth = exact(bases, x)
            found = np.array([printed(bases, x), mean(bases, x)])
            errors = np.maximum(
                errors, np.linalg.norm(found - truth, axis=1) / np.linalg.norm(truth)
            )
        print(
            f"dimensions {dims}: printed formula off by {errors[0]:.0e}, "
            f"with the factor {errors[1]:.0e}"
        )
        assert errors[1] < 1e-12
        assert (errors[0] < 1e-12) == (len(set(dims)) == 1)

    x, h = rng.standard_normal(D), 1e-5
    J = np.array([(mean(bases, x + h * e) - mean(bases, x - h * e)) / (2.0 * h) for e in np.eye(D)])
    S = np.linalg.svd(J, compute_uv=False)
    rank = int(np.count_nonzero(1e-6 * S[0] < S))
    print(f"Jacobian: rank {rank}, asymmetry {np.abs(J - J.T).max():.0e}, least eigenvalue "
          f"{np.linalg.eigvalsh((J + J.T) / 2.0)[0]:.0e}")  # fmt: skip
    assert rank == sum(dims)
    assert np.abs(J - J.T).max() < 1e-8
    for r in (5, rank):
        found = nullspace_projection(J, rng.standard_normal(D), r)
        leak, following = float(found.certificate.leak), S[r]
        print(
            f"null direction off {r} vectors: leak {leak:.1e}, next singular value {following:.1e}"
        )
        assert leak <= following + 1e-8


if __name__ == "__main__":
    main()
