"""Dimension reduction by the truncated SVD, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.sklearn.base import Transformer, check_data, check_is_fitted, rng_of
from linsub.svd import truncated_svd

__all__ = ["TruncatedSVD"]


class TruncatedSVD(Transformer):
    """Dimension reduction by the truncated SVD (LSA), converged and certified.

    A drop-in for :class:`sklearn.decomposition.TruncatedSVD`. The components are those of
    :func:`linsub.svd.truncated_svd`: iterated to a tolerance instead of for a fixed number
    of steps, with a certificate that says how wrong they may be.

    Parameters
    ----------
    n_components : int, optional
        Dimension of the output, from 1 to min(n_samples, n_features).
    error : float, optional
        Instead of `n_components` (set that to None): the smallest dimension that keeps
        ``||X - X V V^T||_F <= error * ||X||_F``.
    tol : float, optional
        As in :func:`linsub.svd.truncated_svd`; None is sqrt(eps).
    method : str, optional
        The engine.
    random_state : int, RandomState, Generator or None, optional
        Seed. The default gives the same result every time.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
    singular_values_ : ndarray of shape (n_components,)
    explained_variance_ : ndarray of shape (n_components,)
        Variances of the projected training samples.
    explained_variance_ratio_ : ndarray of shape (n_components,)
        Their share of the total variance of the training samples.
    certificate_ : linsub.svd.SVDCertificate
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.sklearn import TruncatedSVD
    >>> from linsub.testing import load_digits
    >>> reducer = TruncatedSVD(n_components=5).fit(load_digits().data)
    >>> reducer.components_.shape
    (5, 64)
    >>> round(reducer.certificate_.relative_error, 4)
    0.3893
    """

    def __init__(
        self,
        n_components: int | None = 2,
        *,
        error: float | None = None,
        tol: float | None = None,
        method: str = "auto",
        random_state: Any = 0,
    ) -> None:
        self.n_components = n_components
        self.error = error
        self.tol = tol
        self.method = method
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> TruncatedSVD:
        """Compute the leading right singular vectors of X.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit to X and return its projection, ``U * S``.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        X = check_data(self, X, reset=True)
        if self.n_components is not None and not 1 <= self.n_components <= min(X.shape):
            raise InvalidInputError(
                f"n_components={self.n_components} must be from 1 to min(n_samples={X.shape[0]}, "
                f"n_features={X.shape[1]})"
            )
        U, S, Vh = result = truncated_svd(
            X,
            self.n_components,
            error=self.error,
            tol=self.tol,
            method=self.method,
            rng=rng_of(self.random_state),
        )
        self.components_ = Vh
        self.singular_values_ = S
        self.certificate_ = result.certificate
        Y = np.asarray(U * S)
        self.explained_variance_ = Y.var(axis=0)
        total = _total_variance(X)
        self.explained_variance_ratio_ = (
            self.explained_variance_ / total if total > 0 else np.zeros_like(S)
        )
        return Y

    def transform(self, X: Any) -> np.ndarray:
        """Project samples onto the components.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_components)
        """
        check_is_fitted(self)
        return np.asarray(check_data(self, X, reset=False) @ self.components_.T)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Map projections back to the space of the samples.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_components)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        return np.asarray(np.asarray(X) @ self.components_)

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _total_variance(X: Any) -> float:
    """Sum of the variances of the features, computed about the mean and not by squares."""
    mean = np.asarray(X.mean(axis=0), dtype=np.float64).ravel()
    if isinstance(X, np.ndarray):
        return float(np.square(X - mean, dtype=np.float64).sum() / X.shape[0])
    # Stored entries about their column means, and the zeros, which are -mean away.
    coo = X.tocoo()
    stored = np.bincount(coo.col, minlength=X.shape[1])
    about = np.square(coo.data - mean[coo.col]).sum()
    return float((about + ((X.shape[0] - stored) * mean**2).sum()) / X.shape[0])
