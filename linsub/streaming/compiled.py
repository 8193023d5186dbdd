"""All kernels of the family, compiled or loaded before time matters."""

from __future__ import annotations

import numpy as np

from linsub.streaming.streaming_top import StreamingTopEigenvector

__all__ = ["warmup"]


def warmup() -> None:
    """Send a few rows through each kernel."""
    StreamingTopEigenvector(method="oja_grid", rng=0).update(np.eye(3)).result()
