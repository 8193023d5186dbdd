"""The boundary: the only code that converts what a user passes in and hands it back.

Whatever comes in leaves here as a canonical array: a plain ``ndarray`` of dtype f4, f8,
c8 or c16, in native byte order, aligned, C or F contiguous. What cannot be used
faithfully is refused by name with the way out, never converted in silence.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

__all__ = [
    "Home",
    "as_matrix",
    "as_tensor",
    "as_vector",
    "as_vector_or_matrix",
    "canonical_dtype",
    "check_all_finite",
    "home",
    "locked",
    "refuse",
]

_CANONICAL = {"f4", "f8", "c8", "c16"}
_CPU = 1  # DLPack's kDLCPU
_PINNED = {3, 11}  # kDLCUDAHost, kDLROCMHost: memory that the CPU addresses directly


class Home:
    """Where an array came from, and how to hand results back in kind."""

    def __init__(self, kind: str = "numpy", wrap: Callable[[np.ndarray], Any] | None = None):
        self.kind = kind
        self._wrap = wrap

    def give_back(self, x: np.ndarray) -> Any:
        """Return `x` in the caller's own array type (zero-copy where the library can)."""
        return x if self._wrap is None else self._wrap(x)

    def __repr__(self) -> str:
        return f"Home({self.kind!r})"


def canonical_dtype(dtype: np.dtype, *, name: str = "A") -> np.dtype:
    """Return the dtype to compute in: f4, f8, c8 or c16; refuse the rest by name."""
    dtype = np.dtype(dtype)
    native = dtype.newbyteorder("=")
    if native.str[1:] in _CANONICAL:
        return native
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    if native == np.float16:
        return np.dtype(np.float32)
    if dtype.kind in "fc":
        raise InvalidTypeError(
            f"{name} has dtype {dtype}: no LAPACK computes in extended precision; "
            f"convert it, {name}.astype({'np.complex128' if dtype.kind == 'c' else 'np.float64'})"
        )
    raise InvalidTypeError(
        f"{name} has dtype {dtype}, which is not numeric; convert it to float or complex first"
    )


def _top_module(x: Any) -> str:
    return type(x).__module__.partition(".")[0]


def refuse(A: Any, name: str) -> None:
    """Refuse by name what NumPy would convert silently and wrongly."""
    kind = type(A).__name__
    if isinstance(A, type):
        raise InvalidTypeError(f"{name} is the class {A.__name__}; pass an instance of it")
    if isinstance(A, np.ma.MaskedArray):
        raise InvalidTypeError(
            f"{name} is a masked array: its masked values would be used as data; "
            f"fill them, {name}.filled(value), or drop those rows"
        )
    if isinstance(A, np.matrix):
        raise InvalidTypeError(f"{name} is an np.matrix; pass np.asarray({name})")
    if _top_module(A) in ("jax", "jaxlib") and any("Tracer" in c.__name__ for c in type(A).__mro__):
        raise InvalidTypeError(
            f"{name} is a traced JAX array ({kind}), which has no values yet; "
            "call linsub outside jit, grad and vmap (or through jax.pure_callback)"
        )
    if getattr(A, "requires_grad", False):
        raise InvalidTypeError(
            f"{name} is a tensor that requires grad and linsub does not differentiate; "
            f"pass {name}.detach()"
        )
    if _top_module(A) == "sparse":
        raise InvalidTypeError(f"{name} is a pydata sparse array; pass {name}.to_scipy_sparse()")
    if getattr(A, "layout", None) is not None and "sparse" in str(A.layout):
        raise InvalidTypeError(f"{name} is a sparse tensor; pass a scipy.sparse matrix")
    if "bfloat16" in str(getattr(A, "dtype", "")):
        raise InvalidTypeError(f"{name} has dtype bfloat16; convert it to float32 first")


