"""A two-sided bound on the joint error from one truncating pass over the blocks."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense.eigh import eigenvalues
from linsub._core.dense.qr import r_factor
from linsub._core.dense.svd import svd
from linsub.concat import bounds
from linsub.concat.collection import Collection, collect
from linsub.concat.joint import joint_gram
from linsub.concat.norm_bounds import OF, squares_rounding
from linsub.concat.panels import panel_width, panels
from linsub.concat.result import ConcatBounds, ConcatBoundsCertificate
from linsub.results import Bound, Info, Origin

__all__ = ["concat_svd_bounds"]

# Directions kept beyond the rank. What is discarded is then below sigma_{r+10}, which closes
# the gap between the bounds on all but flat spectra; a merge costs little more.
_OVERSAMPLE = 10

# Below this many columns a merge costs mostly its calls.
_NARROWEST = 128

METHODS = ("auto", "gram", "chain")

# Up to this height the Gram matrix of the rows is taken first, as for the joint SVD.
_GRAM_HEIGHT = 2000

# The Gram matrix is taken where the squares that it gives are right to this.
_GRAM_ACCURACY = 1e-3


def concat_svd_bounds(
    blocks: Any,
    rank: int,
    *,
    method: Literal["auto", "gram", "chain"] = "auto",
    oversample: int = _OVERSAMPLE,
    check_finite: bool = True,
) -> ConcatBounds:
    """Enclose the relative error of a joint truncation, without an SVD of the concatenation.

    ``lower <= E_r(M) <= upper`` with ``E_r(M) = (sum_{i>r} sigma_i(M)^2)^(1/2) / ||M||_F`` for
    ``M = [A_1 ... A_N]``: blocks may share a basis of r directions within a budget if upper is
    below it, and cannot if lower is above it.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i)
        Arrays, memory maps, sparse matrices, or callables that return one; see
        :func:`concatenated_svd`.
    rank : int
        r, not negative.
    method : {"auto", "gram", "chain"}, optional
        ``gram`` has the two bounds meet, up to rounding, for errors above about 1e-5; its cost
        grows with m^2. ``chain`` sees errors down to rounding, at a cost that grows with m, and
        leaves a gap. ``auto`` takes the first up to 2000 rows and where it sees the error.
    oversample : int, optional
        Directions that ``chain`` keeps beyond the rank; more bring the bounds together. They are
        equal up to rounding when r + oversample is at least the rank of M.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    ConcatBounds
        ``lower, upper = concat_svd_bounds(blocks, r)``; ``.certificate`` also encloses the
        singular values.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* ``gram``: the eigenvalues of ``sum_i A_i A_i^H``. ``chain``: the SVD of
    [U S, next panel], truncated to r + oversample values. In exact arithmetic
    ``M M^H - U S^2 U^H`` is positive semidefinite, with trace and norm known from what was
    discarded, which bounds every singular value from both sides. The merges are QR and SVD, not
    Gram matrices, so that rounding enters the error itself at eps and not at sqrt(eps), which is
    where the published estimator reports 0. Single precision is merged in double. The upper
    bound is at most that of :func:`concat_weyl_bound`.
    *Cost.* Two readings, one for the scale (three where ``auto`` tries both). gram: m^2 n flops
    and m^2 numbers. chain: O(m n k) flops and O(m k) numbers for k = r + oversample.
    *Accuracy.* Claim ``concat-two-sided``.

    References
    ----------
    Shamrai, arXiv 2601.11626, for the estimator that the upper bound certifies.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import concat_svd_bounds
    >>> rng = np.random.default_rng(0)
    >>> basis = rng.standard_normal((50, 4))
    >>> blocks = [basis @ rng.standard_normal((4, 8)) for _ in range(20)]
    >>> lower, upper = concat_svd_bounds(blocks, 4)
    >>> upper < 1e-12
    True
    >>> lower, upper = concat_svd_bounds(blocks, 3)
    >>> round(lower, 6) == round(upper, 6)
    True
    """
    c = collect(blocks, check_finite=check_finite)
    rank = scalars.as_integer(rank, name="rank", low=0)
    oversample = scalars.as_integer(oversample, name="oversample", low=0)
    way = scalars.as_choice(method, name="method", choices=METHODS)
    found, passes = None, 1
    if way == "gram" or (way == "auto" and c.height <= _GRAM_HEIGHT):
        found, passes = _by_gram(c, rank, always=way == "gram"), 2
    if found is None:
        found, passes = _by_chain(c, rank, rank + oversample), passes + 1
    by_norms = bounds.weyl_error(c.squares, c.widths, c.height, rank, rounding=squares_rounding(c))
    upper = min(found.upper, by_norms)
    lower = min(found.lower, upper)
    info = Info(
        method=found.method,
        passes=passes,
        iterations=found.steps,
        details={"rank": rank, **found.details},
    )
    return ConcatBounds(lower, upper, certificate=_certificate(c, found, lower, upper), info=info)


@dataclasses.dataclass(frozen=True)
class _Found:
    """An enclosure of E_r and of the leading values of the scaled M."""

    lower: float
    upper: float
    sigma: tuple[np.ndarray, np.ndarray]
    method: str
    steps: int
    details: dict[str, Any]


def _certificate(
    c: Collection, found: _Found, lower: float, upper: float
) -> ConcatBoundsCertificate:
    origin: Origin = "carried" if found.method == "chain" else "recomputed"
    with np.errstate(over="ignore", under="ignore"):
        low, high = (end / c.scale for end in found.sigma)
        norm = float(np.sqrt(c.squares.sum())) / c.scale
    return ConcatBoundsCertificate(
        error_lower=Bound(lower, "bound", f"{OF} >=", origin=origin),
        error_upper=Bound(upper, "bound", OF, origin=origin),
        sigma_lower=Bound(low, "bound", "sigma_i([A_1 ... A_N]) >=", origin=origin),
        sigma_upper=Bound(high, "bound", "sigma_i([A_1 ... A_N])", origin=origin),
        frobenius_norm=Bound(norm, "exact", "||[A_1 ... A_N]||_F"),
    )


def _by_gram(c: Collection, rank: int, *, always: bool) -> _Found | None:
    """Return what the Gram matrix of the rows says, None where it does not see the error."""
    G, error = joint_gram(c)
    w = np.maximum(eigenvalues(G), 0.0)
    # The bound on the spectral norm is one on the Frobenius norm of what was summed.
    shift = float(np.sqrt(c.height)) * error
    if not always and float(w[rank:].sum()) * _GRAM_ACCURACY < shift:
        return None
    lower, upper = bounds.gram_error(w, rank, shift)
    sigma = bounds.shifted_values(np.sqrt(w[: min(c.height, c.width)]), error)
    return _Found(lower, upper, sigma, "gram", 0, {})


def _by_chain(c: Collection, rank: int, keep: int) -> _Found:
    S, mass, top, steps = _merge_all(c, keep)
    rounding = bounds.merge_rounding(c.height, steps, float(np.finfo(float).eps))
    lower, upper = bounds.two_sided_error(S, mass, rank, top=top, rounding=rounding)
    norm = float(np.sqrt(c.squares.sum()))
    sigma = bounds.two_sided_sigma(S, top, rounding=rounding * norm)
    details = {"kept": S.size, "discarded": float(np.sqrt(mass) / c.scale)}
    return _Found(lower, upper, sigma, "chain", steps, details)


def _merge_all(c: Collection, keep: int) -> tuple[np.ndarray, float, float, int]:
    """Return (S, sum of squares discarded, sum of the largest of each, merges)."""
    wide = np.dtype(np.complex128 if c.dtype.kind == "c" else np.float64)
    B = np.zeros((c.height, 0), wide)
    S = np.zeros(0)
    mass = top = 0.0
    steps = 0
    # Twice the state: narrower panels discard more often, wider ones pay for an SVD of their
    # own size.
    width = min(panel_width(c.height), max(_NARROWEST, 2 * keep))
    for _, P in panels(c, "two-sided bound", width=width, dtype=wide):
        steps += 1
        B, found = _merge(np.concatenate([B, P], axis=1), keep)
        S = found[:keep]
        mass += float(np.square(found[keep:][::-1]).sum())
        top += float(np.square(found[keep : keep + 1]).sum())
    return S, mass, top, steps


def _merge(X: np.ndarray, keep: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``U S`` of the `keep` leading triplets of X, and all its singular values."""
    if X.shape[0] > 2 * X.shape[1]:
        # X = Q R and R = W S V^H: then U S = X V, and Q is never needed.
        _, S, Vh = svd(r_factor(X))
        return X @ Vh[:keep].conj().T, S
    U, S, _ = svd(X)
    return U[:, :keep] * S[:keep], S
