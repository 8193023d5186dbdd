"""complement_projection and oblique_projector against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, NumericalError, RankDeficientError
from linsub.geometry import OrthoBasis, complement_projection, oblique_projector, orth
from linsub.testing import strategies
from linsub.testing.gallery import ANGLE_SETS, subspace_pair
from tests.geometry.frames import frame, normal

MODES = ("both", "left", "right", "core")
seeds = st.integers(0, 2**20)


@given(G=strategies.matrices(min_side=1), seed=seeds, mode=st.sampled_from(MODES))
def test_projections_are_those_of_the_formulas(G, seed, mode):
    rng = np.random.default_rng(seed)
    m, n = G.shape
    kind = G.dtype.char
    U = frame(rng, m, int(rng.integers(0, m + 1)), kind)
    V = frame(rng, n, int(rng.integers(0, n + 1)), kind)
    before = G.copy()
    found = complement_projection(G, U, V, mode=mode)
    np.testing.assert_array_equal(G, before)
    assert found.dtype == G.dtype
    wide = np.clongdouble if kind in "FD" else np.longdouble
    X, Y, Z = U.astype(wide), V.astype(wide), G.astype(wide)
    P, R = np.eye(m) - X @ X.conj().T, np.eye(n) - Y @ Y.conj().T
    expected = {
        "both": P @ Z @ R,
        "left": P @ Z,
        "right": Z @ R,
        "core": Z - X @ (X.conj().T @ Z @ Y) @ Y.conj().T,
    }[mode]
    eps = float(np.finfo(G.dtype).eps)
    tiny = 2 * float(np.finfo(G.dtype).smallest_subnormal)
    peak = float(np.abs(G).max())
    assert float(np.abs(found - expected).max()) <= 8 * eps * (m + n) * peak + tiny
    again = complement_projection(found, U, V, mode=mode)
    assert np.abs(again - found).max() <= 8 * eps * (m + n) * peak + tiny


def test_many_steps_leave_the_protected_triplets():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((60, 40))
    U, s, Vh = np.linalg.svd(W, full_matrices=False)
    U, s, V = U[:, :8], s[:8], Vh[:8].T
    core = W.copy()
    for _ in range(300):
        G = rng.standard_normal(W.shape)
        W = W + 0.1 * complement_projection(G, U, V)
        core = core + 0.1 * complement_projection(G, U, V, mode="core")
    assert np.linalg.norm(W @ V - U * s) < 1e-12
    assert np.linalg.norm(U.T @ W - s[:, None] * V.T) < 1e-12
    assert np.linalg.norm(core @ V - U * s) > 1.0


def test_a_basis_in_single_precision_projects_exactly_onto_its_span():
    rng = np.random.default_rng(0)
    U = frame(rng, 30, 5).astype(np.float32)
    G = rng.standard_normal((30, 4))
    for basis in (U, U.astype(float)):
        assert np.abs(U.astype(float).T @ complement_projection(G, basis)).max() < 1e-14


def test_one_side_is_enough_for_both():
    rng = np.random.default_rng(0)
    G, U, V = rng.standard_normal((5, 4)), frame(rng, 5, 2), frame(rng, 4, 1)
    both, left, right = (
        complement_projection(G, U),
        complement_projection(G, U, mode="left"),
        complement_projection(G, V=V, mode="right"),
    )
    np.testing.assert_array_equal(both, left)
    np.testing.assert_array_equal(complement_projection(G, V=V), right)


def test_bad_projections_are_named():
    G, U = np.ones((4, 3)), np.eye(4)[:, :2]
    with pytest.raises(InvalidInputError, match="U and V are None"):
        complement_projection(G)
    with pytest.raises(InvalidInputError, match=r"V is None and mode='core'"):
        complement_projection(G, U, mode="core")
    with pytest.raises(InvalidInputError, match="U is None and mode='left'"):
        complement_projection(G, V=np.eye(3), mode="left")
    with pytest.raises(InvalidInputError, match=r"pass orth\(U\).Q"):
        complement_projection(G, 1.1 * U)
    with pytest.raises(InvalidInputError, match="not orthonormal"):
        complement_projection(G, 1e300 * U)
    with pytest.raises(InvalidInputError, match="V has shape"):
        complement_projection(G, V=U)
    with pytest.raises(InvalidInputError, match="did you mean 'both'"):
        complement_projection(G, U, mode="bothh")


# --- oblique --------------------------------------------------------------------------------


@given(
    seed=seeds,
    name=st.sampled_from(
        [n for n in ANGLE_SETS if "right" not in n and n not in ("clusters", "mixed")]
    ),
    kind=st.sampled_from("dD"),
)
def test_an_oblique_projector_is_one(seed, name, kind):
    rng = np.random.default_rng(seed)
    angles = np.sort(ANGLE_SETS[name])
    X, Y = subspace_pair(12, angles, rng=rng, dtype=kind)
    k = angles.size
    mix = (frame(rng, k, k) * rng.uniform(0.5, 2.0, k)) @ frame(rng, k, k)
    P = oblique_projector(X @ mix, Y)
    assert P.norm == pytest.approx(1.0 / np.cos(angles[-1]), rel=1e-13)
    assert P.rank == k
    dense = P.to_dense()
    size = 100 * np.finfo(float).eps * P.norm**2
    assert np.linalg.norm(dense @ dense - dense) <= size
    assert np.linalg.norm(dense @ X - X) <= size
    assert np.linalg.norm(Y.conj().T @ dense - Y.conj().T) <= size
    assert np.linalg.norm(dense @ Y @ Y.conj().T - dense) <= size
    assert np.linalg.norm(P.H.to_dense() - dense.conj().T) <= size
    np.testing.assert_allclose(P.H.norm, P.norm)
    Z = normal(rng, 12, 3, kind)
    np.testing.assert_allclose(P @ Z, dense @ Z, atol=1e-12)
    sigma = np.linalg.svd(dense, compute_uv=False)[:k]
    np.testing.assert_allclose(sigma, np.sort(1.0 / np.cos(angles))[::-1], rtol=1e-12)


def test_at_a_right_angle_there_is_none():
    with pytest.raises(RankDeficientError, match="orthogonal to Y"):
        oblique_projector(np.eye(3)[:, :2], np.eye(3)[:, 1:])
    with pytest.raises(np.linalg.LinAlgError):
        oblique_projector([[1.0], [0.0]], [[1e-17], [1.0]])
    near = oblique_projector([[1.0], [0.0]], [[1e-9], [1.0]])
    assert near.norm == pytest.approx(1e9)
    assert issubclass(RankDeficientError, NumericalError)


def test_ranks_must_agree():
    with pytest.raises(InvalidInputError, match="X has rank 2 and Y has rank 1"):
        oblique_projector(np.eye(3)[:, :2], np.ones((3, 2)))
    with pytest.raises(InvalidInputError, match="same number of rows"):
        oblique_projector(np.eye(3)[:, :2], np.eye(4)[:, :2])
    nothing = oblique_projector(np.zeros((3, 2)), np.zeros((3, 0)))
    assert nothing.norm == 0.0
    np.testing.assert_array_equal(nothing @ np.ones((3, 1)), np.zeros((3, 1)))
    with pytest.raises(InvalidInputError, match="Z needs 3 rows"):
        nothing @ np.ones((2, 1))


def test_precision_and_scale():
    X, Y = subspace_pair(8, [0.3, 1.0], rng=0, dtype=np.float32)
    P = oblique_projector(1e30 * X, 1e-30 * Y)
    assert P.to_dense().dtype == np.float32
    assert P.norm == pytest.approx(1.0 / np.cos(1.0), rel=1e-5)
    assert (P @ np.ones((8, 1))).dtype == np.float64
    huge = np.full((8, 1), 1e300)
    np.testing.assert_allclose(P @ huge / 1e300, P @ np.ones((8, 1)))
    assert "rank=2" in repr(P)
    with pytest.raises(TypeError):
        np.ones((3, 8)) @ P


def test_the_whole_space():
    P = oblique_projector(orth(normal(np.random.default_rng(0), 4, 4)).Q, np.eye(4))
    np.testing.assert_allclose(P.to_dense(), np.eye(4), atol=1e-14)


def test_results_beyond_the_largest_number_are_refused():
    q = np.array([[0.9], [0.3], [0.3], [0.1]])
    q /= np.linalg.norm(q)
    basis = OrthoBasis(4)
    basis.extend(q)
    P = oblique_projector([[1.0], [0.0]], [[1e-8], [1.0]])
    for top, dtype in ((np.finfo(np.float32).max, np.float32), (np.finfo(float).max, float)):
        same, mixed = np.full((4, 1), top, dtype), np.full((4, 1), -top, dtype)
        mixed[0] = top
        calls = (
            lambda: complement_projection(mixed, q),  # noqa: B023
            lambda: basis.project(same),  # noqa: B023
            lambda: basis.reject(mixed),  # noqa: B023
            lambda: P @ (same[:2] / 2),  # noqa: B023
        )
        for call in calls:
            with pytest.raises(NumericalError, match="exceeds the largest float"):
                call()


def test_an_oblique_projector_takes_a_vector():
    P = oblique_projector([[1.0], [0.0]], [[0.6], [0.8]])
    np.testing.assert_allclose(P @ np.array([0.0, 3.0]), [4.0, 0.0])


def test_a_right_angle_that_was_rounded_is_one():
    rng = np.random.default_rng(0)
    X, Y = np.split(frame(rng, 9, 2).astype(np.float32), 2, axis=1)
    assert np.abs(X.T.astype(float) @ Y) > 1e-10
    with pytest.raises(RankDeficientError):
        oblique_projector(X, Y)


def test_the_adjoint_is_a_projector_of_the_same_form():
    X, Y = subspace_pair(9, [0.3, 1.2], rng=0, dtype=complex)
    P = oblique_projector(X, Y)
    np.testing.assert_allclose(P.H.to_dense(), P.to_dense().conj().T, atol=1e-14)
    for made in (P, P.H, P.H.H):
        np.testing.assert_allclose(made.right.conj().T @ made.right, np.eye(2), atol=1e-14)
