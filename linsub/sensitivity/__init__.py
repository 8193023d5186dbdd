"""How much a row matters: leverage, Lewis weights, lp sensitivities, and samples by them."""

from __future__ import annotations

from linsub.sensitivity.john import john_weights
from linsub.sensitivity.leverage import leverage_scores
from linsub.sensitivity.lewis import lewis_weights
from linsub.sensitivity.result import (
    JohnCertificate,
    JohnResult,
    LeverageCertificate,
    LeverageResult,
    LewisCertificate,
    LewisResult,
)

__all__ = [
    "JohnCertificate",
    "JohnResult",
    "LeverageCertificate",
    "LeverageResult",
    "LewisCertificate",
    "LewisResult",
    "john_weights",
    "leverage_scores",
    "lewis_weights",
]
