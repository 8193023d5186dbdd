"""The user's own matrix for a benchmark: dense files and SciPy's sparse archives."""

from __future__ import annotations

import importlib
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

__all__ = ["load"]

_SPARSE = {"format", "shape", "data"}  # what scipy.sparse.save_npz writes, among others


def load(source: str | os.PathLike[str], key: str | None = None) -> Any:
    """Read a matrix from a ``.npy``, ``.npz``, ``.csv`` or ``.txt`` file.

    Parameters
    ----------
    source : path
        ``FILE.npz:NAME`` names an array of an archive. An archive that
        ``scipy.sparse.save_npz`` wrote gives a sparse matrix, in CSR.
    key : str, optional
        The name of the array in an archive.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        With what was found and the way out.
    """
    text = os.fspath(source)
    if key is None and ".npz:" in text:
        text, _, key = text.rpartition(":")
    path = Path(text)
    if not path.is_file():
        raise InvalidInputError(f"{path}: there is no such file")
    suffix = path.suffix.lower()
    try:
        if suffix == ".npy":
            return _checked(np.load(path, allow_pickle=False), str(path))
        if suffix == ".npz":
            return _archive(path, key)
        if suffix in (".csv", ".txt"):
            return _checked(_text(path), str(path))
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{path} cannot be read: {error}") from error
    raise InvalidInputError(
        f"{path}: cannot tell the format from the suffix {path.suffix!r}; known are "
        ".npy, .npz, .csv, .txt"
    )


def _archive(path: Path, key: str | None) -> Any:
    with np.load(path, allow_pickle=False) as archive:
        names = list(archive.files)
        if key is None and set(names) >= _SPARSE:
            matrix = importlib.import_module("scipy.sparse").load_npz(path).tocsr()
            _checked(matrix.data.reshape(1, -1), str(path), least=0)
            return matrix
        if key is None and len(names) == 1:
            key = names[0]
        if key not in names:
            met = "no name was given" if key is None else f"there is no {key!r}"
            raise InvalidInputError(
                f"{path} holds the arrays {', '.join(names) or '(none)'}, and {met}; "
                f"name one as {path}:NAME"
            )
        return _checked(archive[key], f"{path}:{key}")


def _text(path: Path) -> np.ndarray:
    lines = path.read_text("utf-8-sig").splitlines()
    rows = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not rows:
        raise InvalidInputError(f"{path} holds no numbers")
    delimiter = next((mark for mark in ",;\t" if mark in rows[0]), None)
    first = rows[0].split(delimiter)
    skip = int(not any(_is_number(field) for field in first))  # a line of column names
    return np.loadtxt(rows[skip:], delimiter=delimiter, ndmin=2)


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _checked(array: np.ndarray, name: str, least: int = 1) -> np.ndarray:
    if array.dtype.kind not in "biufc":
        raise InvalidTypeError(f"{name} has dtype {array.dtype}; a matrix of numbers is needed")
    if array.ndim != 2 or array.size < least:
        raise InvalidInputError(
            f"{name} has shape {array.shape}; a benchmark needs a matrix with entries"
        )
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    elif array.dtype.itemsize == 2:
        array = array.astype(np.float32)
    elif array.dtype.char not in "fdFD":
        array = array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    if not np.isfinite(array).all():
        bad = ~np.isfinite(array)
        i, j = np.unravel_index(int(bad.argmax()), bad.shape)
        raise NonFiniteError(
            f"{name}[{i}, {j}] is {array[i, j]} ({int(bad.sum())} of {array.size} entries "
            "are not finite)"
        )
    return array
