"""Valid calls of the public names of leverage scores and Lewis weights."""

import numpy as np

from linsub.sensitivity import leverage_scores, lewis_weights
from tests.calls import Call


def _rows():
    x = np.linspace(-1.0, 1.0, 12)
    return {"A": np.stack([np.ones(12), x, np.abs(x) ** 1.5], axis=1)}


CALLS = [
    Call("leverage_scores", leverage_scores, _rows),
    Call("lewis_weights", lambda A: lewis_weights(A, 3.0), _rows),
]
RECORDS = {"LeverageCertificate", "LeverageResult", "LewisCertificate", "LewisResult"}
