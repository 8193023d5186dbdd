"""The only importer of numba: compilation, and a disk cache that cannot go stale.

numba's own cache knows a kernel by the file that defines it. A kernel that calls one from
another file is then served after that other file was edited, with the old code inside.
And processes that compile at the same time may give one file name to the code of two
signatures. Here the cache folder is named by a hash of the text of all kernel files, so
that any edit starts a new folder and kernels may call one another freely, and a file by a
hash of everything that its code depends on. Where no folder can be written (a read-only
install without a home), kernels are compiled in every process instead: slower to start,
never an error.

Environment: ``LINSUB_CACHE=0`` switches the disk cache off, ``LINSUB_CACHE_DIR`` moves it.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import pathlib
import pickle
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

import numba

from linsub.errors import InvalidInputError

__all__ = ["cache_folder", "cache_info", "njit", "source_key", "warmup"]

P = ParamSpec("P")
R = TypeVar("R")

_PACKAGE = pathlib.Path(__file__).resolve().parents[1]

# Flags that let a reduction be reordered and fused into vector multiply-adds. nnan and ninf
# are not among them: a kernel must pass nan and inf on.
REASSOCIATE = frozenset({"contract", "reassoc", "nsz", "arcp"})

# Families with kernels, each with the module whose function warmup() runs them all.
KERNEL_MODULES = {
    "core": "linsub._core.products",
    "clustering": "linsub.clustering.compiled",
    "dpp": "linsub.dpp.compiled",
    "sensitivity": "linsub.sensitivity.compiled",
    "sketching": "linsub.sketching.compiled",
    "spaces": "linsub.spaces.compiled",
    "streaming": "linsub.streaming.compiled",
}

# Settings of numba that change the code it makes.
_SETTINGS = ("BOUNDSCHECK", "DEBUGINFO_DEFAULT", "LOOP_VECTORIZE", "OPT", "SLP_VECTORIZE")


@functools.cache
def _sources() -> dict[pathlib.Path, bytes]:
    """Return the hash of each file that compiled code may come from."""
    found = {}
    for path in sorted([*_PACKAGE.glob("**/_kernels/*.py"), pathlib.Path(__file__).resolve()]):
        with contextlib.suppress(OSError):  # gone since: then it is not compiled either
            found[path] = hashlib.sha256(path.read_bytes()).digest()
    return found


@functools.cache
def source_key() -> str:
    """Return a hash of all kernel sources and of what turns them into code."""
    settings = [(name, str(getattr(numba.config, name, None))) for name in _SETTINGS]
    about = (numba.__version__, sys.version, sys.implementation.cache_tag, settings)
    digest = hashlib.sha256(repr(about).encode())
    for path, content in _sources().items():
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()[:20]


def _private(folder: pathlib.Path) -> bool:
    """Whether `folder` is ours alone: what lies in it is executed."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return ours and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _usable(root: pathlib.Path, shared: bool) -> pathlib.Path | None:
    """Return the cache folder under `root` if it can be made, is ours, and takes a file.

    In a folder that others write to, such as ``/tmp``, the root itself must be ours too:
    its owner could exchange what lies in it.
    """
    folder = root / source_key()
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        if not _private(folder) or (shared and not _private(root)):
            return None
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError):
        return None


@functools.cache
def cache_folder() -> str | None:
    """Return the folder of this version's compiled kernels, or None if there can be none."""
    if os.environ.get("LINSUB_CACHE", "1").lower() in ("0", "false", "no", "off"):
        return None
    if not any(path.parent.name == "_kernels" for path in _sources()):
        return None  # a zipped install: no text to make the key of
    roots: list[tuple[pathlib.Path, bool]] = []
    if os.environ.get("LINSUB_CACHE_DIR"):
        roots.append((pathlib.Path(os.environ["LINSUB_CACHE_DIR"]).absolute(), False))
    else:
        if os.path.isabs(os.environ.get("XDG_CACHE_HOME", "")):
            roots.append((pathlib.Path(os.environ["XDG_CACHE_HOME"]) / "linsub", False))
        with contextlib.suppress(RuntimeError):  # no home at all
            roots.append((pathlib.Path.home() / ".cache" / "linsub", False))
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
        with contextlib.suppress(OSError):  # nowhere to write, not even temporarily
            roots.append((pathlib.Path(tempfile.gettempdir()) / f"linsub-{user}", True))
    for root, shared in roots:
        folder = _usable(root, shared)
        if folder is not None:
            return str(folder)
    return None


