"""Valid calls of the public names of projection processes and volume sampling."""

import numpy as np

from linsub.dpp import projection_dpp, projection_logpmf
from tests.calls import Call


def _orthonormal():
    # Orthonormal in single precision too.
    H = np.array([[1.0, 1.0], [1.0, -1.0]])
    return {"U": 0.25 * np.kron(H, np.kron(H, np.kron(H, H)))[:, [3, 6, 13]]}


CALLS = [
    Call("projection_dpp", lambda U: projection_dpp(U, n_samples=3, rng=0), _orthonormal),
    Call("projection_logpmf", lambda U: projection_logpmf(U, [[0, 5, 7], [1, 2, 3]]), _orthonormal),
]
RECORDS = set()
