"""linsub.sklearn.PCAResidual: scikit-learn's own checks, and the scores of the library."""

import pickle

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.geometry import pca_model
from linsub.sklearn import PCAResidual

pytest.importorskip("sklearn")

from tests.sklearn.own_checks import with_their_checks


@with_their_checks(PCAResidual())
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", ["residual", "t2", "ppca"])
def test_scores_are_those_of_the_model(kind):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 6)) * [5.0, 3.0, 1.0, 0.5, 0.2, 0.1]
    scorer = PCAResidual(0.9, kind=kind).fit(X)
    model = pca_model(X, energy=0.9)
    np.testing.assert_allclose(scorer.score_samples(X), -model.scores(X, kind), rtol=1e-10)
    Z = scorer.transform(X)
    np.testing.assert_allclose(Z.var(axis=0, ddof=1), scorer.explained_variance_, rtol=1e-10)
    again = pickle.loads(pickle.dumps(scorer))
    np.testing.assert_array_equal(again.score_samples(X), scorer.score_samples(X))
    assert PCAResidual(n_components=2).fit(X).components_.shape == (2, 6)


def test_what_does_not_fit_is_named():
    X = np.random.default_rng(1).standard_normal((8, 3))
    with pytest.raises(InvalidInputError, match="energy"):
        PCAResidual(0.0).fit(X)
    with pytest.raises(InvalidInputError, match="kind"):
        PCAResidual(kind="other").fit(X).score_samples(X)
