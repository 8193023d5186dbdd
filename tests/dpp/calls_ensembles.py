"""A valid call of each public name about ensembles."""

import numpy as np

from linsub.dpp import (
    KDPP,
    LEnsemble,
    dpp_map_greedy,
    dpp_mcmc,
    esp_marginals,
    log_esp,
    sequential_dpp,
    sequential_dpp_lowrank,
)
from tests.calls import Call

RECORDS = ("GreedyMAP", "SequentialSample")


def _features():
    return np.random.default_rng(7).standard_normal((6, 4))


def _kernel():
    B = _features()
    return B @ B.T + np.diag([1.0, 0.2, 0.3, 0.4, 0.5, 0.6])


def _marginal():
    L = _kernel()
    return np.linalg.solve(np.eye(6) + L, L)


def _read(ensemble):
    """What an ensemble says and draws."""
    conditioned = ensemble.condition([0], [1])
    return (
        ensemble.eigvals,
        ensemble.expected_size,
        ensemble.var_size,
        ensemble.size_pmf(),
        ensemble.marginals(),
        ensemble.marginals([0, 2]),
        ensemble.marginal_kernel(),
        ensemble.logpmf([1, 3]),
        ensemble.scale_to(2.0).expected_size,
        conditioned.marginals(),
        ensemble.sample(3, rng=0),
        ensemble.sample(2, rng=0, method="sequential"),
    )


def _of_eigh(lam, V):
    ensemble = LEnsemble.from_eigh(lam, V)
    return ensemble.marginals(), ensemble.logpmf([0]), ensemble.sample(3, rng=0)


def _of_k(L):
    dpp = KDPP(L, 3)
    return dpp.log_normalizer, dpp.logpmf([0, 1, 2]), dpp.marginals(), dpp.sample(2, rng=1)


CALLS = [
    Call(
        "LEnsemble.from_kernel", lambda L: _read(LEnsemble.from_kernel(L)), lambda: {"L": _kernel()}
    ),
    Call(
        "LEnsemble.from_features",
        lambda B: _read(LEnsemble.from_features(B)),
        lambda: {"B": _features()},
    ),
    Call(
        "LEnsemble.from_marginal",
        lambda K: _read(LEnsemble.from_marginal(K)),
        lambda: {"K": _marginal()},
    ),
    Call(
        "LEnsemble.from_eigh",
        _of_eigh,
        lambda: {
            "lam": np.array([0.5, 2.0]),
            "V": 0.5 * np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [1.0, -1.0]]),
        },
    ),
    Call("KDPP", _of_k, lambda: {"L": _kernel()}),
    Call("log_esp", lambda lam: log_esp(lam, 2), lambda: {"lam": np.arange(4.0)}, complex=False),
    Call(
        "esp_marginals",
        lambda lam: esp_marginals(lam, 2),
        lambda: {"lam": np.arange(4.0)},
        complex=False,
    ),
    Call("sequential_dpp", lambda K: sequential_dpp(K, rng=0), lambda: {"K": _marginal()}),
    Call(
        "sequential_dpp_lowrank",
        lambda Z, W: sequential_dpp_lowrank(Z, W, rng=0),
        lambda: {"Z": np.linalg.qr(_features()[:, :2])[0], "W": np.diag([0.5, 0.8])},
    ),
    Call("dpp_map_greedy", lambda L: dpp_map_greedy(L, k=3), lambda: {"L": _kernel()}),
    Call(
        "dpp_map_greedy.features",
        lambda features: dpp_map_greedy(features=features, k=3),
        lambda: {"features": _features()},
    ),
    Call("dpp_mcmc", lambda L: dpp_mcmc(L, 3, 4, rng=0), lambda: {"L": _kernel()}),
]
