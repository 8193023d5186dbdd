"""The only importer of numba: compilation, and a disk cache that cannot go stale.

numba's own cache knows a kernel by the date and size of the file that defines it. A kernel
that calls one from another file is then served from the cache after that other file was
edited, with the old code inside. Here the cache folder is named by a hash of the text of
all kernel files, so that any edit starts a new folder and kernels may call one another
freely. Where no folder can be written (a read-only install without a home), kernels are
compiled in every process instead: slower to start, never an error.

Environment: ``LINSUB_CACHE=0`` switches the disk cache off, ``LINSUB_CACHE_DIR`` moves it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import pathlib
import stat
import tempfile
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import caching

__all__ = ["cache_folder", "cache_info", "njit", "warmup"]

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]

# Flags that let a reduction be reordered and fused into vector multiply-adds. nnan and ninf
# are not among them: a kernel must pass nan and inf on.
REASSOCIATE = frozenset({"contract", "reassoc", "nsz", "arcp"})

# Modules with kernels, each with a function warmup() that runs them on tiny arrays.
KERNEL_MODULES = ("linsub._core.products",)


def _hold_compiler_across_forks() -> None:
    """Let no child inherit numba's compiler lock from a thread that it does not have."""
    try:
        from numba.core.compiler_lock import global_compiler_lock as lock
    except ImportError:
        return
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )


_hold_compiler_across_forks()


@functools.cache
def source_key() -> str:
    """Return the hash of all kernel sources, of this file and of the versions they meet."""
    digest = hashlib.sha256(f"{numba.__version__}".encode())
    for path in sorted([*_PACKAGE.glob("**/_kernels/*.py"), pathlib.Path(__file__)]):
        digest.update(str(path.relative_to(_PACKAGE)).encode())
        with contextlib.suppress(OSError):  # a zipped install: the path alone counts
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _usable(folder: pathlib.Path) -> bool:
    """Whether the folder exists or can be made, belongs to us, and takes a file."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if hasattr(os, "getuid"):
            # The cache is executed: nobody else may have put anything into it.
            status = folder.stat()
            if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, RuntimeError):
        return False


@functools.cache
def cache_folder() -> str | None:
    """Return the folder of this version's compiled kernels, or None if there can be none."""
    if os.environ.get("LINSUB_CACHE", "1").lower() in ("0", "false", "no", "off"):
        return None
    roots: list[pathlib.Path] = []
    if os.environ.get("LINSUB_CACHE_DIR"):
        roots.append(pathlib.Path(os.environ["LINSUB_CACHE_DIR"]))
    else:
        if os.environ.get("XDG_CACHE_HOME"):
            roots.append(pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "linsub")
        with contextlib.suppress(RuntimeError):  # no home at all
            roots.append(pathlib.Path.home() / ".cache" / "linsub")
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
        roots.append(pathlib.Path(tempfile.gettempdir()) / f"linsub-{user}")
    for root in roots:
        if _usable(root / source_key()):
            return str(root / source_key())
    return None


class _Locator:
    """Tells numba where a kernel's files lie; their folder is their date."""

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        self._line = function.__code__.co_firstlineno
        self._folder = cache_folder() or ""

    def get_cache_path(self) -> str:
        return self._folder

    def ensure_cache_path(self) -> None:
        os.makedirs(self._folder, exist_ok=True)

    def get_source_stamp(self) -> str:
        return source_key()

    def get_disambiguator(self) -> str:
        return str(self._line)

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Locator | None:
        return cls(function, file) if cache_folder() else None


class _Implementation(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class _Cache(caching.FunctionCache):  # type: ignore[misc]
    """numba's cache, in our folder; a file that cannot be read or written is no error."""

    _impl_class = _Implementation

    def load_overload(self, signature: Any, target: Any) -> Any:
        try:
            return super().load_overload(signature, target)
        except Exception:  # a truncated or foreign file: compile afresh
            return None

    def save_overload(self, signature: Any, data: Any) -> None:
        # A full disk, or a folder that has gone: the kernel works all the same.
        with contextlib.suppress(Exception):
            super().save_overload(signature, data)


def njit(*, reassociate: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a kernel on its first call, without the GIL, with NumPy's rules of division.

    Parameters
    ----------
    reassociate : bool
        Let sums be reordered, so that reductions are vectorized. nan and inf still count.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    if reassociate:
        options["fastmath"] = set(REASSOCIATE)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kernel = numba.njit(**options)(function)
        if cache_folder() is not None and hasattr(kernel, "_cache"):
            # numba without a cache, should its internals have changed.
            with contextlib.suppress(Exception):
                kernel._cache = _Cache(kernel.py_func)
        return kernel  # type: ignore[no-any-return]

    return decorate


def warmup() -> None:
    """Compile every kernel, or load it from the disk cache, before time matters.

    Examples
    --------
    >>> import linsub
    >>> linsub.warmup()
    """
    for name in KERNEL_MODULES:
        importlib.import_module(name).warmup()


def cache_info() -> dict[str, Any]:
    """Return where compiled kernels are kept, how many files there are, and their size."""
    folder = cache_folder()
    files = list(pathlib.Path(folder).glob("*.nb?")) if folder else []
    return {
        "folder": folder,
        "files": len(files),
        "bytes": sum(file.stat().st_size for file in files),
        "key": source_key(),
    }
