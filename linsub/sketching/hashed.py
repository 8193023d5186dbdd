"""Sparse embeddings: each row goes to a few outputs that a hash of its number names."""

from __future__ import annotations

import functools
import hashlib
import itertools
from typing import Any, NamedTuple, TypeVar

import numpy as np

from linsub._core import scalars, threads
from linsub._core.arrays import locked
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.sketching import bounds, moments
from linsub.sketching.hash_values import as_hashes, as_sign_matrix
from linsub.sketching.inputs import is_sparse
from linsub.sketching.operator import Sketch

__all__ = ["OSNAP", "CountSketch", "SparseSign"]

# Entries of a table that is made at a time, and the rows that are put in C order at a time, which
# is fastest from 512 to 2048 of them.
_ENTRIES, _COPIED = 1 << 14, 1024

# Outputs are numbered in 32 bits.
_MOST = 2**31 - 1

HashedT = TypeVar("HashedT", bound="_Hashed")


class _Table(NamedTuple):
    """The targets and signs of row i of a panel, at ``ptr[i] .. ptr[i + 1] - 1``."""

    ptr: np.ndarray
    targets: np.ndarray
    signs: np.ndarray

    def rows(self, first: int, stop: int) -> _Table:
        low, high = self.ptr[first], self.ptr[stop]
        ptr = self.ptr[first : stop + 1] - low
        return _Table(ptr, self.targets[low:high], self.signs[low:high])


