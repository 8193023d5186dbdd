"""Random linear maps that keep the geometry of a subspace, with exact second moments."""

from __future__ import annotations

from linsub.sketching.cosine_basis import (
    DCTCertificate,
    DCTSelection,
    dct_select,
)
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
from linsub.sketching.random_subspace import (
    RandomSubspace,
)

__all__ = [
    "OSNAP",
    "CountSketch",
    "DCTCertificate",
    "DCTSelection",
    "Fastfood",
    "GaussianSketch",
    "RandomSubspace",
    "dct_select",
    "fwht",
]
