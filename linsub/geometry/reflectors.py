"""The product of Householder reflectors as an operator that is never formed unless asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.arrays import as_matrix, as_vector
from linsub._core.dense import norms
from linsub._core.dense.wy import exact_gram, householder_qr, invert_triangle
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.geometry.reconstruction import reconstruct
from linsub.geometry.reflector_panels import (
    Panel,
    apply_panels,
    make_panels,
    scaled_columns,
    shifted_columns,
    unitarity_defect,
)
from linsub.geometry.reflector_vjp import product_vjp

__all__ = ["Reflectors", "vector_or_matrix"]

# Reflectors from LAPACK are unitary to a few n eps. What is off by more than the square root
# of eps comes from a tau that belongs to another v, or from no reflector.
_NOT_UNITARY = 0.5

# Of the largest number: what is larger is scaled down before it is added up.
_NEAR_OVERFLOW = 1e-8


class Reflectors:
    """A product of Householder reflectors, a unitary matrix, as an operator.

    ``Q = H_1 H_2 ... H_k D`` with ``H_j = I - tau_j v_j v_j^H``. D is the identity but for the
    first entries of its diagonal, which are `signs`. ``Q @ C``, ``C @ Q``, ``Q.T``, ``Q.H``,
    ``Q.shape``, which is (n, n), and ``Q.dtype`` are those of a matrix.

    Parameters
    ----------
    V : array_like of shape (n, k)
        The vectors v_j in its columns, real or complex; k may exceed n. Copied. Entries from the
        smallest to the largest number, each column at a scale of its own.
    tau : array_like of shape (k,), optional
        By default ``2 / ||v_j||^2``: then neither the size nor the sign of v_j matters, each
        H_j is Hermitian, and a zero column gives the identity. A `tau` that is given (as LAPACK
        gives it, complex for complex V) must make each H_j unitary, ``|tau|^2 ||v||^2 = 2 Re tau``,
        or be 0, which gives the identity.
    signs : array_like of shape (s,), optional
        Of absolute value 1 (complex phases for complex V), s <= n. A product of k reflectors alone
        has determinant (-1)^k, and its first columns are not any frame; with signs they are.

    Attributes
    ----------
    k : int
        The number of reflectors.
    defect : float
        The largest ``||H_j^H H_j - I||_2``, from tau and ||v_j||: a few n eps for a tau from
        LAPACK, and 0 where `tau` was left out.
    R : array or None
        The other factor, where :meth:`from_qr` made this object.
    permutation : array or None
        The order of its columns, where :meth:`from_qr` exchanged them.

    Raises
    ------
    InvalidInputError
        If a given tau makes some H_j not unitary by more than the square root of eps, if the
        shapes do not fit, or if some sign is not of absolute value 1.
    InvalidTypeError
        If tau or signs are complex and V is real.
    NonFiniteError
        If an entry is nan or inf.

    Notes
    -----
    *Algorithm.* Reflectors in panels of 64: ``H_1 ... H_b = I - V T V^H``, where
    ``T^{-1} = striu(V^H V) + diag(1/tau)`` (the UT transform: Puglisi 1992; Joffrain et al. 2006),
    so that a panel costs one product with V^H, one triangular solve and one product with V that
    overwrites C. T itself is not formed. Zero rows that all columns of a panel share, as those
    of a trapezoid, are left out. Columns of V are first scaled by powers of two.

    *Cost.* ``4 n k m`` operations for m columns, in place; k n numbers are kept, and n k 64
    operations prepare the panels, once.

    *Accuracy.* ``geometry-reflectors-unitary``, ``geometry-reflectors-product``.

    References
    ----------
    Schreiber and Van Loan, SIAM J. Sci. Stat. Comput. 10 (1989); Puglisi, SIAM J. Sci. Stat.
    Comput. 13 (1992); Joffrain, Low, Quintana-Orti, van de Geijn and Van Zee, ACM TOMS 32 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import Reflectors
    >>> Q = Reflectors([[1.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    >>> (Q @ np.eye(3)).round(12).tolist()
    [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> np.allclose(Q.H @ (Q @ np.ones(3)), 1.0)
    True
    """

    # NumPy hands ``C @ Q`` over to __rmatmul__.
    __array_ufunc__ = None

    R: Any = None
    permutation: Any = None

    def __init__(self, V: Any, tau: Any = None, *, signs: Any = None) -> None:
        matrix = as_matrix(V, name="V")
        n, k = matrix.shape
        self._home = arrays.home(V)
        self._n, self.k, self.dtype = n, k, matrix.dtype
        self._W, self._exponents, sizes = scaled_columns(matrix)
        squares = np.square(sizes)
        self._given = tau is not None
        if tau is None:
            with np.errstate(divide="ignore"):
                found = np.where(squares > 0.0, 2.0 / squares, 0.0)
            self._tau, self.defect = found.astype(self.dtype), 0.0
        else:
            self._tau, self.defect = self._checked_tau(tau, squares)
        self._signs = self._checked_signs(signs)
        self._adjoint = self._conjugate = False
        self._panels: dict[tuple[str, bool], list[Panel]] = {}

    def _checked_tau(self, tau: Any, squares: np.ndarray) -> tuple[np.ndarray, float]:
        given = self._like_v(as_vector(tau, name="tau", size=self.k), "tau")
        scaled = shifted_columns(given[None, :], 2 * self._exponents)[0]
        defect = unitarity_defect(squares, scaled)
        worst = float(defect.max(initial=0.0))
        if not worst <= float(np.finfo(self.dtype).eps) ** _NOT_UNITARY:
            j = int(np.argmax(defect))
            with np.errstate(over="ignore", under="ignore"):
                right = np.ldexp(2.0 / squares[j], -2 * int(self._exponents[j]))
            raise InvalidInputError(
                f"tau[{j}] is {given[j]:.6g}, and with this V[:, {j}] the matrix I - tau v v^H is "
                f"not unitary (off by {defect[j]:.1e}); leave tau out or pass 2 / ||v||^2, which "
                f"is {right:.6g}"
            )
        return np.where(squares > 0.0, scaled, 0.0).astype(self.dtype), worst

    def _checked_signs(self, signs: Any) -> np.ndarray:
        if signs is None:
            return np.ones(0, self.dtype)
        given = self._like_v(as_vector(signs, name="signs"), "signs")
        if given.size > self._n:
            raise InvalidInputError(
                f"signs has {given.size} entries and V has {self._n} rows; give one a row at most"
            )
        sizes = np.abs(given)
        off = np.abs(sizes - 1.0)
        if off.size and not off.max() <= float(np.finfo(self.dtype).eps) ** _NOT_UNITARY:
            j = int(np.argmax(off))
            raise InvalidInputError(f"signs[{j}] is {given[j]:.6g}; its absolute value must be 1")
        return np.asarray(given / sizes)

    def _like_v(self, x: np.ndarray, name: str) -> np.ndarray:
        if x.dtype.kind == "c" and self.dtype.kind != "c":
            raise InvalidTypeError(f"{name} is complex and V is real; pass V + 0j for a complex Q")
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(x.astype(self.dtype))

    @classmethod
    def from_qr(cls, A: Any, pivoting: bool = False) -> Reflectors:
        """Return the Q of a QR factorization, ``A[:, permutation] = Q.columns(k) @ R``.

        Parameters
        ----------
        A : array_like of shape (m, n)
            Real or complex, of any scale and rank. Never modified.
        pivoting : bool, optional
            Whether columns are exchanged so that the diagonal of R descends.

        Returns
        -------
        Q : Reflectors of shape (m, m), with k = min(m, n)
            ``Q.R`` (k, n) is upper trapezoidal with a real diagonal that is not negative: with A
            of full column rank it is unique. ``Q.permutation`` (n,) is None without pivoting.

        Raises
        ------
        NonFiniteError
            If A holds nan or inf.
        NumericalError
            If an entry of R exceeds the largest number of the dtype.

        Notes
        -----
        *Algorithm.* LAPACK's geqrf on A with each column scaled by a power of two, so that none
        vanishes beside a large one, or geqp3 on A scaled as a whole where its entries are extreme;
        the signs of the diagonal of R go into `signs`.
        """
        pivoting = scalars.as_flag(pivoting, name="pivoting")
        matrix = as_matrix(A, name="A")
        home = arrays.home(A)
        if pivoting:  # which compares columns
            scale = norms.power_of_two_scale(norms.max_abs(matrix), matrix.dtype)
            exponents = np.full(matrix.shape[1], 1 - np.frexp(scale)[1])
            scaled = shifted_columns(matrix, -exponents)
        else:
            scaled, exponents, _ = scaled_columns(matrix)
        packed = householder_qr(scaled, pivoting=pivoting)
        diagonal = packed.R.diagonal().real
        signs = np.where(diagonal < 0.0, -1.0, 1.0).astype(matrix.dtype)
        Q = cls(packed.V, packed.tau, signs=signs)
        R = shifted_columns(packed.R * signs.conj()[:, None], exponents)
        if not np.isfinite(R).all():
            raise NumericalError(
                f"R exceeds the largest {matrix.real.dtype}; divide A by a power of two first"
            )
        Q._home = home
        Q.R = home.give_back(R)
        Q.permutation = None if packed.order is None else home.give_back(packed.order)
        return Q

    @classmethod
    def from_orthonormal(cls, Q: Any) -> Reflectors:
        """Return reflectors whose product has the given orthonormal first columns.

        ``Reflectors.from_orthonormal(Q).columns(k)`` is Q, by k reflectors for k columns: any
        frame is reached, permutations, Q = -I and k = n among them.

        Parameters
        ----------
        Q : array_like of shape (n, k)
            With ``Q^H Q = I`` up to the square root of eps; k <= n.

        Returns
        -------
        Reflectors
            V is unit lower trapezoidal, ``tau = 2 / ||v||^2`` (each between 1 and 2, so that each
            reflector is proper and can be trained), and `signs` has k entries.

        Raises
        ------
        InvalidInputError
            If k > n, or the columns are not orthonormal.

        Notes
        -----
        *Algorithm.* LU factorization of ``Q - [diag(signs); 0]``, in double precision; the signs
        are chosen on the way, so that every pivot is at least 1 in size (Ballard et al. 2015).

        *Cost.* 2 n k^2 operations.

        *Accuracy.* ``geometry-reflectors-frame``; the reflectors are unitary to rounding, so that
        what Q lacks in orthonormality is the distance.

        References
        ----------
        Ballard, Demmel, Grigori, Jacquelin, Knight and Nguyen, Reconstructing Householder
        vectors from tall-skinny QR, J. Parallel Distrib. Comput. 85 (2015).
        """
        matrix = as_matrix(Q, name="Q")
        n, k = matrix.shape
        if k > n:
            raise InvalidInputError(
                f"Q has shape {matrix.shape}: {k} columns of length {n} are not orthonormal; "
                "pass Q.T if its rows are"
            )
        wide = matrix.astype(np.complex128 if matrix.dtype.kind == "c" else np.float64)
        size = norms.max_abs(wide)
        defect = norms.frobenius(wide.conj().T @ wide - np.eye(k)) if size <= 2.0 else np.inf
        if not defect <= float(np.finfo(matrix.dtype).eps) ** _NOT_UNITARY:
            raise InvalidInputError(
                f"Q is not orthonormal: ||Q^H Q - I||_F is {defect:.1e}; "
                "orthonormalize it first, as by Reflectors.from_qr"
            )
        Y, signs = reconstruct(wide)
        made = cls(Y.astype(matrix.dtype), signs=signs.astype(matrix.dtype))
        made._home = arrays.home(Q)
        return made

    @classmethod
    def random(
        cls, n: int, k: int | None = None, *, rng: RNGLike = None, dtype: Any = np.float64
    ) -> Reflectors:
        """Return a random Q whose first k columns are uniform among all orthonormal ones.

        Parameters
        ----------
        n : int
            At least 1.
        k : int, optional
            In 0 .. n, by default n: then Q itself is uniform (Haar) on the orthogonal group,
            or the unitary one.
        rng : {None, int, Generator}, optional
        dtype : {float64, float32, complex128, complex64}, optional
            The numbers are drawn in double precision and rounded.

        Notes
        -----
        *Algorithm.* v_j reflects a Gaussian vector of length n - j + 1 (Stewart 1980), and the
        signs are those of its image: without them Q[0, 0] would always be negative.

        *Cost.* n k normal numbers; no factorization.

        *Accuracy.* ``geometry-reflectors-haar``.

        References
        ----------
        Stewart, The efficient generation of random orthogonal matrices, SIAM J. Numer. Anal. 17
        (1980).
        """
        n = scalars.as_integer(n, name="n", low=1)
        k = n if k is None else scalars.as_integer(k, name="k", low=0, high=n)
        try:
            kind = arrays.canonical_dtype(np.dtype(dtype), name="dtype")
        except TypeError as error:
            raise InvalidTypeError(
                f"dtype must be float32, float64, complex64 or complex128, got {dtype!r}"
            ) from error
        draw = Streams(rng).generator("start")
        G = draw.standard_normal((n, k))
        if kind.kind == "c":
            G = G + 1j * draw.standard_normal((n, k))
        G = np.tril(G)
        first = G.diagonal().copy()
        sizes = np.abs(first)
        phases = np.where(sizes > 0.0, first, 1.0) / np.where(sizes > 0.0, sizes, 1.0)
        index = np.arange(k)
        G[index, index] += phases * norms.column_norms(G)
        return cls(G.astype(kind), signs=-phases.astype(kind))

    @property
    def shape(self) -> tuple[int, int]:
        """(n, n).

        :meta private:
        """
        return self._n, self._n

    @property
    def V(self) -> Any:
        """A copy of the vectors, as they were given."""
        return self._home.give_back(shifted_columns(self._W, self._exponents))

    @property
    def tau(self) -> Any:
        """A copy of tau; infinity or 0 where ``2 / ||v||^2`` leaves the range of the dtype."""
        return self._home.give_back(shifted_columns(self._tau[None, :], -2 * self._exponents)[0])

    @property
    def signs(self) -> Any:
        """A copy of the signs; those that are not there are 1."""
        return self._home.give_back(self._signs.copy())

    @property
    def T(self) -> Reflectors:
        """The transpose; it shares the memory of Q."""
        return self._view(not self._adjoint, not self._conjugate)

    @property
    def H(self) -> Reflectors:
        """The conjugate transpose, which is the inverse; it shares the memory of Q."""
        return self._view(not self._adjoint, self._conjugate)

    def _view(self, adjoint: bool, conjugate: bool) -> Reflectors:
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        view._adjoint, view._conjugate = adjoint, conjugate
        if (adjoint, conjugate) != (False, False):
            view.R = view.permutation = None
        return view

    def _panels_in(self, dtype: np.dtype, conjugate: bool) -> list[Panel]:
        if (self.dtype.char, False) not in self._panels:
            self._panels[self.dtype.char, False] = make_panels(self._W, self._tau, not self._given)
        key = dtype.char, conjugate and self.dtype.kind == "c"
        if key not in self._panels:
            own = self._panels[self.dtype.char, False]
            self._panels[key] = [panel.cast(dtype, key[1]) for panel in own]
        return self._panels[key]

    def apply(
        self,
        C: Any,
        side: str = "left",
        trans: bool = False,
        overwrite: bool = False,
        *,
        check_finite: bool = True,
    ) -> Any:
        """Return Q C, Q^H C, C Q or C Q^H.

        Parameters
        ----------
        C : array_like of shape (n, m), (m, n) for side="right", or (n,)
        side : {"left", "right"}, optional
        trans : bool, optional
            Whether Q^H is applied, the transpose of a real Q.
        overwrite : bool, optional
            Let the result take the place of C, where C is a contiguous, writable array of the
            dtype of the result: no memory for a copy is then needed, and C itself comes back.
        check_finite : bool, optional
            Refuse nan and inf, and scale C down where sums of its entries would overflow, at
            the cost of one reading of C.

        Returns
        -------
        array of the shape of C
            In the wider of the dtypes of V and C.

        Raises
        ------
        InvalidInputError
            If the shapes do not fit.
        NonFiniteError
            If C holds nan or inf; it is then as it was.
        NumericalError
            If an entry of the result exceeds the largest number of its dtype, with `check_finite`.

        Notes
        -----
        *Cost.* ``4 n k m`` operations. F- and C-ordered C stay as they are, except that a C whose
        rows do not lie together is copied where V is a trapezoid of so many columns that its
        zeros save a fifth of the work.
        """
        side = scalars.as_choice(side, name="side", choices=("left", "right"))
        trans = scalars.as_flag(trans, name="trans")
        overwrite = scalars.as_flag(overwrite, name="overwrite")
        check_finite = scalars.as_flag(check_finite, name="check_finite")
        given = vector_or_matrix(C, "C", False)
        # One product sees nan and inf in less time than a look at each entry.
        size = norms.frobenius(given) if check_finite else 0.0
        if not np.isfinite(size):
            arrays.check_all_finite(given, name="C")
        flat = given.ndim == 1
        axis = 0 if flat or side == "left" else 1
        if given.shape[axis] != self._n:
            raise InvalidInputError(
                f"C has shape {given.shape} and Q {self.shape}; from the {side}, C needs "
                f"{self._n} {'rows' if side == 'left' else 'columns'}"
            )
        dtype = np.result_type(self.dtype, given.dtype)
        in_place = overwrite and given.dtype == dtype and given.flags.writeable
        result = given if in_place else np.array(given, dtype=dtype, order="K")
        scale = _scale(size, result)
        if scale != 1.0:
            result *= scale
        # C Q is the transpose of Q^T C^T.
        Z = result[:, None] if flat else result.T if side == "right" else result
        turned = side == "right"
        panels = self._panels_in(dtype, self._conjugate != turned)
        work = Z
        if not Z.flags.c_contiguous and any(p.V.shape[0] < self._n for p in panels):
            work = np.ascontiguousarray(Z)
        self._apply_to(work, panels, (self._adjoint != trans) != turned, self._conjugate != turned)
        if work is not Z:
            Z[...] = work
        if scale != 1.0:
            with np.errstate(over="ignore"):
                result /= scale
            if not np.isfinite(result).all():
                raise NumericalError(
                    f"an entry of the product exceeds the largest {result.real.dtype}; "
                    "divide C by a power of two first"
                )
        return C if in_place and result is C else arrays.home(C).give_back(result)

    def _apply_to(self, Z: np.ndarray, panels: list[Panel], adjoint: bool, conjugate: bool) -> None:
        """Overwrite Z with the product from the left."""
        signs = self._signs.conj() if conjugate else self._signs
        if adjoint:
            apply_panels(panels, Z, adjoint=True)
            Z[: signs.size] *= signs.conj()[:, None].astype(Z.dtype)
        else:
            Z[: signs.size] *= signs[:, None].astype(Z.dtype)
            apply_panels(panels, Z)

    def __matmul__(self, C: Any) -> Any:
        if isinstance(C, Reflectors):
            return NotImplemented
        return self.apply(C)

    def __rmatmul__(self, C: Any) -> Any:
        return self.apply(C, side="right")

    def columns(self, k: int | None = None) -> Any:
        """Return the first k columns (n, k), by default as many as there are reflectors.

        Parameters
        ----------
        k : int, optional
            In 0 .. n.
        """
        k = min(self.k, self._n) if k is None else k
        k = scalars.as_integer(k, name="k", low=0, high=self._n)
        E = np.zeros((self._n, k), self.dtype)
        np.fill_diagonal(E, 1.0)
        panels = self._panels_in(self.dtype, self._conjugate)
        self._apply_to(E, panels, self._adjoint, self._conjugate)
        return self._home.give_back(E)

    def to_dense(self) -> Any:
        """Return Q (n, n)."""
        return self.columns(self._n)

    def compact_wy(self) -> tuple[Any, Any]:
        """Return W (n, k) and T (k, k), upper triangular, with ``Q = (I - W T W^H) D``.

        The columns of W are those of V times powers of two that bring their norms into [1/2, 1).
        Of the product itself, also where this is its transpose. Costs n k^2 operations.
        """
        T = np.zeros((self.k, self.k), self.dtype)
        there = np.flatnonzero(self._tau)
        products = exact_gram(np.asfortranarray(self._W[:, there]))
        inverse = np.triu(products, 1)
        diagonal = 1.0 / self._tau[there] if self._given else products.diagonal().real / 2
        np.fill_diagonal(inverse, diagonal)
        T[np.ix_(there, there)] = invert_triangle(inverse)
        return self._home.give_back(self._W.copy()), self._home.give_back(T)

    def vjp(self, X: Any, G: Any) -> tuple[Any, Any, Any]:
        """Return the gradients of a real L(Q X) in X, in V and in tau.

        Parameters
        ----------
        X : array_like of shape (n, m) or (n,)
        G : array_like, of the same shape
            ``dL/dY`` at ``Y = Q X``, so that ``dL = Re <G, dY>`` with ``<A, B> = trace(A^H B)``;
            for real arrays the usual gradient.

        Returns
        -------
        gX : array, of the same shape
        gV : array of shape (n, k)
            In all entries of V; where some are kept at zero or one, drop those. Without a tau of
            its own Q depends on the direction of v_j alone: ``v_j^H gV_j = 0``, and it is 0 for
            a zero column, where Q has no derivative. It grows as 1 / ||v_j||, beyond the largest
            number for subnormal v_j.
        gtau : array of shape (k,) or None
            The partial derivative at fixed V, to be chained with what tau depends on; None where
            tau was left out and its part is in gV.

        Raises
        ------
        InvalidInputError
            If the shapes do not fit.
        NonFiniteError
            If X or G holds nan or inf.
        NumericalError
            If gX, or the gradient in v_j times ||v_j||, exceeds the largest number.

        Notes
        -----
        *Algorithm.* Matrix products alone; panels are walked in reverse, and the input of each is
        recomputed from its output, since it is unitary (to ``defect``, where tau was given).

        *Cost.* Four times that of ``Q @ X``; memory for X and G once more.

        *Accuracy.* ``geometry-reflectors-vjp``.

        Examples
        --------
        >>> import numpy as np
        >>> from linsub.geometry import Reflectors
        >>> gX, gV, gtau = Reflectors([[1.0], [1.0]]).vjp([1.0, 0.0], [1.0, 0.0])
        >>> gX.tolist(), gV.tolist(), gtau is None
        ([0.0, -1.0], [[-1.0], [1.0]], True)
        """
        given, grad = vector_or_matrix(X, "X"), vector_or_matrix(G, "G")
        if given.shape[0] != self._n:
            raise InvalidInputError(f"X has shape {given.shape} and Q {self.shape}")
        if grad.shape != given.shape:
            raise InvalidInputError(f"G has shape {grad.shape} and X {given.shape}; they are equal")
        dtype = np.result_type(self.dtype, given.dtype, grad.dtype)
        x, g = ((a if a.ndim == 2 else a[:, None]).astype(dtype) for a in (given, grad))
        if self._conjugate:
            x, g = x.conj(), g.conj()
        panels = self._panels_in(dtype, False)
        size, signs = self._signs.size, self._signs[:, None].astype(dtype)
        # Re <G, Q^H X> = Re <X, Q G>: the transpose exchanges the two.
        first, second = (g, x) if self._adjoint else (x, g)
        first = first.copy()
        first[:size] *= signs
        with np.errstate(over="ignore", invalid="ignore"):
            back, gV, gtau = product_vjp(panels, first, second, self._W.shape, not self._given)
        if not all(np.isfinite(part).all() for part in (back, gV, gtau)):
            raise NumericalError(
                f"the gradients exceed the largest {back.real.dtype}; "
                "divide X or G by a power of two first"
            )
        back[:size] *= signs.conj()
        if self._adjoint:
            back = g.copy()
            self._apply_to(back, panels, False, False)
        gX = back.conj() if self._conjugate else back
        home = arrays.home(X)
        return (
            home.give_back(gX.reshape(given.shape)),
            self._home.give_back(shifted_columns(self._own(gV), -self._exponents)),
            self._home.give_back(shifted_columns(self._own(gtau)[None], 2 * self._exponents)[0])
            if self._given
            else None,
        )

    def _own(self, gradient: np.ndarray) -> np.ndarray:
        """Return a gradient in what is real or complex as V is."""
        return (gradient if self.dtype.kind == "c" else gradient.real).astype(self.dtype)

    def __repr__(self) -> str:
        n, k = self._n, self.k
        turned = {(1, 0): ".H", (0, 1): ".conj", (1, 1): ".T"}
        suffix = turned.get((int(self._adjoint), int(self._conjugate)), "")
        return f"Reflectors(<{k} of length {n}, {self.dtype}>){suffix}"


def _scale(size: float, C: np.ndarray) -> Any:
    """Return a power of two that keeps sums of entries of C, of norm `size`, from overflow."""
    real = C.real.dtype.type
    if size <= _NEAR_OVERFLOW * float(np.finfo(real).max):
        return real(1)
    return real(norms.power_of_two_scale(norms.max_abs(C), C.dtype, always=True))


def vector_or_matrix(C: Any, name: str, check_finite: bool = True) -> np.ndarray:
    """Return C as a canonical array of one or two dimensions."""
    try:
        flat = np.ndim(C) == 1
    except (TypeError, ValueError):  # what as_matrix then says of it
        flat = False
    convert = as_vector if flat else as_matrix
    return convert(C, name=name, check_finite=check_finite)
