"""Tucker decompositions with an exact account of their error."""

from __future__ import annotations

from linsub.tensor.higher_order import hooi, hosvd
from linsub.tensor.sequential import sthosvd
from linsub.tensor.tucker import TuckerCertificate, TuckerResult, tucker_to_dense

__all__ = ["TuckerCertificate", "TuckerResult", "hooi", "hosvd", "sthosvd", "tucker_to_dense"]
