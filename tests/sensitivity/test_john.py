"""John weights: optimality, few rows, closed forms."""

import numpy as np
import pytest
from scipy import sparse

from linsub.errors import ConvergenceError, ConvergenceWarning, InvalidInputError
from linsub.sensitivity import john_weights


def g_of(A, v):
    Q = np.linalg.qr(A)[0]
    M = Q.conj().T @ (v[:, None] * Q)
    return np.einsum("ij,ji->i", Q, np.linalg.solve(M, Q.conj().T)).real


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("dof", [1.5, 30.0])
def test_every_row_is_inside_of_the_ellipsoid(kind, dof):
    rng = np.random.default_rng(0)
    A = rng.standard_t(dof, (300, 5))
    A = A + 1j * rng.standard_normal((300, 5)) if kind == "complex" else A
    found = john_weights(A)
    v, g = found.weights, g_of(A, found.weights)
    assert found.rank == 5
    assert (v >= 0.0).all()
    np.testing.assert_allclose(v.sum(), 5.0, rtol=1e-13)
    assert g.max() - 1.0 <= found.certificate.excess.value < 1.1e-7
    np.testing.assert_allclose(g[v > 1e-3], 1.0, atol=1e-5)
    assert np.count_nonzero(v) <= (25 if kind == "complex" else 15)


def test_a_rotation_has_equal_weights_and_a_scale_none():
    angle = np.pi * np.arange(3) / 3.0
    hexagon = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    inside = np.concatenate([hexagon, 0.5 * hexagon[::-1], np.zeros((1, 2))])
    expected = np.r_[np.full(3, 2.0 / 3.0), np.zeros(4)]
    for scale in (1.0, 1e-300, 1e300):
        v, _ = john_weights(inside * scale, tol=1e-12)
        np.testing.assert_allclose(v, expected, atol=1e-7)


def test_units_of_columns_and_the_rank_do_not_count():
    rng = np.random.default_rng(1)
    A = rng.standard_normal((60, 3))
    v, _ = john_weights(A, tol=1e-11)
    B = np.hstack([A, A @ rng.standard_normal((3, 2)), np.zeros((60, 1))]) * 2.0 ** np.arange(
        -600, 600, 200
    )
    for given in (B, sparse.csr_array(B), np.asfortranarray(B)):
        found = john_weights(given, tol=1e-11)
        assert found.rank == 3
        np.testing.assert_allclose(found.weights, v, atol=1e-4)


def test_average_needs_as_many_steps_as_it_says():
    A = np.random.default_rng(2).standard_t(3, (200, 4))
    found = john_weights(A, tol=0.05, method="average")
    assert found.info.iterations == int(np.ceil(np.log(50.0) / np.log(1.05)))
    assert g_of(A, found.weights).max() <= 1.05
    with pytest.raises(InvalidInputError, match="method='away'"):
        john_weights(A, tol=1e-7, method="average")


def test_too_few_steps_are_never_silent():
    A = np.random.default_rng(3).standard_normal((500, 6))
    with pytest.raises(ConvergenceError, match="maxiter") as caught:
        john_weights(A, maxiter=5)
    found = caught.value.result
    assert found.certificate.excess.value >= g_of(A, found.weights).max() - 1.0 > 1e-7
    with pytest.warns(ConvergenceWarning, match="maxiter"):
        john_weights(A, maxiter=5, on_fail="warn")


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (5, 2)])
def test_nothing_has_no_weights(shape):
    found = john_weights(np.zeros(shape))
    assert found.rank == 0
    assert found.weights.shape == shape[:1]
    assert not found.weights.any()


def test_fewer_rows_than_columns():
    np.testing.assert_allclose(john_weights(np.ones((1, 4))).weights, [1.0])
    A = np.random.default_rng(4).standard_normal((3, 5))
    np.testing.assert_allclose(john_weights(A).weights, 1.0)
