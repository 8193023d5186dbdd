"""Merging SVDs: trees, unknown errors, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.svd import IncrementalSVD, merge_svd, truncated_svd
from linsub.testing import gallery
from tests.svd.test_incremental import held


@given(
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from("fdFD"),
    axis=st.sampled_from([0, 1]),
    exponent=st.sampled_from([0, -900, 900]),
    carried=st.booleans(),
)
def test_the_error_of_the_parts_is_in_the_error_of_the_whole(seed, dtype, axis, exponent, carried):
    rng = np.random.default_rng(seed)
    A = gallery.matrix("polynomial", 24, 30, cond=1e3, dtype=dtype, rng=seed)
    if dtype in "dD":
        A = (A * 2.0**exponent).astype(dtype)
    cuts = np.sort(rng.integers(0, A.shape[axis] + 1, 3))
    blocks = [b for b in np.split(A, cuts, axis=axis) if b.size]
    if carried:
        sides = {"keep_left": True, "keep_right": True}
        parts = [IncrementalSVD(4, **sides).update(b, axis=axis).result() for b in blocks]
    else:
        parts = [truncated_svd(b, min(4, *b.shape), rng=0) for b in blocks]
    result = merge_svd(parts, 6, axis=axis)
    error, values = held(A, result)
    if carried:  # then the squares add, and nothing is lost to the triangle inequality
        floor = 1e-4 if dtype in "fF" else 1e-11
        assert values["frobenius_error"] <= 1.001 * error + floor * values["frobenius_norm"]
    within = merge_svd(parts, error=0.9, axis=axis)
    assert within.certificate.relative_error <= 0.9


def test_plain_factors_give_what_was_discarded():
    A = gallery.matrix("polynomial", 20, 16, cond=1e3, rng=0)
    parts = [np.linalg.svd(B, full_matrices=False) for B in (A[:, :9], A[:, 9:])]
    result = merge_svd([(U, S, Vh) for U, S, Vh in parts], 5)
    sigma = np.linalg.svd(A, compute_uv=False)
    assert np.allclose(result.S, sigma[:5], rtol=1e-12)
    assert result.certificate.frobenius_error is None
    assert np.isclose(result.info.details["discarded"].value, np.linalg.norm(sigma[5:]))
    halves = merge_svd([(U, S, None) for U, S, Vh in parts], 5)
    assert halves.Vh is None
    assert np.allclose(halves.S, result.S)


@pytest.mark.parametrize(
    ("parts", "error", "text"),
    [
        ([], InvalidInputError, "parts is empty"),
        (np.eye(3), InvalidTypeError, "iterable of"),
        ([np.eye(3)], InvalidTypeError, r"parts\[0\] must be"),
        ([(None, np.ones(2), np.eye(2))], InvalidInputError, r"parts\[0\].U is None"),
        ([(np.eye(3), np.ones(2), None)], InvalidInputError, "3 vectors and .* 2 values"),
        ([(np.eye(2), np.ones(2), np.eye(3))], InvalidInputError, r"parts\[0\].Vh holds 3"),
        ([(np.eye(2), np.array([1.0, 2.0]), None)], InvalidInputError, "descending"),
        (
            [(np.eye(2), np.ones(2), None), (np.eye(3), np.ones(3), None)],
            InvalidInputError,
            r"parts\[1\] has 3 rows",
        ),
    ],
)
def test_bad_parts(parts, error, text):
    with pytest.raises(error, match=text):
        merge_svd(parts, 2)


def test_the_package_offers_it():
    assert linsub.merge_svd is merge_svd
