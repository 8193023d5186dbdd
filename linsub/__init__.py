"""linsub: truncated SVDs, and what else is a subspace, with results that carry their proof.

Names are loaded when they are first used: ``import linsub`` costs little more than NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linsub import (
        bench,
        clustering,
        concat,
        design,
        dpp,
        errors,
        geometry,
        inverse,
        results,
        selection,
        sensitivity,
        sketching,
        sklearn,
        spaces,
        streaming,
        svd,
        svt,
        tensor,
        testing,
        verify,
    )
    from linsub._core.jit import warmup
    from linsub.concat import cluster_matrices, concatenated_svd
    from linsub.svd import (
        IncrementalSVD,
        energy_rank,
        hapod,
        low_rank_error,
        merge_svd,
        numerical_rank,
        randomized_svd,
        single_pass_svd,
        split_svd,
        truncated_svd,
        weighted_svd,
    )

__version__ = "0.1.0.dev0"

__all__ = [
    "IncrementalSVD",
    "bench",
    "cluster_matrices",
    "clustering",
    "concat",
    "concatenated_svd",
    "design",
    "dpp",
    "energy_rank",
    "errors",
    "geometry",
    "hapod",
    "inverse",
    "low_rank_error",
    "merge_svd",
    "numerical_rank",
    "randomized_svd",
    "results",
    "selection",
    "sensitivity",
    "single_pass_svd",
    "sketching",
    "sklearn",
    "spaces",
    "split_svd",
    "streaming",
    "svd",
    "svt",
    "tensor",
    "testing",
    "truncated_svd",
    "verify",
    "warmup",
    "weighted_svd",
]

# public name -> the module that holds it; a name that maps to itself is a module
_HOMES = {
    **{name: f"linsub.{name}" for name in ("bench", "errors", "results", "sklearn")},
    **{
        name: f"linsub.{name}"
        for name in (
            "clustering",
            "concat",
            "design",
            "dpp",
            "geometry",
            "inverse",
            "selection",
            "sensitivity",
            "sketching",
            "spaces",
            "streaming",
            "svd",
            "svt",
            "tensor",
            "testing",
            "verify",
        )
    },
    **dict.fromkeys(("cluster_matrices", "concatenated_svd"), "linsub.concat"),
    **dict.fromkeys(
        (
            "IncrementalSVD",
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
        ),
        "linsub.svd",
    ),
    "warmup": "linsub._core.jit",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'linsub' has no attribute {name!r}")
    module = importlib.import_module(_HOMES[name])
    value = module if _HOMES[name] == f"linsub.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
