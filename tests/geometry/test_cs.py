"""The thin CS decomposition: identities, special shapes, refusals, certificate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError
from linsub.geometry import CSResult, cs_decomposition
from linsub.geometry.cs import angles_of, beside, thin_cs
from linsub.testing import gallery
from tests.geometry.angles import EPS, allowed_defect, draw_pair, frame, identity_defects


@given(draw_pair())
def test_the_identities_hold_to_rounding(pair):
    X, Y, _ = pair
    result = cs_decomposition(X, Y)
    for note, defect in identity_defects(X, Y, result).items():
        assert defect <= allowed_defect(X, Y), note
    assert np.all(np.diff(result.angles) >= 0)


@given(draw_pair())
def test_angles_alone_are_those_with_vectors(pair):
    X, Y, theta = pair
    k = min(X.shape[1], Y.shape[1])
    for one, other in ((X, Y), (Y, X)):
        found = angles_of(one, other)
        assert found.shape == (k,)
        np.testing.assert_allclose(found, thin_cs(one, other).angles, rtol=0, atol=1e-14)
        np.testing.assert_allclose(found, theta, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "shape", [(5, 4, 4), (5, 5, 2), (5, 2, 5), (5, 5, 5), (6, 3, 5), (1, 1, 1)]
)
@pytest.mark.parametrize("complex_", [False, True])
def test_more_dimensions_than_there_is_room_for(shape, complex_):
    n, p, q = shape
    rng = np.random.default_rng(n * p + q)
    X, Y = frame(n, p, rng, complex_), frame(n, q, rng, complex_)
    result = cs_decomposition(X, Y)
    assert result.angles.shape == (min(p, q),)
    assert np.all(result.angles[: p + q - n] <= 1e-15)
    for note, defect in identity_defects(X, Y, result).items():
        assert defect <= allowed_defect(X, Y), note
    norms = np.linalg.norm(result.Qs, axis=0)
    assert np.all((norms == 0) | (np.abs(norms - 1) < 1e-14))
    assert np.count_nonzero(norms) <= n - p
    assert float(result.certificate.angle_error) < 1e-13


def test_directions_of_y_beyond_v_are_orthogonal_to_qs():
    X, Y = gallery.subspace_pair(30, [0.0, 1e-12, 1e-3, 1.0], p=7, rng=3)
    result = cs_decomposition(Y, X)  # p = 4, q = 7
    beyond = X @ np.linalg.svd(result.V, full_matrices=True)[0][:, 4:]
    assert np.linalg.norm(Y.T @ beyond) < 1e-14
    assert np.linalg.norm(result.Qs.T @ beyond) < 1e-14


@pytest.mark.parametrize("shape", [(4, 0, 2), (4, 2, 0), (4, 0, 0), (0, 0, 0)])
def test_no_columns_make_no_angles(shape):
    n, p, q = shape
    result = cs_decomposition(np.eye(n, p), np.eye(n, q))
    assert result.angles.shape == (0,)
    assert result.Ux.shape == (p, 0)
    assert result.V.shape == (q, 0)
    assert result.Qs.shape == (n, 0)


def test_what_is_not_orthonormal_is_refused_with_its_defect():
    X, Y = gallery.subspace_pair(8, [0.3, 0.4], rng=0)
    with pytest.raises(InvalidInputError, match=r"X is not orthonormal.* 1\.41e-07.*orth"):
        cs_decomposition(X * np.sqrt(1.0 + 1e-7), Y)
    with pytest.raises(InvalidInputError, match="Y is not orthonormal"):
        cs_decomposition(X, 1e300 * Y)
    with pytest.raises(InvalidInputError, match=r"Y has 9 columns of length 8"):
        cs_decomposition(X, np.ones((8, 9)))
    with pytest.raises(InvalidInputError, match=r"X has 8 rows and Y has 7"):
        cs_decomposition(X, Y[:7])


@pytest.mark.parametrize("dtype", [np.float32, np.complex64])
def test_single_precision_is_read_as_the_subspaces_that_it_holds(dtype):
    theta = [1e-6, 0.2, 1.0, np.pi / 2 - 1e-6]
    X, Y = gallery.subspace_pair(40, theta, rng=1, dtype=dtype)
    result = cs_decomposition(X, Y)
    assert {result.Ux.dtype, result.V.dtype, result.Qs.dtype} == {np.dtype(dtype)}
    assert {result.c.dtype, result.s.dtype, result.angles.dtype} == {np.dtype(np.float64)}
    wide = np.complex128 if np.dtype(dtype).kind == "c" else np.float64
    exact = cs_decomposition(*(np.linalg.qr(Q.astype(wide))[0] for Q in (X, Y)))
    np.testing.assert_allclose(result.angles, exact.angles, rtol=0, atol=1e-14)
    assert float(result.certificate.angle_error) < 1e-13
    C = X.astype(wide).conj().T @ Y
    off = np.linalg.norm(C - (result.Ux * result.c) @ result.V.conj().T)
    assert off <= float(result.certificate.cosine_residual) < 1e-5


@given(draw_pair(), st.integers(0, 10))
def test_the_certificate_covers_what_it_says(pair, seed):
    X, Y, theta = pair
    if seed % 2:
        X, Y = Y, X
    result = cs_decomposition(X, Y)
    known = result.certificate
    assert np.max(np.abs(result.angles - theta), initial=0.0) <= float(known.angle_error) + 4 * EPS
    assert float(known.angle_error) <= 2e-13
    defects = identity_defects(X, Y, result)
    assert defects["sines"] <= float(known.sine_residual)
    assert max(defects[x] for x in ("Ux", "V", "Qs")) <= float(known.orthogonality)


def test_a_wrong_factor_shows_in_the_certificate(monkeypatch):
    X, Y = gallery.subspace_pair(20, [0.1, 0.5, 1.4], rng=2)
    right = thin_cs(X, Y)
    wrong = right._replace(V=right.V[:, ::-1])
    monkeypatch.setattr("linsub.geometry.angles.thin_cs", lambda X, Y: wrong)
    assert float(cs_decomposition(X, Y).certificate.angle_error) > 0.1


def test_directions_that_angles_cannot_have_show_in_the_certificate(monkeypatch):
    """With a sine of 0 no identity sees its column of Qs: orthogonality has to."""
    Y, X = gallery.subspace_pair(30, [0.0, 0.0, 0.5], p=5, rng=3)  # p = 3, q = 5
    right = thin_cs(X, Y)
    beyond = Y @ np.linalg.svd(right.V, full_matrices=True)[0][:, 3:]
    assert float(cs_decomposition(X, Y).certificate.angle_error) < 1e-13
    for column in (right.Qs[:, 1], beyond[:, 0]):
        Qs = right.Qs.copy()
        Qs[:, 0] = column
        with monkeypatch.context() as patch:
            patch.setattr(
                "linsub.geometry.angles.thin_cs", lambda X, Y, Qs=Qs: right._replace(Qs=Qs)
            )
            assert float(cs_decomposition(X, Y).certificate.angle_error) > 0.5


def test_what_is_left_of_a_near_basis_is_orthogonal_to_its_own_size():
    """One projection leaves eps along X, which is 1e-7 of a rest of size 1e-9."""
    X, Y = gallery.subspace_pair(60, [1e-9, 2e-9, 3e-9], rng=0)
    _, H = beside(X, Y)
    assert np.linalg.norm(X.T @ H) <= 1e-14 * np.linalg.norm(H)


def test_records_can_be_rebuilt():
    X, Y = gallery.subspace_pair(9, [0.1, 0.5], rng=2)
    result = cs_decomposition(X, Y)
    again = CSResult(*result)
    assert again.certificate is None
    np.testing.assert_array_equal(again.angles, result.angles)
