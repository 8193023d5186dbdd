"""Hard matrices, LAPACK's accuracy ratios, Hypothesis strategies and two real data sets.

>>> from linsub.testing import gallery, ratios
>>> import numpy as np
>>> A = gallery.matrix("kahan", 30)
>>> ratios.svd_ratios(A, *np.linalg.svd(A, full_matrices=False)).passed
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import linsub.testing.gallery as gallery
    import linsub.testing.ratios as ratios
    import linsub.testing.strategies as strategies
    from linsub.testing.datasets import Digits, load_digits, load_image

__all__ = ["Digits", "gallery", "load_digits", "load_image", "ratios", "strategies"]

_MODULES = ("gallery", "ratios", "strategies")
_DATASETS = ("Digits", "load_digits", "load_image")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _DATASETS:
        return getattr(importlib.import_module(f"{__name__}.datasets"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
