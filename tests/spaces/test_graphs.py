"""Cut and cycle spaces, and graphs that are glued at shared edges."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.spaces import cut_space, cycle_space, k_sum

K4 = {"a": (0, 1), "b": (1, 2), "c": (2, 0), "d": (0, 3), "e": (1, 3), "f": (2, 3)}


@pytest.mark.parametrize("field", [2, 3, "rational", "real"])
def test_spaces_of_a_graph(field):
    cuts, cycles = cut_space(K4, field), cycle_space(K4, field)
    assert (cuts.rank, cycles.rank) == (3, 3)
    assert cuts.columns == cycles.columns == tuple("abcdef")
    assert cuts.dual() == cycles
    product = np.array(cuts.basis @ cycles.basis.T, dtype=float)
    if field in (2, 3):
        product %= field
    assert np.abs(product).max() < 1e-14
    # deleting and contracting edges are restriction and contraction
    less = {label: ends for label, ends in K4.items() if label != "a"}
    assert cut_space(less, field) == cut_space(K4, field).restrict(less)
    merged = {label: tuple(0 if v == 1 else v for v in ends) for label, ends in less.items()}
    assert cut_space(merged, field) == cut_space(K4, field).contract(less)


def test_all_cuts_are_found_by_listing_them():
    cuts = cut_space(K4, 2)
    known = set()
    for sides in np.ndindex(2, 2, 2, 2):
        known.add(tuple(sides[t] ^ sides[h] for t, h in K4.values()))
    combos = np.array(list(np.ndindex(2, 2, 2)))
    assert {tuple(v) for v in (combos @ cuts.basis % 2).tolist()} == known


def test_loops_parallel_edges_and_lone_edges():
    edges = {"loop": ("x", "x"), "one": ("x", "y"), "two": ("y", "x")}
    cuts = cut_space(edges)
    assert cuts.basis.tolist() == [[0, 1, -1]]
    assert cycle_space(edges).contract(["loop"]).rank == 1
    assert cut_space({}).columns == ()
    assert cut_space([]).rank == 0
    assert cycle_space([(1, 1)]).rank == 1


def test_lists_and_arrays_of_pairs():
    pairs = [(0, 1), (1, 2), (2, 0)]
    assert cut_space(pairs) == cut_space(np.array(pairs))
    assert cut_space(iter(pairs)).columns == (0, 1, 2)
    assert cut_space(dict(enumerate(pairs)), 2) == cut_space(pairs, 2)


@pytest.mark.parametrize("field", [2, "rational"])
def test_a_three_sum_of_two_complete_graphs(field):
    """Two K4 glued along a triangle, without the triangle: K_{2,3}, of overlap 2."""
    other = {**{k: K4[k] for k in "abc"}, "x": (0, 4), "y": (1, 4), "z": (2, 4)}
    whole = k_sum(K4, other)
    assert whole == {"d": (0, 3), "e": (1, 3), "f": (2, 3), "x": (0, 4), "y": (1, 4), "z": (2, 4)}
    cuts = cut_space(K4, field).compose(cut_space(other, field))
    assert cuts == cut_space(whole, field)
    cycles = cycle_space(K4, field).compose(cycle_space(other, field), skew=True)
    assert cycles == cycle_space(whole, field)
    assert cuts.connectivity(list("def")) == 2
    left, right, link = cut_space(K4, field).minimize_link(cut_space(other, field))
    assert len(link) == 2, "of three shared edges two say all"
    assert left.compose(right) == cuts


def test_a_one_sum_shares_a_vertex_alone():
    whole = k_sum({"a": (0, 1)}, {"b": (1, 2)})
    assert list(whole) == ["a", "b"]
    assert cut_space(whole).connectivity(["a"]) == 0
    assert k_sum({"a": (0, 1)}, {}) == {"a": (0, 1)}


def test_what_cannot_be_glued():
    with pytest.raises(InvalidInputError, match=r"the edge 'a' is \(0, 1\) in left and \(1, 0\)"):
        k_sum({"a": (0, 1)}, {"a": (1, 0)})
    with pytest.raises(InvalidInputError, match=r"vertices \[0, 1\].*in 2 parts"):
        k_sum({"a": (0, 1)}, {"b": (0, 1)})
    with pytest.raises(InvalidTypeError, match="left must map labels"):
        k_sum([(0, 1)], {})


@pytest.mark.parametrize("function", [cut_space, cycle_space])
def test_what_are_no_edges(function):
    for bad, error, match in (
        (3, InvalidTypeError, "edges must be pairs"),
        ("ab", InvalidTypeError, "edges must be pairs"),
        ([(0, 1, 2)], InvalidInputError, r"edges\[0\] must be a pair of vertices, got 3"),
        ({"a": "xy"}, InvalidTypeError, r"edges\['a'\] must be a pair"),
        ([7], InvalidTypeError, r"edges\[0\] must be a pair"),
        ([(0, np.nan)], InvalidInputError, r"edges\[0\] has the label nan"),
        ([(0, [1])], InvalidTypeError, "no hash"),
    ):
        with pytest.raises(error, match=match):
            function(bad)
    with pytest.raises(InvalidInputError, match="field=6 is not prime"):
        function([(0, 1)], 6)
