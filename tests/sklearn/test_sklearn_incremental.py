"""linsub.sklearn.IncrementalPCA: scikit-learn's own checks, PCA's results, any batches."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, NonFiniteError, RankDeficientError
from linsub.sklearn import IncrementalPCA
from linsub.testing import load_digits

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.decomposition import IncrementalPCA as TheirPCA  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from tests.sklearn.own_checks import with_their_checks  # noqa: E402


@with_their_checks(
    IncrementalPCA(),
    IncrementalPCA(n_components=1),
    IncrementalPCA(whiten=True),
    IncrementalPCA(batch_size=7),
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


def in_batches(pca, X, size):
    for start in range(0, X.shape[0], size):
        pca.partial_fit(X[start : start + size])
    return pca


def dense(X):
    return X if isinstance(X, np.ndarray) else X.toarray()


def assert_same(ours, theirs, X, *, rtol=1e-9, noise=True):
    for name in (
        *("singular_values_", "explained_variance_", "explained_variance_ratio_"),
        *("mean_", "n_components_"),
    ):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), rtol=rtol), name
    if noise:
        scale = theirs.explained_variance_[0]
        assert np.isclose(ours.noise_variance_, theirs.noise_variance_, atol=1e-13 * scale)
        # scikit-learn's with whiten=True is the covariance times the variances once more.
        plain = clone(theirs).set_params(whiten=False).fit(dense(X))
        assert np.allclose(
            ours.get_covariance(), plain.get_covariance(), atol=1e-11 * scale, rtol=rtol
        )
    overlap = np.abs(np.sum(ours.components_ * theirs.components_, axis=1))
    assert np.allclose(overlap, 1.0, rtol=rtol)
    Y, Z = ours.transform(X), theirs.transform(X)
    assert np.allclose(np.abs(Y), np.abs(Z), rtol=1e-6, atol=1e-7 * np.abs(Z).max())
    back = theirs.inverse_transform(Z)
    assert np.allclose(ours.inverse_transform(Y), back, atol=1e-7 * np.abs(X).max())


def full_rank(rows=90, features=12, offset=5.0, rng=0):
    rng = np.random.default_rng(rng)
    return offset + rng.standard_normal((rows, features)) * np.arange(features, 0, -1)


@pytest.mark.parametrize("size", [1, 2, 5, 13, 89, 90, 200])
@pytest.mark.parametrize("whiten", [False, True])
def test_nothing_truncated_is_pca(size, whiten):
    """12 features and 12 directions carried: exactly PCA, whatever the batches."""
    X = full_rank()
    ours = in_batches(IncrementalPCA(whiten=whiten), X, size)
    theirs = PCA(whiten=whiten, svd_solver="full").fit(X)
    assert_same(ours, theirs, X)
    assert np.allclose(ours.var_, X.var(axis=0), rtol=1e-12)
    assert np.allclose(ours.get_covariance(), np.cov(X.T), rtol=1e-9)
    assert np.allclose(ours.get_precision(), np.linalg.inv(np.cov(X.T)), rtol=1e-9, atol=1e-12)
    assert ours.n_samples_seen_ == 90


@pytest.mark.parametrize("whiten", [False, True])
def test_a_cut_of_all_directions_is_pca_with_its_noise(whiten):
    """12 features, and 7 components + what is carried beyond them: nothing is discarded."""
    X = full_rank()
    ours = in_batches(IncrementalPCA(7, whiten=whiten), X, 11)
    theirs = PCA(7, whiten=whiten, svd_solver="full").fit(X)
    assert_same(ours, theirs, X)
    S = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    precision = np.linalg.inv(ours.get_covariance())
    assert np.allclose(ours.get_precision(), precision, rtol=1e-9, atol=1e-12)
    assert np.isclose(float(ours.certificate_.frobenius_error), np.linalg.norm(S[7:]), rtol=1e-10)


@pytest.mark.parametrize("make", [np.array, sparse.csr_array, sparse.csc_matrix])
@pytest.mark.parametrize("size", [20, 100, None])
def test_the_digits_beside_scikit_learn(make, size):
    """No less accurate than scikit-learn on the same batches, and certified."""
    X = load_digits().data
    exact = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[:10]
    ours = IncrementalPCA(10, batch_size=size).fit(make(X))
    theirs = TheirPCA(10, batch_size=size).fit(X)
    mine, its = (np.abs(pca.singular_values_ - exact).max() for pca in (ours, theirs))
    assert mine <= its + 1e-9 * exact[0]
    assert np.allclose(ours.mean_, theirs.mean_, rtol=1e-12)
    assert np.allclose(ours.var_, theirs.var_, rtol=1e-9)
    error = np.linalg.norm(X - ours.inverse_transform(ours.transform(make(X))))
    assert error <= float(ours.certificate_.frobenius_error) * (1 + 1e-12)
    low, high = ours.certificate_.sigma_lower, ours.certificate_.sigma_upper
    assert (np.asarray(low) <= exact).all()
    assert (exact <= np.asarray(high)).all()


def test_sparse_batches_one_after_another():
    X = sparse.random(300, 40, 0.1, random_state=0, format="csr")
    ours = in_batches(IncrementalPCA(), X, 17)
    assert_same(ours, PCA(svd_solver="full").fit(X.toarray()), X, rtol=1e-8)
    assert np.allclose(ours.var_, X.toarray().var(axis=0), rtol=1e-12)


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    exponent=st.integers(-100, 100),
    seed=st.integers(0, 2**16),
)
def test_any_batches_at_any_scale(sizes, exponent, seed):
    rng = np.random.default_rng(seed)
    X = (3.0 + rng.standard_normal((sum(sizes), 6))) * 10.0**exponent
    ours, start = IncrementalPCA(), 0
    for size in sizes:
        ours.partial_fit(X[start : start + size])
        start += size
    S = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    k = ours.n_components_
    assert ours.n_samples_seen_ == len(X)
    assert np.allclose(ours.singular_values_, S[:k], rtol=1e-9, atol=1e-12 * S[0])
    assert (S[k:] <= 1e-12 * np.linalg.norm(X)).all()
    assert np.allclose(ours.mean_, X.mean(axis=0), rtol=1e-12)
    assert np.allclose(ours.var_, X.var(axis=0), rtol=1e-9)


def test_the_first_batch_may_be_smaller_than_the_components():
    X = full_rank()
    pca = IncrementalPCA(7).partial_fit(X[:1])
    assert pca.n_components_ == 0
    assert pca.transform(X).shape == (90, 0)
    assert np.allclose(pca.inverse_transform(pca.transform(X[:1])), X[:1])
    pca.partial_fit(X[1:3])
    assert pca.n_components_ == 2
    pca.partial_fit(X[3:])
    assert pca.n_components_ == 7
    assert np.allclose(pca.explained_variance_, PCA(7).fit(X).explained_variance_, rtol=1e-9)


def test_components_for_an_error():
    X = load_digits().data
    pca = in_batches(IncrementalPCA(error=0.3), X, 100)
    centred = np.linalg.norm(X - X.mean(axis=0))
    left = np.linalg.norm(X - pca.inverse_transform(pca.transform(X)))
    assert left <= 0.3 * centred
    S = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    least = int(np.argmax(np.sqrt(np.cumsum(S[::-1] ** 2)[::-1]) <= 0.3 * centred))
    assert least <= pca.n_components_ <= 1.5 * least


def test_a_refused_batch_changes_nothing():
    X = full_rank()
    pca = IncrementalPCA(4).partial_fit(X[:40])
    bad = X[40:].copy()
    bad[3, 2] = np.nan
    before = pickle.dumps(pca)
    for batch, check in ((bad, True), (bad, False), (X[40:, :5], True), (X[40:, :5], False)):
        with pytest.raises(ValueError, match="NaN|nan|5 features|5 columns"):
            pca.partial_fit(batch, check_input=check)
    assert pickle.dumps(pca) == before
    in_batches(pca, X[40:], 50)
    assert np.allclose(pca.var_, X.var(axis=0), rtol=1e-12)


def test_fit_forgets_and_partial_fit_goes_on():
    X = full_rank()
    pca = IncrementalPCA(4).fit(X[:50])
    pca.fit(X[:60]).partial_fit(X[60:])
    assert pca.n_samples_seen_ == 90
    assert np.allclose(pca.mean_, X.mean(axis=0))


def test_the_input_is_not_modified():
    X = full_rank()
    kept = X.copy()
    X.setflags(write=False)
    IncrementalPCA(3, copy=False, batch_size=20).fit(X).transform(X)
    assert np.array_equal(X, kept)


def test_clone_pickle_and_pipeline():
    X = load_digits().data
    pca = IncrementalPCA(6, whiten=True, batch_size=64)
    assert clone(pca).get_params() == pca.get_params()
    Y = make_pipeline(StandardScaler(), pca).fit_transform(X)
    Z = StandardScaler().fit_transform(X)
    assert np.array_equal(Y, clone(pca).fit(Z).transform(Z))
    assert Y.shape == (len(X), 6)
    again = pickle.loads(pickle.dumps(pca))
    assert np.array_equal(again.components_, pca.components_)
    assert str(again.certificate_) == str(pca.certificate_)
    assert again.get_feature_names_out()[-1] == "incrementalpca5"


def test_single_precision_stays_single():
    X = load_digits().data.astype(np.float32)
    pca = IncrementalPCA(3, whiten=True)
    assert pca.fit_transform(X).dtype == np.float32
    for name in ("components_", "mean_", "singular_values_", "explained_variance_"):
        assert getattr(pca, name).dtype == np.float32, name


def test_data_far_from_zero():
    """A mean that dwarfs the variances does not drown them."""
    X = full_rank(offset=1e8)
    pca = in_batches(IncrementalPCA(), X, 7)
    S = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)
    assert np.allclose(pca.singular_values_, S, rtol=1e-6)
    assert np.allclose(pca.var_, X.var(axis=0), rtol=1e-6)
    assert np.isclose(pca.explained_variance_ratio_.sum(), 1.0, rtol=1e-9)


def test_a_singular_covariance_has_no_inverse():
    X = full_rank(rows=6)
    pca = IncrementalPCA().fit(X)
    assert pca.n_components_ == 5
    assert pca.noise_variance_ == 0.0
    with pytest.raises(RankDeficientError, match="pinv"):
        pca.get_precision()


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_components": 0}, "n_components"),
        ({"n_components": 65}, "n_components"),
        ({"n_components": 2.5}, "n_components"),
        ({"n_components": 2, "error": 0.1}, "not both"),
        ({"error": 1.0}, "error"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_bad_parameters(parameters, text):
    with pytest.raises((InvalidInputError, TypeError), match=text):
        IncrementalPCA(**parameters).fit(load_digits().data)


# Without scikit-learn.

BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)

sys.meta_path.insert(0, Block())
import numpy as np
from scipy import sparse
from linsub.errors import LinsubError
from linsub.sklearn import IncrementalPCA
assert "sklearn" not in sys.modules
X = np.random.default_rng(0).standard_normal((30, 8)) + 2
"""