def _foreign_namespace(A: Any) -> Any:
    """Return the module that made the array `A`, or None for what NumPy owns."""
    if isinstance(A, np.ndarray | np.generic | type) or not hasattr(A, "shape"):
        return None  # a class has the attributes of its arrays and is none
    if hasattr(A, "__array_namespace__"):
        return A.__array_namespace__()
    if hasattr(A, "__dlpack__"):
        return sys.modules.get(_top_module(A))
    return None


class _Wrap:
    """Hands arrays over to another library; goes into a pickle by the name of its module."""

    def __init__(self, xp: Any, dlpack: bool) -> None:
        self._xp, self._dlpack = xp, dlpack

    def __call__(self, x: np.ndarray) -> Any:
        # A consumer may refuse negative strides and read-only memory: hand over plain arrays.
        x = np.require(x, requirements=["W", "O", "A"]) if x.ndim else np.asarray(x)
        if hasattr(self._xp, "asarray") and not self._dlpack:
            return self._xp.asarray(x)
        try:
            return self._xp.from_dlpack(x)
        except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
            return self._xp.asarray(x)

    def __reduce__(self) -> tuple[Any, ...]:
        return _wrap_of, (self._xp.__name__, self._dlpack)


def _wrap_of(module: str, dlpack: bool) -> _Wrap:
    return _Wrap(importlib.import_module(module), dlpack)


def _check_device(A: Any, name: str) -> None:
    if hasattr(A, "__cuda_array_interface__") or hasattr(A, "__dlpack_device__"):
        try:
            device, _ = A.__dlpack_device__()
        except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
            device = None if hasattr(A, "__cuda_array_interface__") else _CPU
        if device != _CPU and device not in _PINNED:
            raise InvalidTypeError(
                f"{name} lives on the device {getattr(A, 'device', device)}; linsub computes on "
                f"the CPU and copies nothing across devices by itself: move {name} there first"
            )


def _from_foreign(A: Any, name: str) -> np.ndarray:
    _check_device(A, name)
    try:
        return np.from_dlpack(A)
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError) as error:
        try:
            return np.asarray(A)
        except (RuntimeError, TypeError, ValueError):
            raise InvalidTypeError(
                f"{name} is a {type(A).__module__}.{type(A).__name__} that cannot be read as a "
                f"CPU array ({error}); convert it to NumPy first"
            ) from error


def home(A: Any) -> Home:
    """Return where `A` came from: NumPy unless another array library owns it."""
    if _top_module(A) == "dask":  # results are small factors: they are handed back computed
        return Home()
    xp = _foreign_namespace(A)
    if xp is None or xp is np or getattr(xp, "__name__", "").startswith("numpy"):
        return Home()

    return Home(getattr(xp, "__name__", str(xp)), _Wrap(xp, hasattr(A, "__dlpack__")))


def _to_numpy(A: Any, name: str) -> np.ndarray:
    refuse(A, name)
    if hasattr(A, "tocsr") or hasattr(A, "tocoo"):
        raise InvalidTypeError(
            f"{name} is sparse and a dense array is needed; pass {name}.toarray()"
        )
    if _foreign_namespace(A) is not None and not isinstance(A, np.ndarray):
        return _from_foreign(A, name)
    if not isinstance(A, np.ndarray):  # some GPU arrays copy themselves over when asked
        _check_device(A, name)
    if not isinstance(A, np.ndarray) and callable(getattr(A, "matvec", None)):
        raise InvalidTypeError(
            f"{name} is a LinearOperator and an array is needed; pass {name} @ np.eye(n)"
        )
    if callable(getattr(A, "__next__", None)):
        raise InvalidTypeError(f"{name} is a one-shot iterator and an array is needed")
    try:
        x = np.asarray(A)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{name} is not a rectangular array of numbers: {error}") from error
    if x.dtype == object and x.ndim == 0:
        raise InvalidTypeError(f"{name} is a {type(A).__name__}, which is no array of numbers")
    return x


