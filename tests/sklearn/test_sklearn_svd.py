"""linsub.sklearn.TruncatedSVD: scikit-learn's own checks, its results, and life without it."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from linsub.errors import InvalidInputError
from linsub.sklearn import TruncatedSVD
from linsub.svd import truncated_svd
from linsub.testing import gallery, load_digits

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.decomposition import TruncatedSVD as TheirSVD  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402

from tests.sklearn.own_checks import with_their_checks  # noqa: E402


# Not with error=: the checks set n_components on every estimator that has it.
@with_their_checks(
    TruncatedSVD(),
    TruncatedSVD(n_components=1),
    TruncatedSVD(method="lanczos"),
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("make", [np.array, sparse.csr_array, sparse.csc_matrix])
def test_the_results_are_those_of_scikit_learn(make):
    X = load_digits().data
    ours = TruncatedSVD(n_components=6).fit(make(X))
    theirs = TheirSVD(n_components=6, algorithm="arpack").fit(make(X))
    for name in ("singular_values_", "explained_variance_", "explained_variance_ratio_"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9), name
    overlap = np.abs(np.sum(ours.components_ * theirs.components_, axis=1))
    assert np.allclose(overlap, 1.0, rtol=1e-9)
    Y, Z = ours.transform(make(X)), theirs.transform(make(X))
    assert np.allclose(np.abs(Y), np.abs(Z), rtol=1e-6, atol=1e-6 * np.abs(Z).max())
    back = ours.inverse_transform(Y)
    assert np.allclose(back, theirs.inverse_transform(Z), atol=1e-6 * np.abs(X).max())


def test_the_certificate_is_kept():
    X = load_digits().data
    reducer = TruncatedSVD(n_components=5).fit(X)
    error = np.linalg.norm(X - reducer.inverse_transform(reducer.transform(X)))
    assert error <= float(reducer.certificate_.frobenius_error)
    assert reducer.certificate_.complete is True


def test_fit_and_transform_is_fit_transform():
    X = load_digits().data
    reducer = TruncatedSVD(n_components=4)
    Y = reducer.fit_transform(X)
    assert np.abs(Y - reducer.transform(X)).max() <= 1e-7 * np.abs(Y).max()
    assert np.array_equal(Y, TruncatedSVD(n_components=4).fit_transform(X))


def test_components_for_an_error():
    X = load_digits().data
    reducer = TruncatedSVD(n_components=None, error=0.2).fit(X)
    Y = reducer.transform(X)
    assert np.linalg.norm(X - reducer.inverse_transform(Y)) <= 0.2 * np.linalg.norm(X) * (1 + 1e-9)
    assert Y.shape[1] == truncated_svd(X, error=0.2, rng=0).S.size
    assert reducer.get_feature_names_out()[-1] == f"truncatedsvd{Y.shape[1] - 1}"


def test_in_a_pipeline_with_sparse_text():
    words = ["low rank", "singular value", "random sketch", "row block", "low value", "rank one"]
    texts = [f"{a} {b}" for a in words for b in words]
    pipeline = make_pipeline(TfidfVectorizer(), TruncatedSVD(n_components=3))
    Y = pipeline.fit_transform(texts)
    assert Y.shape == (36, 3)
    assert isinstance(Y, np.ndarray)
    assert np.allclose(Y, pipeline.transform(texts), atol=1e-7)


def test_in_a_search_over_its_parameters():
    digits = load_digits()
    pipeline = make_pipeline(TruncatedSVD(), KNeighborsClassifier())
    search = GridSearchCV(pipeline, {"truncatedsvd__n_components": [2, 16]}, cv=3)
    search.fit(digits.data[:600], digits.target[:600])
    assert search.best_params_ == {"truncatedsvd__n_components": 16}
    assert search.best_score_ > 0.8


def test_set_output_and_clone_and_pickle():
    X = load_digits().data[:100]
    reducer = TruncatedSVD(n_components=3, tol=1e-9, method="gram", random_state=7)
    twin = clone(reducer)
    assert twin.get_params() == reducer.get_params()
    reducer.fit(X)
    again = pickle.loads(pickle.dumps(reducer))
    assert np.array_equal(again.components_, reducer.components_)
    assert str(again.certificate_) == str(reducer.certificate_)


SEEDS = {
    "none": None,
    "int": 0,
    "RandomState": np.random.RandomState(0),
    "Generator": np.random.default_rng(0),
}


@pytest.mark.parametrize("kind", SEEDS)
def test_seeds_of_every_kind(kind):
    A = gallery.matrix("polynomial", 120, 100, cond=1e2, rng=0)
    S = TruncatedSVD(n_components=3, random_state=SEEDS[kind]).fit(A).singular_values_
    assert np.allclose(S, np.linalg.svd(A, compute_uv=False)[:3], rtol=1e-9)


def test_single_precision_stays_single():
    X = load_digits().data.astype(np.float32)
    reducer = TruncatedSVD(n_components=3)
    assert reducer.fit_transform(X).dtype == np.float32
    assert reducer.transform(X).dtype == np.float32
    assert reducer.components_.dtype == np.float32


@pytest.mark.parametrize("make", [np.array, sparse.csr_array])
def test_the_explained_variance_of_data_far_from_zero(make):
    """Variances about a mean that dwarfs them are not lost to cancellation."""
    rng = np.random.default_rng(0)
    X = 1e8 + rng.standard_normal((200, 5))
    reducer = TruncatedSVD(n_components=5).fit(make(X))
    assert np.isclose(reducer.explained_variance_ratio_.sum(), 1.0, rtol=1e-3)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_components": 0}, "n_components"),
        ({"n_components": 65}, "n_components=65"),
        ({"n_components": -1}, "n_components"),
        ({"n_components": 2, "error": 0.1}, "exactly one"),
        ({"n_components": None}, "exactly one"),
        ({"method": "arpack"}, "method"),
        ({"random_state": -1}, "rng"),
    ],
)
def test_bad_parameters(parameters, text):
    with pytest.raises(InvalidInputError, match=text):
        TruncatedSVD(**parameters).fit(load_digits().data)


# Without scikit-learn.

BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)

sys.meta_path.insert(0, Block())
import numpy as np
from linsub.errors import LinsubError
from linsub.sklearn import TruncatedSVD
assert "sklearn" not in sys.modules
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
X = np.random.default_rng(0).standard_normal((30, 8))
reducer = TruncatedSVD(n_components=3)
Y = reducer.fit_transform(X)
assert np.allclose(Y, reducer.transform(X))
assert reducer.inverse_transform(Y).shape == X.shape
assert reducer.n_features_in_ == 8
assert reducer.get_params()["n_components"] == 3
assert reducer.set_params(n_components=2).fit(X).components_.shape == (2, 8)
from scipy import sparse
assert np.allclose(reducer.fit(sparse.csr_array(X)).transform(sparse.csr_array(X)),
                   reducer.transform(X))
print(*reducer.singular_values_)
"""
    )
    X = np.random.default_rng(0).standard_normal((30, 8))
    sigma = np.linalg.svd(X, compute_uv=False)[:2]
    assert np.allclose([float(s) for s in found.split()], sigma)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("TruncatedSVD().transform(np.eye(3))", "not fitted"),
        ("TruncatedSVD().fit(np.eye(3)).transform(np.eye(4))", "4 features"),
        ("TruncatedSVD().set_params(components=3)", "no parameter 'components'"),
        ("TruncatedSVD().fit(np.full((3, 3), np.nan))", "X[0, 0] is nan"),
        ("TruncatedSVD().fit([1.0, 2.0])", "X must be 2-D"),
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
