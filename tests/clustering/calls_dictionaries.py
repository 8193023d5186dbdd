"""Calls of learned dictionaries, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from tests.calls import Call

RECORDS = ("LearnedDictionary", "LearnedDictionaryCertificate")


def _Y():
    return np.random.default_rng(0).standard_normal((20, 4))


def _ksvd(Y, **options):
    D, codes, cost = clustering.ksvd(
        Y, 3, 1, maxiter=2, tol=0.0, on_fail="return", rng=0, **options
    )
    return D, codes.toarray(), cost


def _orthogonal(Y, **options):
    D, codes, cost = clustering.orthogonal_dictionary(
        Y, 1, maxiter=2, tol=0.0, on_fail="return", rng=0, **options
    )
    return D, codes.toarray(), cost


CALLS = [
    Call(
        "ksvd",
        lambda Y: _ksvd(Y),
        lambda: {"Y": _Y()},
        complex=False,
    ),
    Call(
        "orthogonal_dictionary",
        lambda Y: _orthogonal(Y),
        lambda: {"Y": _Y()},
        complex=False,
    ),
]
