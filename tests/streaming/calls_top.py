"""Valid calls of the public names of streaming top eigenvectors."""

import numpy as np

from linsub.streaming import StreamingTopEigenvector, top_eigenvector
from tests.calls import Call


def _rows(name="X"):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 5)) * np.array([6.0, 1.0, 0.5, 0.5, 0.2])
    return {name: X.astype(np.float32).astype(float)}


def _streamed(method):
    def call(X):
        stream = StreamingTopEigenvector(method=method, covariance_limit=0, rng=0)
        return stream.update(X).update(X).result()

    return call


def _passes(passes):
    return lambda A: top_eigenvector(A, passes, rng=0)


CALLS = [
    Call(f"StreamingTopEigenvector.{method}", _streamed(method), _rows, complex=False)
    for method in ("auto", "covariance", "fd", "block_power", "oja_grid")
] + [
    Call(f"top_eigenvector.{passes}", _passes(passes), lambda: _rows("A"), complex=False)
    for passes in (1, 2, "exact")
]
RECORDS = {"EigCertificate", "EigResult"}
