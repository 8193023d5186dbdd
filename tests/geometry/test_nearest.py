"""nearest_orthogonal, procrustes and polar_basis against closed forms, SciPy and bystanders."""

import warnings

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import (
    AccuracyWarning,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
)
from linsub.geometry import nearest_orthogonal, polar_basis, procrustes
from linsub.testing import strategies
from linsub.testing.gallery import subspace_pair
from tests.geometry.frames import defect, frame, normal

seeds = st.integers(0, 2**20)


@given(A=strategies.matrices(), data=st.data())
def test_the_nearest_isometry_of_a_rank(A, data):
    least = min(A.shape)
    rank = data.draw(st.one_of(st.none(), st.integers(0, least)))
    before = A.copy()
    Q, distance = result = nearest_orthogonal(A, rank=rank)
    np.testing.assert_array_equal(A, before)
    assert Q.shape == A.shape
    assert Q.dtype == A.dtype
    r = least if rank is None else rank
    eps = float(np.finfo(A.dtype).eps)
    sigma = np.linalg.svd(Q.astype("D"), compute_uv=False)
    assert np.abs(sigma - (np.arange(least) < r)).max(initial=0.0) <= 20 * eps * max(least, 1)
    certificate = result.certificate
    # the target is the closed form of the values of A
    peak = float(np.abs(A).max(initial=0.0))
    unit = max(peak, 1.0)
    values = np.linalg.svd(A.astype("D") / unit, compute_uv=False) if A.size else np.zeros(0)
    target = np.where(np.arange(least) < r, 1.0 / unit, 0.0)
    expected = float(np.linalg.norm(values - target))
    assert distance / unit == pytest.approx(expected, abs=200 * eps * max(A.shape, default=1))
    assert float(certificate.lower) <= distance + eps * least
    assert float(certificate.orthogonality) < 1e-2
    if certificate.spectral_upper is not None and least:
        true = float(np.linalg.norm((A.astype("D") - Q) / unit, 2)) * unit
        assert float(certificate.spectral_lower) <= true * (1 + 1e-12)
        assert true <= float(certificate.spectral_upper) * (1 + 1e-12)


@given(seed=seeds, kind=st.sampled_from("dD"), m=st.integers(1, 8), n=st.integers(1, 8))
def test_beside_scipys_polar(seed, kind, m, n):
    A = normal(np.random.default_rng(seed), m, n, kind)
    found = nearest_orthogonal(A)
    if found.info.details["gap"] > 1e-6:
        np.testing.assert_allclose(found.Q, scipy.linalg.polar(A)[0], atol=1e-9)


@given(seed=seeds, n=st.integers(1, 7), det=st.sampled_from([1, -1]))
def test_rotations_and_reflections(seed, n, det):
    rng = np.random.default_rng(seed)
    A = normal(rng, n, n)
    Q, distance = result = nearest_orthogonal(A, det=det)
    assert np.linalg.det(Q) == pytest.approx(det)
    s = np.linalg.svd(A, compute_uv=False)
    flipped = np.sign(np.linalg.det(A)) != det
    assert result.info.details["flipped"] == flipped
    trace = s.sum() - (2 * s[-1] if flipped else 0.0)
    assert distance**2 == pytest.approx(np.sum(s**2) + n - 2 * trace, abs=1e-10)
    for _ in range(5):
        Z = frame(rng, n, n)
        if np.linalg.det(Z) * det < 0:
            Z[:, 0] *= -1
        assert distance <= np.linalg.norm(A - Z) + 1e-12


def test_what_is_not_unique_says_so():
    unique = [
        (np.diag([2.0, 1.0]), {}, True),
        (np.diag([2.0, 0.0]), {}, False),
        (np.diag([2.0, 0.0]), {"det": 1}, True),  # the sign of the last vector is given
        (np.diag([2.0, 1.0]), {"det": -1}, True),
        (np.diag([1.0, 1.0]), {"det": -1}, False),  # either vector may change its sign
        (np.diag([1.0, 1.0]), {"rank": 1}, False),
        (np.diag([2.0, 1.0]), {"rank": 1}, True),
        (np.zeros((2, 2)), {}, False),
        (np.zeros((2, 2)), {"rank": 0}, True),
        (np.array([[-3.0]]), {"det": 1}, True),
        (np.zeros((0, 0)), {}, True),
    ]
    for A, options, expected in unique:
        assert nearest_orthogonal(A, **options).info.details["unique"] is expected, (A, options)
    assert nearest_orthogonal([[-3.0]], det=1).Q.tolist() == [[1.0]]


