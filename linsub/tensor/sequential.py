"""ST-HOSVD: one mode after the other, each of what the modes before it have left."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info
from linsub.tensor.tucker import Problem, TuckerResult, as_ranks, finish, problem
from linsub.tensor.unfolding import leading_basis, mode_product

__all__ = ["sequential", "sthosvd"]

# Flops of a symmetric eigendecomposition with all vectors, in units of n^3 at the speed of a
# product of matrices: measured at n = 50 .. 500.
_EIGH = 20.0

# Orders of at most so many modes are all tried; beyond, the smallest mode comes first.
_PERMUTED = 6


def sthosvd(
    X: Any,
    ranks: int | Sequence[int] | None = None,
    *,
    error: float | None = None,
    order: Literal["auto"] | Sequence[int] = "auto",
) -> TuckerResult:
    """Tucker decomposition by singular values of the modes, one after the other.

    ``X ~ core x_1 U_1 x_2 ... x_N U_N`` with orthonormal factors. Its error is known exactly:
    ``||X - X_hat||^2`` is the sum of the energies that the steps discard.

    Parameters
    ----------
    X : array_like of shape (I_1, ..., I_N)
        Real or complex, of at least one mode. Never modified.
    ranks : int or sequence of int, optional
        The rank of each mode, 1 .. I_n; one number for all. Give that or `error`.
    error : float, optional
        A relative Frobenius error, in [0, 1), that is not exceeded: each step takes the least
        rank within its share. What a step leaves of its share is given to the
        steps after it.
    order : "auto" or sequence of int, optional
        In which the modes are treated; by default that of the fewest flops where ranks are
        given, the smallest mode first where they are not.

    Returns
    -------
    TuckerResult
        ``core, factors``, in the array type and precision of `X`; ``certificate`` has the
        error, from the residual, and a lower bound on that of the best tensor of these ranks;
        ``info.details`` has the discarded energies by mode, relative to ``||X||^2``, and the
        order.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among others if a rank exceeds its dimension.
    NumericalError
        If an entry of the core exceeds the largest number.

    Notes
    -----
    *Algorithm.* Vannieuwenhoven, Vandebril and Meerbergen (2012). Each basis comes from the
    Gram matrix of the unfolding where what is discarded is above 1e-4 of the norm, and else from
    the singular values of its triangular factor: squares lose half of the digits. *Cost.* For
    the first mode ``I_1 size(X)`` flops and ``2 r_1 size(X)``; the tensor shrinks by ``r_n / I_n``
    a step. The residual is one more product of that size. *Accuracy.* Claims
    ``tensor-sequential-identity``, ``tensor-error-budget``, ``tensor-certificate``.

    References
    ----------
    Vannieuwenhoven, Vandebril and Meerbergen, SIAM J. Sci. Comput. 34 (2012) A1027.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.tensor import sthosvd
    >>> X = np.einsum("i,j,k->ijk", [1.0, 2.0], [1.0, 0.0, 1.0], [3.0, 4.0])
    >>> found = sthosvd(X, error=1e-10)
    >>> found.ranks
    (1, 1, 1)
    >>> bool(found.certificate.relative_error < 1e-14)
    True
    """
    made = problem(X)
    wanted, share = as_ranks(ranks, made.X.shape, error), 0.0
    if error is not None:
        share = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(True, False))
    modes = _order(order, made.X.shape, wanted)
    core, factors, discarded = sequential(made, wanted, share, modes)
    relative = np.divide(discarded, made.squares, out=np.zeros_like(discarded), where=discarded > 0)
    return finish(
        made,
        core,
        factors,
        lower=float(discarded.max()),
        info=Info(
            method="sthosvd",
            iterations=0,
            details={"discarded": relative, "order": tuple(modes)},
        ),
    )


def sequential(
    made: Problem, ranks: list[int | None], error: float, modes: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Return the core, the factors, and the energy that each mode has discarded."""
    X = made.X
    left = error**2 * made.squares
    factors: list[Any] = [None] * X.ndim
    discarded = np.zeros(X.ndim)
    for step, mode in enumerate(modes):
        share = left / (X.ndim - step)
        basis, r = leading_basis(X, mode, ranks[mode], share, made.squares)
        U = np.ascontiguousarray(basis.vectors[:, :r])
        X = mode_product(X, U.conj().T, mode)
        factors[mode], discarded[mode] = U, basis.tails[r]
        left = max(0.0, left - discarded[mode])
    return X, factors, discarded


def _order(order: Any, shape: tuple[int, ...], ranks: list[int | None]) -> list[int]:
    n = len(shape)
    if isinstance(order, str):
        scalars.as_choice(order, name="order", choices=("auto",))
        smallest = sorted(range(n), key=shape.__getitem__)
        if n > _PERMUTED or any(r is None for r in ranks):
            return smallest
        return list(
            min(itertools.permutations(smallest), key=lambda p: _flops(list(p), shape, ranks))
        )
    if not hasattr(order, "__len__"):
        raise InvalidTypeError(
            f'order must be "auto" or a sequence of modes, got {type(order).__name__}'
        )
    modes = [scalars.as_integer(mode, name=f"order[{k}]") for k, mode in enumerate(order)]
    if sorted(modes) != list(range(n)):
        raise InvalidInputError(f"order={order!r} is no order of the modes 0 .. {n - 1}")
    return modes


def _flops(modes: Sequence[int], shape: tuple[int, ...], ranks: list[Any]) -> float:
    size, total = float(np.prod(shape, dtype=np.float64)), 0.0
    for mode in modes:
        total += shape[mode] * size + _EIGH * shape[mode] ** 3 + 2.0 * ranks[mode] * size
        size *= ranks[mode] / shape[mode]
    return total
