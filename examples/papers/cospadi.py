"""CoSpaDi: a sparse dictionary against a truncated SVD at equal storage.

``W ~ D S`` with few entries in a column of S, under the norm of calibration activations A: with
``A^T A = L L^T`` the error ``||A (W - D S)||`` is that of a plain dictionary of ``L^T W``
(2509.22075). Columns from several subspaces are coded by a few atoms each, where one subspace for
all needs many dimensions; on noise a dictionary gains little.
"""

from __future__ import annotations

import numpy as np

from linsub.clustering import batch_omp, ksvd
from linsub.svd import weighted_svd

D, COLUMNS, ATOMS, NONZERO = 32, 396, 18, 3


def union(rng: np.random.Generator) -> np.ndarray:
    """Return columns of six subspaces of dimension 3."""
    parts = [rng.standard_normal((D, 3)) @ rng.standard_normal((3, COLUMNS // 6)) for _ in range(6)]
    return np.hstack(parts)


def errors(W: np.ndarray, A: np.ndarray) -> tuple[float, float]:
    """Return the relative errors under A of a dictionary and of an SVD of the same storage."""
    total = np.linalg.norm(A @ W)
    best = np.inf
    for seed in range(3):
        found = ksvd(W.T, ATOMS, NONZERO, metric=A, maxiter=15, on_fail="return", rng=seed)
        best = min(best, float(np.linalg.norm(A @ (W - (found.codes @ found.D).T))))
    numbers = ATOMS * D + NONZERO * COLUMNS  # where the entries are is not counted
    rank = numbers // (D + COLUMNS)
    low = weighted_svd(W, rank, row_gram=A.T @ A)
    return best / total, float(np.linalg.norm(A @ (W - low.left @ low.right)) / total)


def main() -> None:
    """Compare on a union of subspaces and on noise."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((200, D)) * 0.98 ** np.arange(D)
    found = {}
    for name, W in {
        "six subspaces": union(rng),
        "noise": rng.standard_normal((D, COLUMNS)),
    }.items():
        found[name] = sparse, low = errors(W, A)
        print(f"{name:<14} dictionary {sparse:.3f}   SVD of the same storage {low:.3f}")
        assert sparse < low
    assert found["six subspaces"][0] < 0.5 * found["six subspaces"][1]
    assert found["noise"][0] > 0.7 * found["noise"][1]

    L = np.linalg.cholesky(A.T @ A)
    E = rng.standard_normal((D, 5))
    gap = abs(np.linalg.norm(A @ E) - np.linalg.norm(L.T @ E))
    print(f"||A E|| and ||L^T E|| differ by {gap:.0e}")
    assert gap < 1e-12 * np.linalg.norm(A @ E)
    atoms = rng.standard_normal((ATOMS, D))
    codes = batch_omp(atoms, atoms[:4], 1)
    assert np.allclose(codes.codes.toarray() @ atoms, atoms[:4])


if __name__ == "__main__":
    main()
