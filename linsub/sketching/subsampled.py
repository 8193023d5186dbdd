"""Embeddings by a fast transform: random signs, the transform, and a few of its rows."""

from __future__ import annotations

import functools
import hashlib
import itertools
from typing import Any, TypeVar

import numpy as np

from linsub._core import threads
from linsub._core.arrays import locked
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.sketching import bounds, moments
from linsub.sketching.hadamard import padded, transform_rows
from linsub.sketching.hash_values import as_choice_of_rows, as_signs
from linsub.sketching.inputs import is_sparse
from linsub.sketching.operator import Sketch

__all__ = ["SRCT", "SRHT"]

# Rows that are transformed in cache before only the sampled outputs are formed, and the columns
# that go through together: 256 KB. With 128 rows or 1024 it takes as long.
_ROWS = 512
_COLUMNS = 64

# Entries of a piece of A that is made dense, or transformed by SciPy, at a time.
_PIECE = 1 << 22

SampledT = TypeVar("SampledT", bound="_Sampled")


class _Sampled(Sketch):
    """sqrt(N / m) R Q D: signs D, a real orthogonal transform Q of length N, m of its rows R."""

    _digest: bytes | None = None

    def __init__(self, n: int, m: int, *, rng: RNGLike | Streams = None) -> None:
        super().__init__(n, m, rng=rng)
        self._length = self._transform_length(self._n)
        if self._m > self._length:
            raise InvalidInputError(
                f"m must be at most {self._length}, the length of the transform for n = {self._n}, "
                f"got {self._m}; with OSNAP or GaussianSketch it may exceed n"
            )
        generator = self._streams.generator("sketch")
        self._signs = (1 - 2 * generator.integers(0, 2, self._n)).astype(np.int8)
        self._sampled = np.sort(generator.choice(self._length, self._m, replace=False))

    @staticmethod
    def _transform_length(n: int) -> int:
        raise NotImplementedError

    @classmethod
    def from_choice(cls: type[SampledT], signs: Any, sampled: Any) -> SampledT:
        """Return the sketch of given signs (n,), 1 or -1, and rows (m,) of the transform."""
        sign = as_signs(signs, "signs", 1)
        rows = as_choice_of_rows(sampled, "sampled", cls._transform_length(sign.size))
        new = cls(sign.size, rows.size, rng=Streams.replay(0))
        new._signs, new._sampled = sign, rows
        new._digest = hashlib.sha256(sign.tobytes() + rows.tobytes()).digest()
        return new

    def _identity(self) -> tuple[Any, ...]:
        if self._digest is None:
            return super()._identity()
        return type(self), self._n, self._m, self._digest


