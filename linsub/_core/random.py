"""Random streams: one independent stream a purpose and a block.

A certificate that reuses the random vectors that built the answer certifies nothing: in
the span of the sketch every residual looks small. Two calls with the same seed are the
usual way to get there. Here each purpose has a stream of its own, so that the probes of
a certificate never equal the vectors of a sketch, whatever seeds the calls were given.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["Purpose", "RNGLike", "Streams"]

Purpose = Literal["sketch", "probe", "start", "shuffle", "sample"]
RNGLike: TypeAlias = (
    int
    | Sequence[int]
    | np.random.SeedSequence
    | np.random.BitGenerator
    | np.random.Generator
    | np.random.RandomState
    | None
)

# The numbers enter the hash: changing one changes every seeded result.
_PURPOSE_IDS: dict[str, int] = {"sketch": 1, "probe": 2, "start": 3, "shuffle": 4, "sample": 5}

# Sets these streams apart from spawn keys that a caller derives from the same entropy.
_TAG = 0x6C696E73  # "lins"
_PLAIN, _GAUSSIAN = 0, 1

# A block is drawn in full, so a matrix of few rows pays for 256 of them (0.05 ms at 20
# columns); making a stream costs as much as 1400 normals, little against 256 x 20.
_ROW_BLOCK = 256

_DTYPES = {np.dtype(code) for code in "fdFD"}


class Streams:
    """Independent random streams, one a purpose and a block, from one ``rng=`` argument.

    Parameters
    ----------
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator
        What :func:`numpy.random.default_rng` takes. 128 bits are drawn from it, once; a
        generator that was passed in is therefore advanced, and passing it again gives
        other streams.

    Attributes
    ----------
    entropy : int
        The 128 bits. ``Streams.replay(entropy)`` gives the same streams again.

    Raises
    ------
    InvalidTypeError
        If `rng` is of a type that cannot seed a generator; ``True`` and ``False`` too,
        which NumPy would read as the seeds 1 and 0.
    InvalidInputError
        If `rng` is negative.

    Examples
    --------
    >>> streams = Streams(7)
    >>> Omega = streams.gaussian("sketch", (1000, 20))
    >>> bool((Omega == Streams(7).gaussian("sketch", (1000, 20))).all())
    True
    >>> bool((Omega == Streams(7).gaussian("probe", (1000, 20))).any())
    False
    """

    def __init__(self, rng: RNGLike = None) -> None:
        self.entropy: int = int.from_bytes(_as_generator(rng).bytes(16), "little")

    @classmethod
    def replay(cls, entropy: int) -> Streams:
        """Return the streams whose ``entropy`` was recorded."""
        value = operator.index(entropy)
        if not 0 <= value < 1 << 128:
            raise InvalidInputError(f"entropy must be in 0 .. 2**128 - 1, got {value}")
        self = cls.__new__(cls)
        self.entropy = value
        return self

    def generator(self, purpose: Purpose, block: int | tuple[int, ...] = 0) -> np.random.Generator:
        """Return the generator of a purpose and a block, at its beginning.

        Parameters
        ----------
        purpose : {"sketch", "probe", "start", "shuffle", "sample"}
            What the numbers are for: to build an answer, to check one, to start an
            iteration, to order things, or to be the answer.
        block : int or tuple of int, optional
            Any label: a restart, a row block, (restart, row block).
        """
        return self._make(purpose, _PLAIN, _as_key(block))

    def gaussian(
        self,
        purpose: Purpose,
        shape: tuple[int, int],
        dtype: DTypeLike = np.float64,
        block: int | tuple[int, ...] = 0,
        *,
        rows: tuple[int, int] | None = None,
    ) -> np.ndarray:
        """Return a matrix of independent standard normal numbers, in Fortran order.

        Entry (i, j) depends on the entropy, the purpose, the block, i and j alone, not
        on the shape and not on how the rows are split: a taller or wider matrix starts
        with the same entries, and `rows` gives a slice of the whole.

        Parameters
        ----------
        purpose, block
            As in :meth:`generator`.
        shape : tuple of int
            ``(n, b)`` of the whole matrix.
        dtype : {float32, float64, complex64, complex128}, optional
            Single precision is the double precision matrix rounded, so that one seed
            gives one operator. Complex entries are standard complex normal: real and
            imaginary part independent with variance 1/2, so that E|z|^2 = 1.
        rows : tuple of int, optional
            ``(first, stop)``: return these rows only, at the cost of at most 255 rows
            more at either end.

        Returns
        -------
        ndarray of shape (n, b), or (stop - first, b)
        """
        n, width = (operator.index(size) for size in shape)
        kind = np.dtype(dtype)
        if kind not in _DTYPES:
            raise InvalidTypeError(
                f"dtype must be float32, float64, complex64 or complex128, got {kind}"
            )
        first, stop = (0, n) if rows is None else rows
        if n < 0 or width < 0 or not 0 <= first <= stop <= n:
            raise InvalidInputError(f"rows {first}:{stop} are not within a shape of {(n, width)}")
        key = _as_key(block)
        out = np.empty((stop - first, width), dtype=kind, order="F")
        if width == 0:
            return out
        for index in range(first // _ROW_BLOCK, -(-stop // _ROW_BLOCK)):
            offset = index * _ROW_BLOCK
            low, high = max(first, offset), min(stop, offset + _ROW_BLOCK)
            drawn = _draw(self._make(purpose, _GAUSSIAN, (*key, index)), width, kind.kind == "c")
            out[low - first : high - first] = drawn[:, low - offset : high - offset].T
        return out

    def _make(self, purpose: str, use: int, key: tuple[int, ...]) -> np.random.Generator:
        number = _PURPOSE_IDS.get(purpose)
        if number is None:
            raise InvalidInputError(
                f"purpose must be one of {', '.join(_PURPOSE_IDS)}, got {purpose!r}"
            )
        # The length is part of the key: (1, 2) and (1, 2, 0) are different blocks.
        spawn_key = (_TAG, number, use, len(key), *key)
        seed = np.random.SeedSequence(self.entropy, spawn_key=spawn_key)
        # Not default_rng, whose bit generator NumPy may exchange.
        return np.random.Generator(np.random.PCG64(seed))

    def __repr__(self) -> str:
        return f"Streams.replay({self.entropy})"


def _draw(generator: np.random.Generator, width: int, is_complex: bool) -> np.ndarray:
    """Draw a (width, _ROW_BLOCK) block, one row of it a column of the matrix."""
    if not is_complex:
        return generator.standard_normal((width, _ROW_BLOCK))
    pairs = generator.standard_normal((width, 2 * _ROW_BLOCK))
    pairs *= np.sqrt(0.5)
    drawn: np.ndarray = pairs.view(np.complex128)
    return drawn


def _as_key(block: int | tuple[int, ...]) -> tuple[int, ...]:
    parts = block if isinstance(block, tuple) else (block,)
    key = tuple(operator.index(part) for part in parts)
    # SeedSequence cuts larger integers into 32-bit words, where two keys could meet.
    if any(not 0 <= part < 1 << 32 for part in key):
        raise InvalidInputError(f"block must be in 0 .. 2**32 - 1, got {block!r}")
    return key


def _as_generator(rng: Any) -> np.random.Generator:
    """Return ``np.random.default_rng(rng)`` with errors that name the argument."""
    way_out = "pass None, a non-negative int or a numpy.random.Generator"
    if isinstance(rng, bool | np.bool_) or getattr(rng, "dtype", None) == np.bool_:
        raise InvalidTypeError(f"rng must not be a bool, got {rng!r}; {way_out}")
    if isinstance(rng, list | tuple) and any(isinstance(part, bool | np.bool_) for part in rng):
        raise InvalidTypeError(f"rng must not hold bools, got {rng!r}; {way_out}")
    try:
        return np.random.default_rng(rng)
    except TypeError as error:
        raise InvalidTypeError(
            f"rng must be something that seeds a generator, got {rng!r} "
            f"of type {type(rng).__name__}; {way_out}"
        ) from error
    except ValueError as error:
        raise InvalidInputError(f"rng must be non-negative, got {rng!r}; {way_out}") from error
