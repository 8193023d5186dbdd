"""Unions of subspaces fitted to samples, with scikit-learn's interface."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from linsub.clustering import ensemble_k_subspaces, k_subspaces
from linsub.errors import AccuracyWarning
from linsub.sklearn.base import Clusterer, Transformer, check_data, check_is_fitted, rng_of
from linsub.sklearn.directions import directions, distances

__all__ = ["EnsembleKSubspaces", "KSubspaces"]

# Distances to the nearest subspace beside those to the second, in the median: unions that were
# found (91 to 100 % of their samples right) have 0 to 0.48, unions with too small a dimension or
# too much noise, digits too, 0.59 and more.
_HARDLY_NEARER = 0.55


class KSubspaces(Clusterer, Transformer):
    """K-subspaces: the union of subspaces nearest to the samples, from many starts.

    A model: new samples are assigned (:meth:`predict`) and measured (:meth:`transform`). What does
    the work is :func:`linsub.clustering.k_subspaces`.

    Parameters
    ----------
    n_clusters : int, optional
        Subspaces.
    dim : int or sequence of int, optional
        Their dimensions, of all or one by one, cut to n_features. Rather too large than too small.
    n_init : int, optional
        Starts; the one with the least cost is kept.
    init : {"uniform", "farthest"}, optional
    affine : bool, optional
        Subspaces through the means of the clusters, not through 0.
    normalize : bool, optional
        Bring samples to norm 1 first, new ones too.
    max_iter : int, optional
        Steps of a run.
    random_state : int, RandomState, Generator or None, optional
        Seed. The default gives the same result every time.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        The nearest subspace, each of them used; a warning says where some are nearest to no
        sample, as for duplicates, and were given one (which :meth:`predict` does not do).
    bases_ : list of ndarray of shape (n_features, d_k)
        Orthonormal columns.
    means_ : ndarray of shape (n_clusters, n_features)
        0 for linear subspaces.
    cost_ : float
        Sum of the squared distances.
    nearness_ : float
        Distance to the nearest subspace over that to the second, in the median; a warning says
        where it is so near to 1 that the labels mean little.
    certificate_ : linsub.clustering.KSubspacesCertificate
    info_ : linsub.results.Info
    report_ : str
    n_iter_ : int
        Steps of the best run.
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.sklearn import KSubspaces
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> model = KSubspaces(3, dim=2).fit(X[::2])
    >>> bool((model.transform(X).min(axis=1) < 1e-12).all())
    True
    """

    info_: Any

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        dim: Any = 3,
        n_init: int = 20,
        init: str = "uniform",
        affine: bool = False,
        normalize: bool = True,
        max_iter: int = 100,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.dim = dim
        self.n_init = n_init
        self.init = init
        self.affine = affine
        self.normalize = normalize
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> KSubspaces:
        """Fit the subspaces.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = check_data(self, X, reset=True, sparse=False)
        rows = directions(X) if self.normalize else X
        found = k_subspaces(
            rows,
            self.n_clusters,
            _cut(self.dim, X.shape[1]),
            n_init=self.n_init,
            init=self.init,  # type: ignore[arg-type]
            affine=self.affine,
            maxiter=self.max_iter,
            rng=rng_of(self.random_state),
        )
        self.labels_, self.bases_, self.means_, self.cost_ = found
        self.certificate_ = found.certificate
        self.info_ = found.info
        self.n_iter_ = self.info_.iterations
        self.nearness_ = _nearness(distances(rows, self.bases_, self.means_))
        unclaimed = self.info_.details["n_unclaimed"]
        if unclaimed:
            warnings.warn(
                f"{unclaimed} of {len(self.bases_)} subspaces are nearest to no sample alone and "
                f"got one each: fewer, or smaller ones than dim={self.dim}, hold all samples.",
                AccuracyWarning,
                stacklevel=2,
            )
        if self.nearness_ > _HARDLY_NEARER:
            warnings.warn(
                f"The nearest subspace is hardly nearer than the second: {self.nearness_:.2f} of "
                "its distance in the median. The samples show no union of "
                f"{len(self.bases_)} subspaces of dimension {self.dim}: raise dim, or n_init, or "
                "take an estimator that joins neighbours (TSC, SSCOMP).",
                AccuracyWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the nearest subspace of each sample.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return np.asarray(np.argmin(self.transform(X), axis=1))

    def transform(self, X: Any) -> np.ndarray:
        """Return the distance of each sample, brought to norm 1 by default, to each subspace.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
        """
        check_is_fitted(self)
        X = check_data(self, X, reset=False, sparse=False)
        return distances(directions(X) if self.normalize else X, self.bases_, self.means_)

    @property
    def report_(self) -> str:
        """What was found, what is certain about it, and what is doubtful."""
        if not hasattr(self, "labels_"):  # as an attribute that is not there yet
            raise AttributeError(f"this {type(self).__name__} is not fitted; call fit first")
        costs = np.asarray(self.info_.details["costs"])
        dims = ", ".join(str(U.shape[1]) for U in self.bases_)
        return "\n".join(
            [
                f"KSubspaces: {len(self.bases_)} subspaces of dimension {dims} for "
                f"{self.labels_.size} samples",
                f"{costs.size} starts, costs {costs.min():.3e} to {costs.max():.3e}; "
                f"the best {'came to rest' if self.info_.converged else 'did not come to rest'}",
                f"distances to the nearest subspace are {self.nearness_:.2f} of those to the "
                "second, in the median",
                str(self.certificate_),
                *self.info_.notes,
            ]
        )

    @property
    def _n_features_out(self) -> int:
        return len(self.bases_)


class EnsembleKSubspaces(Clusterer):
    """Ensemble K-subspaces: samples joined by how often random fits put them together.

    What does the work is :func:`linsub.clustering.ensemble_k_subspaces`. It forgives a dimension
    that is not that of the subspaces, which K-subspaces does not.

    Parameters
    ----------
    n_clusters : int, optional
    dim : int or sequence of int, optional
        Dimensions of the subspaces, cut to n_features.
    n_runs : int, optional
        Fits that vote.
    n_neighbors : int or None, optional
        Neighbours of a sample in the graph; None: a twentieth of the samples, from 10 to 100.
    affine : bool, optional
    normalize : bool, optional
        Bring samples to norm 1 first.
    max_iter : int, optional
        Steps of a fit, at most. Five are a third of the time and enough for images; unions whose
        dimensions nearly fill the space want all of the default.
    random_state : int, RandomState, Generator or None, optional
        Seed. The default gives the same result every time.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
    affinity_ : csr_array of shape (n_samples, n_samples)
        Shares of the fits in which two samples have one label.
    certificate_ : linsub.clustering.EnsembleCertificate
    info_ : linsub.results.Info
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import EnsembleKSubspaces
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, EnsembleKSubspaces(3, dim=2).fit_predict(X))
    1.0
    """

    info_: Any

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        dim: Any = 3,
        n_runs: int = 100,
        n_neighbors: int | None = None,
        affine: bool = False,
        normalize: bool = True,
        max_iter: int = 30,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.dim = dim
        self.n_runs = n_runs
        self.n_neighbors = n_neighbors
        self.affine = affine
        self.normalize = normalize
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> EnsembleKSubspaces:
        """Fit many unions of subspaces and label samples by their agreement.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = check_data(self, X, reset=True, sparse=False)
        found = ensemble_k_subspaces(
            directions(X) if self.normalize else X,
            self.n_clusters,
            _cut(self.dim, X.shape[1]),
            n_runs=self.n_runs,
            n_neighbors=self.n_neighbors,
            affine=self.affine,
            maxiter=self.max_iter,
            rng=rng_of(self.random_state),
        )
        self.labels_, self.affinity_ = found
        self.certificate_ = found.certificate
        self.info_ = found.info
        self.n_iter_ = self.max_iter
        return self

    @property
    def report_(self) -> str:
        """What was found, what is certain about it, and what is doubtful."""
        if not hasattr(self, "labels_"):  # as an attribute that is not there yet
            raise AttributeError(f"this {type(self).__name__} is not fitted; call fit first")
        details = self.info_.details
        spectral = details["spectral"]
        return "\n".join(
            [
                f"EnsembleKSubspaces: {int(self.labels_.max()) + 1} clusters of "
                f"{self.labels_.size} samples by {len(details['costs'])} fits",
                f"graph: effective degree {spectral.details['effective_degree']:.1f}, "
                f"{spectral.details['n_components']} components",
                str(self.certificate_),
                *spectral.notes,
            ]
        )


def _nearness(gaps: np.ndarray) -> float:
    """Return the median over the samples of the least distance over the second."""
    if gaps.shape[1] < 2:
        return 0.0
    least, second = np.partition(gaps, 1, axis=1)[:, :2].T
    shares = np.divide(least, second, out=np.zeros_like(least), where=second > 0.0)
    return float(np.median(shares))


def _cut(dim: Any, width: int) -> Any:
    """Return dimensions that samples of so many features have."""
    if isinstance(dim, int | np.integer) and not isinstance(dim, bool):
        return min(int(dim), width)
    return dim
