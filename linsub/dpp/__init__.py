"""Determinantal point processes and volume sampling: diverse subsets with exact laws."""

from __future__ import annotations

from linsub.dpp.continuous import hermite_dpp, jacobi_dpp
from linsub.dpp.projection import projection_dpp, projection_logpmf
from linsub.dpp.volume import (
    VolumeLstsqCertificate,
    VolumeLstsqResult,
    volume_logpmf,
    volume_lstsq,
    volume_sample,
)

__all__ = [
    "VolumeLstsqCertificate",
    "VolumeLstsqResult",
    "hermite_dpp",
    "jacobi_dpp",
    "projection_dpp",
    "projection_logpmf",
    "volume_logpmf",
    "volume_lstsq",
    "volume_sample",
]
