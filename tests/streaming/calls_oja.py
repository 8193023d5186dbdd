"""Valid calls of Oja's rule, its relatives, trackers and protected subspaces."""

import numpy as np

from linsub.streaming import (
    BlockPowerPCA,
    HistoryPCA,
    OjaPCA,
    ProtectedSubspace,
    SubspaceTracker,
    oja,
    success_boost,
)
from tests.calls import Call


def _rows():
    rng = np.random.default_rng(3)
    return {"X": rng.standard_normal((40, 5)) * [3.0, 1.0, 1.0, 1.0, 0.5]}


def _matrix(name):
    return lambda: {name: np.random.default_rng(4).standard_normal((5, 3))}


def _runs():
    return {"U": np.random.default_rng(5).standard_normal((3, 6)) * 0.01 + np.eye(6)[2]}


def _updated(stream, X):
    return stream.update(X).result()


def _protected():
    protected = ProtectedSubspace(5)
    protected.update(np.eye(5)[:, :2])
    return protected


def _kept(R):
    protected = _protected()
    return [*protected.update(R), protected.basis @ protected.basis.T]


CALLS = [
    Call("oja", lambda X: oja(X, 0.05, rng=0), _rows, complex=False),
    Call("OjaPCA.update", lambda X: _updated(OjaPCA(2, rng=0), X), _rows, complex=False),
    Call(
        "OjaPCA.rate",
        lambda X: _updated(OjaPCA(2, "inverse", eta0=0.3, beta=3.0, rng=0), X),
        _rows,
        complex=False,
    ),
    Call("HistoryPCA", lambda X: _updated(HistoryPCA(2, batch=8, rng=0), X), _rows, complex=False),
    Call("BlockPowerPCA", lambda X: _updated(BlockPowerPCA(rng=0), X), _rows, complex=False),
    Call("SubspaceTracker", lambda X: _updated(SubspaceTracker(2, rng=0), X), _rows, complex=False),
    Call(
        "SubspaceTracker.grouse",
        lambda X: _updated(SubspaceTracker(2, "grouse", step=0.2, rng=0), X)[0],
        _rows,
        complex=False,
    ),
    Call("ProtectedSubspace.update", _kept, _matrix("R"), complex=False),
    Call(
        "ProtectedSubspace.energy",
        lambda R: _protected().energy(R),
        _matrix("R"),
        complex=False,
    ),
    Call(
        "ProtectedSubspace.project",
        lambda G: _protected().project(G),
        _matrix("G"),
        complex=False,
    ),
    Call(
        "ProtectedSubspace.project_update",
        lambda dW: _protected().project_update(dW),
        _matrix("dW"),
        complex=False,
    ),
    Call("success_boost", lambda U: success_boost(U, 0.01), _runs, complex=False),
]
RECORDS = {"BasisResult", "BoostResult", "OjaResult", "ProjectedUpdate", "ProtectionResult"}
