"""Upper bounds on the joint error from norms, and from the spectra of the blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense.svd import singular_values
from linsub.concat import bounds
from linsub.concat.collection import Collection, collect
from linsub.concat.panels import panel_width, panels
from linsub.results import Bound

__all__ = ["concat_residual_bound", "concat_weyl_bound", "squares_rounding"]

OF = "E_r([A_1 ... A_N])"


def squares_rounding(c: Collection) -> float:
    """Relative error of the ||A_i||_F^2 of a collection, which are summed in double precision."""
    longest = c.height * max(c.widths, default=0)
    return (longest + 2.0) * float(np.finfo(float).eps)


def concat_weyl_bound(blocks: Any, rank: int, *, check_finite: bool = True) -> Bound:
    """Bound the relative error of a joint truncation from the norms of the blocks alone.

    ``E_r(M) = (sum_{i>r} sigma_i(M)^2)^(1/2) / ||M||_F`` for ``M = [A_1 ... A_N]``.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i)
        Arrays, memory maps, sparse matrices, or callables that return one; see
        :func:`concatenated_svd`.
    rank : int
        r, not negative.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    Bound
        A number in [0, 1]; 0 for a collection of zeros.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Appended columns lower no singular value, so the energy of the r best columns
    is captured; of a block of which c of w columns have room, c/w of the energy counts.
    The published bound counts a block wider than the rank in full, which is wrong. *Cost.* One
    reading, 2 m n flops. *Accuracy.* Loose: nothing is gained from blocks that share a
    subspace (claim ``concat-weyl``).

    References
    ----------
    Shamrai, arXiv 2601.11626.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import concat_weyl_bound
    >>> A = np.eye(4)
    >>> round(float(concat_weyl_bound([3 * A[:, :2], A[:, 2:]], 2)), 6)
    0.316228
    """
    c = collect(blocks, check_finite=check_finite)
    rank = scalars.as_integer(rank, name="rank", low=0)
    value = bounds.weyl_error(c.squares, c.widths, c.height, rank, rounding=squares_rounding(c))
    return Bound(value, "bound", OF)


def concat_residual_bound(blocks: Any, rank: int, *, check_finite: bool = True) -> Bound:
    """Bound the relative error of a joint truncation from the spectra of the single blocks.

    The r largest of all singular values of ``A_1, ..., A_N`` hold no more energy than the r
    largest of ``M = [A_1 ... A_N]``: ``sum_{i<=r} sigma_i(M)^2 >= sum_{i<=r} T_i^2``. The sums
    are ordered, the single values are not; no bound on single values is offered.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i)
        As in :func:`concatenated_svd`.
    rank : int
        r, not negative.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    Bound
        A number in [0, 1]; 0 for a collection of zeros.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The published bound takes the values of the residuals
    ``R_j = (I - Q Q^H) A_j``, Q a basis of the blocks before. The projection is not needed: a
    frame of right singular vectors of the blocks is orthonormal whatever they share, and as
    ``sigma_i(R_j) <= sigma_i(A_j)`` the bound without it is never larger. Narrow blocks are
    taken together, which lowers it further. *Cost.* Two readings, one for the scale;
    O(m w^2) flops and O(m w) numbers for a panel of w columns, and no basis.
    *Accuracy.* Exact for blocks with orthogonal column spaces; blocks that share a subspace
    gain little (claim ``concat-residual``), and :func:`concat_svd_bounds` sees that part too.

    References
    ----------
    Shamrai, arXiv 2601.11626.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import concat_residual_bound
    >>> A = np.eye(4)
    >>> round(float(concat_residual_bound([3 * A[:, :2], A[:, 2:]], 2)), 6)
    0.316228
    """
    c = collect(blocks, check_finite=check_finite)
    rank = scalars.as_integer(rank, name="rank", low=0)
    kept, rest = np.zeros(0), 0.0
    width = panel_width(c.height, rank)
    wide = np.dtype(np.complex128 if c.dtype.kind == "c" else np.float64)
    for _, P in panels(c, "residual bound", width=width, whole=True, dtype=wide):
        found = np.sort(np.concatenate([kept, singular_values(P)]))[::-1]
        kept = found[:rank]
        rest += float(np.square(found[rank:][::-1]).sum())
    rounding = bounds.merge_rounding(c.height, 0, float(np.finfo(float).eps))
    return Bound(bounds.residual_error(kept, rest, rank, rounding=rounding), "bound", OF)
