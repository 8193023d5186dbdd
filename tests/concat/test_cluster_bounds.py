"""The formulas of the clusters: what is stored, and what rounding may hide."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.concat import bounds
from linsub.errors import InvalidInputError, InvalidTypeError

EPS = np.finfo(float).eps


@pytest.mark.parametrize(
    ("rank", "numbers"), [(None, 60), (0, 0), (1, 17), (2, 34), (3, 51), (4, 60), (9, 60)]
)
def test_numbers_that_are_stored(rank, numbers):
    assert bounds.storage(5, 12, rank) == numbers


@given(
    residual=st.floats(0.0, 1.0),
    slack=st.floats(0.0, 0.5),
    norm=st.floats(0.1, 10.0),
    count=st.integers(0, 10**6),
    off=st.tuples(*3 * [st.floats(-1.0, 1.0)]),
)
def test_the_enclosure_holds_for_every_error_it_allows(residual, slack, norm, count, off):
    lower, upper = bounds.relative_enclosure(residual, slack, norm, count)
    # What the norms may have been, in exact arithmetic.
    drift = Fraction(count) * Fraction(EPS)
    true_residual = Fraction(residual) * (1 + drift * Fraction(off[0])) + Fraction(
        slack
    ) * Fraction(off[1])
    true_norm = Fraction(norm) / (1 + drift * Fraction(off[2]))
    assert Fraction(lower) <= max(true_residual, 0) / true_norm or lower == 0.0
    assert max(true_residual, 0) / true_norm <= Fraction(upper)


def test_the_error_of_nothing_is_nothing():
    assert bounds.relative_enclosure(0.0, 0.0, 0.0, 12) == (0.0, 0.0)


def exact(A):
    """Entries as fractions, whose products are exact."""
    return [[Fraction(float(x)) for x in row] for row in A]


@given(seed=st.integers(0, 2**16), k=st.integers(1, 40), positive=st.booleans())
def test_sums_in_the_worst_order_are_covered(seed, k, positive):
    """Term by term in single precision, the largest first, against exact fractions."""
    rng = np.random.default_rng(seed)
    U, C = (rng.standard_normal(shape).astype("f") for shape in ((2, k), (k, 2)))
    if positive:
        U, C = np.abs(U), np.abs(C)
    order = np.argsort(-np.abs(U[0]))
    near = np.zeros((2, 2), "f")
    for j in order:
        near = near + np.outer(U[:, j], C[j])
    M = (near * np.float32(1.0 + 1e-6)).astype("f")
    computed = exact(M - near)
    u, c, m = exact(U), exact(C), exact(M)
    square = Fraction(0)
    for i in range(2):
        for j in range(2):
            true = m[i][j] - sum(u[i][p] * c[p][j] for p in range(k))
            square += (computed[i][j] - true) ** 2
    norms = (float(np.linalg.norm(X.astype(float))) for X in (M, U, C))
    allowed = bounds.reconstruction_rounding((2, 2, k), *norms, float(np.finfo("f").eps))
    assert math.sqrt(square) <= allowed


def test_what_underflows_is_covered():
    tiny = np.finfo(float).smallest_subnormal
    U, C = np.full((3, 2), 2.0**-600), np.full((2, 4), 2.0**-500)
    with np.errstate(under="ignore"):
        assert not (U @ C).any()
    lost = float(Fraction(2) * Fraction(2) ** -1100 * 4)  # of all 12 entries, rounded down to 0
    assert lost == 0.0
    allowed = bounds.reconstruction_rounding((3, 4, 2), 0.0, 2.0**-598, 2.0**-498, EPS, tiny)
    assert allowed >= tiny
    scaled = bounds.reconstruction_rounding((3, 4, 2), 0.0, 1.0, 1.0, EPS, tiny, 2.0**900)
    assert scaled >= bounds.reconstruction_rounding((3, 4, 2), 0.0, 1.0, 1.0, EPS) + tiny * 2.0**900


def test_the_rounding_is_unknown_where_it_could_be_anything():
    assert bounds.reconstruction_rounding((1, 1, 10**9), 1.0, 1.0, 1.0, 1e-3) == math.inf


@given(seed=st.integers(0, 2**16))
def test_all_ranks_agree_with_one(seed):
    rng = np.random.default_rng(seed)
    S = np.sort(rng.uniform(0.0, 2.0, int(rng.integers(1, 8))))[::-1]
    mass = float(rng.uniform(0.0, 1.0))
    top = float(rng.uniform(0.0, mass))
    total = float(np.sum(S**2)) + mass
    lower, upper = bounds.two_sided_tails(S, mass, S.size, top=top)
    for k in range(S.size + 1):
        low, high = bounds.two_sided_error(S, mass, k, top=top)
        assert math.isclose(math.sqrt(max(lower[k], 0.0) / total), low, abs_tol=1e-7)
        assert math.isclose(math.sqrt(upper[k] / total), high, abs_tol=1e-12)
    more = bounds.two_sided_tails(S, 0.0, S.size + 3)[1]
    assert np.array_equal(more[S.size :], np.zeros(4))


@pytest.mark.parametrize(
    "call",
    [
        lambda: bounds.storage(-1, 2, 1),
        lambda: bounds.storage(1, 2, -1),
        lambda: bounds.storage(1, 2, 1.0),
        lambda: bounds.relative_enclosure(-1.0, 0.0, 1.0, 1),
        lambda: bounds.relative_enclosure(math.nan, 0.0, 1.0, 1),
        lambda: bounds.reconstruction_rounding((1, 1, -1), 1.0, 1.0, 1.0, EPS),
        lambda: bounds.reconstruction_rounding((1, 1, 1), math.nan, 1.0, 1.0, EPS),
        lambda: bounds.two_sided_tails([1.0, 2.0], 0.0, 1),
    ],
)
def test_bad_numbers_are_refused(call):
    with pytest.raises((InvalidInputError, InvalidTypeError)):
        call()
