"""Trees over matrices: laws of rows and entries, sparse and dense, scales, updates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.sensitivity import SampleQueryMatrix
from tests.dpp.law import check_law

R = 20_000


def small(is_complex=False):
    A = np.array([[3.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, -2.0, 0.0], [0.1, 0.2, 5.0]])
    return A * np.exp(1j * np.arange(3.0)) if is_complex else A


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("form", [np.array, np.asfortranarray, sparse.csr_array, sparse.coo_array])
def test_entries_and_rows_follow_the_law(form, is_complex):
    A = small(is_complex)
    made = SampleQueryMatrix(form(A))
    P = np.abs(A) ** 2 / np.linalg.norm(A) ** 2
    rows, columns = made.sample(R, rng=0)
    pairs = {(int(i), 10 + int(j)): float(P[i, j]) for i, j in np.ndindex(A.shape)}
    check_law(zip(rows, columns + 10, strict=True), pairs)
    check_law(made.sample_rows(R, rng=1)[:, None], {(i,): p for i, p in enumerate(P.sum(axis=1))})
    within = made.sample_within(np.full(R, 2), rng=2)
    law = P[2] / P[2].sum()
    check_law(within[:, None], {(j,): p for j, p in enumerate(law)})
    assert made.norm == pytest.approx(np.linalg.norm(A), rel=1e-15)
    np.testing.assert_allclose(made.row_norms, np.linalg.norm(A, axis=1), rtol=1e-15)
    np.testing.assert_array_equal(made.toarray(), A)
    np.testing.assert_array_equal(made.query([0, 3, 1], [0, 2, 1]), A[[0, 3, 1], [0, 2, 1]])


def test_a_tiny_row_keeps_its_law():
    A = np.array([[1e200, 0.0], [3e-200, 4e-200], [5e-324, 5e-324]])
    made = SampleQueryMatrix(A)
    found = made.sample_within(np.full(R, 1), rng=0)
    check_law(found[:, None], {(0,): 0.36, (1,): 0.64})
    np.testing.assert_allclose(made.row_norms, [1e200, 5e-200, 5e-324], rtol=1e-15)
    assert set(made.sample_rows(100, rng=0).tolist()) == {0}


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_updates_are_new_trees(seed):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 6, 2)
    A = rng.standard_normal((m, n)) * 10.0 ** rng.integers(-160, 160, (m, 1))
    made = SampleQueryMatrix(sparse.csr_array(A) if seed % 2 else A)
    for _ in range(5):
        i, j = int(rng.integers(m)), int(rng.integers(n))
        A[i, j] = rng.choice([0.0, 1.0, 1e300, -1e-300])
        made.update(i, j, A[i, j])
    fresh = SampleQueryMatrix(A)
    assert made.norm == pytest.approx(fresh.norm, rel=1e-15)
    np.testing.assert_allclose(made.row_norms, fresh.row_norms, rtol=1e-15)
    if A.any():
        rows = made.sample_rows(50, rng=0)
        np.testing.assert_array_equal(rows, fresh.sample_rows(50, rng=0))
        np.testing.assert_array_equal(
            made.sample_within(rows, rng=1), fresh.sample_within(rows, rng=1)
        )


def test_sparse_patterns_are_fixed_and_duplicates_are_sums():
    A = sparse.coo_array(([1.0, 2.0, 0.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 3))
    made = SampleQueryMatrix(A)
    assert made.norm == 3.0
    made.update(1, 0, 4.0)  # a stored zero
    assert (made.norm, made.query(1, 0), made.query(1, 2)) == (5.0, 4.0, 0.0)
    with pytest.raises(InvalidInputError, match="pattern of a sparse matrix is fixed"):
        made.update(1, 2, 1.0)
    assert A.nnz == 3


def test_failed_updates_change_nothing_and_memory_is_not_shared():
    A = small()
    made = SampleQueryMatrix(A)
    A[:] = 8.0
    for arguments, error, match in (
        ((4, 0, 1.0), InvalidInputError, "i must satisfy"),
        ((0, 3, 1.0), InvalidInputError, "j must satisfy"),
        ((0, 0, np.inf), NonFiniteError, "value"),
        ((0, 0, 1j), InvalidTypeError, "complex"),
        ((0, 0, [1.0, 2.0]), InvalidInputError, "value"),
    ):
        with pytest.raises(error, match=match):
            made.update(*arguments)
    np.testing.assert_array_equal(made.toarray(), small())


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 2)])
def test_nothing_to_draw(shape):
    for form in (np.array, sparse.csr_array):
        made = SampleQueryMatrix(form(np.zeros(shape)))
        assert made.norm == 0.0
        with pytest.raises(InvalidInputError, match="A is zero"):
            made.sample(2, rng=0)
    assert made.sample_within(np.zeros(0, np.int64), rng=0).shape == (0,)


def test_a_zero_row_has_no_entry_to_draw():
    made = SampleQueryMatrix(small())
    with pytest.raises(InvalidInputError, match="row 1 of A is zero"):
        made.sample_within([0, 1], rng=0)
    assert isinstance(made.sample_rows(rng=0), int)
    i, j = made.sample(rng=0)
    assert made.query(i, j) != 0.0
