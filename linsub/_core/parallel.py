"""Tree reduction over any ``concurrent.futures`` executor.

Threads, processes, loky, dask's and MPI's executors share one interface, and it is all
that is needed here. The shape of the tree follows from the number of items alone, so that
the result does not depend on how many workers there are or on which is faster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any, Generic, TypeVar

from linsub._core.scalars import as_integer
from linsub.errors import InvalidInputError

__all__ = ["tree_reduce"]

Item = TypeVar("Item")
State = TypeVar("State")

# Enough that a worker finds its next item ready, without holding many items at once.
_ITEMS_PER_WORKER = 2


def tree_reduce(
    items: Iterable[Item],
    make: Callable[[Item], State],
    merge: Callable[[State, State], State],
    *,
    executor: Executor | None = None,
    fanout: int = 2,
    in_flight: int | None = None,
    first: int = 0,
) -> State:
    """Return the merge of ``make(item)`` over all items, along a fixed tree.

    Parameters
    ----------
    items : iterable
        Read one by one and only as fast as the results are used, so a generator of
        blocks that do not fit in memory together is fine.
    make : callable
        Turns an item into a state.
    merge : callable
        ``merge(earlier, later)`` of two neighbouring states; it may change and return
        `earlier`. Associative up to rounding; the order is always that of the items.
    executor : concurrent.futures.Executor, optional
        Where `make` and `merge` run; in the calling thread by default. For an executor of
        processes both must be picklable, and so must the states.
    fanout : int, optional
        How many neighbours are merged at a time, from left to right.
    in_flight : int, optional
        Most tasks that are under way at a time; by default two a worker.
    first : int, optional
        The number of the first item, where errors name them.

    Returns
    -------
    state

    Raises
    ------
    InvalidInputError
        If there are no items.
    Exception
        What `make` or `merge` raises, with a note that says for which items. Tasks that
        have not begun are cancelled, and those that have are waited for.

    Notes
    -----
    For each task under way at most ``(fanout - 1) * log(n) / log(fanout)`` finished states
    wait for it. Workers that call BLAS should each be held to one BLAS thread.

    Examples
    --------
    >>> tree_reduce(range(5), str, lambda a, b: f"({a}{b})")
    '(((01)(23))4)'
    """
    fanout = as_integer(fanout, name="fanout", low=2)
    if in_flight is not None:
        in_flight = as_integer(in_flight, name="in_flight", low=1)
    if executor is None:
        return _Reduction(make, merge, _Here(), fanout, 1, first).run(items)
    workers = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
    limit = in_flight or _ITEMS_PER_WORKER * int(workers)
    return _Reduction(make, merge, executor, fanout, limit, first).run(items)


class _Reduction(Generic[Item, State]):
    """A tree whose node (level, i) covers the items from ``i * fanout**level`` on."""

    def __init__(
        self,
        make: Callable[[Item], State],
        merge: Callable[[State, State], State],
        executor: Executor,
        fanout: int,
        limit: int,
        begin: int = 0,
    ) -> None:
        self.make, self.merge, self.begin = make, merge, begin
        self.executor, self.fanout, self.limit = executor, fanout, limit
        self.under_way: dict[Future[State], tuple[int, int]] = {}
        # Finished nodes that wait for their neighbours, by the parent they belong to.
        self.waiting: dict[tuple[int, int], dict[int, State]] = {}
        self.count: int | None = None

    def run(self, items: Iterable[Item]) -> State:
        try:
            count = 0
            for item in items:
                self._start((0, count), self.make, item)
                count += 1
                while len(self.under_way) >= self.limit:
                    self._collect()
            if count == 0:
                raise InvalidInputError("items is empty: there is nothing to reduce")
            self.count = count
            for parent in sorted(self.waiting):
                self._advance(parent)
            while self.under_way:
                self._collect()
        finally:
            for future in self.under_way:
                future.cancel()
            wait(self.under_way)
        (root,) = self.waiting.values()
        return root[0]

    def _start(self, node: tuple[int, int], function: Callable[..., State], *args: Any) -> None:
        self.under_way[self.executor.submit(function, *args)] = node

    def _collect(self) -> None:
        """Wait for a task, and hand every finished one to its parent."""
        done, _ = wait(self.under_way, return_when=FIRST_COMPLETED)
        finished = sorted((self.under_way[future], future) for future in done)
        for node, future in finished:
            try:
                state = future.result()
            except Exception as error:
                error.add_note(self._describe(node))
                raise
            del self.under_way[future]
            level, index = node
            parent = (level + 1, index // self.fanout)
            self.waiting.setdefault(parent, {})[index % self.fanout] = state
            self._advance(parent)

    def _advance(self, parent: tuple[int, int]) -> None:
        """Merge the children of `parent` when all of them are there."""
        level, index = parent
        present = self.waiting.get(parent, {})
        expected = self.fanout
        if self.count is not None:
            below = self._width(level - 1)
            if below == 1:
                return  # the child is the root
            expected = min(expected, below - index * self.fanout)
        if len(present) < expected:
            return
        states = [present[i] for i in range(expected)]
        del self.waiting[parent]
        if expected == 1:  # the last of its level has no neighbour: it moves up as it is
            above = (level + 1, index // self.fanout)
            self.waiting.setdefault(above, {})[index % self.fanout] = states[0]
            self._advance(above)
        else:
            self._start(parent, _fold, self.merge, states)

    def _width(self, level: int) -> int:
        """Return how many nodes a level has."""
        assert self.count is not None
        width = self.count
        for _ in range(level):
            width = -(-width // self.fanout)
        return width

    def _describe(self, node: tuple[int, int]) -> str:
        level, index = node
        if level == 0:
            return f"raised by make() for item {self.begin + index}"
        first, stop = index * self.fanout**level, (index + 1) * self.fanout**level
        last = stop - 1 if self.count is None else min(stop, self.count) - 1
        return f"raised by merge() for items {self.begin + first} to {self.begin + last}"


def _fold(merge: Callable[[State, State], State], states: list[State]) -> State:
    total = states[0]
    for state in states[1:]:
        total = merge(total, state)
    return total


class _Here(Executor):
    """Runs each task at once, in the calling thread."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
