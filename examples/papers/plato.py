"""Escaping Plato's cave: align two models' features in the subspace that they share.

Two views of the same items have 20 shared dimensions and many private, stronger ones. An affine
map between the whole spaces retrieves nothing; between the leading canonical directions it
retrieves nearly all items; with too many directions noise comes back (arXiv 2503.05283). Linear
CKA is biased in high dimensions: of independent views with few items it is near 1, its unbiased
form near 0.
"""

from __future__ import annotations

import numpy as np

from linsub.geometry import cca, linear_cka

ITEMS, TRAIN, SHARED = 1000, 600, 20


def views(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two sets of features, of 120 and 100 numbers."""
    common = rng.standard_normal((ITEMS, SHARED))
    made = []
    for d in (120, 100):
        private = 3.0 * rng.standard_normal((ITEMS, d - SHARED))
        mix = np.linalg.qr(rng.standard_normal((d, d)))[0]
        made.append(np.hstack([common + 0.2 * rng.standard_normal(common.shape), private]) @ mix)
    return made[0], made[1]


def top1(A: np.ndarray, B: np.ndarray) -> float:
    """Return how often the nearest row of B by cosine is the right one."""
    A, B = (Z / np.linalg.norm(Z, axis=1, keepdims=True) for Z in (A, B))
    return float(np.mean((A @ B.T).argmax(axis=1) == np.arange(len(A))))


def affine(A: np.ndarray, B: np.ndarray) -> float:
    """Return the retrieval of a least-squares map that is fitted to the training items."""
    one = np.ones((len(A), 1))
    C = np.linalg.lstsq(np.hstack([A, one])[:TRAIN], B[:TRAIN], rcond=None)[0]
    return top1((np.hstack([A, one]) @ C)[TRAIN:], B[TRAIN:])


def main() -> None:
    """Retrieve items in the whole space and in canonical directions."""
    rng = np.random.default_rng(0)
    X, Y = views(rng)
    whole = affine(X, Y)
    print(
        f"whole spaces: {100 * whole:.2f} % of the items found, CKA {float(linear_cka(X, Y)):.2f}"
    )
    found = {}
    for k in (10, 20, 40, 80):
        fit = cca(X[:TRAIN], Y[:TRAIN], k)
        found[k] = affine(X @ fit.x_weights, Y @ fit.y_weights)
        print(f"{k:>3} canonical directions: {100 * found[k]:.1f} %")
    assert whole < 0.05
    assert min(found[10], found[20]) > 0.95
    assert found[20] > found[40] > found[80]

    P, Q = rng.standard_normal((2, 50, 500))
    biased, unbiased = float(linear_cka(P, Q)), float(linear_cka(P, Q, unbiased=True))
    print(f"independent views, 50 items: CKA {biased:.2f}, unbiased {unbiased:.2f}")
    assert biased > 0.85
    assert abs(unbiased) < 0.1


if __name__ == "__main__":
    main()
