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
from linsub.sensitivity.any_weights import (
    sensitivity_upper_bounds,
)
from linsub.sensitivity.approximate_leverage import (
    approx_leverage_scores,
)
from linsub.sensitivity.bounds.sampling import (
    sample_size,
)
from linsub.sensitivity.distortion import (
    DistortionCertificate,
    DistortionResult,
    embedding_distortion,
)
from linsub.sensitivity.even_transform import (
    even_svt,
)
from linsub.sensitivity.exact_sensitivity import (
    SensitivityCertificate,
    SensitivityResult,
    lp_sensitivities,
)
from linsub.sensitivity.frieze_kannan_vempala import (
    fkv,
)
from linsub.sensitivity.inner_product import (
    estimate_inner,
)
from linsub.sensitivity.john import (
    john_weights,
)
from linsub.sensitivity.leverage import (
    leverage_scores,
)
from linsub.sensitivity.lewis import (
    lewis_weights,
)
from linsub.sensitivity.logistic import (
    LogisticCertificate,
    LogisticMu,
    logistic_mu,
)
from linsub.sensitivity.merge_reduce import (
    MergeReduceCoreset,
)
from linsub.sensitivity.online import (
    OnlineLeverageSampler,
)
from linsub.sensitivity.oversampled import (
    OversampledVector,
)
from linsub.sensitivity.query_matrix import (
    SampleQueryMatrix,
)
from linsub.sensitivity.query_vector import (
    SampleQueryVector,
)
from linsub.sensitivity.recursion import (
    recursive_root_leverage,
)
from linsub.sensitivity.regression import (
    LpRegressionCertificate,
    LpRegressionResult,
    lp_regression,
)
from linsub.sensitivity.result import (
    ApproxLeverageCertificate,
    JohnCertificate,
    JohnResult,
    LeverageCertificate,
    LeverageResult,
    LewisCertificate,
    LewisResult,
)
from linsub.sensitivity.row_sample import (
    RowSample,
)
from linsub.sensitivity.row_sampling import (
    sample_rows,
)
from linsub.sensitivity.sampled_product import (
    approx_matmul,
    approx_matmul_variance,
)
from linsub.sensitivity.stream_sample import (
    StreamSample,
    StreamSampleCertificate,
)
from linsub.sensitivity.total import (
    TotalCertificate,
    TotalSensitivity,
    total_sensitivity,
)

__all__ = [
    "ApproxLeverageCertificate",
    "DistortionCertificate",
    "DistortionResult",
    "EstimateCertificate",
    "EvenTransform",
    "FKVResult",
    "JohnCertificate",
    "JohnResult",
    "LeverageCertificate",
    "LeverageResult",
    "LewisCertificate",
    "LewisResult",
    "LogisticCertificate",
    "LogisticMu",
    "LpRegressionCertificate",
    "LpRegressionResult",
    "MergeReduceCoreset",
    "OnlineLeverageSampler",
    "OversampledVector",
    "RowSample",
    "SampleQueryMatrix",
    "SampleQueryVector",
    "SampledCertificate",
    "SampledEstimate",
    "SampledProduct",
    "SensitivityCertificate",
    "SensitivityResult",
    "StreamSample",
    "StreamSampleCertificate",
    "TotalCertificate",
    "TotalSensitivity",
    "approx_leverage_scores",
    "approx_matmul",
    "approx_matmul_variance",
    "embedding_distortion",
    "estimate_inner",
    "even_svt",
    "fkv",
    "john_weights",
    "leverage_scores",
    "lewis_weights",
    "logistic_mu",
    "lp_regression",
    "lp_sensitivities",
    "recursive_root_leverage",
    "sample_rows",
    "sample_size",
    "sensitivity_upper_bounds",
    "total_sensitivity",
]
