"""The elastic net against scikit-learn, enumeration of signs, and its own conditions."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linsub.clustering import self_expressive_elastic_net, self_expressive_ridge
from linsub.errors import (
    ConvergenceError,
    ConvergenceWarning,
    InvalidInputError,
    InvalidTypeError,
)


def objective(X, i, c, l1_ratio, gamma, weights=1.0):
    rest = X[i] - c @ X
    return (
        l1_ratio * np.sum(weights * np.abs(c))
        + (1 - l1_ratio) / 2 * c @ c
        + gamma / 2 * rest @ rest
    )


def violations(X, C, l1_ratio, gamma, weights=1.0):
    """Return the violation of each row relative to its penalty, and to the rounding of X X^T."""
    H = (X - C @ X) @ X.T
    with np.errstate(divide="ignore"):
        lam, ridge = (l1_ratio / gamma)[:, None] * weights, ((1 - l1_ratio) / gamma)[:, None]
    off = np.where(C != 0, np.abs(H - lam * np.sign(C) - ridge * C), np.abs(H) - lam)
    np.fill_diagonal(off, 0.0)
    return np.maximum(off, 0.0) - 1e-8 * lam


@st.composite
def hard(draw):
    n, d = draw(st.integers(1, 16)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    X = rng.standard_normal((n, d)) * 10.0 ** rng.uniform(-3, 0, (n, 1))
    if draw(st.booleans()):
        X = np.round(3 * X)  # ties, zero rows
    if n > 4 and draw(st.booleans()):
        X[-1], X[-2], X[1], X[2] = X[0], -X[0], 0.0, X[3] * (1 + 1e-9)
    return X


@settings(max_examples=30)
@given(
    hard(),
    st.sampled_from([1.0, 1 - 1e-9, 0.9, 0.3, 1e-4]),
    st.sampled_from([1.0, 2.0, 50.0, 1e5]),
    st.sampled_from([-160, 0, 0, 150]),
    st.booleans(),
)
def test_conditions_hold_for_all_candidates(X, l1_ratio, gamma, exponent, weighted):
    n = len(X)
    weights = 1.0 + np.arange(n) % 3 if weighted else None
    options = {"l1_ratio": l1_ratio, "gamma": gamma, "weights": weights}
    found = self_expressive_elastic_net(X * 2.0**exponent, **options)
    C = found.C.toarray()
    assert not C.diagonal().any()
    if gamma == 1.0:
        assert not C.any()
    near = self_expressive_elastic_net(X, **options)
    relative = near.info.details["gamma"]
    size = np.square(X).sum(axis=1).max()
    w = 1.0 if weights is None else weights
    assert (violations(X, near.C.toarray(), l1_ratio, relative, w) <= 1e-13 * size).all()
    assert (near.info.details["status"] == 0).all()
    # A power of two changes nothing but the unit of the lasso's codes, which have none.
    if l1_ratio == 1.0:
        np.testing.assert_array_equal(C, near.C.toarray())
        np.testing.assert_array_equal(found.residual, near.residual * 2.0**exponent)
    np.testing.assert_allclose(
        near.residual, np.linalg.norm(X - near.C @ X, axis=1), atol=1e-12 * np.sqrt(size) + 1e-300
    )
    # Other layouts: the same objective, and the same codes where they are unique.
    for other in (
        self_expressive_elastic_net(X, layout="direct", **options),
        self_expressive_elastic_net(gram=X @ X.T, **options),
    ):
        for i in np.flatnonzero(np.isfinite(relative)):
            a, b = (
                objective(X, i, A.C.toarray()[i], l1_ratio, relative[i], w) for A in (near, other)
            )
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-13 * relative[i] * size)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.9])
def test_it_agrees_with_coordinate_descent(l1_ratio):
    from sklearn.linear_model import ElasticNet

    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 7))
    found = self_expressive_elastic_net(X, l1_ratio=l1_ratio, gamma=30.0)
    gamma, gap = found.info.details["gamma"], np.asarray(found.certificate.objective_gap)
    for i in range(0, 40, 5):
        others = np.arange(40) != i
        model = ElasticNet(
            alpha=1 / (gamma[i] * 7), l1_ratio=l1_ratio, fit_intercept=False, tol=1e-12,
            max_iter=200_000,
        )  # fmt: skip
        c = np.zeros(40)
        c[others] = model.fit(X[others].T, X[i]).coef_
        theirs = objective(X, i, c, l1_ratio, gamma[i])
        ours = objective(X, i, found.C.toarray()[i], l1_ratio, gamma[i])
        assert ours <= theirs + 1e-12 * theirs
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        assert ours - theirs <= gap[i] + 1e-15 * theirs
    assert gap.max() < 1e-9


@pytest.mark.parametrize("l1_ratio", [1.0, 0.6])
def test_it_is_the_best_of_all_signs(l1_ratio):
    """The minimum over all sign patterns that are consistent, in extended precision."""
    mpmath = pytest.importorskip("mpmath")
    X = np.random.default_rng(3).integers(-4, 5, (5, 3)).astype(float)
    found = self_expressive_elastic_net(X, l1_ratio=l1_ratio, gamma=0.7, gamma_relative=False)
    with mpmath.workdps(40):
        t, gamma = mpmath.mpf(l1_ratio), mpmath.mpf(0.7)
        for i in range(2):
            others = [j for j in range(5) if j != i]
            least = gamma / 2 * mpmath.mpf(float(X[i] @ X[i]))
            for signs in itertools.product((-1, 0, 1), repeat=4):
                A = [j for j, s in zip(others, signs, strict=True) if s]
                s = mpmath.matrix([s for s in signs if s])
                if not A or (l1_ratio == 1.0 and np.linalg.matrix_rank(X[A]) < len(A)):
                    continue
                S = mpmath.matrix(X[A].tolist())
                x = mpmath.matrix(X[i].tolist())
                G = gamma * (S * S.T) + (1 - t) * mpmath.eye(len(A))
                c = mpmath.lu_solve(G, gamma * (S * x) - t * s)
                if any(c[p] * s[p] < 0 for p in range(len(A))):
                    continue
                rest = x - S.T * c
                value = t * mpmath.norm(c, 1) + (1 - t) / 2 * sum(v * v for v in c)
                least = min(least, value + gamma / 2 * sum(v * v for v in rest))
            ours = objective(X, i, found.C.toarray()[i], l1_ratio, 0.7)
            assert abs(ours - float(least)) <= 1e-13 * float(least)


def test_between_lasso_and_ridge():
    X = np.random.default_rng(1).standard_normal((30, 6))
    found = self_expressive_elastic_net(X, l1_ratio=1e-7, gamma=3.0, gamma_relative=False)
    ridge = self_expressive_ridge(X, alpha=(1 - 1e-7) / 3.0)
    np.testing.assert_allclose(found.C.toarray(), ridge.C, atol=1e-6)
    lasso = self_expressive_elastic_net(X, l1_ratio=1.0, gamma=1e8)
    assert np.diff(lasso.C.indptr).max() <= 6  # independent samples only
    with pytest.raises(InvalidInputError, match="call self_expressive_ridge"):
        self_expressive_elastic_net(X, l1_ratio=0.0)


def test_supports_larger_than_the_first_workspace_and_many_threads():
    X = np.random.default_rng(2).standard_normal((150, 90))
    one = self_expressive_elastic_net(X, l1_ratio=0.2, gamma=300.0)
    assert np.diff(one.C.indptr).max() > 48
    assert float(one.certificate.kkt_violation) < 1e-12
    two = self_expressive_elastic_net(X, l1_ratio=0.2, gamma=300.0, n_threads=2)
    assert (one.C != two.C).nnz == 0
    many = np.random.default_rng(3).standard_normal((60, 300))  # gradients by the Gram matrix
    assert float(self_expressive_elastic_net(many).certificate.kkt_violation) < 1e-12


def test_what_stops_a_sample_is_said():
    X = np.random.default_rng(4).standard_normal((30, 8))
    capped = self_expressive_elastic_net(X, max_support=2)
    assert np.diff(capped.C.indptr).max() == 2
    assert not capped.info.converged
    assert (capped.info.details["status"] == 1).any()
    assert float(capped.certificate.kkt_violation) > 1e-4
    whole = self_expressive_elastic_net(X)
    gamma = whole.info.details["gamma"]
    for i in range(30):
        a, b = (objective(X, i, r.C.toarray()[i], 0.9, gamma[i]) for r in (capped, whole))
        assert b <= a <= b + np.asarray(capped.certificate.objective_gap)[i]


def test_a_stalled_sample_fails_as_was_asked(monkeypatch):
    from linsub.clustering import sparse_regression

    X = np.random.default_rng(5).standard_normal((60, 8))
    monkeypatch.setattr(sparse_regression, "_ROUNDS", 1)
    monkeypatch.setattr(sparse_regression, "_FIRST", 3)
    with pytest.raises(ConvergenceError, match=r"of 60 samples stalled .*; raise tol") as caught:
        self_expressive_elastic_net(X)
    assert caught.value.result.C.shape == (60, 60)
    with pytest.warns(ConvergenceWarning, match="stalled"):
        self_expressive_elastic_net(X, on_fail="warn")
    found = self_expressive_elastic_net(X, on_fail="return")
    assert (found.info.details["status"] == 2).any()


def test_float32_keeps_its_type_and_is_judged_as_it_is():
    X = np.random.default_rng(6).standard_normal((25, 5))
    single = self_expressive_elastic_net(X.astype(np.float32))
    double = self_expressive_elastic_net(X.astype(np.float32).astype(np.float64))
    assert single.C.dtype == single.residual.dtype == np.float32
    np.testing.assert_allclose(single.C.toarray(), double.C.toarray(), rtol=1e-6, atol=1e-7)
    assert 1e-9 < float(single.certificate.kkt_violation) < 1e-6
    away = np.linalg.norm(single.C.toarray() - double.C.toarray(), axis=1)
    assert (away <= np.asarray(single.certificate.distance)).all()


def test_one_sample_zeros_and_one_feature():
    for X in (np.ones((1, 1)), np.ones((1, 3)), np.zeros((3, 2))):
        found = self_expressive_elastic_net(X)
        assert found.C.nnz == 0
        np.testing.assert_allclose(found.residual, np.linalg.norm(X, axis=1))
        assert not np.asarray(found.certificate.objective_gap).any()
    found = self_expressive_elastic_net(np.array([[1.0], [0.0], [-2.0]]), l1_ratio=1.0, gamma=4.0)
    np.testing.assert_allclose(found.C.toarray(), [[0, 0, -0.375], [0, 0, 0], [-1.5, 0, 0]])
    free = self_expressive_elastic_net(np.eye(3), exclude_self=False, l1_ratio=1.0, gamma=4.0)
    np.testing.assert_allclose(free.C.toarray(), 0.75 * np.eye(3))


def test_bad_arguments_are_named():
    X = np.eye(4, 2)
    E = self_expressive_elastic_net
    with pytest.raises(InvalidInputError, match="gamma must satisfy"):
        E(X, gamma=0.0)
    with pytest.raises(InvalidInputError, match="gamma=1e\\+17 leaves a penalty.*lower gamma"):
        E(X, gamma=1e17)
    with pytest.raises(InvalidInputError, match="l1_ratio must satisfy"):
        E(X, l1_ratio=1.5)
    with pytest.raises(InvalidInputError, match=r"weights must have shape \(4,\) or \(4, 4\)"):
        E(X, weights=np.ones(3))
    with pytest.raises(InvalidInputError, match=r"weights\[2\] is 0; weights must be positive"):
        E(X, weights=[1.0, 1, 0, 1])
    with pytest.raises(InvalidTypeError, match="weights is complex"):
        E(X, weights=np.ones(4, dtype=complex))
    with pytest.raises(InvalidInputError, match="layout='direct' needs the samples"):
        E(gram=np.eye(3), layout="direct")
    with pytest.raises(InvalidInputError, match="max_support"):
        E(X, max_support=0)
    with pytest.raises(InvalidInputError, match="on_fail"):
        E(X, on_fail="never")
