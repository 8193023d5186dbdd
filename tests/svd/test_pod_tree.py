"""HAPOD: the tolerance is kept on hard snapshots, with few modes."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import sparse

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svd import hapod
from linsub.testing import gallery


@example(seed=56057, tree="chain", error=0.1, omega=0.75)  # blocks of zeros at a tiny scale
@given(
    seed=st.integers(0, 2**32 - 1),
    tree=st.sampled_from(["chain", "binary"]),
    error=st.sampled_from([0.0, 1e-8, 1e-3, 0.1, 1.0]),
    omega=st.sampled_from([0.1, 0.75, 0.99]),
)
def test_the_mean_error_is_kept(seed, tree, error, omega):
    rng = np.random.default_rng(seed)
    case = gallery.case(seed, seed % 97, max_side=30, scales=(1.0, 1e-300, 1e300))
    A = case.A
    n = A.shape[1]
    exponent = int(np.frexp(float(np.abs(A).max(initial=0.0)))[1])
    cuts = np.sort(rng.integers(0, n + 1, 4))
    absolute = float(np.ldexp(error, exponent)) if A.dtype.itemsize > 4 else error * 2.0**exponent
    blocks = np.split(A, cuts, axis=1)
    result = hapod(blocks, absolute, omega=omega, tree=tree)
    assert result.Vh is None
    wide = (A.astype("D" if A.dtype.kind == "c" else "d") * 2.0**-exponent).astype("D")
    U = result.U.astype("D")
    reached = np.linalg.norm(wide - U @ (U.conj().T @ wide)) / np.sqrt(max(n, 1))
    eps = float(np.finfo(A.dtype).eps)
    rounding = 60 * eps * np.linalg.norm(wide)
    assert reached <= error + rounding
    assert reached <= float(result.info.details["mean_error"]) * 2.0**-exponent + rounding
    sigma = np.linalg.svd(wide, compute_uv=False)
    tails = np.sqrt(np.cumsum(sigma[::-1] ** 2)[::-1])
    allowed = max(0.999999 * omega * error * np.sqrt(n) - rounding, 0.0)
    assert result.U.shape[1] <= np.count_nonzero(tails > allowed)


def test_sparse_blocks_and_the_right_side():
    A = sparse.random_array((60, 50), density=0.1, rng=0, format="csr")
    result = hapod([A[:, :20], A[:, 20:].tocsc()], 0.05, keep_right=True)
    dense = A.toarray()
    error = np.linalg.norm(dense - (result.U * result.S) @ result.Vh)
    assert error <= 0.05 * np.sqrt(50)
    assert error <= float(result.certificate.frobenius_error)


@pytest.mark.parametrize(
    ("blocks", "options", "error", "text"),
    [
        ([], {}, InvalidInputError, "blocks is empty"),
        (iter([np.eye(2)]), {}, InvalidTypeError, "sequence"),
        ([np.eye(2), np.eye(3)], {}, InvalidInputError, r"blocks\[1\] has 3 rows"),
        ([np.eye(2), np.full((2, 2), np.nan)], {}, NonFiniteError, r"blocks\[1\]\[0, 0\] is nan"),
        ([np.eye(2)], {"omega": 1.0}, InvalidInputError, "omega"),
        ([np.eye(2)], {"tree": "oak"}, InvalidInputError, "tree"),
        ([np.eye(2)], {"error": -1.0}, InvalidInputError, "error"),
    ],
)
def test_bad_arguments(blocks, options, error, text):
    with pytest.raises(error, match=text):
        hapod(blocks, **{"error": 0.1, **options})


def test_the_package_offers_it():
    assert linsub.hapod is hapod
