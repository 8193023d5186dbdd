"""What a stream of appends and truncations knows about its own error.

A step takes the matrix kept so far beside the new columns, ``M = [U S, C]``, keeps ``M W``
for some W with orthonormal columns and discards ``M (I - W W^H)``, whose singular values are
``d_{t,1} >= d_{t,2} >= ...``. For rows read A^H.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.errors import InvalidInputError
from linsub.svd.bounds._checks import as_count, as_nonnegative, as_spectrum
from linsub.svd.bounds.perturbation import tail

__all__ = [
    "carried_error",
    "carried_sigma_enclosure",
    "carried_spectral_error",
    "hapod_error",
    "hapod_tolerance",
    "merge_rounding",
    "merge_tree_error",
    "threshold_error",
]

# Sums of n products are wrong by a small multiple of sqrt(n) eps in fact (Higham & Mary 2019).
_MULTIPLE = 4.0


def _hypot(values: Any, name: str) -> float:
    sizes = np.asarray(values, dtype=np.float64).ravel()
    if sizes.size and not sizes.min() >= 0.0:
        raise InvalidInputError(f"{name} must not be negative or nan")
    return float(np.hypot.reduce(sizes, initial=0.0))


def carried_error(discarded: Any, *, earlier: float = 0.0, rounding: float = 0.0) -> float:
    """Error of an incremental SVD from what its steps discarded: T1.

    ``||A - U S V^H||_F^2 = sum_t ||D_t||_F^2``, an equality, while only columns (or only
    rows) are appended, for chains and trees of merges alike.

    Parameters
    ----------
    discarded : one-dimensional array_like
        ``||D_t||_F`` of the steps since the direction of appending last changed.
    earlier : float, optional
        The error at that change. After it the equality is lost and the triangle inequality
        is left: ``e <= earlier + sqrt(sum_t ||D_t||_F^2)``.
    rounding : float, optional
        The sum of :func:`merge_rounding` over the steps.

    Notes
    -----
    By induction ``E_t V_t = 0``: the new error is ``[E, 0] + D_t Z^H`` with
    ``Z = diag(V, I)``, and ``V_t = Z W``. The two terms are orthogonal since
    ``[E, 0] Z = [E V, 0] = 0``, and both vanish on V_t. W need not hold singular vectors, and
    U need not be orthonormal. A factor f of forgetting multiplies what came before by f.
    """
    return (
        as_nonnegative(earlier, "earlier")
        + _hypot(discarded, "discarded")
        + as_nonnegative(rounding, "rounding")
    )


def carried_spectral_error(top: Any, *, earlier: float = 0.0, rounding: float = 0.0) -> float:
    """Spectral error of an incremental SVD: ``||A - U S V^H||_2 <= sqrt(sum_t d_{t,1}^2)``.

    Parameters
    ----------
    top : one-dimensional array_like
        ``d_{t,1} = ||D_t||_2`` of the steps since the direction last changed.
    earlier, rounding : float, optional
        As in :func:`carried_error`.

    Notes
    -----
    ``E E^H = sum_t D_t D_t^H`` (T1), and norms of positive semidefinite matrices add.
    Attained by steps that discard one direction again and again.
    """
    return carried_error(top, earlier=earlier, rounding=rounding)


def carried_sigma_enclosure(
    S: Any, error: float, spectral_error: float = np.inf, *, rounding: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Enclosure of sigma_i(A) by the S of an incremental SVD: T2.

    ``S_i <= sigma_i(A) <= sqrt(S_i^2 + delta)``, ``delta = min(error, spectral_error)^2``, for
    i <= k, and ``sigma_{k+1}(A) <= sqrt(delta)``, while only columns (or rows) are appended.

    Parameters
    ----------
    S : array_like (k,)
        Singular values of U S V^H, descending.
    error, spectral_error : float
        :func:`carried_error` and :func:`carried_spectral_error`, without rounding.
    rounding : float, optional
        Widens the enclosure on both sides.

    Returns
    -------
    lower, upper : ndarray (k,)

    Notes
    -----
    ``A A^H = U S^2 U^H + E E^H`` since ``E V = 0``, and ``0 <= E E^H <= delta I``.
    """
    values = as_spectrum(S, "S")
    rounding = as_nonnegative(rounding, "rounding")
    delta = min(as_nonnegative(error, "error"), as_nonnegative(spectral_error, "spectral_error"))
    return np.maximum(values - rounding, 0.0), np.hypot(values, delta) + rounding