class SRHT(_Sampled):
    """The subsampled randomized Hadamard transform.

    S = R H D / sqrt(m): random signs D, the Hadamard matrix H of side N, the least power of two
    that is at least n, and m of its rows R, drawn without replacement.

    Parameters
    ----------
    n, rng
        As for :class:`OSNAP`.
    m : int
        At most N.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Ailon and Chazelle (2006). Blocks of 512 rows are transformed in cache, and of
    the levels above that only the sampled outputs are formed. *Cost.* n d log2(512) + m n d / 512
    additions, one reading of A and no copy. *Accuracy.* Claims ``sketching-sampled-moments``,
    ``sketching-fast-isometry``: at m = N it is an isometry.

    References
    ----------
    Ailon and Chazelle, STOC (2006); Tropp, Adv. Adapt. Data Anal. 3 (2011).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import SRHT
    >>> A = np.random.default_rng(0).standard_normal((1000, 5))
    >>> (SRHT(1000, 80, rng=0) @ A).shape
    (80, 5)
    >>> SA = SRHT(1000, 1024, rng=0) @ A
    >>> np.allclose(SA.T @ SA, A.T @ A)
    True
    """

    @staticmethod
    def _transform_length(n: int) -> int:
        return padded(n)

    def _scale(self) -> float:
        return float(1.0 / np.sqrt(self._m))

    def _add(self, A: Any, first: int, out: np.ndarray, n_threads: int) -> None:
        if not is_sparse(A) and A.flags.c_contiguous:
            self._add_piece(A.view(A.real.dtype), first, out, n_threads)
            return
        rows: Any = A.tocsr() if is_sparse(A) else A
        step = max(1, _PIECE // (A.shape[1] * _ROWS)) * _ROWS
        begin = 0
        while begin < A.shape[0]:
            # Pieces begin where blocks of the transform do.
            stop = min(A.shape[0], begin + step - (first + begin) % _ROWS)
            piece = rows[begin:stop]
            piece = piece.toarray() if is_sparse(piece) else np.ascontiguousarray(piece)
            self._add_piece(piece.view(piece.real.dtype), first + begin, out, n_threads)
            begin = stop

    def _add_piece(self, A: np.ndarray, first: int, out: np.ndarray, n_threads: int) -> None:
        from linsub.sketching._kernels.hadamard import add_sampled

        flat, A = out.view(np.float64), locked(A)
        count = min(_ROWS, self._length)

        def run(low: int, high: int) -> None:
            sums = np.ascontiguousarray(flat[:, low:high])
            scratch = np.empty((count, high - low))
            add_sampled(A, low, self._signs, first, self._sampled, sums, scratch)
            flat[:, low:high] = sums

        # Strips by the width alone, and more of them for more threads: columns are independent.
        d = A.shape[1]
        strips = min(d, max(-(-d // (2 * _COLUMNS)), n_threads))
        cuts = [d * k // strips for k in range(strips + 1)]
        tasks = [functools.partial(run, i, j) for i, j in itertools.pairwise(cuts)]
        threads.run_parts(tasks, n_threads)

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        Z = np.zeros((self._length, Y.shape[1]), Y.dtype)
        Z[self._sampled] = Y
        transform_rows(Z)
        out: np.ndarray = Z[first:stop] * self._signs[first:stop, None]
        return out

    def _variance(self, X: Any, Y: Any) -> float:
        return bounds.sampled_variance(*moments.sums(X, Y), self._m, self._length)


class SRCT(_Sampled):
    """The subsampled randomized cosine transform: no padding, any n.

    S = sqrt(n / m) R C D: random signs D, the orthogonal DCT-II matrix C, and m of its rows R,
    drawn without replacement.

    Parameters
    ----------
    n, rng
        As for :class:`OSNAP`.
    m : int
        At most n.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Notes
    -----
    *Algorithm.* Avron, Maymounkov and Toledo (2010), with SciPy's DCT. A part of few rows is
    multiplied by the entries of C, which costs less than transforming zeros. *Cost.* O(n d log
    n). *Accuracy.* Claims ``sketching-sampled-moments``, ``sketching-fast-isometry``.

    References
    ----------
    Avron, Maymounkov and Toledo, SIAM J. Sci. Comput. 32 (2010).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sketching import SRCT
    >>> A = np.random.default_rng(0).standard_normal((1000, 5))
    >>> (SRCT(1000, 80, rng=0) @ A).shape
    (80, 5)
    """

    @staticmethod
    def _transform_length(n: int) -> int:
        return max(1, n)

    def _scale(self) -> float:
        return float(np.sqrt(self._length / self._m))

    def _add(self, A: Any, first: int, out: np.ndarray, n_threads: int) -> None:
        b, d = A.shape
        if b * self._m < self._n * 4 * np.log2(self._n + 1):
            self._add_products(A, first, out)
            return
        from scipy import fft

        columns: Any = A.tocsc() if is_sparse(A) else A
        signs = self._signs[first : first + b, None]
        width = max(1, _PIECE // self._n)
        for j in range(0, d, width):
            piece = columns[:, j : j + width]
            piece = piece.toarray() if is_sparse(piece) else piece
            X = np.zeros((self._n, piece.shape[1]), out.dtype, order="F")
            X[first : first + b] = signs * piece
            workers = min(n_threads, X.shape[1])
            Z = fft.dct(X, axis=0, norm="ortho", overwrite_x=True, workers=workers)
            out[:, j : j + width] += Z[self._sampled]

    def _entries(self, first: int, stop: int) -> np.ndarray:
        """Return (R C D)[:, first : stop]."""
        # The argument is reduced in integers: the cosines are right to the last bit.
        k, i = self._sampled[:, None].astype(np.int64), np.arange(first, stop)
        turns = (2 * i + 1) * k % (4 * self._n)
        C = np.cos(turns * (np.pi / (2 * self._n))) * np.sqrt(2.0 / self._n)
        C[self._sampled == 0] = np.sqrt(1.0 / self._n)
        entries: np.ndarray = C * self._signs[first:stop]
        return entries

    def _add_products(self, A: Any, first: int, out: np.ndarray) -> None:
        rows: Any = A.tocsr() if is_sparse(A) else A
        step = max(1, _PIECE // self._m)
        for i in range(0, A.shape[0], step):
            piece = rows[i : i + step]
            C = self._entries(first + i, first + i + piece.shape[0])
            wide = piece.astype(out.dtype)
            out += (wide.T @ C.T).T if is_sparse(wide) else C @ wide

    def _adjoint(self, Y: np.ndarray, first: int, stop: int) -> np.ndarray:
        from scipy import fft

        if self._n == 0:
            return np.zeros((0, Y.shape[1]), Y.dtype)
        Z = np.zeros((self._length, Y.shape[1]), Y.dtype)
        Z[self._sampled] = Y
        Z = fft.idct(Z, axis=0, norm="ortho", overwrite_x=True)
        out: np.ndarray = Z[first:stop] * self._signs[first:stop, None]
        return out

    def _variance(self, X: Any, Y: Any) -> float:
        F, T, pairs = moments.sums(X, Y)
        Th = T if X.dtype.kind == "f" or Y.dtype.kind == "f" else moments.sums(X.conj(), Y)[1]
        mirrored, crossed = moments.paired_sums(X, Y, self._first, self._n)
        return bounds.cosine_variance(F, T, Th, pairs, mirrored, crossed, self._m, self._length)
