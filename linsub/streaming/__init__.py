"""Rows that arrive once: top eigenvectors and sketches that carry a bound on their error."""

from __future__ import annotations

from linsub.streaming.covariance import StreamingCovariance
from linsub.streaming.frequent_directions import FrequentDirections
from linsub.streaming.out_of_core import reduce_stream
from linsub.streaming.result import EigCertificate, EigResult
from linsub.streaming.sketch_result import (
    CovarianceCertificate,
    CovarianceResult,
    SketchCertificate,
    SketchResult,
)
from linsub.streaming.streaming_top import StreamingTopEigenvector
from linsub.streaming.whole_matrix import top_eigenvector

__all__ = [
    "CovarianceCertificate",
    "CovarianceResult",
    "EigCertificate",
    "EigResult",
    "FrequentDirections",
    "SketchCertificate",
    "SketchResult",
    "StreamingCovariance",
    "StreamingTopEigenvector",
    "reduce_stream",
    "top_eigenvector",
]
