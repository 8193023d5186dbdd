"""The inner product of two vectors from few samples of one of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.access_result import EstimateCertificate, SampledEstimate
from linsub.sensitivity.query_vector import SampleQueryVector

__all__ = ["estimate_inner"]

# Groups are drawn in batches of up to so many samples.
_BATCH = 1 << 20


def estimate_inner(
    u: Any, v: Any, *, error: float = 0.1, failure_prob: float = 0.05, rng: RNGLike = None
) -> SampledEstimate:
    """Estimate ``<u, v> = sum_i conj(u_i) v_i`` within ``error ||u|| ||v||``.

    Parameters
    ----------
    u : SampleQueryVector or array_like of shape (n,)
        What is sampled.
    v : SampleQueryVector or array_like of shape (n,)
        Only entries at the samples are read, beside its norm.
    error : float, optional
        Positive, over ``||u|| ||v||``.
    failure_prob : float, optional
        In (0, 1).
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.

    Returns
    -------
    SampledEstimate
        ``(value,)``, with ``certificate`` (:class:`~linsub.sensitivity.EstimateCertificate`).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* For i drawn in proportion to ``|u_i|^2``, ``Z = v_i ||u||^2 / u_i`` has the mean
    ``<u, v>`` and at most the variance ``||u||^2 ||v||^2 - |<u, v>|^2``; the value is the median
    of means of groups, of real and imaginary parts each. *Cost.* ``(4 / error^2) 8 ln(1 / delta)``
    samples, whatever n is; twice as many for each of the two in complex numbers. *Accuracy.*
    Claims ``sensitivity-inner`` and ``sensitivity-inner-median``.

    References
    ----------
    Chia, Gilyen, Li, Lin, Tang and Wang, JACM 69 (2022), arXiv 1910.06151.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import estimate_inner
    >>> u = np.linspace(1.0, 2.0, 5000)
    >>> found = estimate_inner(u, u**2, error=0.05, rng=0)
    >>> bool(abs(found.value - u @ u**2) <= float(found.certificate.error_bound))
    True
    """
    eps = scalars.as_real(error, name="error", low=0.0, include=(False, True))
    delta = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    left = u if isinstance(u, SampleQueryVector) else SampleQueryVector(_vector(u, "u"))
    right = v if isinstance(v, SampleQueryVector) else _vector(v, "v")
    if right.size != left.size:
        raise InvalidInputError(f"u has {left.size} entries and v has {right.size}")
    is_complex = "c" in (left.dtype.kind, right.dtype.kind)
    draws, groups = bounds.inner_sizes(eps, delta, is_complex)
    if draws * groups > 2**40:
        raise InvalidInputError(
            f"error={eps:g} and failure_prob={delta:g} need {draws * groups:.3g} samples; ask for "
            "less, or compute the inner product"
        )
    (size_u, eu), (size_v, ev) = left.scaled_norm, _scaled_norm(right)
    value: Any = 0.0
    if size_u > 0.0 and size_v > 0.0:
        generator = Streams(rng).generator("sample")
        means = _means(left, right, draws, groups, generator)
        value = complex(np.median(means.real), np.median(means.imag)) if is_complex else means
        value = value if is_complex else float(np.median(means))
    product = size_u * size_v
    with np.errstate(over="ignore", under="ignore"):
        value = norms.ldexp(np.atleast_1d(np.asarray(value)), eu + ev)[0].item()
        rms = float(np.ldexp(product, eu + ev))
        rounding = bounds.sampled_rounding(draws, rms, float(np.finfo(np.float64).eps))
    return SampledEstimate(
        value,
        certificate=EstimateCertificate(
            error_bound=Bound(eps * rms + rounding, "probabilistic", "|value - <u, v>|", delta),
            rms_draw=Bound(rms, "bound", "(E |Z - <u, v>|^2)^(1/2)"),
        ),
        info=Info(method="median of means", details={"draws": draws, "groups": groups}),
    )


def _vector(x: Any, name: str) -> np.ndarray:
    return as_vector(x, name=name)


def _scaled_norm(v: Any) -> tuple[float, int]:
    if isinstance(v, SampleQueryVector):
        return v.scaled_norm
    exponent = math.frexp(norms.max_abs(v))[1]
    wide = v.astype(np.complex128 if v.dtype.kind == "c" else np.float64, copy=False)
    return norms.frobenius(norms.ldexp(wide, -exponent)), exponent


def _means(
    u: SampleQueryVector, v: Any, draws: int, groups: int, generator: np.random.Generator
) -> np.ndarray:
    """Return the mean of Z in each group, over the powers of two of both vectors."""
    (norm, eu), (_, ev) = u.scaled_norm, _scaled_norm(v)
    kind = np.complex128 if "c" in (u.dtype.kind, v.dtype.kind) else np.float64
    found = np.zeros(groups, kind)
    for g in range(groups):
        total = np.zeros((), kind)
        for first in range(0, draws, _BATCH):
            i = u.quantile(generator.random(min(_BATCH, draws - first)))
            x = norms.ldexp(np.asarray(u.query(i), kind), -eu)
            y = norms.ldexp(
                np.asarray(v[i] if isinstance(v, np.ndarray) else v.query(i), kind), -ev
            )
            total = total + (norm / x * norm * y).sum()
        found[g] = total / draws
    return found
