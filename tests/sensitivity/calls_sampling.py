"""Valid calls of the public names about samples of rows."""

import numpy as np

from linsub.sensitivity import (
    MergeReduceCoreset,
    OnlineLeverageSampler,
    RowSample,
    embedding_distortion,
    recursive_root_leverage,
    sample_rows,
)
from tests.calls import Call


def _rows():
    x = np.linspace(-1.0, 1.0, 24)
    return {"A": np.stack([np.ones(24), x, np.abs(x) ** 1.5 * np.sign(x)], axis=1)}


def _given():
    return {**_rows(), "scores": np.arange(24.0)}


def _sketch():
    return {**_rows(), "S": np.cos(np.outer(np.arange(8.0), np.arange(24.0)))}


def _blocks():
    return {"X": np.cos(np.outer(np.arange(40.0), np.arange(1.0, 4.0)))}


def _sample(p):
    return RowSample(np.arange(0, 24, 2), np.full(12, 2.0), np.full(24, 0.5), p)


def _online(X):
    stream = OnlineLeverageSampler(2.0, lam=0.1, rng=0).update(X)
    return stream.result(), stream.total


def _reduced(X):
    stream = MergeReduceCoreset(8, rng=0).update(X)
    found = stream.result()
    return found, found.scaled, float(found.certificate.lower), stream.levels


CALLS = [
    Call("sample_rows", lambda A: sample_rows(A, 1.5, 9, rng=0), _rows),
    Call(
        "sample_rows.given",
        lambda A, scores: sample_rows(A, 1.5, 9, scores=scores, mode="iid", rng=0),
        _given,
        complex=False,
    ),
    Call(
        "sample_rows.sensitivity",
        lambda A: sample_rows(A, 3.0, 9, scores="sensitivity", mode="systematic", rng=0),
        _rows,
        complex=False,
    ),
    Call("RowSample.apply", lambda A: _sample(1.0).apply(A), _rows),
    Call(
        "recursive_root_leverage",
        lambda A: recursive_root_leverage(A, oversampling=1.0, rng=0),
        _rows,
    ),
    Call("embedding_distortion", lambda A: embedding_distortion(A, _sample(2.0), rng=0)[:2], _rows),
    Call(
        "embedding_distortion.sketch",
        lambda A, S: embedding_distortion(A, S, rng=0)[:2],
        _sketch,
    ),
    Call(
        "embedding_distortion.search",
        lambda A: embedding_distortion(A, _sample(1.5), rng=0)[:2],
        _rows,
    ),
    Call("OnlineLeverageSampler", _online, _blocks, complex=False),
    Call("MergeReduceCoreset", _reduced, _blocks, complex=False),
]
RECORDS = {
    "DistortionCertificate",
    "DistortionResult",
    "RowSample",
    "StreamSample",
    "StreamSampleCertificate",
    "sample_size",
}
