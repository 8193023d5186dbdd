"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.dpp.bounds.projection import chain_rule_distance, unseen_defect
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
    "rescaled_normalizer",
    "unseen_defect",
    "volume_inclusion",
    "volume_inverse_factor",
    "volume_loss_factor",
    "volume_normalizer",
    "volume_residual_factor",
]
