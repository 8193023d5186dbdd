"""Calls of the functions of singular values, for tests/test_family_inputs.py."""

import numpy as np

from linsub import svt
from tests.calls import Call

# Records, and functions of numbers and callables alone, which have tests of their own.
RECORDS = (
    "QSPCertificate",
    "QSPPhases",
    "SVTCertificate",
    "SVTResult",
    "cheb_cos",
    "cheb_exp",
    "cheb_interpolant",
    "cheb_inverse",
    "cheb_power",
    "cheb_sign",
    "cheb_sin",
    "cheb_step",
)


def _A():
    rng = np.random.default_rng(0)
    U, V = (np.linalg.qr(rng.standard_normal((n, 4)))[0] for n in (7, 5))
    return (U * [3.0, 2.0, 0.6, 0.5]) @ V.T


def _x(rows):
    return np.random.default_rng(1).standard_normal((rows, 2))


CALLS = [
    Call(
        "svt_apply",
        lambda A, x: svt.svt_apply(A, svt.cheb_cos(5.0).stretched(3.5), x),
        lambda: {"A": _A(), "x": _x(5)},
    ),
    Call(
        "svt_apply.callable",
        lambda A, x: svt.svt_apply(A, np.sin, x, parity="odd", rng=0),
        lambda: {"A": _A(), "x": _x(5)[:, 0]},
    ),
    Call(
        "svt_apply.gkl",
        lambda A, x: svt.svt_apply(A, np.exp, x, parity="even", method="gkl")[:3],
        lambda: {"A": _A(), "x": _x(5)},
    ),
    Call(
        "principal_projection",
        lambda A, x: svt.principal_projection(A, x, 1.0, norm=3.2),
        lambda: {"A": _A(), "x": _x(5)},
    ),
    Call(
        "singular_value_threshold",
        lambda A, x: svt.singular_value_threshold(A, x, 1.0, norm=3.2),
        lambda: {"A": _A(), "x": _x(5)},
    ),
    Call(
        "principal_regression",
        lambda A, b: svt.principal_regression(A, b, 1.0, norm=3.2),
        lambda: {"A": _A(), "b": _x(7)},
    ),
    Call(
        "pinv_apply",
        lambda A, b: svt.pinv_apply(A, b, 0.45, norm=3.2),
        lambda: {"A": _A(), "b": _x(7)},
    ),
    Call(
        "SVTPolynomial",
        lambda coef: (svt.SVTPolynomial(coef, "odd")(np.linspace(0.0, 1.0, 5)),),
        lambda: {"coef": np.array([0.3, -0.2, 0.1])},
        complex=False,
    ),
    Call(
        "qsp_phases",
        lambda target: svt.qsp_phases(target),
        lambda: {"target": np.array([0.0, 0.3, 0.0, 0.2])},
        complex=False,
    ),
    Call(
        "qsp_response",
        lambda phases: (svt.qsp_response(phases, [-0.3, 0.9]).imag,),
        lambda: {"phases": np.array([0.1, 0.2, 0.3])},
        complex=False,
    ),
]
