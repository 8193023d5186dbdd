"""Rows that arrive once: top eigenvectors and sketches that carry a bound on their error."""

from __future__ import annotations

from linsub.streaming.oja_rule import OjaResult, oja
from linsub.streaming.result import EigCertificate, EigResult

__all__ = ["EigCertificate", "EigResult", "OjaResult", "oja"]
