"""Calls of K-subspaces, for tests/test_family_inputs.py."""

from linsub import clustering
from linsub.testing import gallery
from tests.calls import Call

RECORDS = ("KSubspacesCertificate", "KSubspacesResult")


def _found(X):
    labels, bases, means, cost = clustering.k_subspaces(X, 2, 1, n_init=5, rng=0)
    return labels, [U @ U.T for U in bases], means, cost


CALLS = [
    Call(
        "k_subspaces",
        _found,
        lambda: {"X": gallery.union_of_subspaces(2, 1, 3, 8, noise=0.05, rng=0)[0]},
        complex=False,
    )
]
