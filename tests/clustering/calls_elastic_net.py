"""Calls of the elastic net and of exemplars, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from tests.calls import Call

RECORDS = (
    "ElasticNetCertificate",
    "ExemplarExpression",
    "ExemplarExpressionCertificate",
    "Exemplars",
    "ExemplarsCertificate",
)


def _X():
    return np.random.default_rng(0).standard_normal((9, 4))


def _dense(result):
    return result.C.toarray()


CALLS = [
    Call(
        "self_expressive_elastic_net",
        lambda X: _dense(clustering.self_expressive_elastic_net(X, gamma=5.0)),
        lambda: {"X": _X()},
        complex=False,
    ),
    Call(
        "self_expressive_elastic_net.gram",
        lambda gram: _dense(clustering.self_expressive_elastic_net(gram=gram, gamma=5.0)),
        lambda: {"gram": _X() @ _X().T},
        complex=False,
    ),
    Call(
        "exemplar_selection",
        lambda X: clustering.exemplar_selection(X, 3, rng=0),
        lambda: {"X": _X()},
        complex=False,
    ),
    Call(
        "exemplar_expression",
        lambda X: clustering.exemplar_expression(X, 5, rng=0).W.toarray(),
        lambda: {"X": _X()},
        complex=False,
    ),
]
