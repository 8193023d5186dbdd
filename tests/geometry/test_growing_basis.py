"""OrthoBasis: what is new is added, and the basis stays orthonormal whatever the stream."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.geometry import OrthoBasis, orth
from linsub.testing import strategies
from tests.geometry.frames import defect, frame, normal

kinds = st.sampled_from("fdFD")
seeds = st.integers(0, 2**20)


@given(seed=seeds, kind=kinds, n=st.integers(1, 14), count=st.integers(0, 8))
def test_any_stream_leaves_it_orthonormal(seed, kind, n, count):
    rng = np.random.default_rng(seed)
    basis = OrthoBasis(n, kind)
    eps = float(np.finfo(kind).eps)
    seen = [np.zeros((n, 1))]
    for _ in range(count):
        X = normal(rng, n, int(rng.integers(0, 4)), kind)
        choice = rng.integers(6)
        if choice == 0:
            X = seen[int(rng.integers(len(seen)))]  # again
        elif choice == 1:
            X = X * 10.0 ** rng.uniform(-30, 30, X.shape[1])
        elif choice == 2 and basis.rank:
            X = basis.Q @ normal(rng, basis.rank, 3, kind) + 1e-5 * normal(rng, n, 3, kind)
        elif choice == 3:
            X = 0.0 * X
        elif choice == 4:
            X[: n // 2] = 0.0
        X = X.astype(kind)
        before = basis.rank
        added = basis.extend(X)
        seen.append(X)
        assert added == basis.rank - before
        assert 0 <= added <= min(X.shape[1], n - before)
        size = np.linalg.norm(X.astype("D"))
        left = np.linalg.norm(basis.reject(X).astype("D"))
        # every direction left out is below tol, and there are at most b of them
        assert left <= 2 * (basis.info.details["tol"] * np.sqrt(X.shape[1]) + 4 * eps) * size
    assert basis.Q.dtype == np.dtype(kind)
    assert defect(basis.Q) <= 10 * eps * max(np.sqrt(basis.rank), 1.0)
    assert defect(basis.Q) <= float(basis.certificate.orthogonality)


def test_thirty_single_precision_blocks_mostly_inside():
    """One projection a block leaves a defect of 80 here, in single precision."""
    rng = np.random.default_rng(0)
    basis, careless = OrthoBasis(400, np.float32), np.zeros((400, 0), np.float32)
    for _ in range(30):
        X = 1e-3 * rng.standard_normal((400, 8))
        if basis.rank:
            X = X + basis.Q @ rng.standard_normal((basis.rank, 8))
        X = X.astype(np.float32)
        assert basis.extend(X, tol=1e-6) == 8
        rest = X - careless @ (careless.T @ X)
        careless = np.concatenate([careless, np.linalg.qr(rest)[0]], axis=1)
    assert basis.rank == 240
    assert defect(basis.Q) < 1e-5
    assert defect(careless) > 0.01


def test_a_nearly_one_dimensional_block_is_protected():
    basis = OrthoBasis(4)
    assert basis.extend(np.diag([10.0, 1.0, 0.1, 0.0]), energy=0.98) == 1
    details = basis.info.details
    assert details["explained"] == pytest.approx(0.0, abs=1e-15)
    assert details["energy"] == pytest.approx(100.0 / 101.01)
    # what is held counts: 98 % are there already
    assert basis.extend(np.diag([10.0, 1.0, 0.1, 0.0]), energy=0.98) == 0
    assert basis.info.details["explained"] == pytest.approx(100.0 / 101.01)
    assert basis.extend(np.diag([10.0, 1.0, 0.1, 0.0]), energy=0.999) == 1
    assert basis.extend(np.diag([10.0, 1.0, 0.1, 0.0]), energy=1.0) == 1
    assert basis.extend(np.diag([10.0, 1.0, 0.1, 0.0])) == 0


@given(seed=seeds, energy=st.floats(0.0, 1.0), kind=kinds)
def test_the_energy_is_reached_by_the_fewest(seed, energy, kind):
    rng = np.random.default_rng(seed)
    n, b = 12, int(rng.integers(1, 6))
    basis = OrthoBasis(n, kind)
    basis.extend(normal(rng, n, 2, kind).astype(kind))
    X = (normal(rng, n, b, kind) * 10.0 ** -rng.uniform(0, 3, b)).astype(kind)
    s = np.linalg.svd(basis.reject(X.astype("D")), compute_uv=False)
    total = np.linalg.norm(X.astype("D")) ** 2
    added = basis.extend(X, energy=energy)
    shares = [1.0 - np.sum(s[k:] ** 2) / total for k in range(b + 1)]
    rounding = 50 * float(np.finfo(kind).eps)
    assert shares[added] >= energy - rounding
    assert added == 0 or shares[added - 1] < energy + rounding


def test_a_full_basis_takes_nothing_more():
    basis = OrthoBasis(3)
    assert basis.extend(np.random.default_rng(0).standard_normal((3, 7))) == 3
    assert basis.extend(np.ones((3, 2)), tol=0.0) == 0
    assert np.abs(basis.reject(np.ones((3, 2)))).max() < 1e-15
    np.testing.assert_allclose(basis.project(np.eye(3)), np.eye(3), atol=1e-15)
    assert OrthoBasis(0).extend(np.zeros((0, 2))) == 0


def test_columns_count_by_their_size():
    A = np.diag([1.0, 1e-200])
    basis = OrthoBasis(2)
    assert basis.extend(A) == 1
    assert basis.info.details["dropped"] / 1e-200 == pytest.approx(1.0)
    assert OrthoBasis(2).extend(orth(A).Q) == 2


@given(X=strategies.matrices(max_side=9, min_side=1), seed=seeds)
def test_project_and_reject_add_up(X, seed):
    rng = np.random.default_rng(seed)
    n = X.shape[0]
    basis = OrthoBasis(n, np.result_type(X.dtype, np.float64))
    basis.extend(normal(rng, n, int(rng.integers(0, n + 1))))
    before = X.copy()
    inside, outside = basis.project(X), basis.reject(X)
    np.testing.assert_array_equal(X, before)
    assert inside.dtype == outside.dtype == X.dtype
    eps = float(np.finfo(X.dtype).eps)
    peak = float(np.abs(X).max(initial=0.0))
    tiny = 4 * float(np.finfo(X.dtype).smallest_subnormal)
    assert np.abs(inside + outside - X).max(initial=0.0) <= 4 * eps * n * peak + tiny
    away = np.abs(basis.Q.conj().T @ outside.astype(basis.Q.dtype)).max(initial=0.0)
    assert away <= 4 * eps * n * peak + n * tiny


def test_what_is_rejected_is_orthogonal_even_if_little_is_left():
    rng = np.random.default_rng(0)
    basis = OrthoBasis(50)
    basis.extend(rng.standard_normal((50, 10)))
    X = basis.Q @ rng.standard_normal((10, 3)) + 1e-8 * rng.standard_normal((50, 3))
    rest = basis.reject(X)
    rest /= np.linalg.norm(rest, axis=0)
    assert np.abs(basis.Q.T @ rest).max() < 1e-14


def test_a_failed_extension_changes_nothing():
    basis = OrthoBasis(3)
    basis.extend(np.eye(3)[:, :1])
    before, info = basis.Q, basis.info
    with pytest.raises(NonFiniteError, match="X"):
        basis.extend(np.array([[1.0], [np.nan], [0.0]]))
    with pytest.raises(InvalidInputError, match="3 rows"):
        basis.extend(np.ones((4, 1)))
    with pytest.raises(InvalidTypeError, match="complex128"):
        basis.extend(1j * np.ones((3, 1)))
    with pytest.raises(InvalidInputError, match="energy"):
        basis.extend(np.eye(3), energy=1.5)
    with pytest.raises(InvalidInputError, match="tol"):
        basis.extend(np.eye(3), tol=1.0)
    np.testing.assert_array_equal(basis.Q, before)
    assert basis.info is info
    basis.Q[:] = 7.0  # a copy
    np.testing.assert_array_equal(basis.Q, before)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(basis)).Q, before)


def test_copies_grow_apart():
    rng = np.random.default_rng(0)
    basis = OrthoBasis(9)
    basis.extend(rng.standard_normal((9, 2)))
    for make in (copy.copy, copy.deepcopy):
        twin, before = make(basis), basis.Q
        twin.extend(rng.standard_normal((9, 1)))
        assert twin.rank == basis.rank + 1
        np.testing.assert_array_equal(basis.Q, before)
        basis.extend(rng.standard_normal((9, 1)))
        assert defect(twin.Q) < 1e-14
        assert defect(basis.Q) < 1e-14
        np.testing.assert_array_equal(basis.Q[:, :-1], before)


def test_graded_blocks_are_projected_again():
    rng = np.random.default_rng(0)
    for low in (1e-3, 1e-8, 1e-13):
        basis = OrthoBasis(60)
        for _ in range(8):
            # Mixed, so that every column holds the large directions: by itself a small column
            # would be orthogonal to its own rounding.
            X = (frame(rng, 60, 4) * np.geomspace(1.0, low, 4)) @ frame(rng, 4, 4)
            if basis.rank:
                X += basis.Q @ rng.standard_normal((basis.rank, 4))
            basis.extend(X, tol=0.0)
        assert basis.rank >= 24
        assert defect(basis.Q) < 2e-14


def test_bad_bases_are_named():
    with pytest.raises(InvalidInputError, match="n must"):
        OrthoBasis(-1)
    with pytest.raises(InvalidTypeError, match="dtype"):
        OrthoBasis(3, "furlong")
    with pytest.raises(InvalidTypeError, match="dtype"):
        OrthoBasis(3, object)
    assert OrthoBasis(3, int).dtype == np.float64
    assert repr(OrthoBasis(3, np.float32)) == "OrthoBasis(n=3, rank=0, dtype=float32)"


def test_real_and_complex_meet():
    Q = frame(np.random.default_rng(0), 6, 2, "D")
    basis = OrthoBasis(6, np.complex64)
    assert basis.extend(Q) == 2
    assert basis.project(np.ones((6, 1), np.float32)).dtype == np.complex64
    real = OrthoBasis(6)
    real.extend(np.eye(6)[:, :2])
    np.testing.assert_allclose(real.reject(Q)[:2], 0.0, atol=1e-16)
    np.testing.assert_allclose(real.reject(Q)[2:], Q[2:])
