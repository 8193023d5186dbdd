"""Valid calls of the public names of sampling access."""

import numpy as np

from linsub import sensitivity
from tests.calls import Call

RECORDS = {
    "EstimateCertificate",
    "EvenTransform",
    "FKVResult",
    "SampledCertificate",
    "SampledEstimate",
    "SampledProduct",
}


def _vector():
    return np.array([0.5, -1.0, 2.0, 0.0, 3.0])


def _matrix():
    return np.random.default_rng(3).standard_normal((12, 4)) + 0.5


def _sampled_vector(v):
    made = sensitivity.SampleQueryVector(v)
    return made.norm, made.probability([0, 1, 4]), made.sample(9, rng=1), made.query([2, 4])


def _sampled_matrix(A):
    made = sensitivity.SampleQueryMatrix(A)
    rows, columns = made.sample(9, rng=1)
    return made.norm, made.row_norms, rows, columns


def _oversampled(Q):
    made = sensitivity.OversampledVector(Q, sensitivity.SampleQueryVector(np.full(5, 3.0)))
    return made.phi, made.probability([0, 1, 2, 3, 4]), made.sample(7, rng=1)


def _product(**options):
    def call(X, Y):
        found = sensitivity.approx_matmul(X, Y, 6, rng=1, **options)
        return *found, float(found.certificate.rms_error), float(found.certificate.error_bound)

    return Call("approx_matmul", call, lambda: {"X": _matrix(), "Y": _matrix()[:, :2] - 1.0})


def _fkv(A):
    found = sensitivity.fkv(A, 2, 20, 20, rng=1)
    return found.V @ found.V.conj().T, found.S, found.rows, float(found.certificate.error)


def _even(A):
    found = sensitivity.even_svt(A, lambda x: x / (1.0 + x), 20, 20, rng=1)
    return found.toarray(), found.rows


CALLS = [
    Call("SampleQueryVector", _sampled_vector, lambda: {"v": _vector()}),
    Call("SampleQueryMatrix", _sampled_matrix, lambda: {"A": _matrix()}),
    Call("OversampledVector", _oversampled, lambda: {"Q": _vector()}),
    Call(
        "OversampledVector.combination",
        lambda coefficients: sensitivity.OversampledVector.combination(
            [sensitivity.SampleQueryVector(_vector()), sensitivity.SampleQueryVector(np.ones(5))],
            coefficients,
        ).probability([0, 1, 2, 3, 4]),
        lambda: {"coefficients": np.array([1.0, -0.5])},
    ),
    _product(),
    _product(probs="product", mode="bernoulli"),
    _product(certify="exact"),
    Call(
        "approx_matmul",
        lambda probs: sensitivity.approx_matmul(_matrix(), _matrix(), 6, probs=probs, rng=1),
        lambda: {"probs": np.arange(1.0, 13.0)},
        complex=False,
    ),
    Call(
        "approx_matmul_variance",
        lambda X, Y: sensitivity.approx_matmul_variance(X, Y, 6, probs="product"),
        lambda: {"X": _matrix(), "Y": _matrix()[:, :2] - 1.0},
    ),
    Call(
        "estimate_inner",
        # Proportional vectors: every draw has the same value, in real and complex numbers.
        lambda u, v: np.asarray(sensitivity.estimate_inner(u, v, rng=1).value),
        lambda: {"u": _vector(), "v": 3.0 * _vector()},
    ),
    Call("fkv", _fkv, lambda: {"A": _matrix()}),
    Call("even_svt", _even, lambda: {"A": _matrix()}),
]
