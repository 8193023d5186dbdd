"""Valid calls of Oja's rule and its relatives."""

import numpy as np

from linsub.streaming import oja
from tests.calls import Call


def _rows():
    rng = np.random.default_rng(3)
    return {"X": rng.standard_normal((40, 5)) * [3.0, 1.0, 1.0, 1.0, 0.5]}


CALLS = [
    Call("oja", lambda X: oja(X, 0.05, rng=0), _rows, complex=False),
]
RECORDS = {"OjaResult"}
