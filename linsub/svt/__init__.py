"""Polynomials of singular values, applied without a decomposition."""

from __future__ import annotations

from linsub.svt.apply import svt_apply
from linsub.svt.entire import cheb_cos, cheb_exp, cheb_sin
from linsub.svt.interpolant import cheb_interpolant
from linsub.svt.polynomial import SVTPolynomial
from linsub.svt.powers import cheb_inverse, cheb_power, cheb_sign
from linsub.svt.principal import (
    pinv_apply,
    principal_projection,
    principal_regression,
    singular_value_threshold,
)
from linsub.svt.qsp import QSPCertificate, QSPPhases, qsp_phases, qsp_response
from linsub.svt.result import SVTCertificate, SVTResult
from linsub.svt.step import cheb_step

__all__ = [
    "QSPCertificate",
    "QSPPhases",
    "SVTCertificate",
    "SVTPolynomial",
    "SVTResult",
    "cheb_cos",
    "cheb_exp",
    "cheb_interpolant",
    "cheb_inverse",
    "cheb_power",
    "cheb_sign",
    "cheb_sin",
    "cheb_step",
    "pinv_apply",
    "principal_projection",
    "principal_regression",
    "qsp_phases",
    "qsp_response",
    "singular_value_threshold",
    "svt_apply",
]
