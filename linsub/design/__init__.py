"""Where to evaluate a function, so that few values approximate it well."""

from __future__ import annotations

from linsub.design.bounds import sample_size_christoffel
from linsub.design.features import Features, discrete, fourier, hermite, legendre, tensor
from linsub.design.least_squares import weighted_lstsq
from linsub.design.result import (
    Design,
    DesignCertificate,
    WeightedLstsqCertificate,
    WeightedLstsqResult,
)
from linsub.design.sampling import (
    christoffel_sample,
    repeated_dpp_sample,
    rescaled_volume_sample,
)
from linsub.design.stable import stable_sample

__all__ = [
    "Design",
    "DesignCertificate",
    "Features",
    "WeightedLstsqCertificate",
    "WeightedLstsqResult",
    "christoffel_sample",
    "discrete",
    "fourier",
    "hermite",
    "legendre",
    "repeated_dpp_sample",
    "rescaled_volume_sample",
    "sample_size_christoffel",
    "stable_sample",
    "tensor",
    "weighted_lstsq",
]
