"""Canonical forms over exact fields, against plain fractions, enumeration, and two libraries."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError
from linsub.spaces import VectorSpace
from linsub.spaces._kernels.elimination import inverse

PRIMES = (2, 3, 5, 251, 65537, 2**31 - 1)


def echelon(M, p):
    """Return the reduced row echelon form by Gauss and Jordan, in Python numbers."""
    # Through .tolist(): fractions of NumPy's integers overflow.
    rows = [[e % p if p else Fraction(e) for e in row] for row in np.asarray(M).tolist()]
    done = 0
    for c in range(len(M[0]) if len(M) else 0):
        i = next((i for i in range(done, len(rows)) if rows[i][c]), None)
        if i is None:
            continue
        rows[done], rows[i] = rows[i], rows[done]
        over = pow(rows[done][c], -1, p) if p else 1 / rows[done][c]
        rows[done] = [e * over % p if p else e * over for e in rows[done]]
        for k, row in enumerate(rows):
            if k != done and row[c]:
                mended = [e - row[c] * f for e, f in zip(row, rows[done], strict=True)]
                rows[k] = [e % p if p else e for e in mended]
        done += 1
    return rows[:done]


def integers(seed, shape, size, rank=None):
    rng = np.random.default_rng(seed)
    if rank is None:
        return rng.integers(-size, size, size=shape, endpoint=True)
    left, right = (shape[0], rank), (rank, shape[1])
    return integers(seed, left, size) @ integers(seed + 1, right, size)


@given(
    st.sampled_from(PRIMES),
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(0, 7), st.integers(1, 9)),
    st.one_of(st.none(), st.integers(0, 3)),
)
def test_modulo_a_prime(p, seed, shape, rank):
    M = integers(seed, shape, 2**31 if rank is None else 9, rank)
    V = VectorSpace(M, p)
    assert V.basis.dtype == np.int64
    assert V.basis.tolist() == echelon(M, p)
    assert V.rank == len(V.basis)
    # its vectors and the dual's are orthogonal, in Python numbers
    pairs = itertools.product(V.basis.tolist(), V.dual().basis.tolist())
    assert all(sum(a * b for a, b in zip(f, g, strict=True)) % p == 0 for f, g in pairs)
    assert V.dual().rank == shape[1] - V.rank
    assert V.dual().dual() == V


def test_fractions_of_numpy_integers_do_not_overflow():
    big = [np.int64(2**62 - 57), np.int64(2**61 + 11), np.int64(2**62 - 3), np.int64(2**60 + 1)]
    M = np.array([Fraction(e, np.int64(3)) for e in big], dtype=object).reshape(2, 2)
    plain = [[Fraction(int(e), 3) for e in row] for row in (big[:2], big[2:])]
    V = VectorSpace(np.hstack([M, M[:, ::-1]]), "rational")
    assert V.basis.tolist() == echelon([row + row[::-1] for row in plain], 0)


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(0, 6), st.integers(1, 7)),
    st.sampled_from([1, 9, 10**6, 2**62]),
    st.booleans(),
)
def test_over_the_rationals(seed, shape, size, fractions):
    M = integers(seed, shape, size)
    if fractions:
        rng = np.random.default_rng(seed)
        M = np.array(
            [
                Fraction(int(e), int(d))
                for e, d in zip(M.flat, rng.integers(1, 9, M.size), strict=True)
            ],
            dtype=object,
        ).reshape(shape)
    V = VectorSpace(M, "rational")
    assert V.basis.tolist() == echelon(M, 0)
    assert all(isinstance(e, Fraction) for e in V.basis.flat)
    pairs = itertools.product(V.basis.tolist(), V.dual().basis.tolist())
    assert all(sum(a * b for a, b in zip(f, g, strict=True)) == 0 for f, g in pairs)
    assert V.dual().dual() == V


@pytest.mark.parametrize("n", [1, 63, 64, 65, 127, 128, 130, 200])
def test_words_of_bits(n):
    """Matrices that are packed, with columns on both sides of the ends of words."""
    rng = np.random.default_rng(n)
    M = rng.integers(0, 2, size=(1100 // n + 60, n))
    M[:, ::3] = M[:, :1]
    assert VectorSpace(M, 2).basis.tolist() == echelon(M, 2)
    sparse = np.zeros((40, n), dtype=np.int64)
    sparse[np.arange(40), rng.integers(0, n, size=40)] = 1
    assert VectorSpace(sparse, 2).basis.tolist() == echelon(sparse, 2)


def test_products_that_fill_64_bits():
    p = 2**31 - 1
    M = np.array([[p - 1, p - 2, p - 1, 1], [p - 2, p - 1, p - 3, 2], [1, p - 1, 2, p - 1]])
    assert VectorSpace(M, p).basis.tolist() == echelon(M, p)
    M = integers(1, (30, 34), 2**62)
    assert VectorSpace(M, p).basis.tolist() == echelon(M, p)


@pytest.mark.parametrize("p", PRIMES)
def test_inverses(p):
    for a in {1, 2, 3, p // 2, p - 2, p - 1} - {0, p}:
        if 0 < a < p:
            assert inverse(a, p) * a % p == 1


@pytest.mark.parametrize(
    "given_as",
    [
        lambda M: M.astype(np.int8),
        lambda M: M.astype(np.float32),
        lambda M: M.astype(object),
        lambda M: M.tolist(),
        lambda M: [[Fraction(int(e)) for e in row] for row in M],
        lambda M: np.asfortranarray(M),
        lambda M: M.astype(float) * 2.0**80,
        lambda M: M.astype(object) * 2**80,
    ],
    ids=["int8", "float32", "object", "list", "fractions", "F", "2^80 float", "2^80 int"],
)
@pytest.mark.parametrize("field", [3, "rational"])
def test_kinds_of_integers(given_as, field):
    M = integers(5, (4, 6), 9)
    assert VectorSpace(given_as(M), field) == VectorSpace(M, field)


@pytest.mark.parametrize("field", [2, 7, "rational"])
def test_bools_and_unsigned_integers(field):
    M = integers(6, (4, 6), 1) == 1
    assert VectorSpace(M, field) == VectorSpace(M.astype(int), field)
    large = np.array([[2**64 - 1, 2**63, 1], [0, 1, 2**64 - 3]], dtype=np.uint64)
    assert VectorSpace(large, field) == VectorSpace(large.astype(object), field)


@pytest.mark.parametrize("field", [7, "rational"])
def test_no_integer_is_rounded(field):
    """NumPy makes floats of lists that mix integers with floats, or signs with 64 bits."""
    for rows in ([[2**60 + 1, 1.0], [1, 2]], [[2**63, -1], [2**63 + 1, 3]]):
        exact = np.array([[int(e) for e in row] for row in rows], dtype=object)
        assert VectorSpace(rows, field) == VectorSpace(exact, field)
        assert (
            VectorSpace(rows[:1], field).basis.tolist()
            == VectorSpace(exact[:1], field).basis.tolist()
        )

    class Foreign:
        """An array of integers that is no NumPy array."""

        def __init__(self, x):
            self._x = x

        def __array__(self, dtype=None, copy=None):
            return self._x

    small, large = np.array([[3, 1]]), np.array([[2**60 + 1, 1]])
    assert VectorSpace(Foreign(small), field) == VectorSpace(small, field)
    with pytest.raises(InvalidInputError, match=r"basis is a Foreign with entries beyond 2\*\*53"):
        VectorSpace(Foreign(large), field)


def test_the_input_stays_as_it_is():
    for field in (2, 5, "rational"):
        M = integers(7, (4, 6), 9)
        for made in (M, M.astype(object)):
            before = made.copy()
            V = VectorSpace(made, field)
            np.testing.assert_array_equal(made, before)
            assert not np.shares_memory(made, V.basis)


def test_galois_agrees():
    galois = pytest.importorskip("galois", reason="galois is not installed")
    for p in (2, 3, 31):
        GF = galois.GF(p)
        for seed in range(5):
            M = integers(seed, (6, 9), p - 1, None if seed % 2 else 3) % p
            V = VectorSpace(M, p)
            reduced = np.array(GF(M).row_reduce())
            np.testing.assert_array_equal(V.basis, reduced[: V.rank])
            assert not reduced[V.rank :].any()
            N = np.array(GF(M).null_space()).reshape(-1, 9)
            assert V.dual() == VectorSpace(N, p)


def test_flint_agrees():
    flint = pytest.importorskip("flint", reason="python-flint is not installed")
    for p in (2, 5, 65537, 2**31 - 1):
        M = integers(p % 97, (30, 40), 2**62, None)
        M[10:] = M[:20]
        reduced, rank = flint.nmod_mat(30, 40, [int(e) % p for e in M.flat], p).rref()
        V = VectorSpace(M, p)
        assert V.rank == rank
        assert V.basis.tolist() == [[int(e) for e in row] for row in reduced.tolist()[:rank]]
    for size in (3, 2**62):
        M = integers(3, (12, 15), size)
        M[8:] = M[:4]
        reduced, rank = flint.fmpq_mat(12, 15, [int(e) for e in M.flat]).rref()
        V = VectorSpace(M, "rational")
        assert V.rank == rank
        theirs = [[Fraction(int(e.p), int(e.q)) for e in row] for row in reduced.tolist()[:rank]]
        assert V.basis.tolist() == theirs
