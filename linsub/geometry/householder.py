"""One Householder reflector, at any scale: what LAPACK's larfg and larfgp make."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector, home
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, NumericalError
from linsub.geometry.basis import in_double
from linsub.geometry.reflector_panels import shifted_columns

__all__ = ["householder_vector"]


def householder_vector(x: Any, *, positive: bool = False) -> tuple[Any, Any, Any]:
    """Return the reflector that takes a vector to a multiple of the first unit vector.

    Finds ``H = I - tau v v^H``, unitary with ``v[0] = 1``, such that
    ``H^H x = (beta, 0, ..., 0)`` with beta real.

    Parameters
    ----------
    x : array_like of shape (n,)
        At least one entry. Any scale, subnormal numbers included. Never modified.
    positive : bool, optional
        False: beta has the sign opposite to that of ``Re x[0]``, as LAPACK's larfg has it.
        True: beta is not negative (larfgp); the subtraction that this would need is avoided.

    Returns
    -------
    v : array of shape (n,)
        In the dtype of x.
    tau : scalar
        Complex for complex x: H is then unitary and not Hermitian, and it is H^H that is
        applied. ``|tau - 1| <= 1``; 0 means ``H = I``, and v is then the first unit vector.
    beta : real scalar
        ``|beta| = ||x||``.

    Raises
    ------
    InvalidInputError
        If x has no entries.
    NonFiniteError
        If an entry is nan or inf.
    NumericalError
        If ||x|| exceeds the largest number of the dtype.

    Notes
    -----
    *Algorithm.* ``beta = -sign(Re x_0) ||x||``, ``tau = (beta - x_0) / beta`` and
    ``v = x / (x_0 - beta)`` beyond the first entry, on x divided by a power of two near its
    largest entry, in double precision. Where the rest of x is exactly zero (n = 1 too) and x_0 is
    real, tau = 0 and beta = x_0, also where it is negative. With `positive` the first entry of
    ``x - beta e_1`` is ``-||rest||^2 / (x_0 + beta)`` (Parlett 1971; Demmel, Hoemmen, Hida and
    Riedy 2009), and x with nothing but a negative x_0 has tau = 2.

    *Cost.* O(n).

    *Accuracy.* ``geometry-householder-vector``.

    References
    ----------
    Demmel, Hoemmen, Hida and Riedy, Nonnegative diagonals and high performance on low-profile
    matrices from Householder QR, SIAM J. Sci. Comput. 31 (2009).

    Examples
    --------
    >>> from linsub.geometry import householder_vector
    >>> v, tau, beta = householder_vector([3.0, 4.0])
    >>> v.tolist(), float(tau), float(beta)
    ([1.0, 0.5], 1.6, -5.0)
    >>> v, tau, beta = householder_vector([3.0, 4.0], positive=True)
    >>> v.tolist(), round(float(tau), 12), float(beta)
    ([1.0, -2.0], 0.4, 5.0)
    """
    positive = scalars.as_flag(positive, name="positive")
    array = as_vector(x, name="x")
    if array.size == 0:
        raise InvalidInputError("x has no entries; a reflector needs at least one")
    real = array.real.dtype
    rest = norms.max_abs(array[1:]) > 0.0
    exponent = int(np.frexp(norms.max_abs(array))[1])
    # A rest far below x_0 may vanish.
    near = shifted_columns(in_double(array), -exponent)
    v, tau, beta = _reflector(near, rest, positive, float(np.finfo(real).tiny))
    with np.errstate(over="ignore", under="ignore"):
        size = np.ldexp(beta, exponent).astype(real)
        v = v.astype(array.dtype)
    if not np.isfinite(size) or not np.isfinite(v).all():
        raise NumericalError(
            f"||x|| exceeds the largest {real}; divide x by a power of two first: v and tau "
            "stay the same"
        )
    return home(x).give_back(v), array.dtype.type(tau), size


def _reflector(
    x: np.ndarray, rest: bool, positive: bool, tiny: float
) -> tuple[np.ndarray, Any, Any]:
    """Return v, tau and beta of x with entries up to 1; `rest`: not all beyond x_0 is zero.

    A tau below `tiny` is 0: H is nearer to I than rounding can tell.
    """
    alpha = x[0]
    beyond = norms.frobenius(x[1:])
    first = np.zeros_like(x)
    first[0] = 1.0
    if not rest and alpha.imag == 0.0:
        if positive and alpha.real < 0.0:
            return first, 2.0, np.float64(-alpha.real)
        return first, 0.0, np.float64(alpha.real)
    size = np.float64(np.hypot(np.hypot(alpha.real, alpha.imag), beyond))
    if positive and alpha.real > 0.0:
        # alpha - size, without the cancellation of its real part.
        tail = (beyond * (beyond / (alpha.real + size)), alpha.imag)
        shift = -(tail[0] + tail[1] * (tail[1] / (alpha.real + size)))
        beta = size
    else:
        beta = size if positive or alpha.real < 0.0 else -size
        shift = alpha.real - beta
    pivot = complex(shift, alpha.imag) if x.dtype.kind == "c" else shift
    tau = -pivot / beta
    if abs(tau) <= tiny:
        return first, 0.0, beta
    v = first
    with np.errstate(under="ignore", over="ignore"):
        v[1:] = x[1:] / pivot
    return v, tau, beta