def alone(code):
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED + code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_works_without_scikit_learn():
    found = alone(
        """
pca = IncrementalPCA(3, batch_size=4)
Y = pca.fit_transform(X)
assert np.allclose(Y, pca.transform(sparse.csr_array(X)))
assert pca.inverse_transform(Y).shape == X.shape
assert pca.get_params()["batch_size"] == 4
assert IncrementalPCA(2).partial_fit(sparse.csr_array(X)).n_components_ == 2
print(*IncrementalPCA().fit(X).explained_variance_)
"""
    )
    X = np.random.default_rng(0).standard_normal((30, 8)) + 2
    exact = PCA(svd_solver="full").fit(X).explained_variance_
    assert np.allclose([float(value) for value in found.split()], exact, rtol=1e-9)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("IncrementalPCA().transform(X)", "not fitted"),
        ("IncrementalPCA().fit(X).transform(np.eye(4))", "4 features"),
        ("IncrementalPCA().fit(X).partial_fit(np.eye(4))", "4 features"),
        ("IncrementalPCA().fit(np.full((3, 3), np.nan))", "X[0, 0] is nan"),
        ("IncrementalPCA().fit(X + 1j)", "complex"),
    ],
)
def test_its_errors_without_scikit_learn(call, text):
    found = alone(
        f"""
try:
    {call}
except LinsubError as error:
    print(error)
"""
    )
    assert text in found


def test_non_finite_is_named():
    X = full_rank()
    X[4, 2] = np.inf
    with pytest.raises(NonFiniteError, match="is inf"):
        IncrementalPCA().partial_fit(X, check_input=False)
