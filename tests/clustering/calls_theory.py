"""Calls of what theory says of a union of subspaces, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from tests.calls import Call

RECORDS = ("CodingRates", "Inradius", "Preservation")

LABELS = [0, 0, 0, 1, 1, 1]


def _lines():
    """Small whole numbers, so that single precision is exact and subspaces are what they are."""
    return np.array([[1.0, 0, 2], [2, 0, 4], [-1, 0, -2], [0, 3, 1], [0, 6, 2], [0, 3, 1]])


def _P():
    return np.array([[1.0, 2], [-2, 1], [2, 1], [1, -1], [0, 3]])


def _Z():
    return np.random.default_rng(0).standard_normal((6, 3))


def _bases():
    return [np.eye(3)[:, :1], np.eye(3)[:, 1:2]]


def _call(name, call, **arrays):
    return Call(name, call, lambda: {k: x() for k, x in arrays.items()}, complex=False)


CALLS = [
    Call(
        "subspace_affinity",
        clustering.subspace_affinity,
        lambda: {"U": _Z()[:, :2], "V": _Z()[:, 1:]},
    ),
    _call("inradius", lambda P: clustering.inradius(P, rng=0), P=_P),
    _call("dual_directions", clustering.dual_directions, P=_P),
    _call("subspace_incoherence", lambda X: clustering.subspace_incoherence(X, LABELS), X=_lines),
    _call(
        "preservation_certificate",
        lambda X: clustering.preservation_certificate(X, LABELS),
        X=_lines,
    ),
    _call(
        "coding_rate",
        lambda Z: clustering.coding_rate(Z, 0.3, weights=np.arange(6.0)),
        Z=_Z,
    ),
    _call(
        "coding_rate_reduction",
        lambda Z, membership: clustering.coding_rate_reduction(Z, membership=membership),
        Z=_Z,
        membership=lambda: np.full((6, 6), 1 / 12) + np.eye(6) / 2,
    ),
    _call(
        "molrg_posterior_mean",
        lambda x: clustering.molrg_posterior_mean(_bases(), x, 1.5, 0.5),
        x=_Z,
    ),
    _call("molrg_loss", lambda X: clustering.molrg_loss(_bases(), X, 1.5, 0.5), X=_Z),
]
