"""HOSVD, each mode of the tensor itself, and HOOI, which improves a decomposition in turns."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
)
from linsub.results import Info
from linsub.tensor.sequential import sequential
from linsub.tensor.tucker import Problem, TuckerResult, as_ranks, finish, problem
from linsub.tensor.unfolding import leading_basis, mode_product, multiply_all

__all__ = ["hooi", "hosvd"]


def hosvd(
    X: Any, ranks: int | Sequence[int] | None = None, *, error: float | None = None
) -> TuckerResult:
    """Tucker decomposition by the leading singular vectors of every unfolding of X.

    All modes are treated alike: the core is all-orthogonal and its slices descend. Where only
    the error counts :func:`sthosvd` costs less and seldom errs more.

    Parameters
    ----------
    X : array_like of shape (I_1, ..., I_N)
        Real or complex. Never modified.
    ranks : int or sequence of int, optional
        The rank of each mode, 1 .. I_n; one number for all. Give that or `error`.
    error : float, optional
        In [0, 1): each mode discards at most ``error^2 ||X||^2 / N``, so that the relative
        error is at most `error`.

    Returns
    -------
    TuckerResult
        ``core, factors``; ``info.details["discarded"]`` has the energies that the unfoldings
        discard, relative to ``||X||^2``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError

    Notes
    -----
    *Algorithm.* De Lathauwer, De Moor and Vandewalle (2000), bases as in :func:`sthosvd`.
    *Cost.* ``sum_n I_n size(X)`` flops. *Accuracy.* ``||X - X_hat||^2 = ||X||^2 - ||core||^2`` is
    at most the sum of the discarded energies and at most N times the best (claims
    ``tensor-projection-identity``, ``tensor-hosvd-bounds``).

    References
    ----------
    De Lathauwer, De Moor and Vandewalle, SIAM J. Matrix Anal. Appl. 21 (2000) 1253.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.tensor import hosvd
    >>> hosvd(np.ones((3, 4, 5)), error=1e-8).ranks
    (1, 1, 1)
    """
    made = problem(X)
    wanted, share = as_ranks(ranks, made.X.shape, error), 0.0
    if error is not None:
        error = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(True, False))
        share = error**2 * made.squares / made.X.ndim
    factors, discarded = [], np.zeros(made.X.ndim)
    for mode, rank in enumerate(wanted):
        basis, r = leading_basis(made.X, mode, rank, share, made.squares)
        factors.append(np.ascontiguousarray(basis.vectors[:, :r]))
        discarded[mode] = basis.tails[r]
    core = multiply_all(made.X, [U.conj().T for U in factors])
    relative = np.divide(discarded, made.squares, out=np.zeros_like(discarded), where=discarded > 0)
    return finish(
        made,
        core,
        factors,
        lower=float(discarded.max()),
        info=Info(method="hosvd", details={"discarded": relative}),
    )


def hooi(
    X: Any,
    ranks: int | Sequence[int],
    *,
    init: TuckerResult | Sequence[Any] | None = None,
    tol: float = 1e-8,
    maxiter: int = 100,
    on_fail: Literal["raise", "warn", "return"] = "warn",
) -> TuckerResult:
    """Tucker decomposition improved mode by mode (higher-order orthogonal iteration).

    Every step solves its mode exactly with the others fixed, so that the error never rises. The
    limit is a stationary point and need not be the best tensor of these ranks.

    Parameters
    ----------
    X : array_like of shape (I_1, ..., I_N)
        Real or complex. Never modified.
    ranks : int or sequence of int
        The rank of each mode, 1 .. I_n; one number for all.
    init : TuckerResult or sequence of array_like of shape (I_n, r_n), optional
        Where to start; by default :func:`sthosvd`.
    tol : float, optional
        Stop when a sweep adds less than ``tol ||X||`` to the norm of the core, in [0, 1).
    maxiter : int, optional
        Sweeps.
    on_fail : {"raise", "warn", "return"}, optional
        What to do if they do not suffice. The decomposition is valid at any time.

    Returns
    -------
    TuckerResult
        ``core, factors``; ``info.details["core_norms"]`` has the norm of the core, relative to
        ``||X||``, at the start and after each sweep.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
    ConvergenceError
        With ``on_fail="raise"``; it carries the result so far.

    Warns
    -----
    ConvergenceWarning
        With ``on_fail="warn"``.

    Notes
    -----
    *Algorithm.* De Lathauwer, De Moor and Vandewalle (2000), algorithm 4.2. *Cost.* N products
    with all factors but one a sweep. *Accuracy.* Claim ``tensor-hooi-monotone``.

    References
    ----------
    De Lathauwer, De Moor and Vandewalle, SIAM J. Matrix Anal. Appl. 21 (2000) 1324.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.tensor import hooi, sthosvd
    >>> X = np.random.default_rng(0).standard_normal((6, 7, 8))
    >>> start, found = sthosvd(X, 3), hooi(X, 3)
    >>> bool(found.certificate.relative_error < start.certificate.relative_error)
    True
    """
    made = problem(X)
    if ranks is None:
        raise InvalidInputError("ranks is None; hooi improves a decomposition of given ranks")
    wanted = as_ranks(ranks, made.X.shape, None)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    maxiter = scalars.as_integer(maxiter, name="maxiter", low=1)
    on_fail = scalars.as_choice(on_fail, name="on_fail", choices=("raise", "warn", "return"))  # type: ignore[assignment]
    by_size = sorted(range(made.X.ndim), key=made.X.shape.__getitem__)
    core, factors, discarded = sequential(made, wanted, 0.0, by_size)
    if init is not None:
        factors = _start(init, made, wanted)
        core = multiply_all(made.X, [U.conj().T for U in factors])
    core, factors, path, converged = _sweeps(made, core, factors, tol, maxiter)
    result = finish(
        made,
        core,
        factors,
        lower=float(discarded.max()),
        info=Info(
            method="hooi",
            converged=converged,
            iterations=len(path) - 1,
            details={"core_norms": np.array(path)},
        ),
    )
    if not converged and on_fail != "return":
        text = (
            f"hooi made {maxiter} sweeps and the core still grows by more than tol={tol:g} of "
            "||X||; raise maxiter or tol"
        )
        if on_fail == "raise":
            raise ConvergenceError(text, result=result)
        warnings.warn(text, ConvergenceWarning, stacklevel=2)
    return result


def _start(init: Any, made: Problem, ranks: list[int | None]) -> list[np.ndarray]:
    """Return the caller's factors, made orthonormal."""
    given = init.factors if isinstance(init, TuckerResult) else init
    if isinstance(given, str) or not hasattr(given, "__len__"):
        raise InvalidTypeError(
            f"init must be a TuckerResult or a sequence of factors, got {type(given).__name__}"
        )
    if len(given) != made.X.ndim:
        raise InvalidInputError(f"init holds {len(given)} factors and X has {made.X.ndim} modes")
    found = []
    for n, U in enumerate(given):
        U = arrays.as_matrix(U, name=f"init[{n}]")
        if U.dtype.kind == "c" and made.X.dtype.kind != "c":
            raise InvalidTypeError(f"init[{n}] is complex and X is real; pass its real part")
        if U.shape != (made.X.shape[n], ranks[n]):
            raise InvalidInputError(
                f"init[{n}] has shape {U.shape}; X and ranks ask for {(made.X.shape[n], ranks[n])}"
            )
        scaled, _ = norms.near_one(U.astype(np.result_type(U.dtype, made.X.dtype), copy=False))
        found.append(np.ascontiguousarray(qr(scaled)[0]))
    return found


def _sweeps(
    made: Problem, core: np.ndarray, factors: list[np.ndarray], tol: float, maxiter: int
) -> tuple[np.ndarray, list[np.ndarray], list[float], bool]:
    """Improve the factors in turns; the path holds relative norms of the core."""
    norm = float(np.sqrt(made.squares)) or 1.0
    path = [norms.frobenius(core) / norm]
    for _ in range(maxiter):
        trial = list(factors)
        for mode in range(made.X.ndim):
            adjoints = [U.conj().T for U in trial]
            Y = multiply_all(made.X, adjoints, skip=mode)
            r = trial[mode].shape[1]
            basis, _ = leading_basis(Y, mode, r, 0.0, made.squares)
            trial[mode] = np.ascontiguousarray(basis.vectors[:, :r])
        new = mode_product(Y, trial[mode].conj().T, mode)
        reached = norms.frobenius(new) / norm
        if reached < path[-1]:  # rounding: the sweep before it stays
            return core, factors, path, True
        core, factors = new, trial
        path.append(reached)
        if path[-1] - path[-2] <= tol:
            return core, factors, path, True
    return core, factors, path, False
