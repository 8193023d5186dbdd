"""Calls of the perturbation bounds; see tests/geometry/calls.py."""

import numpy as np

from linsub import geometry
from tests.calls import Call


def _pair():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((6, 4))
    return {"A": A, "B": A + 0.05 * rng.standard_normal((6, 4))}


CALLS = [Call("perturbation_bounds", lambda A, B: geometry.perturbation_bounds(A, B, 2), _pair)]
RECORDS = ("BoundReport",)
