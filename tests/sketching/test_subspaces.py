"""Cosine bases of gradients and random subspaces: identities, scales, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sketching import RandomSubspace, dct_select
from linsub.sketching import random_subspace as module

KINDS = ("dense", "sparse", "fastfood")


@given(st.integers(0, 10_000))
@settings(max_examples=60)
def test_the_error_is_certified_at_any_scale(seed):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 9, 2)
    p = int(rng.choice([-1040, -500, 0, 500, 1000]))
    G = rng.standard_normal((m, n))
    G = G * 1j if seed % 3 == 0 else G
    axis, norm = seed % 2, 1 + seed // 2 % 2
    r = int(rng.integers(0, G.shape[axis] + 1))
    plain = dct_select(G, r, norm=norm, axis=axis)
    error = np.linalg.norm(G - plain.expand())
    certificate = plain.certificate
    assert error <= float(certificate.frobenius_error)
    assert float(certificate.frobenius_error) <= error + 1e-13 * np.linalg.norm(G)
    if norm == 2:
        assert error <= float(certificate.error_bound)
    else:
        assert certificate.error_bound is None
    if p > -1000 and G.dtype.kind != "c":
        scaled = dct_select(np.ldexp(G, p), r, norm=norm, axis=axis)
        np.testing.assert_array_equal(scaled.indices, plain.indices)
        np.testing.assert_array_equal(scaled.coefficients, np.ldexp(plain.coefficients, p))


def test_ties_go_to_the_lower_index():
    assert dct_select([[1.0, 0.0]], 1).indices.tolist() == [0]
    assert dct_select([[0.0, 1.0]], 1).indices.tolist() == [0]
    assert dct_select(np.zeros((3, 5)), 2).indices.tolist() == [0, 1]


def test_the_1_norm_fails_where_the_2_norm_cannot():
    S = np.zeros((200, 2))
    S[0, 0], S[:, 1] = 10.0, 0.06
    Q = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0)
    G = S @ Q.T
    by_two, by_one = dct_select(G, 1), dct_select(G, 1, norm=1)
    assert (by_two.indices.tolist(), by_one.indices.tolist()) == ([0], [1])
    assert by_one.certificate.relative_error**2 > 0.99
    assert by_two.certificate.relative_error**2 < 0.01


def test_steps_in_the_basis_go_back_to_the_full_space():
    G = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)
    for axis in (0, 1):
        chosen = dct_select(G, 3, axis=axis)
        step = np.sign(chosen.coefficients)
        full = chosen.expand(step)
        assert full.shape == G.shape
        assert full.dtype == np.float32
        again = dct_select(full, 3, axis=axis)
        assert set(again.indices.tolist()) == set(chosen.indices.tolist())
        assert np.linalg.norm(full) == pytest.approx(np.linalg.norm(step), rel=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 1), (0, 0)])
def test_empty_gradients(shape):
    chosen = dct_select(np.zeros(shape), 0)
    assert chosen.coefficients.shape == (shape[0], 0)
    assert chosen.certificate.relative_error == 0.0


def test_dct_refusals():
    G = np.ones((3, 4))
    for options, match in (({"r": 5}, "r must"), ({"norm": 3}, "norm"), ({"axis": 2}, "axis")):
        with pytest.raises(InvalidInputError, match=match):
            dct_select(**{"G": G, "r": 2, **options})
    with pytest.raises(InvalidTypeError, match="norm"):
        dct_select(G, 2, norm="l2")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("D", "d"), [(1, 1), (7, 0), (7, 7), (64, 8), (100, 9), (300, 290)])
def test_columns_are_of_norm_one_and_the_adjoint_is_one(kind, D, d):
    P = RandomSubspace(D, d, kind, rng=0)
    A = P.toarray()
    np.testing.assert_allclose(np.linalg.norm(A, axis=0), 1.0, rtol=1e-13)
    rng = np.random.default_rng(1)
    z, g = rng.standard_normal((d, 3)), rng.standard_normal((D, 2))
    np.testing.assert_allclose(P @ z, A @ z, atol=1e-12)
    np.testing.assert_allclose(P.T @ g, A.T @ g, atol=1e-12)
    np.testing.assert_allclose(P.matvec(1j * z[:, 0]), 1j * A @ z[:, 0], atol=1e-12)
    assert (P.shape, P.T.shape, P.T.T is P) == ((D, d), (d, D), True)
    if kind == "dense":
        assert np.linalg.matrix_rank(A) == d
    again = RandomSubspace(D, d, kind, rng=0)
    np.testing.assert_array_equal(again.toarray(), A)
    if D > 7:
        assert (RandomSubspace(D, d, kind, rng=1).toarray() != A).any()


@pytest.mark.parametrize("kind", KINDS)
def test_columns_are_nearly_orthogonal(kind):
    A = RandomSubspace(4096, 12, kind, rng=0).toarray()
    off = A.T @ A - np.eye(12)
    assert np.abs(off).max() < 6.0 / np.sqrt(4096)


def test_what_is_drawn_anew_is_what_was_kept(monkeypatch):
    kept = RandomSubspace(1000, 5, rng=3).toarray()
    monkeypatch.setattr(module, "_KEPT", 0)
    monkeypatch.setattr(module, "_BLOCK", 700)
    P = RandomSubspace(1000, 5, rng=3)
    np.testing.assert_allclose(P.toarray(), kept, rtol=1e-12)
    g = np.arange(1000.0)
    np.testing.assert_allclose(P.T @ g, kept.T @ g, rtol=1e-10)


def test_points_pass_through_theta0():
    theta0 = np.arange(6.0)
    P = RandomSubspace(6, 2, theta0=theta0, rng=0)
    before = P.point(np.zeros(2))
    np.testing.assert_array_equal(before, theta0)
    theta0[:] = 0.0
    np.testing.assert_array_equal(P.point(np.zeros((2, 3))), np.arange(6.0)[:, None] + np.zeros(3))
    assert P.matvec(np.ones(2, np.float32)).dtype == np.float32
    assert "dense" in repr(P)


def test_subspace_refusals():
    for arguments, match in (
        ((5, 6), "d must"),
        ((0, 0), "D must"),
        ((5, 2, "sprase"), "kind"),
    ):
        with pytest.raises(InvalidInputError, match=match):
            RandomSubspace(*arguments)
    for theta0, error in (
        (np.ones(4), InvalidInputError),
        ([np.nan] * 5, InvalidInputError),
        (["text"] * 5, InvalidTypeError),
    ):
        with pytest.raises(error, match="theta0"):
            RandomSubspace(5, 2, theta0=theta0)
    P = RandomSubspace(5, 2, rng=0)
    with pytest.raises(InvalidInputError, match="z has shape"):
        P @ np.ones(3)
    with pytest.raises(InvalidInputError, match="g has shape"):
        P.T @ np.ones(2)
