"""Operations on spaces against lists of all their vectors, their labels, and their errors."""

import copy
import itertools
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError, LinsubError, NonFiniteError
from linsub.spaces import VectorSpace

FIELDS = ("real", "rational", 2, 3, 5)


def vectors(rows, p, n):
    """Return all combinations of rows over GF(p), as tuples."""
    rows = np.asarray(rows, dtype=int).reshape(len(rows), n)
    scalars = np.array(list(itertools.product(range(p), repeat=len(rows))), dtype=int)
    return {tuple(v) for v in (scalars.reshape(p ** len(rows), len(rows)) @ rows % p).tolist()}


def listed(V):
    return vectors(V.basis, V.field, len(V.columns))


def pick(found, positions):
    return {tuple(v[i] for i in positions) for v in found}


@st.composite
def pairs(draw):
    """Return p, V on a, b, ... and W on columns of which some are shared, with their rows."""
    p = draw(st.sampled_from([2, 3]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    s, m, q = (draw(st.integers(0, 3)) for _ in range(3))
    S, P, Q = ([f"{name}{i}" for i in range(k)] for name, k in (("s", s), ("p", m), ("q", q)))
    A = rng.integers(0, p, size=(draw(st.integers(0, 3)), s + m))
    B = rng.integers(0, p, size=(draw(st.integers(0, 3)), m + q))
    return p, A, B, S, P, Q


@given(pairs())
def test_one_space_against_all_its_vectors(made):
    p, A, _, S, P, _ = made
    n, s = len(S + P), len(S)
    V = VectorSpace(A, p, columns=S + P)
    every = vectors(A, p, n)
    assert listed(V) == every
    assert listed(V.restrict(S)) == pick(every, range(s))
    zero = {v for v in every if not any(v[s:])}
    assert listed(V.contract(S)) == pick(zero, range(s))
    space = itertools.product(range(p), repeat=n)
    orthogonal = {
        g for g in space if all(sum(a * b for a, b in zip(f, g, strict=True)) % p == 0 for f in A)
    }
    assert listed(V.dual()) == orthogonal
    k = V.connectivity(S)
    assert p**k * len(every) == len(pick(every, range(s))) * len(pick(every, range(s, n)))
    assert k == V.connectivity(P) == V.dual().connectivity(S)


@given(pairs(), st.booleans())
def test_composition_against_all_vectors(made, skew):
    p, A, B, S, P, Q = made
    V, W = VectorSpace(A, p, columns=S + P), VectorSpace(B, p, columns=P + Q)
    s, m = len(S), len(P)
    sign = -1 if skew else 1
    both = {
        f[:s] + g[m:]
        for f in vectors(A, p, s + m)
        for g in vectors(B, p, m + len(Q))
        if all((a - sign * b) % p == 0 for a, b in zip(f[s:], g[:m], strict=True))
    }
    whole = V.compose(W, skew=skew)
    assert whole.columns == (*S, *Q)
    assert listed(whole) == both
    assert W.compose(V, skew=skew) == whole
    assert V.compose(W.negate(P), skew=not skew) == whole
    # the least link is found, is a subset of P, and no single column less will do
    left, right, link = found = V.minimize_link(W, skew=skew)
    assert left.compose(right, skew=skew) == whole
    assert set(link) <= set(P)
    assert len(link) == whole.connectivity(S) == found.info.details["overlap"]
    assert float(found.certificate.recomposition) == 0.0
    assert float(found.certificate.least_overlap) == len(link)
    parts = whole.decompose(S)
    assert parts.left.compose(parts.right) == whole
    assert len(parts.link) == len(link)


@given(pairs())
def test_sums_and_intersections_against_all_vectors(made):
    p, A, B, S, P, _ = made
    n = len(S + P)
    B = np.resize(B, (len(B), n)) if B.size else np.zeros((0, n), dtype=int)
    V, W = VectorSpace(A, p, columns=S + P), VectorSpace(B, p, columns=S + P)
    every, other = vectors(A, p, n), vectors(B, p, n)
    assert listed(V.intersection(W)) == every & other
    assert listed(V.sum(W)) == vectors(np.vstack([A, B]), p, n)
    assert V.contains(W) == (other <= every)
    assert V.equals(W) == (other == every)
    assert V.sum(W).rank + V.intersection(W).rank == V.rank + W.rank
    turned = W.relabel(W.columns)
    assert (turned.restrict(S + P) == V) == (V == W)


def every_space(columns):
    """Return all spaces over GF(2) on some columns."""
    n = len(columns)
    found = []
    for rank in range(n + 1):
        for rows in itertools.combinations(itertools.product((0, 1), repeat=n), rank):
            X = VectorSpace(np.array(rows).reshape(rank, n), 2, columns=columns)
            if X.rank == rank and X not in found:
                found.append(X)
    return found


def test_no_link_is_smaller():
    """All spaces over GF(2) on 2 + 2 columns, against all links of one column."""
    lefts, rights = every_space(["s0", "s1", "p"]), every_space(["p", "q0", "q1"])
    wholes = [left.compose(right) for left in lefts for right in rights]
    linked = {(V.rank, V.basis.tobytes()) for V in wholes}
    spaces = every_space(["s0", "s1", "q0", "q1"])
    assert (len(lefts), len(spaces)) == (16, 67)
    for V in spaces:
        assert ((V.rank, V.basis.tobytes()) in linked) == (V.connectivity(["s0", "s1"]) <= 1)


def solutions(target, V, P, Q):
    """Return all spaces X on P and Q with V <-> X = target, over GF(2)."""
    return [X for X in every_space(P + Q) if V.compose(X) == target]


@pytest.mark.parametrize("seed", range(12))
def test_inversion_against_all_spaces(seed):
    rng = np.random.default_rng(seed)
    S, P, Q = ["s0", "s1"], ["p0"] if seed % 2 else ["p0", "p1"], ["q"]
    V = VectorSpace(rng.integers(0, 2, (2, len(S + P))), 2, columns=S + P)
    target = VectorSpace(rng.integers(0, 2, (1 + seed % 2, 3)), 2, columns=S + Q)
    every = solutions(target, V, P, Q)
    space, solvable, unique = found = V.invert(target)
    assert solvable == bool(every)
    assert unique == (len(every) == 1)
    assert space.columns == (*P, *Q)
    assert all(isinstance(value, bool) for key, value in found.info.details.items() if " " in key)
    if solvable:
        assert space in every
    for X in every:
        assert V.recovers(X) == (space == X)


@pytest.mark.parametrize("field", FIELDS)
def test_trivial_spaces(field):
    zero, full = VectorSpace.zero(["a", "b"], field), VectorSpace.full(["a", "b"], field)
    assert (zero.rank, full.rank) == (0, 2)
    assert zero.dual() == full
    assert full.dual() == zero
    assert zero.sum(full) == full
    assert full.intersection(zero) == zero
    assert zero.sum(zero) == zero.intersection(zero) == zero
    assert full.contains(zero)
    assert not zero.contains(full)
    for V in (zero, full):
        for S in ([], ["a"], ["a", "b"]):
            assert V.connectivity(S) == 0
            left, right, link = V.decompose(S)
            assert link == ()
            assert left.compose(right) == V
            assert V.restrict(S).rank == V.contract(S).rank == V.rank * len(S) // 2
        none = V.restrict([])
        assert none.columns == ()
        assert none.rank == 0
        assert none.basis.shape == (0, 0)
        assert none.dual() == none
        assert none.compose(V) == V
    empty = VectorSpace(np.zeros((0, 0)), field)
    assert empty.compose(empty) == empty
    one = VectorSpace([[7]], field)
    assert one.dual().rank == 0
    assert VectorSpace([[0]], field).dual() == one
    assert VectorSpace(np.zeros((3, 2)), field).rank == 0


@pytest.mark.parametrize("field", FIELDS)
def test_columns_are_known_by_their_labels(field):
    rng = np.random.default_rng(1)
    M = rng.integers(0, 3, size=(3, 5))
    V = VectorSpace(M, field, columns=["a", 1, (2, "x"), None, 2.5])
    order = [3, 0, 4, 2, 1]
    W = VectorSpace(M[:, order], field, columns=[V.columns[i] for i in order])
    assert V == W
    assert V.sum(W) == V.intersection(W) == V
    assert V.restrict([2.5, "a"]).columns == ("a", 2.5)
    assert V.restrict(iter([2.5, "a"])) == W.restrict({"a", 2.5})
    assert V.relabel({"a": "b"}).columns[0] == "b"
    swapped = VectorSpace(M[:, [1, 0, 2, 3, 4]], field, columns=V.columns)
    assert V.relabel({"a": 1, 1: "a"}) == swapped
    assert V.relabel(list("vwxyz")).columns == tuple("vwxyz")
    assert V.relabel({"a": "b"}) != V
    assert VectorSpace.zero(V.columns, field) != V
    assert V != 3
    assert VectorSpace(M, field, columns=np.arange(5)).columns == (0, 1, 2, 3, 4)
    assert isinstance(VectorSpace(M, field, columns=np.arange(5)).columns[0], int)


def test_fields_are_told_apart():
    M = [[1, 0], [0, 1]]
    assert VectorSpace(M, 2) != VectorSpace(M, 3)
    assert VectorSpace(M, np.int64(3)).field == 3
    assert VectorSpace(M, "rational").field == "rational"
    assert VectorSpace(M).field == "real"


@pytest.mark.parametrize("field", FIELDS)
def test_results_are_read_only_and_survive_pickling(field):
    V = VectorSpace([[1, 2, 0], [0, 1, 1]], field)
    with pytest.raises(ValueError, match="read-only"):
        V.basis[0, 0] = 5
    with pytest.raises(ValueError, match="WRITEABLE"):
        V.basis.flags.writeable = True
    for name in ("columns", "rank", "field", "basis", "other"):
        with pytest.raises(AttributeError):
            setattr(V, name, ("x", "y", "z"))
    assert V.columns == (0, 1, 2)
    for again in (pickle.loads(pickle.dumps(V)), copy.deepcopy(V), copy.copy(V)):
        assert again == V
        assert again.columns == V.columns
        assert again.connectivity([0]) == V.connectivity([0])
    found = pickle.loads(pickle.dumps(V.decompose([0, 1])))
    assert found.left.compose(found.right) == V
    with pytest.raises(TypeError, match="unhashable"):
        hash(V)
    assert "rank 2" in repr(V)
    assert V.info.details["rank"] == 2


@pytest.mark.parametrize("field", [2, "rational"])
def test_exact_fields_have_no_tolerance(field):
    V = VectorSpace([[1, 1]], field)
    assert (V.gap, V.tolerance) == ((0.0, 1.0), 0.0)
    with pytest.raises(InvalidInputError, match="no distance"):
        V.distance(V)
    with pytest.raises(InvalidInputError, match="atol=0.1 says nothing"):
        V.equals(V, atol=0.1)
    for option in ("rtol", "atol"):
        with pytest.raises(InvalidInputError, match=f"{option}=0.1 says nothing over"):
            VectorSpace([[1, 1]], field, **{option: 0.1})


@pytest.mark.parametrize("p", [-7, -1, 0, 1, 4, 9, 15, 2**31 - 3, 10**6])
def test_numbers_that_are_not_prime(p):
    with pytest.raises(InvalidInputError, match=rf"field={p} is not prime"):
        VectorSpace([[1]], p)


def test_other_fields_are_refused():
    for p in (2**31, 2**31 + 11, 2**61 - 1, 10**40):
        with pytest.raises(InvalidInputError, match=r"below 2\*\*31"):
            VectorSpace([[1]], p)
    with pytest.raises(InvalidInputError, match="did you mean 'rational'"):
        VectorSpace([[1]], "rationals")
    for bad in (2.0, True, None, (2,)):
        with pytest.raises(InvalidTypeError, match="field"):
            VectorSpace([[1]], bad)


@pytest.mark.parametrize("field", [3, "rational"])
def test_entries_that_exact_fields_do_not_have(field):
    for bad in (0.5, 1e-30, -2.25):
        with pytest.raises(InvalidInputError, match=r"basis\[1, 0\] is .*, no integer"):
            VectorSpace([[1.0, 2.0], [bad, 1.0]], field)
        with pytest.raises(InvalidInputError, match=r"basis\[1, 0\] is .*, no integer"):
            VectorSpace(np.array([[1, 2], [bad, 1]], dtype=object), field)
    for bad in (np.nan, np.inf):
        with pytest.raises(NonFiniteError, match=r"basis\[0, 1\]"):
            VectorSpace(np.array([[1, bad]], dtype=object), field)
    for bad in ("x", None, 1j):
        with pytest.raises(InvalidTypeError, match="basis"):
            VectorSpace(np.array([[1, bad]], dtype=object), field)
    for bad in ([[1, 2], [3]], [1, 2], 3):
        with pytest.raises(LinsubError, match="basis"):
            VectorSpace(bad, field)


def test_fractions_over_a_prime_field():
    with pytest.raises(InvalidInputError, match=r"basis\[0, 1\] is Fraction\(1, 3\).*by 3"):
        VectorSpace([[1, Fraction(1, 3)]], 5)
    assert VectorSpace([[1, Fraction(6, 3)]], 5).basis.tolist() == [[1, 2]]
    V = VectorSpace([[Fraction(1, 2), Fraction(1, 3)]], "rational")
    assert V.basis.tolist() == [[1, Fraction(2, 3)]]


@pytest.mark.parametrize("field", FIELDS)
def test_bad_labels(field):
    M = [[1, 0, 1], [0, 1, 1]]
    with pytest.raises(InvalidInputError, match="'a' more than once"):
        VectorSpace(M, field, columns=["a", "b", "a"])
    with pytest.raises(InvalidInputError, match="1.0 more than once"):
        VectorSpace(M, field, columns=[1, 2, 1.0])
    with pytest.raises(InvalidInputError, match="columns has 2 labels, and basis has 3"):
        VectorSpace(M, field, columns=["a", "b"])
    with pytest.raises(InvalidInputError, match="nan, which is not equal"):
        VectorSpace(M, field, columns=[1, 2, np.nan])
    with pytest.raises(InvalidTypeError, match="no hash"):
        VectorSpace(M, field, columns=[[1], 2, 3])
    for bad in ("abc", 3):
        with pytest.raises(InvalidTypeError, match="columns must be a list of labels"):
            VectorSpace(M, field, columns=bad)
    for bad in ({"a", "b", "c"}, frozenset("abc")):
        with pytest.raises(InvalidTypeError, match="set, which has no order"):
            VectorSpace(M, field, columns=bad)
        with pytest.raises(InvalidTypeError, match="names is a .*set, which has no order"):
            VectorSpace(M, field).relabel(bad)
    assert VectorSpace(M, field, columns=dict.fromkeys("abc").keys()).columns == ("a", "b", "c")
    # a mask would be read as the labels 1 and 0
    with pytest.raises(InvalidTypeError, match="columns is a mask of 2 bools"):
        VectorSpace(M, field).restrict(np.array([True, False]))
    V = VectorSpace(M, field, columns=["a", "b", "c"])
    for method in (V.restrict, V.contract, V.connectivity, V.decompose, V.negate):
        with pytest.raises(InvalidInputError, match=r"\['d'\], which are no columns of this space"):
            method(["a", "d"])
        with pytest.raises(InvalidInputError, match="more than once"):
            method(["a", "a"])
        with pytest.raises(InvalidTypeError, match="list of labels"):
            method("a")
    with pytest.raises(InvalidInputError, match="'b' more than once"):
        V.relabel({"a": "b"})
    with pytest.raises(InvalidInputError, match="no columns"):
        V.relabel({"z": "b"})
    with pytest.raises(InvalidInputError, match="names has 1 labels"):
        V.relabel(["b"])


def test_pairs_that_do_not_fit():
    V = VectorSpace([[1, 0, 1]], 2, columns=["a", "b", "c"])
    other = VectorSpace([[1, 0, 1]], 3, columns=["a", "b", "c"])
    less = VectorSpace([[1, 1]], 2, columns=["b", "z"])
    pairwise = (V.sum, V.intersection, V.contains, V.equals, V.compose, V.minimize_link, V.invert)
    for method in (*pairwise, V.recovers):
        with pytest.raises(InvalidInputError, match=r"over GF\(3\) and this space over GF\(2\)"):
            method(other)
        with pytest.raises(InvalidTypeError, match="must be a VectorSpace, got list"):
            method([[1, 0, 1]])
    for method in (V.sum, V.intersection, V.contains, V.equals):
        with pytest.raises(InvalidInputError, match=r"\['z'\] beside them and lacks \['a', 'c'\]"):
            method(less)
    wide = VectorSpace([[1, 1, 0]], 2, columns=["a", "b", "z"])
    for method in (V.compose, V.minimize_link):
        with pytest.raises(InvalidInputError, match=r"both spaces have \['b'\], which on has not"):
            method(wide, on=["a"])
        with pytest.raises(InvalidInputError, match=r"on has \['c'\], which other has not"):
            method(wide, on=["a", "b", "c"])
        with pytest.raises(InvalidTypeError, match="skew"):
            method(wide, skew=1)
        assert method(wide, on=["b", "a"])
    two = VectorSpace([[1, 0, 1, 1], [0, 1, 1, 0]], 2, columns=["a", "b", "c", "d"])
    with pytest.raises(InvalidInputError, match="link has 1 labels, and 2 are needed"):
        two.decompose(["a", "b"], link=["x"])
    with pytest.raises(InvalidInputError, match=r"link has \['c'\], which are columns already"):
        two.decompose(["a", "b"], link=["x", "c"])
    assert two.decompose(["a", "b"], link=["x", "y", "z"]).link == ("x", "y")


@pytest.mark.parametrize("field", FIELDS)
def test_parts_are_taken_apart_again(field):
    """A chain of three: columns of the second link are called otherwise than the first."""
    rng = np.random.default_rng(3)
    V = VectorSpace(rng.integers(0, 4, size=(4, 9)), field, columns=list("abcdefghi"))
    first, rest, one = V.decompose(["a", "b", "c"])
    second, third, two = rest.decompose([*one, "d", "e", "f"])
    assert not set(one) & set(two)
    assert len(two) == V.connectivity(["g", "h", "i"])
    assert first.compose(second).compose(third) == V
    assert first.compose(second.compose(third)) == V


def test_links_may_be_renamed():
    V = VectorSpace([[1, 1, 1]], 5, columns=["s", "p1", "p2"])
    W = VectorSpace([[1, 1, 1]], 5, columns=["p1", "p2", "q"])
    left, right, link = V.minimize_link(W, link=["wire"])
    assert link == ("wire",)
    assert left.compose(right) == V.compose(W)
    assert V.minimize_link(W).link == ("p1",)


@given(st.integers(0, 2**32 - 1))
def test_real_and_rational_spaces_agree_on_small_integers(seed):
    rng = np.random.default_rng(seed)
    s, m, q = rng.integers(1, 4, size=3)
    S, P, Q = ([f"{name}{i}" for i in range(k)] for name, k in (("s", s), ("p", m), ("q", q)))
    A = rng.integers(-3, 4, size=(rng.integers(0, 4), s + m))
    B = rng.integers(-3, 4, size=(rng.integers(0, 4), m + q))
    exact = [VectorSpace(M, "rational", columns=C) for M, C in ((A, S + P), (B, P + Q))]
    real = [VectorSpace(M, columns=C) for M, C in ((A, S + P), (B, P + Q))]

    def floats(V):
        return VectorSpace(V.basis.astype(float), columns=V.columns)

    skew = bool(seed % 2)
    for one, other in zip(real, exact, strict=True):
        assert one.rank == other.rank
        assert one.distance(floats(other)) < 1e-12
    whole = real[0].compose(real[1], skew=skew)
    known = exact[0].compose(exact[1], skew=skew)
    assert whole.rank == known.rank
    assert whole.distance(floats(known)) < 1e-10
    left, right, link = real[0].minimize_link(real[1], skew=skew)
    assert len(link) == len(exact[0].minimize_link(exact[1], skew=skew).link)
    assert left.compose(right, skew=skew).distance(whole) < 1e-10
    assert real[0].recovers(real[1]) == exact[0].recovers(exact[1])
    assert real[0].invert(whole)[1:] == exact[0].invert(known)[1:]
    assert whole.connectivity(S) == known.connectivity(S)
