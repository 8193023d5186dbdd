"""One orthonormal basis for several subspaces together: their shared cover."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, home, refuse
from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub.errors import AccuracyWarning, InvalidInputError, InvalidTypeError
from linsub.geometry.basis import Basis, basis_of, decided, in_double, like, scaled_columns
from linsub.geometry.orthonormal import OrthogonalityCertificate, measured_orthogonality
from linsub.results import Bound, Info, Record

__all__ = ["PolarBasis", "PolarBasisCertificate", "polar_basis"]


@dataclasses.dataclass(frozen=True, eq=False)
class PolarBasisCertificate(OrthogonalityCertificate):
    """What is known about a shared cover. Unknown is None.

    Attributes
    ----------
    orthogonality : Bound
        ``||Q^H Q - I||_F``.
    distance : Bound
        ``||[Q_1 ... Q_N] - Q||_F``; None where the rank is short, and the columns of Q do
        not belong to those of the blocks.
    """

    distance: Bound | None = None


class PolarBasis(Record):
    """An orthonormal basis of the sum of subspaces; unpacks as ``Q, rank``.

    Attributes
    ----------
    Q : array of shape (n, rank)
    rank : int
        Dimension of the sum of the subspaces, numerically.
    certificate : PolarBasisCertificate
    """

    _fields = ("Q", "rank")
    Q: Any
    rank: int
    certificate: PolarBasisCertificate | None
    info: Info | None


def polar_basis(blocks: Any, tol: float | None = None) -> PolarBasis:
    """One orthonormal basis for several subspaces, as near as possible to their own bases.

    With an orthonormal basis Q_i of each block, Q is the polar factor of ``[Q_1 ... Q_N]``: of
    all orthonormal sets the nearest one (Loewdin). Where the subspaces overlap there is none
    of that many columns, and Q is an orthonormal basis of their sum.

    Parameters
    ----------
    blocks : sequence of array_like (n, k_i)
        Of any rank. Of a block whose columns are independent Q_i is the orthonormal basis that
        is nearest to them, brought to one size; orthonormal columns are their own.
    tol : float, optional
        In [0, 1). Singular values of ``[Q_1 ... Q_N]`` up to tol times the largest count as
        zero. By default max(n, sum k_i) eps of the coarsest dtype over the smallest relative
        singular value that the rank of a block rests on: no basis is known better.

    Returns
    -------
    PolarBasis
        ``Q, rank`` in the array type of the first block. ``info.details`` has `sigma_min`, the
        smallest singular value that was kept over the largest, `sigma_dropped`, `tol`,
        `ranks`, the dimensions of the subspaces, and `paired`: whether the columns of Q belong
        to those of the blocks, in order.

    Warns
    -----
    AccuracyWarning
        If the rank is short of ``sum(ranks)``: columns that an SVD would make up for the
        missing directions belong to no block, and are left out.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A basis and a rank for each block as by :func:`orth`, turned to be nearest to
    its columns, and the SVD
    ``[Q_1 ... Q_N] = U S V^H``: Q = U V^H at full rank and the leading columns of U
    otherwise. Between two blocks, ``S^2 = 1 + cos theta_i``: sigma_min says how near to
    overlapping they are. *Cost.* An SVD of an n x sum(k_i) matrix. *Accuracy.* Claims
    ``geometry-polar-basis-rank`` and ``geometry-polar-nearest``; Q moves by up to
    ``2 / sigma_min`` times what the bases do.

    References
    ----------
    Loewdin, J. Chem. Phys. 18 (1950). DC-Merge, arXiv 2603.06242, which takes the polar factor
    whatever the rank.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import polar_basis
    >>> e = np.eye(4)
    >>> Q, rank = polar_basis([e[:, :2], e[:, 2:3] + 0.1 * e[:, :1]])
    >>> rank, Q.shape
    (3, (4, 3))
    """
    given = _as_blocks(blocks)
    dense = [as_matrix(block, name=f"blocks[{i}]") for i, block in enumerate(given)]
    n = dense[0].shape[0]
    for i, block in enumerate(dense):
        if block.shape[0] != n:
            raise InvalidInputError(
                f"blocks[{i}] has shape {block.shape} and blocks[0] has {n} rows; "
                "all need the same number"
            )
    bases = [basis_of(block, name=f"blocks[{i}]") for i, block in enumerate(dense)]
    joined = np.concatenate(
        [_aligned(basis, block) for basis, block in zip(bases, dense, strict=True)], axis=1
    )
    if tol is None:
        eps = max(float(np.finfo(block.dtype).eps) for block in dense)
        sharpness = min((basis.kept for basis in bases if basis.rank), default=1.0)
        tol = min(max(joined.shape) * eps / sharpness, 0.5)
    else:
        tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    found = _cover(joined, tol)
    paired = found.rank == joined.shape[1]
    notes = () if paired else (_shortfall(found, joined.shape[1]),)
    if notes:
        warnings.warn(notes[0], AccuracyWarning, stacklevel=2)
    Q = like(found.Q, np.result_type(*(block.dtype for block in dense)))
    distance = None
    if paired:
        distance = Bound(norms.frobenius(joined - Q), "exact", "||[Q_1 ... Q_N] - Q||_F")
    details = {
        "sigma_min": found.kept,
        "sigma_dropped": found.dropped,
        "tol": tol,
        "ranks": tuple(basis.rank for basis in bases),
        "paired": paired,
    }
    return PolarBasis(
        home(given[0]).give_back(Q),
        found.rank,
        certificate=PolarBasisCertificate(measured_orthogonality(Q), distance),
        info=Info("svd", passes=1, notes=notes, details=details),
    )


def _as_blocks(blocks: Any) -> list[Any]:
    refuse(blocks, "blocks")
    if not isinstance(blocks, list | tuple):
        raise InvalidTypeError(
            f"blocks must be a list of matrices, got {type(blocks).__name__}; pass [A_1, A_2, ...]"
        )
    if not blocks:
        raise InvalidInputError("blocks is empty; give at least one matrix")
    return list(blocks)


def _aligned(basis: Basis, block: np.ndarray) -> np.ndarray:
    """Return the basis turned to be nearest to the columns of the block, if they are as many."""
    if basis.rank < block.shape[1]:
        return basis.Q
    U, _, Vh = svd(basis.Q.conj().T @ scaled_columns(in_double(block)))
    return np.asarray(basis.Q @ (U @ Vh))


def _cover(joined: np.ndarray, tol: float) -> Basis:
    U, S, Vh = svd(joined)
    rank, kept, dropped = decided(S, tol)
    full = rank == joined.shape[1]
    return Basis(U @ Vh if full else U[:, :rank], rank, kept, dropped, tol)


def _shortfall(found: Basis, columns: int) -> str:
    return (
        f"the subspaces overlap: {columns} columns span {found.rank} dimensions at "
        f"tol={found.rtol:.2g} (the first value dropped is {found.dropped:.2g} of the largest); "
        "Q spans their sum, and its columns belong to no block"
    )
