"""Mixtures of low-rank Gaussians: the denoiser of a union of subspaces, and its training loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub.clustering.bounds import denoising_loss
from linsub.clustering.inradius_of_hull import unit_points
from linsub.clustering.samples import as_samples
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["molrg_loss", "molrg_posterior_mean"]

_ORTHONORMAL = 1e-5

# Logarithm of a length beyond which no two weights are alike but in exact ties; its square is
# far from overflow.
_SATURATED = 300.0


def molrg_posterior_mean(bases: Sequence[Any], x: Any, s: float, gamma: float) -> np.ndarray:
    """Return the mean of a clean sample given a noisy one, under a mixture of low-rank Gaussians.

    ``x_0 = U_k a`` with a standard normal and k uniform, ``x = s x_0 + gamma noise``:
    ``E[x_0 | x] = s / (s^2 + gamma^2) sum_k w_k U_k U_k^T x``.

    Parameters
    ----------
    bases : sequence of array_like of shape (D, d_k)
        Orthonormal columns; dimensions may differ.
    x : array_like of shape (N, D)
        Rows are noisy samples.
    s, gamma : float
        Not negative and positive.

    Returns
    -------
    ndarray of shape (N, D)
        In the type of x; computed in double precision.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* ``w = softmax(phi ||U_k^T x||^2 + d_k / 2 log(gamma^2 / (s^2 + gamma^2)))`` with
    ``phi = s^2 / (2 gamma^2 (s^2 + gamma^2))``; the second term, which papers leave out, cancels
    for equal dimensions only. *Cost.* ``4 N D sum d_k`` flops. *Accuracy.* Claim
    ``clustering-molrg-posterior``. A weight is as uncertain as its exponent: where
    ``phi ||x||^2`` is p, subspaces that are equally near to 1 / p are told apart by rounding.

    References
    ----------
    Wang, Zhang, Zhang, Chen, Ma and Qu, arXiv 2409.02426 (2024).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import molrg_posterior_mean
    >>> molrg_posterior_mean([np.eye(2)[:, :1]], np.array([[2.0, 2.0]]), 1.0, 1.0).round(9).tolist()
    [[1.0, 0.0]]
    """
    frames = _frames(bases)
    noisy = arrays.as_matrix(x, name="x")
    if noisy.dtype.kind == "c":
        raise InvalidTypeError("x is complex; samples are real")
    rows = noisy.astype(np.float64)
    _match(frames, rows.shape[1], "x")
    s, gamma = _levels(s, gamma)
    size = math.hypot(s, gamma)
    if 0 in rows.shape:
        return noisy
    # Each row near 1; the scale comes back into the exponent of its weights, and at the end.
    exponent = np.frexp(np.abs(rows).max(axis=1))[1]
    near = np.ldexp(rows, -exponent[:, None])
    coordinates = [near @ U for U in frames]
    lengths = np.stack([np.linalg.norm(Y, axis=1) for Y in coordinates], axis=1)
    with np.errstate(over="ignore", under="ignore"):
        stretch = exponent * math.log(2.0) - math.log(size) - math.log(gamma)
        stretch = np.exp(np.minimum(stretch + (math.log(s) if s > 0.0 else -np.inf), _SATURATED))
    dims = np.array([U.shape[1] for U in frames])
    scores = 0.5 * np.square(stretch[:, None] * lengths)
    scores += dims * (math.log(gamma) - math.log(size))
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = np.zeros_like(rows)
    for k, (Y, U) in enumerate(zip(coordinates, frames, strict=True)):
        mean += weights[:, k, None] * (Y @ U.T)
    # s / size^2 by its exponents, each of which may be out of range by itself.
    (a, p), (b, q) = math.frexp(s / size), math.frexp(size)
    return np.asarray(np.ldexp(mean * (a / b), exponent[:, None] + (p - q)).astype(noisy.dtype))


def molrg_loss(bases: Sequence[Any], X: Any, s: float, gamma: float) -> float:
    """Return the training loss of the denoiser of a union of subspaces, with hard assignments.

    The mean over samples and noise of ``||x_theta(s x + gamma noise) - x||^2``, where x_theta
    projects on the subspace nearest to x and shrinks by ``s / (s^2 + gamma^2)``.

    Parameters
    ----------
    bases : sequence of array_like of shape (D, d)
        Orthonormal columns, of one dimension.
    X : array_like of shape (N, D)
        Rows are clean samples.
    s, gamma : float
        Not negative and positive.

    Returns
    -------
    float
        inf where squares of samples overflow.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* The closed form `bounds.denoising_loss`: for given noise levels it rises with the
    objective of :func:`k_subspaces` and depends on nothing else of the bases, so that training is
    K-subspaces (claim ``clustering-diffusion``).

    References
    ----------
    Wang, Zhang, Zhang, Chen, Ma and Qu, arXiv 2409.02426 (2024).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import molrg_loss
    >>> round(molrg_loss([np.eye(2)[:, :1]], np.eye(2), 1.0, 1.0), 12)
    0.875
    """
    frames = _frames(bases)
    samples = as_samples(X)
    assert samples.X is not None
    _match(frames, samples.X.shape[1], "X")
    dims = {U.shape[1] for U in frames}
    if len(dims) > 1:
        raise InvalidInputError(f"bases have the dimensions {sorted(dims)}; the loss is of one")
    s, gamma = _levels(s, gamma)
    rows = samples.X
    coordinates = [rows @ U for U in frames]
    fitted = np.stack([np.einsum("ij,ij->i", Y, Y) for Y in coordinates])
    chosen = np.argmax(fitted, axis=0)
    residual = 0.0
    for k, (Y, U) in enumerate(zip(coordinates, frames, strict=True)):
        mine = chosen == k
        residual += float(np.square(rows[mine] - Y[mine] @ U.T).sum())
    with np.errstate(over="ignore"):
        rest, fit = np.ldexp([residual, fitted.max(axis=0).sum()], -2 * samples.exponent)
    return denoising_loss(float(rest), float(fit), samples.size, dims.pop(), s, gamma)


def _frames(bases: Sequence[Any]) -> list[np.ndarray]:
    frames = [unit_points(U, f"bases[{k}]") for k, U in enumerate(bases)]
    if not frames:
        raise InvalidInputError("bases is empty: a union needs a subspace")
    for k, U in enumerate(frames):
        if np.abs(U.T @ U - np.eye(U.shape[1])).max() > _ORTHONORMAL:
            raise InvalidInputError(f"bases[{k}] has no orthonormal columns; pass geometry.orth")
    return frames


def _match(frames: list[np.ndarray], dim: int, name: str) -> None:
    for k, U in enumerate(frames):
        if U.shape[0] != dim:
            raise InvalidInputError(f"bases[{k}] has shape {U.shape} and {name} has {dim} columns")


def _levels(s: float, gamma: float) -> tuple[float, float]:
    return (
        scalars.as_real(s, name="s", low=0.0),
        scalars.as_real(gamma, name="gamma", low=0.0, include=(False, False)),
    )
