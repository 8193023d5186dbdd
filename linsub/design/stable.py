"""Designs that are redrawn until they are well conditioned, and thinned while they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense import eigh, qr
from linsub._core.random import RNGLike, Streams
from linsub.design.features import real_weights
from linsub.design.result import Design
from linsub.design.sampling import extremes, made
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError
from linsub.results import Info

__all__ = ["stable_sample"]

# Points of the least influence that are tried one by one before one of them is left out.
_TRIED = 16


def stable_sample(
    design: Callable[[np.random.Generator], Design],
    *,
    delta: float = 0.5,
    max_redraws: int = 1000,
    boost: int = 1,
    subsample: bool = False,
    rng: RNGLike = None,
) -> Design:
    """Redraw a design until ``lambda_min(G) >= 1 - delta``, so that the fit is stable for sure.

    Parameters
    ----------
    design : callable
        ``design(rng)`` returns a :class:`Design`: ``lambda rng: repeated_dpp_sample(features, 4,
        rng=rng)``.
    delta : float, optional
        In (0, 1).
    max_redraws : int, optional
        How many rounds of draws to make at most.
    boost : int, optional
        M, draws a round; the one with the largest lambda_min counts.
    subsample : bool, optional
        Leave out points, one after another, as long as the rest keeps lambda_min(G), with n the
        number of points that are left, at 1 - delta or above.
    rng : None, int or numpy.random.Generator, optional

    Returns
    -------
    Design
        ``info.details`` holds ``draws``, all that were made, ``stable``, how many of them had
        ``lambda_min(G) >= 1 - delta``, and ``left_out``.

    Raises
    ------
    ConvergenceError
        If no round reached it; its ``result`` is the best design of all.
    InvalidInputError, InvalidTypeError
        If an argument is out of range, or `design` does not return a Design of matching sizes
        and finite entries.

    Notes
    -----
    *Algorithm*: conditioning and boosting (Cohen & Migliorati 2017; Haberstich, Nouy & Perrin
    2022); then greedy removal: of the points with the least ``w_i phi_i^H G^-1 phi_i`` the one
    whose removal leaves the largest lambda_min. *Cost*: singular values a draw, and eigenvalues
    of 16 matrices of order m a point that is left out.

    *Accuracy*: lambda_min is recomputed, hence certain; the expected error is at most
    :func:`linsub.design.bounds.wls_error_factor` times the least one
    (``design-error-factor``, ``design-stability``).

    References
    ----------
    Haberstich, Nouy, Perrin, "Boosted optimal weighted least-squares", Math. Comp. 91 (2022),
    arXiv 1912.07075.

    Examples
    --------
    >>> from linsub.design import legendre, repeated_dpp_sample, stable_sample
    >>> features = legendre(6)
    >>> design = stable_sample(
    ...     lambda rng: repeated_dpp_sample(features, 3, rng=rng), subsample=True, rng=0
    ... )
    >>> bool(float(design.certificate.lambda_min) >= 0.5), len(design.points) < 18
    (True, True)
    """
    if not callable(design):
        raise InvalidTypeError(
            f"design must be a function of rng that returns a Design, got {type(design).__name__}; "
            "pass lambda rng: christoffel_sample(features, n, rng=rng)"
        )
    delta = scalars.as_real(delta, name="delta", low=0.0, high=1.0, include=(False, False))
    max_redraws = scalars.as_integer(max_redraws, name="max_redraws", low=1)
    boost = scalars.as_integer(boost, name="boost", low=1)
    subsample = scalars.as_flag(subsample, name="subsample")
    streams = Streams(rng)
    best, stable, draws = None, 0, 0
    while draws < max_redraws * boost:
        of_round = None
        for _ in range(boost):
            drawn = design(streams.generator("sample", draws))
            if not isinstance(drawn, Design):
                raise InvalidTypeError(f"design must return a Design, got {type(drawn).__name__}")
            drawn = _measured(drawn)
            draws += 1
            stable += _low(drawn) >= 1.0 - delta
            of_round = drawn if of_round is None or _low(drawn) > _low(of_round) else of_round
        best = of_round if best is None or _low(of_round) > _low(best) else best
        if _low(of_round) >= 1.0 - delta:
            return _finished(of_round, delta, subsample, draws, int(stable))
    raise ConvergenceError(
        f"in {draws} draws lambda_min(G) was at most {_low(best):.3g} and never "
        f"{1.0 - delta:.3g}; draw more points, or allow a larger delta",
        best,
    )


def _measured(drawn: Any) -> Design:
    """Return what the user's function drew, checked, with a certificate of its own."""
    Phi = as_matrix(drawn.Phi, name="design.Phi", order="C")
    n = Phi.shape[0]
    weights = real_weights(drawn.weights, n, "design.weights")
    points = np.asarray(drawn.points)
    if points.shape[:1] != (n,):
        raise InvalidInputError(
            f"design.points must have {n} rows, one a row of design.Phi, got shape {points.shape}"
        )
    return made(points, weights, Phi, drawn.info if drawn.info is not None else Info("given"))


def _low(design: Any) -> float:
    return float(design.certificate.lambda_min)


def _finished(design: Any, delta: float, subsample: bool, draws: int, stable: int) -> Design:
    keep = np.arange(design.Phi.shape[0])
    if subsample:
        keep = _thinned(design.Phi, design.weights, 1.0 - delta)
    info = design.info
    details = {"draws": draws, "stable": stable, "left_out": design.Phi.shape[0] - keep.size}
    return made(
        design.points[keep],
        design.weights[keep],
        design.Phi[keep],
        dataclasses.replace(info, details={**info.details, **details}),
    )


def _thinned(Phi: np.ndarray, weights: np.ndarray, floor: float) -> np.ndarray:
    """Return the points to keep, so that lambda_min(G) of them is at least `floor`."""
    keep = np.arange(Phi.shape[0])
    rows = Phi * np.sqrt(weights)[:, None]
    while keep.size > max(Phi.shape[1], 1):
        kept = rows[keep]
        gram = kept.T @ kept.conj()
        influence = np.square(np.abs(qr.qr(kept)[0])).sum(axis=1)
        tried = np.argsort(influence, kind="stable")[:_TRIED]
        without = gram - kept[tried][:, :, None] * kept[tried][:, None, :].conj()
        low = eigh.eigenvalues(without)[:, -1]
        chosen = int(np.argmax(low))
        rest = np.delete(keep, tried[chosen])
        # Eigenvalues of differences only choose; what counts is computed from the points.
        if not extremes(Phi[rest], weights[rest])[0] >= floor:
            break
        keep = rest
    return keep