class _Cache:
    """What numba's dispatcher asks of a cache; trouble with a file is never an error."""

    # Set when a file was edited while this process ran: what is compiled from here on may
    # mix old and new text, and must not be kept under the key of either.
    edited = False

    def __init__(self, function: Callable[..., Any], folder: str) -> None:
        self.cache_path = folder
        name = f"{function.__module__}.{function.__qualname__}"
        self._name = "".join(c if c.isalnum() or c in "._" else "_" for c in name)
        code = function.__code__
        self._function = f"{name}:{code.co_firstlineno}:{code.co_code.hex()}"
        self._enabled = True
        path = pathlib.Path(code.co_filename).resolve()
        try:
            same = hashlib.sha256(path.read_bytes()).digest() == _sources().get(path)
        except OSError:
            same = False
        if not same:
            _Cache.edited = True

    def _file(self, signature: Any, codegen: Any) -> tuple[pathlib.Path, str]:
        # The name of the processor and its features are in the magic tuple.
        key = repr((self._function, str(signature), codegen.magic_tuple()))
        digest = hashlib.sha256(key.encode()).hexdigest()[:24]
        return pathlib.Path(self.cache_path) / f"{self._name}-{digest}.kernel", key

    def load_overload(self, signature: Any, target: Any) -> Any:
        if not self._enabled or _Cache.edited:
            return None
        # A truncated or foreign file, or numba's internals changed: compile afresh.
        with contextlib.suppress(Exception):
            target.refresh()
            path, key = self._file(signature, target.codegen())
            if not path.exists():
                return None
            content = path.read_bytes()
            if hashlib.sha256(content[32:]).digest() == content[:32]:
                known, payload = pickle.loads(content[32:])
                if known == key:
                    compiler: Any = importlib.import_module("numba.core.compiler")
                    return compiler.CompileResult._rebuild(target, *payload)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        if not self._enabled or _Cache.edited:
            return
        # A full disk, or a folder that has gone: the kernel works all the same.
        with contextlib.suppress(Exception):
            if result.lifted or result.library.has_dynamic_globals:
                return  # holds addresses of this process
            serialize: Any = importlib.import_module("numba.core.serialize")
            path, key = self._file(signature, result.codegen)
            content = serialize.dumps((key, result._reduce()))
            self._write(path, hashlib.sha256(content).digest() + content)

    def _write(self, path: pathlib.Path, content: bytes) -> None:
        """Write at once or not at all, whoever else writes the same file."""
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def enable(self) -> None:
        self._enabled = True

    def disable(self) -> None:
        self._enabled = False

    def flush(self) -> None:
        for path in pathlib.Path(self.cache_path).glob(f"{self._name}-*.kernel"):
            with contextlib.suppress(OSError):
                path.unlink()


def njit(*, reassociate: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a kernel on its first call, without the GIL, with NumPy's rules of division.

    Parameters
    ----------
    reassociate : bool, optional
        Let sums be reordered, so that reductions are vectorized. nan and inf still count.

    Returns
    -------
    callable
        The decorator. With ``NUMBA_DISABLE_JIT=1`` it returns the function as it is.
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    if reassociate:
        options["fastmath"] = set(REASSOCIATE)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        kernel: Any = numba.njit(**options)(function)
        folder = cache_folder()
        if folder is not None and hasattr(kernel, "_cache"):
            kernel._cache = _Cache(function, folder)
        return kernel  # type: ignore[no-any-return]

    return decorate


def warmup(families: Iterable[str] | None = None) -> None:
    """Compile every kernel, or load it from the disk cache, before time matters.

    Parameters
    ----------
    families : iterable of str, optional
        The families whose kernels are wanted; all by default. ``"core"`` has the products
        with few columns that the others are built on.

    Raises
    ------
    InvalidInputError
        If a family has no kernels.

    Examples
    --------
    >>> import linsub
    >>> linsub.warmup()
    """
    names = list(KERNEL_MODULES) if families is None else list(families)
    for name in names:
        if name not in KERNEL_MODULES:
            known = ", ".join(sorted(KERNEL_MODULES))
            raise InvalidInputError(f"families has {name!r}; families with kernels are: {known}")
    for name in names:
        importlib.import_module(KERNEL_MODULES[name]).warmup()


def cache_info() -> dict[str, Any]:
    """Return where compiled kernels are kept, how many there are, and their size in bytes."""
    folder = cache_folder()
    sizes = []
    for path in pathlib.Path(folder).glob("*.kernel") if folder else []:
        with contextlib.suppress(OSError):  # another process tidied up
            sizes.append(path.stat().st_size)
    return {"folder": folder, "files": len(sizes), "bytes": sum(sizes), "key": source_key()}
