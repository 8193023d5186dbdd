"""One view on everything that acts as a matrix: the same products, counted and scaled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from linsub._core import blocks
from linsub._core.operators import Operator, view
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.testing import gallery, ratios


class Afresh:
    """Row blocks from a function, as a file reader gives them."""

    def __init__(self, A):
        self.A = A

    def __iter__(self):
        return (self.A[i : i + 3] for i in range(0, self.A.shape[0], 3))


def dask_array(A):
    dask = pytest.importorskip("dask.array")
    return dask.from_array(A, chunks=(5, 4))


FORMS = {
    "C": lambda A: np.array(A, order="C"),
    "F": lambda A: np.array(A, order="F"),
    "csr": sparse.csr_array,
    "csc": sparse.csc_array,
    "coo": sparse.coo_array,
    "operator": aslinearoperator,
    "list": lambda A: np.array_split(A, 3),
    "afresh": Afresh,
    "sparse blocks": lambda A: [sparse.csr_array(A[:5]), sparse.csc_array(A[5:])],
    "dask": dask_array,
}
KINDS = {"C": "dense", "F": "dense", "operator": "operator", "dask": "dask"}
KINDS |= dict.fromkeys(("csr", "csc", "coo"), "sparse")
KINDS |= dict.fromkeys(("list", "afresh", "sparse blocks"), "blocks")

every_form = pytest.mark.parametrize("form", FORMS)


def close(found, wanted, size, dtype):
    """Whether a product is right to rounding, by the size of what was summed."""
    error = float(np.abs(found - wanted).max(initial=0.0))
    return error <= ratios.PASS * np.finfo(dtype).eps * size


@every_form
@given(
    seed=st.integers(0, 2**20),
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    columns=st.integers(0, 9),
    dtype=st.sampled_from("fdFD"),
    exponent=st.sampled_from([0, -90, 90]),
)
def test_the_four_products(form, seed, shape, columns, dtype, exponent):
    m, n = shape
    A = gallery.matrix("gaussian", m, n, dtype=dtype, rng=seed)
    if form != "operator":  # it learns its scale from a product, later
        A = A * A.dtype.type(2.0**exponent)
    op = view(FORMS[form](A))
    assert op.shape == shape
    assert op.dtype == dtype
    assert op.kind == KINDS[form]
    assert np.frexp(op.scale)[0] == 0.5  # a power of two
    rng = np.random.default_rng(seed)
    wide = np.dtype(complex if A.dtype.kind == "c" else float)
    B = A.astype(wide) * op.scale
    X = rng.standard_normal((n, columns)).astype(dtype)
    Y = rng.standard_normal((m, columns)).astype(dtype)
    Bh = B.conj().T
    size = float(np.abs(B).max()) * 25 * 4
    for side, M, Mh, P, Q in ((op, B, Bh, X, Y), (op.adjoint, Bh, B, Y, X)):
        assert side.shape == M.shape
        assert close(side.matmat(P), M @ P, size, dtype)
        assert close(side.rmatmat(Q), Mh @ Q, size, dtype)
        Z, W = side.normal_keep(P)
        assert close(W, M @ P, size, dtype)
        assert close(Z, Mh @ (M @ P), size * size, dtype)
        assert close(side.normal(P), Mh @ (M @ P), size * size, dtype)
        one, two = side.both(P, Q)
        assert close(one, M @ P, size, dtype)
        assert close(two, Mh @ Q, size, dtype)
        assert all(product.dtype == dtype for product in (Z, W, one, two))


@every_form
@pytest.mark.parametrize("dtype", "fdFD")
def test_the_norm_and_the_rows(form, dtype):
    A = gallery.matrix("gaussian", 17, 9, dtype=dtype, rng=0)
    op = view(FORMS[form](A))
    norm = op.frobenius()
    if form == "operator":
        assert norm is None
        with pytest.raises(NotImplementedError):
            op.row_blocks()
        return
    eps = np.finfo(dtype).eps
    assert abs(norm / op.scale - np.linalg.norm(A.astype("D"))) <= ratios.PASS * eps * norm
    assert op.adjoint.frobenius() == norm
    rows = np.zeros_like(A)
    for row, block in op.row_blocks():
        rows[row : row + len(block)] = block
    assert np.array_equal(rows, A * A.dtype.type(op.scale))


@every_form
def test_products_and_passes_are_counted(form):
    A = gallery.matrix("gaussian", 17, 9, rng=0)
    op = view(FORMS[form](A))
    before = op.passes
    assert before == (1 if op.kind in ("blocks", "dask") else 0)
    op.matmat(np.ones((9, 2)))
    assert (op.products, op.passes) == (2, before + 1)
    op.rmatmat(np.ones((17, 3)))
    assert (op.products, op.passes) == (5, before + 2)
    op.normal(np.ones((9, 2)))
    fused = 1 if op.one_read_normal else 2
    assert (op.products, op.passes) == (9, before + 2 + fused)
    op.adjoint.matmat(np.ones((17, 1)))
    assert (op.products, op.passes) == (10, before + 3 + fused)
    op.both(np.ones((9, 1)), np.ones((17, 2)))
    assert op.products == 13


@every_form
def test_the_adjoint_of_the_adjoint_is_the_operator(form):
    op = view(FORMS[form](np.eye(7, 5)))
    assert op.adjoint.adjoint is op
    assert isinstance(op, Operator)
    assert view(op) is op


@pytest.mark.parametrize("exponent", [-1000, -400, -100, 0, 100, 400, 1000])
@pytest.mark.parametrize("form", [form for form in FORMS if form != "operator"])
def test_the_scale_brings_entries_near_one(form, exponent):
    A = np.ldexp(gallery.matrix("gaussian", 17, 9, rng=0), exponent)
    op = view(FORMS[form](A))
    product = op.matmat(np.eye(9))
    peak = float(np.abs(product).max())
    assert 2.0**-310 <= peak <= 2.0**310
    assert np.array_equal(product / op.scale, A)
    assert np.isfinite(op.frobenius())
    assert op.frobenius() > 0


@pytest.mark.parametrize("small", [-1000, -400, 0])
@pytest.mark.parametrize("large", [0, 400, 1000])
def test_blocks_of_different_scales_are_one_matrix(small, large):
    piece = gallery.matrix("gaussian", 6, 5, rng=0)
    rows = [np.ldexp(piece, small), np.zeros((2, 5)), np.ldexp(piece, large)]
    op, whole = view(rows), view(np.concatenate(rows))
    assert op.scale == view([np.ldexp(piece, large)]).scale or small == large
    X = np.random.default_rng(0).standard_normal((5, 3))
    ratio = op.scale / whole.scale
    assert np.allclose(op.matmat(X), whole.matmat(X) * ratio, rtol=1e-13)
    assert np.allclose(op.normal(X), whole.normal(X) * ratio**2, rtol=1e-12)
    assert np.isclose(op.frobenius(), whole.frobenius() * ratio, rtol=1e-13)


def test_the_zero_matrix_and_the_empty_one():
    for A in (np.zeros((4, 3)), sparse.csr_array((4, 3)), [np.zeros((4, 3))], np.zeros((0, 3))):
        op = view(A)
        assert op.scale == 1.0
        assert op.frobenius() == 0.0
        assert not op.matmat(np.ones((3, 2))).any()


def test_dense_arrays_are_not_copied_and_sparse_ones_neither():
    A = gallery.matrix("gaussian", 30, 20, rng=0)
    for order in "CF":
        B = np.array(A, order=order)
        assert np.shares_memory(view(B).array, B)
    S = gallery.sparse_random(30, 20, 0.2, rng=0)
    S.sum_duplicates()
    assert np.shares_memory(view(S).array.data, S.data)


def test_duplicates_are_summed_in_a_copy():
    S = sparse.csr_array((np.array([3.0, 4.0, 1.0]), np.array([1, 1, 0]), np.array([0, 2, 3])))
    data = S.data.copy()
    op = view(S)
    assert op.frobenius() == np.sqrt(50.0)
    assert np.array_equal(S.data, data)


def test_single_precision_twins():
    A = np.ldexp(gallery.matrix("gaussian", 30, 20, rng=0), 200)
    op = view(A)
    twin = op.single()
    assert twin.dtype == np.float32
    found = twin.matmat(np.eye(20, dtype="f")).astype(float) / np.abs(twin.array).max()
    wanted = A / np.abs(A).max()
    assert np.abs(found - wanted).max() <= 4 * np.finfo(np.float32).eps
    assert view(A * 1j).single() is None
    assert twin.single() is None


# What an operator may do wrong.


def operator(**changes):
    A = np.arange(12.0).reshape(4, 3)
    functions = {"matvec": lambda x: A @ x, "rmatvec": lambda y: A.T @ y}
    return LinearOperator((4, 3), dtype=float, **{**functions, **changes})


def test_an_operator_without_an_adjoint():
    op = view(LinearOperator((4, 3), matvec=lambda x: np.zeros(4), dtype=float))
    op.matmat(np.ones((3, 2)))
    with pytest.raises(InvalidTypeError, match="A gives no rmatvec.*define rmatvec"):
        op.rmatmat(np.ones((4, 2)))


def test_a_fault_of_the_operators_own_is_not_hidden():
    def fails(x):
        raise TypeError("unsupported operand type(s)")

    with pytest.raises(TypeError, match="unsupported operand") as caught:
        view(operator(matvec=fails)).matmat(np.ones((3, 1)))
    assert not isinstance(caught.value, InvalidTypeError)

    def breaks(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        view(operator(matvec=breaks)).matmat(np.ones((3, 1)))


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"matmat": lambda X: np.full((4, X.shape[1]), np.inf)}, NonFiniteError, "matmat returned"),
        ({"matmat": lambda X: 1j * np.ones((4, X.shape[1]))}, InvalidTypeError, "complex"),
    ],
)
def test_products_that_cannot_be_used(changes, error, text):
    with pytest.raises(error, match=text):
        view(operator(**changes)).matmat(np.ones((3, 2)))


def test_products_in_another_precision_are_converted():
    op = view(operator(matmat=lambda X: np.ones((4, X.shape[1]), np.float32)))
    assert op.matmat(np.ones((3, 2))).dtype == np.float64
    op = view(operator(matmat=lambda X: [[1, 2]] * 4))
    assert op.matmat(np.ones((3, 2))).dtype == np.float64


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_operators_and_sparse_arrays_of_other_dimensions(shape):
    class Odd:
        def matvec(self, x):
            return x

    odd = Odd()
    odd.shape, odd.dtype = shape, np.dtype(float)
    with pytest.raises(InvalidInputError, match="2-D"):
        view(odd)
    if len(shape) == 1:
        with pytest.raises(InvalidInputError, match="2-D"):
            view(sparse.coo_array(np.ones(3)))


# Blocks.


@pytest.mark.parametrize(
    ("A", "wanted"),
    [
        ([np.ones((2, 3))], True),
        ((np.ones((2, 3)), np.ones((1, 3))), True),
        ([sparse.csr_array(np.ones((2, 3)))], True),
        (Afresh(np.ones((2, 3))), True),
        ([[1.0, 2.0]], False),
        ([], False),
        ([np.ones(3)], False),
        (np.ones((2, 3)), False),
        (iter([np.ones((2, 3))]), False),
        ("abc", False),
        ({"a": 1}, False),
        (3.0, False),
        (None, False),
    ],
)
def test_what_counts_as_blocks(A, wanted):
    assert blocks.is_block_sequence(A) is wanted


def test_blocks_of_several_precisions_take_the_widest():
    assert view([np.ones((2, 3), "f"), np.ones((2, 3), "f")]).dtype == np.float32
    assert view([np.ones((2, 3), "f"), np.ones((2, 3), "i4")]).dtype == np.float64
    op = view([np.ones((2, 3), "f"), 1j * np.ones((2, 3), "F")])
    assert op.dtype == np.complex64
    X = np.array([[1j], [2.0], [0.0]], "F")
    wanted = np.concatenate([np.ones((2, 3)), 1j * np.ones((2, 3))]) @ X
    assert np.allclose(op.matmat(X), wanted)
    assert np.allclose(op.rmatmat(np.full((4, 1), 1j, "F")), [[2j + 2]] * 3)


def test_operators_are_no_blocks():
    """Their norms are unknown, and with it that of the whole."""
    A = np.ones((3, 4))
    with pytest.raises(InvalidTypeError, match=r"A\[block 1\] is a LinearOperator"):
        view([A, aslinearoperator(A)])


def test_complex_vectors_through_real_blocks_of_a_complex_matrix():
    A = np.concatenate([np.ones((3, 4)), 1j * np.eye(3, 4)])
    op = view([A[:3].real, A[3:]])
    X = np.random.default_rng(0).standard_normal((4, 2)) + 1j
    assert np.allclose(op.matmat(X), A @ X)
    assert np.allclose(op.normal(X), A.conj().T @ (A @ X))
    Y = np.random.default_rng(1).standard_normal((6, 2)) - 1j
    assert np.allclose(op.rmatmat(Y), A.conj().T @ Y)


def test_dask_arrays_of_unknown_or_other_shapes():
    dask = pytest.importorskip("dask.array")
    A = dask.from_array(np.arange(12.0).reshape(4, 3), chunks=(2, 3))
    with pytest.raises(InvalidInputError, match="compute_chunk_sizes"):
        view(A[A[:, 0] > 2])
    with pytest.raises(InvalidInputError, match="2-D"):
        view(dask.ones((2, 2, 2)))
