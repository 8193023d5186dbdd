"""Rows that arrive once: top eigenvectors and sketches that carry a bound on their error."""

from __future__ import annotations

from linsub.streaming.basis_result import (
    BasisResult,
)
from linsub.streaming.block_power import (
    BlockPowerPCA,
)
from linsub.streaming.boost import (
    BoostResult,
    success_boost,
)
from linsub.streaming.covariance import (
    StreamingCovariance,
)
from linsub.streaming.frequent_directions import (
    FrequentDirections,
)
from linsub.streaming.history_pca import (
    HistoryPCA,
)
from linsub.streaming.oja_pca import (
    OjaPCA,
)
from linsub.streaming.oja_rule import (
    OjaResult,
    oja,
)
from linsub.streaming.out_of_core import (
    reduce_stream,
)
from linsub.streaming.protected import (
    ProjectedUpdate,
    ProtectedSubspace,
    ProtectionResult,
)
from linsub.streaming.result import (
    EigCertificate,
    EigResult,
)
from linsub.streaming.sketch_result import (
    CovarianceCertificate,
    CovarianceResult,
    SketchCertificate,
    SketchResult,
)
from linsub.streaming.streaming_top import (
    StreamingTopEigenvector,
)
from linsub.streaming.tracker import (
    SubspaceTracker,
)
from linsub.streaming.whole_matrix import (
    top_eigenvector,
)

__all__ = [
    "BasisResult",
    "BlockPowerPCA",
    "BoostResult",
    "CovarianceCertificate",
    "CovarianceResult",
    "EigCertificate",
    "EigResult",
    "FrequentDirections",
    "HistoryPCA",
    "OjaPCA",
    "OjaResult",
    "ProjectedUpdate",
    "ProtectedSubspace",
    "ProtectionResult",
    "SketchCertificate",
    "SketchResult",
    "StreamingCovariance",
    "StreamingTopEigenvector",
    "SubspaceTracker",
    "oja",
    "reduce_stream",
    "success_boost",
    "top_eigenvector",
]
