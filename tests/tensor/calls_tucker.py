"""Calls of the Tucker decompositions, for tests/test_family_inputs.py."""

import numpy as np

from linsub import tensor
from tests.calls import Call

RECORDS = ("TuckerCertificate", "TuckerResult")


def _X():
    return np.random.default_rng(0).standard_normal((6, 5)) * [8.0, 4.0, 2.0, 1.0, 0.5]


def _found(made):
    """Return what does not depend on signs."""
    return made.to_dense(), made.certificate.relative_error, [U @ U.conj().T for U in made.factors]


def _call(name):
    return lambda X: _found(getattr(tensor, name)(X, (2, 3)))


CALLS = [Call(name, _call(name), lambda: {"X": _X()}) for name in ("sthosvd", "hosvd", "hooi")]
CALLS.append(
    Call(
        "tucker_to_dense",
        lambda core: tensor.tucker_to_dense(core, [np.eye(4, 3), np.ones((2, 2))]),
        lambda: {"core": _X()[:3, :2]},
    )
)
