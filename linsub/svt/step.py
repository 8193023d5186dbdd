"""The step from 0 to 1 at a threshold, as an even polynomial."""

from __future__ import annotations

import math

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError
from linsub.svt import bounds
from linsub.svt.polynomial import SVTPolynomial, chebyshev_nodes, polynomial_of_samples
from linsub.svt.powers import cheb_sign

__all__ = ["cheb_step"]

_EPS = float(np.finfo(np.float64).eps)

# Coefficients beyond which sampling, which takes their square, takes seconds.
MOST = 40000


def cheb_step(threshold: float, gap: float, tol: float = 1e-6) -> SVTPolynomial:
    """Even polynomial that is near 0 below a threshold and near 1 above it.

    ``|p(x)| <= tol`` for 0 <= x <= threshold (1 - gap), ``|p(x) - 1| <= tol`` for
    threshold (1 + gap) <= x <= 1, and ``-tol <= p(x) <= 1 + tol`` between.

    Parameters
    ----------
    threshold : float
        In (0, 1).
    gap : float
        Relative half width of the transition, in (0, 1); threshold (1 + gap) <= 1.
    tol : float, optional
        In (0, 1/2).

    Returns
    -------
    SVTPolynomial
        With ``gap`` the interval of the transition.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* ``(1 + S(w)) / 2`` with S from :func:`cheb_sign` and w linear in x^2, 0 in the
    middle of the transition and within [-1, 1]; written as a Chebyshev series by as many samples as
    it has coefficients. *Cost.* O(n^2) for degree 2 n. *Accuracy.* Claim ``svt-step``: errors, and
    the range on all of [0, 1].

    References
    ----------
    Frostig, Musco, Musco and Sidford, ICML 2016 (principal components without an SVD).

    Examples
    --------
    >>> from linsub.svt import cheb_step
    >>> p = cheb_step(0.5, 0.1, 1e-6)
    >>> p.degree, bool(abs(p(0.3)) < 1e-6), bool(abs(p(0.9) - 1.0) < 1e-6)
    (350, True, True)
    """
    threshold = scalars.as_real(
        threshold, name="threshold", low=0.0, high=1.0, include=(False, False)
    )
    gap = scalars.as_real(gap, name="gap", low=0.0, high=1.0, include=(False, False))
    tol = scalars.as_real(tol, name="tol", low=0.0, high=0.5, include=(False, False))
    low, high = threshold * (1.0 - gap), threshold * (1.0 + gap)
    if not high <= 1.0:
        raise InvalidInputError(
            f"threshold (1 + gap) is {high:.6g}, beyond the largest singular value 1; take a gap "
            f"of {1.0 / threshold - 1.0:.3g} at most"
        )
    middle, half = 0.5 * (low * low + high * high), 0.5 * (high - low) * (high + low)
    reach = max(middle, 1.0 - middle)
    if not half / reach >= 1e-6:
        raise InvalidInputError(
            f"the transition from {low:.6g} to {high:.6g} of the largest value is too narrow "
            "for a polynomial; take a larger gap or threshold"
        )
    # The ends are rounded: a hair less leaves them outside of the transition of S.
    delta = half / reach * (1.0 - 8.0 * _EPS / half)
    count = bounds.sign_degree(delta, 2.0 * tol)
    if count > MOST:
        raise InvalidInputError(
            f"the transition from {low:.6g} to {high:.6g} of the largest value takes degree "
            f"{2 * count}, and {2 * MOST} is the most; take a larger gap or threshold"
        )
    sign = cheb_sign(delta, 2.0 * tol)
    count = sign.degree + 1
    y = 0.5 * (1.0 + chebyshev_nodes(count))
    coef = polynomial_of_samples(0.5 * (1.0 + sign((y - middle) / reach)))
    # What samples are off by grows by Lebesgue's constant; the transform adds its own.
    lebesgue = 2.0 / math.pi * math.log(count) + 1.0
    rounding = 0.5 * lebesgue * bounds.clenshaw_rounding(sign.coef, sign.growth)
    rounding += 4.0 * _EPS * (1.0 + math.log2(count)) * float(np.sum(np.abs(coef)))
    return SVTPolynomial(
        coef,
        "even",
        (0.0, 1.0),
        error_bound=0.5 * sign.error_bound + rounding,
        gap=(low, high),
        of=f"[x >= {threshold:g}]",
    )
