"""FWSVD: compress weights where the loss is sensitive.

Row weights from the Fisher information, ``min ||D (W - A B)||_F``, have a closed form
(2207.00112): the truncated SVD of D W, and the minimum is its tail. The unweighted error is
larger than that of the plain SVD, the weighted one smaller: the abstract's point. Weights on
single entries have no closed form; what rows can do of it is measured.
"""

from __future__ import annotations

import numpy as np

from linsub.svd import truncated_svd, weighted_svd

M, N, RANK = 40, 30, 6


def main() -> None:
    """Compare the plain and the weighted SVD in three norms."""
    rng = np.random.default_rng(0)
    W = rng.standard_normal((M, N))
    fisher = np.exp(2.0 * rng.standard_normal((M, 1)) + 0.5 * rng.standard_normal((M, N)))
    rows = np.sqrt(fisher.sum(axis=1))
    U, S, Vh = truncated_svd(W, RANK)
    plain = U * S @ Vh
    found = weighted_svd(W, RANK, row_weights=rows)
    fit = found.left @ found.right
    norms = {
        "by rows": lambda E: np.linalg.norm(rows[:, None] * E),
        "by entries": lambda E: np.linalg.norm(np.sqrt(fisher) * E),
        "unweighted": np.linalg.norm,
    }
    errors = {name: (float(f(W - plain)), float(f(W - fit))) for name, f in norms.items()}
    for name, (a, b) in errors.items():
        print(f"{name:<11} plain SVD {a:8.2f}   weighted {b:8.2f}")
    tail = np.linalg.svd(rows[:, None] * W, compute_uv=False)[RANK:]
    gap = abs(errors["by rows"][1] - np.sqrt((tail**2).sum()))
    print(f"the weighted error is the tail of D W to {gap:.0e}")
    assert gap < 1e-10 * errors["by rows"][0]
    assert errors["by rows"][1] < errors["by rows"][0]
    assert errors["by entries"][1] < errors["by entries"][0]
    assert errors["unweighted"][1] > errors["unweighted"][0]


if __name__ == "__main__":
    main()