def test_scales_that_cannot_be_squared():
    Q = frame(np.random.default_rng(0), 5, 3)
    for size in (1e300, 1e-300):
        found = nearest_orthogonal(size * Q)
        np.testing.assert_allclose(found.Q, Q, atol=1e-14)
        assert found.distance == pytest.approx(np.sqrt(3) * abs(size - 1.0))
    assert nearest_orthogonal(1e300 * Q).certificate.spectral_upper is None
    assert nearest_orthogonal(1e-300 * Q).certificate.spectral_upper is not None


def test_norms_beyond_the_largest_float_are_refused():
    A = np.full((4, 3), 1e308)
    with pytest.raises(NumericalError, match="divide A"):
        nearest_orthogonal(A)
    with pytest.raises(NumericalError, match="residual"):
        procrustes(1.7e308 * np.eye(3), 1.7e308 * np.eye(3), det=-1)
    assert procrustes(A, A).residual < 1e294


def test_bad_arguments_are_named():
    for call, match in [
        (lambda: nearest_orthogonal(np.eye(3), rank=4), "rank"),
        (lambda: nearest_orthogonal(np.eye(3), rank=2, det=1), "both given"),
        (lambda: nearest_orthogonal(np.eye(3), det=2), "det must be 1, -1"),
        (lambda: nearest_orthogonal(np.eye(3)[:, :2], det=1), "square"),
        (lambda: nearest_orthogonal(np.zeros((0, 0)), det=-1), "0 x 0"),
        (lambda: procrustes(np.eye(3), np.eye(2)), "same shape"),
        (lambda: procrustes(np.eye(3), np.eye(3), det=0), "det"),
        (lambda: polar_basis([]), "empty"),
        (lambda: polar_basis([np.eye(3), np.eye(2)]), r"blocks\[1\]"),
        (lambda: polar_basis([np.eye(3)], tol=1.0), "tol"),
    ]:
        with pytest.raises(InvalidInputError, match=match):
            call()
    for call, match in [
        (lambda: nearest_orthogonal(1j * np.eye(3), det=1), "complex"),
        (lambda: procrustes(np.eye(3), 1j * np.eye(3), det=1), "complex"),
        (lambda: procrustes(np.eye(3), np.eye(3), scale=1), "scale"),
        (lambda: polar_basis(np.eye(3)), "list of matrices"),
        (lambda: polar_basis(iter([np.eye(3)])), "list of matrices"),
    ]:
        with pytest.raises(InvalidTypeError, match=match):
            call()


# --- Procrustes -----------------------------------------------------------------------------


