"""One SVD from many: of a matrix whose column (or row) blocks have been decomposed apart."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.parallel import tree_reduce
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound
from linsub.svd.growing_factor import GrowingFactor
from linsub.svd.incremental import IncrementalSVD
from linsub.svd.incremental_core import Ledger
from linsub.svd.incremental_state import State
from linsub.svd.result import SVDCertificate, SVDResult

__all__ = ["merge_svd"]


def merge_svd(
    parts: Iterable[Any],
    rank: int | None = None,
    *,
    error: float | None = None,
    axis: Literal[0, 1] = 1,
) -> SVDResult:
    """Truncated SVD of matrices side by side from truncated SVDs of each.

    Of ``[A_1 ... A_N]``, or of the A_i one below the other.

    Parameters
    ----------
    parts : iterable of SVDResult or of tuples
        ``U, S, Vh`` of each, orthonormal as an SVD's. The side that is not common to all (Vh for
        columns, U for rows) may be None: then the result has none.
    rank : int, optional
        From 0.
    error : float, optional
        Relative Frobenius error in [0, 1) of the result, that of the parts included. Give one
        of the two, or neither to keep all directions that are not rounding.
    axis : {1, 0}, optional
        1: the A_i are blocks of columns; 0: of rows.

    Returns
    -------
    SVDResult
        Certified where every part is: the error of the parts and what the merges discarded.
        Where parts have no certificate, ``info.details["discarded"]`` is the latter alone.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* A binary tree of the merges of :class:`IncrementalSVD`. *Cost.*
    ``O(m k^2)`` a part. *Accuracy.* With parts whose own error is carried and exact the squares
    of all errors add (claim ``svd-merge-tree``); otherwise the triangle inequality is left.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import merge_svd, truncated_svd
    >>> A = np.outer(np.ones(6), np.arange(1.0, 9.0))
    >>> U, S, Vh = merge_svd([truncated_svd(A[:, :3], 1), truncated_svd(A[:, 3:], 1)], 1)
    >>> bool(np.allclose(U * S @ Vh, A))
    True
    """
    axis = 0 if scalars.as_integer(axis, name="axis", low=0, high=1) == 0 else 1
    if not isinstance(parts, Iterable) or hasattr(parts, "shape"):
        raise InvalidTypeError(
            f"parts must be an iterable of (U, S, Vh), got {type(parts).__name__}"
        )
    options = {"rank": rank, "error": error}
    streams = [_stream(part, i, axis, options) for i, part in enumerate(parts)]
    if not streams:
        raise InvalidInputError("parts is empty: pass at least one (U, S, Vh)")
    heights = [stream._state.P.shape[0] for stream, _ in streams if stream._state]
    for i, height in enumerate(heights):
        if height != heights[0]:
            raise InvalidInputError(
                f"parts[{i}] has {height} {'rows' if axis == 1 else 'columns'} and parts[0] has "
                f"{heights[0]}"
            )
    whole = all(known for _, known in streams)
    kept = all(stream._state.grown is not None for stream, _ in streams if stream._state)
    for stream, _ in streams:
        if not kept and stream._state is not None:
            stream._state.grown = None
    total = tree_reduce(
        (stream for stream, _ in streams),
        lambda stream: stream,
        lambda first, second: copy.copy(first).merge(second),
    )
    result: SVDResult = total.result()
    if whole:
        return result
    assert result.certificate is not None
    assert result.info is not None
    result.info.details["discarded"] = result.certificate.frobenius_error
    result.certificate = SVDCertificate(orthogonality=result.certificate.orthogonality)
    return result


def _stream(
    part: Any, index: int, axis: Literal[0, 1], options: dict[str, Any]
) -> tuple[IncrementalSVD, bool]:
    """Return a stream that has seen a part, and whether the error of the part is known."""
    name = f"parts[{index}]"
    if isinstance(part, np.ndarray) or not isinstance(part, tuple | list) or len(part) != 3:
        raise InvalidTypeError(f"{name} must be (U, S, Vh), got {type(part).__name__}")
    S = arrays.as_vector(part[1], name=f"{name}.S")
    if S.size and (S.dtype.kind == "c" or S.min() < 0 or np.any(S[1:] > S[:-1])):
        raise InvalidInputError(f"{name}.S holds singular values: descending and not negative")
    k = S.size
    left = None if part[0] is None else arrays.as_matrix(part[0], name=f"{name}.U")
    right = None if part[2] is None else arrays.as_matrix(part[2], name=f"{name}.Vh")
    for label, found in (("U", None if left is None else left.shape[1]), ("Vh", right)):
        count = found if label == "U" or found is None else found.shape[0]
        if count is not None and count != k:
            raise InvalidInputError(f"{name}.{label} holds {count} vectors and {name}.S {k} values")
    base, grown = left, None if right is None else right.conj().T
    if axis == 0:
        base, grown = grown, left
    if base is None:
        raise InvalidInputError(
            f"{name}.{'U' if axis == 1 else 'Vh'} is None: the side common to all is needed"
        )
    dtype = np.result_type(base, S)
    stream = IncrementalSVD(**options, keep_left=grown is not None, keep_right=grown is not None)
    wide = np.dtype(np.complex128 if dtype.kind == "c" else np.float64)
    scale = norms.power_of_two_scale(float(S.max(initial=0.0)), np.dtype(np.float64))
    values = S.astype(np.float64) * scale
    ledger, known = _ledger(getattr(part, "certificate", None), values, scale)
    stream._state = State(
        np.asfortranarray(base.astype(wide) * values),
        None if grown is None else GrowingFactor.start(grown.astype(wide)),
        scale=scale if k and values[0] else 0.0,
        width=0 if grown is None else grown.shape[0],
        ledger=ledger,
    )
    stream._axis, stream._dtype, stream.n_updates = axis, dtype, 1
    stream._home = arrays.home(part[0] if part[0] is not None else part[2])
    return stream, known


def _ledger(certificate: Any, values: np.ndarray, scale: float) -> tuple[Ledger, bool]:
    """Return what a part has lost already, and whether that is known."""
    squares = float(np.sum(np.square(values)))
    error: Bound | None = getattr(certificate, "frobenius_error", None)
    norm: Bound | None = getattr(certificate, "frobenius_norm", None)
    if error is None or error.failure_prob > 0.0:
        return Ledger(norm_squares=squares), False
    lost = float(error.value) * scale
    whole = squares + lost * lost if norm is None else (float(norm.value) * scale) ** 2
    spectral: Bound | None = certificate.spectral_error
    top = lost if spectral is None or spectral.failure_prob else float(spectral.value) * scale
    top = min(top, lost)
    if error.kind == "exact" and error.origin == "carried":  # then E V = 0
        return Ledger(squares=lost * lost, top_squares=top * top, norm_squares=whole), True
    return Ledger(earlier=lost, earlier_top=top, norm_squares=whole), True
