"""The boundary: what comes in leaves canonical, or is refused by name; nothing is written to."""

import hashlib
import pickle

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

from linsub._core import arrays
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError

BASE = np.arange(12.0).reshape(4, 3) - 5.0


def misaligned(A):
    memory = np.zeros(A.nbytes + 1, np.uint8)
    B = memory[1:].view(A.dtype).reshape(A.shape)
    B[...] = A
    assert not B.flags.aligned
    return B


def memory_mapped(A, path):
    B = np.memmap(path, dtype=A.dtype, mode="w+", shape=A.shape)
    B[...] = A
    return B


class Subclass(np.ndarray):
    pass


LAYOUTS = {
    "C": lambda A: A.copy(order="C"),
    "F": lambda A: A.copy(order="F"),
    "rows strided": lambda A: np.repeat(A, 2, axis=0)[::2],
    "columns strided": lambda A: np.repeat(A, 2, axis=1)[:, ::2],
    "rows reversed": lambda A: A[::-1].copy()[::-1],
    "both reversed": lambda A: A[::-1, ::-1].copy()[::-1, ::-1],
    "misaligned": misaligned,
    "swapped bytes": lambda A: A.astype(A.dtype.newbyteorder("S")),
    "subclass": lambda A: A.copy().view(Subclass),
    "broadcast": lambda A: np.broadcast_to(A, (1, *A.shape))[0],
}


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_becomes_canonical_with_its_values(layout, dtype):
    A = LAYOUTS[layout](BASE.astype(dtype))
    before = hashlib.sha256(A.tobytes()).digest()
    x = arrays.as_matrix(A)
    assert type(x) is np.ndarray
    assert x.dtype == np.dtype(dtype)
    assert x.dtype.isnative
    assert x.flags.aligned
    assert x.flags.c_contiguous or x.flags.f_contiguous
    assert np.array_equal(x, BASE)
    assert hashlib.sha256(A.tobytes()).digest() == before


@pytest.mark.parametrize("layout", ["C", "F"])
def test_canonical_arrays_are_not_copied(layout):
    A = LAYOUTS[layout](BASE)
    assert np.shares_memory(arrays.as_matrix(A), A)


def test_a_read_only_array_is_taken_as_it_is():
    A = BASE.copy()
    A.flags.writeable = False
    assert np.shares_memory(arrays.as_matrix(A), A)


def test_a_memory_map_is_not_loaded(tmp_path):
    A = memory_mapped(BASE, tmp_path / "a")
    x = arrays.as_matrix(A)
    assert type(x) is np.ndarray
    assert np.shares_memory(x, A)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("layout", ["C", "F", "both reversed"])
def test_an_order_can_be_asked_for(layout, order):
    x = arrays.as_matrix(LAYOUTS[layout](BASE), order=order)
    assert x.flags.c_contiguous if order == "C" else x.flags.f_contiguous
    assert np.array_equal(x, BASE)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        *((code, "f8") for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")),
        ("f2", "f4"),
        (">f2", "f4"),
        (">i4", "f8"),
        (">f4", "f4"),
        ("<f8", "f8"),
        (">c8", "c8"),
        (">c16", "c16"),
    ],
)
def test_the_dtype_to_compute_in(given, wanted):
    assert arrays.canonical_dtype(np.dtype(given)) == np.dtype(wanted)
    x = arrays.as_matrix(np.ones((2, 2), given))
    assert x.dtype == np.dtype(wanted)
    assert x.dtype.isnative
    assert np.array_equal(x, np.ones((2, 2)))


