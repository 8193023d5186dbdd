"""scikit-learn's own checks of estimators, as a decorator of a test."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

__all__ = ["with_their_checks"]


def with_their_checks(*estimators):
    """Parametrize ``test(estimator, check)`` over all checks.

    scikit-learn hands its cases over as a generator, which pytest deprecates: it is a list here.
    """
    made = parametrize_with_checks(list(estimators))
    names, cases = made.mark.args
    return pytest.mark.parametrize(names, list(cases), **made.mark.kwargs)