class _Hashed(Sketch):
    """A sketch whose columns are sparse and made by hashes, or given as a table."""

    _given: _Table | None = None  # the hashes of every row, where they are not computed
    _one_each = False  # whether every column has exactly one entry
    _digest: bytes | None = None  # of them: such operators are told apart by it

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        m = scalars.as_integer(m, name="m", low=1, high=_MOST)
        super().__init__(n, m, rng=rng)
        self._keys = self._streams.generator("sketch").integers(0, 1 << 64, 2, np.uint64)

    def _entries(self) -> float:
        """Return how many entries a column has, on average."""
        raise NotImplementedError

    def _hashes(self, first: int, stop: int) -> _Table:
        """Return the table of the rows ``first : stop``, computed."""
        raise NotImplementedError

    def _panel_rows(self) -> int:
        return max(_COPIED, int(_ENTRIES / max(1.0, self._entries())))

    def _table(self, first: int, stop: int) -> _Table:
        given = self._given
        return self._hashes(first, stop) if given is None else given.rows(first, stop)

    def _give(self: HashedT, table: _Table) -> HashedT:
        self._given = table
        content = b"".join(x.tobytes() for x in table)
        self._digest = hashlib.sha256(content).digest()
        return self

    def _identity(self) -> tuple[Any, ...]:
        if self._digest is None:
            return super()._identity()
        return type(self), self._n, self._m, self._digest

    def _add(self, A: Any, first: int, out: np.ndarray, n_threads: int) -> None:
        if is_sparse(A):
            add = self._add_csr if A.format == "csr" else self._add_csc
        else:
            add = self._add_rows
        # Each thread has outputs of its own, and adds to them in the order of the rows.
        cuts = [self._m * k // n_threads for k in range(n_threads + 1)]
        tasks = [
            functools.partial(add, A, first, out[low:high], low)
            for low, high in itertools.pairwise(cuts)
            if low < high
        ]
        threads.run_parts(tasks, n_threads)

    def _for_outputs(self, first: int, stop: int, low: int, count: int) -> _Table:
        """Return what of the table goes to the outputs from `low` on, numbered from there."""
        table = self._table(first, stop)
        if count == self._m:
            return table
        from linsub.sketching._kernels.hashing import select

        return _Table(*select(*table, low, low + count))

    # Each adds to the outputs from `low` on, which are the rows of `out`.
    def _add_rows(self, A: np.ndarray, first: int, out: np.ndarray, low: int) -> None:
        from linsub.sketching._kernels.scatter import add_rows, add_single

        flat = out.view(np.float64)
        step = self._panel_rows() if A.flags.c_contiguous else _COPIED
        for i in range(0, A.shape[0], step):
            rows = A[i : i + step]
            table = self._for_outputs(first + i, first + i + rows.shape[0], low, out.shape[0])
            panel = locked(np.ascontiguousarray(rows).view(rows.real.dtype))
            if self._one_each and table.targets.size == rows.shape[0]:
                add_single(panel, table.targets, table.signs, flat)
            else:
                add_rows(panel, *table, flat)

    def _add_csr(self, A: Any, first: int, out: np.ndarray, low: int) -> None:
        from linsub.sketching._kernels.scatter import add_csr

        for data, view in _real_parts(A.data, out):
            sums = np.ascontiguousarray(view)
            step = self._panel_rows()
            for i in range(0, A.shape[0], step):
                stop = min(A.shape[0], i + step)
                table = self._for_outputs(first + i, first + stop, low, out.shape[0])
                add_csr(locked(data), A.indices, A.indptr[i:], *table, sums)
            if sums is not view:
                view[...] = sums

    def _add_csc(self, A: Any, first: int, out: np.ndarray, low: int) -> None:
        from linsub.sketching._kernels.scatter import add_csc

        table = self._for_outputs(first, first + A.shape[0], low, out.shape[0])
        for data, view in _real_parts(A.data, out):
            sums = np.ascontiguousarray(view.T)
            add_csc(locked(data), A.indices, A.indptr, *table, sums)
            view[...] = sums.T

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        from linsub.sketching._kernels.scatter import take_rows

        out = np.empty((stop - first, Y.shape[1]), Y.dtype)
        if Y.shape[1]:
            flat = locked(Y.view(np.float64))
            step = self._panel_rows()
            for i in range(first, stop, step):
                j = min(stop, i + step)
                take_rows(flat, *self._table(i, j), out[i - first : j - first].view(np.float64))
        return out


class OSNAP(_Hashed):
    r"""A sparse embedding with `sparsity` entries of +-1/sqrt(sparsity) in each column.

    The m outputs are cut into s blocks whose sizes differ by 1 at most, and each row has one
    output in every block: :math:`S_{tj} = \sigma_k(j) / \sqrt s` for :math:`t = h_k(j)`,
    k = 1 .. s.

    Parameters
    ----------
    n : int
        Rows of what is sketched; 0 too.
    m : int
        The embedding dimension, at least 1.
    sparsity : int, optional
        Entries of a column; m where that is less.
    rng : None, int, Generator, ..., optional
        As for :func:`numpy.random.default_rng`. The same seed gives the same operator, at any
        split of the rows and any number of threads.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    CountSketch : one entry a column: faster, and coarser on rows of high leverage.

    Notes
    -----
    *Algorithm.* Nelson and Nguyen (2013), the variant with blocks. The hashes of row j are
    splitmix64 of two keys and j, computed when row j comes; no part of S is stored. *Cost.*
    s n d additions for dense A, s nnz for sparse A, one reading. *Accuracy.* Claims
    ``sketching-hashed-moments``, ``sketching-linear``, ``sketching-hashed-embedding``. Its
    second moments do not depend on s; its tails do.

    References
    ----------
    Nelson and Nguyen, FOCS (2013); Clarkson and Woodruff, STOC (2013).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import OSNAP
    >>> S = OSNAP(1000, 80, rng=0)
    >>> A = np.random.default_rng(0).standard_normal((1000, 5))
    >>> SA = S @ A
    >>> SA.shape
    (80, 5)
    >>> np.array_equal(SA, S.part(0, 400) @ A[:400] + S.part(400, 1000) @ A[400:])
    False
    >>> np.allclose(SA, S.part(0, 400) @ A[:400] + S.part(400, 1000) @ A[400:])
    True
    """

    def __init__(self, n: int, m: int, *, sparsity: int = 8, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, rng=rng)
        self.sparsity = min(scalars.as_integer(sparsity, name="sparsity", low=1), self._m)
        self._one_each = self.sparsity == 1
        sizes = [self._m * k // self.sparsity for k in range(self.sparsity + 1)]
        self._starts = np.array(sizes, dtype=np.int64)

    @classmethod
    def from_hashes(cls: type[HashedT], targets: Any, signs: Any, m: int) -> HashedT:
        """Return the sketch of given hashes, of one's own or of another program.

        Parameters
        ----------
        targets : array_like of int, (n, s)
            The outputs of each row, one in each of the s blocks; block k begins at
            ``m * k // s``.
        signs : array_like of int, (n, s)
            1 or -1.
        m : int
            The embedding dimension, at least s.
        """
        m = scalars.as_integer(m, name="m", low=1)
        where, sign, starts = as_hashes(targets, signs, m)
        n, count = where.shape
        new: Any = OSNAP.__new__(cls)
        OSNAP.__init__(new, n, m, sparsity=count, rng=Streams.replay(0))
        if cls is CountSketch and count != 1:
            raise InvalidInputError(f"targets must have shape (n, 1), got {where.shape}")
        assert np.array_equal(new._starts, starts)
        given: HashedT = new._give(_Table(_even(n, count), where.ravel(), sign.ravel()))
        return given

    def _entries(self) -> float:
        return self.sparsity

    def _scale(self) -> float:
        return float(1.0 / np.sqrt(self.sparsity))

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.sparsity)

    def _hashes(self, first: int, stop: int) -> _Table:
        from linsub.sketching._kernels.hashing import hash_blocks

        size = (stop - first, self.sparsity)
        targets, signs = np.empty(size, np.int32), np.empty(size, np.int8)
        hash_blocks(self._keys[0], self._keys[1], first, self._starts, targets, signs)
        return _Table(_even(*size), targets.ravel(), signs.ravel())

    def _variance(self, X: Any, Y: Any) -> float:
        F, T, pairs = moments.sums(X, Y)
        return bounds.hashed_variance(F, T, pairs, bounds.collision_rate(self._m, self.sparsity))


class CountSketch(OSNAP):
    """The embedding with one entry of +-1 in each column: the fastest, and the coarsest.

    Parameters
    ----------
    n, m, rng
        As for :class:`OSNAP`.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Clarkson and Woodruff (2013), with hashes as in :class:`OSNAP`. *Cost.* One
    addition an entry of A. *Accuracy.* Claims ``sketching-hashed-moments`` and
    ``sketching-hashed-embedding``: with m of the order of d^2 it embeds any subspace of
    dimension d, and with fewer outputs two rows of high leverage may meet.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import CountSketch
    >>> S = CountSketch(1000, 80, rng=0)
    >>> np.abs(S.toarray()).sum(axis=0).max().item()
    1.0
    >>> round(S.amm_variance(np.eye(1000)[:, :3]), 12)
    0.075
    """

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, sparsity=1, rng=rng)


