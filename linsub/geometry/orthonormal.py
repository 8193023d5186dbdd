"""An orthonormal basis of the range of a matrix, by four methods with one rank decision."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub._core.dense.cholesky import two_rounds
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub.geometry.basis import (
    Basis,
    as_rtol,
    decided,
    from_triangle,
    in_double,
    like,
    scaled_columns,
)
from linsub.geometry.bounds.orthonormal import orthogonality_rounding
from linsub.results import Bound, Certificate, Info, Record

__all__ = [
    "OrthResult",
    "OrthogonalityCertificate",
    "OrthonormalityDefect",
    "measured_orthogonality",
    "orth",
    "orthonormality_defect",
]

_METHODS = ("auto", "qr", "cholqr2", "tsqr", "svd")

# Where CholeskyQR2 begins to pay: twice as tall as wide (1024 x 256: 14 ms beside 20 for QR;
# 512 x 512: 33 beside 27), and more columns than a few (100 000 x 8: no gain).
_TALL = 2
_FEW = 8

# Rows of a block of TSQR: 4 columns' worth, so that the triangles are small beside it, and
# enough that LAPACK runs at its speed (20 000 x 32: 38, 25 and 19 ms with 128, 512 and 2048).
_BLOCK_PER_COLUMN = 4
_BLOCK_LEAST = 2048


@dataclasses.dataclass(frozen=True, eq=False)
class OrthogonalityCertificate(Certificate):
    """What is known about a basis.

    Attributes
    ----------
    orthogonality : Bound
        ``||Q^H Q - I||_F`` of the basis as it was handed back, measured, with the rounding of
        the measurement.
    """

    orthogonality: Bound | None = None


class OrthResult(Record):
    """An orthonormal basis and the rank; unpacks as ``Q, rank``.

    Attributes
    ----------
    Q : array of shape (n, rank)
    rank : int
    certificate : OrthogonalityCertificate
    """

    _fields = ("Q", "rank")
    Q: Any
    rank: int
    certificate: OrthogonalityCertificate | None
    info: Info | None


class OrthonormalityDefect(Record):
    """How far columns are from orthonormal; unpacks as ``fro, two``.

    Attributes
    ----------
    fro, two : float
        ``||Q^H Q - I||`` in the Frobenius and in the spectral norm.
    """

    _fields = ("fro", "two")
    fro: float
    two: float
    certificate: None
    info: None


def orth(
    A: Any,
    *,
    rtol: float | None = None,
    method: Literal["auto", "qr", "cholqr2", "tsqr", "svd"] = "auto",
) -> OrthResult:
    """Orthonormal basis of the range of a matrix, with the decision about its rank.

    Finds Q with ``Q^H Q = I`` and ``range(Q) = range(A)`` up to `rtol`.

    Parameters
    ----------
    A : array_like of shape (n, p)
        Never modified. Columns are first brought to norms in [0.7, 1.42) by powers of two:
        no column counts less for being small, and A and A times a diagonal of powers of two
        have the same basis. Zero columns count for nothing.
    rtol : float, optional
        In [0, 1). Singular values of the scaled columns up to rtol times the largest count
        as zero. By default max(n, p) eps of the dtype of A, and at most sqrt(eps).
    method : {"auto", "qr", "cholqr2", "tsqr", "svd"}, optional
        How the triangle is found: Householder's QR; CholeskyQR2, with Householder's QR where
        it would lose accuracy; QR by blocks of rows and of their stacked triangles; or no
        triangle but the SVD itself. "auto" takes CholeskyQR2 for tall matrices and
        Householder's QR for others.

    Returns
    -------
    OrthResult
        ``Q, rank`` in the array type and precision of `A`. ``info.details`` has `sigma_min`,
        the smallest singular value that was kept, and `sigma_dropped`, the largest that was
        not, both relative to the largest one (0 where there is none); their ratio `gap`,
        infinite where nothing but zeros was dropped; and `rtol`. A small gap says that the
        rank hangs on the threshold.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    OrthoBasis : A basis that grows.
    nearest_orthogonal : The orthonormal columns nearest to those of a matrix.

    Notes
    -----
    *Algorithm.* A = Q R by the chosen method, in double precision, and the SVD of R, whose
    singular values are those of A: they decide, whatever the method, so that Kahan's
    matrix, whose R has no small entry on its diagonal, is seen for what it is. Where the rank
    is p, Q is returned as it is, else times the leading singular vectors. CholeskyQR2 after
    Fukaya et al. 2014, with the second Gram matrix as a test of the first; TSQR after
    Demmel et al. 2012.

    *Cost.* 4 n p^2 flops by qr, cholqr2 and tsqr, 2 n p rank more where the rank is short;
    about 6 n p^2 by svd. A copy of A in double precision and Q.

    *Accuracy.* The rank is exact for a matrix within rounding of A (claim
    ``geometry-orth-rank``), and the certificate's defect is a bound (claim
    ``geometry-orth-defect``).

    References
    ----------
    Fukaya, Nakatsukasa, Yanagisawa and Yamamoto, "CholeskyQR2", ScalA 2014. Demmel, Grigori,
    Hoemmen and Langou, "Communication-optimal parallel and sequential QR and LU
    factorizations", SISC 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import orth
    >>> Q, rank = orth([[3.0, 2.0, 1.0], [6.0, 5.0, 4.0], [9.0, 8.0, 7.0]])
    >>> rank, Q.shape
    (2, (3, 2))
    >>> orth(np.diag([1.0, 1e-30])).rank
    2
    """
    method = scalars.as_choice(method, name="method", choices=_METHODS)  # type: ignore[assignment]
    dense = as_matrix(A)
    rtol = as_rtol(rtol, dense)
    found, used, notes = _by_method(scaled_columns(in_double(dense, copy=False)), rtol, method)
    Q = like(found.Q, dense.dtype)
    gap = found.kept / found.dropped if found.dropped else np.inf
    info = Info(
        used,
        passes=1,
        notes=notes,
        details={
            "sigma_min": found.kept,
            "sigma_dropped": found.dropped,
            "gap": gap,
            "rtol": rtol,
        },
    )
    return OrthResult(
        home(A).give_back(Q),
        found.rank,
        certificate=OrthogonalityCertificate(measured_orthogonality(Q)),
        info=info,
    )


def _by_method(A: np.ndarray, rtol: float, method: str) -> tuple[Basis, str, tuple[str, ...]]:
    n, p = A.shape
    if method == "svd":
        U, S, _ = svd(A)
        rank, kept, dropped = decided(S, rtol)
        return Basis(U[:, :rank], rank, kept, dropped, rtol), "svd", ()
    if method == "tsqr":
        return from_triangle(*_tsqr(A, max(_BLOCK_PER_COLUMN * p, _BLOCK_LEAST)), rtol), "tsqr", ()
    if method == "cholqr2" or (method == "auto" and n >= _TALL * p and p > _FEW):
        tall = two_rounds(A) if n >= p > 0 else None
        if tall is not None:
            return from_triangle(*tall, rtol), "cholqr2", ()
        note = "CholeskyQR2 would have lost accuracy: Householder's QR instead"
        return from_triangle(*qr(A), rtol), "qr", (note,)
    return from_triangle(*qr(A), rtol), "qr", ()


def _tsqr(A: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the QR factors from those of blocks of rows and of their stacked triangles."""
    n = A.shape[0]
    if n <= 2 * block or A.shape[1] == 0:
        return qr(A)
    parts = [qr(A[i : i + block]) for i in range(0, n, block)]
    inner, R = _tsqr(np.concatenate([T for _, T in parts]), block)
    Q = np.empty((n, inner.shape[1]), A.dtype)
    row = at = 0
    for W, T in parts:
        np.matmul(W, inner[at : at + T.shape[0]], out=Q[row : row + W.shape[0]])
        row, at = row + W.shape[0], at + T.shape[0]
    return Q, R


