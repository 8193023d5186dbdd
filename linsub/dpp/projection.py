"""Projection DPPs: m rows of an orthonormal U, drawn with probability |det U_S|^2."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.random import RNGLike, Streams
from linsub.dpp.orthonormality import orthonormal_columns
from linsub.errors import InvalidInputError

__all__ = ["chain_rule", "projection_dpp", "projection_sample", "start_cdf"]

METHODS = ("auto", "reject", "block", "gs")

# Rows of Q that a rejected proposal reads cost a few times what they do inside of a product of
# matrices. When this many times N of them were read in vain, one update of all that is left,
# 2 N m flops an accepted item, has been paid for.
_IN_VAIN = 8

# For method="block": an update as soon as this many times N were read in vain.
_IN_VAIN_BLOCK = 1


def projection_dpp(
    U: Any,
    *,
    n_samples: int | None = None,
    method: str = "auto",
    orthonormal: str = "check",
    rng: RNGLike = None,
    check_finite: bool = True,
) -> np.ndarray:
    """Draw S with P(S) = |det U_S|^2: m diverse rows of an orthonormal U.

    To be completed.
    """
    U = as_matrix(U, name="U", check_finite=check_finite, order="C")
    method = scalars.as_choice(method, name="method", choices=METHODS)
    how = scalars.as_choice(orthonormal, name="orthonormal", choices=("check", "assume", "qr"))
    if n_samples is not None:
        n_samples = scalars.as_integer(n_samples, name="n_samples", low=0)
    N, m = U.shape
    if m > N:
        raise InvalidInputError(
            f"U has shape {U.shape}: more columns than rows cannot be orthonormal; pass U.T?"
        )
    U = np.ascontiguousarray(orthonormal_columns(U, how))
    streams = Streams(rng)
    count = 1 if n_samples is None else n_samples
    out = np.empty((count, m), np.int64)
    masses, cdf = start_cdf(U)
    for i in range(count):
        generator = streams.generator("sample", i)
        if method == "gs":
            out[i] = chain_rule(U, generator)
        else:
            out[i], _ = projection_sample(U, masses, cdf, generator, method=method)
    return out[0] if n_samples is None else out


def start_cdf(U: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the leverages (N,) and their sums (1, N), in double precision."""
    wide = np.complex128 if U.dtype.kind == "c" else np.float64
    masses = np.einsum("ij,ij->i", U.real, U.real, dtype=np.float64)
    if wide is np.complex128:
        masses = masses + np.einsum("ij,ij->i", U.imag, U.imag, dtype=np.float64)
    return masses, np.cumsum(masses)[None, :]


def projection_sample(
    U: np.ndarray,
    masses: np.ndarray,
    cdf: np.ndarray,
    generator: np.random.Generator,
    *,
    columns: np.ndarray | None = None,
    method: str = "auto",
) -> tuple[np.ndarray, float]:
    """Return a sample (m,) and log |det U_S|^2, by accept-reject.

    `masses` and `cdf` come from :func:`start_cdf`; or, for a choice of `columns` of U, `cdf` has
    a row a column of U, the running sums of |U[:, c]|^2, and `masses` is empty: nothing then
    depends on N.
    """
    from linsub.dpp._kernels.accept_reject import DONE, STALE, draw

    N = U.shape[0]
    columns = np.arange(U.shape[1]) if columns is None else columns
    m = columns.size
    Q = np.zeros((m, m), np.complex128 if U.dtype.kind == "c" else np.float64)
    found = np.full(m, -1, np.int64)
    if m == 0:
        return found, 0.0
    allowance = {"reject": 200 * m * m, "block": _IN_VAIN_BLOCK * N}.get(method, _IN_VAIN * N)
    uniforms = generator.random(3 * int(m * (np.log(m) + 1.5)) + 48)
    since, count, log_mass = 0, 0, 0.0
    while True:
        status, count, used, work, gained = draw(
            U, columns, cdf, masses, uniforms, Q, found, since, count, allowance
        )
        log_mass += gained
        if status == DONE:
            return found, float(log_mass)
        uniforms = uniforms[used:]
        allowance -= work
        if status == STALE:
            masses, cdf = _what_is_left(U, columns, masses, Q[since:count], found[:count])
            since = count
            allowance = _IN_VAIN * N
        else:
            fresh = generator.random(3 * (m - count) * (2 + int(np.log(m))) + 48)
            uniforms = np.concatenate([uniforms, fresh])


def _what_is_left(
    U: np.ndarray, columns: np.ndarray, masses: np.ndarray, Q: np.ndarray, found: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the squared distances of all rows to the span of those that were accepted."""
    chosen = U if columns.size == U.shape[1] else U[:, columns]
    if not masses.size:
        masses, _ = start_cdf(chosen)
    taken = chosen @ Q.conj().T
    left = masses - start_cdf(taken)[0]
    np.maximum(left, 0.0, out=left)
    left[found] = 0.0
    return left, np.cumsum(left)[None, :]


def chain_rule(U: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Draw by the chain rule: each item in proportion to what is left of all, 2 N m^2 flops."""
    m = U.shape[1]
    left = start_cdf(U)[0]
    Q = np.zeros((0, m), np.complex128 if U.dtype.kind == "c" else np.float64)
    found = np.empty(m, np.int64)
    uniforms: np.ndarray = generator.random((m,))
    for t, u in enumerate(uniforms):
        cdf = np.cumsum(left)
        i = int(np.searchsorted(cdf, u * cdf[-1], side="right"))
        i = min(i, int(np.flatnonzero(left)[-1]))
        v = U[i].astype(Q.dtype)
        for _ in range(2):
            v = v - Q.T @ (Q.conj() @ v)
        q = v / np.linalg.norm(v)
        Q = np.concatenate([Q, q[None, :]])
        left = np.maximum(left - np.abs(U @ q.conj()) ** 2, 0.0)
        left[i] = 0.0
        found[t] = i
    return found
