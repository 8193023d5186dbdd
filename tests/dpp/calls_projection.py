"""Valid calls of the public names of projection processes and volume sampling."""

import numpy as np

from linsub.dpp import (
    projection_dpp,
    projection_logpmf,
    volume_logpmf,
    volume_lstsq,
    volume_sample,
)
from tests.calls import Call


def _orthonormal():
    # Orthonormal in single precision too.
    H = np.array([[1.0, 1.0], [1.0, -1.0]])
    return {"U": 0.25 * np.kron(H, np.kron(H, np.kron(H, H)))[:, [3, 6, 13]]}


def _rows():
    X = np.vander(np.linspace(-1.0, 1.0, 10), 3)
    return {"X": X}


def _regression():
    return {**_rows(), "y": np.cos(np.arange(10.0))}


CALLS = [
    Call("projection_dpp", lambda U: projection_dpp(U, n_samples=3, rng=0), _orthonormal),
    Call("projection_logpmf", lambda U: projection_logpmf(U, [[0, 5, 7], [1, 2, 3]]), _orthonormal),
    Call("volume_sample", lambda X: volume_sample(X, 5, n_samples=3, rng=0), _rows),
    Call("volume_logpmf", lambda X: volume_logpmf(X, [[0, 5, 7, 8], [1, 2, 3, 4]]), _rows),
    Call("volume_lstsq", lambda X, y: volume_lstsq(X, y, 9, rng=0), _regression),
    Call(
        "volume_lstsq.rescaled",
        lambda X, y: volume_lstsq(X, y, 9, kind="rescaled", rng=0),
        _regression,
    ),
]
RECORDS = {"VolumeLstsqCertificate", "VolumeLstsqResult", "hermite_dpp", "jacobi_dpp"}
