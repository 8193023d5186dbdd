"""Streams with a known answer on which methods are known to fail, and how."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core.scalars import as_choice, as_integer, as_real

__all__ = ["fd_generator", "hard_fixed_rate", "index_instance", "rotating_blocks", "spiked"]


def hard_fixed_rate(d: int, k: int, m: int) -> np.ndarray:
    """Return k copies of e_1 and, for each other axis, m copies of ``e_i / sqrt(m)``.

    The eigenvalues of ``A^T A`` are k and d - 1 times 1, and Oja's rule with any fixed rate gains
    too little on e_1 (:func:`linsub.streaming.bounds.hard_rate_advantage`).

    Parameters
    ----------
    d, k, m : int
        At least 1. There are k + (d - 1) m rows.

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> A = gallery.hard_fixed_rate(5, 3, 4)
    >>> A.shape, (A.T @ A).diagonal().round(12).tolist()
    ((19, 5), [3.0, 1.0, 1.0, 1.0, 1.0])
    """
    d, k, m = (
        as_integer(value, name=name, low=1) for name, value in (("d", d), ("k", k), ("m", m))
    )
    A = np.zeros((k + (d - 1) * m, d))
    A[:k, 0] = 1.0
    light = np.arange((d - 1) * m)
    A[k + light, 1 + light // m] = 1.0 / np.sqrt(m)
    return A


def index_instance(d: int, h: int, beta2: float, j: int, *, rng: Any = None) -> np.ndarray:
    """Return h rows of random signs and a query for half of the j-th, as the last row.

    Whoever has forgotten row j when the query comes can at best answer the query itself
    (:func:`linsub.streaming.bounds.index_instance_cosine`).

    Parameters
    ----------
    d, h : int
        At least 2 and 1.
    beta2 : float
        Positive: the query is beta times row j with its second half set to zero.
    j : int
        In 0 .. h - 1.
    rng : {None, int, Generator}, optional

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.index_instance(10, 4, 8.0, 2, rng=0).shape
    (5, 10)
    """
    d, h = as_integer(d, name="d", low=2), as_integer(h, name="h", low=1)
    j = as_integer(j, name="j", low=0, high=h - 1)
    beta2 = as_real(beta2, name="beta2", low=0.0, include=(False, True))
    rows = np.random.default_rng(rng).choice([-1.0, 1.0], (h, d)) / np.sqrt(d)
    query = np.sqrt(beta2) * rows[j]
    query[d // 2 :] = 0.0
    return np.vstack([rows, query])


def spiked(n: int, d: int, R: float, order: str = "random", *, rng: Any = None) -> np.ndarray:
    """Return Gaussian rows of covariance diag(R, 1, ..., 1), turned at random.

    Parameters
    ----------
    n, d : int
    R : float
        At least 1: the ratio of the two largest eigenvalues of the law.
    order : {"random", "sorted"}, optional
        ``sorted`` by the component along the spike.
    rng : {None, int, Generator}, optional

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.spiked(100, 5, 4.0, "sorted", rng=0).shape
    (100, 5)
    """
    n, d = as_integer(n, name="n", low=0), as_integer(d, name="d", low=1)
    R = as_real(R, name="R", low=1.0)
    as_choice(order, name="order", choices=("random", "sorted"))
    rng = np.random.default_rng(rng)
    A = rng.standard_normal((n, d))
    A[:, 0] *= np.sqrt(R)
    if order == "sorted":
        A = A[np.argsort(A[:, 0], kind="stable")]
    return np.asarray(A @ np.linalg.qr(rng.standard_normal((d, d)))[0])


def rotating_blocks(n: int, d: int, blocks: int, *, rng: Any = None) -> np.ndarray:
    """Return a stream whose blocks each have a top direction of their own.

    Parameters
    ----------
    n, d : int
    blocks : int
        At least 1. The first direction comes back in every second block, and is that of all.
    rng : {None, int, Generator}, optional

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.rotating_blocks(90, 6, 5, rng=0).shape
    (90, 6)
    """
    n, d = as_integer(n, name="n", low=0), as_integer(d, name="d", low=1)
    blocks = as_integer(blocks, name="blocks", low=1)
    rng = np.random.default_rng(rng)
    A = 0.3 * rng.standard_normal((n, d))
    for b, rows in enumerate(np.array_split(np.arange(n), blocks)):
        axis = 0 if b % 2 == 0 or d == 1 else 1 + (b // 2) % (d - 1)
        A[rows, axis] += 3.0 * rng.standard_normal(rows.size)
    return np.asarray(A @ np.linalg.qr(rng.standard_normal((d, d)))[0])


def fd_generator(
    n: int, d: int, k: int, snr: float, decay: str = "none", rate: float = 1.0, *, rng: Any = None
) -> np.ndarray:
    """Return rows ``Q (s * g) + noise / snr``, the test data of Frequent Directions.

    Parameters
    ----------
    n, d, k : int
        Q is d x k with orthonormal columns, g and the noise are standard normal.
    snr : float
        Positive.
    decay : {"none", "exp", "linear"}, optional
        Of s: ones, ``exp(-10 rate i / k)`` or ``max(1 - rate i / k, 0)``, i = 0 .. k - 1.
    rate : float, optional
    rng : {None, int, Generator}, optional

    Examples
    --------
    >>> from linsub.testing import gallery
    >>> gallery.fd_generator(50, 10, 3, 10.0, rng=0).shape
    (50, 10)
    """
    n, d = as_integer(n, name="n", low=0), as_integer(d, name="d", low=1)
    k = as_integer(k, name="k", low=1, high=d)
    snr = as_real(snr, name="snr", low=0.0, include=(False, True))
    as_choice(decay, name="decay", choices=("none", "exp", "linear"))
    rng = np.random.default_rng(rng)
    i = np.arange(k) / k
    s = {
        "none": np.ones(k),
        "exp": np.exp(-10.0 * rate * i),
        "linear": np.maximum(1.0 - rate * i, 0.0),
    }[decay]
    Q = np.linalg.qr(rng.standard_normal((d, k)))[0]
    signal = (rng.standard_normal((n, k)) * s) @ Q.T
    return np.asarray(signal + rng.standard_normal((n, d)) / snr)
