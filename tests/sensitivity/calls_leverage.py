"""Valid calls of the public names of leverage scores, Lewis weights and John weights."""

import numpy as np

from linsub.sensitivity import (
    approx_leverage_scores,
    john_weights,
    leverage_scores,
    lewis_weights,
)
from tests.calls import Call


def _rows():
    x = np.linspace(-1.0, 1.0, 12)
    return {"A": np.stack([np.ones(12), x, np.abs(x) ** 1.5], axis=1)}


CALLS = [
    Call("leverage_scores", leverage_scores, _rows),
    Call("leverage_scores.ridge", lambda A: leverage_scores(A, ridge=0.5), _rows),
    Call("leverage_scores.rank", lambda A: leverage_scores(A, rank=2), _rows),
    Call("approx_leverage_scores", lambda A: approx_leverage_scores(A, size=9, rng=0), _rows),
    Call("lewis_weights", lambda A: lewis_weights(A, 3.0), _rows),
    Call("john_weights", lambda A: john_weights(A, tol=1e-12), _rows),
]
RECORDS = {
    "ApproxLeverageCertificate",
    "JohnCertificate",
    "JohnResult",
    "LeverageCertificate",
    "LeverageResult",
    "LewisCertificate",
    "LewisResult",
}
