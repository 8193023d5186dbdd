"""Vector spaces on labelled coordinates: restricted, contracted, linked and taken apart."""

from __future__ import annotations

__all__: list[str] = []
