"""Sketches of rows that one machine cannot hold, reduced as a tree on any executor."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from linsub._core import scalars
from linsub._core.parallel import tree_reduce
from linsub._core.progress import Progress
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.streaming.checkpoints import Checkpoints
from linsub.streaming.sources import Piece, pieces

__all__ = ["Mergeable", "reduce_stream"]

# Items that are reduced as one tree before they join the rest: a tree loses less than a chain,
# and a checkpoint is taken only between two of them.
_GROUP = 64


class Mergeable(Protocol):
    """What can be reduced: IncrementalSVD, FrequentDirections, StreamingCovariance, and alike."""

    def update(self, block: Any, /) -> Any:
        """Append rows."""

    def merge(self, other: Any, /) -> Any:
        """Append all that another has seen."""


Sketch = TypeVar("Sketch", bound=Mergeable)


def reduce_stream(
    make: Callable[[], Sketch],
    source: Any,
    *,
    executor: Executor | None = None,
    block_rows: int | None = None,
    group: int = _GROUP,
    checkpoint: str | os.PathLike[str] | None = None,
    in_flight: int | None = None,
    progress: bool = True,
) -> Sketch:
    """Return one sketch of all rows of a source, made piece by piece and merged along a tree.

    The tree follows from the pieces alone: the result does not depend on the executor, on how
    many workers it has, or on which of them is faster.

    Parameters
    ----------
    make : callable
        ``make()`` returns an empty sketch: a class, or
        ``functools.partial(FrequentDirections, sketch_size=50)``. Whatever has
        ``update(block)`` and ``merge(other)`` will do. For an executor of processes it must be
        picklable.
    source : array, str, path or iterable
        - an array, a memory map or a sparse matrix, cut into blocks of rows;
        - the path of a ``.npy`` file, mapped anew by each worker that reads a part of it;
        - a dask array, whose blocks of rows are computed by the workers;
        - an iterable of blocks, of callables that return a block (called by the workers: the way
          to read files there), or of paths. One pass; read only as fast as its blocks are used.
    executor : concurrent.futures.Executor, optional
        Threads, processes, ``distributed.Client.get_executor()`` or any other; the calling
        thread by default. Hold its workers to one BLAS thread each.
    block_rows : int, optional
        Rows of a piece where an array or a file is cut; by default some 2^23 entries, and a
        dask array's own blocks.
    group : int, optional
        Pieces that are reduced as one tree, before the groups are merged one after the other.
    checkpoint : path, optional
        A folder. What is done is saved there after each group, and a call that finds it goes on
        from there; the result is the same, to the last bit. Needs sketches with ``save`` and
        ``load``. Delete the folder to begin anew.
    in_flight : int, optional
        Pieces that are under way at a time; by default two a worker.
    progress : bool, optional
        Show the number of pieces on a terminal.

    Returns
    -------
    sketch
        What ``make()`` makes.

    Raises
    ------
    InvalidInputError
        If the source has no rows, or the checkpoint belongs to another reduction.
    InvalidTypeError
    Exception
        What a piece raises, with a note that says which it was. Finished groups are in the
        checkpoint then.

    See Also
    --------
    FrequentDirections, StreamingCovariance, linsub.svd.IncrementalSVD

    Notes
    -----
    *Algorithm.* Each piece becomes a sketch of its own; neighbours are merged in pairs, in the
    order of the pieces. *Cost.* One reading of the source; at a time the pieces that are under
    way and a logarithmic number of sketches for each of them. Results of workers pass through
    the calling process, so that sketches should be small beside pieces. Workers wait at the end
    of a group for the slowest of them. *Accuracy.* That of the merges (claim
    ``streaming-fd-merge``).

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from functools import partial
    >>> import numpy as np
    >>> from linsub.streaming import FrequentDirections, reduce_stream
    >>> A = np.random.default_rng(0).standard_normal((1000, 30))
    >>> make = partial(FrequentDirections, sketch_size=8)
    >>> with ThreadPoolExecutor(2) as executor:
    ...     total = reduce_stream(make, A, executor=executor, block_rows=100)
    >>> alone = reduce_stream(make, A, block_rows=100)
    >>> total.n_samples, bool((total.sketch == alone.sketch).all())
    (1000, True)
    """
    group = scalars.as_integer(group, name="group", low=1)
    if block_rows is not None:
        block_rows = scalars.as_integer(block_rows, name="block_rows", low=1)
    if in_flight is not None:
        in_flight = scalars.as_integer(in_flight, name="in_flight", low=1)
    scalars.as_flag(progress, name="progress")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise InvalidTypeError(
            f"executor must have submit(), got {type(executor).__name__}; a dask Client has "
            "get_executor()"
        )
    if not callable(make):
        raise InvalidTypeError(f"make must be callable, got {type(make).__name__}; pass a class")
    sample = make()
    for name in ("update", "merge"):
        if not callable(getattr(sample, name, None)):
            raise InvalidTypeError(
                f"make() returned a {type(sample).__name__}, which has no {name}()"
            )
    items, total = pieces(source, block_rows)
    kept = None if checkpoint is None else Checkpoints(Path(checkpoint), sample, group, block_rows)
    state: Any = None
    done = 0
    if kept is not None:
        state, done = kept.latest()
    for i in range(done):  # what has been reduced is read past, and not looked at
        if next(items, None) is None:
            raise InvalidInputError(
                f"checkpoint={os.fspath(checkpoint or '')!r} has {done} pieces and source has {i}; "
                "give the same source, or another folder"
            )
    # Nothing is shown where the stream is no terminal.
    with Progress(total, "reducing", None if progress else io.StringIO()) as shown:
        shown.advance(done)
        while (first := next(items, None)) is not None:
            taken = _Group(first, items, group, shown)
            part = tree_reduce(
                taken, _Leaf(make), _merged, executor=executor, in_flight=in_flight, first=done
            )
            state = part if state is None else _merged(state, part)
            done += taken.seen
            if kept is not None:
                kept.save(state, done)
    if state is None:
        raise InvalidInputError("source is empty: there is nothing to reduce")
    reduced: Sketch = state
    return reduced


class _Leaf:
    """Turns a piece into a sketch; goes to the workers."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    def __call__(self, piece: Piece) -> Any:
        sketch = self.make()
        try:
            sketch.update(piece.read())
        except Exception as error:
            error.add_note(f"in {piece.where}")
            raise
        return sketch


def _merged(earlier: Any, later: Any) -> Any:
    earlier.merge(later)
    return earlier


class _Group:
    """The pieces of one tree, counted as they are taken."""

    def __init__(self, first: Piece, rest: Iterator[Piece], size: int, shown: Progress) -> None:
        self.first, self.rest, self.size, self.shown = first, rest, size, shown
        self.seen = 0

    def __iter__(self) -> Iterator[Piece]:
        for piece in chain([self.first], islice(self.rest, self.size - 1)):
            yield piece
            self.seen += 1
            self.shown.advance()
