"""Directions off the leading singular vectors: orthogonal, of norm 1, and hardly seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.linalg import aslinearoperator

from linsub.errors import InvalidInputError, NumericalError
from linsub.geometry import nullspace_projection


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 8),
    st.integers(2, 8),
    st.booleans(),
    st.sampled_from([-900, 0, 900]),
)
def test_directions_and_leak(seed, m, n, is_complex, exponent):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((m, n)) + (1j * rng.standard_normal((m, n)) if is_complex else 0)
    A = A * 2.0**exponent
    v = rng.standard_normal((n, 3)) * [1e-200, 1.0, 1e200]
    r = int(rng.integers(0, min(m, n - 1) + 1))
    found = nullspace_projection(A, v, r)
    S, Vh = np.linalg.svd(A)[1:]
    np.testing.assert_allclose(np.linalg.norm(found.directions, axis=0), 1.0)
    np.testing.assert_allclose(Vh[:r] @ found.directions, 0.0, atol=1e-7)
    scale = 2.0**exponent
    leak = np.linalg.norm((A / scale) @ found.directions, axis=0)
    assert (leak <= np.asarray(found.certificate.leak) / scale).all()
    following = S[r] / scale if r < S.size else 0.0
    assert (leak <= following * (1 + 1e-9) + 1e-13 * S[0] / scale).all()
    unit = v / np.abs(v).max(0)
    unit = unit / np.linalg.norm(unit, axis=0)
    kept = np.linalg.norm(unit - Vh[:r].conj().T @ (Vh[:r] @ unit), axis=0)
    np.testing.assert_allclose(found.kept, kept, rtol=1e-6)


def test_products_alone_will_do():
    rng = np.random.default_rng(0)
    J = rng.standard_normal((200, 30)) @ rng.standard_normal((30, 300))
    v = rng.standard_normal(300)
    for r, share in ((5, 0.9), (30, 1e-9)):
        found = nullspace_projection(aslinearoperator(J), v, r, rng=0)
        leak = np.linalg.norm(J @ found.directions)
        assert leak <= float(found.certificate.leak)
        assert leak < share * np.linalg.norm(J, 2)
        assert leak <= np.linalg.svd(J, compute_uv=False)[r] * (1 + 1e-6) + 1e-9
    assert isinstance(found.kept, float)


def test_nothing_left_is_an_error():
    A = np.diag([3.0, 2.0, 1.0])
    with pytest.raises(NumericalError, match=r"v\[:, 0\] keeps"):
        nullspace_projection(A, [1.0, 1.0, 0.0], 2)
    for call, message in (
        (lambda: nullspace_projection(A, [0.0, 0.0, 0.0], 1), "zero"),
        (lambda: nullspace_projection(A, [1.0, 0.0], 1), "v has shape"),
        (lambda: nullspace_projection(A, np.ones(3), 4), "rank"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            call()
