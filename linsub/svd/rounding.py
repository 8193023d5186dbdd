"""The rounding terms that certificates and engines share."""

from __future__ import annotations

import numpy as np

from linsub._core.dense import norms

__all__ = ["orthogonality_defect", "product_rounding"]

# Rounding of a product, relative to ||A||_F ||x||: gamma_n in the worst case, and with the
# kernels' blocked sums a small multiple of sqrt(n) eps in fact (Higham & Mary 2019, whose
# model fails with a probability far below any failure_prob here at this multiple).
_MULTIPLE = 4.0


def product_rounding(length: int, eps: float) -> float:
    """Return the relative rounding of sums of `length` products."""
    return _MULTIPLE * float(np.sqrt(max(1, length))) * eps


def orthogonality_defect(Q: np.ndarray) -> float:
    """Return ||Q^H Q - I||_F as computed; the caller adds what its Q has been through."""
    k = Q.shape[1]
    gram = Q.conj().T @ Q
    gram[range(k), range(k)] -= 1
    return norms.frobenius(gram)
