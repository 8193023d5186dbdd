"""The family's theorems as formulas of numbers."""

from __future__ import annotations

from linsub.inverse.bounds.calibration import calibration_sine, surplus_of_equations

__all__ = ["calibration_sine", "surplus_of_equations"]
