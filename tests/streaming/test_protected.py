"""Protected subspaces: thresholds, ranks, what projection leaves, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.streaming import ProtectedSubspace


def graded(d, m, decay, rng):
    return rng.standard_normal((d, d)) * decay ** np.arange(d) @ rng.standard_normal((d, m))


@settings(max_examples=30)
@given(
    st.integers(1, 12),
    st.integers(0, 12),
    st.sampled_from([0.0, 0.5, 0.95, 1.0]),
    st.sampled_from(["gpm", "coso"]),
    st.sampled_from([1e-300, 1e-40, 1.0, 1e300]),
    st.integers(0, 2**32 - 1),
)
def test_thresholds_are_reached_by_the_fewest(d, m, threshold, rule, size, seed):
    rng = np.random.default_rng(seed)
    protected = ProtectedSubspace(d, threshold, rule=rule)
    for decay in (0.3, 1.0):
        R = graded(d, m, decay, rng)
        R = size * R / max(np.abs(R).max(initial=0.0), 1.0)
        before, Q0 = protected.energy(R), protected.basis
        added, energy = protected.update(R)
        Q, near = protected.basis, R / (np.abs(R).max(initial=0.0) or 1.0)
        np.testing.assert_array_equal(Q[:, : Q0.shape[1]], Q0)
        assert Q.shape == (d, Q0.shape[1] + added)
        assert np.linalg.norm(Q.T @ Q - np.eye(Q.shape[1])) < 1e-14 * d
        total = np.sum(near**2)
        held = np.sum((Q.T @ near) ** 2) / total if total else 1.0
        assert abs(energy - held) < 1e-13
        target = threshold if rule == "gpm" else 1.0 - (1.0 - threshold) * (1.0 - before)
        assert held >= target - 1e-13
        if added and total:
            fewer = np.sum((Q[:, :-1].T @ near) ** 2) / total
            assert fewer < target + 1e-13
        if rule == "gpm":
            assert protected.update(R).n_added == 0
        if total == 0.0:
            assert (added, energy) == (0, 1.0)


def test_one_direction_that_holds_the_threshold_alone_is_protected():
    R = np.diag(np.sqrt([0.97, 0.02, 0.01]))
    for rule in ("gpm", "coso"):
        protected = ProtectedSubspace(3, 0.95, rule=rule)
        assert protected.update(R).n_added == 1
        assert abs(protected.energy(R) - 0.97) < 1e-15


def test_ties_at_the_threshold():
    protected = ProtectedSubspace(4, 0.5)
    assert protected.update(np.eye(4)).n_added == 2


def test_the_rank_is_capped_and_the_energy_says_so():
    rng = np.random.default_rng(0)
    R = graded(10, 30, 0.9, rng)
    U, S, _ = np.linalg.svd(R)
    protected = ProtectedSubspace(10, 0.999, max_rank=3)
    added, energy = result = protected.update(R)
    assert (added, protected.rank, result.info.details["capped"]) == (3, 3, True)
    assert abs(energy - np.sum(S[:3] ** 2) / np.sum(S**2)) < 1e-13
    assert np.linalg.norm(U[:, :3].T @ protected.basis @ protected.basis.T @ U[:, :3]) > 1.73
    assert protected.update(rng.standard_normal((10, 3))).n_added == 0
    assert ProtectedSubspace(4, 1.0, max_rank=0).update(np.eye(4)) == (0, 0.0)


@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_projections_leave_nothing_along_the_basis(kind):
    rng = np.random.default_rng(1)
    protected = ProtectedSubspace(30, 0.99, dtype=kind)
    for _ in range(4):
        protected.update(graded(30, 20, 0.5, rng).astype(kind))
    U, eps = protected.basis, np.finfo(kind).eps
    assert U.dtype == kind
    for size in (1e-30, 1.0, 1e30):
        G = (size * rng.standard_normal((30, 7))).astype(kind)
        left = protected.project(G)
        assert left.dtype == kind
        near = left.astype(float) / size
        assert np.linalg.norm(U.T @ near) < 30 * eps * np.linalg.norm(G.astype(float) / size)
        turned = protected.project(np.ascontiguousarray(G.T), axis=1)
        np.testing.assert_allclose(turned.T, left, rtol=1e-5, atol=1e-6 * size)
        update, removed = protected.project_update(G)
        np.testing.assert_array_equal(update, left)
        wide = G.astype(float)
        wanted = np.linalg.norm(U.T @ wide) / np.linalg.norm(wide)
        assert abs(removed - wanted) < 1e-5
        # Projected already: nothing is left to take off, unless an optimizer rescales entries.
        assert protected.project_update(left).removed < 1e-5
        assert protected.project_update(np.sign(left)).removed > 0.1


def test_empty_and_zero():
    protected = ProtectedSubspace(3)
    assert protected.update(np.zeros((3, 0))) == (0, 1.0)
    assert protected.update(np.zeros((3, 4))) == (0, 1.0)
    np.testing.assert_array_equal(protected.project(np.ones((3, 2))), np.ones((3, 2)))
    assert protected.project_update(np.zeros((3, 2))).removed == 0.0
    assert protected.project(np.ones((3, 0))).shape == (3, 0)
    assert ProtectedSubspace(1, 1.0).update([[5.0]]) == (1, 1.0)
    full = ProtectedSubspace(2, 1.0)
    full.update(np.eye(2))
    assert np.abs(full.project(np.ones((2, 1)))).max() < 1e-15


def test_saved_and_resumed_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(2)
    blocks = [graded(12, 9, 0.6, rng) for _ in range(4)]
    whole = ProtectedSubspace(12, 0.9, 11, rule="coso", dtype="f")
    saved, path = ProtectedSubspace(12, 0.9, 11, rule="coso", dtype="f"), tmp_path / "x.npz"
    for R in blocks:
        whole.update(R)
        saved.save(path)
        saved = ProtectedSubspace.load(path)
        saved.update(R)
    np.testing.assert_array_equal(saved._basis._basis(), whole._basis._basis())
    assert repr(saved) == repr(whole)
    assert (saved.n_updates, saved.max_rank, saved.basis.dtype) == (4, 11, np.float32)


def test_a_failed_update_changes_nothing():
    protected = ProtectedSubspace(3)
    protected.update(np.eye(3)[:, :1])
    before = protected.basis
    for bad, error in (
        (np.full((3, 2), np.nan), NonFiniteError),
        (np.ones((2, 2)), InvalidInputError),
        (np.ones(3), InvalidInputError),
        (1j * np.eye(3), InvalidTypeError),
    ):
        with pytest.raises(error, match="R"):
            protected.update(bad)
    np.testing.assert_array_equal(protected.basis, before)
    assert protected.n_updates == 1
    with pytest.raises(InvalidInputError, match="3 columns are needed"):
        protected.project(np.ones((3, 2)), axis=1)
    with pytest.raises(InvalidInputError, match="axis"):
        protected.project(np.ones((3, 2)), axis=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_features": 0}, "n_features must satisfy"),
        ({"n_features": 3, "threshold": 1.1}, "threshold must satisfy"),
        ({"n_features": 3, "threshold": np.nan}, "threshold must be finite"),
        ({"n_features": 3, "max_rank": 4}, "max_rank must satisfy"),
        ({"n_features": 3, "rule": "osf"}, "rule must be one of"),
    ],
)
def test_options_that_do_not_fit(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        ProtectedSubspace(**arguments)


def test_complex_bases_are_refused():
    with pytest.raises(InvalidTypeError, match="real"):
        ProtectedSubspace(3, dtype=complex)
