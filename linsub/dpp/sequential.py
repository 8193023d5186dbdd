"""Sampling from a marginal kernel item by item, symmetric or not."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix
from linsub._core.dense.determinants import cholesky_lower
from linsub._core.dense.eigh import eigh
from linsub._core.random import RNGLike, Streams
from linsub.dpp.dense_sampler import factored
from linsub.dpp.kernel_checks import as_square, widened
from linsub.errors import InvalidInputError
from linsub.results import Record

__all__ = ["SequentialSample", "sequential_dpp", "sequential_dpp_lowrank"]

# A pivot is a conditional probability, to the rounding that a factorization without pivots may
# have let grow. What is further out is no marginal kernel.
_NO_PROBABILITY = 1e-6


class SequentialSample(Record):
    """A sample and how probable it was; unpacks as ``indices, log_probability``.

    Attributes
    ----------
    indices : ndarray of int64
        Ascending.
    log_probability : float
        log P(S), from the pivots.
    """

    _fields = ("indices", "log_probability")
    indices: np.ndarray
    log_probability: float


@overload
def sequential_dpp(K: Any, *, n_samples: None = None, rng: RNGLike = None) -> SequentialSample: ...


@overload
def sequential_dpp(K: Any, *, n_samples: int, rng: RNGLike = None) -> list[SequentialSample]: ...


def sequential_dpp(
    K: Any, *, n_samples: int | None = None, rng: RNGLike = None
) -> SequentialSample | list[SequentialSample]:
    """Draw S with P(A within S) = det K_A by one factorization, Hermitian or not.

    Item j is in S with the probability of its pivot; where it is left out 1 is taken off the
    pivot, and the factorization goes on: ``P(S) = |det(K - I_{not S})|``.

    Parameters
    ----------
    K : array_like (N, N)
        A marginal kernel, ``L (I + L)^-1``. Hermitian with eigenvalues in [0, 1], 0 and 1
        included, or of a process without symmetry: all principal minors of K and I - K that the
        samples meet must be probabilities, which is seen while they are drawn.
    n_samples : int, optional
        How many; without it one sample, and no list.
    rng : optional
        A seed or a generator.

    Returns
    -------
    SequentialSample, or a list of them
        ``indices, log_probability``.

    Raises
    ------
    InvalidInputError
        If K is Hermitian with an eigenvalue outside of [0, 1], or a pivot is no probability.
    InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Poulson's, by panels of 64 items: all decisions fall in the panel on the
    diagonal, the rest is products of matrices. Nothing is ever divided by zero: a pivot p takes
    its item if u < p for a uniform u in [0, 1). *Cost.* N^3 / 3 flops a sample (2 N^3 / 3
    without symmetry) and a copy of K; the check of the eigenvalues two Cholesky factorizations.
    *Accuracy.* ``dpp-sequential``.

    References
    ----------
    Poulson, High-performance sampling of generic determinantal point processes,
    arXiv 1905.00165; Launay, Galerne & Desolneux, arXiv 1802.08429.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import sequential_dpp
    >>> S, log_probability = sequential_dpp(np.diag([1.0, 0.0, 0.5]), rng=0)
    >>> S.tolist(), float(round(np.exp(log_probability), 12))
    ([0], 0.5)
    """
    kernel, eps = as_square(K, "K")
    hermitian = _is_hermitian(kernel, eps)
    if hermitian:
        kernel = 0.5 * kernel + 0.5 * kernel.conj().T
        _check_range(kernel, eps)

    def draw(generator: np.random.Generator) -> SequentialSample:
        uniforms: np.ndarray = generator.random((kernel.shape[0],))
        work = np.array(kernel, order="F")
        chosen, log_probability, excess = factored(work, uniforms, hermitian=hermitian)
        return _as_sample(chosen, log_probability, excess, "K", eps)

    drawn: SequentialSample | list[SequentialSample] = _repeat(draw, n_samples, rng)
    return drawn


def sequential_dpp_lowrank(
    Z: Any, W: Any, *, n_samples: int | None = None, rng: RNGLike = None
) -> SequentialSample | list[SequentialSample]:
    """Draw from the marginal kernel K = Z W Z^H, Hermitian or not, in 4 N r^2 flops.

    Parameters
    ----------
    Z : array_like (N, r)
    W : array_like (r, r)
        For a likelihood kernel L = Z X Z^H it is ``X (I + Z^H Z X)^-1``.
    n_samples, rng
        As in :func:`sequential_dpp`.

    Returns
    -------
    SequentialSample, or a list of them
        ``indices, log_probability``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* Of :func:`sequential_dpp`, whose Schur complements are Z W' Z^H with a W' that
    each decision changes by rank one. *Accuracy.* ``dpp-sequential``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import sequential_dpp_lowrank
    >>> S, _ = sequential_dpp_lowrank(np.eye(4)[:, :2], np.eye(2), rng=0)
    >>> S.tolist()
    [0, 1]
    """
    from linsub.dpp._kernels.sequential import decide_by_rows

    given = as_matrix(Z, name="Z")
    rows = widened(given)
    core, eps = as_square(W, "W")
    eps = max(eps, float(np.finfo(given.dtype).eps))
    if core.shape[0] != rows.shape[1]:
        raise InvalidInputError(
            f"W has shape {core.shape} and Z {rows.shape}; W has a row a column of Z"
        )
    kind = np.result_type(rows, core)
    rows = rows.astype(kind)

    def draw(generator: np.random.Generator) -> SequentialSample:
        chosen = np.zeros(rows.shape[0], bool)
        uniforms: np.ndarray = generator.random((rows.shape[0],))
        log_probability, excess = decide_by_rows(rows, core.astype(kind), uniforms, chosen)
        return _as_sample(chosen, log_probability, excess, "Z W Z^H", eps)

    drawn: SequentialSample | list[SequentialSample] = _repeat(draw, n_samples, rng)
    return drawn


def _repeat(draw: Any, n_samples: int | None, rng: RNGLike) -> Any:
    streams = Streams(rng)
    if n_samples is None:
        return draw(streams.generator("sample", 0))
    count = scalars.as_integer(n_samples, name="n_samples", low=0)
    return [draw(streams.generator("sample", i)) for i in range(count)]


def _as_sample(
    chosen: np.ndarray, log_probability: float, excess: float, name: str, eps: float
) -> SequentialSample:
    allowed = max(_NO_PROBABILITY, _rounding(chosen.size, eps))
    if not excess <= allowed or math.isnan(log_probability):
        raise InvalidInputError(
            f"{name} is no marginal kernel: an item's conditional probability is off [0, 1] by "
            f"{excess:.3g}; for a likelihood kernel L pass L @ np.linalg.inv(np.eye(N) + L)"
        )
    return SequentialSample(np.flatnonzero(chosen).astype(np.int64), float(log_probability))


def _is_hermitian(K: np.ndarray, eps: float) -> bool:
    # Halves: entries may be as large as numbers get.
    off = np.abs(0.5 * K - 0.5 * K.conj().T)
    return off.size == 0 or bool(off.max() <= 2.0 * (8 + K.shape[0]) * eps)


def _rounding(N: int, eps: float) -> float:
    """Return how far rounding to a precision may take eigenvalues of K."""
    return 8.0 * max(N, 8) * eps


def _check_range(K: np.ndarray, eps: float) -> None:
    """Refuse eigenvalues outside of [0, 1], by two Cholesky factorizations if all is well."""
    N = K.shape[0]
    shift = _rounding(N, eps)
    for sign, base in ((1.0, shift), (-1.0, 1.0 + shift)):
        if cholesky_lower(sign * K + base * np.eye(N)) is None:
            w, _ = eigh(K)
            worst = float(w[-1] if -w[-1] > w[0] - 1.0 else w[0])
            if not -2.0 * shift <= worst <= 1.0 + 2.0 * shift:
                raise InvalidInputError(
                    f"K has the eigenvalue {worst:.6g}; those of a marginal kernel are in [0, 1]"
                )
