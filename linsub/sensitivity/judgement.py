"""What is proved of the leverage scores of a matrix whose rows were scaled, and so rounded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from linsub._core.random import Streams
from linsub.errors import RankDeficientError
from linsub.sensitivity import bounds
from linsub.sensitivity.orthonormalizer import Orthonormalizer, orthonormalizer, terms_of
from linsub.sensitivity.rows import Rows

__all__ = ["Judgement", "judged"]


class Judgement(NamedTuple):
    """`error` bounds the relative error of squared rows of ``A T`` as scores of exact rows."""

    rows: Rows
    found: Orthonormalizer
    error: float


def judged(B: np.ndarray, scale_error: float) -> Judgement | None:
    """Return the orthonormalizer of B, whose rows are ``fl(s_i a_i)``, or None if nothing is sure.

    `scale_error` bounds the relative error of the s_i. Scores are off by four times that, and by
    what rounding of the entries does: at most ``2 e + e^2`` more of defect, for
    ``e = u growth sqrt(r)``.
    """
    rows = Rows(B)
    try:
        found = orthonormalizer(rows, method="auto", rcond=0.0, streams=Streams.replay(0))
    except RankDeficientError:  # numerically: rows of all sizes remain
        return None
    if found.columns.size < B.shape[1]:
        return None
    entries = bounds.rounding(4) * found.growth * np.sqrt(B.shape[1])
    defect = found.defect + (2.0 * entries + entries**2) * (1.0 + found.defect)
    error = bounds.leverage_relative_error(defect, found.growth, terms_of(rows) + 4)
    error = (1.0 + error) * (1.0 + 8.0 * scale_error) - 1.0
    return Judgement(rows, found, error) if error < 1.0 else None
