"""Rows that arrive once: top eigenvectors and sketches that carry a bound on their error."""

from __future__ import annotations

from linsub.streaming.basis_result import BasisResult
from linsub.streaming.block_power import BlockPowerPCA
from linsub.streaming.history_pca import HistoryPCA
from linsub.streaming.oja_pca import OjaPCA
from linsub.streaming.oja_rule import OjaResult, oja
from linsub.streaming.result import EigCertificate, EigResult

__all__ = [
    "BasisResult",
    "BlockPowerPCA",
    "EigCertificate",
    "EigResult",
    "HistoryPCA",
    "OjaPCA",
    "OjaResult",
    "oja",
]
