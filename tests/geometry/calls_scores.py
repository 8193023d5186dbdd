"""Calls of scores and null directions, for tests/test_family_inputs.py."""

import numpy as np

from linsub import geometry
from tests.calls import Call

RECORDS = ("NullCertificate", "NullDirections", "PCAModel")


def _X():
    return np.random.default_rng(0).standard_normal((9, 4)) * [4.0, 2.0, 1.0, 0.5]


def _model(X):
    model = geometry.pca_model(X, rank=2)
    return model.mean, model.variances, model.noise, model.scores(X, "ppca")


def _null(A, v):
    found = geometry.nullspace_projection(A, v, 2)
    return found.directions, found.kept, float(found.certificate.leak)


CALLS = [
    Call("pca_model", _model, lambda: {"X": _X()}, complex=False),
    Call("nullspace_projection", _null, lambda: {"A": _X(), "v": np.arange(1.0, 5.0)}),
]
