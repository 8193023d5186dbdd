"""Determinantal point processes and volume sampling: diverse subsets with exact laws."""

from __future__ import annotations

from linsub.dpp.continuous import (
    hermite_dpp,
    jacobi_dpp,
)
from linsub.dpp.ensemble import (
    LEnsemble,
)
from linsub.dpp.greedy import (
    GreedyMAP,
    dpp_map_greedy,
)
from linsub.dpp.k_dpp import (
    KDPP,
)
from linsub.dpp.markov import (
    dpp_mcmc,
)
from linsub.dpp.projection import (
    projection_dpp,
    projection_logpmf,
)
from linsub.dpp.sequential import (
    SequentialSample,
    sequential_dpp,
    sequential_dpp_lowrank,
)
from linsub.dpp.symmetric_polynomials import (
    esp_marginals,
    log_esp,
)
from linsub.dpp.volume import (
    VolumeLstsqCertificate,
    VolumeLstsqResult,
    volume_logpmf,
    volume_lstsq,
    volume_sample,
)

__all__ = [
    "KDPP",
    "GreedyMAP",
    "LEnsemble",
    "SequentialSample",
    "VolumeLstsqCertificate",
    "VolumeLstsqResult",
    "dpp_map_greedy",
    "dpp_mcmc",
    "esp_marginals",
    "hermite_dpp",
    "jacobi_dpp",
    "log_esp",
    "projection_dpp",
    "projection_logpmf",
    "sequential_dpp",
    "sequential_dpp_lowrank",
    "volume_logpmf",
    "volume_lstsq",
    "volume_sample",
]
