"""How much a row matters: leverage, Lewis weights, lp sensitivities, and samples by them."""

from __future__ import annotations

__all__: list[str] = []
