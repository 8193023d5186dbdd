"""Where a benchmark ran: figures without it cannot be compared with anything."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["blas_threads", "describe_environment", "warnings_for"]

_PACKAGES = ("linsub", "numpy", "scipy", "numba", "threadpoolctl", "scikit-learn", "dask", "fbpca")
_VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# Another process that keeps a core busy slows the memory and the clock of all of them.
BUSY_LOAD = 0.5


@contextlib.contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """Limit every BLAS and OpenMP pool to `threads` threads within the block."""
    import threadpoolctl

    # NumPy and SciPy each bring a BLAS of their own, which is limited only once loaded.
    importlib.import_module("scipy.linalg")
    with threadpoolctl.ThreadpoolController().limit(limits=threads):
        yield


def describe_environment(threads: int | None = None) -> dict[str, Any]:
    """Return what has to be known of the machine and of the software on it.

    Parameters
    ----------
    threads : int, optional
        The BLAS threads that the run was asked to use.
    """
    import threadpoolctl

    importlib.import_module("scipy.linalg")
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "processors": _usable(),
        "load": [round(value, 2) for value in _load()],
        "python": platform.python_version(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "blas": [
            {
                "library": str(pool.get("internal_api", "")),
                "version": str(pool.get("version", "")),
                "architecture": str(pool.get("architecture", "")),
                "owner": Path(pool.get("filepath") or "").parent.name,
                "threads": int(pool.get("num_threads", 0)),
            }
            for pool in threadpoolctl.threadpool_info()
            if pool.get("user_api") == "blas"
        ],
        "threads": threads,
        "variables": {name: os.environ[name] for name in _VARIABLES if name in os.environ},
    }


def warnings_for(environment: dict[str, Any]) -> list[str]:
    """Return what makes the figures of this environment doubtful."""
    found = []
    core = environment.get("variables", {}).get("OPENBLAS_CORETYPE")
    if core:
        found.append(
            f"OPENBLAS_CORETYPE={core} is set: OpenBLAS uses the kernels of that processor, "
            "which may slow NumPy's and SciPy's matrix products"
        )
    load = environment.get("load") or [0.0]
    if load[0] > BUSY_LOAD:
        found.append(
            f"the load average was {load[0]} at the start: something else was running, and "
            "single times may be off by a factor of two; the ratios within a row are paired"
        )
    wanted = environment.get("threads")
    if wanted and any(pool["threads"] != wanted for pool in environment.get("blas", [])):
        found.append(f"a BLAS did not take the limit of {wanted} threads")
    return found


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _usable() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load() -> tuple[float, ...]:
    try:
        return os.getloadavg()
    except (AttributeError, OSError):
        return ()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
