"""Trackers: against the formulas that they implement, and where they have nothing to do."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.geometry import rank_one_geodesic_step
from linsub.streaming import SubspaceTracker


def frame(k, d, rng):
    return np.linalg.qr(rng.standard_normal((d, k)))[0].T


def projector(V):
    return np.asarray(V).T @ np.asarray(V)


def test_past_is_recursive_least_squares():
    rng = np.random.default_rng(0)
    X, W = rng.standard_normal((60, 6)), frame(2, 6, rng)
    tracker = SubspaceTracker(2, "past", forgetting=0.9, start=W).update(X)
    scale = 2.0 ** np.frexp(np.abs(X[0]).max())[1]
    P = np.eye(2)
    for x in X / scale:
        y = W @ x
        g = P @ y / (0.9 + y @ P @ y)
        P = (P - np.outer(g, y @ P)) / 0.9
        W = W + np.outer(g, x - W.T @ y)
    found, deviations = tracker.result()
    Q = np.linalg.qr(W.T)[0]
    np.testing.assert_allclose(projector(found), Q @ Q.T, atol=1e-10)
    weight = (1.0 - 0.9**60) / 0.1
    wanted = scale * np.sqrt(np.linalg.eigvalsh(np.linalg.inv(P))[::-1] / weight)
    np.testing.assert_allclose(deviations, wanted, rtol=1e-8)


def test_opast_is_past_and_the_inverse_root():
    rng = np.random.default_rng(1)
    X, W = rng.standard_normal((40, 7)), frame(3, 7, rng)
    found, _ = SubspaceTracker(3, forgetting=0.95, start=W).update(X).result()
    P = np.eye(3)
    for x in X / 2.0 ** np.frexp(np.abs(X[0]).max())[1]:
        y = W @ x
        g = P @ y / (0.95 + y @ P @ y)
        P = (P - np.outer(g, y @ P)) / 0.95
        W = W + np.outer(g, x - W.T @ y)
        w, U = np.linalg.eigh(W @ W.T)
        W = (U / np.sqrt(w)) @ U.T @ W
    np.testing.assert_allclose(projector(found), projector(W), atol=1e-10)


def test_grouse_is_the_geodesic_step():
    rng = np.random.default_rng(2)
    X, W = rng.standard_normal((25, 6)), frame(2, 6, rng)
    found, deviations = SubspaceTracker(2, "grouse", start=W).update(X).result()
    S = W.T
    for x in X:
        S = rank_one_geodesic_step(S, x, "greedy")
    np.testing.assert_allclose(projector(found), S @ S.T, atol=1e-11)
    assert deviations is None
    share, _ = SubspaceTracker(2, "grouse", step=0.25, start=W).update(X[:1]).result()
    r = X[0] - W.T @ (W @ X[0])
    angle = np.arctan2(np.linalg.norm(r), np.linalg.norm(W @ X[0]))
    S = rank_one_geodesic_step(W.T, X[0], 0.25 * angle / np.linalg.norm(r))
    np.testing.assert_allclose(projector(share), S @ S.T, atol=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_grouse_stays_where_it_has_nothing_to_turn(size):
    W = np.eye(4)[:2]
    for row in ([3.0, -4.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0] * 4):
        found, _ = SubspaceTracker(2, "grouse", start=W).update(size * np.array([row])).result()
        np.testing.assert_allclose(projector(found), projector(W), atol=1e-15)


@pytest.mark.parametrize("method", ["past", "opast", "grouse"])
def test_a_subspace_that_jumps_is_found_again(method):
    rng = np.random.default_rng(3)
    one, two = frame(2, 10, rng), frame(2, 10, rng)
    options = {} if method == "grouse" else {"forgetting": 0.9}
    tracker = SubspaceTracker(2, method, rng=0, **options)
    for W in (one, two):
        tracker.update(rng.standard_normal((400, 2)) @ W)
        found, _ = tracker.result()
        assert np.linalg.norm(projector(found) - projector(W)) < 1e-6


@pytest.mark.parametrize("method", ["past", "opast"])
def test_long_silence_and_rows_of_any_size_do_no_harm(method):
    rng = np.random.default_rng(4)
    X = rng.standard_normal((200, 3)) * [5.0, 1.0, 1.0]
    tracker = SubspaceTracker(1, method, forgetting=0.5, rng=0).update(X)
    tracker.update(np.zeros((5000, 3))).update(1e-280 * X).update(np.tile(1e-300 * X, (10, 1)))
    tracker.update(1e250 * X).update(X)
    components, deviations = tracker.result()
    assert np.isfinite(components).all()
    assert np.isfinite(deviations).all()
    assert abs(np.linalg.norm(components) - 1.0) < 1e-14


def test_ten_thousand_rows_leave_it_orthonormal():
    X = np.random.default_rng(5).standard_normal((10_000, 12))
    for method, options in (("opast", {"forgetting": 0.9}), ("grouse", {})):
        V = SubspaceTracker(5, method, rng=0, **options).update(X)._state["V"]
        assert np.linalg.norm(V @ V.T - np.eye(5)) < 1e-13


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"forgetting": 0.0}, "forgetting must satisfy"),
        ({"forgetting": 1.1}, "forgetting must satisfy"),
        ({"method": "grouse", "forgetting": 0.9}, "pass step="),
        ({"step": 0.5}, "pass forgetting="),
        ({"method": "grouse", "step": 0.0}, "step must satisfy"),
        ({"method": "isvd"}, "method must be one of"),
    ],
)
def test_options_that_do_not_fit(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        SubspaceTracker(2, **arguments)
