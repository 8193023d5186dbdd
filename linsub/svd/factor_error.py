"""Certify anybody's factorization: how far is U diag(S) Vh from A?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.operators import LinearOperatorView, Operator, view
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Bound
from linsub.svd import bounds
from linsub.svd.norm_bound import FROBENIUS_PROBES, PROBES, norm_from_probes
from linsub.svd.rounding import product_rounding

__all__ = ["low_rank_error"]


def low_rank_error(
    A: Any,
    U: Any,
    S: Any = None,
    Vh: Any = None,
    *,
    norm: Literal["frobenius", "spectral"] = "frobenius",
    failure_prob: float = 1e-6,
    n_probes: int | None = None,
    n_steps: int = 8,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> Bound:
    """Bound on ||A - U diag(S) Vh|| for factors from any source.

    Nothing is assumed of the factors: they need not be orthonormal, sorted or accurate.

    Parameters
    ----------
    A : array_like, sparse, LinearOperator, memmap, dask array or row blocks, (m, n)
    U : array_like (m, k), or a triple
        The left factor; or the whole triple ``(U, S, Vh)``, as SVD functions return it,
        with `S` and `Vh` left out.
    S : array_like (k,) or (k, k), optional
        Diagonal, or a core matrix; None is the identity (for ``A ~ U @ Vh``).
    Vh : array_like (k, n)
    norm : {"frobenius", "spectral"}, optional
    failure_prob : float, optional
        Probability that a probabilistic bound is below the truth.
    n_probes : int, optional
        Random vectors: default 4 for the spectral norm, 16 for the Frobenius norm of a
        LinearOperator (the only case of that norm that needs any).
    n_steps : int, optional
        Products with E^H E for each probe of the spectral norm; the bound tightens like
        1 + O(log(n)^2 / n_steps^2).
    rng, check_finite
        As in :func:`truncated_svd`. The probes are independent of the sketch of any
        linsub function that was given the same seed.

    Returns
    -------
    Bound
        In the unit of A. ``exact`` or ``bound`` for the Frobenius norm of a matrix whose
        entries are known, ``probabilistic`` elsewhere.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Frobenius: the residual itself, by blocks of rows, never whole; sparse
    matrices by ``||A||^2 - 2 Re <A, USVh> + ||USVh||^2`` where that keeps its digits.
    Spectral: the Christoffel bound of E = A - U S Vh (claim ``svd-christoffel``).
    *Cost.* Frobenius: 2 m n k flops and one pass. Spectral: 2 `n_steps` products with
    `n_probes` columns. *Accuracy.* Claims ``svd-low-rank-error``, ``svd-christoffel``;
    the rounding of the residual is included.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import low_rank_error
    >>> A = np.diag([3.0, 2.0, 1.0])
    >>> U, S, Vh = np.linalg.svd(A)
    >>> round(float(low_rank_error(A, U[:, :1], S[:1], Vh[:1])), 6)
    2.236068
    """
    if isinstance(U, tuple) and S is None and Vh is None:
        if len(U) != 3:
            raise InvalidInputError(f"U is a tuple of {len(U)} arrays; a triple is (U, S, Vh)")
        U, S, Vh = U
    op = view(A, check_finite=check_finite)
    left, right = _factors(op, U, S, Vh, check_finite)
    scalars.as_choice(norm, name="norm", choices=("frobenius", "spectral"))
    failure_prob = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    steps = scalars.as_integer(n_steps, name="n_steps", low=1)
    streams = Streams(rng)
    if isinstance(op, LinearOperatorView):
        from linsub.svd.engines import find_scale

        find_scale(op, streams)
    left = left * left.dtype.type(op.scale)
    if norm == "frobenius":
        default = FROBENIUS_PROBES
        probes = (
            default if n_probes is None else scalars.as_integer(n_probes, name="n_probes", low=1)
        )
        value, kind, p = _frobenius(op, left, right, streams, probes, failure_prob)
        return Bound(_unscaled(value, op), kind, "||A - U S Vh||_F", p)
    probes = PROBES if n_probes is None else scalars.as_integer(n_probes, name="n_probes", low=1)
    value = _spectral(op, left, right, streams, probes, steps, failure_prob)
    return Bound(_unscaled(value, op), "probabilistic", "||A - U S Vh||_2", failure_prob)


def _unscaled(value: float, op: Operator) -> float:
    """Return `value` in the unit of A: inf where it exceeds the largest number."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.float64(value) / op.scale)


