"""Functions of singular values applied to vectors, against decompositions that are known."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from linsub.errors import (
    AccuracyWarning,
    ConvergenceError,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
)
from linsub.svt import (
    cheb_cos,
    cheb_exp,
    cheb_inverse,
    cheb_power,
    cheb_sign,
    cheb_sin,
    pinv_apply,
    principal_projection,
    principal_regression,
    singular_value_threshold,
    svt_apply,
)


def known(m, n, s, kind="f", seed=0):
    rng = np.random.default_rng(seed)

    def frame(rows):
        G = rng.standard_normal((rows, len(s)))
        if kind == "c":
            G = G + 1j * rng.standard_normal((rows, len(s)))
        return np.linalg.qr(G)[0]

    U, V = frame(m), frame(n)
    return (U * np.asarray(s)) @ V.conj().T, U, V


def vectors(n, b=None, kind="f", seed=1):
    rng = np.random.default_rng(seed)
    shape = (n,) if b is None else (n, b)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if kind == "c" else x


def off(y, reference):
    return np.linalg.norm(np.asarray(y) - reference, axis=0)


SCALES = (1e-300, 1e-30, 1.0, 1e40, 1e300)


@given(
    st.sampled_from([(9, 6), (6, 9), (1, 1), (1, 5), (5, 1), (7, 7)]),
    st.sampled_from("fc"),
    st.sampled_from("fc"),
    st.sampled_from(SCALES),
    st.sampled_from([1e-250, 1.0, 1e250]),
    st.sampled_from(["odd", "even"]),
)
def test_all_scales_shapes_and_types(shape, kind, other, scale, size, parity):
    m, n = shape
    s = np.linspace(1.0, 0.2, min(m, n))
    A, U, V = known(m, n, s, kind)
    x = vectors(n, 2, other)
    x[:, 0] = 0.0
    p = (cheb_sin if parity == "odd" else cheb_cos)(6.0, 1e-9)
    y, degree, matvecs, bound = svt_apply(A * scale, p.stretched(1.001 * scale), x * size)
    assert degree == matvecs == p.degree
    f = (np.sin if parity == "odd" else np.cos)(6.0 * s / 1.001)
    inner = V.conj().T @ x
    if parity == "odd":
        reference = U @ (f[:, None] * inner)
    else:
        reference = V @ ((f - 1.0)[:, None] * inner) + x
    assert y.dtype == (np.complex128 if "c" in kind + other else np.float64)
    errors = off(y / size, reference)
    assert np.all(errors <= bound / size + 1e-14 * np.linalg.norm(x, axis=0))
    assert bound[1] < 1e-6 * size
    assert np.all(y[:, 0] == 0.0)


@pytest.mark.parametrize("kind", ["f", "c"])
def test_every_kind_of_matrix_gives_the_same(kind):
    A, _, _ = known(20, 14, np.linspace(1.0, 0.1, 14), kind)
    x = vectors(14, 3)
    p = cheb_sign(0.1, 1e-6)
    plain = svt_apply(A, p, x)
    A32 = A.astype(np.complex64 if kind == "c" else np.float32)
    blocks = [A[:7], A[7:]]
    for other in (
        sp.csr_array(A),
        sp.csc_array(A),
        aslinearoperator(A),
        np.asfortranarray(A),
        blocks,
    ):
        found = svt_apply(other, p, x)
        assert np.all(off(found.y, plain.y) < 1e-12)
        assert found.info.products == 3 * p.degree
    single = svt_apply(A32, p, x.astype(np.float32))
    assert single.y.dtype == A32.dtype
    exact = svt_apply(A32.astype(A.dtype), p, x.astype(np.float32).astype(float))
    # Nothing but the last rounding is lost to the type of the input.
    assert np.abs(single.y - exact.y).max() < 1e-7 * np.abs(exact.y).max()
    assert np.all(off(single.y, exact.y) <= single.bound)


def test_a_vector_gives_a_vector_and_a_number():
    A, U, V = known(5, 4, [1.0, 0.5, 0.4, 0.3])
    found = svt_apply(A, cheb_sign(0.2, 1e-8), vectors(4))
    assert found.y.shape == (5,)
    assert isinstance(found.bound, float)
    assert off(found.y, U @ (V.T @ vectors(4))) <= found.bound
    assert found.certificate.error.kind == "bound"
    assert float(found.certificate.rounding) < float(found.certificate.error)


def test_empty_things():
    p, q = cheb_sign(0.1, 1e-3), cheb_cos(2.0)
    assert svt_apply(np.zeros((0, 3)), p, np.ones(3)).y.shape == (0,)
    np.testing.assert_allclose(svt_apply(np.zeros((0, 3)), q, np.ones(3)).y, q(0.0))
    assert svt_apply(np.zeros((3, 0)), p, np.ones(0)).y.tolist() == [0.0] * 3
    assert svt_apply(np.eye(3), p, np.ones((3, 0))).y.shape == (3, 0)
    assert svt_apply(np.eye(3), p, np.ones((3, 0))).bound.shape == (0,)
    assert svt_apply(np.zeros((0, 3)), np.cos, np.ones(3), parity="even").y.tolist() == [1.0] * 3
    assert svt_apply(np.eye(3), np.cos, np.ones((3, 0)), parity="even", method="gkl").y.shape == (
        3,
        0,
    )
    assert principal_projection(np.zeros((0, 2)), np.ones(2), 1.0).y.tolist() == [0.0, 0.0]


def test_zero_matrices():
    Z = np.zeros((4, 3))
    assert svt_apply(Z, cheb_sign(0.1), np.ones(3)).y.tolist() == [0.0] * 4
    assert svt_apply(Z, np.sin, np.ones(3), parity="odd").y.tolist() == [0.0] * 4
    even = svt_apply(Z, lambda s: 2.0 + s, np.ones(3), parity="even")
    assert even.y.tolist() == [2.0] * 3
    assert (
        svt_apply(Z, lambda s: 2.0 + s, np.ones(3), parity="even", method="gkl").y.tolist()
        == [2.0] * 3
    )
    for found in (
        principal_projection(Z, np.ones(3), 1.0),
        principal_regression(Z, np.ones(4), 1.0),
        pinv_apply(Z, np.ones(4), 1.0),
        singular_value_threshold(Z, np.ones(3), 1.0),
    ):
        assert not found.y.any()
        assert found.bound == 0.0 or found.bound < 1e-300


@pytest.mark.parametrize("excess", [1e-6, 1e-3, 0.1, 2.0, 1e10, 1e100, 1e300])
@pytest.mark.parametrize("wrap", [np.asarray, aslinearoperator])
def test_an_underestimated_norm_never_gives_huge_numbers(excess, wrap):
    A, U, V = known(60, 40, np.linspace(1.0, 0.1, 40) * (1.0 + excess))
    x = vectors(40)
    for p in (cheb_cos(2000.0, 1e-6), cheb_sign(0.05, 1e-12), cheb_sin(1.0)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AccuracyWarning)
                found = svt_apply(wrap(A), p, x)
        except InvalidInputError:
            continue
        assert excess < 0.1
        assert np.linalg.norm(found.y) < 3.0 * np.linalg.norm(x)
        f = p(np.linspace(1.0, 0.1, 40) * (1.0 + excess))
        if p.parity == "odd":
            assert off(found.y, U @ (f * (V.T @ x))) < 1e-6


def test_the_error_shows_the_singular_value_that_was_met():
    with pytest.raises(InvalidInputError, match=r"at least 2(\.0+)?\).*underestimated.*stretched"):
        svt_apply(2.0 * np.eye(4), cheb_sign(0.1), np.ones(4))


def test_a_part_below_the_interval_is_flagged_by_column():
    A, U, V = known(8, 8, [1.0, 0.9, 0.8, 0.7, 0.5, 0.4, 1e-3, 0.0])
    p = cheb_sign(0.3, 1e-10)
    x = np.column_stack([V[:, :6] @ np.ones(6), V @ np.ones(8), V[:, 7]])
    with pytest.warns(AccuracyWarning, match="1 of 3 columns"):
        found = svt_apply(A, p, x)
    # What A maps to 0 is no part of an odd function.
    assert found.bound[0] < 1e-8
    assert found.bound[1] == np.inf
    assert found.bound[2] < 1e-8
    values = p(np.array([1.0, 0.9, 0.8, 0.7, 0.5, 0.4, 1e-3, 0.0]))
    assert np.all(off(found.y, U @ (values[:, None] * (V.T @ x))) < 1e-6)
    with pytest.warns(AccuracyWarning, match="outside"):
        svt_apply(A, cheb_power(1.0, 0.3, 1e-10), V[:, 7])


def test_short_polynomials_flag_what_their_products_prove():
    # A Rayleigh quotient below -1 proves it; nothing has grown yet at such a degree.
    A, U, V = known(9, 7, [1.0, 0.95, 0.9, 0.5])
    p = cheb_sign(0.9, 1e-2)
    assert p.degree == 3
    x = np.column_stack([V[:, :3] @ np.ones(3), V[:, 3], V[:, 3] + 1e-3 * V[:, 0]])
    with pytest.warns(AccuracyWarning, match="2 of 3 columns"):
        found = svt_apply(A, p, x)
    assert off(found.y, U @ (V.T @ x))[0] <= found.bound[0] < 0.1
    assert found.bound[1:].tolist() == [np.inf, np.inf]
    # The first product of an odd one has proved a singular value beyond the interval.
    flat = cheb_sign(0.9, 0.5)
    assert flat.degree == 1
    with pytest.raises(InvalidInputError, match=r"at least 1\.00\d+\).*underestimated"):
        svt_apply(1.001 * A, flat, V[:, 0])
    with pytest.raises(InvalidInputError, match=r"at least (1|0\.99999\d*)\)"):
        svt_apply(aslinearoperator(A), flat.stretched(1e-200), V[:, 0])


@given(st.sampled_from([0.02, 0.3, 0.9]), st.integers(0, 200), st.sampled_from([1e-2, 1e-6, 1e-13]))
def test_values_at_the_ends_and_a_kernel_are_not_flagged(delta, seed, tol):
    s = [1.0, 1.0, np.sqrt(delta), delta, delta]
    A, U, V = known(9, 8, s, "fc"[seed % 2], seed=seed)
    # Rounding of A moves its singular values by some units.
    p = cheb_sign(delta * (1.0 - 1e-14 / delta), tol).stretched(1.0 + 1e-14)
    x = np.column_stack([V[:, 4], V @ np.ones(5), vectors(8, None, seed=seed)])
    found = svt_apply(A, p, x)
    assert np.all(off(found.y, U @ (V.conj().T @ x)) <= found.bound + 1e-14)


@pytest.mark.parametrize("method", ["chebyshev", "gkl"])
@pytest.mark.parametrize("size", [1e-310, 1e-300, 1e300, 1.2e308])
def test_values_of_f_near_the_ends_of_the_numbers(method, size):
    s = np.array([1.0, 0.7, 0.2])
    A, U, V = known(5, 4, s)
    x = np.column_stack([V @ np.ones(3), 1e-3 * V[:, 0], np.zeros(4)])
    f = lambda t: size * (t * (1.5 - t * t))  # noqa: E731
    interval = (0.0, 1.0 + 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = svt_apply(A, f, x, parity="odd", interval=interval, method=method)
    exact = U @ ((s * (1.5 - s * s))[:, None] * (V.T @ x))
    rest = np.sqrt(15.0) * 2.0**-1074 / size
    assert np.all(off(found.y / size, exact) <= found.bound / size + rest + 1e-15)
    assert np.all(found.bound[:2] / size < 1e-7)
    assert not found.y[:, 2].any()


def test_matrices_near_the_ends_of_the_numbers():
    for scale in (1e-320, 1e-300, 1e300, 1.7e308):
        for method in ("chebyshev", "gkl"):
            found = svt_apply(
                np.diag([1.0, 0.5]) * scale, lambda s: s, [1.0, 1.0], parity="odd", method=method,
                rng=0,
            )  # fmt: skip
            assert np.isfinite(found.bound)
            assert off(found.y / scale, [1.0, 0.5]) <= max(found.bound / scale, 1e-14)
    smallest = np.diag([5e-324, 0.0])
    found = svt_apply(smallest, lambda s: s, [1.0, 1.0], parity="odd", method="gkl")
    assert off(found.y, [5e-324, 0.0]) <= found.bound
    assert found.bound > 0.0
    with pytest.raises(InvalidInputError, match=r"interval \(0\.0, 5e-324\) is too short"):
        svt_apply(smallest, lambda s: s, [1.0, 1.0], parity="odd")


def test_ratios_that_are_too_large_are_told_by_the_arguments_that_were_given():
    A, b = np.diag([1.0, 0.5]), np.ones(2)
    with pytest.raises(InvalidInputError, match=r"smallest is 1e-09 and the norm of A up to 1:"):
        pinv_apply(A, b, 1e-9, norm=1.0)
    with pytest.raises(InvalidInputError, match=r"threshold \(1 - gap\) is 9e-10 of"):
        principal_regression(A, b, 1e-9, norm=1.0)
    with pytest.raises(InvalidInputError, match=r"threshold \(1 - gap\) is 5e-10 of"):
        singular_value_threshold(A, b, 0.5, gap=1.0 - 1e-9, norm=1.0)


def test_callables_find_their_interval():
    s = np.linspace(700.0, 1.0, 30)
    A, U, V = known(40, 30, s)
    f = lambda s: s / (s**2 + 1e4)  # noqa: E731
    x = vectors(30, 2)
    for matrix in (A, aslinearoperator(A), sp.csr_array(A)):
        found = svt_apply(matrix, f, x, parity="odd", tol=1e-9, rng=0)
        assert np.all(off(found.y, U @ (f(s)[:, None] * (V.T @ x))) <= found.bound)
        assert found.certificate.error.kind == "estimate"
        assert 700.0 <= float(found.certificate.norm) < 1500.0
    given = svt_apply(A, f, x, parity="odd", interval=(1.0, 700.0 * (1 + 1e-14)), tol=1e-9)
    assert given.info.products == 2 * given.degree
    assert np.all(off(given.y, U @ (f(s)[:, None] * (V.T @ x))) <= given.bound)


@pytest.mark.parametrize("scale", SCALES)
def test_lanczos(scale):
    s = np.r_[np.linspace(1.0, 0.5, 20), 0.1]
    A, U, V = known(30, 25, s)
    x = vectors(25, 2)
    for matrix in (A * scale, aslinearoperator(A * scale)):
        found = svt_apply(
            matrix, lambda t: np.ones_like(t), x, parity="odd", method="gkl", tol=1e-9
        )
        assert np.all(off(found.y, U @ (V.T @ x)) <= np.maximum(found.bound, 1e-12))
        assert found.degree <= 45
        assert found.certificate.error.kind == "estimate"
        even = svt_apply(matrix, lambda t: np.exp(-t / scale), x, parity="even", method="gkl")
        reference = V @ ((np.exp(-s) - 1.0)[:, None] * (V.T @ x)) + x
        assert np.all(off(even.y, reference) <= even.bound)
        assert even.degree <= 44


@pytest.mark.parametrize("rank", [40, 33])
def test_lanczos_with_a_spectrum_that_takes_the_whole_space(rank):
    A, U, V = known(60, 40, np.linspace(1.0, 0.02, rank))
    x = vectors(40, 2)
    found = svt_apply(A, np.ones_like, x, parity="odd", method="gkl", tol=1e-10)
    assert np.all(off(found.y, U @ (V.T @ x)) < 1e-9)


@pytest.mark.parametrize("condition", [1e4, 1e8, 1e12])
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_lanczos_counts_the_rounding_that_the_function_enlarges(condition, scale):
    A, U, V = known(40, 30, np.geomspace(1.0, 1.0 / condition, 30))
    x = vectors(30)
    # U and V are singular vectors of A up to the rounding of A, as many times the condition.
    found = svt_apply(A * scale, np.ones_like, x, parity="odd", method="gkl")
    assert off(found.y, U @ (V.T @ x)) <= found.bound
    assert found.bound <= 1e-12 * condition


def test_lanczos_flags_what_is_below_the_interval():
    A, U, V = known(9, 6, [1.0, 0.8, 0.6, 0.5, 0.4, 0.05])
    x = np.column_stack([V[:, :5] @ np.ones(5), V @ np.ones(6)])
    with pytest.warns(AccuracyWarning, match="1 of 2 columns"):
        found = svt_apply(A, cheb_sign(0.3, 1e-8), x, method="gkl")
    assert found.bound[0] < 1e-6
    assert found.bound[1] == np.inf
    assert off(found.y, U @ (V.T @ x))[0] <= found.bound[0]


def test_lanczos_in_complex_and_its_limits():
    s = np.linspace(1.0, 0.1, 12)
    A, U, V = known(15, 12, s, "c")
    x = vectors(12, 2, "c")
    found = svt_apply(A, cheb_sign(0.1, 1e-10), x, method="gkl")
    assert np.all(off(found.y, U @ (V.conj().T @ x)) <= found.bound)
    even = svt_apply(A, np.exp, x, parity="even", method="gkl")
    assert np.all(off(even.y, V @ (np.exp(s)[:, None] * (V.conj().T @ x))) < 1e-6)
    with pytest.raises(ConvergenceError, match="max_degree"):
        svt_apply(A, np.ones_like, x, parity="odd", method="gkl", max_degree=8, tol=1e-10)
    with pytest.raises(InvalidInputError, match="beyond the interval"):
        svt_apply(2.0 * A, cheb_sign(0.1), x, method="gkl")
    with pytest.raises(InvalidInputError, match="beyond the interval"):
        svt_apply(2.0 * A, np.sin, x, parity="odd", interval=(0.0, 1.0), method="gkl")


def test_hermitian_matrices():
    G = vectors(12, 12, "c")
    H = G + G.conj().T
    H /= np.linalg.norm(H, 2)
    w, Q = np.linalg.eigh(H)
    x = vectors(12, 2, "c")
    found = svt_apply(H, cheb_exp(20.0, 1e-9), x)
    exact = Q @ (np.exp(-20.0 * (1.0 - w))[:, None] * (Q.conj().T @ x))
    assert np.all(off(found.y, exact) <= found.bound)
    t = 4.0
    wave = svt_apply(H, cheb_cos(t, 1e-10), x).y - 1j * svt_apply(H, cheb_sin(t, 1e-10), x).y
    assert np.all(off(wave, Q @ (np.exp(-1j * t * w)[:, None] * (Q.conj().T @ x))) < 1e-8)
    general = svt_apply(5.0 * H, np.arctan, x, parity="none", tol=1e-9, rng=0)
    exact = Q @ (np.arctan(5.0 * w)[:, None] * (Q.conj().T @ x))
    assert np.all(off(general.y, exact) <= general.bound)
    with pytest.raises(InvalidInputError, match="not Hermitian"):
        svt_apply(G / 50.0, cheb_exp(1.0), x)
    with pytest.raises(InvalidInputError, match="eigenvalue outside"):
        svt_apply(H * 1.5, cheb_exp(1.0), x)


def test_identities():
    s = np.linspace(1.0, 0.2, 10)
    A, _, _ = known(14, 10, s)
    x, b = vectors(10), vectors(14)
    p = cheb_sign(0.15, 1e-9)
    y = svt_apply(A, p, x).y
    # p(A^H) = p(A)^H, and a polar factor is an isometry.
    assert abs(y @ b - x @ svt_apply(A.T, p, b).y) < 1e-12
    assert abs(np.linalg.norm(y) - np.linalg.norm(x)) < 1e-8
    c, other = cheb_cos(3.0, 1e-11), cheb_sin(3.0, 1e-11)
    twice = svt_apply(A, c, svt_apply(A, c, x).y).y
    sine = svt_apply(A.T, other, svt_apply(A, other, x).y).y
    assert np.linalg.norm(twice + sine - x) < 1e-9


def test_inputs_and_options_are_checked():
    A, x = np.eye(3), np.ones(3)
    p = cheb_sign(0.1)
    for match, call in (
        ("parity of a callable", lambda: svt_apply(A, np.sin, x)),
        ("parity is 'even'", lambda: svt_apply(A, p, x, parity="even")),
        ("interval is that of a callable", lambda: svt_apply(A, p, x, interval=(0.0, 1.0))),
        ("parity must be one of", lambda: svt_apply(A, p, x, parity="oddly")),
        ("method", lambda: svt_apply(A, p, x, method="lanczos")),
        ("x has shape", lambda: svt_apply(A, p, np.ones(4))),
        ("tol", lambda: svt_apply(A, np.sin, x, parity="odd", tol=0.0)),
        ("lower < upper", lambda: svt_apply(A, np.sin, x, parity="odd", interval=(1.0, 0.5))),
        ("eigenvalues", lambda: svt_apply(np.ones((2, 3)), cheb_exp(1.0), x)),
        ("singular values", lambda: svt_apply(A, cheb_exp(1.0), x, method="gkl")),
        ("threshold", lambda: principal_projection(A, x, 0.0)),
        ("gap", lambda: principal_regression(A, x, 0.5, gap=1.0)),
        ("norm", lambda: singular_value_threshold(A, x, 0.5, norm=-1.0)),
        ("kind", lambda: singular_value_threshold(A, x, 0.5, kind="medium")),
        ("smallest", lambda: pinv_apply(A, x, 0.0)),
        ("b has shape", lambda: pinv_apply(A, np.ones(2), 0.5)),
    ):
        with pytest.raises(InvalidInputError, match=match):
            call()
    with pytest.raises(InvalidTypeError, match="f must be callable"):
        svt_apply(A, 3.0, x)
    with pytest.raises(NumericalError, match="not resolved"):
        svt_apply(A, np.ones_like, x, parity="odd", max_degree=300)
    with pytest.raises(NumericalError, match="exceeds the largest"):
        svt_apply(A, cheb_inverse(10.0).stretched(2.0), np.full(3, 1e308))


def test_an_operator_without_adjoint_is_named():
    op = LinearOperator((3, 3), matvec=lambda v: v, dtype=float)
    with pytest.raises(InvalidTypeError, match="rmatvec"):
        svt_apply(op, cheb_sign(0.1), np.ones(3))


@pytest.mark.parametrize("scale", [1e-290, 1e-5, 1.0, 1e290])
@pytest.mark.parametrize("kind", ["f", "c"])
def test_principal_components(scale, kind):
    s = np.r_[[3.0, 2.5, 2.0], np.linspace(0.9, 0.0, 7)]
    A, U, V = known(14, 11, s, kind)
    x, b = vectors(11, 2, kind), vectors(14, 2, kind)
    kept = s > 1.5
    for matrix in (A * scale, aslinearoperator(A * scale)):
        y, _, _, bound = principal_projection(matrix, x, 1.5 * scale, gap=0.3, rng=0)
        exact = V @ (kept[:, None] * (V.conj().T @ x))
        assert np.all(off(y, exact) <= bound)
        y, _, _, bound = singular_value_threshold(
            matrix, x, 1.5 * scale, gap=0.3, kind="hard", rng=0
        )
        exact = U @ ((kept * s)[:, None] * (V.conj().T @ x))
        assert np.all(off(y * (1.0 / scale), exact) <= bound * (1.0 / scale))
        y, _, _, bound = principal_regression(matrix, b, 1.5 * scale, gap=0.3, rng=0)
        exact = V @ ((kept / np.where(kept, s, 1.0))[:, None] * (U.conj().T @ b))
        assert np.all(off(y * scale, exact) <= bound * scale)
        assert np.all(bound * scale < 1e-4)
    above = singular_value_threshold(A * scale, x, 100.0 * scale)
    assert np.all(off(above.y * (1.0 / scale), 0.0) <= above.bound * (1.0 / scale))


def test_pseudo_inverse_and_its_relative_bound():
    s = np.geomspace(5.0, 0.05, 12)
    A, U, V = known(20, 12, s)
    b = vectors(20, 3)
    found = pinv_apply(A, b, 0.05 * (1 - 1e-12), tol=1e-6, norm=5.0 * (1 + 1e-12))
    exact = V @ ((1.0 / s)[:, None] * (U.T @ b))
    assert np.all(off(found.y, exact) <= found.bound)
    assert np.all(off(found.y, exact) <= 1.01e-6 * np.linalg.norm(exact, axis=0))
    assert np.all(found.bound <= 2e-6 * np.linalg.norm(exact, axis=0))
    # A kernel is left out; what is between 0 and `smallest` is found out.
    rank = pinv_apply(A[:, :6] @ np.eye(6, 8), b, 0.01)
    np.testing.assert_allclose(
        rank.y, np.linalg.pinv(A[:, :6] @ np.eye(6, 8)) @ b, rtol=1e-4, atol=1e-5
    )
    with pytest.warns(AccuracyWarning, match="outside"):
        assert np.isinf(pinv_apply(A, b, 0.5).bound).all()


def test_soft_thresholding_is_the_proximal_map():
    s = np.linspace(2.0, 0.0, 15)
    A, _, _ = known(15, 15, s)
    found = singular_value_threshold(A, np.eye(15), 0.7, gap=0.05, rng=0)
    Y = found.y
    exact_s = np.maximum(s - 0.7, 0.0)
    U, _, Vh = np.linalg.svd(A)
    assert np.all(off(Y, (U * exact_s) @ Vh) <= found.bound)

    # Least value of |Y - A|^2 / 2 + 0.7 |Y|_* (the square of the distance from the least point).
    def objective(M):
        return 0.5 * np.linalg.norm(M - A) ** 2 + 0.7 * np.linalg.svd(M, compute_uv=False).sum()

    assert objective(Y) <= objective((U * exact_s) @ Vh) + 0.05
    assert objective(Y) < min(objective(A), objective(0.0 * A))


def test_nothing_is_changed_and_nothing_shared():
    A, x = np.diag([1.0, 0.5]), np.array([1.0, 2.0])
    before = A.copy(), x.copy()
    found = svt_apply(A, cheb_cos(0.0), x)
    found.y[:] = 7.0
    np.testing.assert_array_equal(A, before[0])
    np.testing.assert_array_equal(x, before[1])
    r = svt_apply(np.array([[2.0, 1.0], [1.0, 3.0]]), np.cos, x, parity="even", rng=0)
    again = svt_apply(np.array([[2.0, 1.0], [1.0, 3.0]]), np.cos, x, parity="even", rng=0)
    np.testing.assert_array_equal(r.y, again.y)
