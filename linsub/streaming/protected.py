"""Directions that later updates must leave alone: the rules of GPM and CoSO, done right."""

from __future__ import annotations

import copy
import os
from typing import Any, Literal, Self

import numpy as np

from linsub._core import scalars
from linsub._core import state as files
from linsub._core.arrays import as_matrix, home
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import OrthoBasis, OrthogonalityCertificate
from linsub.results import Info, Record

__all__ = ["ProjectedUpdate", "ProtectedSubspace", "ProtectionResult"]

_KIND, _VERSION = "protected-subspace", 1

_RULES = ("gpm", "coso")


class ProtectionResult(Record):
    """What an update protected: ``n_added, energy = protected.update(R)``.

    Attributes
    ----------
    n_added : int
    energy : float
        The share of ``||R||_F^2`` in the subspace now, measured from what is left outside.
    certificate : OrthogonalityCertificate
        Of the whole basis, measured.
    info : Info
        In ``details``: `energy_before`, `target` (the share that was asked for) and `capped`
        (whether `max_rank` prevented it).
    """

    _fields = ("n_added", "energy")
    n_added: int
    energy: float
    certificate: OrthogonalityCertificate | None
    info: Info | None


class ProjectedUpdate(Record):
    """An update that leaves the subspace alone: ``update, removed = project_update(dW)``.

    Attributes
    ----------
    update : ndarray
        ``(I - U U^T) dW``, or ``dW (I - U U^T)``.
    removed : float
        ``||U^T dW||_F / ||dW||_F``: how much of it lay along protected directions.
    """

    _fields = ("update", "removed")
    update: Any
    removed: float


