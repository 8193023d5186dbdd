"""Directions that an operator hardly sees: projection off its leading right singular vectors."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.operators import view
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError, NumericalError
from linsub.results import Bound, Certificate, Info, Record
from linsub.svd import truncated_svd

__all__ = ["NullCertificate", "NullDirections", "nullspace_projection"]

# Sums of n products are wrong by a small multiple of sqrt(n) eps in fact (Higham & Mary 2019).
_MULTIPLE = 4.0

# A vector that keeps less than this of its length lies in the span but for rounding, and a
# direction made of the rest would be noise.
_NOTHING_LEFT = 1e-8


@dataclasses.dataclass(frozen=True, eq=False)
class NullCertificate(Certificate):
    """What is known of projected directions. Unknown is None.

    Attributes
    ----------
    leak : Bound of shape (k,)
        ``||A d||`` of each direction, from a product.
    complement_norm : Bound
        Of the SVD: no direction off the leading ones can leak more than about that.
    """

    leak: Bound | None = None
    complement_norm: Bound | None = None


class NullDirections(Record):
    """``directions, kept = nullspace_projection(A, v, 5)``.

    Attributes
    ----------
    directions : array of shape (n,) or (n, k)
        Of norm 1, orthogonal to the leading right singular vectors of A.
    kept : float or array of shape (k,)
        The share of its length that each vector has kept: the sine of its angle to the span.
    certificate : NullCertificate
    info : Info
        That of the SVD.
    """

    _fields = ("directions", "kept")
    directions: Any
    kept: Any
    certificate: NullCertificate | None
    info: Info | None


def nullspace_projection(
    A: Any,
    v: Any,
    rank: int | None = None,
    *,
    energy: float | None = None,
    rng: RNGLike = None,
    **options: Any,
) -> NullDirections:
    """Project vectors off the leading right singular vectors of an operator.

    ``d = (I - V V^H) v / ||(I - V V^H) v||``: edits along d change what A measures least (LOCO:
    A is the Jacobian of what shall stay as it is, known by products alone).

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
    v : array_like of shape (n,) or (n, k)
    rank, energy
        How many singular vectors, as in :func:`linsub.svd.truncated_svd`: give one. With the
        rank of A nothing leaks; with less, up to sigma_{rank+1}.
    rng, **options
        As in :func:`linsub.svd.truncated_svd`.

    Returns
    -------
    NullDirections
        ``directions, kept``; ``certificate.leak`` says what A still sees of them.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, ConvergenceError
    NumericalError
        If a vector lies in the span of the leading singular vectors: nothing would be left.

    Notes
    -----
    *Algorithm.* Two projections, since one leaves eps over `kept`. *Cost.* That of
    :func:`linsub.svd.truncated_svd`, 8 n r k flops and k products. *Accuracy.* Claim
    ``geometry-null-directions``.

    References
    ----------
    Chen et al., NeurIPS 2024 (LOCO Edit).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import nullspace_projection
    >>> d, kept = nullspace_projection(np.diag([5.0, 1.0, 0.1]), [3.0, 0.0, 4.0], 1)
    >>> d.tolist(), round(kept, 12)
    ([0.0, 0.0, 1.0], 0.8)
    """
    given = arrays.as_vector_or_matrix(v, name="v")
    op = view(A)
    if given.shape[0] != op.shape[1]:
        raise InvalidInputError(
            f"v has shape {given.shape} and A {op.shape}: v needs {op.shape[1]} rows"
        )
    found = truncated_svd(A, rank, energy=energy, rng=rng, **options)
    kind = np.result_type(given.dtype, op.dtype, np.float64)
    block = given[:, None] if given.ndim == 1 else given
    unit = block.astype(kind)
    length = norms.column_norms(unit)
    if not length.all():
        raise InvalidInputError(
            f"v[:, {int(np.argmin(length))}] is zero and has no direction; leave it out"
        )
    unit = _normalized(unit)
    Vh = np.asarray(found.Vh)
    rest = unit - Vh.conj().T @ (Vh @ unit)
    rest -= Vh.conj().T @ (Vh @ rest)
    kept = norms.column_norms(rest)
    if not (kept > _NOTHING_LEFT).all():
        j = int(np.argmin(kept))
        raise NumericalError(
            f"v[:, {j}] keeps {kept[j]:.1g} of its length: it lies in the span of the "
            f"{Vh.shape[0]} leading right singular vectors; take fewer of them, or another vector"
        )
    directions = rest / kept
    leak = _leak(op, directions, float(found.S[0]) * op.scale if len(found.S) else 0.0)
    known = None if found.certificate is None else found.certificate.complement_norm
    certificate = NullCertificate(
        leak=Bound(leak if given.ndim == 2 else float(leak[0]), "bound", "||A d||"),
        complement_norm=known,
    )
    out = directions.astype(np.result_type(given.dtype, op.dtype), copy=False)
    home = arrays.home(v)
    if given.ndim == 1:
        return NullDirections(
            home.give_back(out[:, 0]), float(kept[0]), certificate=certificate, info=found.info
        )
    return NullDirections(
        home.give_back(out), home.give_back(kept), certificate=certificate, info=found.info
    )


def _normalized(X: np.ndarray) -> np.ndarray:
    """Return the columns of X over their norms, of any scale."""
    peaks = np.maximum(np.abs(X.real).max(axis=0), np.abs(X.imag).max(axis=0))
    scaled = np.empty_like(X)
    for j, exponent in enumerate(-np.frexp(peaks)[1]):
        scaled[:, j] = norms.ldexp(X[:, j], int(exponent))
    return np.asarray(scaled / norms.column_norms(scaled))


def _leak(op: Any, directions: np.ndarray, largest: float) -> np.ndarray:
    """Return ||A d|| of each direction, with the rounding of the product."""
    if directions.dtype.kind == "c" and op.dtype.kind != "c":
        parts = [
            op.matmat(np.asfortranarray(x, op.dtype)) for x in (directions.real, directions.imag)
        ]
        seen = np.hypot(*(norms.column_norms(part) for part in parts))
    else:
        seen = norms.column_norms(op.matmat(np.asfortranarray(directions, op.dtype)))
    norm = op.frobenius()
    size = max(float(seen.max()), largest) if norm is None else norm
    rounding = _MULTIPLE * float(np.sqrt(op.shape[1])) * op.eps * size
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((seen + rounding) / op.scale)
