"""The record of a Tucker decomposition, its certificate, and the tensor that it stands for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.results import Bound, Certificate, Info, Record
from linsub.tensor import bounds
from linsub.tensor.unfolding import multiply_all

__all__ = [
    "Problem",
    "TuckerCertificate",
    "TuckerResult",
    "as_ranks",
    "finish",
    "problem",
    "tucker_to_dense",
]

# The residual is formed in slabs of about this many numbers, so that no second tensor of the
# size of X is needed.
_SLAB = 1 << 20


@dataclasses.dataclass(frozen=True, eq=False)
class TuckerCertificate(Certificate):
    """What is known of a Tucker decomposition, in the unit of X. Unknown is None.

    Attributes
    ----------
    frobenius_error : Bound
        ``||X - core x_1 U_1 ... x_N U_N||_F``, from the residual itself.
    best_error_lower : Bound
        No tensor of the same multilinear ranks is nearer to X than that.
    frobenius_norm : Bound
        ``||X||_F``.
    orthogonality : Bound
        The largest ``||U_n^H U_n - I||_F``.
    """

    frobenius_error: Bound | None = None
    best_error_lower: Bound | None = None
    frobenius_norm: Bound | None = None
    orthogonality: Bound | None = None

    @property
    def relative_error(self) -> float | None:
        """``||X - X_hat||_F / ||X||_F``, or None where either is unknown; 0 for X = 0."""
        if self.frobenius_error is None or self.frobenius_norm is None:
            return None
        norm = float(self.frobenius_norm)
        return float(self.frobenius_error) / norm if norm > 0.0 else 0.0


class TuckerResult(Record):
    """A Tucker decomposition: ``core, factors = sthosvd(X, 3)``.

    Attributes
    ----------
    core : array of shape (r_1, ..., r_N)
    factors : tuple of arrays of shape (I_n, r_n)
        Orthonormal columns.
    """

    _fields = ("core", "factors")
    core: Any
    factors: tuple[Any, ...]
    certificate: TuckerCertificate | None
    info: Info | None

    @property
    def ranks(self) -> tuple[int, ...]:
        """The multilinear ranks (r_1, ..., r_N)."""
        return tuple(self.core.shape)

    def to_dense(self) -> Any:
        """Return the tensor, as :func:`tucker_to_dense` does."""
        return tucker_to_dense(self.core, self.factors)


def tucker_to_dense(core: Any, factors: Sequence[Any]) -> Any:
    """Return the tensor that a core and a factor for each mode stand for.

    ``core x_1 U_1 x_2 ... x_N U_N``, with ``x_n`` the product of mode n.

    Parameters
    ----------
    core : array_like of shape (r_1, ..., r_N)
    factors : sequence of array_like of shape (I_n, r_n)
        One a mode, of any columns.

    Returns
    -------
    array of shape (I_1, ..., I_N)
        In the array type of `core`.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if the shapes do not fit.
    NumericalError
        If an entry exceeds the largest number.

    Notes
    -----
    *Algorithm.* One product of matrices a mode, the mode that grows least first. *Cost.* About
    ``2 r_1 I_1 ... I_N`` flops for the last of them.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.tensor import tucker_to_dense
    >>> tucker_to_dense([[2.0]], [[[1.0], [0.0]], [[0.0], [1.0]]]).tolist()
    [[0.0, 2.0], [0.0, 0.0]]
    """
    G = arrays.as_tensor(core, name="core")
    if isinstance(factors, str) or not hasattr(factors, "__len__"):
        raise InvalidTypeError(
            f"factors must be a sequence of matrices, got {type(factors).__name__}"
        )
    matrices = [arrays.as_matrix(U, name=f"factors[{n}]") for n, U in enumerate(factors)]
    if len(matrices) != G.ndim:
        raise InvalidInputError(
            f"factors holds {len(matrices)} matrices and core has {G.ndim} modes; give one a mode"
        )
    for n, U in enumerate(matrices):
        if U.shape[1] != G.shape[n]:
            raise InvalidInputError(
                f"factors[{n}] has shape {U.shape} and core has {G.shape[n]} entries in mode {n}: "
                "columns and entries must match"
            )
    with np.errstate(over="ignore", invalid="ignore"):
        X = multiply_all(G, matrices)
    if not np.isfinite(X).all():
        raise NumericalError(
            f"an entry of the tensor exceeds the largest {X.dtype}; divide core by a power of two"
        )
    return arrays.home(core).give_back(np.ascontiguousarray(X))


@dataclasses.dataclass(frozen=True)
class Problem:
    """A tensor of entries near 1 in double precision, and what leads back to the caller's."""

    X: np.ndarray
    exponent: int  # X = 2^exponent times the caller's
    squares: float
    dtype: np.dtype
    home: arrays.Home


