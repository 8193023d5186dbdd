"""Self-calibration: gains of sensors and the signals they saw, from one linear problem."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub.errors import (
    AccuracyWarning,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
    RankDeficientError,
)
from linsub.inverse import bounds
from linsub.inverse.elimination import conditioning, eliminated, signals
from linsub.results import Bound, Certificate, Info, Record

__all__ = ["CalibrationCertificate", "CalibrationResult", "self_calibrate"]

# Singular values of F are wrong by a small multiple of sqrt(rows) eps ||F||: the factorization
# has backward errors like those of sums (Higham & Mary 2019).
_MULTIPLE = 8.0
_EPS = float(np.finfo(np.float64).eps)

# Where a second vector explains the data nearly as well as the first. Of gains in [.5, 1.5] with
# 10 % of noise the ratio is .15 to .45 where calibration succeeds, without enough data .5 to .8.
_DOUBT = 0.5


@dataclasses.dataclass(frozen=True, eq=False)
class CalibrationCertificate(Certificate):
    """What is known of a calibration. Unknown is None.

    Attributes
    ----------
    sine : Bound
        The sine of the angle between the inverse gains found and the true ones, where the size
        of the noise was given.
    residual : Bound
        ``min_x ||(diag(s) y_l - A_l x_l)_l||`` over the largest that it can be: nearly 0 if the
        model holds.
    gap : Bound
        The second smallest singular value of the eliminated problem over its largest: 0 where
        the gains are not determined.
    """

    sine: Bound | None = None
    residual: Bound | None = None
    gap: Bound | None = None


class CalibrationResult(Record):
    """``gains, signals = self_calibrate(Y, A)``.

    Attributes
    ----------
    gains : array of shape (m,)
        Up to a common factor, which is fixed so that ``sum_i 1/|gains_i|^2`` is the number of
        sensors that are alive and the gain of the first of them is positive; 0 for dead ones.
    signals : array of shape (p, n), or (n,) for "repeated"
        With the factor that belongs to these gains.
    certificate : CalibrationCertificate
    info : Info
        In ``details``: ``dead``, the sensors that saw nothing; ``singular_values`` of the
        eliminated problem, the least two of which decide.
    """

    _fields = ("gains", "signals")
    gains: Any
    signals: Any
    certificate: CalibrationCertificate | None
    info: Info | None


def self_calibrate(
    Y: Any,
    A: Any,
    *,
    model: Literal["snapshots", "diverse", "repeated"] = "snapshots",
    method: Literal["spectral", "lstsq"] = "spectral",
    w: Any = None,
    noise: float | None = None,
    on_fail: Literal["raise", "warn", "return"] = "raise",
) -> CalibrationResult:
    """Find unknown gains of sensors together with the signals that they measured.

    ``y_l = diag(gains) A_l x_l``, with gains and signals unknown and A known, is linear in the
    inverse gains s and the signals: ``diag(y_l) s = A_l x_l``. A singular vector solves it.

    Parameters
    ----------
    Y : array_like of shape (p, m)
        One measurement of m sensors a row. A sensor whose entries are all 0 is dead.
    A : array_like of shape (m, n) or (p, m, n)
        What the sensors would see of a signal of n numbers; of full column rank.
    model : {"snapshots", "diverse", "repeated"}, optional
        ``y_l = diag(g) A x_l``; ``y_l = diag(g) A_l x_l``; ``y_l = diag(g) A_l x``, one signal
        measured in p ways.
    method : {"spectral", "lstsq"}, optional
        The smallest singular vector, which asks nothing of the gains; or least squares with
        ``w^H s`` fixed, which is better at much noise where w is known not to be nearly
        orthogonal to s: all ones for gains of about the same phase.
    w : array_like of shape (m,), optional
        For "lstsq"; by default ones.
    noise : float, optional
        At least ``max_i sqrt(sum_l |e_li|^2)``, the noise of the worst sensor over all
        measurements, in the unit of Y. Then the angle to the true gains is bounded; 0.0 says
        that data are exact but for rounding to the precision of Y.
    on_fail : {"raise", "warn", "return"}, optional
        What to do if the gains are not determined.

    Returns
    -------
    CalibrationResult
        ``gains, signals``, in the array type and precision of `Y`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if there are fewer equations than unknowns but one, or A is rank deficient.
    RankDeficientError
        If more than one direction of gains explains the data, with ``on_fail="raise"``.
    NumericalError
        If signals exceed the largest number.

    Warns
    -----
    AccuracyWarning
        If that is so with ``on_fail="warn"``; and where a second vector of gains explains noisy
        data more than half as well as the first.

    Notes
    -----
    *Algorithm.* Ling and Strohmer (2018), with the signals eliminated: the gains are the null
    vector of ``F = P diag(y)``, P the projector on what no signal explains, of order m in place
    of m + p n. Its triangular factor is formed, no squares. *Cost.* About ``2 p (m - n) m^2``
    flops, for "repeated" ``2 p m^3``. *Accuracy.* Claims ``inverse-recovery``,
    ``inverse-angle-bound``, ``inverse-identifiability``. Enough equations
    (:func:`linsub.inverse.bounds.surplus_of_equations`) are necessary, and sufficient for random A;
    that the gap is not 0 is checked.

    References
    ----------
    Ling and Strohmer, SIAM J. Imaging Sci. 11 (2018) 252, arXiv 1611.04196.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.inverse import self_calibrate
    >>> rng = np.random.default_rng(0)
    >>> A, X = rng.standard_normal((8, 3)), rng.standard_normal((4, 3))
    >>> true = np.linspace(0.5, 1.5, 8)
    >>> gains, signals = self_calibrate((X @ A.T) * true, A)
    >>> bool(np.allclose(gains / gains[0], true / true[0]))
    True
    """
    model = scalars.as_choice(model, name="model", choices=("snapshots", "diverse", "repeated"))  # type: ignore[assignment]
    method = scalars.as_choice(method, name="method", choices=("spectral", "lstsq"))  # type: ignore[assignment]
    on_fail = scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))  # type: ignore[assignment]
    if noise is not None:
        noise = scalars.as_real(noise, name="noise", low=0.0)
    measured, operators, dtype, exponent = _given(Y, A, model)
    alive = np.flatnonzero(measured.any(axis=0))
    weights = _weights(w, method, measured.shape[1], dtype)
    _check_count(measured.shape[0], alive.size, operators.shape[-1], model, measured.shape[1])
    y = np.ascontiguousarray(measured[:, alive])
    seen = np.ascontiguousarray(operators[..., alive, :])
    R, rows = eliminated(y, seen, model)
    _, S, Vh = svd(R)
    s = _inverse_gains(S, Vh, method, weights[alive])
    columns = float(norms.column_norms(y).max())
    spread = _MULTIPLE * float(np.sqrt(rows)) * _EPS * conditioning(seen, model) * columns
    if noise is not None:
        with np.errstate(over="ignore"):
            noise = float(np.ldexp(noise, exponent)) + float(np.finfo(dtype).eps) * columns
    known = _certificate(R, S, s, _rounding(S, rows) + spread, noise)
    _complain(S, rows, known, on_fail)
    s = s * (np.sqrt(alive.size) / np.linalg.norm(s))
    first = s[np.argmax(np.abs(s) > 0.0)]
    s = s * (abs(first) / first)
    gains = np.zeros(measured.shape[1], s.dtype)
    with np.errstate(divide="ignore"):
        gains[alive] = 1.0 / s
    with np.errstate(over="ignore", invalid="ignore"):
        x = norms.ldexp(signals(y, seen, s, model), -exponent).astype(dtype)
    if not np.isfinite(x).all():
        raise NumericalError(
            f"a signal exceeds the largest {dtype}; divide Y or multiply A by a power of two"
        )
    dead = np.setdiff1d(np.arange(measured.shape[1]), alive)
    notes = (f"{dead.size} sensors saw nothing: their gains are 0",) if dead.size else ()
    home = arrays.home(Y)
    return CalibrationResult(
        home.give_back(gains.astype(dtype)),
        home.give_back(x),
        certificate=known,
        info=Info(
            method=f"{model}, {method}",
            notes=notes,
            details={"dead": dead, "singular_values": np.ldexp(S, -exponent)},
        ),
    )


def _given(Y: Any, A: Any, model: str) -> tuple[np.ndarray, np.ndarray, np.dtype, int]:
    """Return the measurements near 1, the operators, the caller's precision and the exponent."""
    y = arrays.as_matrix(Y, name="Y")
    a = arrays.as_tensor(A, name="A", ndim=2 if model == "snapshots" else 3)
    p, m = y.shape
    shape = "(m, n)" if model == "snapshots" else "(p, m, n)"
    if a.shape[-2] != m or (model != "snapshots" and a.shape[0] != p):
        raise InvalidInputError(
            f"A has shape {a.shape} and Y {y.shape} is (p, m): model={model!r} takes A of {shape}"
        )
    if min(y.shape) == 0 or a.shape[-1] == 0:
        raise InvalidInputError(f"Y {y.shape} and A {a.shape} hold no measurements or no signal")
    dtype = y.dtype
    if a.dtype.kind == "c" and dtype.kind != "c":
        dtype = np.result_type(dtype, np.complex64)
    kind = np.complex128 if dtype.kind == "c" else np.float64
    scaled, exponent = norms.near_one(y.astype(kind))
    return scaled, a.astype(kind), dtype, exponent


