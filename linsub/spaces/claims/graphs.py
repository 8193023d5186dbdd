"""Graphs joined at shared vertices: ranks, overlaps, and the composition of their spaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub.spaces import bounds, cut_space, cycle_space, k_sum
from linsub.verify import Observation, claim


def _glued(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return two graphs that share a tree, or more, on k vertices."""
    k = int(rng.integers(1, 5))
    shared = {("p", i): (int(rng.integers(0, i)), i) for i in range(1, k)}
    if k > 2 and index % 2:
        shared[("p", k)] = (k - 1, 0)
    graphs = []
    for name in "sq":
        own = [f"{name}{i}" for i in range(int(rng.integers(0, 4)))]
        vertices: list[Any] = [*range(k), *own]
        edges = {}
        for i in range(int(rng.integers(1, 3 + 2 * len(vertices)))):
            tail, head = rng.integers(0, len(vertices), size=2)
            edges[(name, i)] = (vertices[tail], vertices[head])
        graphs.append({**edges, **shared} if name == "s" else {**shared, **edges})
    p = (2, 3, "rational")[index % 3]
    return {"left": graphs[0], "right": graphs[1], "k": k, "p": p, "label": f"{k}-sum over {p}"}


def _components(edges: Any) -> tuple[int, int]:
    """Return the numbers of vertices and components, by labels that spread."""
    label = {v: i for i, v in enumerate({v for ends in edges.values() for v in ends})}
    changed = True
    while changed:
        changed = False
        for tail, head in edges.values():
            low = min(label[tail], label[head])
            changed |= label[tail] != label[head]
            label[tail] = label[head] = low
    return len(label), len(set(label.values()))


def _joined(left: Any, right: Any, p: Any) -> tuple[Any, ...]:
    return (
        cut_space(left, p).compose(cut_space(right, p)),
        cycle_space(left, p).compose(cycle_space(right, p), skew=True),
    )


@claim(
    "spaces-graphs",
    source="Seymour 1980, J. Combin. Theory B 28, for k-sums; proved in the docs",
    kind="exact",
    domain="pair",
    subject=_joined,
    cases=_glued,
    mutants={
        "cycles not turned": lambda left, right, p: (
            cut_space(left, p).compose(cut_space(right, p)),
            cycle_space(left, p).compose(cycle_space(right, p)),
        ),
        "cuts turned": lambda left, right, p: (
            cut_space(left, p).compose(cut_space(right, p), skew=True),
            cycle_space(left, p).compose(cycle_space(right, p), skew=True),
        ),
        "shared edges cut": lambda left, right, p: tuple(
            cut_space(part, p) if i == 0 else cycle_space(part, p)
            for i, part in enumerate([{**left, **right}] * 2)
        ),
    },
    budget=0.35,
    max_cases=60,
)
def graphs(case: Any, subject: Callable[..., Any]) -> list[Observation]:
    """cuts of a k-sum are cuts <-> cuts, cycles cycles <=> cycles, the overlap is at most k - 1"""
    whole = k_sum(case.left, case.right)
    cuts, cycles = subject(case.left, case.right, case.p)
    vertices, parts = _components(whole)
    found = [
        Observation(float(cuts != cut_space(whole, case.p)), 0.0, note="cuts"),
        Observation(float(cycles != cycle_space(whole, case.p)), 0.0, note="cycles"),
        Observation(float(cuts.rank), float(bounds.cut_rank(vertices, parts)), note="cut rank"),
        Observation(
            float(cycles.rank),
            float(bounds.cycle_rank(len(whole), vertices, parts)),
            note="cycle rank",
        ),
    ]
    if set(cuts.columns) == set(whole):
        S = [label for label in whole if label in case.left]
        # Ranks by counting components, without any space.
        ranks = [
            bounds.cut_rank(*_components({c: whole[c] for c in side}))
            for side in (S, [c for c in whole if c not in case.left], whole)
        ]
        overlap = cuts.connectivity(S)
        most = bounds.k_sum_overlap(case.k)
        found += [
            Observation(float(overlap), float(bounds.least_overlap(*ranks)), note="overlap"),
            Observation(float(max(0, overlap - most)), 0.0, note="at most k - 1"),
        ]
    return found
