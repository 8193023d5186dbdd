"""The Gram matrix of a stream: rounding, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.streaming import StreamingCovariance, bounds
from linsub.streaming.claims.streams import WIDE, gram, stream_case, unit
from linsub.verify import Observation, claim


class _LateMean(StreamingCovariance):
    """Subtracts the mean of each update and forgets how far it is from the others."""

    def update(self, X: Any) -> StreamingCovariance:
        X = np.asarray(X)
        return super().update(X - X.mean(axis=0)) if self.center and len(X) else super().update(X)


class _Single(StreamingCovariance):
    """Works in single precision."""

    def update(self, X: Any) -> StreamingCovariance:
        return super().update(np.asarray(X, np.float32))


@claim(
    "streaming-covariance-rounding",
    source="Higham & Mary 2019 (sums); Chan, Golub & LeVeque 1983 (means); proof in docs/theory",
    kind="always",
    domain="stream",
    subject=StreamingCovariance,
    cases=stream_case,
    mutants={"single precision": _Single, "means of blocks alone": _LateMean},
    slack="rounding errors do not all point one way",
    budget=0.3,
    full_cases=5000,
)
def covariance_rounding(case: Any, subject: Any) -> list[Observation]:
    """||G - A^T A||_2 is at most the rounding that is carried, with and without a mean."""
    A = np.ldexp(case.A, unit(case.A))
    A = A + 3.0 * (case.seed[-1] % 2)
    half = len(A) // 2
    found = []
    for center in (False, True):
        stream, other = (subject(A.shape[1], center=center) for _ in range(2))
        for block in np.array_split(A[:half], 3):
            stream.update(block)
        G, _, n = result = stream.merge(other.update(A[half:])).result()
        exact = np.asarray(A, WIDE)
        if center:
            exact = exact - exact.mean(axis=0)
        error = np.linalg.norm(np.asarray(np.asarray(G, WIDE) - gram(exact), np.float64), 2)
        squares = float(np.sum(np.square(A)))
        carried = float(result.certificate.spectral_error)
        allowed = min(carried, bounds.gram_rounding(8.0 * squares, n, 8, 2.0**-52))
        found.append(Observation(float(error), allowed + 1e-18 * squares, note=f"center {center}"))
    return found
