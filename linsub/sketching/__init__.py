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
    SparseSign,
)
from linsub.sketching.operator import (
    AdjointSketch,
    Sketch,
)
from linsub.sketching.random_subspace import (
    RandomSubspace,
)
from linsub.sketching.row_sketch import (
    RowSketch,
)
from linsub.sketching.subsampled import (
    SRCT,
    SRHT,
)

__all__ = [
    "OSNAP",
    "SRCT",
    "SRHT",
    "AdjointSketch",
    "CountSketch",
    "DCTCertificate",
    "DCTSelection",
    "Fastfood",
    "GaussianSketch",
    "RandomSubspace",
    "RowSketch",
    "Sketch",
    "SparseSign",
    "dct_select",
    "fwht",
]
