"""Ranks of linked spaces, sizes of exact numbers, and how well a link is conditioned."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError

__all__ = [
    "composed_rank",
    "cut_rank",
    "cycle_rank",
    "k_sum_overlap",
    "least_overlap",
    "link_singular_value",
    "minor_bits",
]


def least_overlap(rank_s: int, rank_q: int, rank: int) -> int:
    """Return r(V.S) + r(V.Q) - r(V), the fewest columns P of any link V = V_SP <-> V_PQ.

    Parameters
    ----------
    rank_s, rank_q : int
        The ranks of the restrictions to S and to Q.
    rank : int
        The rank of V.
    """
    _counts(rank_s=rank_s, rank_q=rank_q, rank=rank)
    if not max(rank_s, rank_q) <= rank <= rank_s + rank_q:
        raise InvalidInputError(
            f"rank={rank} must be from max(rank_s, rank_q) to rank_s + rank_q, "
            f"got rank_s={rank_s}, rank_q={rank_q}"
        )
    return rank_s + rank_q - rank


def composed_rank(rank_left: int, rank_right: int, rank_sum: int, rank_common: int) -> int:
    """Return r(V <-> W) = r(V) + r(W) - r(V.P + W.P) - r(VxP and WxP).

    Parameters
    ----------
    rank_left, rank_right : int
        The ranks of V on S and P and of W on P and Q.
    rank_sum : int
        The rank of V.P + W.P.
    rank_common : int
        The rank of the intersection of VxP and WxP.
    """
    _counts(rank_left=rank_left, rank_right=rank_right, rank_sum=rank_sum, rank_common=rank_common)
    found = rank_left + rank_right - rank_sum - rank_common
    if found < 0:
        raise InvalidInputError(f"these ranks contradict one another: they give {found}")
    return found


def link_singular_value(angle: Any) -> Any:
    """Return the least singular value met when the parts of one angle are linked again.

    The parts ``(cos u, e) / sqrt(1 + cos^2)`` and ``(e, sin w) / sqrt(1 + sin^2)`` meet in e: the
    matching of the two has the singular value ``sqrt(1/(1 + cos^2) + 1/(1 + sin^2))``, between
    sqrt(4/3) and sqrt(3/2), and what comes out has length ``sqrt(1/3)`` whatever the angle.
    Returned is the former.

    Parameters
    ----------
    angle : array_like
        Angles between V and the coordinate space of S, in [0, pi/2].
    """
    theta = np.asarray(angle, dtype=float)
    if not np.all((theta >= 0.0) & (theta <= np.pi / 2)):
        raise InvalidInputError(f"angle must be in [0, pi/2], got {theta}")
    return np.sqrt(1.0 / (1.0 + np.cos(theta) ** 2) + 1.0 / (1.0 + np.sin(theta) ** 2))


def minor_bits(order: int, size: Any) -> float:
    """Return log2 of Hadamard's bound ``(size sqrt(order))^order`` on a minor.

    Parameters
    ----------
    order : int
        The largest order of a minor.
    size : int
        The largest absolute value of an entry, of any length; at least 1.
    """
    _counts(order=order, size=size)
    if size < 1:
        raise InvalidInputError("size must be at least 1, got 0")
    # log2 of integers that no float holds.
    shift = max(0, int(size).bit_length() - 53)
    bits = shift + float(np.log2(int(size) / 2**shift))
    return order * (bits + 0.5 * float(np.log2(max(order, 1))))


def cut_rank(vertices: int, components: int) -> int:
    """Return the dimension of the cut space of a graph, ``vertices - components``."""
    _counts(vertices=vertices, components=components)
    if not min(1, vertices) <= components <= vertices:
        raise InvalidInputError(f"components={components} does not fit vertices={vertices}")
    return vertices - components


def cycle_rank(edges: int, vertices: int, components: int) -> int:
    """Return the dimension of the cycle space, ``edges - vertices + components``."""
    _counts(edges=edges)
    found = edges - cut_rank(vertices, components)
    if found < 0:
        raise InvalidInputError(f"edges={edges} are too few for {components} components")
    return found


def k_sum_overlap(shared: int) -> int:
    """Return the largest overlap of two graphs that share so many vertices, ``shared - 1``."""
    _counts(shared=shared)
    return max(0, shared - 1)


def _counts(**numbers: int) -> None:
    for name, value in numbers.items():
        if not value >= 0 or value % 1 != 0:
            raise InvalidInputError(f"{name} must be a count, got {value}")
