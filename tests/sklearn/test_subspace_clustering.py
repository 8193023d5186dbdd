"""Subspace clustering in linsub.sklearn: scikit-learn's own checks, digits, unions, hard input."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import sparse

from linsub.clustering import clustering_accuracy, k_subspaces
from linsub.errors import AccuracyWarning, InvalidInputError, InvalidTypeError
from linsub.sklearn import DSSC, LRRSC, LSRSC, SSCOMP, TSC, ElasticNetSC, KSubspaces
from linsub.testing import gallery, load_digits

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402

from tests.sklearn.own_checks import with_their_checks  # noqa: E402

BY_GRAPH = [DSSC, LRRSC, LSRSC, SSCOMP, TSC, ElasticNetSC]
ALL = [*BY_GRAPH, KSubspaces]


@with_their_checks(
    DSSC(),
    LRRSC(),
    LSRSC(),
    SSCOMP(),
    TSC(),
    ElasticNetSC(),
    KSubspaces(n_init=4, dim=1),
)
def test_scikit_learns_own_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)  # their samples are no unions
        check(estimator)
