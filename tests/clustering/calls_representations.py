"""Calls of the representations in closed form, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from tests.calls import Call

RECORDS = (
    "DoublyStochastic",
    "DoublyStochasticCertificate",
    "LowRankRepresentation",
    "SelfExpression",
    "SelfExpressionCertificate",
)


def _X():
    return np.random.default_rng(0).standard_normal((9, 4))


def _gram():
    return _X() @ _X().T


def _kernel():
    return np.exp(-np.abs(_gram()))


def _dense(result):
    C = result.C if hasattr(result, "C") else result.A
    return C if isinstance(C, np.ndarray) else C.toarray()


CALLS = [
    Call(
        "self_expressive_ridge",
        lambda X: clustering.self_expressive_ridge(X, alpha=0.5),
        lambda: {"X": _X()},
        complex=False,
    ),
    Call(
        "self_expressive_ridge.gram",
        lambda gram: clustering.self_expressive_ridge(gram=gram, alpha=0.5),
        lambda: {"gram": _gram()},
        complex=False,
    ),
    Call(
        "low_rank_representation",
        lambda X: clustering.low_rank_representation(X, tau=0.5).to_dense(),
        lambda: {"X": _X()},
        complex=False,
    ),
    Call(
        "threshold_neighbors",
        lambda X: _dense(clustering.threshold_neighbors(X, n_neighbors=2)),
        lambda: {"X": _X()},
        complex=False,
    ),
    Call(
        "doubly_stochastic_projection",
        lambda K: _dense(clustering.doubly_stochastic_projection(K, 0.2, tol=1e-12)),
        lambda: {"K": _kernel()},
        complex=False,
    ),
    Call(
        "sinkhorn_symmetric",
        lambda K: _dense(clustering.sinkhorn_symmetric(K, tol=1e-12)),
        lambda: {"K": _kernel()},
        complex=False,
    ),
    Call(
        "sinkhorn_symmetric.log_kernel",
        lambda log_kernel: _dense(clustering.sinkhorn_symmetric(log_kernel=log_kernel, tol=1e-12)),
        lambda: {"log_kernel": _gram()},
        complex=False,
    ),
]
