"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.clustering.elastic_net import self_expressive_elastic_net
from linsub.clustering.ensemble import coassociation
from linsub.clustering.exemplars import exemplar_expression
from linsub.clustering.pursuit import batch_omp, self_expressive_omp

__all__ = ["warmup"]


def warmup() -> None:
    """Represent three points of each kind."""
    for dtype in (np.float32, np.float64):
        X = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]], dtype)
        for layout in ("gram", "direct"):
            self_expressive_omp(X, n_nonzero=1, layout=layout)
        batch_omp(X, X, 1)
    points = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    self_expressive_elastic_net(points, layout="direct")
    self_expressive_elastic_net(gram=np.dot(points, points.T))
    exemplar_expression(points, 2, rng=0)
    coassociation(np.zeros((1, 3), dtype=np.int64), 1)