def problem(X: Any) -> Problem:
    """Check and scale a tensor."""
    dense = arrays.as_tensor(X, name="X")
    if dense.size == 0:
        raise InvalidInputError(f"X has shape {dense.shape} and no entries: nothing to decompose")
    wide = dense.astype(np.complex128 if dense.dtype.kind == "c" else np.float64, copy=False)
    scaled, exponent = _near_one(wide)
    return Problem(scaled, exponent, norms.frobenius(scaled) ** 2, dense.dtype, arrays.home(X))


def _near_one(X: np.ndarray) -> tuple[np.ndarray, int]:
    """Return X at a scale where its squares keep their digits: as it is, mostly."""
    needed = norms.power_of_two_scale(norms.max_abs(X), X.dtype) != 1.0
    return norms.near_one(X) if needed else (X, 0)


def as_ranks(ranks: Any, shape: tuple[int, ...], error: float | None) -> list[int | None]:
    """Return the rank of each mode, None where the error decides."""
    if (ranks is None) == (error is None):
        raise InvalidInputError(
            "give ranks (one a mode, or one for all) or error (relative), and not both"
        )
    if ranks is None:
        return [None] * len(shape)
    if not isinstance(ranks, Sequence) and getattr(ranks, "ndim", 0) != 1:
        ranks = [ranks] * len(shape)
    if len(ranks) != len(shape):
        raise InvalidInputError(f"ranks has {len(ranks)} entries and X {len(shape)} modes")
    return [
        scalars.as_integer(r, name=f"ranks[{n}]", low=1, high=size)
        for n, (r, size) in enumerate(zip(ranks, shape, strict=True))
    ]


def finish(
    made: Problem,
    core: np.ndarray,
    factors: list[np.ndarray],
    *,
    lower: float,
    info: Info,
) -> TuckerResult:
    """Return the record in the caller's unit, type and precision, with its certificate.

    `lower` is a squared lower bound on the error of any tensor of these ranks.
    """
    with np.errstate(over="ignore", under="ignore"):
        G = norms.ldexp(core, -made.exponent).astype(made.dtype)
    if not np.isfinite(G).all():
        raise NumericalError(
            f"an entry of the core exceeds the largest {made.dtype}; divide X by a power of two"
        )
    kept = [np.ascontiguousarray(U.astype(made.dtype)) for U in factors]
    eps = float(np.finfo(made.dtype).eps)
    back = norms.ldexp(G.astype(made.X.dtype), made.exponent)
    wide = [U.astype(made.X.dtype, copy=False) for U in kept]
    norm = float(np.sqrt(made.squares))
    fine = float(np.finfo(np.float64).eps)
    rounding = bounds.tucker_rounding(core.shape, norm, fine)
    least = bounds.best_error_rounded(lower, made.squares, max(made.X.shape), fine)
    defect = max(norms.frobenius(U.conj().T @ U - np.eye(U.shape[1])) for U in wide)
    defect += 4.0 * float(np.sqrt(max(made.X.shape))) * (fine if eps > fine else eps)
    certificate = TuckerCertificate(
        frobenius_error=_bound(_residual(made.X, back, wide) + rounding, made, "||X - X_hat||_F"),
        best_error_lower=_bound(least, made, "||X - any of these ranks||_F >="),
        frobenius_norm=Bound(_unscaled(norm * (1 + 4 * fine), made), "exact", "||X||_F"),
        orthogonality=Bound(defect, "bound", "max ||U_n^H U_n - I||_F"),
    )
    return TuckerResult(
        made.home.give_back(G),
        tuple(made.home.give_back(U) for U in kept),
        certificate=certificate,
        info=info,
    )


def _unscaled(value: float, made: Problem) -> float:
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(value, -made.exponent))


def _bound(value: float, made: Problem, of: str) -> Bound:
    """Return a bound in the caller's unit, pushed off the truth where it is subnormal."""
    found = _unscaled(value, made)
    if value > 0.0 and not of.endswith(">="):
        found = float(np.nextafter(found, np.inf))
    return Bound(found, "bound", of)


def _residual(X: np.ndarray, core: np.ndarray, factors: list[np.ndarray]) -> float:
    """Return ||X - core x_1 U_1 ... x_N U_N||_F, slab by slab of the first mode."""
    step = max(1, _SLAB * X.shape[0] // X.size)
    total = 0.0
    for first in range(0, X.shape[0], step):
        rows = [factors[0][first : first + step], *factors[1:]]
        total = float(
            np.hypot(total, norms.frobenius(X[first : first + step] - multiply_all(core, rows)))
        )
    return total
