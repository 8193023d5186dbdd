"""What a sample or a sketch does to the norms of a subspace."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Certificate, Info, Record
from linsub.sensitivity import ratio_certificates as certificates
from linsub.sensitivity.ratio_search import Extremes, search_ratios
from linsub.sensitivity.row_coordinates import Coordinates, coordinates
from linsub.sensitivity.row_sample import RowSample

__all__ = ["DistortionCertificate", "DistortionResult", "embedding_distortion", "outer_interval"]

METHODS = ("auto", "exact", "lift", "search")


@dataclasses.dataclass(frozen=True, eq=False)
class DistortionCertificate(Certificate):
    """What is proved of ``||S A x||_p / ||A x||_p``. Unknown is None.

    Attributes
    ----------
    lower, upper : Bound
        No x has a ratio below or above; None for a search, which proves nothing of that kind.
    least, largest : Bound
        Ratios at `x_min` and `x_max`, rounding apart: the extremes are no less extreme.
    """

    lower: Bound | None = None
    upper: Bound | None = None
    least: Bound | None = None
    largest: Bound | None = None


class DistortionResult(Record):
    """Extreme ratios of norms: ``lower, upper, exact, x_min, x_max = embedding_distortion(A, S)``.

    Attributes
    ----------
    lower, upper : float
        Of ``||S A x||_p / ||A x||_p`` over all x with A x not 0: the extremes themselves or an
        interval that holds all ratios (methods "exact" and "lift"), or the most extreme ratios
        that were found ("search", ``info.method``).
    exact : bool
        Whether they are the extremes, to rounding.
    x_min, x_max : ndarray of shape (d,)
        Where the least and the largest ratio were found, of largest entry 1, in double
        precision.
    certificate : DistortionCertificate
    """

    _fields = ("lower", "upper", "exact", "x_min", "x_max")
    lower: float
    upper: float
    exact: bool
    x_min: Any
    x_max: Any
    certificate: DistortionCertificate | None
    info: Info | None


def embedding_distortion(
    A: Any,
    S: Any,
    p: float | None = None,
    *,
    method: Literal["auto", "exact", "lift", "search"] = "auto",
    rng: RNGLike = None,
) -> DistortionResult:
    """Measure the extremes of ``||S A x||_p / ||A x||_p`` over all x with A x not 0.

    Parameters
    ----------
    A : array_like of shape (n, d)
        Real or complex, of any rank.
    S : RowSample, array_like of shape (m, n), sparse, or operator
        A sample of the rows of A, a sketching matrix, or anything with ``S @ X``.
    p : float, optional
        Positive; by default that of the sample, and 2 for other S.
    method : {"auto", "exact", "lift", "search"}, optional
        "exact": p = 2 by singular values; p = 1 for real A of rank up to 3; rank 1. "lift": an
        interval that is proved to hold all ratios, for real A and even p. "search": the most
        extreme ratios that L-BFGS finds from many starts, attained but not proved extreme. "auto"
        takes the first of these that can be had at a moderate cost.
    rng : None, int or numpy.random.Generator, optional
        For starts of the search.

    Returns
    -------
    DistortionResult
        ``lower, upper, exact, x_min, x_max``. A sample that lost rank has lower = 0; for A = 0
        there is nothing to distort: 1 and 1.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Also where the method that was asked for does not exist for this p.

    See Also
    --------
    sample_rows

    Notes
    -----
    *Algorithm*: in coordinates in which A is orthonormal. p = 1: the ratio has its extremes where
    rank - 1 hyperplanes ``a_i x = 0`` meet. p = 2 k: ``|a x|^p`` is the square of a linear form of
    the symmetric tensor x^k, and among all symmetric tensors the extremes are singular values.
    *Cost*: a QR of A; for rank 3 and p = 1 O(n^3); for the lift a QR of n rows of
    ``binomial(d + k - 1, k)`` entries.
    *Accuracy*: claims ``sensitivity-distortion-contains``, ``sensitivity-distortion-lift``; bounds
    are rounded outward, by about eps times the condition of A.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import embedding_distortion
    >>> found = embedding_distortion(np.eye(3), np.diag([1.0, 0.5, 2.0]))
    >>> round(found.lower, 12), round(found.upper, 12), found.exact
    (0.5, 2.0, True)
    """
    dense = arrays.as_matrix(A)
    scalars.as_choice(method, name="method", choices=METHODS)
    p = _power(S, p)
    x = coordinates(dense)
    B, rows = _image(S, x.Z, dense.shape[0])
    if x.rank == 0:
        nothing = np.zeros(dense.shape[1], x.Z.dtype)
        found = _made(1.0, 1.0, "exact", nothing, nothing, (1.0, 1.0), True)
        return found
    generator = Streams(rng).generator("probe")
    low, high, how, inner = _measured(x, B, rows, p, method, generator)
    give = arrays.home(A).give_back
    attained = inner.low, inner.high
    return _made(
        low, high, how, give(x.preimage(inner.z_low)), give(x.preimage(inner.z_high)), attained,
        how == "exact",
    )  # fmt: skip


Rows = tuple[np.ndarray, np.ndarray]


def _measured(
    x: Coordinates, B: np.ndarray, rows: Rows | None, p: float, method: str, generator: Any
) -> tuple[float, float, str, Extremes]:
    outer = _outer(x, B, rows, p, method)
    if isinstance(outer, Extremes):
        low, high = _outward(outer.low, outer.high, x.rounding)
        return low, high, "exact", outer
    inner = search_ratios(x.Z, B, p, generator)
    null = certificates.lost(B)
    if null is not None:
        inner = inner._replace(low=0.0, z_low=null)
    if outer is None:
        return inner.low, inner.high, "search", inner
    low, high = _outward(*outer, x.rounding)
    # What is attained to rounding may stand beyond what is proved by as much.
    return min(low, inner.low), max(high, inner.high), "lift", inner


def _outer(
    x: Coordinates, B: np.ndarray, rows: Rows | None, p: float, method: str
) -> Extremes | tuple[float, float] | None:
    """Return the extremes, or an interval that holds them, or None."""
    is_complex = B.dtype.kind == "c" or x.Z.dtype.kind == "c"
    if method in ("auto", "exact"):
        if p == 2.0 or x.rank == 1:
            found = certificates.by_singular_values(B)
            return found if p == 2.0 else _constant(x, B, p)
        hyperplanes = x.Z if rows is not None else np.concatenate([x.Z, B.real])
        fits = p == 1.0 and not is_complex
        if fits and certificates.rays_fit(hyperplanes.shape[0], x.Z.shape[0], x.rank):
            return certificates.by_rays(x.Z, B, hyperplanes)
        if method == "exact":
            raise InvalidInputError(
                "method='exact' needs p = 2, rank 1, or p = 1 with few rows of rank 3 at most; "
                f"here p = {p:g} and A has {x.Z.shape[0]} rows of rank {x.rank}; pass method='auto'"
            )
    k = None if is_complex else certificates.lift_order(p)
    if method == "lift" and k is None:
        raise InvalidInputError(f"method='lift' needs an even p and real A, got p = {p:g}")
    if k is None or method == "search":
        return None
    if method == "auto" and not certificates.lift_fits(x.Z.shape[0], x.rank, k):
        return None
    interval = certificates.lifted_values(x.Z, B, k, rows)
    if interval is None and method == "lift":
        raise InvalidInputError(
            "method='lift' needs a RowSample, or more rows than A has monomials of degree "
            f"{k}; pass method='auto'"
        )
    return interval


def _constant(x: Coordinates, B: np.ndarray, p: float) -> Extremes:
    """Return the one ratio that there is in one dimension."""
    from linsub.sensitivity.ratio_search import log_ratios

    one = np.ones(1, x.Z.dtype)
    value = float(np.exp(log_ratios(x.Z, B, p, one[:, None])[0]))
    return Extremes(value, one, value, one)


def _outward(low: float, high: float, rounding: float) -> tuple[float, float]:
    return max(0.0, low - rounding * high), high * (1.0 + rounding)


def outer_interval(A: np.ndarray, sample: RowSample) -> tuple[float, float] | None:
    """Return an interval that holds every ratio for a sample of rows of A, or None."""
    x = coordinates(A)
    if x.rank == 0:
        return 1.0, 1.0
    B, rows = _image(sample, x.Z, A.shape[0])
    found = _outer(x, B, rows, sample.p, "auto")
    if found is None:
        return None
    low, high = (found.low, found.high) if isinstance(found, Extremes) else found
    return _outward(low, high, x.rounding)


def _power(S: Any, p: Any) -> float:
    if p is None:
        return float(S.p) if isinstance(S, RowSample) else 2.0
    return scalars.as_real(p, name="p", low=0.0, include=(False, True))


def _image(S: Any, Z: np.ndarray, n: int) -> tuple[np.ndarray, Rows | None]:
    """Return S Z, and indices and scales of the rows where S is a sample."""
    if isinstance(S, RowSample):
        if S.probabilities.size != n:
            raise InvalidInputError(f"A has {n} rows and S is a sample of {S.probabilities.size}")
        scales = np.asarray(S.weights ** (1.0 / S.p))
        return scales[:, None] * Z[S.indices], (S.indices, scales)
    operator: Any = S
    if not sparse.issparse(S) and not _is_operator(S):
        operator = arrays.as_matrix(S, name="S")
    shape = getattr(operator, "shape", None)
    if shape is None or len(shape) != 2 or shape[1] != n:
        raise InvalidInputError(
            f"S has shape {shape} and A has {n} rows: S must be of shape (m, {n})"
        )
    B = np.asarray(operator @ Z)
    if B.shape != (shape[0], Z.shape[1]) or B.dtype.kind not in "fc":
        raise InvalidTypeError(f"S @ X gave {B.dtype} of shape {B.shape} for X of shape {Z.shape}")
    arrays.check_all_finite(B, name="S @ A")
    return B.astype(np.complex128 if B.dtype.kind == "c" else np.float64), None


def _is_operator(S: Any) -> bool:
    return not isinstance(S, np.ndarray) and (
        callable(getattr(S, "matmat", None)) or callable(getattr(S, "apply", None))
    )


def _made(
    low: float, high: float, how: str, x_min: Any, x_max: Any, attained: tuple[float, float],
    exact: bool,
) -> DistortionResult:  # fmt: skip
    ratio = "||S A x||_p / ||A x||_p"
    proved = how != "search"
    certificate = DistortionCertificate(
        lower=Bound(low, "bound", f"{ratio} >=") if proved else None,
        upper=Bound(high, "bound", ratio) if proved else None,
        least=Bound(attained[0], "exact", f"{ratio} at x_min"),
        largest=Bound(attained[1], "exact", f"{ratio} at x_max"),
    )
    return DistortionResult(low, high, exact, x_min, x_max, certificate=certificate, info=Info(how))
