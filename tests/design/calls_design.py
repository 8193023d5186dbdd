"""Valid calls of the public names of the family."""

import numpy as np

from linsub.design import discrete, repeated_dpp_sample, weighted_lstsq
from tests.calls import Call


def _features():
    return {"features": np.vander(np.linspace(-1.0, 1.0, 12), 3)}


def _fit():
    return {"Phi": _features()["features"], "y": np.cos(np.arange(12.0))}


CALLS = [
    Call("discrete", lambda features: discrete(features)(np.arange(12)), _features),
    Call(
        "repeated_dpp_sample",
        lambda features: repeated_dpp_sample(discrete(features), 2, rng=0),
        _features,
    ),
    Call("weighted_lstsq", lambda Phi, y: weighted_lstsq(Phi, y, np.arange(1.0, 13.0)), _fit),
]
RECORDS = {
    "Design",
    "DesignCertificate",
    "Features",
    "WeightedLstsqCertificate",
    "WeightedLstsqResult",
    "christoffel_sample",
    "fourier",
    "hermite",
    "legendre",
    "rescaled_volume_sample",
    "sample_size_christoffel",
    "stable_sample",
    "tensor",
}
