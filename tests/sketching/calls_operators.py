"""A valid call of each sketch."""

import numpy as np

from linsub.sketching import OSNAP, CountSketch, Fastfood, GaussianSketch, fwht
from tests.calls import Call


def _matrix():
    return {"A": np.random.default_rng(5).standard_normal((9, 3))}


def _padded():
    return {"x": np.random.default_rng(6).standard_normal((8, 3))}


CALLS = [
    Call("fwht", fwht, _padded),
    *(
        Call(made.__name__, lambda A, made=made: made(9, 4, rng=0) @ A, _matrix)
        for made in (OSNAP, CountSketch, Fastfood, GaussianSketch)
    ),
]
