"""cca, align_subspaces and linear_cka against references of their own."""

import itertools
import warnings

import numpy as np
import pytest

from linsub.errors import AccuracyWarning, InvalidInputError
from linsub.geometry import align_subspaces, cca, linear_cka


def views(rng, n=80, p=6, q=5, shared=3, noise=0.5, imaginary=False):
    def normal(*shape):
        Z = rng.standard_normal(shape)
        return Z + 1j * rng.standard_normal(shape) if imaginary else Z

    S = normal(n, shared)
    X = S @ normal(shared, p) + noise * normal(n, p)
    return X, S @ normal(shared, q) + noise * normal(n, q)


def extended_correlations(X, Y, k):
    """Square roots of the eigenvalues of Sx^-1 Sxy Sy^-1 Syx, in 60 digits."""
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        A, B = (mpmath.matrix(Z.tolist()) for Z in (X, Y))
        for M in (A, B):
            for j in range(M.cols):
                mean = sum(M[i, j] for i in range(M.rows)) / M.rows
                for i in range(M.rows):
                    M[i, j] -= mean
        Q, R = (mpmath.qr(M, mode="skinny")[0] for M in (A, B))
        squares = mpmath.eigsy(Q.T * R * R.T * Q, eigvals_only=True)
        found = sorted((mpmath.sqrt(abs(s)) for s in squares), reverse=True)
        return np.array([float(c) for c in found[:k]])


@pytest.mark.parametrize("noise", [1e-7, 1e-3, 1.0])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_correlations_to_a_few_eps_beside_60_digits(noise, offset):
    X, Y = views(np.random.default_rng(0), n=20, p=3, q=3, noise=noise)
    X = X + offset
    c = cca(X, Y, 3).correlations
    np.testing.assert_allclose(c, extended_correlations(X, Y, 3), rtol=0, atol=1e-13)


@pytest.mark.parametrize("imaginary", [False, True])
def test_variates_are_white_and_correlated_as_said(imaginary):
    X, Y = views(np.random.default_rng(1), imaginary=imaginary)
    result = cca(X, Y, 4)
    Zx, Zy = result.transform(X), result.transform_y(Y)
    n = X.shape[0]
    np.testing.assert_allclose(Zx.conj().T @ Zx / (n - 1), np.eye(4), atol=1e-13)
    np.testing.assert_allclose(Zy.conj().T @ Zy / (n - 1), np.eye(4), atol=1e-13)
    np.testing.assert_allclose(Zx.conj().T @ Zy / (n - 1), np.diag(result.correlations), atol=1e-13)
    np.testing.assert_allclose(Zx.mean(axis=0), 0, atol=1e-13)


def test_offsets_that_the_type_holds_change_nothing():
    rng = np.random.default_rng(3)
    X, Y = (rng.integers(-50, 50, (81, k)).astype(float) for k in (3, 2))
    near, far = cca(X, Y, 2), cca(X + 2.0**44, Y - 2.0**44, 2)
    np.testing.assert_allclose(far.correlations, near.correlations, atol=1e-13)
    assert linear_cka(X + 2.0**44, Y) == pytest.approx(linear_cka(X, Y), abs=1e-13)


@pytest.mark.parametrize("imaginary", [False, True])
def test_the_largest_weight_of_each_pair_is_positive(imaginary):
    X, Y = views(np.random.default_rng(4), imaginary=imaginary)
    W = cca(X, Y, 4).x_weights
    top = W[np.abs(W).argmax(axis=0), np.arange(4)]
    assert (top.real > 0.0).all()
    assert np.abs(top.imag).max() <= 1e-15 * np.abs(top).max()


