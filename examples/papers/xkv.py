"""xKV: one basis for the key-value caches of several layers.

G caches of L tokens and h features are concatenated along their features; a truncated SVD of rank
r gives a basis U of L x r numbers for all and G coefficient matrices r x h. Against an SVD a
layer at equal storage that wins if the layers share their left subspaces and loses if they do not
(arXiv 2503.18893): test the alignment, do not assume it.
"""

from __future__ import annotations

import numpy as np

from linsub.concat import concatenated_svd
from linsub.geometry import subspace_overlap
from linsub.svd import truncated_svd

TOKENS, FEATURES, LAYERS, SIGNAL, RANK = 256, 48, 4, 24, 8


def caches(shared: bool, rng: np.random.Generator) -> list[np.ndarray]:
    """Return caches of rank 24 and noise, over one left subspace or each over its own."""
    common = rng.standard_normal((TOKENS, SIGNAL))
    found = []
    for _ in range(LAYERS):
        left = common if shared else rng.standard_normal((TOKENS, SIGNAL))
        signal = left * 0.9 ** np.arange(SIGNAL) @ rng.standard_normal((SIGNAL, FEATURES))
        found.append(signal + 0.3 * rng.standard_normal(signal.shape))
    return found


def study(blocks: list[np.ndarray]) -> tuple[float, float, float]:
    """Return the mean overlap of leading subspaces, and the errors one by one and jointly."""
    total = np.linalg.norm(np.hstack(blocks))
    own = [truncated_svd(A, RANK) for A in blocks]
    apart = np.sqrt(sum(float(s.certificate.frobenius_error) ** 2 for s in own)) / total
    storage = RANK * (TOKENS + FEATURES) * LAYERS
    joint = concatenated_svd(blocks, rank=storage // (TOKENS + LAYERS * FEATURES))
    U, S, Vh = joint
    together = np.linalg.norm(np.hstack(blocks) - U * S @ Vh) / total
    overlap = np.mean([float(subspace_overlap(own[0].U, s.U)[0]) for s in own[1:]])
    return float(overlap), float(apart), float(together)


def main() -> None:
    """Compare at equal storage with and without alignment."""
    rng = np.random.default_rng(0)
    for shared in (True, False):
        overlap, apart, together = study(caches(shared, rng))
        kind = "shared subspace" if shared else "own subspaces"
        print(
            f"{kind:<16} overlap {overlap:.2f}   a layer each {apart:.3f}   jointly {together:.3f}"
        )
        assert (together < apart) == shared
        assert (overlap > 0.5) == shared


if __name__ == "__main__":
    main()
