"""Vector spaces on labelled columns, restricted, contracted, linked and taken apart."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info
from linsub.spaces import labels
from linsub.spaces.entries import exact_matrix
from linsub.spaces.exact import ExactEngine
from linsub.spaces.fields import Field, as_field
from linsub.spaces.links import InverseLink, LinkedSpaces, certified
from linsub.spaces.real import RealEngine
from linsub.spaces.rows import Engine, Pieces, Rows

__all__ = ["VectorSpace"]

# No angle has a cosine and a sine below 0.7, and linking again meets sqrt(1/3).
_HIGHEST = {"rtol": 1.0, "atol": 0.5}


class VectorSpace:
    """A space of vectors whose coordinates have labels, as the row space of a matrix.

    ``V = {x basis : x}``, a subspace of F^C for a set C of labels and a field F.

    Parameters
    ----------
    basis : array_like of shape (k, n)
        Rows that span the space; they may be dependent, zero, or none. Over the rationals
        integers, :class:`fractions.Fraction` or floats that are integers; over GF(p) integers,
        which are taken modulo p; over the reals any real matrix.
    field : {"real", "rational"} or int, optional
        A prime p < 2**31 means GF(p).
    columns : iterable of hashable, optional
        Distinct labels of the columns, in their order; by default 0 .. n - 1.
    rtol : float, optional
        Over the reals, in [0, 1): singular values of the rows, brought to one size, up to rtol
        times the largest count as zero; by default max(k, n) eps of their type, at most
        sqrt(eps).
    atol : float, optional
        Over the reals, in [0, 0.5): which cosines and sines count as zero in what is done with
        the space. By default what rounding may have turned it by, at most sqrt(eps). Spaces
        that are derived inherit it.

    Attributes
    ----------
    columns : tuple
        The labels, in the order of the columns of `basis`.
    field : str or int
        As it was given.
    rank : int
    basis : ndarray of shape (rank, n)
        Read-only. Over exact fields the reduced row echelon form, which is unique: residues
        (int64) or Fractions. Over the reals orthonormal rows, in double precision.
    gap : tuple of two floats
        Over the reals, the largest number that counted as zero when the rank was decided and the
        smallest that did not; (0, 1) over exact fields. Where they are near the rank is in doubt.
    tolerance : float
        What counts as zero in operations on this space alone; 0 over exact fields.
    info : Info
        The way of the rank decision, with ``rank``, ``gap`` and ``tolerance`` in its details.

    Raises
    ------
    InvalidInputError
        For p that is not prime, entries that exact fields do not have, labels that are not
        distinct or as many as columns.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    A space is never changed: every method returns a new one. Columns are found by their labels
    and not by their place; spaces on the same labels in another order are the same.

    For V on S and P, W on P and Q, the *composition* ``V <-> W`` has the vectors (f_S, f_Q) for
    which some f_P has (f_S, f_P) in V and (f_P, f_Q) in W. It is what two networks are when
    their ports P are joined, seen from outside.

    *Algorithm.* Over exact fields each operation is one elimination of a stacked matrix, by XOR of
    64-bit words over GF(2), in 64-bit integers over GF(p), and without fractions (Bareiss) over
    the rationals. Over the reals, principal angles to coordinate spaces, from their CS
    decomposition. *Cost.* m n r operations for m rows of length n and rank r (over GF(2) an
    operation is on 64 columns), for numbers of up to ``bounds.minor_bits`` bits over the
    rationals. *Accuracy.* Exact, and over the reals to rounding over the gap.

    References
    ----------
    Narayanan, "Implicit linear algebra and its applications", arXiv 1609.07991; Bareiss 1968,
    Math. Comp. 22.

    Examples
    --------
    >>> from linsub.spaces import VectorSpace
    >>> V = VectorSpace([[1, 1, 0, 1], [0, 1, 1, 0]], field=2, columns="a b c d".split())
    >>> V.restrict(["a", "b"]).rank, V.contract(["a", "b"]).rank, V.connectivity(["a", "b"])
    (2, 0, 2)
    >>> V.dual().basis.tolist()
    [[1, 0, 0, 1], [0, 1, 1, 1]]
    """

    __slots__ = ("_columns", "_engine", "_field", "_public", "_rows")
    _columns: tuple[Hashable, ...]
    _engine: Engine
    _field: Field
    _rows: Rows
    _public: np.ndarray | None

    def __init__(
        self,
        basis: Any,
        field: Any = "real",
        *,
        columns: Any = None,
        rtol: Any = None,
        atol: Any = None,
    ) -> None:
        kind = as_field(field)
        given = {"rtol": rtol, "atol": atol}
        for name, value in given.items():
            if value is not None and kind.exact:
                raise InvalidInputError(
                    f"{name}={value} says nothing over {kind.name}, where ranks are exact"
                )
            if value is not None:
                given[name] = scalars.as_real(
                    value, name=name, low=0.0, high=_HIGHEST[name], include=(True, False)
                )
        if kind.exact:
            M = exact_matrix(basis, kind)
            engine: Engine = ExactEngine(kind)
            rows = engine.span(M)
        else:
            M = as_matrix(basis, name="basis")
            if M.dtype.kind == "c":
                raise InvalidTypeError(
                    "basis is complex, and spaces are over the reals, the rationals or GF(p)"
                )
            reals = RealEngine()
            engine, rows = reals, reals.found(M, given["rtol"], given["atol"])
        self._set(engine, kind, rows, labels.as_columns(columns, M.shape[1]))

    def _set(
        self, engine: Engine, field: Field, rows: Rows, columns: tuple[Hashable, ...]
    ) -> VectorSpace:
        self._engine, self._field, self._rows = engine, field, rows
        self._columns = columns
        self._public = None
        return self

    def _like(self, rows: Rows, columns: Any) -> VectorSpace:
        made = object.__new__(VectorSpace)
        return made._set(self._engine, self._field, rows, tuple(columns))

    @classmethod
    def zero(cls, columns: Any, field: Any = "real") -> VectorSpace:
        """Return the space of the zero vector alone."""
        names = labels.as_labels(columns, name="columns")
        return cls(np.zeros((0, len(names))), field, columns=names)

    @classmethod
    def full(cls, columns: Any, field: Any = "real") -> VectorSpace:
        """Return the space of all vectors."""
        names = labels.as_labels(columns, name="columns")
        return cls(np.eye(len(names)), field, columns=names)

    @property
    def columns(self) -> tuple[Hashable, ...]:
        return self._columns

    @property
    def field(self) -> str | int:
        return self._field.given

    @property
    def rank(self) -> int:
        return self._rows.rank

    @property
    def basis(self) -> np.ndarray:
        if self._public is None:
            made = self._engine.public(self._rows)
            made = made if made.base is None else made.copy()
            made.flags.writeable = False  # nor can it be made so again
            made = made.view()
            self._public = made
        return self._public

    @property
    def gap(self) -> tuple[float, float]:
        return self._rows.low, self._rows.high

    @property
    def tolerance(self) -> float:
        return self._engine.tolerance(self._rows)

    @property
    def info(self) -> Info:
        method = f"elimination over {self._field.name}" if self._field.exact else "thin CS"
        details = {"rank": self.rank, "gap": self.gap, "tolerance": self.tolerance}
        return Info(method=method, details=details)

    def restrict(self, columns: Any) -> VectorSpace:
        """Return V.S, the vectors of V with the columns S alone.

        Parameters
        ----------
        columns : iterable of labels
            S, in any order; the result has them in the order that V has.

        Returns
        -------
        VectorSpace
        """
        S, Q = self._split(columns)
        return self._like(self._engine.restricted(self._rows, S, Q), self._names(S))

    def contract(self, columns: Any) -> VectorSpace:
        """Return V x S, the vectors of V that vanish outside of S, with the columns S alone.

        ``r(V) = r(V.Q) + r(V x S)`` for the other columns Q.

        Parameters
        ----------
        columns : iterable of labels
            S, in any order.

        Returns
        -------
        VectorSpace
        """
        S, Q = self._split(columns)
        return self._like(self._engine.contracted(self._rows, S, Q), self._names(S))

    def dual(self) -> VectorSpace:
        """Return the vectors g with ``sum_c f_c g_c = 0`` for all f in V.

        Restriction and contraction change places: ``(V.S)^perp = V^perp x S``.

        Returns
        -------
        VectorSpace
        """
        return self._like(self._engine.dual(self._rows), self.columns)

    def sum(self, other: VectorSpace) -> VectorSpace:
        """Return the sums of a vector of V and one of `other`, which has the same labels.

        Parameters
        ----------
        other : VectorSpace

        Returns
        -------
        VectorSpace
        """
        return self._like(self._engine.total(self._rows, self._aligned(other)), self.columns)

    def intersection(self, other: VectorSpace) -> VectorSpace:
        """Return the vectors of V that are in `other`, which has the same labels.

        Parameters
        ----------
        other : VectorSpace

        Returns
        -------
        VectorSpace
        """
        return self._like(self._engine.common(self._rows, self._aligned(other)), self.columns)

    def contains(self, other: VectorSpace) -> bool:
        """Return whether `other`, on the same labels, is in V.

        Over the reals: whether the sine of the largest angle of `other` to V is within what
        :meth:`equals` allows, or within the `atol` of the spaces where one was given.

        Parameters
        ----------
        other : VectorSpace

        Returns
        -------
        bool
        """
        return self._engine.contains(self._rows, self._aligned(other))

    def distance(self, other: VectorSpace) -> float:
        """Return ``||P_V - P_other||_2`` of the orthogonal projectors, over the reals.

        The sine of the largest angle, and 1 where the ranks differ.

        Parameters
        ----------
        other : VectorSpace
            On the same labels.

        Returns
        -------
        float

        Raises
        ------
        InvalidInputError
            Over exact fields, which have no distances.
        """
        return self._engine.distance(self._rows, self._aligned(other))

    def equals(self, other: VectorSpace, *, atol: Any = None) -> bool:
        """Return whether `other`, on the same labels, is the same space.

        Parameters
        ----------
        other : VectorSpace
        atol : float, optional
            Over the reals, the largest distance of spaces that count as the same; by default
            twice what rounding may have turned them by, to first order, and at most 0.1, or the
            `atol` of the spaces where they were built with one. Exact
            fields decide without one.

        Returns
        -------
        bool
        """
        if atol is not None:
            atol = scalars.as_real(atol, name="atol", low=0.0, high=1.0)
        return self._engine.same(self._rows, self._aligned(other), atol)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VectorSpace):
            return NotImplemented
        same = self._field == other._field and set(self.columns) == set(other.columns)
        return same and self.equals(other)

    __hash__ = None  # type: ignore[assignment]

    def relabel(self, names: Any) -> VectorSpace:
        """Return the space with other labels.

        Parameters
        ----------
        names : mapping or iterable
            New labels of some columns by their old ones, or one label a column.

        Returns
        -------
        VectorSpace
        """
        if isinstance(names, Mapping):
            labels.as_subset(names, self.columns, name="names")
            names = [names.get(label, label) for label in self.columns]
        made = labels.as_labels(labels.ordered(names, name="names"), name="names")
        if len(made) != len(self.columns):
            raise InvalidInputError(
                f"names has {len(made)} labels, and this space has {len(self.columns)} columns"
            )
        return self._like(self._rows, made)

    def negate(self, columns: Any) -> VectorSpace:
        """Return the space with the sign of some coordinates changed.

        ``V.compose(W, skew=True)`` is ``V.compose(W.negate(P))`` for the shared columns P.

        Parameters
        ----------
        columns : iterable of labels

        Returns
        -------
        VectorSpace
        """
        S = labels.as_subset(columns, self.columns, name="columns")
        return self._like(self._engine.negated(self._rows, S), self.columns)

    def compose(self, other: VectorSpace, *, on: Any = None, skew: Any = False) -> VectorSpace:
        """Return ``V <-> W``, the vectors (f_S, f_Q) with a common f_P in between.

        Parameters
        ----------
        other : VectorSpace
            W, on P and Q.
        on : iterable of labels, optional
            P, by default all labels that both have; other ones must not be shared.
        skew : bool, optional
            Match f_P with -f_P: currents that leave one network and enter the other, beside
            voltages that are the same.

        Returns
        -------
        VectorSpace
            On S and Q, in this order. Where nothing is shared, the direct sum.

        Raises
        ------
        InvalidInputError
            If the fields differ, or labels are shared that `on` does not have.

        Notes
        -----
        ``(V <-> W)^perp = V^perp <=> W^perp``, the skew composition of the duals (claim
        ``spaces-duality``). Over the reals two decisions are made, and `gap` has the less clear
        one.

        Examples
        --------
        >>> from linsub.spaces import VectorSpace
        >>> V = VectorSpace([[1, 2]], "rational", columns=["s", "p"])
        >>> W = VectorSpace([[1, 3]], "rational", columns=["p", "q"])
        >>> V.compose(W).equals(VectorSpace([[1, 6]], "rational", columns=["s", "q"]))
        True
        """
        skew = scalars.as_flag(skew, name="skew")
        a, b, S, P, Q = self._matched(other, on)
        return self._like(self._engine.composed(a, b, len(P), skew), (*S, *Q))

    def connectivity(self, columns: Any) -> int:
        """Return ``r(V.S) + r(V.Q) - r(V)``, the least size of a link between S and Q.

        It is symmetric in S and its complement Q, and the same for the dual.

        Parameters
        ----------
        columns : iterable of labels
            S.

        Returns
        -------
        int
        """
        S, Q = self._split(columns)
        return self._engine.overlap(self._rows, S, Q)

    def decompose(self, columns: Any, *, link: Any = None) -> LinkedSpaces:
        """Return V_SP and V_PQ with ``V_SP <-> V_PQ = V`` and as few columns P as there can be.

        Parameters
        ----------
        columns : iterable of labels
            S; all other columns are Q.
        link : iterable of labels, optional
            What the columns of P are to be called: at least as many as are needed, by default
            ``("link", 0), ("link", 1), ...`` without those that V has.

        Returns
        -------
        LinkedSpaces
            ``left, right, link``. Over the reals ``info.details["angles"]`` has the angles
            strictly between 0 and pi/2 that V makes with the coordinate space of S, one a
            column of the link.

        Raises
        ------
        InvalidInputError
            If `columns` are not columns of V, or `link` has too few labels or some of V.

        Notes
        -----
        *Algorithm.* Rows that are zero on Q, rows that are zero on S, and k others
        ``[C_S C_Q]``, which become ``[C_S I]`` and ``[I C_Q]``. Over the reals these are
        ``(cos u, 1)`` and ``(1, sin w)`` for an angle with its vectors u and w, brought to
        length 1: then composing them meets no singular value below ``sqrt(1/3)``, however small
        the angle is. *Accuracy.* Claims ``spaces-least-link`` and ``spaces-angles``.

        Examples
        --------
        >>> from linsub.spaces import VectorSpace
        >>> V = VectorSpace([[1, 0, 1, 1], [0, 1, 1, 1]], 3, columns=["a", "b", "c", "d"])
        >>> left, right, link = V.decompose(["a", "b"])
        >>> link, left.columns, left.compose(right) == V
        ((('link', 0),), ('a', 'b', ('link', 0)), True)
        """
        S, Q = self._split(columns)
        pieces = self._engine.taken_apart(self._rows, S, Q)
        names = self._link_names(link, pieces.overlap, self.columns)
        return self._linked(pieces, self._names(S), self._names(Q), names, self, False)

    def minimize_link(
        self, other: VectorSpace, *, on: Any = None, skew: Any = False, link: Any = None
    ) -> LinkedSpaces:
        """Return a pair with the composition of V and W and as few shared columns as there can be.

        Parameters
        ----------
        other : VectorSpace
            W, on P and Q.
        on, skew : optional
            As for :meth:`compose`; the result composes in the same way.
        link : iterable of labels, optional
            What the shared columns are to be called. By default, over exact fields those of P
            that are kept, and over the reals as for :meth:`decompose`.

        Returns
        -------
        LinkedSpaces
            ``left, right, link``.

        Raises
        ------
        InvalidInputError

        Notes
        -----
        *Algorithm.* Over exact fields P is reduced in place: each space keeps the vectors that
        meet one of the other, and takes over what the other contracts to P; then both have the
        same restriction and contraction to P, pivots of the latter are contracted, and what is
        no pivot of the former is deleted. Over the reals, where a choice of columns of P can
        be ill-conditioned, the composition is taken apart anew. *Accuracy.* Claim
        ``spaces-minimized-link``.

        Examples
        --------
        >>> from linsub.spaces import VectorSpace
        >>> V = VectorSpace([[1, 1, 1]], 2, columns=["s", "p1", "p2"])
        >>> W = VectorSpace([[1, 1, 1]], 2, columns=["p1", "p2", "q"])
        >>> left, right, link = V.minimize_link(W)
        >>> link, left.columns, right.columns
        (('p1',), ('s', 'p1'), ('p1', 'q'))
        """
        skew = scalars.as_flag(skew, name="skew")
        a, b, S, P, Q = self._matched(other, on)
        engine = self._engine
        whole = self._like(engine.composed(a, b, len(P), skew), (*S, *Q))
        turned = engine.negated(b, range(len(P))) if skew else b
        pieces = engine.minimized(a, turned, len(P))
        if skew:
            back = engine.negated(pieces.right, range(pieces.overlap))
            pieces = pieces._replace(right=back)
        if link is None and pieces.kept is not None:
            names = tuple(P[i] for i in pieces.kept)
        else:
            names = self._link_names(link, pieces.overlap, (*S, *Q))
        return self._linked(pieces, S, Q, names, whole, skew)

    def invert(self, target: VectorSpace) -> InverseLink:
        """Return what must be linked to V to give `target`: X on P and Q, ``V <-> X = target``.

        Parameters
        ----------
        target : VectorSpace
            V_SQ, on S, which it shares with V, and Q.

        Returns
        -------
        InverseLink
            ``space, solvable, unique``. ``info.details`` has both conditions of `solvable`.

        Raises
        ------
        InvalidInputError

        Notes
        -----
        With V on S and P there is a solution if and only if V.S contains target.S and V x S is
        contained in target x S, and then ``V <-> target`` is one (claim ``spaces-inversion``).

        Examples
        --------
        >>> from linsub.spaces import VectorSpace
        >>> V = VectorSpace([[1, 2]], "rational", columns=["s", "p"])
        >>> target = VectorSpace([[1, 6]], "rational", columns=["s", "q"])
        >>> space, solvable, unique = V.invert(target)
        >>> space.basis.tolist(), solvable, unique
        ([[Fraction(1, 1), Fraction(3, 1)]], True, True)
        """
        a, b, P, S, Q = self._matched(target, None)
        space = self._like(self._engine.composed(a, b, len(S), False), (*P, *Q))
        mine = self.restrict(S), self.contract(S)
        theirs = target.restrict(S), target.contract(S)
        conditions = {
            "V.S contains target.S": mine[0].contains(theirs[0]),
            "target x S contains V x S": theirs[1].contains(mine[1]),
        }
        solvable = all(conditions.values())
        alone = self.restrict(P).rank == len(P) and self.contract(P).rank == 0
        info = Info(method=self.info.method, details={**space.info.details, **conditions})
        return InverseLink(space, solvable, solvable and alone, info=info)

    def recovers(self, other: VectorSpace) -> bool:
        """Return whether ``V <-> (V <-> W) = W``: implicit inversion finds W again.

        It does if and only if V.P contains W.P and V x P is contained in W x P, for the shared
        columns P; that is what is decided here.

        Parameters
        ----------
        other : VectorSpace
            W, on P and Q.

        Returns
        -------
        bool
        """
        _, _, _, P, _ = self._matched(other, None)
        seen = self.restrict(P).contains(other.restrict(P))
        return seen and other.contract(P).contains(self.contract(P))

    def __repr__(self) -> str:
        names = labels.listed(self.columns)
        return f"VectorSpace(rank {self.rank} over {self._field.name} on {names})"

    def _names(self, positions: list[int]) -> tuple[Hashable, ...]:
        return tuple(self.columns[i] for i in positions)

    def _split(self, columns: Any) -> tuple[list[int], list[int]]:
        S = labels.as_subset(columns, self.columns, name="columns")
        within = set(S)
        return S, [i for i in range(len(self.columns)) if i not in within]

    def _checked(self, other: Any) -> VectorSpace:
        if not isinstance(other, VectorSpace):
            raise InvalidTypeError(f"other must be a VectorSpace, got {type(other).__name__}")
        if other._field != self._field:
            raise InvalidInputError(
                f"other is over {other._field.name} and this space over {self._field.name}"
            )
        return other

    def _aligned(self, other: Any) -> Rows:
        """Return the rows of a space on the same labels, in the order of this one."""
        space = self._checked(other)
        if space.columns == self.columns:
            return space._rows
        mine, theirs = set(self.columns), set(space.columns)
        if mine != theirs:
            raise InvalidInputError(
                f"other must have the same columns: it has {labels.listed(theirs - mine)} "
                f"beside them and lacks {labels.listed(mine - theirs)}"
            )
        place = {label: i for i, label in enumerate(space.columns)}
        return self._engine.reordered(space._rows, [place[label] for label in self.columns])

    def _matched(
        self, other: Any, on: Any
    ) -> tuple[Rows, Rows, tuple[Hashable, ...], tuple[Hashable, ...], tuple[Hashable, ...]]:
        """Return V on S, P and W on P, Q in these orders, with the labels."""
        space = self._checked(other)
        theirs = {label: i for i, label in enumerate(space.columns)}
        P = [i for i, label in enumerate(self.columns) if label in theirs]
        if on is not None:
            wanted = labels.as_subset(on, self.columns, name="on")
            lacking = [label for label in self._names(wanted) if label not in theirs]
            if lacking:
                raise InvalidInputError(
                    f"on has {labels.listed(lacking)}, which other has not; its columns are "
                    f"{labels.listed(space.columns)}"
                )
            more = self._names([i for i in P if i not in wanted])
            if more:
                raise InvalidInputError(
                    f"both spaces have {labels.listed(more)}, which on has not; rename them in "
                    "one of them, space.relabel({old: new})"
                )
        shared = set(P)
        S = [i for i in range(len(self.columns)) if i not in shared]
        names = self._names(P)
        at = [theirs[label] for label in names]
        taken = set(at)
        Q = [i for i in range(len(space.columns)) if i not in taken]
        a = self._ordered(self, [*S, *P])
        b = self._ordered(space, [*at, *Q])
        return a, b, self._names(S), names, space._names(Q)

    def _ordered(self, space: VectorSpace, order: list[int]) -> Rows:
        if order == list(range(len(space.columns))):
            return space._rows
        return self._engine.reordered(space._rows, order)

    def _link_names(self, link: Any, count: int, others: Any) -> tuple[Hashable, ...]:
        if link is None:
            taken = set(others)
            free = (("link", i) for i in itertools.count() if ("link", i) not in taken)
            found: tuple[Hashable, ...] = tuple(itertools.islice(free, count))
        else:
            found = labels.as_labels(link, name="link")
            if len(found) < count:
                raise InvalidInputError(f"link has {len(found)} labels, and {count} are needed")
            found = found[:count]
        taken = set(found).intersection(others)
        if taken:
            raise InvalidInputError(
                f"link has {labels.listed(taken)}, which are columns already; "
                "pass other labels, link=[...]"
            )
        return found

    def _linked(
        self,
        pieces: Pieces,
        S: tuple[Hashable, ...],
        Q: tuple[Hashable, ...],
        names: tuple[Hashable, ...],
        whole: VectorSpace,
        skew: bool,
    ) -> LinkedSpaces:
        left = self._like(pieces.left, (*S, *names))
        right = self._like(pieces.right, (*names, *Q))
        again = left.compose(right, skew=skew)
        exact = self._field.exact
        off = float(not again.equals(whole)) if exact else again.distance(whole)
        details = {"overlap": len(names), "gap": left.gap}
        if pieces.angles is not None:
            details["angles"] = pieces.angles
        return LinkedSpaces(
            left,
            right,
            names,
            certificate=certified(off, whole.connectivity(S), exact),
            info=Info(method=self.info.method, details=details),
        )
