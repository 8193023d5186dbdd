"""Coding rates of partitions, and the loss of a denoiser of low-rank Gaussians."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = [
    "denoising_loss",
    "least_coding_rate",
    "orthogonal_class_rate",
    "orthogonal_rate",
]


def least_coding_rate(dim: int, eps: float) -> float:
    """Return ``log(1 + d / eps^2)``, the least coding rate under a doubly stochastic membership.

    Attained at permutations; the largest is the rate of the whole, attained at the mean.

    Parameters
    ----------
    dim : int
        Features of unit-norm samples.
    eps : float
        Positive.
    """
    return float(np.logaddexp(0.0, math.log(dim) - 2.0 * math.log(eps)))


def orthogonal_rate(counts: Any, dims: Any, dim: int, eps: float) -> float:
    """Return the coding rate of isotropic classes on orthogonal subspaces.

    ``sum_k d_k log(1 + d n_k / (n eps^2 d_k))``.

    Parameters
    ----------
    counts, dims : array_like of shape (K,)
        n_k unit samples, isotropic in d_k dimensions.
    dim : int
    eps : float
    """
    n_k, d_k = np.asarray(counts, float), np.asarray(dims, float)
    return float(np.sum(d_k * np.log1p(dim * n_k / (n_k.sum() * eps * eps * d_k))))


def orthogonal_class_rate(counts: Any, dims: Any, dim: int, eps: float) -> float:
    """Return the coding rate of such classes one by one.

    ``sum_k (n_k / n) d_k log(1 + d / (eps^2 d_k))``.

    Parameters
    ----------
    counts, dims : array_like of shape (K,)
    dim : int
    eps : float
    """
    n_k, d_k = np.asarray(counts, float), np.asarray(dims, float)
    return float(np.sum(n_k / n_k.sum() * d_k * np.log1p(dim / (eps * eps * d_k))))


def denoising_loss(
    residual: float, fitted: float, count: int, dim: int, s: float, gamma: float
) -> float:
    """Return the mean training loss of the denoiser with hard assignments.

    ``(sum r_i^2 + (1 - c)^2 sum f_i^2) / N + (s gamma / (s^2 + gamma^2))^2 d`` with
    ``c = s^2 / (s^2 + gamma^2)``. As ``r_i^2 + f_i^2 = ||x_i||^2`` it rises with the K-subspaces
    objective ``sum r_i^2``, with slope ``(2 c - c^2) / N``, and depends on nothing else of the
    subspaces. No term is negative, so that nothing cancels.

    Parameters
    ----------
    residual : float
        ``sum_i min_k ||x_i - U_k U_k^T x_i||^2``.
    fitted : float
        ``sum_i max_k ||U_k^T x_i||^2``.
    count : int
        N.
    dim : int
        Of the subspaces.
    s, gamma : float
        Signal and noise of ``x_t = s x_0 + gamma noise``; not both 0.
    """
    size = math.hypot(s, gamma)
    signal, noise = s / size, gamma / size
    return (residual + noise**4 * fitted) / count + (signal * noise) ** 2 * dim
