"""A valid call of each sketch."""

import numpy as np

from linsub.sketching import OSNAP, CountSketch, GaussianSketch
from tests.calls import Call


def _matrix():
    return {"A": np.random.default_rng(5).standard_normal((9, 3))}


CALLS = [
    Call(made.__name__, lambda A, made=made: made(9, 4, rng=0) @ A, _matrix)
    for made in (OSNAP, CountSketch, GaussianSketch)
]
