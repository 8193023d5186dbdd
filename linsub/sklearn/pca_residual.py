"""Strange samples by their distance from a principal subspace, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.geometry import PCAModel, pca_model
from linsub.sklearn.base import Transformer, check_data, check_is_fitted, rng_of

__all__ = ["PCAResidual"]


class PCAResidual(Transformer):
    """Score samples by how far they are from the principal subspace of the training samples.

    Parameters
    ----------
    energy : float, optional
        Share of the variance that the subspace holds, in (0, 1].
    n_components : int, optional
        Its dimension, in place of `energy`.
    kind : {"residual", "t2", "ppca"}, optional
        As in :meth:`linsub.geometry.PCAModel.scores`: distance to the subspace, Hotelling's
        inside of it, or both.
    floor : float, optional
        Variances below it count as that much.
    random_state : int, RandomState, Generator or None, optional
        Of the truncated SVD.

    Attributes
    ----------
    model_ : linsub.geometry.PCAModel
    components_ : ndarray of shape (n_components, n_features)
    mean_ : ndarray of shape (n_features,)
    explained_variance_ : ndarray of shape (n_components,)
    noise_variance_ : float
        The mean of the other variances.
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.sklearn import PCAResidual
    >>> from linsub.testing import load_digits
    >>> digits = load_digits()
    >>> zeros = digits.data[digits.target == 0]
    >>> scorer = PCAResidual(energy=0.9).fit(zeros[:80])
    >>> ones = digits.data[digits.target == 1]
    >>> bool(scorer.score_samples(zeros[80:]).min() > scorer.score_samples(ones).max())
    True
    """

    def __init__(
        self,
        energy: float = 0.99,
        *,
        n_components: int | None = None,
        kind: str = "residual",
        floor: float | None = None,
        random_state: Any = 0,
    ) -> None:
        self.energy = energy
        self.n_components = n_components
        self.kind = kind
        self.floor = floor
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> PCAResidual:
        """Fit mean, subspace and variances.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = check_data(self, X, reset=True, sparse=False)
        energy = self.energy if self.n_components is None else None
        found = pca_model(X, energy=energy, rank=self.n_components, rng=rng_of(self.random_state))
        self.model_: PCAModel = found
        self.mean_ = found.mean
        self.components_ = found.components
        self.explained_variance_ = found.variances
        self.noise_variance_ = found.noise
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Return minus the score of each sample: the higher, the more like the training samples.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        X = check_data(self, X, reset=False, sparse=False)
        return -np.asarray(self.model_.scores(X, self.kind, floor=self.floor))  # type: ignore[arg-type]

    def transform(self, X: Any) -> np.ndarray:
        """Return the coordinates of samples in the subspace.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        X = check_data(self, X, reset=False, sparse=False)
        return np.asarray((X - self.mean_) @ self.components_.T)

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])
