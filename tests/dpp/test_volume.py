"""Volume sampling: the law of every size, and fits from few responses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub._core.random import Streams
from linsub.dpp import volume_logpmf, volume_lstsq, volume_sample
from linsub.dpp.bounds import volume_loss_factor
from linsub.dpp.volume import rescaled_rows
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from tests.dpp.law import check_law, p_values, subsets

R = 8_000


def rows(n, d, seed=0, complex_entries=False):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * np.exp(-0.2 * np.arange(n))[:, None]
    return X + 1j * rng.standard_normal((n, d)) if complex_entries else X


def law(X, s):
    sets = subsets(X.shape[0], [s])
    p = np.array([np.linalg.det(X[list(S)].conj().T @ X[list(S)]).real for S in sets])
    return dict(zip(sets, p / p.sum(), strict=True))


@pytest.mark.parametrize("complex_entries", [False, True])
@pytest.mark.parametrize("s", [2, 3, 5, 6])
def test_the_law_of_every_size(s, complex_entries):
    X = rows(6, 2, 3, complex_entries)
    check_law(volume_sample(X, s, n_samples=R, rng=s), law(X, s))
    exact = law(X, s)
    np.testing.assert_allclose(
        np.exp(volume_logpmf(X, list(exact))), list(exact.values()), atol=1e-13
    )


def test_uniform_sets_and_leverage_without_replacement_are_caught():
    X = rows(6, 2, 3)
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(X)[0]
    lev = np.square(Q).sum(axis=1)
    for p in (None, lev / 2):
        drawn = [rng.choice(6, 3, replace=False, p=p) for _ in range(R)]
        assert p_values(drawn, law(X, 3))[0] < 1e-6


def _rescaled_law(Q, q, n):
    """Enumerate the sorted tuples of n rows with their probability."""
    import itertools
    import math

    N, m = Q.shape
    found = {}
    for pi in itertools.product(range(N), repeat=n):
        G = sum(np.outer(Q[i].conj(), Q[i]) / q[i] for i in pi)
        p = np.linalg.det(G).real * np.prod(q[list(pi)]) / math.perm(n, m)
        key = tuple(sorted(pi))
        found[key] = found.get(key, 0.0) + p
    return found


@pytest.mark.parametrize("complex_entries", [False, True])
@pytest.mark.parametrize("uniform", [False, True])
def test_the_rescaled_law_of_any_density(uniform, complex_entries):
    X = rows(4, 2, 1, complex_entries)
    Q = np.linalg.qr(X)[0]
    q = np.full(4, 0.25) if uniform else np.square(np.abs(Q)).sum(axis=1) / 2
    density = 7.0 * q if uniform else None
    _, S, w = volume_lstsq(X, np.ones(4), 3, kind="rescaled", density=density, rng=0)
    np.testing.assert_allclose(w, 1 / q[S], rtol=1e-12)
    streams = Streams(5)
    drawn = [rescaled_rows(Q, 3, density, streams, i)[0] for i in range(R)]
    check_law(drawn, _rescaled_law(Q, q, 3))


@pytest.mark.parametrize("kind", ["ordinary", "rescaled"])
def test_only_the_responses_that_were_drawn_are_asked_for(kind):
    X = rows(50, 4, 2)
    y = X @ np.arange(4.0)
    asked = []

    def respond(i):
        asked.append(i)
        return y[i]

    coef, S, _ = volume_lstsq(X, respond, 6, kind=kind, rng=0)
    (given_rows,) = asked
    assert given_rows.tolist() == sorted(set(S.tolist()))
    np.testing.assert_allclose(coef, np.arange(4.0), atol=1e-10)
    hidden = np.full(50, np.nan)
    hidden[S] = y[S]
    np.testing.assert_array_equal(volume_lstsq(X, hidden, 6, kind=kind, rng=0).coef, coef)


@given(
    n=st.integers(1, 10), seed=st.integers(0, 999), kind=st.sampled_from("dD"),
    how=st.sampled_from(["ordinary", "rescaled"]), scale=st.sampled_from([1e-150, 1.0, 1e150]),
    data=st.data(),
)  # fmt: skip
def test_what_is_in_the_range_is_recovered(n, seed, kind, how, scale, data):
    d = data.draw(st.integers(1, n))
    size = data.draw(st.integers(d, n if how == "ordinary" else n + 3))
    rng = np.random.default_rng(seed)
    X = (rng.standard_normal((n, d)) * scale).astype(kind)
    if kind == "D":
        X = X + 1j * scale * rng.standard_normal((n, d))
    w = rng.standard_normal((d, 2))
    result = volume_lstsq(X, X @ w, size, kind=how, rng=seed)
    coef, S, weights = result
    assert S.size == weights.size == size
    spread = np.linalg.cond(X / scale) / float(result.certificate.sigma_min)
    np.testing.assert_allclose(coef, w, atol=1e-12 * spread * max(weights.max(), 1.0))


def test_all_rows_are_ordinary_least_squares():
    X = rows(9, 3, 5)
    y = np.cos(np.arange(9))
    result = volume_lstsq(X, y, 9, rng=1)
    np.testing.assert_allclose(result.coef, np.linalg.lstsq(X, y, rcond=None)[0], rtol=1e-12)
    assert float(result.certificate.error_factor) == 1.0 == volume_loss_factor(9, 3, 9)
    assert float(result.certificate.sigma_min) == pytest.approx(1.0, abs=1e-14)


def test_edges():
    assert sorted(volume_sample(np.zeros((4, 0)), 2, rng=0).tolist())[1] < 4
    assert volume_sample(np.eye(3), 3, rng=0).size == 3
    assert volume_sample(rows(5, 2), 4, n_samples=0).shape == (0, 4)
    many = volume_sample(rows(9, 2), 4, n_samples=4, rng=1)
    np.testing.assert_array_equal(volume_sample(rows(9, 2), 4, rng=1), many[0])
    # A row of leverage 1 is always there; large binomials do not overflow.
    X = np.vstack([np.zeros((2000, 2)), np.eye(2)])
    X[:1000, 0] = 1.0
    assert np.isfinite(volume_logpmf(X, [*range(900, 1000), 2001]))
    assert 2001 in volume_sample(X, 100, rng=0)
    assert volume_logpmf(X, [0, 1, 2]) == -np.inf
    coef, S, w = volume_lstsq(np.zeros((4, 0)), np.ones(4), 0)
    assert (coef.shape, S.shape, w.shape) == ((0,), (0,), (0,))


def test_bad_input_is_named():
    X = rows(6, 2)
    with pytest.raises(InvalidInputError, match=r"2 <= size <= 6, got 1"):
        volume_sample(X, 1)
    with pytest.raises(InvalidInputError, match="size"):
        volume_lstsq(X, np.ones(6), 7)
    with pytest.raises(InvalidInputError, match="more columns than rows"):
        volume_sample(X.T, 2)
    with pytest.raises(InvalidInputError, match="full rank: its column 1"):
        volume_sample(np.ones((5, 2)), 3)
    with pytest.raises(InvalidInputError, match="kind"):
        volume_lstsq(X, np.ones(6), 3, kind="other")
    with pytest.raises(InvalidInputError, match="density belongs"):
        volume_lstsq(X, np.ones(6), 3, density=np.ones(6))
    for bad, text in ((-np.ones(6), "negative"), (np.eye(6)[0], r"density\[1\] is 0")):
        with pytest.raises(InvalidInputError, match=text):
            volume_lstsq(X, np.ones(6), 3, kind="rescaled", density=bad)
    with pytest.raises(InvalidTypeError, match="density"):
        volume_lstsq(X, np.ones(6), 3, kind="rescaled", density=np.ones(6) + 0j)
    with pytest.raises(InvalidInputError, match=r"y must have 6 rows"):
        volume_lstsq(X, np.ones(5), 3)
    with pytest.raises(InvalidInputError, match=r"y\(rows\) must have"):
        volume_lstsq(X, lambda i: np.ones(9), 3)
    with pytest.raises(NonFiniteError, match=r"y\(rows\)"):
        volume_lstsq(X, lambda i: np.full(i.size, np.nan), 3)


def test_the_ends_of_the_range():
    X = rows(8, 3, 4)
    for kind, scale in (("d", 1e-310), ("d", 1e300), ("f", 1e-44), ("f", 1e37)):
        scaled = (X * scale).astype(kind)
        wide = scaled.astype(float) / float(np.abs(scaled).max())
        # What is left of the digits of subnormal numbers decides; the law is that of the entries.
        np.testing.assert_allclose(
            volume_logpmf(scaled, [[0, 1, 2, 3]]),
            volume_logpmf(wide, [[0, 1, 2, 3]]),
            atol=1e-9 if kind == "d" else 1e-3,
        )
    units = np.array([1e3, 1e100, 1e300])
    for kind in ("ordinary", "rescaled"):
        plain = volume_lstsq(X, np.ones(8), 5, kind=kind, rng=0).coef
        big = volume_lstsq(units * X, 1.7e308 * np.ones(8), 5, kind=kind, rng=0).coef
        np.testing.assert_allclose(big / 1.7e308 * units, plain, rtol=1e-9)
    with pytest.raises(NumericalError, match="coef exceeds the largest float64"):
        volume_lstsq(1e-200 * X, 1e200 * X[:, 0] + 1e200, 5)
    for q in (1e308, 1e-310):
        weights = volume_lstsq(X, X[:, 0], 5, kind="rescaled", density=np.full(8, q)).weights
        np.testing.assert_allclose(weights, 8.0)
    far = np.array([1e300, 1e-10, *np.ones(6)])  # its ratio is no normal number
    with pytest.raises(InvalidInputError, match=r"density\[1\] is 1e-10"):
        volume_lstsq(X, X[:, 0], 5, kind="rescaled", density=far)
    single = volume_lstsq(X.astype("f"), X[:, 0].astype("f"), 5)
    assert single.coef.dtype == np.float32
    with pytest.raises(InvalidInputError, match="rectangular"):
        volume_lstsq(X, [[1], [1, 2]], 5)
