"""The sum of all sensitivities, exactly or from a sample of rows."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike, Streams
from linsub.results import Bound, Certificate, Info, Record
from linsub.sensitivity.any_weights import bracket_by_weights
from linsub.sensitivity.arguments import as_exponent, as_real_matrix
from linsub.sensitivity.bounds import total_sample_size
from linsub.sensitivity.exact_sensitivity import lp_sensitivities
from linsub.sensitivity.range_basis import EPS, tidy_rows

__all__ = ["TotalCertificate", "TotalSensitivity", "total_sensitivity"]


@dataclasses.dataclass(frozen=True, eq=False)
class TotalCertificate(Certificate):
    """What is known of a total sensitivity. Unknown is None.

    Attributes
    ----------
    lower, upper : Bound
        Certain, or each wrong with probability delta at most (both together, too).
    """

    lower: Bound | None = None
    upper: Bound | None = None


class TotalSensitivity(Record):
    """A total with its interval: ``total, lower, upper = total_sensitivity(A, p)``.

    Attributes
    ----------
    total, lower, upper : float
    certificate : TotalCertificate
    """

    _fields = ("total", "lower", "upper")
    total: float
    lower: float
    upper: float
    certificate: TotalCertificate | None
    info: Info | None


def total_sensitivity(
    A: Any, p: float, *, gamma: float | None = None, delta: float = 0.05, rng: RNGLike = None
) -> TotalSensitivity:
    """Sum of all lp sensitivities, exactly or to within a factor 1 +- gamma from few rows.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real, of any rank; never modified.
    p : float
        In [1, inf].
    gamma : float, optional
        In (0, 1). By default all sensitivities are found.
    delta : float, optional
        In (0, 1); how often the interval of an estimate may be wrong.
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator, optional

    Returns
    -------
    TotalSensitivity
        ``total, lower, upper``. ``info.details["rows"]`` is the number of sensitivities found; all
        are, and the interval is certain, where a sample would not be smaller.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError

    Notes
    -----
    *Algorithm.* Bounds u_i from Lewis weights are within a factor ``rank^|1-p/2|`` of sigma_i. Rows
    are drawn in proportion to them; the mean of ``U sigma_i / u_i``, U their sum, has the right
    expectation, and a variance and a range that are known: Chebyshev's or Hoeffding's inequality
    says how many are enough, ``bounds.total_sample_size``. Where weights have not converged
    the factor that was found is taken instead. *Cost.* Of so many sensitivities. *Accuracy.* Claims
    ``sensitivity-total-unbiased`` and ``sensitivity-total-variance``.

    References
    ----------
    Padmanabhan, Woodruff and Zhang, "Computing approximate lp sensitivities", NeurIPS 2023, has
    an estimator of constant factor.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import total_sensitivity
    >>> A = np.random.default_rng(0).standard_normal((2000, 3))
    >>> total, lower, upper = total_sensitivity(A, 1.5, gamma=0.1, rng=1)
    >>> round(total, 2), bool(lower <= total <= upper)
    (2.5, True)
    """
    p = as_exponent(p)
    dense = as_real_matrix(A)
    if gamma is not None:
        gamma = scalars.as_real(gamma, name="gamma", low=0.0, high=1.0, include=(False, False))
    delta = scalars.as_real(delta, name="delta", low=0.0, high=1.0, include=(False, False))
    streams = Streams(rng)
    if gamma is not None:
        found = _sampled(dense, p, gamma, delta, streams)
        if found is not None:
            return found
    each = lp_sensitivities(dense, p)
    lower, upper = each.total_bounds
    certificate = TotalCertificate(
        Bound(lower, "bound", "sum sigma_i >="), Bound(upper, "bound", "sum sigma_i")
    )
    details = {"rows": dense.shape[0], "draws": 0}
    info = Info(each.info.method, converged=each.info.converged, details=details)  # type: ignore[union-attr]
    return TotalSensitivity(each.total, lower, upper, certificate=certificate, info=info)


def _sampled(
    A: np.ndarray, p: float, gamma: float, delta: float, streams: Streams
) -> TotalSensitivity | None:
    """Return an estimate, or None where it would need as many rows as there are."""
    tidy = tidy_rows(A)
    low, high = bracket_by_weights(tidy, p, None)
    n = low.size
    if n == 0 or not low.min() > 0.0:
        return None
    ratio = float(np.exp((np.log(high) - np.log(low)).max()))
    # Chebyshev's inequality alone asks for more than ratio - 1 draws, Hoeffding's for its square.
    if not ratio - 1.0 < max(n, 1):
        return None
    size = total_sample_size(ratio, gamma, delta)
    if size >= n:
        return None
    cumulated = np.cumsum(high)
    whole = float(cumulated[-1])
    uniforms = streams.generator("sample").random(size)
    drawn = np.minimum(np.searchsorted(cumulated, uniforms * whole, side="right"), n - 1)
    distinct, inverse = np.unique(drawn, return_inverse=True)
    each = lp_sensitivities(A, p, rows=tidy.nonzero[distinct])
    # Sums of n and of `size` terms, and probabilities that are rounded.
    rounding = (3.0 * n + size + 8.0) * EPS
    total, below, above = (
        whole * float((x / high[distinct])[inverse].mean())
        for x in (each.values, each.lower, each.upper)
    )
    lower = max(below / (1.0 + gamma), float(low.sum())) * (1.0 - rounding)
    upper = min(above / (1.0 - gamma), whole) * (1.0 + rounding)
    certificate = TotalCertificate(
        Bound(lower, "probabilistic", "sum sigma_i >=", delta),
        Bound(upper, "probabilistic", "sum sigma_i", delta),
    )
    details = {"rows": int(distinct.size), "draws": size}
    info = Info("sample", converged=each.info.converged, details=details)  # type: ignore[union-attr]
    total = min(max(total, lower), upper)
    return TotalSensitivity(total, lower, upper, certificate=certificate, info=info)
