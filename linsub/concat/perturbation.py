"""How the singular values of a concatenation move when its blocks do."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import arrays
from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.progress import Progress
from linsub.concat import bounds
from linsub.concat.collection import Collection, collect
from linsub.concat.joint import joint_gram, joint_values
from linsub.concat.result import PerturbationBounds, PerturbationCertificate
from linsub.errors import InvalidInputError
from linsub.results import Bound, Info

__all__ = ["concat_perturbation_bound"]

# Up to this height the norm of [E_1 ... E_N] is found from its Gram matrix, beyond it from
# the norms of the blocks.
_GRAM_HEIGHT = 2000


def concat_perturbation_bound(
    blocks: Any, perturbations: Any, *, sigma: Any = None, check_finite: bool = True
) -> PerturbationBounds:
    """Enclose the singular values of perturbed blocks side by side, index by index.

    ``lower_k <= sigma_k([A_1 + E_1 ... A_N + E_N]) <= upper_k``, without looking at A + E.

    Parameters
    ----------
    blocks : sequence of matrices (m, n_i)
        A_1, ..., A_N; see :func:`concatenated_svd` for what a block may be.
    perturbations : sequence of matrices (m, n_i), or array_like (N,)
        E_1, ..., E_N, or bounds on the norms ``||E_i||_2``.
    sigma : array_like (min(m, n),), optional
        Singular values of ``[A_1 ... A_N]``, descending, if they are known; they are taken as
        exact. Otherwise they are computed.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    PerturbationBounds
        ``lower, upper``, arrays of min(m, n) numbers in the unit of the blocks.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The best of Weyl's inequality for M, ``sigma_k -+ ||E||_2``, and for its Gram
    matrix, ``sqrt(sigma_k^2 -+ Delta)`` with ``Delta = sum_i (2 ||A_i|| ||E_i|| + ||E_i||^2)``.
    The paper's theorem 2, ``min(Delta / sigma_k, sqrt(Delta))``, follows from the second and is
    wider. The second is the better one where the perturbation sits in small blocks: a block
    that is appended, say. *Cost.* Without `sigma`, one QR factorization of the transpose in
    panels, O(m n min(m, n)) flops and 2 m min(m, n) numbers; m w^2 flops for the norm of each
    block. *Accuracy.* Claim ``concat-perturbation``.

    References
    ----------
    Shamrai, arXiv 2505.01427, theorem 2.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.concat import concat_perturbation_bound
    >>> A = [np.diag([4.0, 3.0]), np.zeros((2, 1))]
    >>> E = [np.zeros((2, 2)), np.array([[0.0], [0.5]])]
    >>> lower, upper = concat_perturbation_bound(A, E)
    >>> upper.round(3).tolist()  # 3.5 by Weyl's inequality alone
    [4.031, 3.041]
    """
    c = collect(blocks, check_finite=check_finite)
    count = min(c.height, c.width)
    size, whole, unit = _perturbation_norms(perturbations, c, check_finite)
    ratio = unit / c.scale
    if sigma is None:
        values, error = joint_values(c)
        values, error, passes = values * ratio, error * ratio, 1
    else:
        values, error, passes = _known(sigma, count) * unit, 0.0, 0
    sizes = np.zeros(len(c))
    with Progress(len(c), "norms of blocks") as progress:
        for i in np.flatnonzero(size):
            sizes[i] = _spectral(c.block(int(i))) * ratio
            progress.advance()
    delta = bounds.gram_shift(sizes, size)
    lower, upper = bounds.shifted_values(values, delta, whole)
    rounding = 8.0 * float(np.finfo(float).eps) * upper + error
    with np.errstate(over="ignore", under="ignore"):
        lower = np.maximum(lower - rounding, 0.0) / unit
        upper = (upper + rounding) / unit
        root = float(np.sqrt(delta)) / unit
    return PerturbationBounds(
        lower,
        upper,
        certificate=PerturbationCertificate(
            sigma_lower=Bound(lower, "bound", "sigma_k(A + E) >="),
            sigma_upper=Bound(upper, "bound", "sigma_k(A + E)"),
            gram_shift=Bound(root, "bound", "||(A + E)(A + E)^H - A A^H||_2^(1/2)"),
            perturbation_norm=Bound(whole / unit, "bound", "||E||_2"),
        ),
        info=Info(method="weyl and gram", passes=passes + 2),
    )


def _known(sigma: Any, count: int) -> np.ndarray:
    S = arrays.as_vector(sigma, name="sigma", size=count)
    if S.dtype.kind == "c" or (S.size and S.min() < 0) or np.any(S[1:] > S[:-1]):
        raise InvalidInputError(
            "sigma holds singular values: real, not negative, in descending order"
        )
    return S.astype(np.float64)


def _are_numbers(perturbations: Any) -> bool:
    shape = getattr(perturbations, "shape", None)
    if shape is not None:
        return len(shape) == 1 and np.dtype(getattr(perturbations, "dtype", "O")).kind != "O"
    return isinstance(perturbations, list | tuple) and all(
        isinstance(e, int | float | np.number) for e in perturbations
    )


def _perturbation_norms(
    perturbations: Any, c: Collection, check_finite: bool
) -> tuple[np.ndarray, float, float]:
    """Return bounds on ||E_i||_2 and on ||E||_2, times the third, the unit for A and E."""
    if _are_numbers(perturbations):
        size = arrays.as_vector(perturbations, name="perturbations", size=len(c))
        if size.dtype.kind == "c" or (size.size and size.min() < 0):
            raise InvalidInputError("perturbations holds norms: real and not negative")
        size = size.astype(np.float64)
        own = norms.power_of_two_scale(norms.max_abs(size), size.dtype)
        unit = _unit(c, own if size.any() else np.inf)
        size = size * unit
        return size, bounds.joint_error(size) * (1.0 + 4.0 * len(c) * _EPS), unit
    e = collect(perturbations, name="perturbations", check_finite=check_finite)
    if (e.height, e.widths) != (c.height, c.widths):
        i = next(
            (k for k, (a, b) in enumerate(zip(e.widths, c.widths, strict=False)) if a != b),
            min(len(e), len(c)),
        )
        raise InvalidInputError(
            f"perturbations has {len(e)} blocks of {e.height} rows and blocks has {len(c)} of "
            f"{c.height}, which differ at [{i}]; each perturbation has the shape of its block"
        )
    unit = _unit(c, e.scale if e.norms.any() else np.inf)
    size = np.array([_spectral(E) for E in e])
    whole = bounds.joint_error(size) * (1.0 + 4.0 * len(c) * _EPS)
    if 0 < e.height <= _GRAM_HEIGHT:
        G, error = joint_gram(e)
        whole = min(whole, float(np.sqrt(max(float(eigh(G, top=1)[0][0]), 0.0) + error)))
    ratio = unit / e.scale
    return size * ratio, whole * ratio, unit


_EPS = float(np.finfo(float).eps)


def _unit(c: Collection, own: float) -> float:
    """Return the smaller scale of the two; what is zero has none."""
    unit = min(c.scale if c.norms.any() else np.inf, own)
    return unit if unit < np.inf else 1.0


def _spectral(A: np.ndarray) -> float:
    """Bound ||A||_2 from above to rounding."""
    wide = np.complex128 if A.dtype.kind == "c" else np.float64
    value = norms.spectral(A.astype(wide, copy=False))
    return value * (1.0 + bounds.merge_rounding(max(A.shape), 0, _EPS))