class ProtectedSubspace:
    """A subspace that grows with the tasks of a network and that later updates leave alone.

    Parameters
    ----------
    n_features : int
        Dimension d of the space.
    threshold : float, optional
        Share of the energy ``||R||_F^2`` that an update must protect, in [0, 1].
    max_rank : int, optional
        Directions at most; d by default.
    rule : {"gpm", "coso"}, optional
        What the threshold is a share of: all of R, what is protected already counted
        (``gpm``), or the part of R that is not protected yet (``coso``), which takes more
        directions at every update.
    dtype : dtype, optional
        Of the basis that is handed back, float32 or float64; inside it is in double precision.

    Attributes
    ----------
    basis : ndarray of shape (d, rank)
        Orthonormal columns, the oldest first; a copy.
    rank : int
    n_updates : int
    certificate : OrthogonalityCertificate

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    linsub.geometry.OrthoBasis : what it stands on.
    linsub.geometry.complement_projection : both sides of a matrix at once.

    Notes
    -----
    *Algorithm.* GPM (Saha, Garg and Roy 2021): the fewest left singular vectors of ``R - U U^T R``
    with which ``||U^T R||^2 >= threshold ||R||^2``. Its published code takes one fewer for the
    first task, and CoSO's for all: none at all where one direction holds the threshold
    alone. Both append vectors without making them orthogonal to the old ones again; in single
    precision the defect of the basis then grows beyond 1, and the projection is none. Here
    new columns are projected until what is left is rounding, and directions below
    rounding of R are not added. *Cost.* 8 d rank m + O(d m^2) flops for m columns. *Accuracy.*
    Claims ``streaming-protected-energy``, ``streaming-protected-drift``.

    It is the update that has to be projected (:meth:`project_update`): an optimizer that rescales
    entries, as Adam does, leaves the complement again after the gradient was projected.

    References
    ----------
    Saha, Garg and Roy, "Gradient projection memory for continual learning", ICLR 2021, arXiv
    2103.09762; CoSO, NeurIPS 2025, arXiv 2505.11816.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import ProtectedSubspace
    >>> protected = ProtectedSubspace(4, threshold=0.95)
    >>> n_added, energy = protected.update(np.diag([10.0, 1.0, 0.1, 0.0]))
    >>> n_added, round(energy, 4)
    (1, 0.99)
    >>> update, removed = protected.project_update(np.ones((4, 1)))
    >>> update.ravel().tolist(), removed
    ([0.0, 1.0, 1.0, 1.0], 0.5)
    """

    def __init__(
        self,
        n_features: int,
        threshold: float = 0.95,
        max_rank: int | None = None,
        *,
        rule: Literal["gpm", "coso"] = "gpm",
        dtype: Any = np.float64,
    ) -> None:
        self.n_features = scalars.as_integer(n_features, name="n_features", low=1)
        self.threshold = scalars.as_real(threshold, name="threshold", low=0.0, high=1.0)
        self.max_rank = (
            self.n_features
            if max_rank is None
            else scalars.as_integer(max_rank, name="max_rank", low=0, high=self.n_features)
        )
        self.rule = scalars.as_choice(rule, name="rule", choices=_RULES)
        self._basis = OrthoBasis(self.n_features, dtype)
        if self._basis.dtype.kind == "c":
            raise InvalidTypeError(f"dtype={self._basis.dtype}; streams are real: pass float64")
        self.n_updates = 0

    @property
    def basis(self) -> np.ndarray:
        """Orthonormal columns (d, rank), a copy."""
        return self._basis.Q

    @property
    def rank(self) -> int:
        """Number of protected directions."""
        return self._basis.rank

    @property
    def certificate(self) -> OrthogonalityCertificate:
        """The loss of orthogonality of `basis`, measured now."""
        return self._basis.certificate

    def update(self, R: Any) -> ProtectionResult:
        """Protect the leading directions of a matrix of representations, or of gradients.

        Parameters
        ----------
        R : array_like of shape (d, m)
            One column a sample, any m. Never modified.

        Returns
        -------
        ProtectionResult

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The subspace is then as it was.
        """
        dense = self._columns(R, "R")
        rest = self._share_left(dense)
        target = self.threshold
        if self.rule == "coso":
            target = 1.0 - (1.0 - self.threshold) * rest
        grown = copy.copy(self._basis)
        if rest > 1.0 - target:
            grown.extend(dense, energy=target)
        capped = grown.rank > self.max_rank
        if capped:
            leading = grown.Q[:, self._basis.rank : self.max_rank].astype(np.float64)
            grown = copy.copy(self._basis)
            grown.extend(leading)
        added = grown.rank - self._basis.rank
        self._basis = grown
        self.n_updates += 1
        details = {"energy_before": 1.0 - rest, "target": target, "capped": capped}
        return ProtectionResult(
            added,
            1.0 - self._share_left(dense),
            certificate=self.certificate,
            info=Info(self.rule, passes=1, details=details),
        )

    def energy(self, R: Any) -> float:
        """Return ``||U^T R||_F^2 / ||R||_F^2``, the protected share of R; 1 where R is zero.

        Parameters
        ----------
        R : array_like of shape (d, m)

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        return 1.0 - self._share_left(self._columns(R, "R"))

    def project(self, G: Any, axis: Literal[0, 1] = 0) -> Any:
        """Return the part of a gradient that leaves the subspace alone.

        Parameters
        ----------
        G : array_like of shape (d, c) or (c, d)
            Its columns (``axis=0``) or its rows (``axis=1``) lie in the space. The weights
            (outputs, inputs) of a layer whose inputs are protected have ``axis=1``.
        axis : {0, 1}, optional

        Returns
        -------
        array
            ``(I - U U^T) G`` or ``G (I - U U^T)``, in the array type and precision of G.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        axis = scalars.as_integer(axis, name="axis", low=0, high=1)  # type: ignore[assignment]
        dense = self._columns(G, "G", axis)
        found = self._basis.reject(dense if axis == 0 else dense.T)
        return home(G).give_back(np.ascontiguousarray(found if axis == 0 else found.T))

    def project_update(self, dW: Any, axis: Literal[0, 1] = 0) -> ProjectedUpdate:
        """Return the part of an optimizer's step that leaves the subspace alone, with what did not.

        Parameters
        ----------
        dW : array_like of shape (d, c) or (c, d)
            As in :meth:`project`.
        axis : {0, 1}, optional

        Returns
        -------
        ProjectedUpdate

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        axis = scalars.as_integer(axis, name="axis", low=0, high=1)  # type: ignore[assignment]
        dense = self._columns(dW, "dW", axis)
        columns = dense if axis == 0 else dense.T
        along = norms.frobenius(self._basis.project(columns))
        size = norms.frobenius(columns)
        return ProjectedUpdate(
            self.project(dW, axis), min(1.0, along / size) if size > 0.0 else 0.0
        )

    # ------------------------------------------------------------------ saving

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the subspace to a file that :meth:`load` goes on from, to the last bit."""
        files.check_writable(path, "path")
        content = {
            "n_features": self.n_features,
            "threshold": self.threshold,
            "max_rank": self.max_rank,
            "rule": self.rule,
            "dtype": self._basis.dtype.str,
            "n_updates": self.n_updates,
            "basis": np.ascontiguousarray(self._basis._basis()),
        }
        files.save(path, _KIND, _VERSION, content)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a subspace that :meth:`save` wrote.

        Raises
        ------
        InvalidInputError
            If the file holds something else, or is damaged.
        """
        _, content = files.load(path, _KIND, {_VERSION})
        try:
            first = (content["n_features"], content["threshold"], content["max_rank"])
            made = cls(*first, rule=content["rule"], dtype=np.dtype(content["dtype"]))
            made.n_updates = content["n_updates"]
            Q = np.asfortranarray(content["basis"])
        except KeyError as error:
            raise InvalidInputError(f"{path} is damaged: it has no {error}") from error
        # Not by extend(), which would round it anew.
        made._basis._state = (Q, Q.shape[1], None)
        return made

    # ------------------------------------------------------------------ private

    def _columns(self, X: Any, name: str, axis: int = 0) -> np.ndarray:
        dense = as_matrix(X, name=name)
        if dense.dtype.kind == "c":
            raise InvalidTypeError(f"{name} is complex and streams are real; pass a real matrix")
        if dense.shape[axis] != self.n_features:
            what = "rows" if axis == 0 else "columns"
            raise InvalidInputError(
                f"{name} has shape {dense.shape} and the space has {self.n_features} dimensions: "
                f"{self.n_features} {what} are needed"
            )
        return dense

    def _share_left(self, dense: np.ndarray) -> float:
        """Return the share of the energy that is not protected, accurate when it is small."""
        near = norms.near_one(dense.astype(np.float64))[0]
        size = norms.frobenius(near)
        rest = norms.frobenius(self._basis.reject(near))
        return (rest / size) ** 2 if size > 0.0 else 0.0

    def __copy__(self) -> Self:
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin._basis = copy.copy(self._basis)
        return twin

    def __repr__(self) -> str:
        return (
            f"ProtectedSubspace(n_features={self.n_features}, threshold={self.threshold:g}, "
            f"rule={self.rule!r}, rank={self.rank})"
        )
