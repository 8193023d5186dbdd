"""Calls of self-calibration, for tests/test_family_inputs.py."""

import numpy as np

from linsub import inverse
from tests.calls import Call

RECORDS = ("CalibrationCertificate", "CalibrationResult")


def _arrays():
    rng = np.random.default_rng(0)
    A, X = rng.standard_normal((8, 3)), rng.standard_normal((6, 3))
    return {"Y": X @ A.T * np.linspace(0.5, 1.5, 8), "A": A}


def _found(Y, A):
    gains, signals = inverse.self_calibrate(Y, A)
    return gains, signals


CALLS = [Call("self_calibrate", _found, _arrays)]
