"""Saved states: named arrays and scalars in one .npz file, versioned, without pickle.

A file is a zip archive of .npy members, each with its CRC, that ``numpy.load`` can open
too. One member holds the manifest: the kind of state, its version, the scalars, and the
name, dtype and shape of every array. Reading a file never runs code from it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["check_writable", "load", "save"]

_MANIFEST = "__linsub__"
_FORMAT = 1  # of the file itself; a kind's own version is the caller's
_ARRAY_KINDS = "biufcU"
# The same state gives the same bytes, whenever it is written.
_DATE = (1980, 1, 1, 0, 0, 0)


def check_writable(path: str | os.PathLike[str], option: str) -> None:
    """Raise if no file can be written at `path`: before the work, not after it.

    Raises
    ------
    InvalidInputError
        It names the option and what is wrong.
    """
    target = Path(path)
    folder = target.parent
    if target.is_dir():
        raise InvalidInputError(f"{option}: {target} is a folder; name a file in it")
    if not folder.is_dir():
        raise InvalidInputError(f"{option}: there is no folder {folder}; make it first")
    if not os.access(target if target.exists() else folder, os.W_OK):
        raise InvalidInputError(f"{option}: {target} cannot be written; choose another place")


def save(path: str | os.PathLike[str], kind: str, version: int, state: Mapping[str, Any]) -> None:
    """Write a state, replacing the file in one step or leaving it as it was.

    Parameters
    ----------
    path : path
        The file, written under exactly this name.
    kind : str
        What the state belongs to: ``"incremental-svd"``.
    version : int
        Version of the kind's set of names, counted up with each change.
    state : mapping
        Names to arrays (bool, integer, real, complex, text) or scalars (None, bool, int
        of any length, float, complex, str).

    Raises
    ------
    InvalidTypeError
        If a name or a value cannot be saved.
    """
    arrays: dict[str, np.ndarray] = {}
    scalars: dict[str, Any] = {}
    for name, value in state.items():
        if not isinstance(name, str) or not name.isidentifier() or name == _MANIFEST:
            raise InvalidTypeError(f"a name in a state must be an identifier, got {name!r}")
        if isinstance(value, np.ndarray):
            if value.dtype.kind not in _ARRAY_KINDS or isinstance(value, np.ma.MaskedArray):
                raise InvalidTypeError(
                    f"state[{name!r}] is a {type(value).__name__} of dtype {value.dtype}, "
                    "which cannot be saved without pickle"
                )
            arrays[name] = value
        else:
            scalars[name] = _encode(name, value)
    manifest = {
        "format": _FORMAT,
        "kind": kind,
        "version": version,
        "scalars": scalars,
        "arrays": {name: [value.dtype.str, *value.shape] for name, value in arrays.items()},
    }
    with _replacing(Path(path)) as temporary, zipfile.ZipFile(temporary, "x") as archive:
        _write(archive, _MANIFEST, np.array(json.dumps(manifest)))
        for name, value in arrays.items():
            _write(archive, name, value)


def load(
    path: str | os.PathLike[str], kind: str, versions: Collection[int]
) -> tuple[int, dict[str, Any]]:
    """Read a state back.

    Parameters
    ----------
    path : path
    kind : str
        The kind that is expected.
    versions : collection of int
        The versions that the caller can read.

    Returns
    -------
    version : int
        The version that the file holds.
    state : dict
        Arrays are new and writable.

    Raises
    ------
    InvalidInputError
        If the file is damaged, of another kind, not a state of linsub at all, or written
        by a version that the caller does not read.
    OSError
        If it cannot be opened.
    """
    file = Path(path)
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _read_manifest(archive, file)
            _check(manifest, file, kind, versions)
            state = {name: _decode(value) for name, value in manifest["scalars"].items()}
            for name, header in manifest["arrays"].items():
                array = _read(archive, name)
                if [array.dtype.str, *array.shape] != header:
                    raise InvalidInputError(f"{file} is damaged: {name} is not as listed")
                state[name] = array
    except zipfile.BadZipFile as error:
        raise InvalidInputError(
            f"{file} is damaged or no state file at all ({error}); if it was copied, copy it again"
        ) from error
    except (EOFError, KeyError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{file} is damaged ({error})") from error
    return manifest["version"], state


def _read_manifest(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    if f"{_MANIFEST}.npy" not in archive.namelist():
        raise InvalidInputError(f"{file} is a zip archive, but no state saved by linsub")
    manifest: dict[str, Any] = json.loads(str(_read(archive, _MANIFEST)[()]))
    return manifest


def _check(manifest: dict[str, Any], file: Path, kind: str, versions: Collection[int]) -> None:
    newer = "; it was written by a newer linsub, which can read it"
    if manifest["format"] != _FORMAT:
        raise InvalidInputError(
            f"{file} has file format {manifest['format']} and this linsub reads {_FORMAT}{newer}"
        )
    if manifest["kind"] != kind:
        raise InvalidInputError(
            f"{file} holds the state of {manifest['kind']!r}, and {kind!r} was expected"
        )
    version = manifest["version"]
    if version not in versions:
        hint = newer if version > max(versions) else "; convert it with an older linsub"
        readable = ", ".join(map(str, sorted(versions)))
        raise InvalidInputError(
            f"{file} holds version {version} of {kind!r} and this linsub reads {readable}{hint}"
        )


def _write(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    info = zipfile.ZipInfo(f"{name}.npy", _DATE)
    info.external_attr = 0o644 << 16
    # The size of a member is not known when its header is written.
    with archive.open(info, "w", force_zip64=True) as member:
        np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def _read(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(f"{name}.npy") as member:
        array: np.ndarray = np.lib.format.read_array(member, allow_pickle=False)
        member.read()  # the CRC is checked at the end of the member
    return array


def _encode(name: str, value: Any) -> list[Any]:
    """Return a scalar as [type, text]; floats in hexadecimal, so that no bit is lost."""
    if value is None:
        return ["none", None]
    if isinstance(value, bool | np.bool_):
        return ["bool", bool(value)]
    if isinstance(value, int | np.integer):
        return ["int", hex(int(value))]
    if isinstance(value, float | np.float32 | np.float16):
        return ["float", float(value).hex()]
    if isinstance(value, complex | np.complex64):
        return ["complex", [float(value.real).hex(), float(value.imag).hex()]]
    if isinstance(value, str):
        return ["str", str(value)]
    raise InvalidTypeError(
        f"state[{name!r}] is of type {type(value).__name__}; "
        "only arrays, numbers, bools, strings and None can be saved"
    )


def _decode(encoded: list[Any]) -> Any:
    kind, value = encoded
    if kind == "int":
        return int(value, 16)
    if kind == "float":
        return float.fromhex(value)
    if kind == "complex":
        return complex(float.fromhex(value[0]), float.fromhex(value[1]))
    return value


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a new name beside `path`, and move it there when the block ends well."""
    # Beside it, because a rename is atomic only within one file system. Not mkstemp,
    # whose files nobody else may read.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        with temporary.open("r+b") as written:
            os.fsync(written.fileno())  # or a crash could leave the name without the bytes
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