def check_all_finite(A: np.ndarray, *, name: str = "A") -> None:
    """Raise NonFiniteError naming the first bad entry of `A`, if there is one."""
    finite = np.isfinite(A)
    bad = A.size - int(np.count_nonzero(finite))
    if bad == 0:
        return
    where = np.unravel_index(int(np.argmin(finite)), A.shape)
    index = ", ".join(str(int(i)) for i in where)
    raise NonFiniteError(
        f"{name}[{index}] is {A[where]} ({bad} of {A.size} entries {'is' if bad == 1 else 'are'} "
        "not finite); drop or impute such entries first"
    )


def _canonical(x: np.ndarray, name: str, order: str | None) -> np.ndarray:
    dtype = canonical_dtype(x.dtype, name=name)
    x = np.asarray(x)  # drop subclasses: memmap and friends keep their memory
    aligned = x.flags.aligned and x.dtype == dtype
    contiguous = x.flags.c_contiguous or x.flags.f_contiguous
    if order is not None:
        contiguous = x.flags.c_contiguous if order == "C" else x.flags.f_contiguous
    if aligned and contiguous:
        return x
    layout: Any = order or ("K" if contiguous else "C")
    return np.array(x, dtype=dtype, order=layout, copy=True)


def as_matrix(
    A: Any, *, name: str = "A", check_finite: bool = True, order: str | None = None
) -> np.ndarray:
    """Return `A` as a canonical 2-D array; the caller's memory is shared, never written.

    Parameters
    ----------
    A : array_like of shape (m, n)
        NumPy array, nested sequence, or a CPU array of another library.
    name : str
        What the error messages call it.
    check_finite : bool
        Refuse nan and inf.
    order : {"C", "F"}, optional
        The layout to return; by default C or F, whichever `A` has.

    Raises
    ------
    InvalidTypeError, InvalidInputError, NonFiniteError
    """
    x = _to_numpy(A, name)
    if x.ndim != 2:
        hints = {
            0: "a scalar is no matrix",
            1: f"use {name}[:, None] for a single column or {name}[None, :] for a single row",
        }
        hint = hints.get(x.ndim, "a stack is not accepted; loop over its matrices")
        raise InvalidInputError(f"{name} must be 2-D, got shape {x.shape}; {hint}")
    x = _canonical(x, name, order)
    if check_finite:
        check_all_finite(x, name=name)
    return x


def as_vector(
    x: Any, *, name: str, size: int | None = None, check_finite: bool = True
) -> np.ndarray:
    """Return `x` as a canonical 1-D array, of length `size` where that is given."""
    y = _to_numpy(x, name)
    if y.ndim != 1 or (size is not None and y.size != size):
        wanted = "(n,)" if size is None else f"({size},)"
        raise InvalidInputError(f"{name} must have shape {wanted}, got {y.shape}")
    y = _canonical(y, name, "C")
    if check_finite:
        check_all_finite(y, name=name)
    return y


def as_tensor(x: Any, *, name: str, ndim: int | None = None) -> np.ndarray:
    """Return `x` as a canonical array in C order, finite, of `ndim` >= 1 dimensions."""
    y = _to_numpy(x, name)
    if y.ndim == 0 or (ndim is not None and y.ndim != ndim):
        wanted = "at least one dimension" if ndim is None else f"{ndim} dimensions"
        raise InvalidInputError(f"{name} must have {wanted}, got shape {y.shape}")
    y = _canonical(y, name, "C")
    check_all_finite(y, name=name)
    return y


def as_vector_or_matrix(x: Any, *, name: str, check_finite: bool = True) -> np.ndarray:
    """Return `x` as :func:`as_matrix` does where it has two dimensions, as a vector otherwise."""
    if _to_numpy(x, name).ndim == 2:
        return as_matrix(x, name=name, check_finite=check_finite)
    return as_vector(x, name=name, check_finite=check_finite)


def locked(x: np.ndarray) -> np.ndarray:
    """Return a read-only view, so that kernels are compiled for one kind of array and not two."""
    view = x.view(np.ndarray)
    view.flags.writeable = False
    return view
