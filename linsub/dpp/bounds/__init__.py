"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.dpp.bounds.projection import chain_rule_distance, expected_proposals, unseen_defect

__all__ = ["chain_rule_distance", "expected_proposals", "unseen_defect"]
