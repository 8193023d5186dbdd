"""Rows and columns that stand for a whole matrix, with error factors: CUR, Nystroem, RRQR."""

from __future__ import annotations

__all__: list[str] = []
