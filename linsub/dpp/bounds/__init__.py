"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.dpp.bounds.ensembles import (
    chosen_marginals,
    chosen_sum,
    down_up_gap,
    log_symmetric_polynomial,
    size_law,
    size_moments,
)
from linsub.dpp.bounds.projection import (
    chain_rule_distance,
    unseen_defect,
)
from linsub.dpp.bounds.volume import (
    rescaled_normalizer,
    volume_inclusion,
    volume_inverse_factor,
    volume_loss_factor,
    volume_normalizer,
    volume_residual_factor,
)

__all__ = [
    "chain_rule_distance",
    "chosen_marginals",
    "chosen_sum",
    "down_up_gap",
    "log_symmetric_polynomial",
    "rescaled_normalizer",
    "size_law",
    "size_moments",
    "unseen_defect",
    "volume_inclusion",
    "volume_inverse_factor",
    "volume_loss_factor",
    "volume_normalizer",
    "volume_residual_factor",
]
