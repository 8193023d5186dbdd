"""Valid calls of the sketches of a stream."""

from functools import partial

import numpy as np

from linsub.streaming import FrequentDirections, StreamingCovariance, reduce_stream
from tests.calls import Call

RECORDS = (
    "CovarianceCertificate",
    "CovarianceResult",
    "EigCertificate",
    "EigResult",
    "SketchCertificate",
    "SketchResult",
)


def _rows():
    return np.random.default_rng(3).standard_normal((30, 6)) / np.arange(1.0, 7.0)


def _sketched(X, **options):
    stream = FrequentDirections(sketch_size=4, buffer_size=3, **options).update(X)
    return (
        stream.result(),
        stream.top_eigenvector().value,
        stream.eigenvalue_intervals(3),
        float(stream.projection_error(2)),
        stream.subspace_sine(1),
    )


def _form(x):
    return FrequentDirections(sketch_size=4).update(_rows()).quadratic_form(x)


def _projected(X):
    return FrequentDirections(sketch_size=4).update(_rows()).project(X, 2)


def _summed(X, **options):
    stream = StreamingCovariance(**options).update(X)
    return stream.result(), stream.eigenvalue_intervals(2), stream.top_eigenvector().value


def _reduced(source):
    make = partial(FrequentDirections, sketch_size=4)
    return reduce_stream(make, source, block_rows=7, progress=False).result()


CALLS = [
    Call("FrequentDirections", _sketched, lambda: {"X": _rows()}, complex=False),
    Call(
        "FrequentDirections.robust",
        lambda X: _sketched(X, variant="robust", heavy_rows=2),
        lambda: {"X": _rows()},
        complex=False,
    ),
    Call("FrequentDirections.quadratic_form", _form, lambda: {"x": np.arange(6.0)}, complex=False),
    Call("FrequentDirections.project", _projected, lambda: {"X": _rows()[:5]}, complex=False),
    Call("StreamingCovariance", _summed, lambda: {"X": _rows()}, complex=False),
    Call(
        "StreamingCovariance.center",
        lambda X: _summed(X, center=True),
        lambda: {"X": _rows()},
        complex=False,
    ),
    Call("reduce_stream", _reduced, lambda: {"source": _rows()}, complex=False),
]
