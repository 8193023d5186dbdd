"""Hierarchical approximate POD: a tree of truncations with one tolerance for the whole."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.operators import Operator, view
from linsub._core.parallel import tree_reduce
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound
from linsub.svd import bounds
from linsub.svd.growing_factor import GrowingFactor
from linsub.svd.incremental import IncrementalSVD, columns_of
from linsub.svd.incremental_core import Ledger, Policy, Rule
from linsub.svd.incremental_state import State, absorbed, adopt
from linsub.svd.result import SVDResult

__all__ = ["hapod"]


def hapod(
    blocks: Sequence[Any],
    error: float,
    *,
    omega: float = 0.75,
    tree: Literal["chain", "binary"] = "chain",
    keep_right: bool = False,
) -> SVDResult:
    """Modes of a sequence of snapshot blocks, for a given mean error.

    Returns U such that ``sqrt(sum_j ||a_j - U U^H a_j||^2 / n) <= error`` over the n columns
    a_j of all blocks.

    Parameters
    ----------
    blocks : sequence of array_like or sparse (m, n_i)
        Blocks of columns. They are read one by one.
    error : float
        Mean l2 error in the unit of the snapshots, at least 0.
    omega : float, optional
        In (0, 1): how much of the error is left to the last truncation. Near 1 there are
        hardly more modes than a POD of all snapshots has; smaller values keep the
        intermediate ranks small.
    tree : {"chain", "binary"}, optional
        Each block merged into what came before, or neighbours merged pairwise.
    keep_right : bool, optional
        Whether Vh is kept; None in the result otherwise.

    Returns
    -------
    SVDResult
        U holds the modes; ``info.details["mean_error"]`` bounds the mean error reached.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Himpe, Leibner and Rave (2018): each node discards singular values up to its
    local tolerance (:func:`bounds.hapod_tolerance`), in l2. *Cost.* That of
    :class:`IncrementalSVD`. *Accuracy.* The mean error is at most `error`, and there are at
    most as many modes as a POD of all snapshots has at the tolerance ``omega error``, both up
    to rounding (claim ``svd-hapod``).

    References
    ----------
    Himpe, Leibner and Rave, SIAM J. Sci. Comput. 40 (2018), arXiv 1607.05210.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import hapod
    >>> blocks = [np.outer(np.ones(5), np.arange(4.0) + i) for i in range(3)]
    >>> hapod(blocks, 1e-6).U.shape
    (5, 1)
    """
    error = scalars.as_real(error, name="error", low=0.0)
    omega = scalars.as_real(omega, name="omega", low=0.0, high=1.0, include=(False, False))
    tree_kind = scalars.as_choice(tree, name="tree", choices=("chain", "binary"))
    keep_right = scalars.as_flag(keep_right, name="keep_right")
    views = _views(blocks)
    total = sum(op.shape[1] for op in views)
    dtype = np.result_type(np.float32, *(op.dtype for op in views))
    wide = np.dtype(np.complex128 if dtype.kind == "c" else np.float64)
    count = len(views)
    depth = max(2, count if tree_kind == "chain" else 1 + (count - 1).bit_length())

    def policy(columns: int, before: float, scale: float) -> Policy:
        root = columns == total
        tol = bounds.hapod_tolerance(error, omega, columns, total, depth, root=root)
        return functools.partial(_within, tol * scale, before)

    empty = State(np.zeros((views[0].shape[0], 0), wide))
    if keep_right:
        empty.grown = GrowingFactor.start(np.zeros((0, 0), wide))

    def leaf(state: State, op: Operator) -> State:
        scale = _unit(op.scale if op.frobenius() else 0.0, state.scale)
        ratio = scale / state.scale if state.scale else 1.0
        local = policy(state.width + op.shape[1], state.ledger.squares * ratio * ratio, scale)
        return absorbed(state, columns_of(op, 1), op.scale, local)

    def join(first: State, second: State) -> State:
        scale = _unit(first.scale, second.scale)
        spent = sum(
            one.ledger.squares * (scale / (one.scale or scale)) ** 2 for one in (first, second)
        )
        merged = first.copy()
        adopt(merged, second, policy(first.width + second.width, spent, scale))
        return merged

    if tree_kind == "chain":
        state = functools.reduce(leaf, views, empty)
    else:
        state = tree_reduce(views, functools.partial(leaf, empty), join)
    stream = IncrementalSVD(keep_right=keep_right)
    stream._state, stream._dtype, stream._home = state, dtype, views[0].home
    stream.n_updates = count
    result = stream.result()
    assert result.certificate is not None
    assert result.info is not None
    reached = float(np.asarray(result.certificate.frobenius_error)) / np.sqrt(max(1, total))
    result.info.details["mean_error"] = Bound(
        reached, "bound", "sqrt(sum_j ||a_j - U U^H a_j||^2 / n)", origin="carried"
    )
    return result


def _unit(*scales: float) -> float:
    """Return the smallest scale; what is zero has none."""
    return min((scale for scale in scales if scale), default=1.0)


def _within(tol: float, before: float, ledger: Ledger, appended: float) -> Rule:
    """Return the rule that discards up to `tol` in one node, whatever its parts."""

    def count(squares: np.ndarray, total: float, floor: float) -> int:
        allowed = tol * tol - max(ledger.squares - before, 0.0)
        tails = np.cumsum(squares[::-1])[::-1] + max(total - float(squares.sum()), 0.0)
        return int(np.count_nonzero(tails + floor > allowed))

    return Rule(count)


def _views(blocks: Any) -> list[Operator]:
    arrays.refuse(blocks, "blocks")
    if not isinstance(blocks, Sequence) or isinstance(blocks, str | bytes):
        raise InvalidTypeError(
            f"blocks must be a sequence of matrices, got {type(blocks).__name__}; the tolerances "
            "of the tree depend on their number"
        )
    if not blocks:
        raise InvalidInputError("blocks is empty: pass at least one matrix")
    views = [view(block, name=f"blocks[{i}]") for i, block in enumerate(blocks)]
    for i, op in enumerate(views):
        if op.kind not in ("dense", "sparse"):
            raise InvalidTypeError(
                f"blocks[{i}] must be an array or sparse: its entries are needed; give dask's "
                "blocks one by one, and for a LinearOperator blocks[i] @ np.eye(n)"
            )
        if op.shape[0] != views[0].shape[0]:
            raise InvalidInputError(
                f"blocks[{i}] has {op.shape[0]} rows and blocks[0] has {views[0].shape[0]}; all "
                "blocks are columns of one matrix"
            )
    return views
