"""Calls of the metrics, for tests/test_family_inputs.py."""

import functools

import numpy as np

from linsub import clustering
from tests.calls import Call

LABELS = [0, 0, 1, 1, 1, 0]
# Labels are no array of numbers in the sense of that table: see test_agreement.py.
RECORDS = ("adjusted_rand", "clustering_accuracy", "normalized_mutual_info")


def _matrix(symmetric):
    X = np.random.default_rng(0).uniform(0.1, 1.0, (6, 6))
    return X + X.T if symmetric else X


CALLS = [
    Call(
        name,
        functools.partial(getattr(clustering, name), labels=LABELS),
        lambda argument=argument, name=name: {argument: _matrix(name == "connectivity")},
        complex=False,
    )
    for name, argument in (
        ("subspace_preserving_rate", "C"),
        ("subspace_preserving_error", "C"),
        ("connectivity", "W"),
    )
]
