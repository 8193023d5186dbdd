"""A valid call of each sketch."""

import numpy as np

from linsub.sketching import (
    OSNAP,
    SRCT,
    SRHT,
    CountSketch,
    Fastfood,
    GaussianSketch,
    RowSketch,
    SparseSign,
    fwht,
)
from tests.calls import Call

RECORDS = {"AdjointSketch", "Sketch"}


def _matrix():
    return {"A": np.random.default_rng(5).standard_normal((9, 3))}


def _padded():
    return {"x": np.random.default_rng(6).standard_normal((8, 3))}


CALLS = [
    Call("fwht", fwht, _padded),
    Call("RowSketch", lambda A: RowSketch(OSNAP(9, 4, rng=0)).update(A).result(), _matrix),
    *(
        Call(made.__name__, lambda A, made=made: made(9, 4, rng=0) @ A, _matrix)
        for made in (OSNAP, CountSketch, SparseSign, GaussianSketch, SRHT, SRCT, Fastfood)
    ),
    *(
        Call(
            f"{made.__name__}.amm_variance",
            lambda X, made=made: made(9, 4, rng=0).amm_variance(X),
            lambda: {"X": _matrix()["A"]},
        )
        for made in (OSNAP, SparseSign, GaussianSketch, SRHT, SRCT)
    ),
]