REFUSED = {
    "longdouble": (np.ones((2, 2), np.longdouble), InvalidTypeError, r"astype\(np.float64\)"),
    "clongdouble": (np.ones((2, 2), np.clongdouble), InvalidTypeError, r"astype\(np.complex128\)"),
    "object": (np.array([[1, "a"]], object), InvalidTypeError, "not numeric"),
    "string": (np.array([["a", "b"]]), InvalidTypeError, "not numeric"),
    "bytes": (np.array([[b"a"]]), InvalidTypeError, "not numeric"),
    "datetime": (np.zeros((2, 2), "M8[s]"), InvalidTypeError, "not numeric"),
    "timedelta": (np.zeros((2, 2), "m8[s]"), InvalidTypeError, "not numeric"),
    "structured": (np.zeros((2, 2), "f8,f8"), InvalidTypeError, "not numeric"),
    "masked": (np.ma.masked_less(BASE, 0), InvalidTypeError, r"filled\(value\)"),
    "matrix": (np.asmatrix(BASE), InvalidTypeError, r"np.asarray\(A\)"),
    "ragged": ([[1.0, 2.0], [3.0]], InvalidInputError, "rectangular"),
    "text": ("abc", (InvalidInputError, InvalidTypeError), "A"),
    "None": (None, (InvalidInputError, InvalidTypeError), "A"),
    "dict": ({"a": 1}, (InvalidInputError, InvalidTypeError), "A"),
    "set": ({1.0}, (InvalidInputError, InvalidTypeError), "A"),
    "0-d": (np.array(1.0), InvalidInputError, "scalar"),
    "number": (3.0, InvalidInputError, "2-D"),
    "1-d": (np.ones(3), InvalidInputError, r"A\[:, None\]"),
    "3-d": (np.ones((2, 2, 2)), InvalidInputError, "stack"),
    "generator": ((row for row in BASE), InvalidTypeError, "one-shot"),
    "sparse": (sparse.csr_array(BASE), InvalidTypeError, r"toarray\(\)"),
    "operator": (aslinearoperator(BASE), InvalidTypeError, "LinearOperator"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_refused_by_name(case):
    A, error, text = REFUSED[case]
    with pytest.raises(error, match=text) as caught:
        arrays.as_matrix(A)
    assert str(caught.value).startswith("A ")
    with pytest.raises(error, match="^weights "):
        arrays.as_matrix(A, name="weights")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, complex(0, np.nan), complex(np.inf, 1)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_first_bad_entry_and_the_count_are_named(layout, bad):
    A = BASE.astype(complex if isinstance(bad, complex) else float)
    A[2, 1] = A[3, 0] = bad
    A = LAYOUTS[layout](A)
    with pytest.raises(NonFiniteError, match=r"^A\[2, 1\] is .* \(2 of 12 entries are not finite"):
        arrays.as_matrix(A)
    assert arrays.as_matrix(A, check_finite=False).shape == (4, 3)


def test_one_bad_entry_is_written_in_the_singular():
    with pytest.raises(NonFiniteError, match=r"^x\[0\] is nan \(1 of 2 entries is not finite"):
        arrays.as_vector([np.nan, 1.0], name="x")


def test_vectors():
    assert np.array_equal(arrays.as_vector([1, 2], name="w"), [1.0, 2.0])
    assert arrays.as_vector(np.ones(3, "f4")[::-1], name="w").dtype == np.float32
    for bad in (np.ones((2, 1)), 3.0, np.ones(3)):
        with pytest.raises(InvalidInputError, match=r"^w must have shape \(2,\)"):
            arrays.as_vector(bad, name="w", size=2)
    with pytest.raises(InvalidTypeError, match="w is a masked array"):
        arrays.as_vector(np.ma.masked_less(np.ones(2), 0), name="w")


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_empty_matrices_keep_their_shape(shape):
    assert arrays.as_matrix(np.zeros(shape)).shape == shape


# Other libraries. None of them need be installed: what matters is their interface.


def foreign(module, **attributes):
    """Return an instance of a class that says it comes from `module`."""
    kind = type("Tensor", (), {"shape": (2, 2), "ndim": 2, **attributes})
    kind.__module__ = module
    return kind()


@pytest.mark.parametrize(
    ("tensor", "way_out"),
    [
        (foreign("torch", requires_grad=True), r"\.detach\(\)"),
        (foreign("torch", dtype="torch.bfloat16"), "bfloat16; convert it to float32"),
        (foreign("torch", layout="torch.sparse_csr"), "pass a scipy.sparse matrix"),
        (foreign("sparse._coo"), r"to_scipy_sparse\(\)"),
        (foreign("cupy", __cuda_array_interface__={}), "lives on the device"),
        (
            foreign(
                "torch",
                __dlpack__=lambda self, **k: None,
                __dlpack_device__=lambda self: (2, 0),
                __array_namespace__=lambda self: np,
                device="cuda:0",
            ),
            "lives on the device cuda:0",
        ),
    ],
    ids=["grad", "bfloat16", "sparse tensor", "pydata", "cupy", "cuda"],
)
def test_tensors_that_are_refused(tensor, way_out):
    with pytest.raises(InvalidTypeError, match=way_out):
        arrays.as_matrix(tensor)


def test_a_traced_jax_array_is_refused():
    tracer = type("DynamicJaxprTracer", (), {"shape": (2, 2)})
    tracer.__module__ = "jax._src.interpreters.partial_eval"
    with pytest.raises(InvalidTypeError, match="traced JAX array.*outside jit"):
        arrays.as_matrix(tracer())


def test_numpy_is_its_own_home():
    for A in (BASE, [[1.0]], BASE.view(Subclass)):
        home = arrays.home(A)
        assert home.kind == "numpy"
        assert home.give_back(BASE) is BASE
    assert repr(arrays.home(BASE)) == "Home('numpy')"


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_array_api_arrays_go_out_in_kind(dtype):
    xp = pytest.importorskip("array_api_strict")
    A = xp.asarray(BASE, dtype=getattr(xp, dtype))
    x = arrays.as_matrix(A)
    assert type(x) is np.ndarray
    assert x.dtype == np.dtype(dtype)
    assert np.array_equal(x, BASE)
    back = arrays.home(A).give_back(x.T)
    assert type(back) is type(A)
    assert back.dtype == A.dtype
    assert np.array_equal(np.asarray(back), BASE.T)


def test_integers_of_another_library_become_float64():
    xp = pytest.importorskip("array_api_strict")
    assert arrays.as_matrix(xp.asarray([[1, 2]])).dtype == np.float64


def test_read_only_and_reversed_results_can_be_handed_back():
    xp = pytest.importorskip("array_api_strict")
    home = arrays.home(xp.asarray(BASE))
    frozen = BASE.copy()
    frozen.flags.writeable = False
    for x in (frozen, BASE[::-1], np.zeros((0, 3)), np.array(2.0)):
        assert np.array_equal(np.asarray(home.give_back(x)), x)


def test_torch_tensors_go_out_in_kind():
    torch = pytest.importorskip("torch")
    A = torch.arange(12, dtype=torch.float32).reshape(4, 3)
    assert arrays.as_matrix(A).dtype == np.float32
    assert isinstance(arrays.home(A).give_back(BASE), torch.Tensor)
    with pytest.raises(InvalidTypeError, match="detach"):
        arrays.as_matrix(A.requires_grad_())
    with pytest.raises(InvalidTypeError, match="bfloat16"):
        arrays.as_matrix(torch.ones((2, 2), dtype=torch.bfloat16))
    with pytest.raises(InvalidInputError, match="stack"):
        arrays.as_matrix(torch.ones((2, 2, 2)))


def test_jax_arrays_go_out_in_kind():
    jax = pytest.importorskip("jax")
    A = jax.numpy.arange(12.0).reshape(4, 3)
    assert arrays.as_matrix(A).shape == (4, 3)
    assert isinstance(arrays.home(A).give_back(BASE.astype("f4")), jax.Array)
    with pytest.raises(InvalidTypeError, match="traced"):
        jax.jit(lambda x: arrays.as_matrix(x))(A)


def test_a_home_goes_into_a_pickle():
    xp = pytest.importorskip("array_api_strict")
    A = xp.asarray(BASE)
    back = pickle.loads(pickle.dumps(arrays.home(A))).give_back(BASE)
    assert type(back) is type(A)
    assert np.array_equal(np.asarray(back), BASE)
