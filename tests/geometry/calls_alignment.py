"""Calls of canonical correlations and alignment; see tests/geometry/calls.py."""

import numpy as np

from linsub import geometry
from tests.calls import Call


def _views():
    rng = np.random.default_rng(1)
    shared = rng.standard_normal((60, 2)) * [3.0, 1.0]
    X = shared @ rng.standard_normal((2, 4)) + rng.standard_normal((60, 4))
    Y = shared @ rng.standard_normal((2, 3)) + rng.standard_normal((60, 3)) + 2.0
    return {"X": X, "Y": Y}


def _x():
    return {"X": _views()["X"]}


def _y():
    return {"Y": _views()["Y"]}


CCA = geometry.cca(*_views().values(), 2)
ALIGNED = geometry.align_subspaces(*_views().values(), 2)

CALLS = [
    Call("cca", lambda X, Y: geometry.cca(X, Y, 2), _views),
    Call("cca.ridge", lambda X, Y: geometry.cca(X, Y, 2, ridge=0.1), _views),
    Call("CCAResult.transform", lambda X: CCA.transform(X), _x),
    Call("CCAResult.transform_y", lambda Y: CCA.transform_y(Y), _y),
    Call("align_subspaces", lambda X, Y: geometry.align_subspaces(X, Y, 2), _views),
    Call(
        "align_subspaces.affine",
        lambda X, Y: geometry.align_subspaces(X, Y, 2, "affine"),
        _views,
    ),
    Call("AlignmentResult.transform", lambda X: ALIGNED.transform(X), _x),
    Call("AlignmentResult.target", lambda Y: ALIGNED.target(Y), _y),
    Call("linear_cka", geometry.linear_cka, _views),
    Call("linear_cka.unbiased", lambda X, Y: geometry.linear_cka(X, Y, unbiased=True), _views),
]
RECORDS = ("AlignmentResult", "CCAResult")