def merge_tree_error(sigma: Any, k: int, levels: int) -> float:
    """A-priori error of trees and chains: ``||A - U S V^H||_F <= sqrt(L) tail_k(A)``: T3.

    Parameters
    ----------
    sigma : array_like
        Singular values of A, descending.
    k : int
        The rank kept by every truncation.
    levels : int
        L, the levels of truncation: the depth of the tree with its leaves; for a chain the
        number of its blocks.

    Notes
    -----
    What a node truncates, N, has ``N N^H <= A_node A_node^H``, so that it discards at most
    ``tail_k(A_node)``. The nodes of one level hold disjoint columns of A, and
    ``sum tail_k(A_node)^2 <= tail_k(A)^2`` since the parts of A_k have rank at most k. T1 adds
    the levels.

    References
    ----------
    Iwen and Ong, SIAM J. Matrix Anal. Appl. 37 (2016), theorem 3, has a factor that grows
    exponentially with the depth.
    """
    return tail(sigma, as_count(k, "k")) * float(np.sqrt(as_count(levels, "levels", 1)))


def threshold_error(tol: float, steps: int) -> float:
    """Spectral error of steps that discard below a threshold: ``sqrt(T) tol``.

    Parameters
    ----------
    tol : float
        At least every discarded singular value.
    steps : int
        T, the truncations.

    Notes
    -----
    T1 with ``d_{t,1} <= tol``. With one column a step this is Zhang's ``sqrt(n) tol``, attained
    where the discarded directions agree; the additive ``n tol`` came before it.

    References
    ----------
    Zhang, arXiv 2204.05398; Fareed and Singler, arXiv 1803.06313.
    """
    return as_nonnegative(tol, "tol") * float(np.sqrt(as_count(steps, "steps")))


def hapod_tolerance(
    error: float, omega: float, columns: int, total: int, depth: int, *, root: bool
) -> float:
    """Local tolerance of a hierarchical approximate POD, for the discarded Frobenius norm.

    ``sqrt(total) omega error`` at the root, and
    ``sqrt(columns) sqrt(1 - omega^2) / sqrt(depth - 1) error`` at the other nodes.

    Parameters
    ----------
    error : float
        Mean l2 error to reach, ``sqrt(sum_j ||a_j - U U^H a_j||^2 / total) <= error``.
    omega : float
        In (0, 1): how much of it the root may spend.
    columns : int
        Snapshots under the node.
    total : int
        Snapshots in all.
    depth : int
        Levels of the tree, the root's included.
    root : bool

    References
    ----------
    Himpe, Leibner and Rave, SIAM J. Sci. Comput. 40 (2018), arXiv 1607.05210, theorem 1.
    """
    error = as_nonnegative(error, "error")
    if not 0.0 < omega < 1.0:
        raise InvalidInputError(f"omega must be in (0, 1), got {omega}")
    if root:
        return float(np.sqrt(as_count(total, "total"))) * omega * error
    depth = as_count(depth, "depth", 2)
    share = np.sqrt((1.0 - omega) * (1.0 + omega) / (depth - 1))
    return float(np.sqrt(as_count(columns, "columns")) * share) * error


def hapod_error(tolerances: Any) -> float:
    """Error of a hierarchical approximate POD from the tolerances of its nodes.

    ``||A - U U^H A||_F <= ||A - U S V^H||_F <= sqrt(sum_nodes tolerance^2)``; with those of
    :func:`hapod_tolerance` this is at most ``sqrt(total) error``.

    Notes
    -----
    T1. One level below the root spends ``(1 - omega^2) / (depth - 1) error^2`` times its
    columns, at most `total` of them; there are depth - 1 such levels.
    """
    return _hypot(tolerances, "tolerances")


def merge_rounding(norm: float, order: int, eps: float) -> float:
    """Rounding of one merge of a matrix M of `order` columns: ``8 sqrt(order) eps ||M||_F``.

    It is what the stored ``fl(M W)`` and the departure of W from orthonormal columns add to
    ``M W``: half of it each, by the model of Higham and Mary (2019) for products and the
    backward error of LAPACK's eigenvectors.
    """
    size = float(np.sqrt(as_count(order, "order", 0)))
    return 2.0 * _MULTIPLE * size * as_nonnegative(eps, "eps") * as_nonnegative(norm, "norm")
