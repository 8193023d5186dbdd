"""Thin scikit-learn estimators over the functions of linsub.

The only place with scikit-learn's conventions (``fit``, ``random_state``, attributes that
end in an underscore). Importing it works without scikit-learn; with scikit-learn installed
the estimators are full members of it: pipelines, ``set_output``, ``get_feature_names_out``.
"""

from __future__ import annotations

from linsub.sklearn.incremental_pca import IncrementalPCA
from linsub.sklearn.pca_residual import PCAResidual
from linsub.sklearn.subspace_clustering import DSSC, LRRSC, LSRSC, SSCOMP, TSC, ElasticNetSC
from linsub.sklearn.svd import TruncatedSVD
from linsub.sklearn.unions import EnsembleKSubspaces, KSubspaces

__all__ = [
    "DSSC",
    "LRRSC",
    "LSRSC",
    "SSCOMP",
    "TSC",
    "ElasticNetSC",
    "EnsembleKSubspaces",
    "IncrementalPCA",
    "KSubspaces",
    "PCAResidual",
    "TruncatedSVD",
]
