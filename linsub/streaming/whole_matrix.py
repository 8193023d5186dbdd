"""The top eigenvector of ``A^T A`` for a matrix that can be read once, twice, or at will."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from linsub._core.dense.eigh import eigh
from linsub._core.dense.qr import orthonormalize
from linsub._core.operators import Operator, view
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.streaming import bounds
from linsub.streaming.oja_rule import signed
from linsub.streaming.result import EigCertificate, EigResult
from linsub.streaming.streaming_top import Order, StreamingTopEigenvector, _ldexp
from linsub.streaming.top_choice import EPS, rounded, summary
from linsub.svd import truncated_svd

__all__ = ["top_eigenvector"]

# Vectors of the sketch that join the first pass's answer in the second. Each costs another
# 4 d operations a row, and the residual falls where the next eigenvalues are near.
_BASIS = 8


def top_eigenvector(
    A: Any,
    passes: Literal[1, 2, "exact"] = 2,
    *,
    order: Order = "random",
    rng: RNGLike = None,
) -> EigResult:
    """Return the top eigenvector of ``A^T A``, with a bound on its error.

    Parameters
    ----------
    A : array_like, sparse, memory-mapped, dask or blocks of rows, (n, d)
        Real. With ``passes=1`` an iterator of blocks too; with ``exact`` an operator too.
    passes : {1, 2, "exact"}, optional
        1: :class:`StreamingTopEigenvector`. 2: its answer and its sketch span a subspace in which
        a second reading finds the best vector and measures the residual. ``exact``: as many
        as :func:`linsub.svd.truncated_svd` needs.
    order : {"random", "adversarial"}, optional
        Of the rows.
    rng : optional
        What :func:`numpy.random.default_rng` takes.

    Returns
    -------
    EigResult

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* With two passes: V is an orthonormal basis of the first pass's vector and the
    leading vectors of its sketch; v is the Ritz vector of ``V^T M V``, and with
    ``r = ||M v - rho v||`` the bound is ``r / (rho - U)``, where U bounds
    lambda_2: by the sketch, or ``||A||_F^2 - rho``.

    *Cost.* A pass of :class:`StreamingTopEigenvector`; the second one 32 d operations a row.

    *Accuracy.* ``streaming-residual``, ``streaming-top-certificate``.

    Examples
    --------
    >>> from linsub.streaming import top_eigenvector
    >>> from linsub.testing import load_digits
    >>> digits = load_digits().data
    >>> vector, value, sin_bound, status = top_eigenvector(digits, rng=0)
    >>> status, bool(sin_bound < 0.01)
    ('certified', True)
    """
    if passes not in (1, 2, "exact") or isinstance(passes, bool):
        raise InvalidInputError(f"passes must be 1, 2 or 'exact', got {passes!r}")
    if passes == 1 and callable(getattr(A, "__next__", None)):
        stream = StreamingTopEigenvector(order=order, rng=rng)
        for block in A:
            stream.update(block)
        return stream.result()
    op = view(A)
    if op.dtype.kind == "c":
        raise InvalidTypeError("A is complex and streams are real; pass real rows")
    if op.shape[1] == 0:
        raise InvalidInputError(f"A has shape {op.shape}: rows have no entries")
    if passes == "exact":
        return _by_svd(A, op, rng)
    if op.kind == "operator":
        raise InvalidTypeError("A is known by its products only; pass passes='exact'")
    # The second pass makes up for what the covariance matrix would tell in d^2 numbers.
    limit = 4000 if passes == 1 else 0
    stream = StreamingTopEigenvector(op.shape[1], order=order, covariance_limit=limit, rng=rng)
    for _, block in op.row_blocks():
        stream.update(block)
    shift = -2 * (math.frexp(op.scale)[1] - 1)
    if op.shape[0] == 0:
        stream.update(np.zeros((0, op.shape[1])))
    first = stream.result()
    if passes == 1:
        return _finished(
            op,
            first,
            np.asarray(first.vector),
            tuple(_four(first)),
            shift,
            stream._flushed().settings.method,
            1,
        )
    return _second_pass(op, stream, first, shift)


def _four(result: EigResult) -> list[float]:
    c = result.certificate
    assert c is not None
    return [float(x) for x in (result.sin_bound, c.value_lower, c.value_upper, c.second_upper)]  # type: ignore[arg-type]


def _second_pass(
    op: Operator, stream: StreamingTopEigenvector, first: EigResult, shift: int
) -> EigResult:
    """Return the Ritz vector of a second reading, in the unit of the first one's state."""
    state = stream._flushed()
    known, S = summary(state, min(_BASIS - 1, op.shape[1]))
    start = np.column_stack([np.asarray(first.vector), S])
    V = orthonormalize(start)[0]
    product, blocks, longest = np.zeros_like(V), 0, 0
    for _, block in op.row_blocks():
        X = np.ldexp(np.asarray(block, dtype=np.float64), -(state.exponent or 0))
        product += X.T @ (X @ V)
        blocks, longest = blocks + 1, max(longest, X.shape[0])
    small = (blocks + longest + op.shape[1] + 60.0) * EPS * known.total
    theta, Y = eigh(V.T @ product, 1)
    v = V @ Y[:, 0]
    size = float(np.linalg.norm(v))
    v, Mv, rho = v / size, product @ Y[:, 0] / size, float(theta[0])
    r = float(np.linalg.norm(Mv - rho * v)) + 2.0 * small
    lower = max(known.lower, rho - small)
    second = max(0.0, min(known.second, known.total - lower))
    sine = rounded(bounds.residual_certificate(rho, r, second), op.shape[1])
    # An eigenvalue lies within r of rho; where that is beyond lambda_2 it is the first.
    upper = min(known.upper, rho + r) if rho - r > second else known.upper
    if op.shape[1] == 1:
        sine, second = 0.0, 0.0
    if first.sin_bound < sine:
        v, sine = np.asarray(first.vector), first.sin_bound
    p = 2 * (state.exponent or 0)
    four = (sine, _ldexp(lower, p, 0.0), _ldexp(upper, p, np.inf), _ldexp(second, p, np.inf))
    return _finished(op, first, v, four, shift, "two passes", 2)


