"""Certificates of preserved subspaces against basis pursuit and matching pursuit themselves."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from linsub.clustering import (
    bounds,
    inradius,
    preservation_certificate,
    self_expressive_omp,
    subspace_affinity,
    subspace_incoherence,
    subspace_preserving_rate,
)
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.testing import gallery

CONDITIONS = ("projection", "dual")


def three_planes(rng, points=5, alphas=(0.0, 1.0, 2.1)):
    """Planes of R^4 at the angles between alphas, any two of which span the space."""
    parts, bases = [], []
    for alpha in alphas:
        U = np.concatenate([np.cos(alpha) * np.eye(2), np.sin(alpha) * np.eye(2)])
        beta = (np.arange(points) + rng.uniform(-0.2, 0.2, points)) * np.pi / points
        parts.append(np.stack([np.cos(beta), np.sin(beta)], axis=1) @ U.T)
        bases.append(U)
    return np.concatenate(parts), np.repeat(np.arange(3), points), bases


def basis_pursuit(X, i):
    others = np.delete(X, i, axis=0).T
    both = np.concatenate([others, -others], axis=1)
    return np.insert(
        linprog(np.ones(both.shape[1]), A_eq=both, b_eq=X[i]).x @ np.kron(
            np.array([[1.0], [-1.0]]), np.eye(len(X) - 1)
        ), i, 0.0,
    )  # fmt: skip


@settings(max_examples=6)
@given(st.integers(0, 2**20))
def test_where_it_holds_basis_pursuit_and_omp_keep_to_their_class(seed):
    rng = np.random.default_rng(seed)
    X, labels, bases = three_planes(rng, int(rng.integers(4, 7)), rng.uniform(0, np.pi, 3))
    X = X * 2.0 ** rng.integers(-500, 500, (len(X), 1))
    held = {c: preservation_certificate(X, labels, bases, condition=c).holds for c in CONDITIONS}
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    if held["dual"]:
        for i in rng.choice(len(X), 3, replace=False):
            c = basis_pursuit(unit, i)
            assert np.abs(c[labels != labels[i]]).max() < 1e-9
    if held["projection"]:
        C = self_expressive_omp(X, n_nonzero=4).C
        assert subspace_preserving_rate(C, labels) == 1.0
        assert held["dual"], "dual directions are in the subspace"


def test_both_sides_by_their_definitions():
    rng = np.random.default_rng(0)
    X, labels, bases = three_planes(rng)
    for given_bases in (None, bases):
        sides = preservation_certificate(X, labels, given_bases)
        dual = preservation_certificate(X, labels, given_bases, condition="dual")
        assert sides.holds
        assert dual.holds
        assert sides.info.details["distance"] < 1e-15
        np.testing.assert_allclose(dual.incoherence, subspace_incoherence(X, labels, given_bases))
        for k, U in enumerate(bases):
            outside = X[labels != k] @ U
            expected = np.linalg.norm(outside, axis=1).max()
            assert sides.incoherence[k] == pytest.approx(expected, rel=1e-12)
            P = X[labels == k] @ U
            least = min(inradius(np.delete(P, i, axis=0)).lower for i in range(5))
            assert sides.inradius[k] == pytest.approx(least, rel=1e-12)
            assert dual.inradius[k] == sides.inradius[k]
            assert dual.incoherence[k] <= sides.incoherence[k] * (1 + 1e-12)


def test_in_many_dimensions_designs_take_the_place_of_facets():
    rng = np.random.default_rng(1)
    # A tight frame and more: the inradius of each class is near that of a cross polytope.
    Q = np.linalg.qr(rng.standard_normal((20, 20)))[0]
    parts = [np.repeat(np.eye(10), 2, axis=0) @ Q[:, :10].T, np.eye(10) @ Q[:, 10:].T]
    X = np.concatenate([*parts, parts[1]])
    labels = np.repeat([0, 1], 20)
    for condition in CONDITIONS:
        found = preservation_certificate(X, labels, condition=condition)
        assert found.holds
        # One copy is left of each, so that nothing is lost by leaving one out.
        assert (found.inradius > 0.3).all()
        assert (found.inradius <= 1 / math.sqrt(10)).all()
        assert (found.incoherence < 1e-14).all()


def test_subspaces_that_meet_are_never_certified_by_projections():
    rng = np.random.default_rng(2)
    for _ in range(10):
        X, labels, bases = gallery.union_of_subspaces(2, 2, 3, 12, rng=rng)
        assert not preservation_certificate(X, labels, bases).holds


def test_a_class_that_needs_all_of_its_samples_is_not_certified():
    X = np.eye(4)[[0, 0, 1, 1, 2, 3]]
    labels = [0, 0, 0, 0, 1, 1]
    for condition in CONDITIONS:
        found = preservation_certificate(X, labels, condition=condition)
        assert found.info.details["classes"].tolist() == [True, False]
        assert not found.holds
        assert found.inradius[1] == 0.0
    assert subspace_incoherence(X, labels).tolist() == [0.0, math.inf]


def test_samples_of_nothing_and_one_class():
    X = np.concatenate([np.repeat(np.eye(3)[:2], 2, axis=0), np.zeros((1, 3))])
    found = preservation_certificate(X, [0, 0, 0, 0, 0], condition="dual")
    assert found.holds
    assert found.incoherence.tolist() == [0.0]
    for condition in CONDITIONS:
        nothing = preservation_certificate(np.zeros((3, 2)), [0, 0, 1], condition=condition)
        assert not nothing.holds
        assert not preservation_certificate([[1.0, 2.0]], ["a"], condition=condition).holds


def test_single_precision_bases_and_samples_near_them():
    X, labels, bases = three_planes(np.random.default_rng(3))
    single = [U.astype(np.float32) for U in bases]
    found = preservation_certificate(X.astype(np.float32), labels, single)
    exact = preservation_certificate(X, labels, bases)
    assert found.holds
    assert 0 < found.info.details["distance"] < 1e-6
    np.testing.assert_allclose(found.inradius, exact.inradius, rtol=1e-5)


def test_what_is_not_certified_has_the_rounding_of_its_sides():
    for bound in (bounds.preserves_by_projections, bounds.preserves_by_dual_directions):
        assert bound([0.5, 0.5, np.inf], [0.6, 0.5, 1.0], 4).tolist() == [True, False, False]
        assert not bound([0.5], [0.5 + 1e-16], 4)[0]


def test_bad_arguments_are_named():
    X, labels, bases = three_planes(np.random.default_rng(0))
    with pytest.raises(InvalidInputError, match="bases has 2 entries and labels 3 classes"):
        preservation_certificate(X, labels, bases[:2])
    with pytest.raises(InvalidInputError, match=r"bases\[1\] has shape \(3, 2\) and X has 4"):
        subspace_incoherence(X, labels, [bases[0], np.eye(3, 2), bases[2]])
    with pytest.raises(InvalidInputError, match=r"bases\[2\] has no orthonormal columns"):
        preservation_certificate(X, labels, [*bases[:2], 2 * bases[2]])
    with pytest.raises(InvalidInputError, match=r"X\[\d+\] is .* away from bases\[0\]"):
        preservation_certificate(X, labels, bases[::-1])
    with pytest.raises(InvalidInputError, match="labels must have shape"):
        preservation_certificate(X, labels[1:])
    with pytest.raises(InvalidInputError, match="condition"):
        preservation_certificate(X, labels, condition="primal")


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**20), st.sampled_from([-900, 0, 900]))
def test_affinity_is_the_norm_of_the_product_of_bases(p, q, seed, exponent):
    rng = np.random.default_rng(seed)
    A, B = rng.standard_normal((7, p)), rng.standard_normal((7, q))
    expected = np.linalg.norm(np.linalg.qr(A)[0].T @ np.linalg.qr(B)[0])
    A = np.concatenate([A, A[:, :1]], axis=1) * 2.0**exponent
    assert subspace_affinity(A, B) == pytest.approx(expected, rel=1e-9)
    normalized = subspace_affinity(B, A, normalized=True)
    assert normalized == pytest.approx(expected / math.sqrt(min(p, q)), rel=1e-9)
    assert 0.0 <= normalized <= 1.0 + 1e-15


def test_affinities_of_the_gallery_and_of_nothing():
    _, _, bases = gallery.union_of_subspaces(3, 2, 8, 5, affinity=0.3, rng=0)
    for U, V in itertools.combinations(bases, 2):
        assert subspace_affinity(U, V, normalized=True) == pytest.approx(0.3, rel=1e-12)
    assert subspace_affinity(np.eye(4)[:, :2], np.eye(4)[:, 2:]) < 1e-15
    U = np.eye(3, 2) * 1j
    assert subspace_affinity(U, U) == pytest.approx(math.sqrt(2))
    with pytest.raises(InvalidInputError, match="V has rank 0"):
        subspace_affinity(np.eye(3), np.zeros((3, 1)))
    with pytest.raises(InvalidInputError, match="U has rank 0"):
        subspace_affinity(np.zeros((3, 0)), np.eye(3))
    with pytest.raises(InvalidInputError, match="U and V must have as many rows"):
        subspace_affinity(np.eye(3), np.eye(2))
    with pytest.raises(InvalidTypeError, match="V"):
        subspace_affinity(np.eye(3), np.eye(3, dtype=object))
