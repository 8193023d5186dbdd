"""Ranks from singular values: numerical rank, energy rank, and the rank for an error."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub.errors import InvalidInputError

__all__ = ["energy_rank", "numerical_rank", "smallest_rank"]


def smallest_rank(S: np.ndarray, error: float) -> int:
    """Return the smallest r with sqrt(sum_{i>r} S_i^2) <= error ||S||; S descends.

    The tails are summed from the small end, so that they keep their digits.
    """
    if S.size == 0 or S[0] == 0.0:
        return 0
    s = S.astype(np.float64) / float(S[0])
    tails = np.sqrt(np.cumsum(np.square(s)[::-1])[::-1])  # tails[r] = norm of s[r:]
    return int(np.count_nonzero(tails > error * tails[0]))


def _singular_values(A: Any, name: str) -> tuple[np.ndarray, float]:
    """Return descending singular values of `A` (or `A` itself, if 1-D), and size times eps."""
    plain = isinstance(A, list | tuple) and not any(np.ndim(a) for a in A)
    if plain or getattr(A, "ndim", 2) == 1:
        S = arrays.as_vector(A, name=name)
        if S.dtype.kind == "c" or (S.size and S.min() < 0):
            raise InvalidInputError(f"{name} holds singular values: they are real and not negative")
        return np.sort(S.astype(np.float64))[::-1], S.size * float(np.finfo(S.dtype).eps)
    from linsub._core.dense.svd import singular_values
    from linsub._core.operators import view
    from linsub.svd.lapack import dense_array

    op = view(A, name=name)
    S = singular_values(dense_array(op)).astype(np.float64) / op.scale
    return S, max(op.shape) * op.eps


def numerical_rank(
    A: Any,
    *,
    tol: float | None = None,
    norm: Literal["spectral", "frobenius"] = "spectral",
) -> int:
    """Number of singular values that are not rounding.

    Parameters
    ----------
    A : array_like (m, n), or (k,)
        A matrix, or its singular values in any order.
    tol : float, optional
        Relative threshold, dimensionless, in [0, 1). Default: ``max(m, n) * eps``, for
        singular values their number times eps.
    norm : {"spectral", "frobenius"}, optional
        ``spectral`` counts ``sigma_i > tol * sigma_1``. ``frobenius`` gives the smallest r
        with ``sqrt(sum_{i>r} sigma_i^2) <= tol * ||A||_F``.

    Returns
    -------
    int
        From 0 (the zero matrix) to min(m, n).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* LAPACK's singular values and a comparison. *Cost.* 4 m n^2 flops.
    *Accuracy.* Exact for the matrix with entries perturbed by rounding
    (claim ``svd-rank-rules``).

    Examples
    --------
    >>> from linsub.svd import numerical_rank
    >>> numerical_rank([[1.0, 2.0], [2.0, 4.0]])
    1
    >>> numerical_rank([10.0, 1.0, 1e-20])
    2
    """
    scalars.as_choice(norm, name="norm", choices=("spectral", "frobenius"))
    if tol is not None:
        tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    S, rounding = _singular_values(A, "A")
    if S.size == 0 or S[0] == 0.0:
        return 0
    tol = rounding if tol is None else tol
    if norm == "frobenius":
        return smallest_rank(S, tol)
    return int(np.count_nonzero(tol * S[0] < S))


def energy_rank(S: Any, energy: float, *, power: float = 2.0) -> int:
    """Smallest rank that holds a share of sum_i sigma_i^power.

    Parameters
    ----------
    S : array_like (k,)
        Singular values in any order, all of them: a truncated list makes the total, and
        so the rank, too small.
    energy : float
        The share, in [0, 1].
    power : float, optional
        2 is the squared Frobenius norm, the usual meaning of "99 % of the energy"; 1 is
        the nuclear norm. They differ much: on the raw digits 99 % is rank 33 at power 2
        and 50 at power 1.

    Returns
    -------
    int

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    ``energy_rank(S, p)`` equals the rank for the relative error ``sqrt(1 - p)``
    (claim ``svd-rank-rules``). The part dropped is summed from the small end.

    Examples
    --------
    >>> from linsub.svd import energy_rank
    >>> energy_rank([3.0, 2.0, 1.0], 0.9)
    2
    """
    s = arrays.as_vector(S, name="S")
    if s.dtype.kind == "c" or (s.size and s.min() < 0):
        raise InvalidInputError("S holds singular values: they are real and not negative")
    energy = scalars.as_real(energy, name="energy", low=0.0, high=1.0)
    power = scalars.as_real(power, name="power", low=0.0, include=(False, True))
    s = np.sort(s.astype(np.float64))[::-1]
    if s.size == 0 or s[0] == 0.0 or energy == 0.0:
        return 0
    weights = (s / s[0]) ** power
    tails = np.cumsum(weights[::-1])[::-1]
    # Dropping s[r:] keeps the share energy when tails[r] <= (1 - energy) * total.
    return int(np.count_nonzero(tails > (1.0 - energy) * tails[0]))
