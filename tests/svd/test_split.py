"""split_svd: the parts add up to A to the last rounding, whatever the factors are worth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linsub
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.svd import split_svd, truncated_svd
from linsub.testing import gallery, load_digits, ratios

seeds = st.integers(0, 2**20)


def wide(A):
    return A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble)


@given(
    seed=seeds,
    index=st.integers(0, 10**4),
    balanced=st.booleans(),
    scale=st.sampled_from([1.0, -1.0, 0.25, 3.7, -16.0]),
)
def test_the_parts_add_up(seed, index, balanced, scale):
    case = gallery.case(seed, index, max_side=24, scales=(1.0, 1e-20, 1e20))
    A = case.A
    left, right, residual = split_svd(A, case.rank, balanced=balanced, scale=scale, rng=seed)
    assert left.shape == (A.shape[0], case.rank)
    assert right.shape == (case.rank, A.shape[1])
    assert residual.shape == A.shape
    assert left.dtype == right.dtype == residual.dtype == A.dtype
    total = wide(left) @ wide(right) * np.longdouble(scale) + wide(residual)
    size = float(np.abs(A).max(initial=0.0))
    error = float(np.abs(total - A).max(initial=0.0))
    # Each entry is one subtraction of a product of length `rank` away from A.
    limit = ratios.PASS * max(case.rank, 1) * float(np.finfo(A.dtype).eps)
    assert error <= limit * max(size, float(case.sigma.max(initial=0.0)))


@given(seed=seeds, rank=st.integers(0, 12), dtype=st.sampled_from("fdFD"))
def test_the_residual_is_the_tail_and_the_factors_are_the_head(seed, rank, dtype):
    A = gallery.matrix("polynomial", 20, 12, cond=1e2, dtype=dtype, rng=seed)
    sigma = np.linalg.svd(A.astype("D"), compute_uv=False)
    left, right, residual = result = split_svd(A, rank, rng=seed)
    tail = float(np.linalg.norm(sigma[rank:]))
    rounding = ratios.PASS * 20 * np.finfo(dtype).eps * float(sigma[0])
    assert abs(np.linalg.norm(residual) - tail) <= rounding
    assert np.linalg.norm(residual) <= float(result.certificate.frobenius_error) + rounding
    # Balanced: both factors have the square roots of the singular values.
    roots = np.sqrt(sigma[:rank])
    for factor in (left, right.conj().T):
        gram = factor.conj().T @ factor
        assert np.abs(gram - np.diag(roots**2)).max(initial=0.0) <= rounding


def test_unbalanced_factors_are_orthonormal_and_scaled():
    A = load_digits().data[:200]
    left, right, _ = split_svd(A, 5, balanced=False, rng=0)
    U, S, Vh = truncated_svd(A, 5, rng=0)
    assert ratios.orthogonality_ratio(left) < ratios.PASS
    assert np.array_equal(left, U)
    assert np.array_equal(right, S[:, None] * Vh)


@pytest.mark.parametrize("scale", [2.0, -0.5])
def test_the_scale_divides_the_factors(scale):
    A = gallery.matrix("polynomial", 20, 12, rng=0)
    plain = split_svd(A, 3, rng=0)
    scaled = split_svd(A, 3, scale=scale, rng=0)
    assert np.allclose(scale * scaled.left @ scaled.right, plain.left @ plain.right, rtol=1e-12)
    assert np.allclose(scaled.residual, plain.residual, rtol=1e-9, atol=1e-15)


def test_a_crude_principal_part_still_adds_up():
    A = gallery.matrix("arithmetic", 120, 100, cond=2.0, rng=0)
    options = {"method": "lanczos", "maxiter": 1, "tol": 1e-12, "rng": 0}
    with pytest.raises(ConvergenceError):
        split_svd(A, 4, **options)
    left, right, residual = result = split_svd(A, 4, on_fail="return", **options)
    assert not result.info.converged
    assert np.abs(left @ right + residual - A).max() <= 1e-14


def test_by_energy_and_by_error():
    A = load_digits().data
    by_energy = split_svd(A, energy=0.99, rng=0)
    assert by_energy.left.shape[1] == 33
    assert np.linalg.norm(by_energy.residual) ** 2 <= 0.01 * np.linalg.norm(A) ** 2
    by_error = split_svd(A, error=0.2, rng=0)
    assert np.linalg.norm(by_error.residual) <= 0.2 * np.linalg.norm(A)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rank": 2, "scale": 0.0}, InvalidInputError, "scale is 0"),
        ({"rank": 2, "scale": np.inf}, InvalidInputError, "scale must be finite"),
        ({"rank": 2, "scale": "1"}, InvalidTypeError, "scale"),
        ({"rank": 2, "balanced": 1}, InvalidTypeError, "balanced"),
        ({}, InvalidInputError, "exactly one of rank"),
        ({"rank": 2, "energy": 0.5}, InvalidInputError, "exactly one of rank"),
        ({"rank": 2, "tool": 1e-3}, TypeError, "tool"),
    ],
)
def test_bad_arguments(options, error, text):
    with pytest.raises(error, match=text):
        split_svd(np.eye(4), **options)


def test_the_package_offers_it():
    assert linsub.split_svd is split_svd