@given(
    A=strategies.matrices(scales=(1.0, 1e-150, 1e150, 1e300, 1e-300)),
    seed=seeds,
    scale=st.booleans(),
)
def test_the_residual_is_measured_and_nothing_is_nearer(A, seed, scale):
    rng = np.random.default_rng(seed)
    n = A.shape[1]
    kind = A.dtype.char
    # as a matrix of its own type: B must not overflow
    turn = frame(rng, n, n, kind).astype(kind)
    B = (A / 4) @ turn
    A0, B0 = A.copy(), B.copy()
    R, s, residual = result = procrustes(A, B, scale=scale)
    np.testing.assert_array_equal(A, A0)
    np.testing.assert_array_equal(B, B0)
    assert R.dtype == A.dtype
    eps = float(np.finfo(A.dtype).eps)
    assert defect(R) <= 30 * eps * max(n, 1)
    peak = float(np.abs(A).max(initial=0.0))
    unit = peak if peak else 1.0
    wide = np.clongdouble if kind in "FD" else np.longdouble
    X, Y = A.astype(wide) / unit, B.astype(wide) / unit
    true = float(np.sqrt((np.abs(s * (X @ R) - Y) ** 2).sum()))
    rounding = 100 * eps * max(A.shape, default=1)
    assert residual / unit == pytest.approx(true, abs=rounding)
    small = peak < 1e3 * float(np.finfo(A.dtype).smallest_normal) / eps
    if scale and not small:
        # the square is within rounding: A^H B loses what is below sqrt(eps) in A
        assert true**2 <= rounding * max(A.size, 1)
        assert s == pytest.approx(0.25, rel=rounding * 10) or peak == 0.0
    if not scale:
        assert s == 1.0
        assert true**2 <= float((np.abs(X @ turn - Y) ** 2).sum()) + rounding * max(A.size, 1)
    # R is a rotation to rounding only
    loss = float(np.linalg.norm(X.astype("D"))) * s * unit * defect(R)
    assert float(result.certificate.lower) <= residual * (1 + 1e-12) + loss


@given(seed=seeds, kind=st.sampled_from("dD"), m=st.integers(1, 9), n=st.integers(1, 6))
def test_beside_scipys_procrustes(seed, kind, m, n):
    rng = np.random.default_rng(seed)
    A, B = normal(rng, m, n, kind), normal(rng, m, n, kind)
    R, _, residual = found = procrustes(A, B)
    theirs, _ = scipy.linalg.orthogonal_procrustes(A, B)
    assert residual == pytest.approx(np.linalg.norm(A @ theirs - B))
    if found.info.details["gap"] > 1e-6:
        np.testing.assert_allclose(R, theirs, atol=1e-8)


def test_a_reflection_is_not_forced_nor_taken():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((20, 3))
    mirror = np.diag([1.0, 1.0, -1.0])
    free, proper = procrustes(A, A @ mirror), procrustes(A, A @ mirror, det=1)
    np.testing.assert_allclose(free.R, mirror, atol=1e-14)
    assert free.residual < 1e-13
    assert np.linalg.det(proper.R) == pytest.approx(1.0)
    assert proper.info.details["flipped"]
    assert proper.residual > 1.0
    assert float(proper.certificate.lower) == pytest.approx(proper.residual)