def test_affine_maps_of_either_view_change_nothing():
    rng = np.random.default_rng(2)
    X, Y = views(rng)
    before = cca(X, Y, 5).correlations
    moved = cca(X @ rng.standard_normal((6, 6)) + 7.0, Y @ rng.standard_normal((5, 5)) - 1e3, 5)
    np.testing.assert_allclose(moved.correlations, before, atol=1e-11)


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_column_scales_of_any_size(ridge):
    X, Y = views(np.random.default_rng(3))
    before = cca(X, Y, 5, ridge=ridge).correlations
    if ridge:  # of the whole view: its columns keep their proportions
        X, Y = 1e-290 * X, 1e290 * Y
    else:
        X = X * 10.0 ** np.array([100, -100, 0, 50, -50, 300])
        Y = Y * 10.0 ** np.array([-300, 0, 100, -100, 7])
    result = cca(X, Y, 5, ridge=ridge)
    np.testing.assert_allclose(result.correlations, before, atol=1e-13)
    Zx = result.transform(X)
    if not ridge:
        np.testing.assert_allclose(Zx.T @ Zx / 79, np.eye(5), atol=1e-12)


def test_copies_constants_and_sums_are_not_counted_as_directions():
    X, Y = views(np.random.default_rng(4))
    before = cca(X, Y, 5)
    wide = np.concatenate([X, X[:, :2], np.full((80, 1), 1e8), X[:, :1] + X[:, 1:2]], axis=1)
    result = cca(wide, Y, 5)
    assert result.info.details["rank"] == (6, 5)
    np.testing.assert_allclose(result.correlations, before.correlations, atol=1e-13)
    indicator = np.eye(3)[np.arange(80) % 3]  # its columns sum to one
    assert cca(indicator, Y, 2).info.details["rank"] == (2, 5)
    with pytest.raises(InvalidInputError, match=r"k=3 but X of shape \(80, 3\) has rank 2"):
        cca(indicator, Y, 3)


