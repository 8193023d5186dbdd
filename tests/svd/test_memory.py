"""Peak memory is what the docstring of truncated_svd says."""

import tracemalloc

import numpy as np
import pytest

from linsub.svd import truncated_svd


def peak(A, rank, **options):
    truncated_svd(A, rank, rng=0, **options)  # imports and caches are not the call's own
    tracemalloc.start()
    result = truncated_svd(A, rank, rng=0, **options)
    high = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return high, result


@pytest.mark.parametrize("shape", [(5000, 800), (1200, 1200), (800, 5000)])
@pytest.mark.parametrize("rank", [5, 40])
@pytest.mark.parametrize("tol", [1e-10, 1e-8, 1e-4])
def test_lanczos(shape, rank, tol):
    m, n = shape
    A = np.random.default_rng(0).standard_normal(shape) / np.arange(1, n + 1)
    high, result = peak(A, rank, tol=tol, method="lanczos")
    assert result.info.method == "lanczos"
    b = result.info.details["block"]
    d = max(4 * rank, rank + max(14 * b, 92))
    allowed = 8 * (max(m, n) * (d + 3 * b) + 12 * (m + n) * rank)
    allowed += 4 * A.size if tol >= 1e-9 else 0
    assert high <= allowed + 200_000  # small objects and the digits of the formula
    if tol < 1e-9:
        assert high < A.nbytes  # no copy of A


def test_a_memory_map_is_not_copied(tmp_path):
    A = np.random.default_rng(0).standard_normal((4000, 600)) / np.arange(1, 601)
    np.save(tmp_path / "A.npy", A)
    high, result = peak(np.load(tmp_path / "A.npy", mmap_mode="r"), 10, method="lanczos")
    assert result.info.method == "lanczos"
    assert high < A.nbytes / 4


@pytest.mark.parametrize("shape", [(6000, 200), (200, 6000)])
def test_gram(shape):
    m, n = shape
    A = np.random.default_rng(0).standard_normal(shape)
    high, result = peak(A, 20, method="gram")
    assert result.info.method == "gram"
    assert high <= 8 * (4 * min(shape) ** 2 + 6 * (m + n) * 20) + 200_000


@pytest.mark.parametrize("shape", [(900, 300), (400, 400), (300, 900)])
def test_lapack(shape):
    m, n = shape
    A = np.random.default_rng(0).standard_normal(shape)
    high, result = peak(A, 20, method="lapack")
    assert result.info.method == "lapack"
    assert high <= 8 * (4 * m * n + 4 * min(shape) ** 2) + 200_000
