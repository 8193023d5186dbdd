"""Valid calls of the public names of sensitivities and what they are used for."""

import numpy as np

from linsub.sensitivity import (
    logistic_mu,
    lp_regression,
    lp_sensitivities,
    sensitivity_upper_bounds,
    total_sensitivity,
)
from tests.calls import Call


def _rows():
    x = np.linspace(-1.0, 1.0, 9)
    return {"A": np.column_stack([np.cos(4.0 * x), x, x**2 - 0.3])}


def _regression():
    return {**_rows(), "b": np.exp(np.linspace(-1.0, 1.0, 9))}


# An optional argument: None is no mistake there.
WEIGHTS = np.arange(1.0, 10.0)

CALLS = [
    Call("lp_sensitivities", lambda A: lp_sensitivities(A, 3.0)[:3], _rows, complex=False),
    Call(
        "lp_sensitivities.lp",
        lambda A: lp_sensitivities(A, 1.0, rows=[0, 4])[:3],
        _rows,
        complex=False,
    ),
    Call("total_sensitivity", lambda A: total_sensitivity(A, 1.5), _rows, complex=False),
    Call(
        "sensitivity_upper_bounds",
        lambda A: sensitivity_upper_bounds(A, 3.0, WEIGHTS),
        _rows,
        complex=False,
    ),
    Call(
        "lp_regression",
        lambda A, b: lp_regression(A, b, 3.0, weights=WEIGHTS)[:2],
        _regression,
        complex=False,
    ),
    Call("logistic_mu", lambda A: logistic_mu(A)[:3], _rows, complex=False),
]
RECORDS = {
    "LogisticCertificate",
    "LogisticMu",
    "LpRegressionCertificate",
    "LpRegressionResult",
    "SensitivityCertificate",
    "SensitivityResult",
    "TotalCertificate",
    "TotalSensitivity",
}
