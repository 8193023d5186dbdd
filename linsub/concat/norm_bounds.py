"""Upper bounds on the joint error from norms, and from what each block adds."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.dense.qr import orthonormalize
from linsub._core.dense.svd import svd
from linsub.concat import bounds
from linsub.concat.collection import Collection, collect
from linsub.concat.panels import panel_width, panels
from linsub.results import Bound

__all__ = ["concat_residual_bound", "concat_weyl_bound", "squares_rounding"]

OF = "E_r([A_1 ... A_N])"

# Multiples of eps ||panel||_F below which a remainder has no direction.
_NOISE = 100.0


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
    """Bound the relative error of a joint truncation from what each block adds to the last.

    With Q a basis of the r strongest directions so far and ``R_j = (I - Q Q^H) A_j``, the r
    largest of all singular values of ``A_1, R_2, ..., R_N`` hold no more energy than the r
    largest of M. The sums are ordered, the single values are not; no bound on single values
    is offered.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i)
        As in :func:`concatenated_svd`. The bound depends on their order.
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
    *Algorithm.* The published bound keeps a basis of everything seen. Only the directions
    that may be among the r largest need to be kept: the others are never tested against, and
    what they would have removed from later blocks counts. The bound is never larger than
    with the whole basis, at bounded memory. Narrow blocks are taken together.
    *Cost.* Two readings, one for the scale; O(m r + m w) numbers and O(m w (r + w)) flops for
    w columns.
    *Accuracy.* It ignores what lies in the span of Q, so that blocks which share a subspace
    gain little (claim ``concat-residual``); :func:`concat_svd_bounds` sees that part too.

    References
    ----------
    Shamrai, arXiv 2601.11626.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import concat_residual_bound
    >>> e1, e2 = np.eye(3)[:, :1], np.eye(3)[:, 1:2]
    >>> round(float(concat_residual_bound([3 * e1, e1 + e2], 1)) ** 2, 6)
    0.181818
    """
    c = collect(blocks, check_finite=check_finite)
    rank = scalars.as_integer(rank, name="rank", low=0)
    value = _residual_bound(c, min(rank, c.height, c.width))
    return Bound(value, "bound", OF)


def _residual_bound(c: Collection, rank: int) -> float:
    wide = np.dtype(np.complex128 if c.dtype.kind == "c" else np.float64)
    eps = float(np.finfo(float).eps)
    Q = np.zeros((c.height, 0), wide)
    kept = np.zeros(0)
    rest, steps = 0.0, 0
    width = panel_width(c.height, rank)
    for _, P in panels(c, "residual bound", width=width, whole=True, dtype=wide):
        steps += 1
        R = P - Q @ (Q.conj().T @ P)
        U, S, _ = svd(R - Q @ (Q.conj().T @ R))
        # Below this a direction is rounding of the projection, and its vector is not
        # orthogonal to Q: it counts as lost.
        floor = _NOISE * eps * norms.frobenius(P)
        new = min(rank, int(np.count_nonzero(floor < S)))
        Z = orthonormalize(np.asfortranarray(U[:, :new]), Q).Q
        W = Z.conj().T @ P
        rest += norms.frobenius(P - Z @ W) ** 2
        found = np.concatenate([kept, np.sqrt(np.square(np.abs(W)).sum(axis=1))])
        order = np.argsort(-found, kind="stable")
        rest += float(np.square(found[order[rank:]]).sum())
        kept = found[order[:rank]]
        Q = np.concatenate([Q, Z], axis=1)[:, order[:rank]]
    rounding = bounds.merge_rounding(c.height, steps, eps)
    return bounds.residual_error(kept, rest, rank, rounding=rounding)