def _factors(
    op: Operator, U: Any, S: Any, Vh: Any, check_finite: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return U S and Vh in double precision."""
    if Vh is None:
        raise InvalidInputError("Vh is missing; pass U, S, Vh, or one triple")
    m, n = op.shape
    left = arrays.as_matrix(U, name="U", check_finite=check_finite)
    right = arrays.as_matrix(Vh, name="Vh", check_finite=check_finite)
    if left.shape[0] != m or right.shape[1] != n:
        raise InvalidInputError(
            f"U {left.shape} and Vh {right.shape} do not fit A {op.shape}; "
            "Vh holds the right vectors in its rows"
        )
    if S is None:
        core = np.ones(left.shape[1], left.dtype)
    elif np.ndim(S) == 2:
        core = arrays.as_matrix(S, name="S", check_finite=check_finite)
    else:
        core = arrays.as_vector(S, name="S", check_finite=check_finite)
    if core.shape not in (
        (left.shape[1],) * core.ndim if left.shape[1] == right.shape[0] else (),
        (left.shape[1], right.shape[0]) if core.ndim == 2 else (),
    ):
        raise InvalidInputError(
            f"S has shape {core.shape}; U {left.shape} and Vh {right.shape} need "
            f"({left.shape[1]},) or ({left.shape[1]}, {right.shape[0]})"
        )
    # Double precision throughout: U S may overflow in single, and costs nothing here.
    dtype = np.result_type(op.dtype, left.dtype, core.dtype, right.dtype, np.float64)
    product = left.astype(dtype) * core if core.ndim == 1 else left.astype(dtype) @ core
    return product, right.astype(dtype, copy=False)


def _rounding(op: Operator, left: np.ndarray, right: np.ndarray, error: float) -> float:
    """Bound the rounding of one product with E, relative to the size of what cancels.

    Where ||A||_F is unknown it is at most that of what was subtracted, and of `error`, which
    bounds ||E||_2.
    """
    size = norms.frobenius(left) * norms.frobenius(right)
    norm = op.frobenius()
    size += size + np.sqrt(min(op.shape)) * error if norm is None else norm
    eps = max(op.eps, float(np.finfo(left.dtype).eps))
    return float(product_rounding(max(*left.shape, *right.shape), eps) * size)


def _frobenius(
    op: Operator,
    left: np.ndarray,
    right: np.ndarray,
    streams: Streams,
    probes: int,
    failure_prob: float,
) -> tuple[float, Any, float]:
    norm = op.frobenius()
    k = max(1, left.shape[1])
    if norm is None:
        G = streams.gaussian("probe", (op.shape[1], probes), op.dtype, (8, 0))
        E = op.matmat(G) - left @ (right @ G)
        value = bounds.frobenius_from_probes(
            norms.frobenius(E), probes, failure_prob, complex_probes=op.dtype.kind == "c"
        )
        return value + _rounding(op, left, right, value), "probabilistic", failure_prob
    if op.kind == "sparse":
        value, floor = _by_subtraction(op, left, right, norm)
        if floor <= 1e-2 * value:
            return value + floor, "exact", 0.0
    total = 0.0
    for row, block in op.row_blocks():
        total = float(
            np.hypot(total, norms.frobenius(block - left[row : row + len(block)] @ right))
        )
    eps = max(op.eps, float(np.finfo(left.dtype).eps))
    size = norm + norms.frobenius(left) * norms.frobenius(right)
    rounding = product_rounding(k, eps) * size
    return total + rounding, "exact" if rounding <= 1e-2 * total else "bound", 0.0


def _product(op: Operator, product: Callable[..., np.ndarray], X: np.ndarray) -> np.ndarray:
    """Return a product of `op` in its own dtype; of a complex X part by part if A is real."""
    if X.dtype.kind == "c" and op.dtype.kind != "c":
        real, imaginary = (np.asfortranarray(part, op.dtype) for part in (X.real, X.imag))
        return np.asarray(product(real) + 1j * product(imaginary))
    return product(X.astype(op.dtype, copy=False))


def _by_subtraction(
    op: Operator, left: np.ndarray, right: np.ndarray, norm: float
) -> tuple[float, float]:
    """Return sqrt(||A||^2 - 2 Re <A, L R> + ||L R||^2) and its rounding."""
    AR = _product(op, op.matmat, right.conj().T)
    cross = float(np.sum(left.conj() * AR).real)
    gram = (left.conj().T @ left) * (right @ right.conj().T).conj()
    own = float(np.sum(gram).real)
    squared = max(norm * norm - 2 * cross + own, 0.0)
    size = norm * norm + 2 * norms.frobenius(left) * norms.frobenius(AR) + own
    floor = product_rounding(max(op.shape), op.eps) * size
    value = float(np.sqrt(squared))
    return value, float(np.sqrt(squared + floor)) - value


def _spectral(
    op: Operator,
    left: np.ndarray,
    right: np.ndarray,
    streams: Streams,
    probes: int,
    steps: int,
    failure_prob: float,
) -> float:
    n = op.shape[1]
    if min(op.shape) == 0:
        return 0.0
    # Complex factors make E complex, and so its singular vectors, whatever A is.
    kind = np.result_type(op.dtype, left.dtype) if left.dtype.kind == "c" else op.dtype
    W = streams.gaussian("probe", (n, probes), kind, (8, 1))

    def normal(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        Y = _product(op, op.matmat, X) - left @ (right @ X)
        Z = _product(op, op.rmatmat, Y) - right.conj().T @ (left.conj().T @ Y)
        return Z, Y

    size = norms.frobenius(left) * norms.frobenius(right)
    measured = norm_from_probes(normal, W, min(steps, n), failure_prob, size=size)
    return measured.upper + _rounding(op, left, right, measured.upper)
