"""orth: the rank is decided honestly, by every method, and the basis is orthonormal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import orth, orthonormality_defect
from linsub.testing import gallery, strategies
from tests.geometry.frames import defect, kahan, unit_columns

METHODS = ("auto", "qr", "cholqr2", "tsqr", "svd")
methods = st.sampled_from(METHODS)


@given(A=strategies.matrices(), method=methods)
def test_the_basis_is_orthonormal_and_spans_the_columns(A, method):
    before = A.copy()
    Q, rank = result = orth(A, method=method)
    np.testing.assert_array_equal(A, before)
    assert Q.dtype == A.dtype
    assert Q.shape == (A.shape[0], rank)
    eps = float(np.finfo(A.dtype).eps)
    assert defect(Q) <= float(result.certificate.orthogonality)
    assert defect(Q) <= 30 * eps * max(rank, 1)
    details = result.info.details
    X = unit_columns(A)
    left = np.linalg.norm(X - Q @ (Q.conj().T @ X), 2) if X.size else 0.0
    top = np.linalg.norm(X, 2) if X.size else 0.0
    # powers of two bring columns to unit norm up to a factor of two
    assert left <= (4 * details["sigma_dropped"] + 60 * eps * max(A.shape, default=1)) * top
    assert rank == 0 or details["sigma_min"] > details["rtol"]
    assert details["sigma_dropped"] <= details["rtol"]


@given(A=strategies.matrices(dtypes="dD", scales=(1.0,)), power=st.integers(-900, 900))
def test_powers_of_two_change_nothing(A, power):
    Q, rank = orth(A)
    with np.errstate(over="ignore"):
        scaled = gallery.matrix_case.shift(A, power)
    if not np.array_equal(gallery.matrix_case.shift(scaled, -power), A):
        return  # something overflowed, or was rounded
    found = orth(scaled)
    assert found.rank == rank
    np.testing.assert_array_equal(found.Q, Q)


@pytest.mark.parametrize("method", METHODS)
def test_kahans_matrix_hides_nothing(method):
    A = kahan(60, 1.2)
    sigma = np.linalg.svd(A, compute_uv=False)
    assert np.abs(np.diag(A)).min() > 1e6 * sigma[-1]
    result = orth(A, rtol=1e-6, method=method)
    assert result.rank == 59
    assert result.info.details["gap"] == pytest.approx(sigma[-2] / sigma[-1], rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_graded_columns_count_alike(method):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((50, 6)) * 10.0 ** np.array([300, -300, 0, 150, -150, -308])
    Q, rank = orth(A, method=method)
    assert rank == 6
    X = unit_columns(A)
    assert np.linalg.norm(X - Q @ (Q.T @ X)) < 1e-13
    assert orth(np.column_stack([A, A[:, 1]]), method=method).rank == 6


def test_scipy_keeps_a_column_less():
    linalg = pytest.importorskip("scipy.linalg")
    A = np.diag([1.0, 1e-30])
    assert linalg.orth(A).shape[1] == 1
    assert orth(A).rank == 2


def test_tsqr_over_many_blocks_is_qr():
    rng = np.random.default_rng(1)
    A = rng.standard_normal((20_000, 3)) + 1j * rng.standard_normal((20_000, 3))
    tall, plain = orth(A, method="tsqr"), orth(A, method="qr")
    assert tall.info.method == "tsqr"
    assert np.linalg.norm(tall.Q - plain.Q @ (plain.Q.conj().T @ tall.Q)) < 1e-13
    assert defect(tall.Q) < 1e-14
    short = A @ np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    assert orth(short, method="tsqr").rank == 2


def test_cholesky_gives_way_to_householder():
    A = gallery.matrix("geometric", 60, 12, cond=1e12, rng=0)
    result = orth(A, method="cholqr2")
    assert result.info.method == "qr"
    assert "CholeskyQR2" in result.info.notes[0]
    assert result.rank == 12
    assert defect(result.Q) < 1e-14
    assert orth(A[:5], method="cholqr2").rank == 5
    tame = gallery.matrix("geometric", 60, 12, cond=1e3, rng=0)
    assert orth(tame).info.method == "cholqr2"


def test_rtol_is_the_threshold():
    A = np.eye(5)
    A[:, 4] = A[:, 3] + 1e-3 * A[:, 4]
    assert orth(A).rank == 5
    assert orth(A, rtol=1e-2).rank == 4


def test_long_columns_in_single_precision_keep_their_directions():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((100_000, 2))
    A[:, 1] = A[:, 0] + 5e-3 * A[:, 1]  # n eps is 0.012
    assert orth(A.astype(np.float32)).rank == 2


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (4, 2)])
def test_nothing_has_rank_zero(shape):
    Q, rank = result = orth(np.zeros(shape))
    assert rank == 0
    assert Q.shape == (shape[0], 0)
    assert float(result.certificate.orthogonality) == 0.0
    assert result.info.details["gap"] == np.inf


def test_bad_options_are_named():
    with pytest.raises(InvalidInputError, match="rtol"):
        orth(np.eye(2), rtol=1.0)
    with pytest.raises(InvalidInputError, match="method"):
        orth(np.eye(2), method="gram")
    with pytest.raises(InvalidTypeError, match="method"):
        orth(np.eye(2), method=None)


@given(A=strategies.matrices(scales=(1.0,)))
def test_the_defect_is_that_of_the_gram_matrix(A):
    fro, two = orthonormality_defect(A)
    if float(np.abs(A).max(initial=0.0)) > 1e100:
        return  # without a reference
    wide = A.astype(complex)
    off = wide.conj().T @ wide - np.eye(A.shape[1])
    assert fro == pytest.approx(np.linalg.norm(off), rel=1e-9, abs=1e-13)
    assert two == pytest.approx(np.linalg.norm(off, 2) if off.size else 0.0, rel=1e-9, abs=1e-13)


def test_a_defect_beyond_the_largest_float_is_infinite():
    assert tuple(orthonormality_defect([[1e300]])) == (np.inf, np.inf)
    assert tuple(orthonormality_defect(np.zeros((3, 0)))) == (0.0, 0.0)
    # a thin Q is judged by k columns, not by n rows
    assert orthonormality_defect(np.eye(96, 64)).fro == 0.0
