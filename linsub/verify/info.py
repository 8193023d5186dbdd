"""The command ``python -m linsub info``: what a bug report should say."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import linsub
from linsub.verify.registry import all_claims

__all__ = ["main"]

_PACKAGES = ("numpy", "scipy", "numba", "threadpoolctl", "scikit-learn", "dask", "matplotlib")


def main(argv: Sequence[str] | None = None) -> int:
    """Print versions, BLAS, threads, the kernel cache, and what there is to verify."""
    parser = argparse.ArgumentParser(
        prog="python -m linsub info",
        description="Versions, BLAS, threads and the compiled kernels: what a bug report needs.",
    )
    try:
        parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    rows = {
        "linsub": linsub.__version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processors": f"{os.cpu_count()}, {_usable()} usable",
    }
    rows.update({name: _version(name) for name in _PACKAGES})
    rows.update(_blas())
    rows.update(_cache())
    rows.update(_contents())
    width = max(map(len, rows))
    for name, text in rows.items():
        print(f"{name:<{width}}  {text}")
    return 0


def _usable() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _blas() -> dict[str, str]:
    import threadpoolctl

    # NumPy and SciPy each bring a BLAS of their own, known only once it is loaded
    importlib.import_module("scipy.linalg")
    rows = {}
    for pool in threadpoolctl.threadpool_info():
        words = (pool.get("internal_api"), pool.get("version"), pool.get("architecture"))
        text = " ".join(str(word) for word in words if word)
        folder = os.path.basename(os.path.dirname(pool.get("filepath") or ""))
        rows[f"{pool['user_api']} ({folder})"] = f"{text}, {pool['num_threads']} threads"
    return rows


def _cache() -> dict[str, str]:
    try:
        found: Any = importlib.import_module("linsub._core.jit").cache_info()
    except Exception as error:  # a report about a broken installation must not break
        return {"kernel cache": f"unknown ({type(error).__name__}: {error})"}
    if hasattr(found, "_asdict"):
        found = found._asdict()
    if isinstance(found, Mapping):
        return {f"kernel cache {name}": str(value) for name, value in found.items()}
    return {"kernel cache": str(found)}


def _contents() -> dict[str, str]:
    rows = {}
    try:
        rows["claims"] = str(len(all_claims()))
        gallery = importlib.import_module("linsub.testing.gallery")
        rows["gallery"] = f"{len(gallery.names())} matrices"
    except Exception as error:
        rows["gallery"] = f"unknown ({type(error).__name__}: {error})"
    return rows
