"""How much a row matters: leverage, Lewis weights, lp sensitivities, and samples by them."""

from __future__ import annotations

from linsub.sensitivity.approximate_leverage import approx_leverage_scores
from linsub.sensitivity.john import john_weights
from linsub.sensitivity.leverage import leverage_scores
from linsub.sensitivity.lewis import lewis_weights
from linsub.sensitivity.result import (
    ApproxLeverageCertificate,
    JohnCertificate,
    JohnResult,
    LeverageCertificate,
    LeverageResult,
    LewisCertificate,
    LewisResult,
)

__all__ = [
    "ApproxLeverageCertificate",
    "JohnCertificate",
    "JohnResult",
    "LeverageCertificate",
    "LeverageResult",
    "LewisCertificate",
    "LewisResult",
    "approx_leverage_scores",
    "john_weights",
    "leverage_scores",
    "lewis_weights",
]
