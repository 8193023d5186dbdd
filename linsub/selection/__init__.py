"""Rows and columns that stand for a whole matrix, with error factors: CUR, Nystroem, RRQR."""

from __future__ import annotations

from linsub.selection.columns_and_rows import cur
from linsub.selection.dominant_volume import maxvol
from linsub.selection.gu_eisenstat import strong_rrqr
from linsub.selection.kernel_columns import nystroem
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
from linsub.selection.row_choice import row_subset

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