def _weights(w: Any, method: str, m: int, dtype: np.dtype) -> np.ndarray:
    if w is None:
        return np.ones(m)
    if method != "lstsq":
        raise InvalidInputError('w belongs to method="lstsq"; leave it out')
    weights = arrays.as_vector(w, name="w", size=m)
    if weights.dtype.kind == "c" and dtype.kind != "c":
        raise InvalidTypeError("w is complex and Y and A are real: the gains are; pass w.real")
    if not weights.any():
        raise InvalidInputError("w is zero: it fixes nothing; leave it out for ones")
    kind = np.complex128 if weights.dtype.kind == "c" else np.float64
    return norms.near_one(weights.astype(kind))[0]


def _check_count(p: int, m: int, n: int, model: Any, sensors: int) -> None:
    if m == 0:
        raise InvalidInputError("Y is zero: all sensors are dead")
    if model != "repeated" and m <= n:
        raise InvalidInputError(
            f"{m} of {sensors} sensors see something and a signal has n={n} numbers: any gains "
            "explain that; more sensors are needed than numbers"
        )
    surplus = bounds.surplus_of_equations(model, p, m, n)
    if surplus < 0:
        raise InvalidInputError(
            f"Y has p={p} measurements of {m} sensors that see something: {-surplus} equations "
            f"too few for the gains and signals of n={n} numbers; measure more"
        )


