"""How much a row matters: leverage, Lewis weights, lp sensitivities, and samples by them."""

from __future__ import annotations

from linsub.sensitivity.bounds.sampling import sample_size
from linsub.sensitivity.distortion import (
    DistortionCertificate,
    DistortionResult,
    embedding_distortion,
)
from linsub.sensitivity.leverage import leverage_scores
from linsub.sensitivity.lewis import lewis_weights
from linsub.sensitivity.result import (
    LeverageCertificate,
    LeverageResult,
    LewisCertificate,
    LewisResult,
)
from linsub.sensitivity.row_sample import RowSample
from linsub.sensitivity.row_sampling import sample_rows

__all__ = [
    "DistortionCertificate",
    "DistortionResult",
    "LeverageCertificate",
    "LeverageResult",
    "LewisCertificate",
    "LewisResult",
    "RowSample",
    "embedding_distortion",
    "leverage_scores",
    "lewis_weights",
    "sample_rows",
    "sample_size",
]