def test_small_residuals_do_not_cancel():
    """The closed form would say 0 or 1e-7; what is left is measured."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((30, 4))
    turn = frame(rng, 4, 4)
    noise = 1e-11 * rng.standard_normal((30, 4))
    found = procrustes(A, A @ turn + noise)
    assert found.residual == pytest.approx(np.linalg.norm(noise), rel=0.2)


def test_scales_far_apart():
    rng = np.random.default_rng(0)
    A, turn = rng.standard_normal((9, 3)), frame(rng, 3, 3)
    found = procrustes(1e-200 * A, 1e100 * A @ turn, scale=True)
    assert found.scale == pytest.approx(1e300)
    np.testing.assert_allclose(found.R, turn, atol=1e-13)
    with pytest.raises(NumericalError, match="scale"):
        procrustes(1e-200 * A, 1e200 * A, scale=True)
    assert procrustes(0.0 * A, A, scale=True).scale == 1.0
    assert procrustes(A, 0.0 * A, scale=True).scale == 0.0
    assert procrustes([[1.0]], [[-2.0]], scale=True, det=1).scale == 0.0
    empty = procrustes(np.zeros((0, 2)), np.zeros((0, 2)))
    assert empty.residual == 0.0
    assert not empty.info.details["unique"]


# --- shared covers --------------------------------------------------------------------------


def test_the_cover_of_subspaces_that_do_not_overlap_is_the_polar_factor():
    X, Y = subspace_pair(12, [0.4, 0.9, 1.2], rng=0, dtype=complex)
    Q, rank = result = polar_basis([X, Y])
    assert rank == 6
    joined = np.concatenate([X, Y], axis=1)
    np.testing.assert_allclose(Q, scipy.linalg.polar(joined)[0], atol=1e-13)
    details = result.info.details
    assert details["paired"]
    # sigma^2 = 1 + cos theta and 1 - cos theta
    expected = np.sqrt((1 - np.cos(0.4)) / (1 + np.cos(0.4)))
    assert details["sigma_min"] == pytest.approx(expected)
    sigma = np.linalg.svd(joined, compute_uv=False)
    assert float(result.certificate.distance) == pytest.approx(np.linalg.norm(sigma - 1))


@given(seed=seeds, kind=st.sampled_from("fdFD"), shared=st.integers(1, 3))
def test_an_overlap_is_reported(seed, kind, shared):
    rng = np.random.default_rng(seed)
    Q0 = frame(rng, 12, 7, kind)
    blocks = [Q0[:, : shared + 1], Q0[:, :shared], Q0[:, [0, *range(shared + 1, 7)]]]
    blocks = [(X @ frame(rng, X.shape[1], X.shape[1], kind)).astype(kind) for X in blocks]
    with pytest.warns(AccuracyWarning, match="overlap"):
        Q, rank = result = polar_basis(blocks)
    assert rank == 7
    assert Q.shape == (12, 7)
    assert Q.dtype == np.dtype(kind)
    assert result.info.details["ranks"] == (shared + 1, shared, 7 - shared)
    assert not result.info.details["paired"]
    assert result.certificate.distance is None
    eps = float(np.finfo(kind).eps)
    assert defect(Q) <= 50 * eps
    for X in blocks:
        assert np.linalg.norm(X - Q @ (Q.conj().T @ X)) <= 200 * eps


def test_tol_drops_what_nearly_overlaps():
    X, Y = subspace_pair(9, [1e-4, 1.0], rng=0)
    assert polar_basis([X, Y]).rank == 4
    with pytest.warns(AccuracyWarning, match="tol=0.001"):
        assert polar_basis([X, Y], 1e-3).rank == 3


def test_covers_of_nothing_and_of_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert polar_basis([np.zeros((4, 2)), np.zeros((4, 0))]).rank == 0
        assert polar_basis([np.ones((4, 2)), np.zeros((4, 1))]).rank == 1
        one = polar_basis([[[3.0], [4.0]]])
    np.testing.assert_allclose(np.abs(one.Q), [[0.6], [0.8]])


def test_the_residual_is_that_of_the_scale_that_is_handed_back():
    A, B = np.full((2, 2), 2.0**530), np.full((2, 2), 1.1 * 2.0**-530)
    R, scale, residual = procrustes(A, B, scale=True)
    # The scale is subnormal and has few digits left.
    off = np.longdouble(scale) * (A.astype(np.longdouble) @ R.astype(np.longdouble)) - B
    true = float(np.sqrt(np.sum(np.square(off * 2.0**530)))) * 2.0**-530
    assert true > 1e-6 * np.linalg.norm(B)
    assert residual / true == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("kind", ["f", "F"])
def test_the_enclosure_holds_in_single_precision(kind):
    rng = np.random.default_rng(0)
    for n in (1, 3, 6):
        # The lemma is attained, so that the rounding of Q to its type shows on either side.
        A = (1.5 * frame(rng, n, n, kind)).astype(kind)
        found = nearest_orthogonal(A)
        true = np.linalg.norm(A.astype(complex) - found.Q, 2)
        certificate = found.certificate
        assert float(certificate.spectral_lower) <= true <= float(certificate.spectral_upper)


def test_a_basis_that_is_barely_known_makes_no_dimensions():
    rng = np.random.default_rng(0)
    X = frame(rng, 12, 3)
    # The same span twice, each time so ill-conditioned that rounding moves it by 1e-9.
    blocks = [(X @ frame(rng, 3, 3) * [1.0, 1.0, 1e-7]) @ frame(rng, 3, 3) for _ in range(2)]
    with pytest.warns(AccuracyWarning, match="overlap"):
        result = polar_basis(blocks)
    assert result.rank == 3
    assert 1e-12 < result.info.details["sigma_dropped"] < result.info.details["tol"]
