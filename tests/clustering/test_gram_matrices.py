"""Gram matrices that are none: told by every method that would go wrong by them."""

import numpy as np
import pytest

from linsub.clustering import (
    low_rank_representation,
    self_expressive_elastic_net,
    self_expressive_omp,
    self_expressive_ridge,
    threshold_neighbors,
)
from linsub.errors import InvalidInputError

METHODS = {
    "omp": lambda gram: self_expressive_omp(gram=gram, n_nonzero=2),
    "ols": lambda gram: self_expressive_omp(gram=gram, n_nonzero=2, selection="ols"),
    "elastic net": lambda gram: self_expressive_elastic_net(gram=gram, gamma=5.0),
    "ridge": lambda gram: self_expressive_ridge(gram=gram, alpha=0.01 * np.abs(gram).max()),
    "low rank": lambda gram: low_rank_representation(gram=gram),
    "thresholding": lambda gram: threshold_neighbors(gram=gram),
}

# All cosines are below 1, and an eigenvalue is -0.8.
FRUSTRATED = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
@pytest.mark.parametrize("name", METHODS)
def test_a_cosine_above_one_is_named(name, scale):
    gram = scale * np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 2.0], [0.5, 2.0, 1.5]])
    with pytest.raises(InvalidInputError, match=r"semidefinite: gram\[1, 2\].*pass X @ X\.T"):
        METHODS[name](gram)


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
@pytest.mark.parametrize("name", [name for name in METHODS if name != "thresholding"])
def test_a_negative_eigenvalue_is_told(name, scale):
    # Thresholding needs no more than cosines.
    with pytest.raises(
        InvalidInputError, match=r"gram is not positive semidefinite.*pass X @ X\.T"
    ):
        METHODS[name](scale * FRUSTRATED)


@pytest.mark.parametrize("name", METHODS)
def test_rounding_is_no_negative_eigenvalue(name):
    rng = np.random.default_rng(0)
    for sizes in (np.ones(30), np.logspace(0, -9, 30)):
        X = (rng.standard_normal((30, 2)) @ rng.standard_normal((2, 5))) * sizes[:, None]
        METHODS[name](X @ X.T)
        METHODS[name]((X.astype(np.float32) @ X.T.astype(np.float32)).astype(np.float32))