def _inverse_gains(S: np.ndarray, Vh: np.ndarray, method: str, w: np.ndarray) -> np.ndarray:
    """Return the unit vector of least image, or the one of least image over ``w^H s``."""
    if method == "spectral":
        return np.asarray(Vh[-1].conj())
    # H^-1 w with H = V S^2 V^H, times S[-1]^2, which may be zero.
    ratio = np.divide(S[-1], S, out=np.ones_like(S), where=S > 0.0)
    s = (Vh.conj().T * ratio**2) @ (Vh @ w)
    size = float(np.linalg.norm(s))
    if size <= 1e-8 * float(np.linalg.norm(w)):
        raise InvalidInputError(
            "w is orthogonal to the inverse gains: it cannot fix their factor; take another, or "
            'method="spectral"'
        )
    return np.asarray(s / size)


def _certificate(
    R: np.ndarray,
    S: np.ndarray,
    s: np.ndarray,
    rounding: float,
    noise: float | None,
) -> CalibrationCertificate:
    second = float(S[-2]) if S.size > 1 else float("inf")
    residual = norms.frobenius(R @ s)
    sine = None
    if noise is not None:
        value = bounds.calibration_sine(residual, second, noise + rounding)
        sine = Bound(value, "bound", "sin(inverse gains, true ones)")
    largest = float(S[0]) or 1.0
    return CalibrationCertificate(
        sine=sine,
        residual=Bound((residual + rounding) / largest, "bound", "||F s|| / ||F||"),
        gap=Bound(
            max(0.0, second - rounding) / largest if S.size > 1 else 1.0,
            "bound",
            "sigma_second / sigma_largest >=",
        ),
    )


def _rounding(S: np.ndarray, rows: int) -> float:
    return _MULTIPLE * float(np.sqrt(rows)) * _EPS * float(S[0])


def _complain(S: np.ndarray, rows: int, known: CalibrationCertificate, on_fail: str) -> None:
    """Say so where the gains are not determined, or hardly."""
    if S.size == 1 or on_fail == "return":
        return
    if S[-2] <= _rounding(S, rows):
        text = (
            f"the gains are not determined: the two least singular values are {S[-1]:.1g} and "
            f"{S[-2]:.1g} of {S[0]:.1g}, so that several directions explain the data; measure "
            "more, or other signals"
        )
        if on_fail == "raise":
            raise RankDeficientError(text)
        warnings.warn(text, AccuracyWarning, stacklevel=3)
    elif S[-1] > _DOUBT * S[-2]:
        warnings.warn(
            f"a second vector of gains explains the data nearly as well (residuals {S[-1]:.2g} and "
            f"{S[-2]:.2g}): noise may have decided; measure more",
            AccuracyWarning,
            stacklevel=3,
        )
