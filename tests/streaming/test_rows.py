"""The boundary of streams."""

import numpy as np
import pytest
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.streaming.rows import as_rows


def test_rows_become_doubles_and_the_input_stays():
    X = np.asfortranarray(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    rows = as_rows(X, 3)
    assert rows.dtype == np.float64
    assert rows.flags.c_contiguous
    np.testing.assert_array_equal(rows, X)
    assert as_rows(np.ones((0, 3)), 3).shape == (0, 3)


def test_sparse_rows_stay_sparse_and_duplicates_are_summed():
    X = sparse.coo_array((np.ones(3), ([0, 0, 1], [2, 2, 0])), shape=(2, 4))
    rows = as_rows(X, None)
    assert sparse.issparse(rows)
    np.testing.assert_array_equal(rows.toarray(), [[0, 0, 2, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize("make", [np.array, sparse.csr_array], ids=["dense", "sparse"])
def test_rows_that_are_not_finite_are_named_or_omitted(make):
    X = np.eye(4, 3)
    X[1, 2], X[3, 0] = np.nan, np.inf
    with pytest.raises(NonFiniteError, match=r"2 of 4 rows .* row 1.*nan_policy='omit'"):
        as_rows(make(X), 3)
    kept = as_rows(make(X), 3, nan_policy="omit")
    np.testing.assert_array_equal(kept.toarray() if sparse.issparse(kept) else kept, X[[0, 2]])


def test_huge_finite_rows_are_no_infinities():
    X = np.full((2, 2), 1.7e308)
    np.testing.assert_array_equal(as_rows(X, 2), X)


def test_what_is_no_block_of_rows_is_refused():
    with pytest.raises(InvalidInputError, match="X has 3 columns and the rows before had 2"):
        as_rows(np.ones((1, 3)), 2)
    with pytest.raises(InvalidInputError, match="2-D"):
        as_rows(np.ones(3), 3)
    with pytest.raises(InvalidInputError, match="no entries"):
        as_rows(np.ones((3, 0)), None)
    for make in (np.array, sparse.csr_array):
        with pytest.raises(InvalidTypeError, match="complex"):
            as_rows(make(np.ones((2, 2)) * 1j), 2)
