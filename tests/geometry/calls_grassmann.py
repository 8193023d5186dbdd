"""Valid calls of geodesics, logarithms, transports, means and steps."""

import numpy as np

from linsub import geometry
from tests.calls import Call

__all__ = ["CALLS", "RECORDS"]

RECORDS = ("FlagMean", "GrassmannLog", "KarcherCertificate", "KarcherMean")


def _pair():
    """Return bases that single precision holds exactly, at the angles 0 and 60 degrees."""
    X, Y = np.zeros((9, 2)), np.zeros((9, 2))
    X[0, 0] = X[4, 1] = Y[4, 1] = 1.0
    Y[:4, 0] = 0.5
    return {"X": X, "Y": Y}


def _tangent():
    X = _pair()["X"]
    D = np.random.default_rng(1).standard_normal(X.shape)
    D[[0, 4]] = 0.0
    return {"X": X, "D": D}


def _two_tangents():
    H = np.random.default_rng(2).standard_normal((9, 2))
    H[[0, 4]] = 0.0
    return {**_tangent(), "H": H}


def _step():
    return {"S": _pair()["X"], "x": np.random.default_rng(2).standard_normal(9)}


def _projector(Q):
    return Q @ Q.conj().T


def _log(X, Y):
    found = geometry.grassmann_log(X, Y)
    return found.D, found.angles, found.unique


def _karcher(Xs):
    found = geometry.karcher_mean([Xs, _pair()["Y"]])
    return _projector(found.X), found.angles, found.certificate.gradient_norm.value


def _flag(Xs):
    found = geometry.flag_mean([Xs, _pair()["Y"]], 2)
    return _projector(found.X), found.eigenvalues, found.gap


def _one():
    return {"Xs": _pair()["X"]}


CALLS = [
    Call("grassmann_exp", lambda X, D: geometry.grassmann_exp(X, D, 0.5), _tangent),
    Call("grassmann_log", _log, _pair),
    Call("grassmann_geodesic", lambda X, Y: geometry.grassmann_geodesic(X, Y, 0.3), _pair),
    Call("grassmann_retract", lambda X, D: geometry.grassmann_retract(X, D), _tangent),
    Call(
        "grassmann_retract.qr",
        lambda X, D: geometry.grassmann_retract(X, D, method="qr"),
        _tangent,
    ),
    Call("parallel_transport", lambda X, D, H: geometry.parallel_transport(X, D, H), _two_tangents),
    Call(
        "rank_one_geodesic_step",
        lambda S, x: geometry.rank_one_geodesic_step(S, x, 0.1),
        _step,
    ),
    Call("karcher_mean", _karcher, _one),
    Call("flag_mean", _flag, _one),
]
