"""Calls of the elastic net and of exemplars, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from tests.calls import Call

RECORDS = ("ElasticNetCertificate",)


def _X():
    return np.random.default_rng(0).standard_normal((9, 4))


def _dense(result):
    return result.C.toarray()


CALLS = [
    Call(
        "self_expressive_elastic_net",
        lambda X, weights: _dense(
            clustering.self_expressive_elastic_net(X, weights=weights, gamma=5.0)
        ),
        lambda: {"X": _X(), "weights": np.linspace(1.0, 2.0, 9)},
        complex=False,
    ),
    Call(
        "self_expressive_elastic_net.gram",
        lambda gram: _dense(clustering.self_expressive_elastic_net(gram=gram, gamma=5.0)),
        lambda: {"gram": _X() @ _X().T},
        complex=False,
    ),
]
