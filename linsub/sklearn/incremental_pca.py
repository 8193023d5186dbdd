"""Principal components of data that come in batches, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from linsub._core import scalars
from linsub.errors import RankDeficientError
from linsub.sklearn.base import Transformer, check_data, check_is_fitted
from linsub.svd import IncrementalSVD, SVDCertificate, SVDResult

__all__ = ["IncrementalPCA"]

# Rows of a batch per feature where batch_size is None: scikit-learn's choice.
_ROWS_PER_FEATURE = 5
# A certified error below so many eps of the norm is rounding (it reaches 90 eps where nothing
# was left out), and no noise of the data.
_ROUNDING = 1e3


class IncrementalPCA(Transformer):
    """Principal components of data that come in batches, certified.

    A drop-in for :class:`sklearn.decomposition.IncrementalPCA` over
    :class:`linsub.svd.IncrementalSVD`: batches of any size, dense or sparse, in
    :meth:`partial_fit` too, and a certificate of what the fit leaves out.

    Parameters
    ----------
    n_components : int, optional
        Dimension of the output, from 1 to n_features. By default as many as the data have,
        up to min(n_samples, n_features).
    error : float, optional
        Instead of `n_components` (leave that None): the components adapt so that
        ``||X - mean - Y V||_F <= error * ||X - mean||_F`` over all samples so far.
    whiten : bool, optional
        Divide the output by its standard deviations.
    copy : bool, optional
        Of no effect: X is never modified.
    batch_size : int, optional
        Rows that :meth:`fit` takes at a time; by default ``5 * n_features``.

    Attributes
    ----------
    components_ : ndarray of shape (k, n_features)
    explained_variance_ : ndarray of shape (k,)
    explained_variance_ratio_ : ndarray of shape (k,)
    singular_values_ : ndarray of shape (k,)
    mean_ : ndarray of shape (n_features,)
    var_ : ndarray of shape (n_features,)
        Variances of the features, ``n_samples_seen_`` in the denominator.
    noise_variance_ : float
        Mean of the variances that were left out, as in :class:`sklearn.decomposition.PCA`.
    n_components_ : int
        The k of the shapes: fewer than `n_components` while the samples so far span fewer
        directions.
    n_samples_seen_ : int
    batch_size_ : int
    certificate_ : linsub.svd.SVDCertificate
        Of ``X - mean`` for all samples so far: the error, and enclosures of its singular
        values.
    n_features_in_ : int

    Raises
    ------
    InvalidInputError
        From the methods: a parameter out of its range, or samples that do not fit.

    See Also
    --------
    linsub.svd.IncrementalSVD : what does the work.

    Notes
    -----
    *Algorithm.* That of :class:`linsub.svd.IncrementalSVD` with ``center=True``. The
    attributes are computed when they are read, so that :meth:`partial_fit` costs an update
    and no more. *Deviations* from scikit-learn: the first batch may be smaller than
    `n_components`; ``n_components=None`` does not depend on the first batch;
    `noise_variance_` is over all samples, not over the last batch; :meth:`get_covariance`
    does not depend on `whiten` (scikit-learn 1.9 multiplies by the variances twice).
    *Accuracy.* See `certificate_`; what is discarded on the way is counted.

    References
    ----------
    Ross, Lim, Lin and Yang, Int. J. Comput. Vision 77 (2008).

    Examples
    --------
    >>> from linsub.sklearn import IncrementalPCA
    >>> from linsub.testing import load_digits
    >>> X = load_digits().data
    >>> pca = IncrementalPCA(n_components=8)
    >>> for start in range(0, len(X), 50):
    ...     _ = pca.partial_fit(X[start : start + 50])
    >>> pca.components_.shape
    (8, 64)
    >>> round(float(pca.explained_variance_ratio_.sum()), 3)
    0.672
    """

    # check_input is no metadata that a pipeline could route.
    __metadata_request__partial_fit: ClassVar[dict[str, str]] = {"check_input": "$UNUSED$"}

    def __init__(
        self,
        n_components: int | None = None,
        *,
        error: float | None = None,
        whiten: bool = False,
        copy: bool = True,
        batch_size: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.error = error
        self.whiten = whiten
        self.copy = copy
        self.batch_size = batch_size

    def fit(self, X: Any, y: Any = None) -> IncrementalPCA:
        """Fit to X in batches of `batch_size` rows; what was seen before is forgotten.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = check_data(self, X, reset=True)
        size = self.batch_size
        if size is None:
            size = _ROWS_PER_FEATURE * X.shape[1]
        self.batch_size_ = scalars.as_integer(size, name="batch_size", low=1)
        self._begin(X.shape[1])
        rows = X if isinstance(X, np.ndarray) else X.tocsr()
        for start in range(0, rows.shape[0], self.batch_size_):
            self._append(rows[start : start + self.batch_size_])
        return self

    def partial_fit(self, X: Any, y: Any = None, check_input: bool = True) -> IncrementalPCA:
        """Append the samples of X, in one batch of any size.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)
        y : ignored
        check_input : bool, optional
            False where X is a float array or CSR matrix that was checked before.

        Returns
        -------
        self
            A batch that is refused leaves it unchanged.
        """
        first = not hasattr(self, "_svd")
        if check_input:
            X = check_data(self, X, reset=first)
        elif first:
            self.n_features_in_ = X.shape[1]
        if first:
            self._begin(X.shape[1])
        self._append(X)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Project samples, less the mean, onto the components.

        Parameters
        ----------
        X : array_like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, k)
        """
        check_is_fitted(self)
        X = check_data(self, X, reset=False)
        V = self.components_.T
        if isinstance(X, np.ndarray):
            Y = np.asarray((X - self.mean_) @ V)
        else:
            Y = np.asarray(X @ V - self.mean_ @ V)
        return Y / self._deviations() if self.whiten else Y

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Map projections back to the space of the samples.

        Parameters
        ----------
        X : array_like of shape (n_samples, k)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        Y = np.asarray(X)
        if self.whiten:
            Y = Y * self._deviations()
        return np.asarray(Y @ self.components_ + self.mean_)

    def get_covariance(self) -> np.ndarray:
        """Return the covariance of the generative model.

        Returns
        -------
        ndarray of shape (n_features, n_features)
            ``V^T max(L, s) V + s (I - V^T V)`` with the explained variances L and the noise
            variance s.
        """
        check_is_fitted(self)
        V, noise = self.components_, self.noise_variance_
        extra = np.maximum(self.explained_variance_ - noise, 0.0)
        covariance = np.asarray((V.T * extra) @ V)
        covariance.flat[:: V.shape[1] + 1] += noise
        return covariance

    def get_precision(self) -> np.ndarray:
        """Return the inverse of :meth:`get_covariance`.

        Returns
        -------
        ndarray of shape (n_features, n_features)

        Raises
        ------
        RankDeficientError
            If the covariance is singular.
        """
        check_is_fitted(self)
        V, noise = self.components_, self.noise_variance_
        kept = np.maximum(self.explained_variance_, noise)
        if (noise == 0.0 and V.shape[0] < V.shape[1]) or not (kept > 0.0).all():
            raise RankDeficientError(
                f"the covariance of {V.shape[0]} components in {V.shape[1]} features without "
                "noise is singular; use np.linalg.pinv(get_covariance())"
            )
        if noise == 0.0:
            return np.asarray((V.T / kept) @ V)
        precision = np.asarray((V.T * (1.0 / kept - 1.0 / noise)) @ V)
        precision.flat[:: V.shape[1] + 1] += 1.0 / noise
        return precision

    # Read off the stream when they are asked for.

    @property
    def components_(self) -> np.ndarray:
        return np.asarray(self._fitted().Vh)

    @property
    def singular_values_(self) -> np.ndarray:
        return np.asarray(self._fitted().S)

    @property
    def explained_variance_(self) -> np.ndarray:
        S = self.singular_values_
        return np.asarray(S**2 / max(self.n_samples_seen_ - 1, 1))

    @property
    def explained_variance_ratio_(self) -> np.ndarray:
        S, total = self.singular_values_, float(self.certificate_.frobenius_norm or 0.0)
        return np.asarray((S / total) ** 2 if total > 0.0 else np.zeros_like(S))

    @property
    def mean_(self) -> np.ndarray:
        self._fitted()
        return np.asarray(self._svd.mean)

    @property
    def noise_variance_(self) -> float:
        least = min(self.n_samples_seen_, self.n_features_in_) - self.n_components_
        if least <= 0:
            return 0.0
        certificate = self.certificate_
        error = float(certificate.frobenius_error or 0.0)
        eps = float(np.finfo(self.singular_values_.dtype).eps)
        if error <= _ROUNDING * eps * float(certificate.frobenius_norm or 0.0):
            return 0.0
        return float(error**2 / max(self.n_samples_seen_ - 1, 1) / least)

    @property
    def n_components_(self) -> int:
        return int(self.singular_values_.size)

    @property
    def certificate_(self) -> SVDCertificate:
        certificate = self._fitted().certificate
        assert certificate is not None  # a stream always has one
        return certificate

    def _fitted(self) -> SVDResult:
        if not hasattr(self, "n_samples_seen_"):  # as an attribute that is not there yet
            raise AttributeError(f"this {type(self).__name__} is not fitted; call fit first")
        return self._svd.result()

    def _begin(self, n_features: int) -> None:
        rank = self.n_components
        if rank is not None:
            rank = scalars.as_integer(rank, name="n_components", low=1, high=n_features)
        self._svd = IncrementalSVD(rank, error=self.error, center=True, keep_left=False)
        self.n_samples_seen_ = 0
        self.var_ = np.zeros(n_features)
        self._exact_mean = np.zeros(n_features)

    def _append(self, X: Any) -> None:
        with np.errstate(all="ignore"):  # what is not finite is refused by name below
            count, mean, var = _moments(X)
        total = self.n_samples_seen_ + count
        self._svd.update(X)  # raises before anything has changed
        if count:
            share = count / total
            shift = mean - self._exact_mean
            self.var_ = (1.0 - share) * (self.var_ + share * shift**2) + share * var
            self._exact_mean = self._exact_mean + share * shift
            self.n_samples_seen_ = total

    def _deviations(self) -> np.ndarray:
        deviations = np.sqrt(self.explained_variance_)
        return np.asarray(np.maximum(deviations, np.finfo(deviations.dtype).eps))

    @property
    def _n_features_out(self) -> int:
        return self.n_components_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _moments(X: Any) -> tuple[int, np.ndarray, np.ndarray]:
    """Return the number of samples, and means and variances of the features, in float64."""
    count, width = X.shape
    if count == 0:
        return 0, np.zeros(width), np.zeros(width)
    if isinstance(X, np.ndarray):
        mean = X.mean(axis=0, dtype=np.float64)
        about = X - mean
        return count, mean, np.einsum("ij,ij->j", about, about) / count
    mean = np.asarray(X.sum(axis=0, dtype=np.float64)).ravel() / count
    # Stored entries about their column means, and the zeros, which are -mean away.
    coo = X.tocoo()
    stored = np.bincount(coo.col, minlength=width)
    squares = np.bincount(coo.col, weights=(coo.data - mean[coo.col]) ** 2, minlength=width)
    return count, mean, (squares + (count - stored) * mean**2) / count
