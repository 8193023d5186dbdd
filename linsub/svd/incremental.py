"""The SVD of a matrix that grows, with the exact error of all that was left out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.operators import Operator, view
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info
from linsub.svd.engines import fix_signs
from linsub.svd.growing_factor import GrowingFactor
from linsub.svd.incremental_certificate import carried_certificate, final_rank, handing_over
from linsub.svd.incremental_core import Policy, by_error, by_rank
from linsub.svd.incremental_missing import impute
from linsub.svd.incremental_state import State, absorbed, adopt, factors, flip
from linsub.svd.result import SVDResult

__all__ = ["IncrementalSVD", "columns_of"]

# Columns that are kept beyond the rank until the result is cut: what a stream discards early
# and would need later is mostly there.
_OVERSAMPLE = 5

# Columns that are worth a merge, if they are not fewer than the carried ones.
_LEAST_WIDTH = 32


class IncrementalSVD:
    """Truncated SVD of a matrix that grows by rows or columns.

    After any number of updates :meth:`result` returns U, S, Vh of rank k with
    ``A ~ U diag(S) Vh`` for the matrix A of all blocks so far, and a certificate with the
    error ``||A - U diag(S) Vh||_F``, though A is gone.

    Parameters
    ----------
    rank : int, optional
        From 0; fewer come out where A has fewer rows, columns or directions.
    error : float, optional
        Relative Frobenius error in [0, 1) that the result may have, all truncations
        together; the rank adapts. Give `rank` or `error`; with neither, all directions that
        are not rounding are kept.
    forget : float, optional
        In (0, 1]: what A is multiplied by before each update.
    center : bool, optional
        Decompose A less the mean of its rows (``axis=0``) or columns (``axis=1``), whichever
        are appended; see :attr:`mean`. A stream with a mean grows in one direction only.
    keep_left, keep_right : bool, optional
        Whether U is kept where rows are appended, and Vh where columns are. (The other side
        does not grow and is always there.) Both are needed for a stream that changes
        direction.
    missing : {"raise", "impute"}, optional
        What nan means. ``impute`` fills it in from the subspace so far; then nothing is
        certified but orthogonality.
    dtype : dtype, optional
        Of the result: float32, float64, complex64 or complex128. Default: the widest of the
        blocks.

    Attributes
    ----------
    shape : tuple of int
        Of A so far; (0, 0) before the first block.
    mean : ndarray or None
    n_updates : int

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    merge_svd, hapod, SlidingWindowSVD
    single_pass_svd : a fixed number of rows in one pass, by sketches.

    Notes
    -----
    *Algorithm.* ``M = [U S, C]`` is cut to its leading part at every block (Zha and Simon
    1999; Brand 2006; Ross et al. 2008 for the mean), by the eigenvectors of ``M^H M``, and by
    QR where its spectrum is too graded for that. ``U S`` is carried as one matrix and never
    divided by S, so that no loss of orthogonality accumulates; U is made orthonormal in
    :meth:`result`. Five more columns than `rank` are carried. Blocks narrower than the rank
    wait for each other (unless `forget` is below 1), wide ones are cut. With `error`, half of
    the squared budget is spent along the way and the rest by :meth:`result`.
    *Cost.* For d rows and blocks of w columns, ``d (k + w)^2 + 2 d k (k + w) + O((k + w)^3)``
    flops an update; ``d (k + w)`` numbers, in float64 whatever the dtype. Sparse blocks are
    never dense as a whole. *Accuracy.* The Frobenius error is exact while the stream grows in
    one direction, and a bound after it has turned (claims ``svd-incremental-error``,
    ``svd-incremental-certificate``); singular values are enclosed
    (claim ``svd-incremental-sigma``).

    References
    ----------
    Zha and Simon, SIAM J. Sci. Comput. 21 (1999); Brand, Linear Algebra Appl. 415 (2006);
    Ross, Lim, Lin and Yang, Int. J. Comput. Vision 77 (2008).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import IncrementalSVD
    >>> A = np.outer(np.arange(1.0, 7.0), np.ones(5))
    >>> svd = IncrementalSVD(1)
    >>> for row in A:
    ...     _ = svd.update(row[None, :])
    >>> U, S, Vh = svd.result()
    >>> bool(np.allclose(U * S @ Vh, A))
    True
    """

    def __init__(
        self,
        rank: int | None = None,
        *,
        error: float | None = None,
        forget: float = 1.0,
        center: bool = False,
        keep_left: bool = True,
        keep_right: bool = False,
        missing: Literal["raise", "impute"] = "raise",
        dtype: Any = None,
    ) -> None:
        if rank is not None and error is not None:
            raise InvalidInputError("give rank or error, not both")
        self.rank = None if rank is None else scalars.as_integer(rank, name="rank", low=0)
        self.error = (
            None
            if error is None
            else scalars.as_real(error, name="error", low=0.0, high=1.0, include=(True, False))
        )
        self.forget = scalars.as_real(
            forget, name="forget", low=0.0, high=1.0, include=(False, True)
        )
        self.center = scalars.as_flag(center, name="center")
        self.keep_left = scalars.as_flag(keep_left, name="keep_left")
        self.keep_right = scalars.as_flag(keep_right, name="keep_right")
        self.missing = scalars.as_choice(missing, name="missing", choices=("raise", "impute"))
        self._fixed = dtype is not None
        self._dtype = np.dtype(np.float32)
        if dtype is not None:
            try:
                self._dtype = arrays.canonical_dtype(np.dtype(dtype), name="the result")
            except TypeError as problem:
                raise InvalidTypeError(f"dtype={dtype!r} names no dtype: {problem}") from problem
        self._state: State | None = None
        self._axis = 1
        self._waiting: tuple[np.ndarray, ...] = ()
        self._home = arrays.Home()
        self._result: SVDResult | None = None
        self.n_updates = 0

    # ------------------------------------------------------------------ growing

    def update(self, block: Any, axis: Literal[0, 1] = 0) -> IncrementalSVD:
        """Append rows (``axis=0``) or columns (``axis=1``) to A.

        Parameters
        ----------
        block : array_like or sparse, (w, n) for rows, (m, w) for columns
            Any w, 0 too. Never modified, and not referred to afterwards.
        axis : {0, 1}, optional

        Returns
        -------
        IncrementalSVD
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The state is then what it was before.
        """
        axis = scalars.as_integer(axis, name="axis", low=0, high=1)  # type: ignore[assignment]
        op, holes = self._look(block)
        self._check_shape(op.shape, axis)
        dtype = self._widened(op.dtype)
        state, waiting, home = self._state, self._waiting, self._home
        if state is None:
            state, home = self._begin(op.shape[1 - axis], axis, dtype), op.home
        elif op.shape[axis] == 0:
            return self
        elif axis != self._axis:
            state, waiting = self._turned(self._flushed(), axis), ()
        if op.shape[axis]:
            absent = holes if holes is None or axis == 1 else holes.T
            C = columns_of(op, axis)
            state, waiting = self._appended(state, waiting, C, op.scale, absent)
        self._state, self._waiting, self._axis, self._dtype = state, waiting, int(axis), dtype
        self._home, self._result = home, None
        self.n_updates += int(op.shape[axis] > 0)
        return self

    def merge(self, other: IncrementalSVD) -> IncrementalSVD:
        """Append all that another stream has seen, in one merge.

        Parameters
        ----------
        other : IncrementalSVD
            A stream of the same side and with the same `center`; it does not change.

        Returns
        -------
        IncrementalSVD
            Itself. Its error is that of a merge tree, as exact as that of a chain.

        Raises
        ------
        InvalidInputError, InvalidTypeError
        """
        if not isinstance(other, IncrementalSVD):
            raise InvalidTypeError(
                f"other must be an IncrementalSVD, got {type(other).__name__}; "
                "append a matrix with update()"
            )
        if other.center != self.center:
            raise InvalidInputError(
                f"other has center={other.center} and this stream has center={self.center}"
            )
        if self._fixed and other._dtype.kind == "c" and self._dtype.kind != "c":
            raise InvalidInputError(
                f"other is complex and dtype is {self._dtype}; pass dtype=complex"
            )
        if other._state is None:
            return self
        if self._state is None:
            state, axis = other._flushed(), other._axis
            if not self._keeps(axis):
                state.grown = None
            elif state.grown is None:
                raise InvalidInputError(_no_side(axis, "other"))
            home = other._home
        else:
            state, axis, home = self._flushed(), self._axis, self._home
            theirs = other._flushed()
            if other._axis != axis:
                theirs = other._turned(theirs, axis)
            if theirs.P.shape[0] != state.P.shape[0]:
                raise InvalidInputError(
                    f"other has shape {other.shape}, which does not fit beside {self.shape}"
                )
            if state.grown is not None and theirs.grown is None:
                raise InvalidInputError(_no_side(axis, "other"))
            adopt(state, theirs, self._policy(other._dtype), self.forget**other.n_updates)
        dtype = self._widened(other._dtype)
        self._state, self._waiting, self._axis, self._dtype = state, (), axis, dtype
        self._home, self._result = home, None
        self.n_updates += other.n_updates
        return self

    # ------------------------------------------------------------------ what is known

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of A so far."""
        if self._state is None:
            return (0, 0)
        width = self._state.width + sum(part.shape[1] for part in self._waiting)
        d = self._state.P.shape[0]
        return (d, width) if self._axis == 1 else (width, d)

    @property
    def mean(self) -> Any:
        """Mean of the rows (or columns) so far, or None without `center`."""
        if self._state is None or not self.center:
            return None
        return self._home.give_back(self._mean())

    def result(self) -> SVDResult:
        """Return the truncated SVD of all blocks so far; the stream can go on.

        Returns
        -------
        SVDResult
            U, S, Vh, its certificate, carried, and info. The side that grows is None where it
            was not kept. With `center` all of it is about A less its mean.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        known = self._known()
        assert known.info is not None
        # Copies: what the caller does to them is no business of later calls.
        parts = [None if part is None else self._home.give_back(part.copy()) for part in known]
        info = dataclasses.replace(known.info, details=dict(known.info.details))
        return SVDResult(*parts, certificate=known.certificate, info=info)

    def _known(self) -> SVDResult:
        """Return the result as NumPy arrays that nobody else holds."""
        if self._state is None:
            raise InvalidInputError("there is no block yet: call update() first")
        if self._result is None:
            self._result = self._finish(self._flushed())
        return self._result

    def project(self, X: Any) -> Any:
        """Return the coordinates of further rows or columns in the basis of the result.

        Parameters
        ----------
        X : array_like or sparse, (w, n) or (m, w)
            Rows where rows are appended, columns where columns are.

        Returns
        -------
        array, (w, k) or (k, w)
            ``(X - mean) V`` or ``U^H (X - mean)``.
        """
        result = self._known()
        op = view(X, name="X")
        if op.kind not in ("dense", "sparse"):
            raise InvalidTypeError("X must be an array or sparse; project it block by block")
        self._check_shape(op.shape, self._axis, name="X")
        shift = self._mean() if self.center else None
        if self._axis == 0:
            V = np.asarray(result.Vh).conj().T
            found = _applied(op.matmat, V, op.dtype) / op.scale
            return op.home.give_back(found if shift is None else found - shift @ V)
        U = np.asarray(result.U)
        found = np.ascontiguousarray(_applied(op.rmatmat, U, op.dtype).conj().T) / op.scale
        return op.home.give_back(found if shift is None else found - (U.conj().T @ shift)[:, None])

    def reconstruct(self, coordinates: Any = None) -> Any:
        """Return what the result stands for: A, or the rows or columns of these coordinates.

        Parameters
        ----------
        coordinates : array_like, (w, k) or (k, w), optional
            As from :meth:`project`; by default those of A, for which both sides must be kept.

        Returns
        -------
        array
            With `center` the mean is added.
        """
        U, S, Vh = self._known()
        rows = self._axis == 0
        if coordinates is None:
            if U is None or Vh is None:
                raise InvalidInputError(_no_side(self._axis, "this stream"))
            found = (np.asarray(U) * np.asarray(S)) @ np.asarray(Vh)
            give = self._home.give_back
        else:
            Y = arrays.as_matrix(coordinates, name="coordinates")
            k = len(S)
            if Y.shape[1 if rows else 0] != k:
                raise InvalidInputError(
                    f"coordinates has shape {Y.shape}; {'(w, k)' if rows else '(k, w)'} with "
                    f"k = {k} is needed"
                )
            found = Y @ np.asarray(Vh) if rows else np.asarray(U) @ Y
            give = arrays.home(coordinates).give_back
        if self.center:
            found = found + (self._mean() if rows else self._mean()[:, None])
        return give(found)

    # ------------------------------------------------------------------ saving

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the stream to a file that :meth:`load` goes on from, to the last bit."""
        from linsub.svd.incremental_file import write

        write(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> IncrementalSVD:
        """Read a stream that :meth:`save` wrote.

        Raises
        ------
        InvalidInputError
            If the file holds something else, or is damaged.
        """
        from linsub.svd.incremental_file import read

        stream: IncrementalSVD = read(path)
        return stream

    # ------------------------------------------------------------------ private

    def _look(self, block: Any) -> tuple[Operator, np.ndarray | None]:
        """Return the view on a block, and where entries are missing."""
        holes = None
        if self.missing == "impute" and not hasattr(block, "tocsc"):
            block = arrays.as_matrix(block, name="block", check_finite=False)
            holes = np.isnan(block)
            if holes.any():
                block = np.where(holes, block.dtype.type(0), block)
            else:
                holes = None
        if callable(getattr(block, "__next__", None)):
            raise InvalidTypeError(
                "block is a one-shot iterator; give its blocks one by one, each to update()"
            )
        op = view(block, name="block")
        if op.kind not in ("dense", "sparse"):
            way = (
                "pass block @ np.eye(n)" if op.kind == "operator" else "pass its blocks one by one"
            )
            raise InvalidTypeError(
                f"block is of kind {op.kind!r} and its entries are needed; {way}"
            )
        if self._fixed and op.dtype.kind == "c" and self._dtype.kind != "c":
            raise InvalidInputError(
                f"block is complex and dtype is {self._dtype}; pass dtype=complex"
            )
        return op, holes

    def _check_shape(self, shape: tuple[int, int], axis: int, name: str = "block") -> None:
        if self._state is None:
            return
        side, known = shape[1 - axis], self.shape[1 - axis]
        if side != known:
            what = "columns" if axis == 0 else "rows"
            raise InvalidInputError(
                f"{name} has {side} {what} and the matrix so far has {known} (axis={axis} appends "
                f"{'rows' if axis == 0 else 'columns'})"
            )

    def _widened(self, dtype: np.dtype) -> np.dtype:
        return self._dtype if self._fixed else np.result_type(self._dtype, dtype)

    def _keeps(self, axis: int) -> bool:
        return self.keep_left if axis == 0 else self.keep_right

    def _policy(self, dtype: np.dtype) -> Policy:
        """Return the policy for a merge with a block of this dtype."""
        if self.error is not None:
            return by_error(self.error)
        rank = None if self.rank is None else self.rank + _OVERSAMPLE
        return by_rank(rank, float(np.finfo(self._widened(dtype)).eps))

    def _begin(self, d: int, axis: int, dtype: np.dtype) -> State:
        wide = np.dtype(np.complex128 if dtype.kind == "c" else np.float64)
        grown = None
        if self._keeps(axis):
            grown = GrowingFactor.start(np.zeros((0, int(self.center)), wide))
        mean = np.zeros(d, wide) if self.center else None
        return State(np.zeros((d, 0), wide), grown, mean=mean)

    def _appended(
        self,
        state: State,
        waiting: tuple[np.ndarray, ...],
        C: Any,
        scale: float,
        holes: np.ndarray | None,
    ) -> tuple[State, tuple[np.ndarray, ...]]:
        """Return the state and the waiting columns with the columns of C / scale added."""
        if holes is not None:
            state = self._with(state, waiting)
            dtype = C.dtype
            C = impute(C / scale, holes, state)
            state = absorbed(state, C, None, self._policy(dtype), self.forget)
            state.imputed += int(np.count_nonzero(holes))
            return state, ()
        enough = max(_LEAST_WIDTH, state.P.shape[1])
        ready = C.shape[1] + sum(part.shape[1] for part in waiting) >= enough
        if ready and not waiting:
            return absorbed(state, C, scale, self._policy(C.dtype), self.forget), ()
        if self.forget < 1.0 or not isinstance(C, np.ndarray):
            state = self._with(state, waiting)
            return absorbed(state, C, scale, self._policy(C.dtype), self.forget), ()
        waiting = (*waiting, np.array(C / scale, dtype=C.dtype, order="F"))  # the user's may change
        return (self._with(state, waiting), ()) if ready else (state, waiting)

    def _with(self, state: State, waiting: tuple[np.ndarray, ...]) -> State:
        """Return the state with the waiting columns absorbed."""
        if not waiting:
            return state.copy()
        C = np.concatenate(waiting, axis=1)
        return absorbed(state, C, None, self._policy(C.dtype))

    def _flushed(self) -> State:
        assert self._state is not None
        return self._with(self._state, self._waiting)

    def _turned(self, state: State, axis: int) -> State:
        if self.center:
            raise InvalidInputError(
                "a stream with center=True grows in one direction only: the mean of its rows says "
                "nothing about its columns"
            )
        if state.grown is None:
            raise InvalidInputError(_no_side(1 - axis, "a stream that changes direction"))
        flip(state, self._keeps(axis))
        return state

    def _mean(self) -> np.ndarray:
        state = self._flushed()
        assert state.mean is not None
        mean = state.mean / (state.scale or 1.0)
        mean = mean.conj() if self._axis == 0 else mean
        return np.asarray(mean.astype(self._dtype))

    def _finish(self, state: State) -> SVDResult:
        """Cut the state to what was asked for, make it orthonormal and certify it."""
        U, S, V = factors(state)
        eps = float(np.finfo(self._dtype).eps)
        rounding = handing_over(S, state.merges, V is not None, eps)
        rank = S.size if self.rank is None else min(self.rank, S.size)
        if self.error is not None:
            rank = final_rank(state.ledger, S, self.error, rounding)
        U = U[:, :rank]
        if V is None:
            U, _ = fix_signs(U, U)
        else:
            U, V = fix_signs(U, V[:, :rank])
        left, right = (U, V) if self._axis == 1 else (V, U)
        sides = [None if Q is None else Q.astype(self._dtype) for Q in (left, right)]
        scale = state.scale or 1.0
        certificate = carried_certificate(
            state.ledger,
            S,
            rank,
            tuple(Q for Q in sides if Q is not None),
            rounding=rounding,
            scale=scale,
            imputed=state.imputed > 0,
            matrix="(A - mean)" if self.center else "A",
        )
        info = Info(
            method="incremental",
            passes=1,
            iterations=state.merges,
            notes=(f"{state.imputed} missing entries were filled in",) if state.imputed else (),
            details={"carried_rank": S.size, "updates": self.n_updates},
        )
        with np.errstate(over="ignore", under="ignore"):
            values = (S[:rank] / scale).astype(np.empty(0, self._dtype).real.dtype)
        return SVDResult(
            None if sides[0] is None else np.ascontiguousarray(sides[0]),
            values,
            None if sides[1] is None else np.ascontiguousarray(sides[1].conj().T),
            certificate=certificate,
            info=info,
        )


def _applied(product: Callable[[Any], Any], X: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return a product with a matrix of this dtype, of a complex X in two parts if it is real."""
    if X.dtype.kind == "c" and dtype.kind != "c":
        return np.asarray(product(X.real.astype(dtype)) + 1j * product(X.imag.astype(dtype)))
    return np.asarray(product(X.astype(dtype)))


def _no_side(axis: int, what: str) -> str:
    side, name = ("U", "keep_left") if axis == 0 else ("Vh", "keep_right")
    return f"{what} needs {side}, which was not kept; make it with {name}=True from the start"


def columns_of(op: Operator, axis: int) -> Any:
    """Return what is appended as columns: the block, or its adjoint where rows are appended."""
    array = op.array  # type: ignore[attr-defined]
    if axis == 0:
        array = array.conj().T if op.dtype.kind == "c" else array.T
    return array if op.kind == "dense" else array.tocsc()