def measured_orthogonality(Q: np.ndarray) -> Bound:
    """Return ``||Q^H Q - I||_F`` of a nearly orthonormal Q, with the rounding of its measuring."""
    n, k = Q.shape
    rounding = orthogonality_rounding(n, k, float(np.finfo(np.float64).eps))
    return Bound(norms.frobenius(_off_identity(Q)) + rounding, "bound", "||Q^H Q - I||_F")


def _off_identity(Q: np.ndarray) -> np.ndarray:
    wide = in_double(Q, copy=False)
    gram = np.asarray(wide.conj().T @ wide)
    gram[range(Q.shape[1]), range(Q.shape[1])] -= 1
    return gram


def orthonormality_defect(Q: Any) -> OrthonormalityDefect:
    """Distance of the columns of a matrix from orthonormal ones, ``||Q^H Q - I||``.

    Parameters
    ----------
    Q : array_like of shape (n, k)

    Returns
    -------
    OrthonormalityDefect
        ``fro, two``: the Frobenius and the spectral norm.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The k x k Gram matrix, in double precision, never the n x n one: Q Q^H is no
    identity for k < n, however orthonormal Q. *Cost.* 2 n k^2 flops. *Accuracy.* Rounding of
    size eps k at most; where the squares of the entries overflow the answer is infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import orthonormality_defect
    >>> fro, two = orthonormality_defect([[1.0, 0.5], [0.0, 0.0], [0.0, 0.0]])
    >>> round(fro, 6), round(two, 6)
    (1.030776, 1.0)
    """
    dense = as_matrix(Q, name="Q")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        off = _off_identity(dense)
    if not np.isfinite(off).all():
        return OrthonormalityDefect(np.inf, np.inf)
    return OrthonormalityDefect(norms.frobenius(off), norms.spectral(off))
