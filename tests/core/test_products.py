"""Products against extended precision, by componentwise bounds, on every path."""

import contextlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linsub._core import products
from linsub.errors import InvalidInputError, InvalidTypeError

ROOT = Path(__file__).parents[2]
DTYPES = ("float32", "float64", "complex64", "complex128")
LAYOUTS = ("C", "F", "strided", "transposed slice")
ENGINES = ("kernels", "panels")


@contextlib.contextmanager
def forced(engine, part=256):
    """Small matrices take the paths of large ones, in several parts."""
    with mock.patch.multiple(
        products, SMALL=1, PART=part, LAST_CACHE=0, _gemm_panels=lambda: engine == "panels"
    ):
        yield


def laid_out(A, layout):
    if layout == "C":
        out = np.ascontiguousarray(A)
    elif layout == "F":
        out = np.asfortranarray(A)
    elif layout == "strided":
        out = np.repeat(A, 2, axis=1)[:, ::2]
    else:
        out = np.hstack([A.T, A.T])[:, : A.shape[0]].T
    out.flags.writeable = False
    return out


def draw(rng, shape, dtype):
    A = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        A = A + 1j * rng.standard_normal(shape)
    return A.astype(dtype)


def gamma(n, dtype):
    """Rounding of a sum of n products in any order; for complex ones of twice the terms."""
    dtype = np.dtype(dtype)
    n = 2 * n + 4 if dtype.kind == "c" else n + 1
    u = np.finfo(dtype).eps / 2
    return n * u / (1 - n * u)


def wide(A):
    return A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble)


def size(A):
    return np.abs(A.real) + np.abs(A.imag)


def assert_close(got, exact, bound, dtype):
    assert got.dtype == dtype
    assert got.shape == exact.shape
    error = size(wide(got) - exact)
    assert (error <= bound).all(), float(np.max(error - bound))


def check_all(A, X, Y, n_threads=1):
    """Hold every product of A to its bound; return them all."""
    m, n = A.shape
    dense = A if isinstance(A, np.ndarray) else A.toarray()
    a, x, y = wide(dense), wide(X), wide(Y)
    up, down = gamma(n, A.dtype), gamma(m, A.dtype)
    ax, ay = a @ x, a.conj().T @ y
    size_x, size_y = size(a) @ size(x), size(a).T @ size(y)
    size_n = size(a).T @ size_x
    found = [products.matmat(A, X, n_threads), products.rmatmat(A, Y, n_threads)]
    found += [*products.normal(A, X, n_threads), *products.both(A, X, Y, n_threads)]
    exact = [ax, ay, a.conj().T @ ax, ax, ax, ay]
    both_ways = up + down + up * down
    bounds = [up * size_x, down * size_y, both_ways * size_n]
    bounds += [up * size_x, up * size_x, down * size_y]
    for got, want, bound in zip(found, exact, bounds, strict=True):
        assert_close(got, want, bound, A.dtype)
    return found


