"""The truncated SVD of matrices side by side, which are never put there."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense.cholesky import cholesky_qr2
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub._core.random import RNGLike
from linsub.concat import bounds
from linsub.concat import certificate as certificates
from linsub.concat.certificate import Known
from linsub.concat.collection import Collection, collect
from linsub.concat.joint import joint_gram, joint_triangle
from linsub.concat.panels import ConcatenatedOperator, panels
from linsub.concat.result import ConcatSVDCertificate, ConcatSVDResult
from linsub.results import Info
from linsub.svd import SVDCertificate, truncated_svd

__all__ = ["Joint", "certify_joint", "concatenated_svd", "describe", "joint_svd"]

METHODS = ("auto", "gram", "qr", "operator")

# Up to this height the Gram matrix costs less than an iteration on blocks in memory (measured
# at 4000 and 12000 columns, rank 20), and where each reading loads them, 4 readings against 40,
# up to this other one: its matrix is small still (72 MB) and its eigenvectors take seconds.
_GRAM_HEIGHT = 2000
_GRAM_HEIGHT_LOADED = 3000

# Squaring leaves an angle of about eps (sigma_1 / sigma_k)^2 between the subspaces: 2e-10 at
# this ratio in double precision, and below the rounding of single precision at the other.
_GRAM_GUARD = {4: 1e-4, 8: 1e-3}

# Where a Krylov basis has room in the short side; otherwise it is taken whole.
_KRYLOV_SHARE = 0.2
_KRYLOV_SIDE = 64


@dataclasses.dataclass
class Joint:
    """Factors and how they were found; of scale M until :func:`joint_svd` returns them."""

    U: np.ndarray
    S: np.ndarray
    Vh: np.ndarray
    known: Known
    method: str
    passes: int
    products: int = 0
    iterations: int = 0
    converged: bool = True
    notes: tuple[str, ...] = ()
    scaled: np.ndarray | None = None  # S of scale M, where S itself overflows


def concatenated_svd(
    blocks: Any,
    rank: int,
    *,
    method: Literal["auto", "gram", "qr", "operator"] = "auto",
    certify: bool = True,
    tol: float | None = None,
    failure_prob: float = 1e-6,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> ConcatSVDResult:
    """Truncated SVD of matrices side by side, with the error of each, never forming the whole.

    Finds ``U, S, Vh`` with orthonormal columns and rows such that
    ``[A_1 A_2 ... A_N] ~ U diag(S) Vh``, the best approximation of this rank.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i), or array (N, m, n)
        NumPy or other CPU arrays, memory maps, scipy.sparse matrices, or callables without
        arguments that return one of these, the same at every call; they may be of any width,
        0 included. One block at a time is held in memory, so that the collection may be
        larger. Real or complex; float32 stays float32. Never modified.
    rank : int
        From 0 to min(m, n), n the sum of the widths.
    method : {"auto", "gram", "qr", "operator"}, optional
        How U is found; see Notes.
    certify : bool, optional
        Attach a certificate; it takes one more reading.
    tol, failure_prob, rng : optional
        As in :func:`linsub.svd.truncated_svd`; only ``operator`` and ``qr`` use them.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    ConcatSVDResult
        ``U (m, k)``, ``S (k,)``, ``Vh (k, n)`` in the array type of the first block;
        ``.columns(i)`` are the columns of Vh of block i, ``.reconstruct(i)`` its
        approximation. ``.certificate`` is that of :func:`~linsub.svd.truncated_svd` together
        with ``block_errors``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        The message names the block.
    ConvergenceError
        If the iteration of ``operator`` ends too early.

    See Also
    --------
    grouped_svd : the same as one basis and a factor for each block.
    concat_svd_bounds : the error alone, from both sides, in one pass.

    Notes
    -----
    *Algorithm.* ``gram``: the eigenvectors of ``sum_i A_i A_i^H``, summed in double precision
    in one reading. Refused where sigma_k / sigma_1 is too small for a squared matrix; then
    ``qr``: the triangle L of ``M = L Q^H``, updated panel by panel, and its truncated SVD.
    ``operator``: :func:`~linsub.svd.truncated_svd` of an operator whose products read the
    blocks. ``auto`` takes the first up to 2000 rows, or 3000 where blocks are loaded from
    elsewhere, and beyond them the last for ranks up to a fifth of min(m, n). A Rayleigh-Ritz
    step, ``U^H A_i`` for every block, ends all three, so that ``S Vh`` is ``U^H M`` to rounding
    and orthogonality does not suffer from small values.

    *Cost.* gram: m^2 n flops and readings: 1 for the scale, 1, 1 for Vh, 1 for the
    certificate; qr: 4 m^2 n; operator: that of truncated_svd, each product a reading.
    *Memory*, in numbers: the result, one block, and m^2 doubles for gram, 2 m min(m, n) for qr.

    *Accuracy.* Claims ``concat-svd-certificate``, ``concat-block-errors``: no bound is below
    the truth, rounding included. Errors are formed by subtracting the product from the block,
    in double precision, so that they hold far below sqrt(eps). The error itself exceeds the
    least possible one by rounding, with ``gram`` by up to ``eps ||M||^2 / sigma_k``, which is
    1e3 eps ||M|| at most.

    References
    ----------
    Shamrai, arXiv 2601.11626; Chang et al., arXiv 2503.18893 (xKV).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import concatenated_svd
    >>> rng = np.random.default_rng(0)
    >>> basis = rng.standard_normal((20, 2))
    >>> blocks = [basis @ rng.standard_normal((2, n)) for n in (5, 1, 8)]
    >>> U, S, Vh = result = concatenated_svd(blocks, 2)
    >>> U.shape, Vh.shape, Vh[:, result.columns(2)].shape
    ((20, 2), (2, 14), (2, 8))
    >>> bool(result.certificate.block_errors.value.max() < 1e-12)
    True
    """
    c = collect(blocks, check_finite=check_finite)
    certified = scalars.as_flag(certify, name="certify")
    joint = joint_svd(c, rank, method=method, tol=tol, failure_prob=failure_prob, rng=rng)
    certificate = certify_joint(c, joint) if certified else None
    give = c.home.give_back
    return ConcatSVDResult(
        give(joint.U),
        give(joint.S),
        give(joint.Vh),
        certificate=certificate,
        info=describe(c, joint),
    )


def describe(c: Collection, joint: Joint) -> Info:
    """Return what the run did; the widths are what :meth:`ConcatSVDResult.columns` reads."""
    return Info(
        method=joint.method,
        products=joint.products,
        passes=joint.passes,
        converged=joint.converged,
        iterations=joint.iterations,
        notes=joint.notes,
        details={"widths": tuple(c.widths)},
    )


def joint_svd(
    c: Collection,
    rank: Any,
    *,
    method: str,
    tol: float | None,
    failure_prob: float,
    rng: RNGLike,
) -> Joint:
    """The body behind the public functions: the factors of M itself, in their final type."""
    rank = scalars.as_integer(rank, name="rank", low=0, high=min(c.height, c.width))
    method = scalars.as_choice(method, name="method", choices=METHODS)
    options = {"tol": tol, "failure_prob": failure_prob, "rng": rng}
    joint = _solve(c, rank, method, options)
    joint.passes += 1  # that of the boundary
    U, Vh = _fix_signs(joint.U, joint.Vh)
    joint.U = np.ascontiguousarray(U.astype(c.dtype, copy=False))
    joint.Vh = np.ascontiguousarray(Vh.astype(c.dtype, copy=False))
    real = np.empty(0, c.dtype).real.dtype
    joint.scaled = joint.S.astype(np.float64)
    with np.errstate(over="ignore", under="ignore"):
        joint.S = joint.S.astype(real) / real.type(c.scale)
    return joint


def certify_joint(c: Collection, joint: Joint, C: np.ndarray | None = None) -> ConcatSVDCertificate:
    """Return the certificate of ``M ~ U S Vh``, or of ``M ~ U C``, from one more reading."""
    joint.passes += 1
    # As it was rounded to its type, in the unit in which nothing is large or small.
    S = joint.S.astype(np.float64) * c.scale
    if joint.scaled is not None:
        S = np.where(np.isfinite(S), S, joint.scaled)
    found = certificates.certify(c, joint.U, S, joint.Vh, joint.known, C)
    return certificates.unscaled(c, found, joint.S, joint.Vh)


def _solve(c: Collection, rank: int, method: str, options: dict[str, Any]) -> Joint:
    # The arguments are checked even where the engine needs none of them.
    truncated_svd(np.zeros((1, 1)), 0, **options)
    short = min(c.height, c.width)
    if rank == 0 or not c.squares.any():
        return _trivial(c, rank)
    notes: tuple[str, ...] = ()
    if method == "auto":
        krylov = rank <= _KRYLOV_SHARE * short and short > _KRYLOV_SIDE
        loaded = any(c.is_out_of_core(i) for i in range(len(c)))
        limit = _GRAM_HEIGHT_LOADED if loaded else _GRAM_HEIGHT
        method = "gram" if c.height <= limit else "operator" if krylov else "qr"
    if method == "operator":
        return _by_operator(c, rank, options)
    passes = 1
    if method == "gram":
        found = _by_gram(c, rank)
        if found is not None:
            return _ritz(c, *found, "gram", passes)
        notes = ("sigma_k / sigma_1 is below what squaring resolves: QR took over",)
        passes += 1
    L, error = joint_triangle(c)
    result = truncated_svd(L, rank, **options)
    known = _known(result.certificate, error)
    joint = _ritz(c, np.asarray(result.U), known, "qr", passes)
    joint.notes = notes
    return joint


def _trivial(c: Collection, rank: int) -> Joint:
    """Return rank 0, or an orthonormal frame with zeros where all blocks are zero."""
    norm = float(np.sqrt(c.squares.sum()))
    norm *= 1.0 + bounds.merge_rounding(c.height * max([*c.widths, 1]), 0, 1e-16)
    zero = np.zeros(rank)
    return Joint(
        U=np.eye(c.height, rank, dtype=c.dtype),
        S=zero,
        Vh=np.eye(rank, c.width, dtype=c.dtype),
        known=Known(zero, zero, norm),
        method="none",
        passes=0,
    )


def _by_gram(c: Collection, rank: int) -> tuple[np.ndarray, Known] | None:
    """Return the leading eigenvectors of the Gram matrix, None where squaring lost them."""
    G, error = joint_gram(c)
    w, U = eigh(G, top=min(rank + 1, c.height))
    values = np.sqrt(np.maximum(w, 0.0))
    single = np.empty(0, c.dtype).real.itemsize
    if not values[rank - 1] > _GRAM_GUARD[single] * values[0]:
        return None
    lower, upper = bounds.shifted_values(values[:rank], error)
    rest = float(values[rank]) if values.size > rank else 0.0
    beyond = float(np.hypot(rest, np.sqrt(error)))
    return np.ascontiguousarray(U[:, :rank]), Known(lower, upper, beyond)


def _known(certificate: SVDCertificate | None, error: float) -> Known:
    """Return what a certificate of L says about M, for singular values within `error`."""
    assert certificate is not None
    assert certificate.residuals is not None
    assert certificate.complement_norm is not None
    assert certificate.sigma_lower is not None
    assert certificate.sigma_upper is not None
    # ||(I - U U^H) L|| from ||L (I - V V^H)||: what V holds, U misses by the residuals.
    residual = float(np.linalg.norm(np.asarray(certificate.residuals.value, np.float64)))
    prob = max(certificate.complement_norm.failure_prob, certificate.sigma_upper.failure_prob)
    return Known(
        np.maximum(np.asarray(certificate.sigma_lower.value, np.float64) - error, 0.0),
        np.asarray(certificate.sigma_upper.value, np.float64) + error,
        float(certificate.complement_norm) + residual + error,
        prob,
    )


def _by_operator(c: Collection, rank: int, options: dict[str, Any]) -> Joint:
    op = ConcatenatedOperator(c)
    result = truncated_svd(op, rank, **options)
    rounding = bounds.merge_rounding(max(op.shape), 0, c.eps) * float(np.sqrt(c.squares.sum()))
    joint = _ritz(c, np.asarray(result.U), _known(result.certificate, rounding), "operator", 0)
    info = result.info
    assert info is not None
    return dataclasses.replace(
        joint,
        method=f"operator, {info.method}",
        passes=joint.passes + op.reads,
        products=info.products,
        converged=info.converged,
        iterations=info.iterations,
        notes=info.notes,
    )


def _ritz(c: Collection, U: np.ndarray, known: Known, method: str, passes: int) -> Joint:
    """Return the best factors with the left subspace of U, from one more reading."""
    wide = np.dtype(np.complex128 if c.dtype.kind == "c" else np.float64)
    U = U.astype(wide, copy=False)
    B = np.empty((U.shape[1], c.width), wide)
    for j, P in panels(c, "right factors", dtype=wide):
        B[:, j : j + P.shape[1]] = U.conj().T @ P
    Q, R = cholesky_qr2(np.asfortranarray(B.conj().T))
    W, S, Zh = svd(R.conj().T)  # B = R^H Q^H
    return Joint(U @ W, S, Zh @ Q.conj().T, known, method, passes + 1)


def _fix_signs(U: np.ndarray, Vh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make the largest entry of each column of U real and positive, the same turn in Vh."""
    if U.size == 0:
        return U, Vh
    pivots = U[np.argmax(np.abs(U), axis=0), range(U.shape[1])]
    sizes = np.abs(pivots)
    phase = np.where(sizes > 0, pivots / np.where(sizes > 0, sizes, 1), 1).astype(U.dtype)
    return U * phase.conj(), phase[:, None] * Vh
