"""Random linear maps that keep the geometry of a subspace, with exact second moments."""

from __future__ import annotations

from linsub.sketching.fastfood import (
    Fastfood,
)
from linsub.sketching.gaussian import (
    GaussianSketch,
)
from linsub.sketching.hadamard import (
    fwht,
)
from linsub.sketching.hashed import (
    OSNAP,
    CountSketch,
)

__all__ = [
    "OSNAP",
    "CountSketch",
    "Fastfood",
    "GaussianSketch",
    "fwht",
]
