"""Bilinear inverse problems that one singular vector solves."""

from __future__ import annotations

from linsub.inverse.self_calibration import (
    CalibrationCertificate,
    CalibrationResult,
    self_calibrate,
)

__all__ = ["CalibrationCertificate", "CalibrationResult", "self_calibrate"]
