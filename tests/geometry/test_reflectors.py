"""Reflectors beside the product one by one in extended precision."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import lapack

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.geometry import Reflectors
from linsub.geometry.reflector_panels import make_panels
from tests.geometry.exact_reflectors import dtypes, gaussian, product, wide

KINDS = ("gaussian", "parallel", "equal", "trapezoid", "sparse", "with zeros", "graded")


def vectors(rng, kind, n, k, dtype):
    V = gaussian(rng, (n, k), dtype)
    if kind == "parallel":
        V = (gaussian(rng, (n, 1), dtype) + V * V.dtype.type(1e-4)).astype(dtype)
    elif kind == "equal":
        V = np.repeat(V[:, :1], k, axis=1)
    elif kind == "trapezoid":
        V = np.tril(V)
    elif kind == "sparse":
        V[rng.random(V.shape) < 0.7] = 0
    elif kind == "with zeros":
        V[:, rng.random(k) < 0.4] = 0
    elif kind == "graded":
        low, high = (-35, 35) if dtype in "fF" else (-300, 300)
        V = (V * 10.0 ** rng.uniform(low, high, k)).astype(dtype)
    return V


def signs_of(rng, s, dtype):
    z = gaussian(rng, s, dtype)
    return (z / np.abs(z)).astype(dtype)


def limit(k, dtype):
    return 25 * np.sqrt(max(k, 1)) * float(np.finfo(dtype).eps)


cases = {
    "seed": st.integers(0, 2**20),
    "n": st.integers(1, 30),
    "k": st.integers(0, 150),
    "dtype": st.sampled_from(dtypes),
    "kind": st.sampled_from(KINDS),
}


@given(**cases)
def test_it_is_the_product_and_unitary(seed, n, k, dtype, kind):
    rng = np.random.default_rng(seed)
    V = vectors(rng, kind, n, k, dtype)
    signs = signs_of(rng, int(rng.integers(0, n + 1)), dtype)
    Q = Reflectors(V, signs=signs)
    dense = Q.to_dense()
    exact = product(scaled(V), None, np.eye(n), signs)
    assert dense.dtype == np.dtype(dtype)
    assert float(np.abs(dense - exact).max()) <= limit(k, dtype)
    assert np.linalg.norm(dense.conj().T @ dense - np.eye(n), 2) <= limit(k, dtype)


def scaled(V):
    """Bring columns near 1 by powers of two, which changes no reflector."""
    exponents = np.frexp(np.abs(V).max(axis=0, initial=0.0))[1]
    return wide(V) * np.ldexp(np.longdouble(1), -exponents)


@given(**cases, order=st.sampled_from("CF"))
def test_all_sides_and_layouts(seed, n, k, dtype, kind, order):
    rng = np.random.default_rng(seed)
    Q = Reflectors(vectors(rng, kind, n, k, dtype), signs=signs_of(rng, n // 2, dtype))
    D = Q.to_dense()
    C = np.array(gaussian(rng, (n, 5), dtype), order=order)
    kept, near = C.copy(), 40 * np.sqrt(n) * limit(k, dtype)
    for turned, M in ((Q, D), (Q.H, D.conj().T), (Q.T, D.T), (Q.H.T, D.conj()), (Q.T.T, D)):
        np.testing.assert_allclose(turned @ C, M @ C, atol=near)
        np.testing.assert_allclose(C.T @ turned, C.T @ M, atol=near)
        np.testing.assert_allclose(turned.apply(C, trans=True), M.conj().T @ C, atol=near)
        np.testing.assert_allclose(
            turned.apply(C.T, side="right", trans=True), C.T @ M.conj().T, atol=near
        )
        np.testing.assert_allclose(turned @ C[:, 0], M @ C[:, 0], atol=near)
        np.testing.assert_allclose(C[:, 0] @ turned, C[:, 0] @ M, atol=near)
        np.testing.assert_allclose(turned.columns(n // 2), M[:, : n // 2], atol=near)
        np.testing.assert_array_equal(C, kept)
        target = C.copy(order="K")
        assert turned.apply(target, overwrite=True) is target
        np.testing.assert_array_equal(target, turned.apply(C))
    # what was turned is the product of an equal norm, and comes back
    assert abs(np.linalg.norm(Q @ C) - np.linalg.norm(C)) <= near
    np.testing.assert_allclose(Q.H @ (Q @ C), C, atol=near)


@given(seed=st.integers(0, 2**20), width=st.integers(1, 40), dtype=st.sampled_from(dtypes))
def test_any_width_of_panels_gives_the_same(seed, width, dtype):
    from linsub.geometry.reflector_panels import apply_panels, scaled_columns

    rng = np.random.default_rng(seed)
    Q = Reflectors(vectors(rng, KINDS[seed % len(KINDS)], 20, 70, dtype))
    E = np.eye(20, dtype=dtype)
    W = scaled_columns(Q.V)[0]
    apply_panels(make_panels(W, Q._tau, True, width), E)
    assert np.abs(E - Q.to_dense()).max() <= 2 * limit(70, dtype)


@given(
    seed=st.integers(0, 2**20),
    exponents=st.lists(st.integers(-990, 990), min_size=4, max_size=4),
    negative=st.booleans(),
)
def test_the_size_and_sign_of_a_vector_do_not_matter(seed, exponents, negative):
    V = np.random.default_rng(seed).standard_normal((6, 4))
    moved = np.ldexp(-V if negative else V, exponents)
    Q = Reflectors(moved)
    np.testing.assert_array_equal(Q.to_dense(), Reflectors(V).to_dense())
    np.testing.assert_array_equal(Q.V, moved)
    with np.errstate(over="ignore", under="ignore"):
        np.testing.assert_allclose(Q.tau, np.ldexp(2 / (V**2).sum(0), -2 * np.array(exponents)))


def _cluster(n, k):
    """Return vectors so near each other that 64 of them in one panel would round too much."""
    rng = np.random.default_rng(1)
    return rng.standard_normal((n, 1)) + 1e-3 * rng.standard_normal((n, k))


@pytest.mark.parametrize("dtype", dtypes)
def test_hard_collections_stay_orthogonal(dtype):
    rng = np.random.default_rng(3)
    for V in (
        gaussian(rng, (50, 10_000), dtype),
        gaussian(rng, (300, 1), dtype)
        + np.finfo(dtype).eps ** 0.5 * gaussian(rng, (300, 300), dtype),
        np.repeat(gaussian(rng, (60, 1), dtype), 500, axis=1),
        _cluster(8, 640),
    ):
        V = V.astype(dtype)
        D = Reflectors(V).to_dense().astype("D" if dtype in "FD" else "d")
        assert np.linalg.norm(D.conj().T @ D - np.eye(D.shape[0]), 2) <= limit(V.shape[1], dtype)


def test_the_determinant_counts_the_reflectors():
    rng = np.random.default_rng(0)
    for k, zeros in ((0, 0), (1, 0), (5, 1), (12, 5), (6, 6)):
        V = rng.standard_normal((6, k))
        V[:, :zeros] = 0
        assert abs(np.linalg.det(Reflectors(V).to_dense()) - (-1.0) ** (k - zeros)) <= 1e-13


@given(
    seed=st.integers(0, 2**20), m=st.integers(0, 12), n=st.integers(0, 12),
    dtype=st.sampled_from(dtypes), scale=st.sampled_from((1.0, 1e-300, 1e300)),
    pivoting=st.booleans(), rank=st.integers(0, 12),
)  # fmt: skip
def test_qr_gives_the_matrix_back(seed, m, n, dtype, scale, pivoting, rank):
    rng = np.random.default_rng(seed)
    A = gaussian(rng, (m, rank), dtype) @ gaussian(rng, (rank, n), dtype)
    size = np.clip(scale, float(np.finfo(dtype).tiny), float(np.finfo(dtype).max) / 1e5)
    A = (A * size).astype(dtype)
    Q = Reflectors.from_qr(A, pivoting)
    k = min(m, n)
    assert Q.shape == (m, m)
    assert Q.k == k
    R, order = Q.R, Q.permutation
    assert (order is None) != pivoting
    assert (np.tril(R, -1) == 0).all()
    assert (R.diagonal().imag == 0).all()
    assert (R.diagonal().real >= 0).all()
    if pivoting and k:
        assert (np.diff(R.diagonal().real) <= 1e-3 * R[0, 0].real).all()
    unit = max(float(np.abs(A).max(initial=0.0)), 1e-300)
    back = wide(Q.columns(k)) @ wide(R) / unit
    target = wide(A if order is None else A[:, order]) / unit
    assert float(np.abs(back - target).max(initial=0.0)) <= 60 * np.finfo(dtype).eps * 12


def frames():
    rng = np.random.default_rng(9)
    yield "minus identity", -np.eye(5)
    yield "identity", np.eye(4)
    yield "one", np.ones((1, 1))
    yield "minus one", -np.ones((1, 1))
    yield "no columns", np.zeros((4, 0))
    for n in (3, 7):
        P = np.eye(n)[:, rng.permutation(n)]
        yield "permutation", P
        yield "signed permutation", P * rng.choice([-1.0, 1.0], n)
        yield "cycle", np.roll(np.eye(n), 1, axis=0)
    for n, k in ((5, 1), (40, 40), (90, 70), (100, 3)):
        yield f"{n}x{k}", np.linalg.qr(rng.standard_normal((n, k)))[0]
    Z = rng.standard_normal((80, 50)) + 1j * rng.standard_normal((80, 50))
    yield "complex", np.linalg.qr(Z)[0]
    yield "imaginary", 1j * np.eye(4)
    yield "phases", np.diag(np.exp(1j * rng.uniform(0, 6, 6)))


@pytest.mark.parametrize(
    ("name", "F"), list(frames()), ids=lambda x: x if isinstance(x, str) else ""
)
@pytest.mark.parametrize("single", [False, True])
def test_any_frame_is_reached(name, F, single):
    if single:
        F = F.astype(np.complex64 if F.dtype.kind == "c" else np.float32)
    Q = Reflectors.from_orthonormal(F)
    n, k = F.shape
    eps = np.finfo(F.dtype).eps
    assert Q.V.dtype == F.dtype
    assert np.abs(Q.columns(k) - F).max(initial=0.0) <= 8 * np.sqrt(n) * max(k, 1) ** 0.5 * eps
    assert (Q.tau.real >= 1 - 4 * eps).all()
    assert (Q.tau.real <= 2).all()
    assert (np.triu(Q.V, 1) == 0).all()
    assert (Q.V.diagonal() == 1).all()


def test_frames_that_are_none_are_refused():
    with pytest.raises(InvalidInputError, match=r"Q is not orthonormal: .* is 1\.4e"):
        Reflectors.from_orthonormal(np.eye(3)[:, :2] * np.sqrt(2.0))
    with pytest.raises(InvalidInputError, match="Q is not orthonormal"):
        Reflectors.from_orthonormal(np.full((3, 1), 1e300))
    with pytest.raises(InvalidInputError, match=r"pass Q\.T"):
        Reflectors.from_orthonormal(np.eye(3)[:2])


@pytest.mark.parametrize("dtype", dtypes)
def test_random_frames_are_seeded_and_orthonormal(dtype):
    Q = Reflectors.random(9, 4, rng=3, dtype=dtype)
    assert Q.k == 4
    assert Q.dtype == np.dtype(dtype)
    F = Q.columns(4)
    assert np.abs(F.conj().T @ F - np.eye(4)).max() <= limit(4, dtype)
    np.testing.assert_array_equal(F, Reflectors.random(9, 4, rng=3, dtype=dtype).columns())
    assert np.abs(F - Reflectors.random(9, 4, rng=4, dtype=dtype).columns()).max() > 0.1
    assert Reflectors.random(3, rng=0).k == 3
    assert Reflectors.random(3, 0, rng=0).to_dense().tolist() == np.eye(3).tolist()


def test_random_matrices_have_either_determinant():
    found = {
        round(float(np.linalg.det(Reflectors.random(n, rng=seed).to_dense())))
        for n in (1, 2, 3)
        for seed in range(20)
    }
    assert found == {-1, 1}


@pytest.mark.parametrize("dtype", dtypes)
def test_the_wy_form_is_the_product(dtype):
    rng = np.random.default_rng(2)
    V = gaussian(rng, (30, 90), dtype)
    V[:, [3, 17]] = 0
    Q = Reflectors(V)
    W, T = Q.compact_wy()
    assert (np.tril(T, -1) == 0).all()
    assert (T[3] == 0).all()
    assert (T[:, 17] == 0).all()
    D = np.eye(30) - W @ T @ W.conj().T
    assert np.abs(D - Q.to_dense()).max() <= 4 * limit(90, dtype)


@pytest.mark.parametrize("dtype", dtypes)
def test_lapack_reflectors_are_taken(dtype):
    A = gaussian(np.random.default_rng(1), (20, 6), dtype)
    geqrf, ungqr = {
        "f": (lapack.sgeqrf, lapack.sorgqr), "d": (lapack.dgeqrf, lapack.dorgqr),
        "F": (lapack.cgeqrf, lapack.cungqr), "D": (lapack.zgeqrf, lapack.zungqr),
    }[dtype]  # fmt: skip
    packed, tau, _, _ = geqrf(A)
    V = np.tril(packed, -1) + np.eye(20, 6)
    Q = Reflectors(V.astype(dtype), tau)
    assert 0 <= Q.defect <= 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(Q.columns(6), ungqr(packed, tau)[0], atol=limit(6, dtype))


def test_a_tau_of_another_vector_is_refused():
    V = np.array([[1.0, 1.0], [1.0, 2.0]])
    with pytest.raises(InvalidInputError, match=r"tau\[1\] is 1, .*off by 1.5e\+01\).* 0\.4$"):
        Reflectors(V, [1.0, 1.0])
    assert Reflectors(V, [1.0, 0.0]).to_dense().tolist() == [[0.0, -1.0], [-1.0, 0.0]]
    with pytest.raises(InvalidTypeError, match="tau is complex and V is real"):
        Reflectors(V, [1.0 + 0j, 0.4])
    with pytest.raises(InvalidInputError, match=r"tau must have shape \(2,\)"):
        Reflectors(V, [1.0])
    with pytest.raises(InvalidInputError, match=r"signs\[1\] is 2"):
        Reflectors(V, signs=[1.0, 2.0])
    with pytest.raises(InvalidInputError, match="signs has 3 entries and V has 2 rows"):
        Reflectors(V, signs=[1.0, 1.0, 1.0])


def test_shapes_that_do_not_fit_are_named():
    Q = Reflectors(np.ones((3, 1)))
    with pytest.raises(InvalidInputError, match=r"C has shape \(2, 2\) .*C needs 3 rows"):
        Q.apply(np.eye(2))
    with pytest.raises(InvalidInputError, match="C needs 3 columns"):
        np.eye(2) @ Q
    with pytest.raises(InvalidInputError, match="side"):
        Q.apply(np.eye(3), side="above")
    with pytest.raises(InvalidInputError, match="k must satisfy"):
        Q.columns(4)
    with pytest.raises(TypeError):
        Q @ Q
    with pytest.raises(InvalidInputError, match=r"X has shape \(2,\)"):
        Q.vjp([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(InvalidInputError, match=r"G has shape \(3, 1\) and X \(3,\)"):
        Q.vjp(np.ones(3), np.ones((3, 1)))
    with pytest.raises(NumericalError, match="R exceeds the largest"):
        Reflectors.from_qr(np.full((9, 1), 1.7e308))


def test_what_cannot_be_overwritten_is_copied():
    Q = Reflectors(np.ones((3, 1)))
    C = np.eye(3)
    C.flags.writeable = False
    for X in (C, np.eye(3, dtype=int), np.eye(3, dtype=np.float32), np.eye(6)[::2, ::2]):
        kept = X.copy()
        found = Q.apply(X, overwrite=True)
        assert found is not X
        np.testing.assert_array_equal(X, kept)


def test_precisions_meet_in_the_wider_one():
    V = np.ones((3, 2), np.float32)
    assert (Reflectors(V) @ np.eye(3)).dtype == np.float64
    assert (Reflectors(V) @ np.eye(3, dtype=np.float32)).dtype == np.float32
    assert (Reflectors(V) @ (1j * np.eye(3, dtype=np.float32))).dtype == np.complex64
    Q = Reflectors(V)
    np.testing.assert_allclose(Q @ (1j * np.eye(3)), 1j * Q.to_dense(), atol=1e-6)


def test_changing_the_vectors_later_changes_nothing():
    V = np.random.default_rng(0).standard_normal((4, 2))
    Q = Reflectors(V)
    before = Q.to_dense()
    V[:] = 0
    Q.V[:] = 0
    Q.signs[:] = 0
    np.testing.assert_array_equal(Reflectors(Q.V).to_dense(), before)
    np.testing.assert_array_equal(Q.to_dense(), before)


def test_views_say_what_they_are_and_empty_ones_work():
    Q = Reflectors.from_qr(np.eye(3)[:, :2])
    assert Q.T.R is None
    assert Q.T.T.k == 2
    assert repr(Q.H) == "Reflectors(<2 of length 3, float64>).H"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        E = Reflectors(np.zeros((0, 0)))
        assert E.to_dense().shape == (0, 0)
        assert (Reflectors(np.zeros((3, 0))) @ np.eye(3)).tolist() == np.eye(3).tolist()
        assert (Reflectors(np.ones((3, 2))) @ np.zeros((3, 0))).shape == (3, 0)
        gX, gV, gtau = Reflectors(np.zeros((0, 3))).vjp(np.zeros((0, 2)), np.zeros((0, 2)))
        assert gX.shape == (0, 2)
        assert gV.shape == (0, 3)
        assert gtau is None


@pytest.mark.parametrize("dtype", dtypes)
@pytest.mark.parametrize("side", ["left", "right"])
def test_entries_near_the_largest_number_do_not_overflow(dtype, side):
    top = float(np.finfo(dtype).max)
    Q = Reflectors(np.ones((3, 1), dtype))
    C = np.full((3, 3), 0.9 * top, dtype)
    for overwrite in (False, True):
        found = Q.apply(C.copy(), side=side, overwrite=overwrite)
        np.testing.assert_allclose(found / top, -0.9, rtol=10 * np.finfo(dtype).eps)


def test_bad_arguments_of_random_matrices():
    with pytest.raises(InvalidTypeError, match="dtype must be float32"):
        Reflectors.random(3, dtype="nothing")
    with pytest.raises(InvalidInputError, match="k must satisfy 0 <= k <= 3, got 4"):
        Reflectors.random(3, 4)
    with pytest.raises(InvalidInputError, match="n must satisfy 1 <= n"):
        Reflectors.random(0)


def test_what_is_refused_is_left_as_it_was():
    C = np.array([[1.0], [np.nan]])
    with pytest.raises(NonFiniteError, match=r"C\[1, 0\] is nan"):
        Reflectors(np.ones((2, 1))).apply(C, overwrite=True)
    assert C[0, 0] == 1.0
    with pytest.raises(InvalidInputError, match="C is not a rectangular array"):
        Reflectors(np.ones((2, 1))).apply([[1.0], [2.0, 3.0]])


def test_products_beyond_the_largest_number_are_refused():
    top = float(np.finfo(np.float64).max)
    Q = Reflectors([[1.0], [-1.0 - np.sqrt(2.0)]])
    with pytest.raises(NumericalError, match="an entry of the product exceeds"):
        Q @ np.array([top, top])
    with pytest.raises(NumericalError, match="the gradients exceed the largest float64"):
        Q.vjp(np.array([1e200, 1.0]), np.array([1e200, 3.0]))


@pytest.mark.parametrize("dtype", dtypes)
def test_columns_of_any_scale_keep_their_digits(dtype):
    high = 30 if np.finfo(dtype).maxexp == 128 else 290
    A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 1.0]], dtype)
    sizes = np.ldexp(1.0, [3 * high, -3 * high, 0]).astype(A.real.dtype)
    Q, plain = Reflectors.from_qr(A * sizes), Reflectors.from_qr(A)
    np.testing.assert_array_equal(Q.R, plain.R * sizes)
    np.testing.assert_array_equal(Q.to_dense(), plain.to_dense())
