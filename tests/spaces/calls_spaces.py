"""Valid calls of spaces on labelled columns, over the reals and over exact fields."""

import numpy as np

from linsub.spaces import VectorSpace
from tests.calls import Call

__all__ = ["CALLS", "RECORDS"]

# Records, and functions of lists of edges, which tests/spaces/test_graphs.py tests on their own.
RECORDS = {"InverseLink", "LinkCertificate", "LinkedSpaces", "cut_space", "cycle_space", "k_sum"}


def _projector(V):
    return V.basis.T @ V.basis


def _real(basis):
    V = VectorSpace(basis, columns=list("abcdef"))
    return _projector(V), _projector(V.restrict(["a", "b"])), V.connectivity(["a", "b"])


def _prime(basis):
    V = VectorSpace(basis, 5)
    return V.basis, V.contract([0, 1, 2]).basis, V.dual().basis


def _rational(basis):
    V = VectorSpace(basis, "rational")
    return V.basis.astype(float), V.dual().basis.astype(float), V.rank


def _gaussian():
    return {"basis": np.random.default_rng(3).standard_normal((3, 6))}


def _integers():
    return {"basis": np.random.default_rng(4).integers(-9, 10, size=(3, 6)).astype(float)}


CALLS = [
    Call("VectorSpace", _real, _gaussian, complex=False),
    Call("VectorSpace.prime", _prime, _integers, complex=False),
    Call("VectorSpace.rational", _rational, _integers, complex=False),
]
