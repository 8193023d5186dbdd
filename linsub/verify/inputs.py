"""Read the user's own matrix from a file or an array, or say why it cannot be used."""

from __future__ import annotations

import dataclasses
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

__all__ = ["MAX_ENTRIES", "UserMatrix", "read_matrix"]

# Every case needs several full factorizations: 0.2 s each for 1000 x 1000 on two cores,
# growing with the power 3/2 of the entries.
MAX_ENTRIES = 1_000_000

# What such a matrix takes in the longest notation in use; a larger file is not even read.
MAX_BYTES = 40 * MAX_ENTRIES


@dataclasses.dataclass(frozen=True, eq=False)
class UserMatrix:
    """A matrix of the user's, checked, with the name that the report gives it."""

    A: np.ndarray
    name: str
    argument: str = ""


def read_matrix(source: Any, *, key: str | None = None, force: bool = False) -> UserMatrix:
    """Read a matrix from an array or from a ``.npy``, ``.npz``, ``.csv`` or ``.txt`` file.

    Parameters
    ----------
    source : array_like or path
        The matrix or its file; ``FILE.npz:NAME`` names an array of an archive.
    key : str, optional
        The name of the array in an archive.
    force : bool, optional
        Take a matrix of more than `MAX_ENTRIES` entries all the same.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        With what was found, where, and the way out.
    """
    if not isinstance(source, str | os.PathLike):
        return UserMatrix(_checked(np.asarray(source), "input", force), "input")
    text = os.fspath(source)
    if key is None and ".npz:" in text:
        stem, _, key = text.rpartition(":")
        path = Path(stem)
    else:
        path = Path(text)
    _check_file(path)
    readers = {".npy": _read_npy, ".npz": _read_npz, ".csv": _read_text, ".txt": _read_text}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidInputError(
            f"{path}: cannot tell the format from the suffix {path.suffix!r}; "
            f"known are {', '.join(readers)}"
        )
    if key is not None and path.suffix.lower() != ".npz":
        raise InvalidInputError(f"{path}: an array name ({key!r}) belongs to an .npz archive")
    array = reader(path, key, force)
    argument = str(path) if key is None else f"{path}:{key}"
    return UserMatrix(_checked(array, str(path), force), path.name, argument)


def _check_file(path: Path) -> None:
    if not path.exists():
        raise InvalidInputError(f"{path}: there is no such file")
    if path.is_dir():
        raise InvalidInputError(f"{path} is a folder; name a file in it")
    if not os.access(path, os.R_OK):
        raise InvalidInputError(f"{path}: no permission to read it")
    if path.stat().st_size == 0:
        raise InvalidInputError(f"{path} is an empty file")


def _load(path: Path) -> Any:
    # memory-mapped, so that a matrix over the limit is refused before it is read
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> Exception:
    if any(word in str(error) for word in ("Object arrays", "Python objects", "pickle")):
        return InvalidTypeError(
            f"{path} holds Python objects (or is no NumPy file at all), which are never "
            "unpickled here; save a numeric array with np.save(file, A.astype(float))"
        )
    return InvalidInputError(f"{path} cannot be read as a NumPy file: {error}")


def _read_npy(path: Path, key: str | None, force: bool) -> np.ndarray:
    loaded = _load(path)
    if not isinstance(loaded, np.ndarray):
        raise InvalidInputError(f"{path} is an .npz archive by its content; rename it")
    return _guarded(loaded, str(path), force)


def _read_npz(path: Path, key: str | None, force: bool) -> np.ndarray:
    if not zipfile.is_zipfile(path):
        raise InvalidInputError(f"{path} is damaged or no .npz archive (a zip file of arrays)")
    archive = _load(path)
    with archive:
        names = list(archive.files)
        if not names:
            raise InvalidInputError(f"{path} holds no arrays")
        if key is None:
            if {"indices", "indptr", "data", "shape"} <= set(names):
                raise InvalidInputError(
                    f"{path} is a scipy.sparse matrix; save it dense, "
                    "np.save(FILE, scipy.sparse.load_npz(FILE).toarray())"
                )
            if len(names) > 1:
                raise InvalidInputError(
                    f"{path} holds {len(names)} arrays ({', '.join(names)}); name one as "
                    f"{path}:{names[0]} or with --key {names[0]}"
                )
            key = names[0]
        if key not in names:
            raise InvalidInputError(f"{path} has no array {key!r}; it has {', '.join(names)}")
        member = key if key in archive.zip.namelist() else f"{key}.npy"
        _check_bytes(f"{path}:{key}", archive.zip.getinfo(member).file_size, force)
        try:
            return np.asarray(archive[key])
        except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise _unreadable(path, error) from error


