"""Where to evaluate a function, so that few values approximate it well."""

from __future__ import annotations

__all__: list[str] = []
