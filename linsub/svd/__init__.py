"""Truncated singular value decompositions with certificates, and what stands on them."""

from __future__ import annotations

from linsub.svd.factor_error import low_rank_error
from linsub.svd.incremental import IncrementalSVD
from linsub.svd.merge import merge_svd
from linsub.svd.pod_tree import hapod
from linsub.svd.rank import energy_rank, numerical_rank
from linsub.svd.result import SVDCertificate, SVDResult
from linsub.svd.single_pass import single_pass_svd
from linsub.svd.sliding_window import SlidingWindowSVD
from linsub.svd.split import SplitResult, split_svd
from linsub.svd.subspace_iteration import randomized_svd
from linsub.svd.truncated import truncated_svd
from linsub.svd.weighted import WeightedSVDResult, weighted_svd

__all__ = [
    "IncrementalSVD",
    "SVDCertificate",
    "SVDResult",
    "SlidingWindowSVD",
    "SplitResult",
    "WeightedSVDResult",
    "energy_rank",
    "hapod",
    "low_rank_error",
    "merge_svd",
    "numerical_rank",
    "randomized_svd",
    "single_pass_svd",
    "split_svd",
    "truncated_svd",
    "weighted_svd",
]
