"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from linsub.streaming.oja_pca import OjaPCA
from linsub.streaming.oja_rule import oja
from linsub.streaming.streaming_top import StreamingTopEigenvector
from linsub.streaming.tracker import SubspaceTracker

__all__ = ["warmup"]


def warmup() -> None:
    """Send a few rows through each kernel."""
    X = np.eye(3)
    for rows in (X, X.astype(np.float32), sparse.csr_array(X)):
        oja(rows, 0.5, rng=0)
    OjaPCA(2, "constant", eta0=0.5, rng=0).update(X)
    for method in ("opast", "grouse"):
        SubspaceTracker(2, method, rng=0).update(X)
    StreamingTopEigenvector(method="oja_grid", rng=0).update(np.eye(3)).result()
