"""Polynomials of singular values, applied without a decomposition."""

from __future__ import annotations

from linsub.svt.entire import cheb_cos, cheb_exp, cheb_sin
from linsub.svt.polynomial import SVTPolynomial
from linsub.svt.powers import cheb_inverse, cheb_power, cheb_sign
from linsub.svt.step import cheb_step

__all__: list[str] = ["SVTPolynomial"]
