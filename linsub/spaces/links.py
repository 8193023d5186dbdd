"""What taking apart, minimizing and inverting a link hand back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from linsub.results import Bound, Certificate, Info, Record

if TYPE_CHECKING:
    from linsub.spaces.vector_space import VectorSpace

__all__ = ["InverseLink", "LinkCertificate", "LinkedSpaces"]


@dataclasses.dataclass(frozen=True, eq=False)
class LinkCertificate(Certificate):
    """What is known about two linked spaces, by composing them again.

    Attributes
    ----------
    recomposition : Bound
        How far their composition is from the space that was asked for: 0 or 1 over exact fields
        (equal or not); over the reals the sine of the largest angle, as measured.
    least_overlap : Bound
        ``r(V.S) + r(V.Q) - r(V)``, below which no link of that space can go.
    """

    recomposition: Bound | None = None
    least_overlap: Bound | None = None


class LinkedSpaces(Record):
    """Two spaces that compose to a given one; unpacks as ``left, right, link``.

    Attributes
    ----------
    left : VectorSpace
        On S and the columns of the link.
    right : VectorSpace
        On the columns of the link and Q.
    link : tuple
        The labels of the shared columns, as few as there can be.
    certificate : LinkCertificate
    """

    _fields = ("left", "right", "link")
    left: VectorSpace
    right: VectorSpace
    link: tuple[object, ...]
    certificate: LinkCertificate | None
    info: Info | None


class InverseLink(Record):
    """What must be linked to a space to give another one; unpacks as ``space, solvable, unique``.

    Attributes
    ----------
    space : VectorSpace
        ``V_SP <-> V_SQ``, on P and Q: a solution where there is one.
    solvable : bool
        Whether some X has ``V_SP <-> X = V_SQ``; then `space` is one.
    unique : bool
        Whether it is the only one: V_SP restricted to P is everything, and contracted to P zero.
    """

    _fields = ("space", "solvable", "unique")
    space: VectorSpace
    solvable: bool
    unique: bool
    certificate: None
    info: Info | None


def certified(recomposition: float, least: int, exact: bool) -> LinkCertificate:
    """Return the certificate of a link."""
    of = "[left <-> right != V]" if exact else "sin angle(left <-> right, V)"
    return LinkCertificate(
        recomposition=Bound(recomposition, "exact" if exact else "estimate", of),
        least_overlap=Bound(float(least), "exact", "r(V.S) + r(V.Q) - r(V)"),
    )
