"""Polynomials of singular values, applied without a decomposition."""

from __future__ import annotations

__all__: list[str] = []