def _finished(
    op: Operator,
    first: EigResult,
    v: np.ndarray,
    four: tuple[float, ...],
    shift: int,
    method: str,
    passes: int,
) -> EigResult:
    sine, lower, upper, second = four
    lower, upper = _ldexp(lower, shift, 0.0), _ldexp(upper, shift, np.inf)
    second = _ldexp(second, shift, np.inf)
    known = first.info
    assert known is not None
    details = {"n_samples": op.shape[0], "candidate": known.details["candidate"]}
    notes = known.notes
    info = Info(method, passes=passes, notes=notes, details=details)
    return _record(op, v, sine, lower, upper, second, info)


def _record(
    op: Operator,
    v: np.ndarray,
    sine: float,
    lower: float,
    upper: float,
    second: float,
    info: Info,
    failure: float = 0.0,
) -> EigResult:
    def bound(value: float, of: str) -> Bound:
        return Bound(value, "probabilistic" if failure > 0.0 else "bound", of, failure)

    certificate = EigCertificate(
        sine=bound(sine, "sin(v, v_1)") if sine < 1.0 else None,
        value_lower=Bound(lower, "bound", "lambda_1 >="),
        value_upper=bound(upper, "lambda_1"),
        second_upper=bound(second, "lambda_2"),
    )
    return EigResult(
        op.home.give_back(signed(v.copy())),
        np.array([lower, upper]),
        sine,
        "certified" if sine < 1.0 else "uncertified",
        certificate=certificate,
        info=info,
    )


def _by_svd(A: Any, op: Operator, rng: RNGLike) -> EigResult:
    """Return v_1 by the SVD: a residual of the pair gives one of ``A^T A``."""
    n, d = op.shape
    if n == 0:
        info = Info("svd", details={"n_samples": 0, "candidate": "none"})
        return _record(op, np.eye(1, d)[0], 0.0 if d == 1 else 1.0, 0.0, 0.0, 0.0, info)
    found: Any = truncated_svd(A, min(2, n, d), rng=rng)
    c = found.certificate
    v = np.array(found.Vh, dtype=np.float64)[0]
    v /= np.linalg.norm(v) or 1.0
    details = {"n_samples": n, "candidate": found.info.method}
    info = Info("svd", products=found.info.products, passes=found.info.passes, details=details)
    if c.sigma_upper is None or c.sigma_lower is None or c.residuals is None:
        sine = 0.0 if d == 1 else 1.0
        return _record(op, v, sine, 0.0, math.inf, math.inf, info)
    low, high = (np.asarray(b.value, dtype=np.float64) for b in (c.sigma_lower, c.sigma_upper))
    scale = math.ldexp(1.0, min(1000, -math.frexp(float(high[0]) or 1.0)[1]))
    firsts = (found.S[0], np.ravel(c.residuals.value)[0], high[0])
    s, r, top = (float(x) * scale for x in firsts)
    second = float(high[1]) * scale if high.size > 1 else 0.0
    r += 8.0 * math.sqrt(d) * float(np.finfo(op.dtype).eps) * s  # v was made of norm 1 again
    sine = bounds.residual_certificate(s * s, (top + s) * r, second * second)
    sine = 0.0 if d == 1 else rounded(sine, d)
    p = -2 * (math.frexp(scale)[1] - 1)
    lower = _ldexp((float(low[0]) * scale) ** 2 * (1.0 - 4.0 * EPS), p, 0.0)
    upper, below = (_ldexp(x * x * (1.0 + 4.0 * EPS), p, np.inf) for x in (top, second))
    return _record(op, v, sine, lower, upper, below, info, float(c.sigma_upper.failure_prob))
