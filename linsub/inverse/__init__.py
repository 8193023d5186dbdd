"""Bilinear inverse problems that one singular vector solves."""

from __future__ import annotations

__all__: list[str] = []
