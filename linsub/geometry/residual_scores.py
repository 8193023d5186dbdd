"""How far a sample is from a fitted subspace: residual, Hotelling and probabilistic scores."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.results import Info, Record
from linsub.svd import truncated_svd

__all__ = ["PCAModel", "pca_model"]

# Variances below this share of the largest count as that much: a direction that never varied in
# the training samples would make any score infinite.
_FLOOR = 1e-6

Kind = Literal["residual", "t2", "ppca"]


class PCAModel(Record):
    """Mean, principal directions and variances: ``mean, components, variances, noise``.

    Attributes
    ----------
    mean : ndarray of shape (d,)
    components : ndarray of shape (k, d)
        Orthonormal rows.
    variances : ndarray of shape (k,)
        Descending, over n - 1; of one sample they are 0.
    noise : float
        The mean of the other d - k variances.
    certificate : linsub.svd.SVDCertificate
        Of the centred samples.
    info : Info
    """

    _fields = ("mean", "components", "variances", "noise")
    mean: Any
    components: Any
    variances: Any
    noise: float
    info: Info | None

    def scores(self, X: Any, kind: Kind = "residual", *, floor: float | None = None) -> Any:
        """Return one score a sample, 0 at the mean and larger the stranger it is.

        Parameters
        ----------
        X : array_like of shape (n, d)
        kind : {"residual", "t2", "ppca"}, optional
            ``residual`` (Q, or SPE): ``||r||^2``, r the part of ``x - mean`` outside of the
            subspace. ``t2`` (Hotelling): ``sum_i z_i^2 / variances_i`` inside of it. ``ppca``:
            ``t2 + ||r||^2 / noise``, the Mahalanobis distance of probabilistic PCA.
        floor : float, optional
            Variances below it count as that much, in the unit of X squared; by default a
            millionth of the largest variance.

        Returns
        -------
        ndarray of shape (n,)

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        NumericalError
            If a score exceeds the largest number.

        Notes
        -----
        The residual itself is formed, twice: ``||x - mean||^2 - ||z||^2`` loses all digits
        where the sample is far from the origin.
        """
        kind = scalars.as_choice(kind, name="kind", choices=("residual", "t2", "ppca"))  # type: ignore[assignment]
        dense = _real(X)
        if dense.shape[1] != self.mean.size:
            raise InvalidInputError(
                f"X has {dense.shape[1]} features and the model was fitted to {self.mean.size}"
            )
        least = self._floor(floor)
        V = np.asarray(self.components, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            centred = dense.astype(np.float64) - self.mean
            Z = centred @ V.T
            rest = centred - Z @ V
            rest -= (rest @ V.T) @ V
            inside = np.square(Z / np.sqrt(np.maximum(self.variances, least))).sum(axis=1)
            if kind == "residual":
                found = norms.column_norms(rest.T) ** 2
            elif kind == "t2":
                found = inside
            else:
                found = inside + np.square(rest / np.sqrt(max(self.noise, least))).sum(axis=1)
        if not np.isfinite(found).all():
            raise NumericalError(
                "a score exceeds the largest number; divide the samples, here and in pca_model, "
                "by a power of two"
            )
        return arrays.home(X).give_back(found)

    def _floor(self, floor: float | None) -> float:
        if floor is not None:
            return scalars.as_real(floor, name="floor", low=0.0, include=(False, True))
        largest = float(self.variances[0]) if self.variances.size else float(self.noise)
        return max(_FLOOR * largest, float(np.finfo(np.float64).tiny))


def pca_model(
    X: Any, *, energy: float | None = None, rank: int | None = None, rng: Any = None
) -> PCAModel:
    """Fit the principal subspace of samples, to tell later ones that do not belong.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Real samples in rows; at least one.
    energy : float, optional
        The least dimension that holds that share of the variance, in (0, 1]; .99 unless `rank` is
        given. A few samples do not mind it; with many, .8 to .9 tells more.
    rank : int, optional
        The dimension itself, from 0 to min(n, d).
    rng
        As in :func:`linsub.svd.truncated_svd`.

    Returns
    -------
    PCAModel
        With a method ``scores(X, kind)``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
    NumericalError
        If variances exceed the largest number, or all are below the smallest normal one.

    Notes
    -----
    *Algorithm.* :func:`linsub.svd.truncated_svd` of the centred samples. *Cost.* That of it.
    *Accuracy.* Claim ``geometry-anomaly-scores``.

    References
    ----------
    Jackson and Mudholkar, Technometrics 21 (1979); Tipping and Bishop, J. R. Stat. Soc. B 61
    (1999); SubspaceAD, arXiv 2602.23013.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import pca_model
    >>> line = np.outer(np.arange(5.0), [1.0, 1.0])
    >>> model = pca_model(line)
    >>> model.scores([[7.0, 7.0], [2.0, 4.0]]).round(12).tolist()
    [0.0, 2.0]
    """
    dense = _real(X)
    n, d = dense.shape
    if n == 0 or d == 0:
        raise InvalidInputError(f"X has shape {dense.shape}: there is nothing to fit")
    if rank is not None and energy is not None:
        raise InvalidInputError("give rank or energy, and not both")
    if rank is None:
        energy = scalars.as_real(
            0.99 if energy is None else energy,
            name="energy",
            low=0.0,
            high=1.0,
            include=(False, True),
        )
    else:
        rank = scalars.as_integer(rank, name="rank", low=0, high=min(n, d))
    scaled, exponent = norms.near_one(dense.astype(np.float64))
    mean = scaled.mean(axis=0)
    centred = scaled - mean
    found = truncated_svd(centred, rank, energy=energy if rank is None else None, rng=rng)
    _, S, Vh = found
    squares = np.square(S)
    total = norms.frobenius(centred) ** 2
    rest = max(0.0, total - float(squares.sum()))
    if rest <= 1e-8 * total and S.size < d:  # what is left is itself, not a difference
        rest = norms.frobenius(centred - (centred @ Vh.T) @ Vh) ** 2
    with np.errstate(over="ignore", under="ignore"):
        back = 2 * -exponent
        variances = np.ldexp(squares / max(1, n - 1), back)
        noise = float(np.ldexp(rest / max(1, n - 1) / max(1, d - S.size), back))
    if not (np.isfinite(variances).all() and np.isfinite(noise)):
        raise NumericalError("a variance exceeds the largest number; divide X by a power of two")
    if S.size and S[0] > 0.0 and variances[0] < np.finfo(np.float64).tiny:
        raise NumericalError(
            "the largest variance is below the smallest number; multiply X by a power of two"
        )
    return PCAModel(
        norms.ldexp(mean, -exponent),
        Vh,
        variances,
        noise,
        certificate=found.certificate,
        info=found.info,
    )


def _real(X: Any) -> np.ndarray:
    dense = arrays.as_matrix(X, name="X")
    if dense.dtype.kind == "c":
        raise InvalidTypeError("X is complex and samples are real; stack real and imaginary parts")
    return dense
