"""Several claims at a time, each in a process of its own."""

from __future__ import annotations

import concurrent.futures
import importlib
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from typing import Any

from linsub.errors import InvalidInputError
from linsub.verify.registry import Claim, get
from linsub.verify.report import Row
from linsub.verify.runner import Plan, row_of
from linsub.verify.state import StateFile

__all__ = ["in_parallel"]


def in_parallel(
    jobs: int,
    chosen: list[Claim],
    plan: Plan,
    subject: Any,
    record: StateFile | None,
    advance: Callable[[int, str], None],
) -> Iterator[tuple[Row | None, str]]:
    """Yield the rows of the claims in their order.

    An interrupt stops the workers. The rows that are complete are kept; what the others
    had found is in the record, where there is one.
    """
    try:
        pickle.dumps(subject)
    except Exception as error:
        raise InvalidInputError(
            f"subject {subject!r} cannot be sent to other processes ({error}); define it in a "
            "module, or use jobs=1"
        ) from error
    before = set(multiprocessing.active_children())
    executor = concurrent.futures.ProcessPoolExecutor(
        min(jobs, max(1, len(chosen))),
        # a fork would copy the locks of BLAS's threads
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare,
        initargs=(jobs,),
    )
    futures = [
        executor.submit(_work, made.id, made.function.__module__, plan, subject, record)
        for made in chosen
    ]
    try:
        for made, future in zip(chosen, futures, strict=True):
            yield future.result()
            advance(plan.limits(made)[1], made.id)
    except KeyboardInterrupt:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        yield None, "interrupt"
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _prepare(jobs: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt stops
    import threadpoolctl

    threadpoolctl.threadpool_limits(max(1, (os.cpu_count() or 1) // jobs))


def _work(
    id: str, module: str, plan: Plan, subject: Any, record: StateFile | None
) -> tuple[Row, str]:
    if module != "__main__":
        importlib.import_module(module)
    return row_of(get(id), plan, subject, record)