@settings(max_examples=60)
@given(
    m=st.integers(0, 70),
    n=st.integers(0, 70),
    b=st.integers(0, 33),
    dtype=st.sampled_from(DTYPES),
    layout=st.sampled_from(LAYOUTS),
    narrow=st.sampled_from(LAYOUTS),
    engine=st.sampled_from(ENGINES),
    n_threads=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
@example(70, 70, 32, "float64", "C", "F", "kernels", 2, 0)
@example(70, 70, 32, "float32", "F", "C", "panels", 2, 0)
@example(69, 67, 7, "float64", "F", "C", "kernels", 1, 0)
@example(70, 70, 1, "float64", "C", "C", "kernels", 1, 0)
def test_dense(m, n, b, dtype, layout, narrow, engine, n_threads, seed):
    rng = np.random.default_rng(seed)
    A = laid_out(draw(rng, (m, n), dtype), layout)
    X = laid_out(draw(rng, (n, b), dtype), narrow)
    Y = laid_out(draw(rng, (m, b), dtype), narrow)
    before = [A.copy(), X.copy(), Y.copy()]
    with forced(engine):
        found = check_all(A, X, Y, n_threads)
    assert all(np.array_equal(p, q) for p, q in zip([A, X, Y], before, strict=True))
    for got in found:
        assert got.flags.f_contiguous
        assert got.flags.writeable
        assert not any(np.shares_memory(got, given) for given in (A, X, Y))


@settings(max_examples=30)
@given(
    m=st.integers(0, 70),
    n=st.integers(0, 70),
    b=st.integers(1, 9),
    dtype=st.sampled_from(DTYPES),
    form=st.sampled_from(["csr_array", "csr_matrix", "csc_array", "csc_matrix"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_sparse(m, n, b, dtype, form, seed):
    rng = np.random.default_rng(seed)
    A = draw(rng, (m, n), dtype) * (rng.random((m, n)) < 0.2)
    A = getattr(sp, form)(A.astype(dtype))
    for array in (A.data, A.indices, A.indptr):
        array.flags.writeable = False
    found = check_all(A, draw(rng, (n, b), dtype), draw(rng, (m, b), dtype))
    assert all(type(got) is np.ndarray for got in found)


SHAPES = [(1300, 37, 8), (37, 1300, 8), (515, 1029, 5), (64, 64, 2), (9, 6000, 17)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("m", "n", "b"), SHAPES)
def test_long_sides(m, n, b, dtype, engine):
    """Longer than the stretches and panels that the loops are cut into."""
    rng = np.random.default_rng(1)
    A = rng.integers(-4, 5, (m, n)).astype(dtype)  # integers: sums are exact
    X, Y = (rng.integers(-4, 5, shape).astype(dtype) for shape in ((n, b), (m, b)))
    with forced(engine, part=4096):
        for B in (A, np.asfortranarray(A)):
            assert np.array_equal(products.matmat(B, X), A @ X)
            assert np.array_equal(products.rmatmat(B, Y), A.T @ Y)
            W, Z = products.both(B, X, Y)
            assert np.array_equal(W, A @ X)
            assert np.array_equal(Z, A.T @ Y)
            Z, W = products.normal(B, X)
            assert np.array_equal(W, A @ X)
            assert np.array_equal(Z, A.T @ (A @ X))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_threads_give_the_same_bits(dtype, layout, engine):
    rng = np.random.default_rng(2)
    A = laid_out(draw(rng, (403, 307), dtype), layout)
    X, Y = draw(rng, (307, 6), dtype), draw(rng, (403, 6), dtype)
    with forced(engine, part=10000):
        reference = check_all(A, X, Y, 1)
        for n_threads in (2, 3, 7):
            found = check_all(A, X, Y, n_threads)
            assert all(np.array_equal(p, q) for p, q in zip(reference, found, strict=True))


@pytest.mark.parametrize("engine", ENGINES)
def test_concurrent_callers_agree(engine):
    rng = np.random.default_rng(3)
    A, X = rng.standard_normal((200, 150)), rng.standard_normal((150, 8))
    with forced(engine):
        reference = products.normal(A, X)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: products.normal(A, X, 2), range(20)))
    assert all(np.array_equal(p, q) for got in answers for p, q in zip(reference, got, strict=True))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_and_inf_reach_the_result(dtype, bad, layout, engine):
    m, n, b = 41, 38, 6
    A = np.ones((m, n), dtype)
    A[17, 36] = bad
    X, Y = np.ones((n, b), dtype), np.ones((m, b), dtype)
    X[36, 1] = Y[17, 2] = 0  # 0 * inf is nan
    A = laid_out(A, layout)
    with forced(engine), np.errstate(invalid="ignore"):
        results = products.matmat(A, X), products.rmatmat(A, Y)
        Z, W = products.normal(A, X)
        W2, Z2 = products.both(A, X, Y)
        want = A @ X, A.T @ Y, A.T @ (A @ X)
    for got, exact in zip(
        (*results, Z, W, W2, Z2), (*want, want[0], want[0], want[1]), strict=True
    ):
        assert np.array_equal(np.isnan(got), np.isnan(exact))
        assert np.array_equal(np.isinf(got), np.isinf(exact))
        assert not np.isfinite(got).all()


def test_padding_meets_no_infinity():
    """Columns are padded with zeros for the kernels, and 0 * inf must stay in the padding."""
    A = np.full((20, 20), np.inf)
    with forced("kernels"), np.errstate(invalid="ignore"):
        assert np.isposinf(products.matmat(A, np.ones((20, 3)))).all()
        assert np.isposinf(products.normal(A, np.ones((20, 3)))[0]).all()


def test_fusable():
    A = np.ones((10, 20))
    assert products.fusable(A)
    assert not products.fusable(np.asfortranarray(A))
    assert not products.fusable(A + 0j)
    assert not products.fusable(A[:, ::2])
    assert not products.fusable(np.ones((2, 1 << 16)))
    assert not products.fusable(sp.csr_array(A))


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_shapes_and_types_are_checked(make):
    A = make(np.ones((4, 3)))
    for X in (np.ones((4, 2)), np.ones(3), np.ones((3, 2, 1))):
        for call in (products.matmat, products.normal):
            with pytest.raises(InvalidInputError, match="X must have shape"):
                call(A, X)
    with pytest.raises(InvalidInputError, match="Y must have shape"):
        products.rmatmat(A, np.ones((3, 2)))
    with pytest.raises(InvalidTypeError, match="X is complex"):
        products.matmat(A, np.ones((3, 2), complex))


def test_operands_take_the_dtype_of_the_matrix():
    A = np.ones((70, 70), "float32")
    with forced("kernels"):
        assert products.matmat(A, np.ones((70, 4))).dtype == np.float32
        assert products.rmatmat(A, np.ones((70, 4), int)).dtype == np.float32


def test_one_kernel_for_all_kinds_of_storage(tmp_path):
    """Kernels see one kind of array, whether it was writable, read-only or memory-mapped."""
    from linsub._core._kernels import skinny

    A = np.random.default_rng(4).standard_normal((80, 60))
    X, Y = np.ones((60, 4)), np.ones((80, 4))
    mapped = np.memmap(tmp_path / "A", dtype=A.dtype, mode="w+", shape=A.shape)
    mapped[:] = A
    locked = A.copy()
    locked.flags.writeable = False
    seen = set()

    def spy(kernel):
        def call(*args):
            seen.add(tuple((type(x), x.flags.carray, x.flags.writeable) for x in args[:2]))
            return kernel(*args)

        return call

    names = ("forward", "backward", "normal", "both")
    spies = {name: spy(getattr(skinny, name)) for name in names}
    with forced("kernels"), mock.patch.multiple(skinny, **spies):
        for B in (A, locked, mapped):
            products.matmat(B, X)
            products.rmatmat(B, Y)
            assert type(products.normal(B, X)[0]) is np.ndarray
            products.both(B, X, Y)
    assert seen == {((np.ndarray, False, False), (np.ndarray, True, True))}
    assert A.flags.writeable


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_scan(dtype, layout):
    A = laid_out(draw(np.random.default_rng(5), (90, 70), dtype), layout)
    peak, squares, finite = products.scan(A)
    exact = float(np.sum(np.abs(wide(A)) ** 2))
    assert finite
    assert squares == pytest.approx(exact, rel=A.size * float(np.finfo(dtype).eps))
    assert np.abs(A).max() <= peak * (1 + 1e-6)
    assert peak <= np.abs(A).max() * np.sqrt(2 * A.size)


@pytest.mark.parametrize("value", [1e-300, 1e300, 0.0])
def test_scan_out_of_the_range_of_squares(value):
    peak, _, finite = products.scan(np.full((30, 20), value))
    assert finite
    assert peak == value


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scan_sees_what_is_not_finite(bad):
    A = np.ones((300, 200))
    A[-1, -1] = bad
    assert not products.scan(A)[2]
    assert not products.scan(np.asfortranarray(A))[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_fork_after_threads():
    script = """
        import os, warnings
        import numpy as np
        from linsub._core import products
        warnings.simplefilter("ignore", DeprecationWarning)
        products._gemm_panels, products.PART = (lambda: False), 1000
        A = np.random.default_rng(0).standard_normal((300, 200))
        X = A[:200, :6].copy()
        expected = products.normal(A, X, 2)[0]
        child = os.fork()
        if child == 0:
            os._exit(0 if np.array_equal(products.normal(A, X, 2)[0], expected) else 3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(line[8:] for line in script.splitlines())],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.strip() == "0", done.stderr