def _read_text(path: Path, key: str | None, force: bool) -> np.ndarray:
    _check_bytes(str(path), path.stat().st_size, force)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not a text file ({error.reason})") from error
    rows: list[list[float]] = []
    first = 0
    delimiter: str | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not rows and not first:
            delimiter = next((mark for mark in ",;\t" if mark in line), None)
            first = number
            if _is_header(line, delimiter):
                continue
        rows.append(_parse_line(path, number, line, delimiter))
        if len(rows[-1]) != len(rows[0]):
            raise InvalidInputError(
                f"{path}, line {number}: {len(rows[-1])} numbers, but {len(rows[0])} in the "
                "lines before it; all rows of a matrix have the same length"
            )
    if not rows:
        raise InvalidInputError(f"{path} holds no numbers")
    return np.array(rows, dtype=np.float64)


def _fields(line: str, delimiter: str | None) -> list[str]:
    fields = [field.strip().strip('"') for field in line.split(delimiter)]
    if delimiter is not None and len(fields) > 1 and fields[-1] == "":
        fields.pop()  # a trailing delimiter, as many programs write it
    return fields


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_header(line: str, delimiter: str | None) -> bool:
    # a line without any number names the columns; one with some is a damaged row
    return not any(_is_number(field) for field in _fields(line, delimiter))


def _parse_line(path: Path, number: int, line: str, delimiter: str | None) -> list[float]:
    row = []
    for column, field in enumerate(_fields(line, delimiter), start=1):
        if not _is_number(field):
            met = f"{field[:30]!r} is not a number" if field else "the field is empty"
            raise InvalidInputError(f"{path}, line {number}, column {column}: {met}")
        row.append(float(field))
    return row


def _check_bytes(name: str, count: int, force: bool) -> None:
    if count > MAX_BYTES and not force:
        raise InvalidInputError(
            f"{name} has {count} bytes, more than a matrix of {MAX_ENTRIES} entries needs, the "
            "limit here. Pass a part of it, or --force (force=True)"
        )


def _guarded(array: np.ndarray, name: str, force: bool) -> np.ndarray:
    if array.size > MAX_ENTRIES and not force:
        shape = " x ".join(map(str, array.shape))
        raise InvalidInputError(
            f"{name} is {shape}, {array.size} entries; each case takes full factorizations, so "
            f"the limit is {MAX_ENTRIES}. Pass a part of it (A[:k]), or --force (force=True)"
        )
    return array


def _checked(array: np.ndarray, name: str, force: bool) -> np.ndarray:
    """Return a contiguous copy in a dtype that the claims take."""
    if array.dtype.names is not None or array.dtype.kind not in "biufc":
        raise InvalidTypeError(f"{name} has dtype {array.dtype}; a matrix of numbers is needed")
    if array.dtype.itemsize > (16 if array.dtype.kind == "c" else 8):
        raise InvalidTypeError(
            f"{name} has dtype {array.dtype}, which LAPACK has no routines for; "
            f"use {'complex128' if array.dtype.kind == 'c' else 'float64'}"
        )
    if array.ndim != 2:
        way_out = f"{name}.reshape(-1, 1) is a column" if array.ndim == 1 else "pass one matrix"
        raise InvalidInputError(
            f"{name} has {array.ndim} dimension{'s' * (array.ndim != 1)} "
            f"(shape {array.shape}); a matrix has 2: {way_out}"
        )
    if array.size == 0:
        raise InvalidInputError(f"{name} is {array.shape[0]} x {array.shape[1]}: it has no entries")
    _guarded(array, name, force)
    if array.dtype.kind in "biu":
        dtype: np.dtype[Any] = np.dtype(np.float64)
    elif array.dtype.itemsize == 2:
        dtype = np.dtype(np.float32)
    else:
        dtype = array.dtype.newbyteorder("=")
    array = np.array(array, dtype=dtype, order="C")
    bad = ~np.isfinite(array)
    if bad.any():
        i, j = np.unravel_index(int(bad.argmax()), bad.shape)
        raise NonFiniteError(
            f"{name}[{i}, {j}] is {array[i, j]} ({int(bad.sum())} of {array.size} entries "
            f"{'is' if bad.sum() == 1 else 'are'} not finite)"
        )
    return array
