"""Cut and cycle spaces of graphs, and graphs joined at shared edges."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.spaces.labels import as_labels, listed
from linsub.spaces.vector_space import VectorSpace

__all__ = ["cut_space", "cycle_space", "k_sum"]

Edges = dict[Hashable, tuple[Hashable, Hashable]]


def cut_space(edges: Any, field: Any = "rational") -> VectorSpace:
    """Return the differences of potentials that a graph allows, one column an edge.

    The row space of the vertex-edge incidence matrix: a vector has ``u(head) - u(tail)`` on each
    edge for some u on the vertices.

    Parameters
    ----------
    edges : mapping or iterable
        ``{label: (tail, head)}``, or pairs ``(tail, head)`` that are labelled 0, 1, ...
        Vertices are hashable. Loops and parallel edges are allowed.
    field : {"real", "rational"} or int, optional
        As for :class:`VectorSpace`. Over GF(2) orientations do not matter.

    Returns
    -------
    VectorSpace
        Of rank ``vertices - components`` (claim ``spaces-graphs``).

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Examples
    --------
    >>> from linsub.spaces import cut_space
    >>> cut_space([(1, 2), (2, 3), (3, 1)]).rank
    2
    """
    graph = as_edges(edges, name="edges")
    vertices: dict[Hashable, int] = {}
    for ends in graph.values():
        for vertex in ends:
            vertices.setdefault(vertex, len(vertices))
    incidence = np.zeros((len(vertices), len(graph)), dtype=np.int64)
    for j, (tail, head) in enumerate(graph.values()):
        incidence[vertices[head], j] += 1
        incidence[vertices[tail], j] -= 1
    return VectorSpace(incidence, field, columns=graph)


def cycle_space(edges: Any, field: Any = "rational") -> VectorSpace:
    """Return the flows on a graph that nothing enters or leaves, one column an edge.

    The dual of :func:`cut_space`: currents that obey Kirchhoff's law at every vertex.

    Parameters
    ----------
    edges, field
        As for :func:`cut_space`.

    Returns
    -------
    VectorSpace
        Of rank ``edges - vertices + components``.

    Raises
    ------
    InvalidInputError, InvalidTypeError

    Examples
    --------
    >>> from linsub.spaces import cycle_space
    >>> cycle_space([(1, 2), (2, 3), (3, 1)], 2).basis.tolist()
    [[1, 1, 1]]
    """
    return cut_space(edges, field).dual()


def k_sum(left: Any, right: Any) -> Edges:
    """Return the graph of two graphs that are glued at their shared edges, without these.

    Parameters
    ----------
    left, right : mapping
        ``{label: (tail, head)}``. Edges of the same label must have the same ends, and vertices
        that both have must be connected by shared edges; k of them make a k-sum.

    Returns
    -------
    dict
        The edges of `left` that `right` has not, then those of `right`.

    Raises
    ------
    InvalidInputError
        If a shared edge has other ends, or shared vertices are not connected by shared edges.
    InvalidTypeError

    Notes
    -----
    Its cut space is the composition of theirs, and its cycle space the skew composition of
    theirs (claim ``spaces-graphs``). The overlap between the two sides is at most k - 1.

    Examples
    --------
    >>> from linsub.spaces import cut_space, k_sum
    >>> left = {"a": (1, 2), "b": (2, 3), "e": (3, 1)}
    >>> right = {"e": (3, 1), "c": (1, 4), "d": (4, 3)}
    >>> both = k_sum(left, right)
    >>> list(both), cut_space(left).compose(cut_space(right)) == cut_space(both)
    (['a', 'b', 'c', 'd'], True)
    """
    graphs = []
    for graph, name in ((left, "left"), (right, "right")):
        if not isinstance(graph, Mapping):
            raise InvalidTypeError(f"{name} must map labels to pairs, got {type(graph).__name__}")
        graphs.append(as_edges(graph, name=name))
    a, b = graphs
    shared = [label for label in a if label in b]
    for label in shared:
        if a[label] != b[label]:
            raise InvalidInputError(
                f"the edge {label!r} is {a[label]} in left and {b[label]} in right; rename one of "
                "them or turn it round"
            )
    common = _vertices(a) & _vertices(b)
    parts = _parts(common, [a[label] for label in shared])
    if parts > 1:
        raise InvalidInputError(
            f"both graphs have the vertices {listed(common)}, and the shared edges "
            f"{listed(shared)} leave them in {parts} parts; add edges between them to both"
        )
    inner = set(shared)
    return {label: ends for graph in graphs for label, ends in graph.items() if label not in inner}


def as_edges(edges: Any, *, name: str) -> Edges:
    """Return edges by label, checked."""
    if not isinstance(edges, Mapping):
        if isinstance(edges, str | bytes) or not isinstance(edges, Iterable):
            raise InvalidTypeError(
                f"{name} must be pairs of vertices, or a mapping of labels to pairs, got "
                f"{type(edges).__name__}"
            )
        edges = dict(enumerate(edges))
    names = as_labels(edges, name=name)
    return {
        label: _pair(ends, f"{name}[{label!r}]")
        for label, ends in zip(names, edges.values(), strict=True)
    }


def _pair(ends: Any, name: str) -> tuple[Hashable, Hashable]:
    if isinstance(ends, str | bytes) or not isinstance(ends, Iterable):
        raise InvalidTypeError(f"{name} must be a pair of vertices, got {ends!r}")
    pair = [x.item() if isinstance(x, np.generic) else x for x in ends]
    if len(pair) != 2:
        raise InvalidInputError(f"{name} must be a pair of vertices, got {len(pair)} of them")
    for vertex in pair:
        as_labels([vertex], name=name)
    return pair[0], pair[1]


def _vertices(graph: Edges) -> set[Hashable]:
    return {vertex for ends in graph.values() for vertex in ends}


def _parts(vertices: set[Hashable], pairs: list[tuple[Hashable, Hashable]]) -> int:
    """Return into how many components the pairs leave the vertices."""
    root = {vertex: vertex for vertex in vertices}

    def find(vertex: Hashable) -> Hashable:
        while root[vertex] != vertex:
            root[vertex] = root[root[vertex]]
            vertex = root[vertex]
        return vertex

    for tail, head in pairs:
        root[find(tail)] = find(head)
    return len({find(vertex) for vertex in vertices})
