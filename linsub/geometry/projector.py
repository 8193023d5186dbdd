"""The Householder projector: a partial isometry of given rank, in few reflectors."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import norms
from linsub._core.dense.svd import svd
from linsub.errors import AccuracyWarning, InvalidInputError, NumericalError
from linsub.geometry.bounds import isometry_distance, polar_distance, projector_rounding
from linsub.geometry.projection import far, near_one
from linsub.geometry.reflectors import Reflectors, vector_or_matrix
from linsub.results import Bound, Certificate

__all__ = ["HouseholderProjector", "ProjectorCertificate"]

_TOO_LARGE = "the gradients exceed the largest number; divide G or x by a power of two first"


@dataclasses.dataclass(frozen=True, eq=False)
class ProjectorCertificate(Certificate):
    """How near the projector is to W, and how near any partial isometry of that rank can be.

    The rounding term of all three, ``bounds.projector_rounding``, is measured and not proved.

    Attributes
    ----------
    residual : Bound
        ||W - P||_F, of the P that :meth:`HouseholderProjector.matrix` returns.
    least : Bound
        No partial isometry of that rank is nearer in the Frobenius norm.
    least_spectral : Bound
        The same in the 2-norm.
    """

    residual: Bound | None = None
    least: Bound | None = None
    least_spectral: Bound | None = None


class HouseholderProjector:
    """A partial isometry ``P = U_r V_r^H`` (m, n) in reflectors that can be trained.

    ``U_r`` (m, r) and ``V_r`` (n, r) are the first r columns of products of reflectors, so that
    all r nonzero singular values of P are 1 whatever the vectors of the reflectors are.

    Parameters
    ----------
    rank : int
        r, at least 1.

    Attributes
    ----------
    rank : int
    residual_ : float or None
        ``||W - P||_F`` after :meth:`fit`.
    gap_ : float or None
        ``sigma_r(W) - sigma_{r+1}(W)``, with sigma = 0 past the end: where it is not positive,
        the nearest partial isometry is not unique.
    certificate : ProjectorCertificate or None
        After :meth:`fit`.

    Notes
    -----
    *Algorithm.* :meth:`fit` takes the singular vectors of W and reconstructs r reflectors
    for either side, r (m + n) parameters; Song, Zhang, Sebe and Wang take m + n reflectors, and
    their published initialization reads LAPACK's packed factors as vectors, which leaves it as
    far from W as a random matrix.

    *Cost.* :meth:`fit` is an SVD of W and 2 (m + n) r^2 operations; :meth:`matrix` has
    2 m n r + 4 (m + n) r^2 and :meth:`apply` 2 (m + n) r a column.

    *Accuracy.* ``geometry-projector-nearest``, ``geometry-projector-optimal``,
    ``geometry-projector-vjp``.

    References
    ----------
    Song, Zhang, Sebe and Wang, Householder Projector for unsupervised latent semantics
    discovery, ICCV 2023, arXiv 2307.08012.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import HouseholderProjector
    >>> P = HouseholderProjector(2).fit(np.diag([3.0, 2.0, 0.5]))
    >>> np.abs(P.matrix()).round(12).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    >>> round(P.residual_**2, 12), P.gap_
    (5.25, 1.5)
    """

    def __init__(self, rank: int) -> None:
        self.rank = scalars.as_integer(rank, name="rank", low=1)
        self.residual_: float | None = None
        self.gap_: float | None = None
        self.certificate: ProjectorCertificate | None = None
        self._left: Reflectors | None = None
        self._right: Reflectors | None = None
        self._factors: tuple[np.ndarray, np.ndarray] | None = None
        self._home = arrays.Home()

    def fit(self, W: Any) -> HouseholderProjector:
        """Become the partial isometry of rank r nearest to W, in every unitarily invariant norm.

        Parameters
        ----------
        W : array_like of shape (m, n)
            r <= min(m, n). Never modified.

        Returns
        -------
        HouseholderProjector
            This object.

        Raises
        ------
        InvalidInputError
            If r > min(m, n).
        NonFiniteError
            If W holds nan or inf.
        NumericalError
            If ``||W||_F`` exceeds the largest number; W then has no nearest one that counts.

        Warns
        -----
        AccuracyWarning
            If ``gap_`` is no larger than rounding: the nearest one is not unique, and this is
            one of them. It is so where W has a rank below r.

        Notes
        -----
        ``||W - P||_F^2 = sum_{i<=r} (sigma_i - 1)^2 + sum_{i>r} sigma_i^2``. The rank is r,
        no less: a singular value below 1/2 would be nearer to 0 than to 1.
        """
        matrix = as_matrix(W, name="W")
        m, n = matrix.shape
        if self.rank > min(m, n):
            raise InvalidInputError(
                f"rank is {self.rank} and W has shape {matrix.shape}; it is {min(m, n)} at most"
            )
        wide = matrix.astype(np.complex128 if matrix.dtype.kind == "c" else np.float64)
        U, S, Vh = svd(wide)
        if not np.isfinite(norms.frobenius(wide)):
            raise NumericalError(
                "||W||_F exceeds the largest number; the distance from W to anything near 1 "
                "cannot be told: divide W by a power of two first"
            )
        r = self.rank
        home = arrays.home(W)
        # By way of W's own array type: the reflectors hand their parameters back in it.
        left, right = (
            Reflectors.from_orthonormal(home.give_back(side.astype(matrix.dtype)))
            for side in (U[:, :r], Vh[:r].conj().T)
        )
        gap = float(S[r - 1] - S[r]) if r < S.size else float(S[r - 1])
        unsure = max(m, n) * float(np.finfo(matrix.dtype).eps) * float(S[0])
        if gap <= unsure:  # before anything changes: a caller may turn warnings into errors
            warnings.warn(
                f"sigma_{r} and sigma_{r + 1} of W differ by {gap:.1e}, which is rounding: "
                "the nearest partial isometry is not unique, and one of them is taken",
                AccuracyWarning,
                stacklevel=2,
            )
        self._become(left, right)
        self._home = home
        self.gap_ = gap
        self._certify(wide, S, float(np.finfo(matrix.dtype).eps))
        return self

    def _certify(self, W: np.ndarray, S: np.ndarray, eps: float) -> None:
        U, V = self._columns()
        found = norms.frobenius(W - U.astype(W.dtype) @ V.astype(W.dtype).conj().T)
        size = norms.frobenius(W)
        rounding = projector_rounding(max(W.shape), self.rank, size, eps)
        self.residual_ = found
        self.certificate = ProjectorCertificate(
            residual=Bound(found + rounding, "bound", "||W - P||_F"),
            least=Bound(
                max(polar_distance(S, self.rank) - rounding, 0.0),
                "bound",
                "min ||W - P||_F >=",
            ),
            least_spectral=Bound(
                max(isometry_distance(S, self.rank) - rounding, 0.0),
                "bound",
                "min ||W - P||_2 >=",
            ),
        )

    @classmethod
    def from_reflectors(
        cls, Vu: Any, Vv: Any, *, rank: int | None = None, signs: Any = None
    ) -> HouseholderProjector:
        """Return the projector of given reflectors.

        Parameters
        ----------
        Vu : array_like of shape (m, k)
            Vectors of the reflectors of the left side, of any size; ``tau = 2 / ||v||^2``.
        Vv : array_like of shape (n, l)
        rank : int, optional
            At most min(m, n); by default k, which must then be l.
        signs : tuple of two array_like, optional
            Of either side, as in :class:`Reflectors`: ``P.signs`` of the one that is trained.

        Raises
        ------
        InvalidInputError
            If there is no rank and k and l differ, or the rank exceeds min(m, n).
        """
        su, sv = _pair(signs)
        left, right = (
            Reflectors(_matrix(Vu, "Vu"), signs=su),
            Reflectors(_matrix(Vv, "Vv"), signs=sv),
        )
        if rank is None and left.k != right.k:
            raise InvalidInputError(
                f"Vu has {left.k} columns and Vv {right.k}; give both as many, or pass rank"
            )
        made = cls(left.k if rank is None else rank)
        most = min(left.shape[0], right.shape[0])
        if made.rank > most:
            raise InvalidInputError(
                f"rank is {made.rank}, and Vu and Vv have {left.shape[0]} and {right.shape[0]} "
                f"rows; it is {most} at most"
            )
        made._become(left, right)
        made._home = arrays.home(Vu)
        return made

    def _become(self, left: Reflectors, right: Reflectors) -> None:
        self._left, self._right, self._factors = left, right, None
        self.residual_ = self.gap_ = self.certificate = None

    @property
    def left(self) -> Reflectors:
        """The reflectors of U_r, of shape (m, m); ``P.left.V`` are its parameters."""
        return self._sides()[0]

    @property
    def right(self) -> Reflectors:
        """The reflectors of V_r, of shape (n, n); ``P.right.V`` are its parameters."""
        return self._sides()[1]

    @property
    def signs(self) -> tuple[Any, Any]:
        """The signs of either side, which :meth:`from_reflectors` takes."""
        return self.left.signs, self.right.signs

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n).

        :meta private:
        """
        left, right = self._sides()
        return left.shape[0], right.shape[0]

    def _sides(self) -> tuple[Reflectors, Reflectors]:
        if self._left is None or self._right is None:
            raise InvalidInputError(
                "this projector has no reflectors yet; call fit(W), or make it by from_reflectors"
            )
        return self._left, self._right

    def _columns(self) -> tuple[np.ndarray, np.ndarray]:
        if self._factors is None:
            left, right = self._sides()
            self._factors = (
                np.asarray(left.columns(self.rank)),
                np.asarray(right.columns(self.rank)),
            )
        return self._factors

    def matrix(self) -> Any:
        """Return P (m, n)."""
        U, V = self._columns()
        return self._home.give_back(U @ V.conj().T)

    def apply(self, x: Any) -> Any:
        """Return P x, for x of shape (n,) or (n, b).

        Raises
        ------
        InvalidInputError
            If the shapes do not fit.
        NumericalError
            If an entry of the result exceeds the largest number of its dtype.
        """
        U, V = self._columns()
        near, alpha = near_one(self._argument(x, "x", V.shape[0]))
        found = U @ (V.conj().T @ near)
        return arrays.home(x).give_back(far(found, alpha, found.dtype))

    def _argument(self, x: Any, name: str, rows: int) -> np.ndarray:
        given = vector_or_matrix(x, name)
        if given.shape[0] != rows:
            raise InvalidInputError(
                f"{name} has shape {given.shape} and P {self.shape}; {name} needs {rows} rows"
            )
        return given

    def vjp(self, G: Any, x: Any = None) -> tuple[Any, ...]:
        """Return the gradients of a real L in the vectors of the reflectors.

        Parameters
        ----------
        G : array_like
            ``dL/dP`` (m, n) where L depends on :meth:`matrix`; with x, ``dL/dy`` of the shape
            of ``y = apply(x)``. As in :meth:`Reflectors.vjp`, ``dL = Re <G, dP>``.
        x : array_like of shape (n,) or (n, b), optional

        Returns
        -------
        gVu : array of shape (m, k)
        gVv : array of shape (n, l)
        gx : array of the shape of x
            With x only.

        Raises
        ------
        InvalidInputError
            If the shapes do not fit.
        NumericalError
            If a gradient exceeds the largest number of its dtype.

        Examples
        --------
        >>> import numpy as np
        >>> from linsub.geometry import HouseholderProjector
        >>> W = np.diag([3.0, 2.0, 0.5])
        >>> P = HouseholderProjector(2).fit(W)
        >>> gVu, gVv = P.vjp(P.matrix() - W)  # at the minimum of ||P - W||_F^2 / 2
        >>> float(abs(gVu).max() + abs(gVv).max()) < 1e-14
        True
        """
        U, V = self._columns()
        m, n = self.shape
        if x is None:
            grad = vector_or_matrix(G, "G")
            if grad.shape != (m, n):
                raise InvalidInputError(
                    f"G has shape {grad.shape} and P {self.shape}; pass x too if G is the gradient "
                    "of apply(x)"
                )
            with np.errstate(over="ignore", invalid="ignore"):
                return self._sides_vjp(grad @ V, grad.conj().T @ U)
        given = self._argument(x, "x", n)
        grad = self._argument(G, "G", m)
        if grad.shape[1:] != given.shape[1:]:
            raise InvalidInputError(f"G has shape {grad.shape} and x {given.shape}")
        y, g = (a if a.ndim == 2 else a[:, None] for a in (given, grad))
        with np.errstate(over="ignore", invalid="ignore"):
            inner, back = V.conj().T @ y, U.conj().T @ g
            gx = V @ back
            gVu, gVv = self._sides_vjp(g @ inner.conj().T, y @ back.conj().T)
        if not np.isfinite(gx).all():
            raise NumericalError(_TOO_LARGE)
        return gVu, gVv, arrays.home(x).give_back(gx.reshape(given.shape))

    def _sides_vjp(self, gU: np.ndarray, gV: np.ndarray) -> tuple[Any, Any]:
        if not (np.isfinite(gU).all() and np.isfinite(gV).all()):
            raise NumericalError(_TOO_LARGE)
        found = []
        for side, gradient in zip(self._sides(), (gU, gV), strict=True):
            E = np.eye(side.shape[0], self.rank, dtype=gradient.dtype)
            found.append(side.vjp(E, gradient)[1])
        return found[0], found[1]

    def __repr__(self) -> str:
        if self._left is None:
            return f"HouseholderProjector({self.rank})"
        m, n = self.shape
        return f"HouseholderProjector({self.rank}, <{m}x{n} {self._left.dtype}>)"


def _matrix(V: Any, name: str) -> Any:
    """Check V under its own name, and return it as it came, so that gradients come back so."""
    as_matrix(V, name=name)
    return V


def _pair(signs: Any) -> tuple[Any, Any]:
    if signs is None:
        return None, None
    if not isinstance(signs, tuple | list) or len(signs) != 2:
        raise InvalidInputError("signs must be a pair, those of Vu and those of Vv, as P.signs")
    return signs[0], signs[1]
