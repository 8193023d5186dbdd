"""Arrays of another library go out as they came in, and 0-d ones are numbers."""

import numpy as np
import pytest

from linsub import geometry
from tests.geometry.angles import frame

xp = pytest.importorskip("array_api_strict")

RNG = np.random.default_rng(0)
F = frame(9, 6, RNG)
X, Y, Z = F[:, :2], (F[:, :2] + 0.3 * F[:, 2:4]) / np.sqrt(1.09), F[:, 1:5]
D = 0.3 * F[:, 2:4]
VIEWS = RNG.standard_normal((2, 30, 3))

CALLS = {
    "cs_decomposition": (X, Z),
    "principal_angles": (X, Z),
    "principal_vectors": (X, Z),
    "subspace_intersection": (X, Z),
    "subspace_sum": (X, Z),
    "subspace_complement": (X,),
    "grassmann_exp": (X, D, np.asarray(0.5)),
    "grassmann_log": (X, Y),
    "grassmann_geodesic": (X, Y, np.asarray([0.0, 0.5])),
    "grassmann_retract": (X, D),
    "parallel_transport": (X, D, D),
    "rank_one_geodesic_step": (X, F[:, 0] + F[:, 3], np.asarray(0.5)),
    "karcher_mean": ([X, Y],),
    "flag_mean": ([X, Y], 2),
    "perturbation_bounds": (X @ X.T, Y @ Y.T, 2),
    "cca": (*VIEWS, 2),
    "align_subspaces": (*VIEWS, 2),
}


def _converted(value):
    if isinstance(value, list):
        return [_converted(part) for part in value]
    return xp.asarray(value.copy()) if isinstance(value, np.ndarray) else value


def _arrays(result):
    """Return all arrays of a result, records within it included."""
    if isinstance(result, tuple):
        return [found for part in result for found in _arrays(part)]
    return [result] if hasattr(result, "shape") else []


@pytest.mark.parametrize("name", CALLS)
def test_results_are_of_the_kind_of_the_input(name):
    function = getattr(geometry, name)
    found = _arrays(function(*(_converted(value) for value in CALLS[name])))
    known = _arrays(function(*CALLS[name]))
    assert known
    for ours, numpys in zip(found, known, strict=True):
        assert isinstance(ours, type(xp.asarray(0.0)))
        np.testing.assert_allclose(np.asarray(ours), numpys, atol=1e-14)
