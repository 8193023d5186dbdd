"""How much a row matters: leverage, Lewis weights, lp sensitivities, and samples by them."""

from __future__ import annotations

from linsub.sensitivity.access_result import (
    EstimateCertificate,
    EvenTransform,
    FKVResult,
    SampledCertificate,
    SampledEstimate,
    SampledProduct,
)
from linsub.sensitivity.even_transform import even_svt
from linsub.sensitivity.frieze_kannan_vempala import fkv
from linsub.sensitivity.inner_product import estimate_inner
from linsub.sensitivity.oversampled import OversampledVector
from linsub.sensitivity.query_matrix import SampleQueryMatrix
from linsub.sensitivity.query_vector import SampleQueryVector
from linsub.sensitivity.sampled_product import approx_matmul, approx_matmul_variance

__all__ = [
    "EstimateCertificate",
    "EvenTransform",
    "FKVResult",
    "OversampledVector",
    "SampleQueryMatrix",
    "SampleQueryVector",
    "SampledCertificate",
    "SampledEstimate",
    "SampledProduct",
    "approx_matmul",
    "approx_matmul_variance",
    "estimate_inner",
    "even_svt",
    "fkv",
]
