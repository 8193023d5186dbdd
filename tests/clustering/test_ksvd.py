"""Learned dictionaries: costs that do not rise, planted atoms, metrics, and what is replaced."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.clustering import bounds, ksvd, orthogonal_dictionary
from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
    NonFiniteError,
)

QUIET = {"on_fail": "return"}


def planted(n, d, atoms, k, seed):
    rng = np.random.default_rng(seed)
    D = rng.standard_normal((atoms, d))
    D /= np.linalg.norm(D, axis=1)[:, None]
    S = np.zeros((n, atoms))
    for row in S:
        row[rng.choice(atoms, k, replace=False)] = rng.standard_normal(k)
    return D, S @ D


def metric_of(kind, d, rng):
    A = rng.standard_normal((d + 3, d))
    if kind == "wide":
        return A[: max(1, d - 2)]
    if kind == "twins":
        A[:, -1] = A[:, 0]
    return A * np.logspace(0, -3, d) if kind == "skew" else A


@given(
    st.integers(1, 25),
    st.integers(1, 6),
    st.integers(1, 8),
    st.sampled_from(["none", "square", "wide", "twins", "skew"]),
    st.booleans(),
    st.sampled_from([-500, 0, 400]),
    st.integers(0, 2**20),
)
def test_costs_do_not_rise_and_are_those_of_the_factors(n, d, atoms, kind, exact, p, seed):
    rng = np.random.default_rng(seed)
    Y = rng.standard_normal((n, d))
    Y[rng.random(n) < 0.15] = 0.0
    Y[rng.random(n) < 0.15] = Y[0]
    k = int(rng.integers(1, atoms + 1))
    A = None if kind == "none" else metric_of(kind, d, rng)
    found = ksvd(Y * 2.0**p, atoms, k, metric=A, exact=exact, maxiter=6, rng=seed, **QUIET)
    orthogonal = orthogonal_dictionary(
        Y * 2.0**p, min(k, d), metric=A, maxiter=6, rng=seed, **QUIET
    )
    weight = np.eye(d) if A is None else A
    size = np.linalg.norm(Y @ weight.T) + 1e-300
    least = bounds.least_dictionary_cost(np.linalg.svd(Y @ weight.T)[1], atoms)
    for result, most in ((found, k), (orthogonal, min(k, d))):
        np.testing.assert_allclose(np.linalg.norm(result.D, axis=1), 1.0, rtol=1e-13)
        assert (np.diff(result.codes.indptr) <= most).all()
        rest = (Y - (result.codes * 2.0**-p) @ result.D) @ weight.T
        cost = np.linalg.norm(rest)
        # Skew atoms and their large codes cancel.
        rounding = 1e-14 * (size + np.linalg.norm(weight) * np.linalg.norm(
            abs(result.codes * 2.0**-p) @ np.abs(result.D)))  # fmt: skip
        assert result.cost * 2.0**-p == pytest.approx(cost, rel=1e-12, abs=10 * rounding)
        assert cost <= float(result.certificate.cost) * 2.0**-p * (1 + 1e-15)
        path = result.info.details["cost_path"] * 2.0**-p
        assert (np.diff(path) <= rounding).all()
        assert path[-1] == pytest.approx(cost, rel=1e-9, abs=100 * rounding)
    assert found.cost * 2.0**-p >= least * (1 - 1e-12) - 100 * rounding


@pytest.mark.parametrize("exact", [False, True])
def test_planted_atoms_are_found(exact):
    D, Y = planted(800, 12, 20, 2, 0)
    runs = [ksvd(Y, 20, 2, exact=exact, rng=seed, **QUIET) for seed in range(3)]
    found = min(runs, key=lambda run: run.cost)
    assert (np.abs(found.D @ D.T).max(axis=0) > 0.999).mean() >= 0.9
    assert found.cost < 0.1 * np.linalg.norm(Y)
    Q, Z = planted(400, 8, 8, 2, 1)
    Q = np.linalg.qr(Q)[0]
    Z = (Z @ np.linalg.inv(planted(1, 8, 8, 2, 1)[0])) @ Q
    square = orthogonal_dictionary(Z, 2, rng=0)
    assert square.cost < 1e-13 * np.linalg.norm(Z)
    np.testing.assert_allclose(np.sort(np.abs(square.D @ Q.T), axis=1)[:, -1], 1.0, rtol=1e-13)


def test_the_metric_is_that_of_its_gram_matrix_and_of_its_root():
    rng = np.random.default_rng(2)
    Y, A = rng.standard_normal((60, 5)), rng.standard_normal((40, 5)) * np.logspace(0, -2, 5)
    by_activations = ksvd(Y, 8, 2, metric=A, rng=0, **QUIET)
    by_gram = ksvd(Y, 8, 2, metric_gram=A.T @ A, rng=0, **QUIET)
    L = np.linalg.cholesky(A.T @ A)  # ||E A^T|| = ||E L||
    by_root = ksvd(Y @ L, 8, 2, rng=0, **QUIET)
    for other in (by_gram, by_root):
        assert by_activations.cost == pytest.approx(other.cost, rel=1e-9)
    np.testing.assert_allclose(
        by_activations.codes @ by_activations.D, by_root.codes @ by_root.D @ np.linalg.inv(L),
        atol=1e-9,
    )  # fmt: skip
    plain = ksvd(Y, 8, 2, rng=0, **QUIET)
    assert by_activations.cost < np.linalg.norm((Y - plain.codes @ plain.D) @ A.T)
    huge = ksvd(Y, 8, 2, metric=A * 1e250, rng=0, **QUIET)
    assert huge.cost == pytest.approx(by_activations.cost * 1e250, rel=1e-9)
    atoms = orthogonal_dictionary(Y, 2, metric=A, rng=0, **QUIET).D
    M = atoms @ A.T @ A @ atoms.T
    np.testing.assert_allclose(
        M / np.sqrt(np.outer(M.diagonal(), M.diagonal())), np.eye(5), atol=1e-12
    )


def test_directions_that_the_metric_does_not_see_are_left_out():
    rng = np.random.default_rng(3)
    Y, A = rng.standard_normal((30, 4)), rng.standard_normal((9, 4))
    A[:, 3] = 0.0
    found = ksvd(Y, 5, 2, metric=A, rng=0, **QUIET)
    assert found.info.details["rank"] == 3
    np.testing.assert_allclose(found.D[:, 3], 0.0, atol=1e-15)
    A[:, 3] = 1e-9
    assert ksvd(Y, 5, 2, metric=A, rng=0, **QUIET).info.details["rank"] == 4
    for options in (
        {"metric": A, "rtol": 1e-6},
        {"metric": A.astype(np.float32)},
        {"metric_gram": A.T @ A},
    ):
        assert ksvd(Y, 5, 2, rng=0, **options, **QUIET).info.details["rank"] == 3
    with pytest.raises(InvalidInputError, match="metric is 0"):
        ksvd(Y, 5, 2, metric=np.zeros((2, 4)))


def test_twins_and_unused_atoms_are_replaced():
    Y = np.repeat(np.eye(6), [30, 30, 30, 1, 1, 1], axis=0)
    runs = [ksvd(Y, 6, 1, rng=seed) for seed in range(5)]
    assert all(run.cost < 1e-14 for run in runs)
    assert any(run.info.details["n_replaced"] > 0 for run in runs)
    # More atoms than targets, and nothing to replace them by.
    over = ksvd(np.eye(3), 7, 2, rng=0)
    assert over.cost == 0.0
    assert over.info.details["n_replaced"] == 0


def test_nothing_to_code():
    zero = ksvd(np.zeros((4, 3)), 2, 1, rng=0)
    assert zero.codes.nnz == 0
    assert zero.cost == float(zero.certificate.cost) == 0.0
    assert orthogonal_dictionary(np.zeros((4, 3)), 1, rng=0).cost == 0.0
    one = ksvd([[-2.0]], 1, 1, rng=0)
    assert one.codes.toarray() @ one.D == pytest.approx(-2.0)
    line = ksvd(np.array([[1.0], [2.0], [-3.0]]), 1, 1, rng=0)
    assert line.cost < 1e-15


def test_seeds_threads_and_precision():
    _, Y = planted(150, 6, 10, 2, 4)
    first, again = (ksvd(Y, 10, 2, n_threads=t, rng=5, **QUIET) for t in (1, 2))
    np.testing.assert_array_equal(first.D, again.D)
    np.testing.assert_array_equal(first.codes.toarray(), again.codes.toarray())
    single = ksvd(Y.astype(np.float32), 10, 2, rng=5, **QUIET)
    assert single.D.dtype == single.codes.dtype == np.float32
    assert single.cost == pytest.approx(first.cost, rel=1e-3)
    rest = Y.astype(np.float32).astype(float) - single.codes.astype(float) @ single.D.astype(float)
    assert single.cost == pytest.approx(np.linalg.norm(rest), rel=1e-12)


def test_iterations_that_do_not_end_are_said():
    _, Y = planted(100, 6, 10, 2, 6)
    with pytest.warns(ConvergenceWarning, match="after 1 iterations the cost still fell by"):
        ksvd(Y, 10, 2, maxiter=1, rng=0)
    with pytest.raises(ConvergenceError, match="maxiter") as caught:
        orthogonal_dictionary(Y, 2, maxiter=1, on_fail="raise", rng=0)
    assert caught.value.result.codes.shape == (100, 6)
    assert not ksvd(Y, 10, 2, maxiter=1, rng=0, **QUIET).info.converged


def test_bad_arguments_are_named():
    Y = np.eye(3)
    for options, message in (
        ({"n_nonzero": 4}, "n_nonzero"),
        ({"n_atoms": 0}, "n_atoms"),
        ({"maxiter": 0}, "maxiter"),
        ({"tol": 1.0}, "tol"),
        ({"rtol": -1.0, "metric": Y}, "rtol"),
        ({"on_fail": "stop"}, "on_fail"),
        ({"n_threads": 0}, "n_threads"),
        ({"metric": np.ones((2, 2))}, "metric has 2 columns and Y has 3"),
        ({"metric_gram": np.ones((2, 3))}, r"metric_gram has shape \(2, 3\) and Y has 3 columns"),
        ({"metric_gram": np.triu(np.ones((3, 3)))}, "metric_gram is not symmetric"),
        ({"metric_gram": -np.eye(3)}, "metric_gram has the eigenvalue -1"),
        ({"metric": Y, "metric_gram": Y}, "metric or metric_gram, got both"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            ksvd(Y, **{"n_atoms": 2, "n_nonzero": 1, **options})
    for name in ("metric", "metric_gram"):
        for bad, error in (
            (np.diag([1.0, np.nan, 1.0]), NonFiniteError),
            (np.ones((3, 3, 3)), InvalidInputError),
            (np.eye(3) * 1j, InvalidTypeError),
            ("text", InvalidInputError),
        ):
            with pytest.raises(error, match=name):
                ksvd(Y, 2, 1, **{name: bad})
    with pytest.raises(InvalidInputError, match=r"Y has shape \(0, 3\)"):
        ksvd(np.ones((0, 3)), 1, 1)
    with pytest.raises(InvalidTypeError, match="exact"):
        ksvd(Y, 2, 1, exact=1.5)
    with pytest.raises(InvalidInputError, match="n_nonzero"):
        orthogonal_dictionary(Y, 4)
    with pytest.raises(InvalidInputError, match="too large for float32"):
        ksvd(np.full((2, 400), 3e38, dtype=np.float32), 1, 1, rng=0)
