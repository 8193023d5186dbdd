"""Gains and signals together: exactly, with noise and a bound, and refused where they are free."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import (
    AccuracyWarning,
    InvalidInputError,
    InvalidTypeError,
    NumericalError,
    RankDeficientError,
)
from linsub.inverse import self_calibrate

# Model, sensors, numbers of a signal, measurements that just suffice: table of the notes.
THRESHOLDS = [
    ("repeated", 8, 16, 3),
    ("diverse", 16, 12, 4),
    ("diverse", 16, 15, 15),
    ("snapshots", 16, 12, 4),
]


def _problem(model, m, n, p, rng, kind=float):
    def gaussian(*shape):
        x = rng.standard_normal(shape)
        return x + 1j * rng.standard_normal(shape) if kind is complex else x

    gains = rng.uniform(0.5, 1.5, m)
    if kind is complex:
        gains = gains * np.exp(2j * np.pi * rng.uniform(size=m))
    A = gaussian(m, n) if model == "snapshots" else gaussian(p, m, n)
    x = gaussian(n) if model == "repeated" else gaussian(p, n)
    Y = {
        "repeated": lambda: np.einsum("lmn,n->lm", A, x),
        "diverse": lambda: np.einsum("lmn,ln->lm", A, x),
        "snapshots": lambda: x @ A.T,
    }[model]()
    return Y * gains, A, gains, x


def _sine(a, b):
    a, b = (np.ravel(v) / np.linalg.norm(v) for v in (a, b))
    return float(np.linalg.norm(a - b * np.vdot(b, a)))


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("method", ["spectral", "lstsq"])
@pytest.mark.parametrize(("model", "m", "n", "p"), THRESHOLDS)
def test_enough_measurements_give_gains_and_signals(model, m, n, p, method, kind):
    Y, A, gains, x = _problem(model, m, n, p, np.random.default_rng(0), kind)
    found = self_calibrate(Y, A, model=model, method=method, noise=0.0)
    error = _sine(found.gains, gains)
    assert error < 1e-9
    assert _sine(1 / found.gains, 1 / gains) <= float(found.certificate.sine)
    assert _sine(found.signals, x) < 1e-9
    assert (np.abs(found.gains) ** -2.0).sum() == pytest.approx(m)
    assert found.gains[0].real > 0
    assert abs(found.gains[0].imag) < 1e-12
    signals = np.broadcast_to(found.signals, (p, n))[:, :, None]
    again = (np.broadcast_to(A, (p, m, n)) @ signals)[:, :, 0]
    np.testing.assert_allclose(again * found.gains, Y, atol=1e-8)


@pytest.mark.parametrize(("model", "m", "n", "p"), THRESHOLDS)
def test_one_measurement_less_is_refused(model, m, n, p):
    Y, A, _, _ = _problem(model, m, n, p - 1, np.random.default_rng(1))
    with pytest.raises(InvalidInputError, match="equations too few"):
        self_calibrate(Y, A, model=model)


def test_enough_equations_of_one_kind_are_refused_too():
    """Parallel snapshots count as equations and say nothing new."""
    Y, A, _, _ = _problem("snapshots", 10, 4, 6, np.random.default_rng(2))
    Y[:] = Y[0]
    with pytest.raises(RankDeficientError, match="not determined"):
        self_calibrate(Y, A)
    with pytest.warns(AccuracyWarning, match="not determined"):
        self_calibrate(Y, A, on_fail="warn")
    found = self_calibrate(Y, A, on_fail="return", noise=0.0)
    assert float(found.certificate.sine) == 1.0
    assert float(found.certificate.gap) == 0.0


@given(
    st.sampled_from(["repeated", "diverse", "snapshots"]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-9, 1e-4, 1e-2, 0.3]),
    st.booleans(),
    st.sampled_from([-900, 0, 900]),
)
def test_the_angle_is_within_its_bound(model, seed, noise, is_complex, exponent):
    rng = np.random.default_rng(seed)
    Y, A, gains, _ = _problem(model, 9, 4, 6, rng, complex if is_complex else float)
    E = rng.standard_normal(Y.shape) * noise
    scale = 2.0**exponent
    size = float(np.linalg.norm(E, axis=0).max()) * scale
    for method in ("spectral", "lstsq"):
        found = self_calibrate(
            (Y + E) * scale, A, model=model, method=method, noise=size, on_fail="return"
        )
        assert _sine(1 / found.gains, 1 / gains) <= float(found.certificate.sine)
        plain = self_calibrate(Y + E, A, model=model, method=method, on_fail="return")
        np.testing.assert_allclose(found.gains, plain.gains, rtol=1e-12)
        np.testing.assert_allclose(found.signals / scale, plain.signals, rtol=1e-10)


def test_dead_sensors_are_found_and_left_out():
    Y, A, gains, x = _problem("snapshots", 12, 4, 8, np.random.default_rng(3))
    Y[:, [2, 7]] = 0.0
    found = self_calibrate(Y, A)
    assert found.info.details["dead"].tolist() == [2, 7]
    assert (found.gains[[2, 7]] == 0).all()
    alive = np.setdiff1d(np.arange(12), [2, 7])
    assert _sine(found.gains[alive], gains[alive]) < 1e-12
    assert _sine(found.signals, x) < 1e-12
    Y[:, :8] = 0.0
    with pytest.raises(InvalidInputError, match="4 of 12 sensors"):
        self_calibrate(Y, A)
    with pytest.raises(InvalidInputError, match="all sensors are dead"):
        self_calibrate(np.zeros_like(Y), A)


def test_mixing_the_snapshots_changes_nothing():
    Y, A, _, _ = _problem("snapshots", 10, 3, 5, np.random.default_rng(4))
    E = 1e-2 * np.random.default_rng(5).standard_normal(Y.shape)
    Q = np.linalg.qr(np.random.default_rng(6).standard_normal((5, 5)))[0]
    np.testing.assert_allclose(
        self_calibrate(Q @ (Y + E), A).gains, self_calibrate(Y + E, A).gains, rtol=1e-10
    )


def test_least_squares_bears_noise_that_the_singular_vector_does_not():
    """Gains of one phase: the reference of all ones is information."""
    spectral, lstsq = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        Y, A, gains, _ = _problem("repeated", 24, 20, 3, rng)
        E = rng.standard_normal(Y.shape)
        Y = Y + 0.2 * np.linalg.norm(Y) / np.linalg.norm(E) * E
        for method, errors in (("spectral", spectral), ("lstsq", lstsq)):
            found = self_calibrate(Y, A, model="repeated", method=method, on_fail="return")
            errors.append(_sine(1 / found.gains, 1 / gains))
    assert np.mean(lstsq) < np.mean(spectral)


def test_a_second_explanation_is_told():
    rng = np.random.default_rng(7)
    with pytest.warns(AccuracyWarning, match="nearly as well"):
        self_calibrate(rng.standard_normal((4, 9)), rng.standard_normal((9, 4)))


def test_single_numbers_and_precision():
    found = self_calibrate([[2.0, 3.0], [4.0, 6.0]], [[1.0], [1.0]], noise=0.0)
    assert found.gains[1] / found.gains[0] == pytest.approx(1.5)
    alone = self_calibrate([[2.0], [3.0]], [[[1.0]], [[1.0]]], model="repeated", on_fail="return")
    assert alone.gains.tolist() == [1.0]
    single = self_calibrate(np.float32([[2, 3], [4, 6]]), np.float32([[1], [1]]))
    assert single.gains.dtype == single.signals.dtype == np.float32
    mixed = self_calibrate(np.float32([[2, 3], [4, 6]]), np.complex64([[1j], [1j]]))
    assert mixed.gains.dtype == np.complex64


def test_what_does_not_fit_is_named():
    Y, A, _, _ = _problem("snapshots", 8, 3, 4, np.random.default_rng(8))
    cases = [
        (lambda: self_calibrate(Y, A[:5]), "A has shape"),
        (lambda: self_calibrate(Y, A, model="diverse"), "A must have 3 dimensions"),
        (lambda: self_calibrate(Y, A, model="other"), "model"),
        (lambda: self_calibrate(Y, A, method="qr"), "method"),
        (lambda: self_calibrate(Y, A, w=np.ones(8)), "w belongs"),
        (lambda: self_calibrate(Y, A, method="lstsq", w=np.zeros(8)), "w is zero"),
        (lambda: self_calibrate(Y, A, method="lstsq", w=np.ones(7)), "w must have shape"),
        (lambda: self_calibrate(Y, A, noise=-1.0), "noise"),
        (lambda: self_calibrate(Y, A[:, [0, 1, 1]]), "A does not have full rank"),
        (lambda: self_calibrate(np.ones((3, 0)), np.ones((0, 2))), "hold no measurements"),
    ]
    for call, message in cases:
        with pytest.raises(InvalidInputError, match=message):
            call()
    s = 1 / self_calibrate(Y, A).gains
    w = np.zeros(8)
    w[:2] = s[1], -s[0]
    with pytest.raises(InvalidInputError, match="w is orthogonal"):
        self_calibrate(Y, A, method="lstsq", w=w)
    with pytest.raises(NumericalError, match="divide Y"):
        self_calibrate(Y * 1e300, A * 1e-300)


def _turned(found, gains):
    s, true = 1.0 / np.asarray(found.gains, dtype=float), 1.0 / gains
    s, true = s / np.linalg.norm(s), true / np.linalg.norm(true)
    return np.linalg.norm(s - true * (true @ s))


@pytest.mark.parametrize("single", [True, False])
def test_angles_of_exact_data_allow_for_precision_and_for_nearly_dependent_columns(single):
    """Signals along the weakest directions of A are seen through cond(A) times the rounding."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        A, gains = rng.standard_normal((8, 3)), rng.uniform(0.5, 1.5, 8)
        X = rng.standard_normal((4, 3))
        if not single:
            U, _, Vh = np.linalg.svd(A, full_matrices=False)
            A, X = (U * [1.0, 1e-4, 1e-8]) @ Vh, (X / [1.0, 1e-4, 1e-8]) @ Vh
        Y = (X @ A.T) * gains
        found = self_calibrate(Y.astype(np.float32) if single else Y, A, noise=0.0)
        assert _turned(found, gains) <= float(found.certificate.sine) < 1e-2


def test_complex_weights_of_real_gains_are_refused():
    rng = np.random.default_rng(0)
    A, X = rng.standard_normal((8, 3)), rng.standard_normal((4, 3))
    with pytest.raises(InvalidTypeError, match="w is complex"):
        self_calibrate(X @ A.T, A, method="lstsq", w=np.ones(8) * 1j)