def test_a_single_correlation_that_is_one_by_necessity_warns():
    rng = np.random.default_rng(6)
    X, Y = rng.standard_normal((10, 7)), rng.standard_normal((10, 3))
    with pytest.warns(AccuracyWarning, match="1 correlations are 1 whatever"):
        assert cca(X, Y, 3).correlations[0] == pytest.approx(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cca(X[:, :6], Y, 3).correlations[0] < 1.0 - 1e-6


@pytest.mark.parametrize("function", [cca, align_subspaces])
def test_warnings_are_of_the_line_that_calls(function):
    X, Y = np.random.default_rng(5).standard_normal((2, 6, 4))
    with pytest.warns(AccuracyWarning, match="whatever the data are") as caught:
        function(X, Y, 1)
    assert caught[0].filename == __file__
    with pytest.warns(AccuracyWarning, match="so large") as caught:
        function(1.7e308 * np.sign(X[:, :1]), Y[:, :1], 1)
    assert caught[0].filename == __file__


def test_more_columns_than_samples_warns():
    rng = np.random.default_rng(5)
    X, Y = rng.standard_normal((10, 20)), rng.standard_normal((10, 3))
    with pytest.warns(AccuracyWarning, match="3 correlations are 1"):
        result = cca(X, Y, 3)
    np.testing.assert_allclose(result.correlations, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert cca(X, Y, 3, ridge=0.1).correlations.max() < 0.999


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"k": 0}, "k"),
        ({"k": 9}, "k=9 but X"),
        ({"ridge": -1.0}, "ridge"),
        ({"rtol": 1.0}, "rtol"),
        ({"X": np.ones((80, 3))}, "rank 0"),
        ({"X": np.ones((79, 3))}, "79 rows and Y 80"),
        ({"X": np.ones((1, 3)), "Y": np.ones((1, 3))}, "1 rows"),
        ({"X": np.ones((80, 0))}, "no columns"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    X, Y = views(np.random.default_rng(0))
    with pytest.raises(InvalidInputError, match=words):
        cca(**{"X": X, "Y": Y, "k": 2, **options})


def test_long_columns_in_single_precision_keep_their_directions():
    # Rounding grows with neither the length nor the number of samples: max(n, p) eps would be
    # 0.036 here, and drop what the correlation is made of.
    rng = np.random.default_rng(0)
    S = rng.standard_normal((300_000, 2))
    X = np.stack([S[:, 0], S[:, 0] + 0.02 * S[:, 1]], axis=1).astype(np.float32)
    assert cca(X, S[:, 1:].astype(np.float32), 1).correlations == pytest.approx(1.0, abs=1e-5)


def test_transform_wants_the_columns_of_the_fit():
    X, Y = views(np.random.default_rng(0))
    with pytest.raises(InvalidInputError, match="Y has 6 columns; the fit was with 5"):
        cca(X, Y, 2).transform_y(X)


def test_single_precision_stays_single():
    X, Y = (Z.astype(np.float32) for Z in views(np.random.default_rng(0)))
    result = cca(X, Y, 2)
    assert result.x_weights.dtype == result.y_mean.dtype == np.float32
    assert result.correlations.dtype == np.float64
    assert result.transform(X).dtype == np.float32
    assert align_subspaces(X, Y, 2).R.dtype == np.float32


@pytest.mark.parametrize("ridge", [0.0, 0.05])
@pytest.mark.parametrize("imaginary", [False, True])
def test_the_maps_are_the_best_of_their_kind(ridge, imaginary):
    rng = np.random.default_rng(6)
    X, Y = views(rng, imaginary=imaginary)
    for name in ("orthogonal", "affine"):
        result = align_subspaces(X, Y, 3, name, ridge=ridge)
        Zx, Zy = result.cca.transform(X), result.target(Y)
        best = np.linalg.norm(Zx @ result.R - Zy)
        assert result.error == pytest.approx(best / np.linalg.norm(Zy))
        np.testing.assert_allclose(result.transform(X), Zx @ result.R)
        if name == "affine":
            R = np.linalg.lstsq(Zx, Zy, rcond=None)[0]
            np.testing.assert_allclose(result.R, R, atol=1e-12)
            continue
        np.testing.assert_allclose(result.R.conj().T @ result.R, np.eye(3), atol=1e-14)
        for _ in range(20):
            Q, _ = np.linalg.qr(np.eye(3) + 0.1 * rng.standard_normal((3, 3)))
            assert np.linalg.norm(Zx @ result.R @ Q - Zy) >= best - 1e-12
    with pytest.raises(InvalidInputError, match="map"):
        align_subspaces(X, Y, 3, "afine")


def plato(rng, n=1000, shared=20, d=(120, 100), private=40, sigma=0.2):
    """A shared signal in both views, private signals three times as strong, and noise."""
    S = rng.standard_normal((n, shared))
    found = []
    for dim in d:
        basis, _ = np.linalg.qr(rng.standard_normal((dim, dim)))
        P = 3.0 * rng.standard_normal((n, private))
        Z = S @ basis[:shared] + P @ basis[shared : shared + private]
        found.append(Z + sigma * rng.standard_normal((n, dim)))
    return found


def top_one(A, B):
    """Share of the rows of A whose nearest row of B is the one of the same sample."""
    distance = (B**2).sum(axis=1) - 2.0 * A @ B.T
    return float(np.mean(np.argmin(distance, axis=1) == np.arange(len(A))))


def test_the_right_subspace_aligns_what_the_whole_space_does_not():
    X, Y = plato(np.random.default_rng(0))
    fit, test = slice(0, 600), slice(600, None)
    scores = {}
    for k in (20, 80):
        made = align_subspaces(X[fit], Y[fit], k)
        scores[k] = top_one(made.transform(X[test]), made.target(Y[test]))
    # least squares from all of X to all of Y
    mean, R = X[fit].mean(axis=0), None
    R = np.linalg.lstsq(X[fit] - mean, Y[fit] - Y[fit].mean(axis=0), rcond=None)[0]
    naive = top_one((X[test] - mean) @ R, Y[test] - Y[fit].mean(axis=0))
    assert scores[20] > 0.95
    assert scores[80] < 0.6 * scores[20]
    assert naive < 0.3 * scores[20]
    assert linear_cka(X[test], Y[test]) < 0.5  # which sees no shared space


def test_cka_of_unrelated_features_is_biased_as_recorded():
    rng = np.random.default_rng(0)
    pairs = [rng.standard_normal((2, 50, 500)) for _ in range(20)]
    plain = [linear_cka(X, Y) for X, Y in pairs]
    fair = [linear_cka(X, Y, unbiased=True) for X, Y in pairs]
    assert np.mean(plain) == pytest.approx(0.905, abs=0.01)
    assert np.abs(fair).max() < 5 * 0.023
    assert abs(np.mean(fair)) < 4 * 0.023 / np.sqrt(20)


def test_cka_of_many_samples_is_small_by_itself():
    X, Y = np.random.default_rng(1).standard_normal((2, 5000, 50))
    assert linear_cka(X, Y) == pytest.approx(0.010, abs=0.003)


@pytest.mark.parametrize("n", [4, 5, 8])
def test_unbiased_cka_of_complex_features_is_the_mean_over_four_samples(n):
    rng = np.random.default_rng(n)
    X, Y = rng.standard_normal((2, n, 3)) + 1j * rng.standard_normal((2, n, 3))
    X[:, 0] += 2.0 * Y[:, 0]
    fours = np.array(list(itertools.permutations(range(n), 4))).T

    def hsic(A, B):
        K, L = A @ A.conj().T, B @ B.conj().T
        i, j, q, r = fours
        return np.mean(K[i, j] * (L[j, i] - L[j, q] - L[r, i] + L[r, q])).real

    known = hsic(X, Y) / np.sqrt(hsic(X, X) * hsic(Y, Y))
    assert linear_cka(X, Y, unbiased=True) == pytest.approx(known, abs=1e-12)


def test_cka_is_at_most_one():
    rng = np.random.default_rng(0)
    for _ in range(100):
        X = rng.standard_normal((int(rng.integers(2, 30)), int(rng.integers(1, 9))))
        assert linear_cka(X, 3.0 * X + 1.0) <= 1.0


@pytest.mark.parametrize("unbiased", [False, True])
def test_cka_invariances(unbiased):
    rng = np.random.default_rng(2)
    X, Y = views(rng)
    before = linear_cka(X, Y, unbiased=unbiased)
    Q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    assert linear_cka(X, X, unbiased=unbiased) == pytest.approx(1.0)
    assert linear_cka(Y, X, unbiased=unbiased) == pytest.approx(before)
    assert linear_cka(1e-300 * X @ Q, 1e300 * Y, unbiased=unbiased) == pytest.approx(before)
    assert linear_cka(X + 1e5, Y, unbiased=unbiased) == pytest.approx(before, abs=1e-9)
    wide = np.concatenate([X, np.zeros((80, 300))], axis=1)  # through the kernels
    assert linear_cka(wide, wide[:, :200] + 0.0, unbiased=unbiased) == pytest.approx(1.0)


def test_cka_needs_samples_and_variance():
    rng = np.random.default_rng(0)
    with pytest.raises(InvalidInputError, match="at least 4"):
        linear_cka(rng.standard_normal((3, 2)), rng.standard_normal((3, 2)), unbiased=True)
    with pytest.raises(InvalidInputError, match="X has no variance"):
        linear_cka(np.full((5, 2), 0.1), rng.standard_normal((5, 2)))
    with pytest.warns(AccuracyWarning, match="not positive"):
        # Four samples at the same distance of each other: nothing is left beside the diagonal.
        found = linear_cka(np.eye(4), rng.standard_normal((4, 2)), unbiased=True)
    assert np.isnan(found)


@pytest.mark.parametrize(("dtype", "tiny", "huge"), [("f4", 1e-42, 1e38), ("f8", 1e-320, 1e308)])
def test_sizes_whose_weights_do_not_fit_the_type(dtype, tiny, huge):
    X, Y = views(np.random.default_rng(7))
    signs = huge * np.sign(X)
    with pytest.raises(InvalidInputError, match="X is so small"):
        cca((tiny * 100 * np.rint(X * 10)).astype(dtype) / 100, Y.astype(dtype), 1)
    with pytest.warns(AccuracyWarning, match="X is so large"):
        result = cca(signs.astype(dtype), Y.astype(dtype), 2)
    expected = cca(np.sign(X), Y.astype(dtype), 2).correlations
    np.testing.assert_allclose(result.correlations, expected, atol=1e-6)
    assert np.isfinite(result.transform(signs.astype(dtype))).all()
