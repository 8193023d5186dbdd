"""One table of all public functions: a valid call of each, and what it accepts.

It drives tests/test_inputs.py, which holds every function against every odd or bad input.
A new function is one more row here.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from linsub import svd

__all__ = ["BAD", "FORMS", "FUNCTIONS", "LAYOUTS", "Function", "example", "matrices"]

DENSE = frozenset({"dense", "complex", "empty"})
ANYTHING = DENSE | {"sparse", "operator", "blocks", "dask"}

RANK = 3


@dataclasses.dataclass(frozen=True)
class Function:
    """A row of the table.

    Attributes
    ----------
    name : str
    call : callable
        ``call(A, **options)``, a valid call for A of any accepted form. Random functions
        take a fixed seed unless the options give one.
    values : callable
        result -> arrays that the result determines, each homogeneous of degree 1 in A.
    takes : frozenset of str
        Of dense, complex, empty, sparse, operator, blocks, dask. The rest is refused.
    argument : str
        What messages call the matrix.
    in_kind : bool
        Whether arrays come back in the caller's own array type.
    ranked : bool
        Whether ``rank=`` is an argument, refused beyond min(m, n).
    random : bool
        Whether ``rng=`` is an argument.
    """

    name: str
    call: Callable[..., Any]
    values: Callable[[Any], tuple[np.ndarray, ...]]
    takes: frozenset[str] = ANYTHING
    argument: str = "A"
    in_kind: bool = True
    ranked: bool = True
    random: bool = True

    def __repr__(self) -> str:
        return self.name


def _shape(A: Any) -> tuple[int, int]:
    """Return the shape of whatever A is; of what is no matrix, one that fits other arguments."""
    shape = getattr(A, "shape", None)
    if shape is None and isinstance(A, list | tuple):
        if A and getattr(A[0], "ndim", 0) == 2:
            return sum(block.shape[0] for block in A), A[0].shape[1]
        shape = (len(A), len(A[0]) if A and isinstance(A[0], list | tuple) else 1)
    if isinstance(shape, tuple) and len(shape) == 2:
        return shape
    return example().shape


def _short(A: Any) -> int:
    return min(_shape(A))


def _truncated(**fixed: Any) -> Callable[..., Any]:
    def call(A: Any, **options: Any) -> Any:
        options = {"rng": 0, **fixed, **options}
        if "rank" not in options and "error" not in options:
            options["rank"] = min(RANK, _short(A))
        return svd.truncated_svd(A, **options)

    return call


def _randomized(A: Any, **options: Any) -> Any:
    options = {"rng": 0, "rank": min(RANK, _short(A)), **options}
    return svd.randomized_svd(A, **options)


def _single_pass(A: Any, **options: Any) -> Any:
    shape = _shape(A)
    options = {"rng": 0, "rank": min(RANK, *shape), **options}
    if isinstance(A, np.ndarray) and A.dtype.kind == "c":
        options.setdefault("dtype", complex)
    # In one piece: how it is cut is the business of the algorithm's own tests.
    return svd.single_pass_svd([A], shape, **options)


def _error(norm: str) -> Callable[..., Any]:
    def call(A: Any, **options: Any) -> Any:
        m, n = _shape(A)
        k = min(2, m, n)
        return svd.low_rank_error(
            A, np.eye(m, k), np.zeros(k), np.eye(k, n), norm=norm, **{"rng": 0, **options}
        )

    return call


def _split(A: Any, **options: Any) -> Any:
    return svd.split_svd(A, **{"rank": min(RANK, _short(A)), "rng": 0, **options})


def _weighted(A: Any, **options: Any) -> Any:
    m, _ = _shape(A)
    weights = 1.0 + np.arange(m) % 3
    return svd.weighted_svd(
        A, **{"rank": min(RANK, _short(A)), "row_weights": weights, "rng": 0, **options}
    )


def _incremental(A: Any, **options: Any) -> Any:
    options.pop("rng", None)
    options = {"rank": min(RANK, _short(A)), **options}
    return svd.IncrementalSVD(**options, keep_right=True).update(A, axis=1).result()


def _hapod(A: Any, **options: Any) -> Any:
    options.pop("rng", None)
    return svd.hapod([A], **{"error": 0.0, "keep_right": True, **options})


def _merge(A: Any, **options: Any) -> Any:
    # What a part may be is the business of its own tests.
    rank = options.pop("rank", min(RANK, _short(A)))
    return svd.merge_svd([svd.truncated_svd(A, rank, **{"rng": 0, **options})], rank)


def _triple(result: Any) -> tuple[np.ndarray, ...]:
    U, S, Vh = (np.asarray(field) for field in result)
    return S, (U * S) @ Vh


def _product(result: Any) -> tuple[np.ndarray, ...]:
    left, right = np.asarray(result[0]), np.asarray(result[1])
    return (left @ right, *(np.asarray(rest) for rest in result[2:]))


def _number(result: Any) -> tuple[np.ndarray, ...]:
    return (np.asarray(float(result)),)


def _nothing(result: Any) -> tuple[np.ndarray, ...]:
    assert type(result) is int
    return ()


# Small blocks, and residuals that leave the values right to rounding, so that the iterative
# engines run on a small matrix and give what LAPACK gives.
_ITERATE = {"block": 2, "tol": 1e-13}

FUNCTIONS = (
    Function("truncated_svd", _truncated(), _triple),
    Function("truncated_svd-lanczos", _truncated(method="lanczos", **_ITERATE), _triple),
    Function("truncated_svd-golub-kahan", _truncated(method="golub-kahan", **_ITERATE), _triple),
    Function("truncated_svd-gram", _truncated(method="gram"), _triple),
    Function(
        "truncated_svd-error",
        _truncated(error=0.1, rank=None),
        _triple,
        takes=ANYTHING,
        ranked=False,
    ),
    Function("randomized_svd", _randomized, _triple),
    Function(
        "single_pass_svd",
        _single_pass,
        _triple,
        takes=ANYTHING - {"operator"},
        argument="blocks[0]",
        in_kind=False,
    ),
    Function("low_rank_error", _error("frobenius"), _number, in_kind=False, ranked=False),
    Function("low_rank_error-spectral", _error("spectral"), _number, in_kind=False, ranked=False),
    Function(
        "numerical_rank",
        lambda A, **options: svd.numerical_rank(A, **options),
        _nothing,
        in_kind=False,
        ranked=False,
        random=False,
    ),
    Function("split_svd", _split, _product, takes=DENSE | {"dask"}),
    Function(
        "IncrementalSVD",
        _incremental,
        _triple,
        takes=DENSE | {"sparse"},
        argument="block",
        ranked=False,
        random=False,
    ),
    Function(
        "hapod",
        _hapod,
        _triple,
        takes=DENSE | {"sparse"},
        argument="blocks[0]",
        ranked=False,
        random=False,
    ),
    Function("merge_svd", _merge, _triple),
    Function("weighted_svd", _weighted, _product, takes=DENSE | {"dask"}),
)


def example(m: int = 40, n: int = 24, dtype: Any = float, rank: int | None = None) -> np.ndarray:
    """Return a matrix with the singular values 1, 1/2, 1/4, ..., its rows not normalized."""
    rng = np.random.default_rng(m * 1000 + n)
    k = min(m, n) if rank is None else rank
    wide = np.dtype(complex if np.dtype(dtype).kind == "c" else float)

    def frame(rows: int) -> np.ndarray:
        X = rng.standard_normal((rows, k)).astype(wide)
        if wide.kind == "c":
            X = X + 1j * rng.standard_normal((rows, k))
        return np.asarray(np.linalg.qr(X)[0])

    return np.asarray((frame(m) * 0.5 ** np.arange(k)) @ frame(n).conj().T, dtype=dtype)


def matrices() -> Iterator[tuple[str, np.ndarray]]:
    """Yield matrices at the edges of what there is."""
    for m, n in ((0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (2, 2), (7, 7), (30, 4), (4, 30)):
        for dtype in "fdFD":
            yield f"{m}x{n} {np.dtype(dtype)}", example(m, n, dtype)
    yield "zero", np.zeros((6, 4))
    yield "identity", np.eye(12)
    yield "ties", np.kron(np.diag([2.0, 1.0]), np.eye(5))
    yield "ones", np.ones((6, 9))
    yield "one entry", np.eye(1, 20, 7) * np.eye(20, 1, -3)
    yield "rank 2", example(20, 15, rank=2)
    yield "smallest number", np.full((3, 3), 5e-324)
    yield "largest number", np.diag([np.finfo(float).max / 4, 1.0, 0.0])
    yield "whole range", np.diag([1e300, 1.0, 1e-300])


# The same numbers in another place, order or wrapping.


class Subclass(np.ndarray):
    """Says nothing of its own."""


def _misaligned(A: np.ndarray) -> np.ndarray:
    memory = np.zeros(A.nbytes + 1, np.uint8)
    B = memory[1:].view(A.dtype).reshape(A.shape)
    B[...] = A
    return B


def _frozen(A: np.ndarray) -> np.ndarray:
    B = A.copy()
    B.flags.writeable = False
    return B


def _mapped(A: np.ndarray, folder: Any) -> np.ndarray:
    path = folder / "matrix.npy"
    np.save(path, A)
    return np.load(path, mmap_mode="r")


LAYOUTS: dict[str, Callable[[np.ndarray, Any], Any]] = {
    "F": lambda A, _: np.asfortranarray(A),
    "strided": lambda A, _: np.repeat(np.repeat(A, 2, axis=0), 3, axis=1)[::2, ::3],
    "reversed": lambda A, _: A[::-1, ::-1].copy()[::-1, ::-1],
    "read-only": lambda A, _: _frozen(A),
    "misaligned": lambda A, _: _misaligned(A),
    "big-endian": lambda A, _: A.astype(A.dtype.newbyteorder(">")),
    "memory map": _mapped,
    "subclass": lambda A, _: A.copy().view(Subclass),
    "lists": lambda A, _: A.tolist(),
    "tuples": lambda A, _: tuple(map(tuple, A.tolist())),
}


class Repeating:
    """Row blocks that start afresh; no length, no index, no shape."""

    def __init__(self, make: Callable[[], Iterator[Any]]) -> None:
        self.make = make

    def __iter__(self) -> Iterator[Any]:
        return self.make()


class Products:
    """The least that a linear operator may be: no base class, no dtype, single vectors."""

    def __init__(self, A: np.ndarray) -> None:
        self.shape = A.shape
        self._A = A

    def matvec(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._A @ x)

    def rmatvec(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(self._A.conj().T @ y)


def _stored(A: np.ndarray, format: str) -> Any:
    return sparse.coo_array(A).asformat(format)


def _as_spmatrix(A: np.ndarray, format: str) -> Any:
    return getattr(sparse, f"{format}_matrix")(A)


def _duplicates(A: np.ndarray) -> Any:
    """Store each entry as two halves in shuffled order, and some zeros."""
    i, j = np.indices(A.shape).reshape(2, -1)
    order = np.random.default_rng(0).permutation(3 * A.size)
    rows, columns = np.tile(i, 3)[order], np.tile(j, 3)[order]
    halves = np.concatenate([A.ravel() / 2, A.ravel() / 2, np.zeros(A.size)])[order]
    return sparse.coo_array((halves, (rows, columns)), shape=A.shape)


def _unsorted(A: np.ndarray) -> Any:
    B = sparse.csr_array(A)
    for i in range(A.shape[0]):
        row = slice(B.indptr[i], B.indptr[i + 1])
        B.indices[row], B.data[row] = B.indices[row][::-1].copy(), B.data[row][::-1].copy()
    B.has_sorted_indices = False
    B.has_canonical_format = False
    return B


def _wide_indices(A: np.ndarray) -> Any:
    B = sparse.csr_array(A)
    B.indices, B.indptr = B.indices.astype(np.int64), B.indptr.astype(np.int64)
    return B


def _swapped(A: np.ndarray) -> Any:
    B = sparse.csr_array(A)
    B.data = B.data.astype(A.dtype.newbyteorder(">"))
    return B


def _dask(A: np.ndarray) -> Any:
    import dask.array

    return dask.array.from_array(A, chunks=(11, 7))


_SPLIT = (9, 9, 17)  # an empty block among them

# form -> (what a function must take, make)
FORMS: dict[str, tuple[str, Callable[[np.ndarray], Any]]] = {
    **{
        f"{kind} {name}": ("sparse", lambda A, make=make, name=name: make(A, name))
        for kind, make in (("array", _stored), ("matrix", _as_spmatrix))
        for name in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok")
    },
    "duplicates": ("sparse", _duplicates),
    "duplicates csc": ("sparse", lambda A: _with_duplicates(_duplicates(A))),
    "unsorted": ("sparse", _unsorted),
    "64-bit indices": ("sparse", _wide_indices),
    "big-endian sparse": ("sparse", _swapped),
    "LinearOperator": ("operator", aslinearoperator),
    "LinearOperator, vectors only": (
        "operator",
        lambda A: LinearOperator(
            A.shape, matvec=lambda x: A @ x, rmatvec=lambda y: A.conj().T @ y, dtype=A.dtype
        ),
    ),
    "products": ("operator", Products),
    "list of blocks": ("blocks", lambda A: np.split(A, _SPLIT)),
    "tuple of blocks": ("blocks", lambda A: tuple(np.split(A, _SPLIT))),
    "one block": ("blocks", lambda A: [A]),
    "re-iterable": ("blocks", lambda A: Repeating(lambda: iter(np.split(A, _SPLIT)))),
    "generator function": (
        "blocks",
        lambda A: Repeating(lambda: (A[i : i + 7] for i in range(0, A.shape[0], 7))),
    ),
    "blocks of many kinds": (
        "blocks",
        lambda A: [A[:9].copy(order="F"), sparse.csr_array(A[9:20]), A[:19:-1][::-1]],
    ),
    "dask": ("dask", _dask),
}


def _with_duplicates(B: Any) -> Any:
    """Return a CSC array that still holds its duplicates, as an assembly by hand does."""
    order = np.argsort(B.col, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(np.bincount(B.col, minlength=B.shape[1]))])
    return sparse.csc_array((B.data[order], B.row[order], indptr), shape=B.shape)


def _as_matrix(A: np.ndarray) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return np.asmatrix(A)


# What no function takes: a name -> (make, what the message must hold).
BAD: dict[str, tuple[Callable[[], Any], str | None]] = {
    "longdouble": (lambda: example(4, 3).astype(np.longdouble), r"astype\(np.float64\)"),
    "clongdouble": (lambda: example(4, 3).astype(np.clongdouble), r"astype\(np.complex128\)"),
    "object": (lambda: example(4, 3).astype(object), "not numeric"),
    "strings": (lambda: np.full((4, 3), "1.0"), "not numeric"),
    "datetime": (lambda: np.zeros((4, 3), "M8[s]"), "not numeric"),
    "timedelta": (lambda: np.zeros((4, 3), "m8[s]"), "not numeric"),
    "structured": (lambda: np.zeros((4, 3), "f8,f8"), "not numeric"),
    "masked": (lambda: np.ma.masked_less(example(4, 3), 0.0), "masked"),
    "matrix": (lambda: _as_matrix(example(4, 3)), r"np\.asarray"),
    "ragged": (lambda: [[1.0, 2.0, 3.0], [1.0]], "rectangular"),
    "0-d": (lambda: np.array(1.0), r"shape \(\)"),
    "number": (lambda: 2.0, r"shape \(\)"),
    "3-d": (lambda: np.ones((2, 4, 3)), r"shape \(2, 4, 3\)"),
    "None": (lambda: None, "NoneType"),
    "text": (lambda: "matrix", None),
    "bytes": (lambda: b"matrix", None),
    "dict": (lambda: {"A": 1}, "dict"),
    "set": (lambda: {1.0, 2.0}, "set"),
    "class": (lambda: np.ndarray, "class ndarray"),
    "function": (lambda: example, "function"),
    "generator": (lambda: (row for row in example(4, 3)), "one-shot"),
    "iterator": (lambda: iter([example(4, 3)]), "one-shot"),
}


def ratio(found, wanted, size, eps):
    """Return the largest difference in units of what rounding allows."""
    assert len(found) == len(wanted)
    worst = 0.0
    for x, y in zip(found, wanted, strict=True):
        assert x.shape == y.shape
        scale = float(np.abs(y).max(initial=0.0))
        error = float(np.abs(x - y).max(initial=0.0))
        worst = max(worst, error / (scale * size * eps) if scale else error / eps)
    return worst


def operator(A, **changes):
    products = {"matvec": lambda x: A @ x, "rmatvec": lambda y: A.conj().T @ y, "dtype": A.dtype}
    return LinearOperator(A.shape, **{**products, **changes})
