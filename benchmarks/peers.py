"""The peers' truncated SVDs, each with its own defaults, and the knob of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from linsub.bench.contenders import (
    ARPACK,
    LAPACK,
    LINSUB,
    PROPACK,
    SEED,
    Solver,
    Work,
    is_single,
    matrix_bytes,
    product_flops,
)

SKLEARN_OVERSAMPLES = 10
TRUNCATED_ITERATIONS = 5


def sklearn_randomized(A: Any, rank: int, n_iter: int | str = "auto") -> Any:
    """scikit-learn's randomized_svd."""
    from sklearn.utils.extmath import randomized_svd

    return randomized_svd(A, rank, n_iter=n_iter, random_state=SEED)


def sklearn_truncated(A: Any, rank: int, n_iter: int = TRUNCATED_ITERATIONS) -> Any:
    """scikit-learn's TruncatedSVD; the estimator keeps U S rather than U."""
    from sklearn.decomposition import TruncatedSVD

    model = TruncatedSVD(rank, n_iter=n_iter, random_state=SEED)
    US = model.fit_transform(A)
    S = model.singular_values_
    return US / np.where(S > 0.0, S, 1.0), S, model.components_


def fbpca_pca(A: Any, rank: int, n_iter: int = 2) -> Any:
    """fbpca without centring; it draws from NumPy's global state."""
    import fbpca

    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(SEED)  # noqa: NPY002
    try:
        return fbpca.pca(A, rank, raw=True, n_iter=n_iter)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def lobpcg(A: Any, rank: int, tol: float = 0.0) -> Any:
    """SciPy's svds with LOBPCG."""
    from scipy.sparse.linalg import svds

    rng = np.random.default_rng(SEED)
    U, S, Vh = svds(A, k=rank, solver="lobpcg", tol=tol, rng=rng)
    order = np.argsort(-S)
    return U[:, order], S[order], Vh[order]


def gesvd(A: Any, rank: int) -> Any:
    """SciPy's gesvd: the QR iteration."""
    from scipy.linalg import svd

    U, S, Vh = svd(A, full_matrices=False, lapack_driver="gesvd")
    return U[:, :rank], S[:rank], Vh[:rank]


def dask_compressed(A: Any, rank: int, n_power_iter: int = 0) -> Any:
    """dask's svd_compressed over blocks of rows, on one thread like everybody here."""
    import dask
    import dask.array as da

    height = max(1, min(A.shape[0], (1 << 24) // (A.shape[1] * A.itemsize)))
    blocks = da.from_array(A, chunks=(height, A.shape[1]))
    parts = da.linalg.svd_compressed(blocks, rank, n_power_iter=n_power_iter, seed=SEED)
    with dask.config.set(scheduler="synchronous"):
        return dask.compute(*parts)


def _randomized_work(
    A: Any, rank: int, setting: Mapping[str, Any], extra: int, default: int
) -> Work:
    # One product to begin, two a power iteration, one to project.
    products = 2 * int(setting.get("n_iter", default)) + 2
    columns = min(rank + extra, *A.shape)
    flops = products * columns * product_flops(A)
    return Work(flops, products * matrix_bytes(A), is_single(A))


def _sklearn_work(A: Any, rank: int, setting: Mapping[str, Any], answer: Any) -> Work:
    automatic = 7 if rank < 0.1 * min(A.shape) else 4
    return _randomized_work(A, rank, setting, SKLEARN_OVERSAMPLES, automatic)


def _truncated_work(A: Any, rank: int, setting: Mapping[str, Any], answer: Any) -> Work:
    return _randomized_work(A, rank, setting, SKLEARN_OVERSAMPLES, TRUNCATED_ITERATIONS)


def _fbpca_work(A: Any, rank: int, setting: Mapping[str, Any], answer: Any) -> Work:
    return _randomized_work(A, rank, setting, 2, 2)


SKLEARN = Solver(
    "sklearn randomized_svd",
    sklearn_randomized,
    knob="n_iter",
    values=(0, 2, 4, 7, 12, 20),
    kinds=("dense", "sparse", "memmap"),
    work=_sklearn_work,
    requires=("sklearn",),
)
TRUNCATED = Solver(
    "sklearn TruncatedSVD",
    sklearn_truncated,
    kinds=("dense", "sparse"),
    work=_truncated_work,
    requires=("sklearn",),
)
FBPCA = Solver(
    "fbpca",
    fbpca_pca,
    knob="n_iter",
    values=(0, 4, 8, 16),
    kinds=("dense", "sparse"),
    work=_fbpca_work,
    requires=("fbpca",),
)
LOBPCG = Solver("scipy lobpcg", lobpcg, kinds=("dense", "sparse"))
GESVD = Solver("scipy gesvd", gesvd)
DASK = Solver(
    "dask svd_compressed",
    dask_compressed,
    knob="n_power_iter",
    values=(2, 4),
    kinds=("dense", "memmap"),
    requires=("dask",),
)

FAST = (LINSUB, ARPACK, PROPACK, SKLEARN, TRUNCATED, FBPCA)
ALL = (LINSUB, LAPACK, ARPACK, PROPACK, LOBPCG, SKLEARN, TRUNCATED, FBPCA, DASK)


# What users write when a function takes a rank and they have an error: try, double, cut.
FIRST_RANK = 16


def sklearn_doubling(A: Any, error: float) -> Any:
    """randomized_svd with a rank that doubles until the error is reached, then cut."""
    return _doubling(A, error, sklearn_randomized)


def arpack_doubling(A: Any, error: float) -> Any:
    """ARPACK with a rank that doubles until the error is reached, then cut."""
    return _doubling(A, error, ARPACK.solve)


def _doubling(A: Any, error: float, solve: Any) -> Any:
    total = float(np.linalg.norm(A)) ** 2
    rank = FIRST_RANK
    while True:
        rank = min(rank, min(A.shape) - 1)
        U, S, Vh = solve(A, rank)
        missing = total - np.cumsum(S**2)
        reached = np.flatnonzero(missing <= error**2 * total)
        if reached.size or rank == min(A.shape) - 1:
            keep = int(reached[0]) + 1 if reached.size else rank
            return U[:, :keep], S[:keep], Vh[:keep]
        rank *= 2
