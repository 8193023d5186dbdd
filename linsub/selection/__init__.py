"""Rows and columns that stand for a whole matrix, with error factors: CUR, Nystroem, RRQR."""

from __future__ import annotations

from linsub.selection.cur import cur
from linsub.selection.maxvol import maxvol
from linsub.selection.nystroem import nystroem
from linsub.selection.result import (
    CURResult,
    MaxvolCertificate,
    MaxvolResult,
    NystroemCertificate,
    NystroemResult,
    RowSubset,
    RRQRCertificate,
    RRQRResult,
    SelectionCertificate,
)
from linsub.selection.row_subset import row_subset
from linsub.selection.strong_rrqr import strong_rrqr

__all__ = [
    "CURResult",
    "MaxvolCertificate",
    "MaxvolResult",
    "NystroemCertificate",
    "NystroemResult",
    "RRQRCertificate",
    "RRQRResult",
    "RowSubset",
    "SelectionCertificate",
    "cur",
    "maxvol",
    "nystroem",
    "row_subset",
    "strong_rrqr",
]
