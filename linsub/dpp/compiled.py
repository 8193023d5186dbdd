"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.dpp.dense_sampler import DenseSampler
from linsub.dpp.ensemble import LEnsemble
from linsub.dpp.k_dpp import KDPP
from linsub.dpp.projection import projection_dpp
from linsub.dpp.sequential import sequential_dpp, sequential_dpp_lowrank

__all__ = ["warmup"]


def warmup() -> None:
    """Draw a small sample of each kind, real and complex."""
    for dtype in (np.float64, np.complex128):
        K = np.array(np.diag([0.2, 0.5, 0.9]), dtype)
        ensemble = LEnsemble.from_marginal(K)
        ensemble.sample(rng=0)
        ensemble.size_pmf()
        dpp = KDPP(ensemble, 2)
        dpp.sample(rng=0)
        dpp.marginals()
        DenseSampler.of_likelihood(K).sample(np.random.default_rng(0))
        sequential_dpp(K, rng=0)
        sequential_dpp_lowrank(np.eye(3, dtype=dtype), K, rng=0)
    for kind in (np.float32, np.float64, np.complex64, np.complex128):
        projection_dpp(np.eye(4, 2, dtype=kind), rng=0)
