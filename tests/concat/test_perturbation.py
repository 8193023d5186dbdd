"""concat_perturbation_bound: an enclosure for each index, never violated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from linsub.concat import concat_perturbation_bound
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from tests.concat.collections_of_matrices import collections, joined

EPS = np.finfo(float).eps


def values(M):
    return np.linalg.svd(M, compute_uv=False) if M.size else np.zeros(min(M.shape))


@given(
    blocks=collections(),
    seed=st.integers(0, 999),
    size=st.sampled_from([0.0, 1e-12, 1e-3, 1.0, 1e6]),
    form=st.sampled_from(["matrices", "norms", "sigma"]),
)
def test_the_perturbed_values_are_within(blocks, seed, size, form):
    rng = np.random.default_rng(seed)
    M, exponent = joined(blocks)
    unit = np.ldexp(1.0, max(min(exponent, 1000), -1000))
    moves = []
    for A in blocks:
        E = size * rng.standard_normal(A.shape) * (rng.random() < 0.7)
        E = E if A.dtype.kind != "c" else E + 1j * size * rng.standard_normal(A.shape)
        with np.errstate(over="ignore", under="ignore"):
            E = (E * unit).astype(A.dtype)
        moves.append(np.where(np.isfinite(E), E, 0))
    moved = np.concatenate([joined([E])[0] * 2.0 ** (joined([E])[1] - exponent) for E in moves], 1)
    if not np.isfinite(moved).all():
        return
    options = {}
    given_moves = moves
    if form == "norms":
        given_moves = [
            np.linalg.norm(E.astype(complex) / unit, 2) * unit if E.size else 0.0 for E in moves
        ]
        if not np.isfinite(given_moves).all():
            return
        given_moves = np.nextafter(np.array(given_moves, float), np.inf) * (1 + 1e-14)
        if not np.isfinite(given_moves).all():
            return
    if form == "sigma" and exponent < 1000:
        with np.errstate(under="ignore"):
            options["sigma"] = np.ldexp(values(M), exponent)
    lower, upper = result = concat_perturbation_bound(blocks, given_moves, **options)
    truth = values(M + moved)
    room = 1e-13 * max(truth.max(initial=0.0), 1e-290) * max(*M.shape, 1)
    room += np.ldexp(5e-324, -exponent) * 4 if exponent < 0 else 0.0
    assert lower.shape == upper.shape == (min(M.shape),)
    assert np.all(np.ldexp(lower, -exponent) <= truth + room)
    assert np.all(truth <= np.ldexp(upper, -exponent) + room)
    assert np.all(lower <= upper)
    assert np.array_equal(result.certificate.sigma_lower.value, lower)
    assert result.certificate.perturbation_norm is not None


def test_an_appended_block_moves_values_by_a_square():
    rng = np.random.default_rng(0)
    A = np.linalg.qr(rng.standard_normal((20, 5)))[0] * np.array([8.0, 7.0, 6.0, 5.0, 4.0])
    E = 0.1 * rng.standard_normal((20, 3))
    norm = np.linalg.norm(E, 2)
    lower, upper = concat_perturbation_bound([A, np.zeros((20, 3))], [0 * A, E])
    assert np.all(upper[:5] - [8, 7, 6, 5, 4] < norm**2 / 7.9)  # norm by Weyl for M
    assert np.all(upper[5:] < 1.0001 * norm)
    assert np.all(lower[:5] > np.array([8, 7, 6, 5, 4]) - norm**2 / 7)


def test_weyl_is_attained_by_shared_vectors():
    rng = np.random.default_rng(0)
    U, S, Vh = np.linalg.svd(rng.standard_normal((6, 9)), full_matrices=False)
    blocks = np.split((U * S) @ Vh, [2, 5], axis=1)
    moves = np.split(0.5 * U @ Vh, [2, 5], axis=1)
    assert np.allclose(concat_perturbation_bound(blocks, moves).upper, S + 0.5)


def test_nothing_moved():
    blocks = [np.diag([3.0, 2.0]), np.zeros((2, 2))]
    for moves in ([0.0, 0.0], [0 * A for A in blocks]):
        lower, upper = concat_perturbation_bound(blocks, moves)
        assert np.allclose(lower, [3.0, 2.0])
        assert np.allclose(upper, [3.0, 2.0])
        assert np.all(lower <= [3.0, 2.0])
        assert np.all(upper >= [3.0, 2.0])


def test_lazy_and_sparse_perturbations():
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((7, 4)) for _ in range(3)]
    moves = [1e-2 * rng.standard_normal((7, 4)) for _ in range(3)]
    wanted = concat_perturbation_bound(blocks, moves)
    found = concat_perturbation_bound(
        [lambda A=A: A for A in blocks], [sparse.csr_array(E) for E in moves]
    )
    assert np.allclose(found.lower, wanted.lower, rtol=1e-12)
    assert np.allclose(found.upper, wanted.upper, rtol=1e-12)


A = np.eye(3)


@pytest.mark.parametrize(
    ("moves", "options", "error", "text"),
    [
        ([A], {}, InvalidInputError, r"perturbations has 1 blocks .* blocks has 2"),
        ([A, A[:, :2]], {}, InvalidInputError, r"differ at \[1\]"),
        ([A[:2], A[:2]], {}, InvalidInputError, "of 2 rows"),
        ([A, A[:2]], {}, InvalidInputError, r"perturbations\[1\] has 2 rows"),
        ([A, np.full((3, 3), np.nan)], {}, NonFiniteError, r"perturbations\[1\]\[0, 0\] is nan"),
        ([1.0], {}, InvalidInputError, r"perturbations must have shape \(2,\)"),
        ([1.0, -1.0], {}, InvalidInputError, "not negative"),
        (np.array([1.0, 1j]), {}, InvalidInputError, "real"),
        ([1.0, np.inf], {}, NonFiniteError, r"perturbations\[1\] is inf"),
        (None, {}, InvalidTypeError, "perturbations"),
        ([0.0, 0.0], {"sigma": [1.0]}, InvalidInputError, r"sigma must have shape \(3,\)"),
        ([0.0, 0.0], {"sigma": [1.0, 2.0, 3.0]}, InvalidInputError, "descending"),
        ([0.0, 0.0], {"sigma": [1.0, 0.0, -1.0]}, InvalidInputError, "not negative"),
    ],
)
def test_bad_perturbations(moves, options, error, text):
    with pytest.raises(error, match=text):
        concat_perturbation_bound([A, A], moves, **options)


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1.0, 1e170])
def test_zeros_may_be_perturbed_by_anything(size):
    zeros, E = [np.zeros((4, 3))], np.full((4, 3), size)
    for perturbation in (E, size * np.sqrt(12.0)):
        upper = concat_perturbation_bound(zeros, [perturbation]).upper
        assert upper[0] / size >= np.sqrt(12.0)
        assert upper[0] / size <= 3.5
