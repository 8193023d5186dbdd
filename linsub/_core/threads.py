"""Threads: what BLAS is there, how many threads it has, and our own row-parallel products.

linsub never changes the thread setting of BLAS by itself: it is global to the process.
Kernels run on the caller's thread unless ``n_threads`` asks for more.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from linsub._core.scalars import as_integer

__all__ = ["available", "blas_architecture", "blas_info", "info", "limit_blas", "run_parts"]


@functools.cache
def _scan(scipy_linalg: bool) -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _controller() -> Any:
    # Scanning the loaded libraries takes a millisecond; a kept controller takes 20 us. It
    # does not know of the BLAS that scipy.linalg brings when that is loaded later.
    return _scan("scipy.linalg" in sys.modules)


def available() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def blas_info() -> list[dict[str, Any]]:
    """Return what threadpoolctl knows of each loaded BLAS."""
    return [dict(lib) for lib in _controller().info() if lib.get("user_api") == "blas"]


@functools.cache
def blas_architecture() -> str:
    """Return the kernels that NumPy's BLAS runs, such as ``"SkylakeX"``; "" if unknown."""
    libraries = blas_info()
    mine = [lib for lib in libraries if "numpy" in str(lib.get("filepath", ""))] or libraries
    return str(mine[0].get("architecture", "")) if mine else ""


def info() -> dict[str, Any]:
    """Return the processors that this process may use, and each BLAS with its threads."""
    blas = {
        str(lib.get("filepath", "")): f"{lib.get('architecture', '')}, {lib.get('num_threads')}"
        for lib in blas_info()
    }
    return {"processors": available(), "blas": blas}


def limit_blas(n_threads: int) -> AbstractContextManager[Any]:
    """Limit BLAS to `n_threads` within a ``with`` block; the whole process is affected."""
    n_threads = as_integer(n_threads, name="n_threads", low=1)
    return _controller().limit(limits=n_threads, user_api="blas")  # type: ignore[no-any-return]


def run_parts(tasks: Sequence[Callable[[], None]], n_threads: int = 1) -> None:
    """Run independent tasks on up to `n_threads` threads, the caller's own if that is one.

    The pool lives as long as the call: a forked child inherits none, and no thread waits
    between calls. Kernels release the GIL.

    Raises
    ------
    Exception
        What the first of the failing tasks raises, after all have ended.
    """
    n_threads = as_integer(n_threads, name="n_threads", low=1)
    if n_threads == 1 or len(tasks) <= 1:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(min(n_threads, len(tasks))) as pool:
        futures = [pool.submit(task) for task in tasks]
    for future in futures:
        future.result()
