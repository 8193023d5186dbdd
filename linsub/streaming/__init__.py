"""Rows that arrive once: top eigenvectors and sketches that carry a bound on their error."""

from __future__ import annotations

from linsub.streaming.covariance import StreamingCovariance
from linsub.streaming.frequent_directions import FrequentDirections
from linsub.streaming.result import EigCertificate, EigResult
from linsub.streaming.streaming_top import StreamingTopEigenvector
from linsub.streaming.whole_matrix import top_eigenvector

__all__ = [
    "EigCertificate",
    "EigResult",
    "FrequentDirections",
    "StreamingCovariance",
    "StreamingTopEigenvector",
    "top_eigenvector",
]
