"""What is kept of a stream of rows: its record, and the boundary of its blocks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import arrays
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Certificate, Info, Record
from linsub.sensitivity.row_sample import scaled_rows

__all__ = ["StreamSample", "StreamSampleCertificate", "as_block"]


@dataclasses.dataclass(frozen=True, eq=False)
class StreamSampleCertificate(Certificate):
    """What is proved of ``||S A x||_p / ||A x||_p`` though A is gone. Unknown is None.

    Attributes
    ----------
    lower, upper : Bound
        No x has a ratio below or above: products of what was measured at each reduction.
    """

    lower: Bound | None = None
    upper: Bound | None = None


class StreamSample(Record):
    """Weighted rows of a stream: ``rows, weights, indices, p = stream.result()``.

    ``sum_j weights[j] |rows[j] x|^p`` is ``||A x||_p^p`` on average, A all rows that came.

    Attributes
    ----------
    rows : ndarray of shape (m, d)
        As they came.
    weights : ndarray of shape (m,)
    indices : ndarray of shape (m,), int64
        Where in the stream they came, from 0.
    p : float
    certificate : StreamSampleCertificate
    """

    _fields = ("rows", "weights", "indices", "p")
    rows: np.ndarray
    weights: np.ndarray
    indices: np.ndarray
    p: float
    certificate: StreamSampleCertificate | None
    info: Info | None

    @property
    def scaled(self) -> np.ndarray:
        """The rows times ``weights^(1/p)``: a matrix S A that stands for A."""
        return scaled_rows(self.rows, self.weights ** (1.0 / self.p))


def as_block(X: Any, width: int | None) -> np.ndarray:
    """Return a copy of a block of rows, real and finite, of the width of the others."""
    rows = arrays.as_matrix(X, name="X")
    if rows.dtype.kind == "c":
        raise InvalidTypeError("X is complex and streams are real; pass real rows")
    if rows.shape[1] == 0:
        raise InvalidInputError(f"X has shape {rows.shape}: rows have no entries")
    if width is not None and rows.shape[1] != width:
        raise InvalidInputError(f"X has {rows.shape[1]} columns and the rows before had {width}")
    return np.array(rows, order="C")
