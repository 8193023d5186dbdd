"""The incremental SVD against the SVD of the whole matrix."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svd import IncrementalSVD
from linsub.testing import gallery, ratios

seeds = st.integers(0, 2**32 - 1)
BOTH = {"keep_left": True, "keep_right": True}


def stream(A, cuts, axis=1, **options):
    found = IncrementalSVD(**{**BOTH, **options})
    for block in np.split(A, cuts, axis=axis):
        assert found.update(block, axis=axis) is found
    return found


def unit(A):
    """Return the exponent that brings A near 1."""
    return int(np.frexp(float(np.abs(A).max(initial=0.0)))[1])


def held(A, result):
    """Assert that no entry of the certificate is on the wrong side; return the true error."""
    wide = np.clongdouble if A.dtype.kind == "c" else np.longdouble
    shift = np.ldexp(np.longdouble(1), -unit(A))
    U, S, Vh = (np.asarray(x).astype(wide) for x in result)
    E = A.astype(wide) * shift - (U * (S * shift)) @ Vh
    error = float(np.sqrt(np.sum(np.abs(E) ** 2)))
    B = (A.astype(wide) * shift).astype(complex)
    sigma = np.linalg.svd(B, compute_uv=False)
    slack = 30 * np.finfo(float).eps * max(A.shape, default=1) * sigma.max(initial=0.0)
    k = S.size
    c = result.certificate
    values = {name: np.asarray(b.value, np.longdouble) * shift for name, b in c.bounds()}
    assert error <= values["frobenius_error"]
    assert np.linalg.norm(E.astype(complex), 2) <= values["spectral_error"] if A.size else True
    assert np.all(values["sigma_lower"] <= sigma[:k] + slack)
    assert np.all(sigma[:k] <= values["sigma_upper"] + slack)
    if k < sigma.size:
        assert sigma[k] <= values["complement_norm"] + slack
    assert abs(values["frobenius_norm"] - np.linalg.norm(B)) <= slack
    eye = np.eye(k)
    left, right = (np.asarray(x).astype(complex) for x in (result[0], result[2]))
    for gram in (left.conj().T @ left, right @ right.conj().T):
        assert np.linalg.norm(gram - eye, 2) <= c.orthogonality.value if k else True
        assert np.abs(gram - eye).max(initial=0.0) <= 200 * np.finfo(result[1].dtype).eps
    return error, values


@given(
    seed=seeds,
    axis=st.sampled_from([0, 1]),
    cuts=st.lists(st.integers(0, 24), max_size=8),
    rank=st.integers(0, 12),
)
def test_the_error_is_exact_on_hard_matrices(seed, axis, cuts, rank):
    case = gallery.case(seed, 1, max_side=24, scales=(1.0, 1e-300, 1e300))
    A = case.A
    result = stream(A, sorted(min(c, A.shape[axis]) for c in cuts), axis, rank=rank).result()
    assert result.S.size <= rank
    assert result[0].dtype == A.dtype
    assert result.certificate.frobenius_error.kind == "exact"
    assert result.certificate.frobenius_error.origin == "carried"
    error, values = held(A, result)
    eps = float(np.finfo(A.dtype).eps)
    size = float(values["frobenius_norm"])
    # equal, not only above: what is beyond is the rounding that has been added
    rounding = (len(cuts) + 4) * 16 * np.sqrt(max(A.shape) + 1) * 2.3e-16 + 4 * eps
    assert values["frobenius_error"] <= error * (1 + 1e-3) + 4 * rounding * size


def test_the_package_offers_it():
    assert linsub.IncrementalSVD is IncrementalSVD
