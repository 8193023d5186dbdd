"""What a basis that is not quite orthonormal does to a projection process, and what probes see."""

from __future__ import annotations

import math

from linsub.errors import InvalidInputError

__all__ = ["chain_rule_distance", "unseen_defect"]


def chain_rule_distance(m: int, defect: float) -> float:
    """Bound the total variation between the law drawn from U and that of its range.

    ``TV <= (((1 + e) / (1 - e))^m - 1) / 2`` with ``e = ||U^H U - I||_2``, about ``m e``.

    Parameters
    ----------
    m : int
        Columns of U.
    defect : float
        ``||U^H U - I||_2`` or a bound on it; 1 or more says nothing.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    ``|det U_S|^2 / det(U^H U)`` is the law of the range whatever U is. The chain rule draws
    each item in proportion to its squared distance from those before in the metric of U
    instead of ``(U^H U)^-1``; the distances differ by factors within ``1 / (1 + e)`` and
    ``1 / (1 - e)``, each conditional probability by one within ``(1 + e) / (1 - e)`` and its
    inverse, and the product of m of them by that to the power m.

    Examples
    --------
    >>> from linsub.dpp.bounds import chain_rule_distance
    >>> bool(1e-6 < chain_rule_distance(100, 1e-8) < 1.01e-6)
    True
    """
    if not defect >= 0.0:
        raise InvalidInputError(f"defect must not be negative, got {defect}")
    if defect >= 1.0:
        return 1.0
    exponent = m * (math.log1p(defect) - math.log1p(-defect))
    return min(1.0, 0.5 * math.expm1(min(exponent, 700.0)))


def unseen_defect(ratio: float, probes: int = 2) -> float:
    """Bound the probability that Gaussian probes see less than `ratio` of a defect.

    ``P( (1/p) sum_i ||E z_i||^2 <= ratio^2 ||E||_F^2 ) <= (ratio e^(1/2))^p`` for p independent
    standard normal vectors, real or complex, and any E.

    Parameters
    ----------
    ratio : float
        At most 1; the bound says nothing from e^(-1/2) on.
    probes : int, optional
        p.

    Notes
    -----
    Markov's inequality for ``exp(-t sum_i ||E z_i||^2)``: with the squares l_j of the singular
    values of E, of sum 1, each probe has ``E exp(-t ||E z||^2) = prod_j (1 + 2 t l_j)^(-1/2)
    <= (1 + 2 t)^(-1/2)``; ``t = 1 / (2 ratio^2)``. Complex probes have the power -1 and t in the
    place of 2 t: the square of this.

    Examples
    --------
    >>> from linsub.dpp.bounds import unseen_defect
    >>> bool(unseen_defect(1e-3) < 2.8e-6)
    True
    """
    return float(min(1.0, (ratio * math.exp(0.5)) ** probes))