class SparseSign(_Hashed):
    r"""Independent entries: +-1/sqrt(q m) with probability q, and 0 otherwise.

    Parameters
    ----------
    n, m, rng
        As for :class:`OSNAP`.
    density : float, optional
        q in (0, 1]; by default 8 / m, or 1 where m < 8.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* The gaps between the entries of a column are geometric, from the hashes of
    its number as in :class:`OSNAP`. *Cost.* q m additions an entry of A, on average.
    *Accuracy.* Claim ``sketching-sign-moments``. Some columns may be zero; OSNAP has none such
    and a smaller variance.

    References
    ----------
    Achlioptas, J. Comput. Syst. Sci. 66 (2003); Li, Hastie and Church, KDD (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import SparseSign
    >>> S = SparseSign(1000, 80, rng=0)
    >>> round(np.count_nonzero(S.toarray()) / 1000)
    8
    """

    _sees_all = False

    def __init__(
        self, n: int, m: int, *, density: float | None = None, rng: RNGLike | Streams = None
    ) -> None:
        super().__init__(n, m, rng=rng)
        if density is None:
            density = min(1.0, 8.0 / self._m)
        self.density = scalars.as_real(
            density, name="density", low=0.0, high=1.0, include=(False, True)
        )

    @classmethod
    def from_signs(cls, signs: Any, density: float) -> SparseSign:
        """Return the sketch of given signs, (m, n): 1, -1 and 0."""
        matrix = as_sign_matrix(signs)
        new = cls(matrix.shape[1], matrix.shape[0], density=density, rng=Streams.replay(0))
        rows, where = np.nonzero(matrix.T)
        ptr = np.searchsorted(rows, np.arange(matrix.shape[1] + 1)).astype(np.int64)
        return new._give(_Table(ptr, where.astype(np.int32), matrix.T[rows, where]))

    def _entries(self) -> float:
        return self.density * self._m

    def _scale(self) -> float:
        return float(1.0 / np.sqrt(self.density * self._m))

    def _identity(self) -> tuple[Any, ...]:
        return (*super()._identity(), self.density)

    def _hashes(self, first: int, stop: int) -> _Table:
        from linsub.sketching._kernels.hashing import hash_signs

        b, mean = stop - first, self._entries()
        room = int(b * mean + 8.0 * np.sqrt(b * mean + 1.0)) + self._m
        while True:
            ptr = np.zeros(b + 1, np.int64)
            targets, signs = np.empty(room, np.int32), np.empty(room, np.int8)
            keys, at = self._keys, (first, self._m, self.density, ptr, targets, signs)
            if hash_signs(keys[0], keys[1], *at) == b:
                return _Table(ptr, targets[: ptr[-1]], signs[: ptr[-1]])
            room *= 2

    def _variance(self, X: Any, Y: Any) -> float:
        return bounds.sign_variance(*moments.sums(X, Y), self.density, self._m)


def _even(rows: int, count: int) -> np.ndarray:
    return np.arange(0, (rows + 1) * count, count, dtype=np.int64)


def _real_parts(data: np.ndarray, out: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return real data beside the part of the output that it is added to."""
    if data.dtype.kind != "c":
        return [(data, out)]
    return [
        (np.ascontiguousarray(data.real), out.real),
        (np.ascontiguousarray(data.imag), out.imag),
    ]
