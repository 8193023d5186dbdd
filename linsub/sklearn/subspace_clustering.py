"""Subspace clustering by graphs of samples, with scikit-learn's interface."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.clustering import (
    averaged_omp,
    doubly_stochastic_projection,
    low_rank_representation,
    self_expressive_elastic_net,
    self_expressive_omp,
    self_expressive_ridge,
    spectral_labels,
    threshold_neighbors,
)
from linsub.sklearn.base import Clusterer, check_data, rng_of
from linsub.sklearn.directions import directions

__all__ = ["DSSC", "LRRSC", "LSRSC", "SSCOMP", "TSC", "ElasticNetSC", "GraphClusterer"]

# Samples of a cluster that a random dictionary holds, were all clusters of one size: subspaces of
# up to ten dimensions or so are spanned twice over. More than half would be nearly all, each time.
_PER_CLUSTER = 20
_SHARE, _LARGEST_SHARE = 0.2, 0.5

# Row sums of an affinity need no more.
_ROW_SUMS = 1e-6

# Positive, where a quotient underflows.
_LEAST = float(np.finfo(np.float64).tiny)


class GraphClusterer(Clusterer):
    """What the estimators of this file share: an affinity, and labels by its eigenvectors."""

    n_clusters: Any
    random_state: Any
    info_: Any

    def fit(self, X: Any, y: Any = None) -> GraphClusterer:
        """Represent samples by samples and label them.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self
        """
        X = check_data(self, X, reset=True, sparse=False)
        rows = directions(X) if getattr(self, "normalize", True) else X
        rng = rng_of(self.random_state)
        self.representation_, self.affinity_ = self._graph(rows, rng)
        found = spectral_labels(self.affinity_, self.n_clusters, X=rows, rng=rng)
        self.labels_ = found.labels
        self.n_clusters_ = int(found.embedding.shape[1])
        self.eigenvalues_ = found.eigenvalues
        self.certificate_ = found.certificate
        self.info_ = found.info
        return self

    @property
    def report_(self) -> str:
        """What was found, what is certain about it, and what is doubtful."""
        if not hasattr(self, "labels_"):  # as an attribute that is not there yet
            raise AttributeError(f"this {type(self).__name__} is not fitted; call fit first")
        shown = self.info_.details
        parts = [
            f"{type(self).__name__}: {self.n_clusters_} clusters of {self.labels_.size} samples",
            f"graph: {self.representation_.info.method}; effective degree "
            f"{shown['effective_degree']:.1f}, {shown['n_components']} components, "
            f"{shown['n_isolated']} isolated nodes, {shown['informative']} eigenvalues that tell "
            "of clusters",
        ]
        for certificate in (self.representation_.certificate, self.certificate_):
            if certificate is not None and any(certificate.bounds()):
                parts.append(str(certificate))
        return "\n".join([*parts, *self.info_.notes])

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        """Return the representation of the samples, and the affinity made of it."""
        raise NotImplementedError


class SSCOMP(GraphClusterer):
    """Sparse subspace clustering by orthogonal matching pursuit, averaged or as it was published.

    Each sample is coded by few others (:func:`linsub.clustering.averaged_omp`); samples that share
    a code are joined; the graph is cut by its eigenvectors.

    Parameters
    ----------
    n_clusters : int or "eigengap", optional
    n_nonzero : int, optional
        Other samples in a code, at most; not more than the dimension of the subspaces.
    n_dictionaries : int or None, optional
        Random dictionaries over which codes are averaged. None is the published method: all other
        samples as one dictionary, whose graph is often too sparse (a warning says so; on digits
        it labels 20 % rightly).
    share : float, optional
        In (0, 1]: of the samples that are in a dictionary. By default a fifth, or more where that
        is less than 20 samples a cluster.
    random_state : int, RandomState, Generator or None, optional
        Seed. The default gives the same result every time.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
        From 0 to ``n_clusters_ - 1``, each of them used.
    n_clusters_ : int
    representation_ : linsub.clustering.SelfExpression
        ``representation_.C`` is the matrix of codes.
    affinity_ : csr_array of shape (n_samples, n_samples)
    eigenvalues_ : ndarray
        The largest of the normalized affinity.
    certificate_ : linsub.clustering.SpectralCertificate
    info_ : linsub.results.Info
        How many samples have labels that are guesses, and why.
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import SSCOMP
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, SSCOMP(3, n_nonzero=2).fit_predict(X))
    1.0
    """

    def __init__(
        self,
        n_clusters: Any = 8,
        *,
        n_nonzero: int = 3,
        n_dictionaries: int | None = 20,
        share: float | None = None,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.n_nonzero = n_nonzero
        self.n_dictionaries = n_dictionaries
        self.share = share
        self.random_state = random_state

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        if self.n_dictionaries is None:
            found = self_expressive_omp(X, n_nonzero=self.n_nonzero)
        else:
            found = averaged_omp(
                X,
                n_nonzero=self.n_nonzero,
                n_dictionaries=self.n_dictionaries,
                share=self._share(X.shape[0]),
                rng=rng,
            )
        return found, found.affinity()

    def _share(self, n: int) -> float:
        if self.share is not None:
            return self.share
        count = 1
        if not isinstance(self.n_clusters, str):
            count = scalars.as_integer(self.n_clusters, name="n_clusters", low=1)
        return min(_LARGEST_SHARE, max(_SHARE, _PER_CLUSTER * count / n))


class ElasticNetSC(GraphClusterer):
    """Sparse subspace clustering by the elastic net or the lasso (EnSC, SSC), with proofs.

    The codes of :func:`linsub.clustering.self_expressive_elastic_net` are exact: each has a bound
    on how far its objective is above the minimum.

    Parameters
    ----------
    n_clusters : int or "eigengap", optional
    l1_ratio : float, optional
        In (0, 1]: 1 is the lasso, whose graph is sparser.
    gamma : float, optional
        Above 1: the larger, the better do codes fit, the denser is the graph.
    top : int or None, optional
        Entries of a code that count for the affinity, the largest.
    normalize : bool, optional
        Bring samples to norm 1 first.
    random_state : int, RandomState, Generator or None, optional

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
    n_clusters_ : int
    representation_ : linsub.clustering.SelfExpression
        Its certificate is an :class:`linsub.clustering.ElasticNetCertificate`.
    affinity_ : csr_array of shape (n_samples, n_samples)
    eigenvalues_ : ndarray
    certificate_ : linsub.clustering.SpectralCertificate
    info_ : linsub.results.Info
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import ElasticNetSC
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, ElasticNetSC(3).fit_predict(X))
    1.0
    """

    def __init__(
        self,
        n_clusters: Any = 8,
        *,
        l1_ratio: float = 0.9,
        gamma: float = 20.0,
        top: int | None = 4,
        normalize: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.l1_ratio = l1_ratio
        self.gamma = gamma
        self.top = top
        self.normalize = normalize
        self.random_state = random_state

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        found = self_expressive_elastic_net(
            X, l1_ratio=self.l1_ratio, gamma=self.gamma, on_fail="warn"
        )
        return found, found.affinity(normalize="l2", top=self.top)


class LSRSC(GraphClusterer):
    """Subspace clustering by least-squares regression of each sample on all others.

    The closed form of :func:`linsub.clustering.self_expressive_ridge`; the matrix is cut to its
    largest entries row by row and never held as a whole.

    Parameters
    ----------
    n_clusters : int or "eigengap", optional
    alpha : float, optional
        Positive; of samples of norm 1.
    top : int or None, optional
        Entries of a row that count for the affinity, the largest; None: all, in an array of
        shape (n_samples, n_samples).
    normalize : bool, optional
        Bring samples to norm 1 first; otherwise `alpha` is in the unit of ``||x||^2``.
    random_state : int, RandomState, Generator or None, optional

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
    n_clusters_ : int
    representation_ : linsub.clustering.SelfExpression
    affinity_ : csr_array or ndarray of shape (n_samples, n_samples)
    eigenvalues_ : ndarray
    certificate_ : linsub.clustering.SpectralCertificate
    info_ : linsub.results.Info
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import LSRSC
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, LSRSC(3).fit_predict(X))
    1.0
    """

    def __init__(
        self,
        n_clusters: Any = 8,
        *,
        alpha: float = 10.0,
        top: int | None = 5,
        normalize: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.alpha = alpha
        self.top = top
        self.normalize = normalize
        self.random_state = random_state

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        found = self_expressive_ridge(X, alpha=self.alpha, top=self.top)
        return found, found.affinity(normalize="l2")


class LRRSC(GraphClusterer):
    """Subspace clustering by the representation of least nuclear norm (LRR and LRSC).

    Factors of :func:`linsub.clustering.low_rank_representation`. The method is for subspaces whose
    dimensions sum up to less than n_features, and for those it is exact.

    Parameters
    ----------
    n_clusters : int or "eigengap", optional
    tau : float or None, optional
        Above 1, in the unit of ``1 / sigma_1^2`` with the largest singular value of the samples:
        the smaller, the more is taken for noise; None: none is.
    rank : int or None, optional
        Sum of the dimensions of the subspaces, where it is known.
    top : int or None, optional
        Entries of a row that count for the affinity, the largest; None: all.
    normalize : bool, optional
        Bring samples to norm 1 first.
    random_state : int, RandomState, Generator or None, optional

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
    n_clusters_ : int
    representation_ : linsub.clustering.LowRankRepresentation
    affinity_ : csr_array or ndarray of shape (n_samples, n_samples)
    eigenvalues_ : ndarray
    certificate_ : linsub.clustering.SpectralCertificate
    info_ : linsub.results.Info
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import LRRSC
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, LRRSC(3).fit_predict(X))
    1.0
    """

    def __init__(
        self,
        n_clusters: Any = 8,
        *,
        tau: float | None = 300.0,
        rank: int | None = None,
        top: int | None = 5,
        normalize: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.tau = tau
        self.rank = rank
        self.top = top
        self.normalize = normalize
        self.random_state = random_state

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        # At a scale near 1, so that tau has a value there; the result does not depend on it.
        X = np.ldexp(X, -int(np.frexp(np.abs(X).max())[1]))
        found = low_rank_representation(X, tau=self._tau(X), rank=self.rank)
        return found, found.affinity(normalize="l2", top=self.top)

    def _tau(self, X: np.ndarray) -> float | None:
        if self.tau is None:
            return None
        tau = scalars.as_real(self.tau, name="tau", low=0.0, include=(False, True))
        info: Any = low_rank_representation(X, rank=1).info
        S = info.details["singular_values"]
        if S.size == 0:  # nothing but zeros
            return tau
        return max(float(tau / S[0] ** 2), _LEAST)


class TSC(GraphClusterer):
    """Subspace clustering by thresholding: samples joined to those at the smallest angles.

    Parameters
    ----------
    n_clusters : int or "eigengap", optional
    n_neighbors : int, optional
        Neighbours of a sample.
    random_state : int, RandomState, Generator or None, optional

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
    n_clusters_ : int
    representation_ : linsub.clustering.SelfExpression
        Weights, from :func:`linsub.clustering.threshold_neighbors`.
    affinity_ : csr_array of shape (n_samples, n_samples)
    eigenvalues_ : ndarray
    certificate_ : linsub.clustering.SpectralCertificate
    info_ : linsub.results.Info
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import TSC
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, TSC(3).fit_predict(X))
    1.0
    """

    def __init__(self, n_clusters: Any = 8, *, n_neighbors: int = 6, random_state: Any = 0) -> None:
        self.n_clusters = n_clusters
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        found = threshold_neighbors(X, n_neighbors=self.n_neighbors)
        return found, found.affinity()


class DSSC(GraphClusterer):
    """Doubly stochastic subspace clustering: least squares, then a projection (A-DSSC).

    The affinity is the doubly stochastic matrix nearest to the moduli of
    :func:`linsub.clustering.self_expressive_ridge`, over `eta`: no node has more weight than
    another, and none is isolated. An array of shape (n_samples, n_samples) is held.

    Parameters
    ----------
    n_clusters : int or "eigengap", optional
    alpha : float, optional
        Positive; of samples of norm 1.
    eta : float, optional
        Positive, relative to the median of the largest moduli of the rows: small values give a
        sparse graph, large ones a dense one.
    normalize : bool, optional
        Bring samples to norm 1 first; otherwise `alpha` is in the unit of ``||x||^2``.
    random_state : int, RandomState, Generator or None, optional

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,)
    n_clusters_ : int
    representation_ : linsub.clustering.SelfExpression
    projection_ : linsub.clustering.DoublyStochastic
    affinity_ : csr_array of shape (n_samples, n_samples)
    eigenvalues_ : ndarray
    certificate_ : linsub.clustering.SpectralCertificate
    info_ : linsub.results.Info
    report_ : str
    n_features_in_ : int

    Examples
    --------
    >>> from linsub.clustering import clustering_accuracy
    >>> from linsub.sklearn import DSSC
    >>> from linsub.testing import gallery
    >>> X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 40, rng=0)
    >>> clustering_accuracy(truth, DSSC(3).fit_predict(X))
    1.0
    """

    def __init__(
        self,
        n_clusters: Any = 8,
        *,
        alpha: float = 10.0,
        eta: float = 1.0,
        normalize: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.alpha = alpha
        self.eta = eta
        self.normalize = normalize
        self.random_state = random_state

    def _graph(self, X: np.ndarray, rng: Any) -> tuple[Any, Any]:
        found = self_expressive_ridge(X, alpha=self.alpha)
        K = found.affinity()
        largest = float(np.median(K.max(axis=1)))
        if largest > 0.0:
            K = K / largest
        self.projection_ = doubly_stochastic_projection(K, self.eta, tol=_ROW_SUMS)
        return found, self.projection_.A
