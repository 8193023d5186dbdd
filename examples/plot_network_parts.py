"""
A power network taken apart
===========================

Voltages of a network are a vector space, and so are its currents, each the dual of the other. The
IEEE test network of 14 buses is cut into its two voltage levels: each becomes a space with as
few ports as there can be, and the load flow (the linear one, "DC") is solved within each part,
with one small system in between. The flows are those of the whole network.

Run it with ``python examples/plot_network_parts.py --save picture.png``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.spaces import VectorSpace, cut_space

# IEEE 14-bus test case: reactances of the branches in per unit, and what each bus takes in MW.
REACTANCES = {
    (1, 2): 0.05917, (1, 5): 0.22304, (2, 3): 0.19797, (2, 4): 0.17632, (2, 5): 0.17388,
    (3, 4): 0.17103, (4, 5): 0.04211, (4, 7): 0.20912, (4, 9): 0.55618, (5, 6): 0.25202,
    (6, 11): 0.19890, (6, 12): 0.25581, (6, 13): 0.13027, (7, 8): 0.17615, (7, 9): 0.11001,
    (9, 10): 0.08450, (9, 14): 0.27038, (10, 11): 0.19207, (12, 13): 0.19988, (13, 14): 0.34802,
}  # fmt: skip
LOADS = {
    2: 21.7 - 40.0, 3: 94.2, 4: 47.8, 5: 7.6, 6: 11.2, 9: 29.5, 10: 9.0, 11: 3.5, 12: 6.1,
    13: 13.5, 14: 14.9,
}  # fmt: skip
HIGH = {1, 2, 3, 4, 5}  # the buses of the high voltage
PLACES = {
    1: (0, 2), 2: (1, 1), 3: (3, 0), 4: (3, 1.6), 5: (1.6, 2.2), 6: (1.4, 3.6), 7: (3.9, 2.5),
    8: (5, 2.3), 9: (3.8, 3.4), 10: (3.1, 4.1), 11: (2.2, 4.4), 12: (0.3, 4.6), 13: (1.3, 5.2),
    14: (3, 5.2),
}  # fmt: skip


def network() -> dict[Any, tuple[int, int]]:
    """Return branches, and loads as edges to bus 1, where the power comes from."""
    return {pair: pair for pair in REACTANCES} | {("load", bus): (1, bus) for bus in LOADS}


def devices(labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return conductances (zero for loads) and what the loads draw (zero for branches)."""
    y = np.array([1.0 / REACTANCES[c] if c in REACTANCES else 0.0 for c in labels])
    drawn = np.array([LOADS[c[1]] if c[0] == "load" else 0.0 for c in labels])
    return y, drawn


def part(space: VectorSpace, ports: Any) -> tuple[np.ndarray, ...]:
    """Return a part's voltages and port currents, with ports shorted, and for each port voltage.

    Voltages are v = x A; currents, y v and what is drawn, are orthogonal to all rows of A.
    """
    at = np.array([c in set(ports) for c in space.columns], dtype=bool)
    basis = space.basis.astype(float)
    A, P = basis[:, ~at], basis[:, at]
    y, drawn = devices([c for c in space.columns if c not in set(ports)])
    r, k = P.shape
    K = np.block([[(A * y) @ A.T, P], [P.T, np.zeros((k, k))]])
    given = np.zeros((r + k, 1 + k))
    given[:r, 0], given[r:, 1:] = -A @ drawn, np.eye(k)
    found = np.linalg.solve(K, given)
    return A.T @ found[:r], found[r:]


def flows(v: np.ndarray, labels: Any) -> dict[Any, float]:
    """Return the flow of each branch, from voltages."""
    y, _ = devices(labels)
    return {c: float(i) for c, i in zip(labels, y * v, strict=True) if c in REACTANCES}


