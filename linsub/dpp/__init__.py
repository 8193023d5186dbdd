"""Determinantal point processes and volume sampling: diverse subsets with exact laws."""

from __future__ import annotations

from linsub.dpp.projection import projection_dpp, projection_logpmf

__all__ = ["projection_dpp", "projection_logpmf"]
