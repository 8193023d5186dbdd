"""Valid calls of cosine bases and random subspaces."""

import numpy as np

from linsub.sketching import RandomSubspace, dct_select
from tests.calls import Call

RECORDS = {"DCTCertificate", "DCTSelection"}


def _gradient():
    return {"G": np.random.default_rng(7).standard_normal((6, 5))}


def _selected(norm, axis):
    def call(G):
        found = dct_select(G, 2, norm=norm, axis=axis)
        certificate = found.certificate
        return found.indices, found.coefficients, float(certificate.frobenius_error)

    return Call("dct_select", call, _gradient)


def _space(kind):
    return Call(
        "RandomSubspace",
        lambda z: RandomSubspace(7, 3, kind, theta0=np.arange(7.0), rng=0).point(z),
        lambda: {"z": np.array([1.0, -2.0, 0.5])},
    )


CALLS = [
    _selected(2, 1),
    _selected(1, 0),
    *(_space(kind) for kind in ("dense", "sparse", "fastfood")),
    Call(
        "RandomSubspace.rmatmat",
        lambda g: RandomSubspace(7, 3, "fastfood", rng=0).T @ g,
        lambda: {"g": np.linspace(-1.0, 1.0, 7)},
    ),
]