def in_parts(left: VectorSpace, right: VectorSpace, link: Any) -> dict[Any, float]:
    """Solve each part for its ports, then the ports: currents that add up to zero."""
    found: dict[Any, float] = {}
    (v, i), (w, j) = part(left, link), part(right, link)
    ports = np.linalg.solve(i[:, 1:] + j[:, 1:], -i[:, 0] - j[:, 0])
    for space, answer in ((left, v), (right, w)):
        labels = [c for c in space.columns if c not in set(link)]
        found |= flows(answer[:, 0] + answer[:, 1:] @ ports, labels)
    return found


def growing(voltages: VectorSpace) -> list[int]:
    """Return the least link between what touches buses 1 .. b alone and the rest, for each b."""
    edges = network()
    sets = [[c for c, ends in edges.items() if max(ends) <= b] for b in range(1, 15)]
    return [voltages.connectivity(S) for S in sets]


def pyplot() -> Any:
    """Return matplotlib.pyplot, or say how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error
    return plt


def draw(flow: dict[Any, float], overlaps: list[int], link: int) -> Any:
    """Return the figure: both parts with their flows, and the least link for growing parts."""
    figure, (left, right) = pyplot().subplots(1, 2, figsize=(12, 6), dpi=110, layout="constrained")
    for (a, b), i in flow.items():
        inside = {a, b} <= HIGH
        (xa, ya), (xb, yb) = PLACES[a], PLACES[b]
        colour = "C0" if inside else "C1"
        left.plot([xa, xb], [ya, yb], colour, lw=1 + abs(i) / 15, alpha=0.8, zorder=1)
        left.text((xa + xb) / 2, (ya + yb) / 2, f"{abs(i):.0f}", fontsize=8, ha="center")
    for bus, (x, y) in PLACES.items():
        colour = "C0" if bus in HIGH else "C1"
        left.scatter(x, y, 260, colour, edgecolors="black", zorder=2)
        left.text(x, y, str(bus), ha="center", va="center", color="white", fontsize=9, zorder=3)
    left.set_title(f"MW on the branches, solved in two parts that share {link} wires")
    left.axis("off")
    right.step(range(1, 15), overlaps, "C2", where="mid", marker="o")
    right.axvline(max(HIGH), color="grey", ls=":", label="the high voltage")
    right.set(xlabel="buses of the first part", ylabel="wires that the two parts must share")
    right.set_yticks(range(max(overlaps) + 1))
    right.legend()
    return figure


def main(show: bool = False, save: str | Path | None = None) -> None:
    """Take the network apart, solve it whole and in parts, and draw it where wanted."""
    edges = network()
    voltages = cut_space(edges)
    S = [c for c, ends in edges.items() if set(ends) <= HIGH]
    left, right, link = voltages.decompose(S)
    again = left.compose(right)
    print(f"voltages: rank {voltages.rank} on {len(edges)} edges; currents {voltages.dual().rank}")
    print(f"parts of {len(S)} and {len(edges) - len(S)} edges share {len(link)} wires")
    print(f"composed again they are the network: {again == voltages}")
    print(
        f"and so are their currents: {left.dual().compose(right.dual(), skew=True) == again.dual()}"
    )
    whole = flows(part(voltages, [])[0][:, 0], voltages.columns)
    parts = in_parts(left, right, link)
    off = max(abs(whole[c] - parts[c]) for c in REACTANCES)
    total = sum(LOADS.values())
    print(f"bus 1 sends {abs(whole[1, 2]) + abs(whole[1, 5]):.4f} MW, loads take {total:.4f} MW")
    print(f"largest flow {max(map(abs, whole.values())):.2f} MW, largest difference {off:.1e} MW")
    assert off < 1e-9 * total
    overlaps = growing(voltages)
    print(f"wires by buses of the first part: {overlaps}")
    if show or save is not None:
        figure = draw(parts, overlaps, len(link))
        if save is not None:
            figure.savefig(save)
        if show:
            pyplot().show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--save", metavar="FILE", help="write the picture here and open no window")
    options = parser.parse_args()
    main(show=options.save is None, save=options.save)
