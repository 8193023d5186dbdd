"""Subspace clustering in linsub.sklearn: scikit-learn's own checks, digits, unions, hard input."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import sparse

from linsub.clustering import clustering_accuracy, k_subspaces
from linsub.errors import AccuracyWarning, InvalidInputError, InvalidTypeError
from linsub.sklearn import (
    DSSC,
    LRRSC,
    LSRSC,
    SSCOMP,
    TSC,
    ElasticNetSC,
    EnsembleKSubspaces,
    KSubspaces,
)
from linsub.testing import gallery, load_digits

sklearn = pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import FunctionTransformer  # noqa: E402

from tests.sklearn.own_checks import with_their_checks  # noqa: E402

BY_GRAPH = [DSSC, LRRSC, LSRSC, SSCOMP, TSC, ElasticNetSC]
ALL = [*BY_GRAPH, EnsembleKSubspaces, KSubspaces]


# One of those by graph, which share all but how the graph is made, and the one that is a model.
@with_their_checks(TSC(), KSubspaces(n_init=2, dim=1))
def test_scikit_learns_own_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)  # their samples are no unions
        check(estimator)


@pytest.mark.parametrize("make", ALL)
def test_parameters_are_kept_as_they_were_given(make):
    model = make(5)
    given = model.get_params()
    assert given["n_clusters"] == 5
    model.set_params(n_clusters=4)
    assert given.keys() == clone(model).get_params().keys()
    before = model.get_params()
    fitted = model.fit(UNION[::4])
    assert fitted is model
    assert model.get_params() == before
    assert "labels_" not in vars(clone(model))
    seeded = make(4, random_state=np.random.RandomState(3))
    again = make(4, random_state=np.random.RandomState(3))
    assert np.array_equal(seeded.fit_predict(UNION[::4]), again.fit_predict(UNION[::4].tolist()))


# Digits: k-means on rows of norm 1 has an accuracy of .794 (scikit-learn, seed 0).
K_MEANS = 0.794


@pytest.mark.parametrize("make", BY_GRAPH)
def test_defaults_do_better_than_k_means_on_digits(make):
    X, digits = load_digits()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = make(10).fit(X)
    assert clustering_accuracy(digits, model.labels_) > K_MEANS
    assert np.array_equal(np.unique(model.labels_), np.arange(10))


@pytest.mark.parametrize(
    "model", [SSCOMP(10, n_dictionaries=None), KSubspaces(10, n_init=2, max_iter=20)]
)
def test_worse_than_k_means_on_digits_is_said_without_labels(model):
    X, digits = load_digits()
    with pytest.warns(AccuracyWarning):
        model.fit(X)
    assert clustering_accuracy(digits, model.labels_) < K_MEANS


def test_votes_suit_digits_and_unions_that_nearly_fill_the_space():
    X, digits = load_digits()
    some, shown = X[:600], digits[:600]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = EnsembleKSubspaces(10, n_runs=40).fit_predict(some)
    assert clustering_accuracy(shown, labels) > K_MEANS
    X, truth, _ = gallery.union_of_subspaces(5, 6, 9, 100, rng=0)
    labels = EnsembleKSubspaces(5, dim=6, n_runs=60).fit_predict(X)
    assert clustering_accuracy(truth, labels) == 1.0


UNION, TRUTH, BASES = gallery.union_of_subspaces(4, 3, 20, 50, noise=0.1, rng=1)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_union_of_subspaces(make, dtype):
    X = UNION.astype(dtype)
    kept = X.copy()
    X.setflags(write=False)
    model = make(4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        labels = model.fit_predict(X)
    assert clustering_accuracy(TRUTH, labels) == 1.0
    assert np.array_equal(X, kept)
    assert model.n_features_in_ == 20
    assert type(model.certificate_).__name__ in model.report_
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.labels_, labels)
    assert again.report_ == model.report_
    assert np.array_equal(clone(model).fit(X).labels_, labels)


@pytest.mark.parametrize("make", BY_GRAPH)
def test_representation_and_affinity(make):
    model = make(4).fit(UNION)
    W = model.affinity_
    W = W if isinstance(W, np.ndarray) else W.toarray()
    assert W.shape == (200, 200)
    assert (W >= 0.0).all()
    assert np.array_equal(W, W.T)
    across = W[TRUTH[:, None] != TRUTH].sum() / W.sum()
    assert across < 0.2
    assert model.representation_.affinity(top=2).shape == (200, 200)
    assert model.n_clusters_ == 4


def test_the_number_of_clusters_by_the_gap():
    assert LRRSC("eigengap").fit(UNION).n_clusters_ == 4
    assert SSCOMP("eigengap").fit(UNION).n_clusters_ == 4


def test_rows_of_a_doubly_stochastic_affinity_sum_up_to_one():
    model = DSSC(4).fit(UNION)
    assert np.abs(np.asarray(model.affinity_.sum(axis=1)) - 1.0).max() <= 1e-6
    assert float(model.projection_.certificate.row_sums) <= 2e-6


def test_new_samples_join_their_subspaces():
    X, truth, _ = gallery.union_of_subspaces(3, 2, 10, 60, rng=3)
    sizes = np.random.default_rng(0).uniform(0.1, 9.0, (180, 1))
    model = KSubspaces(3, dim=2).fit(X[::2])
    assert clustering_accuracy(truth, model.predict(sizes * X)) == 1.0
    assert np.array_equal(model.predict(X[::2]), model.labels_)
    gaps = model.transform(sizes * X)
    assert gaps.shape == (180, 3)
    assert np.array_equal(np.argmin(gaps, axis=1), model.predict(X))
    assert gaps.min(axis=1).max() < 1e-12
    U = model.bases_[0]
    assert np.allclose(gaps[:, 0], np.linalg.norm(X - X @ U @ U.T, axis=1), atol=1e-14)
    assert model.get_feature_names_out()[-1] == "ksubspaces2"


def test_affine_subspaces_and_samples_of_their_own_size():
    X, truth, _ = gallery.union_of_subspaces(3, 1, 6, 40, rng=0)
    X = X + 3.0 * np.eye(6)[truth]
    model = KSubspaces(3, dim=1, affine=True, normalize=False, n_init=40).fit(X)
    labels, _, _, cost = k_subspaces(X, 3, 1, affine=True, n_init=40, rng=0)
    assert np.array_equal(model.labels_, labels)
    assert model.cost_ == cost
    assert np.isclose(np.square(model.transform(X)).min(axis=1).sum(), cost, atol=1e-20)


def test_a_dimension_that_is_too_small_is_said():
    X, _, _ = gallery.union_of_subspaces(4, 5, 12, 60, rng=0)
    with pytest.warns(AccuracyWarning, match="raise dim"):
        KSubspaces(4, dim=2).fit(X)


def test_subspaces_that_are_nearest_to_nobody_are_said():
    with pytest.warns(AccuracyWarning, match="2 of 3 subspaces are nearest to no sample"):
        model = KSubspaces(3, dim=1).fit(np.ones((9, 4)))
    assert np.array_equal(np.unique(model.labels_), np.arange(3))
    assert "nearest to no sample" in model.report_


def test_scales_of_samples_that_are_not_brought_to_norm_one():
    X = np.ldexp(UNION, -990)
    model = LRRSC(4, normalize=False)
    assert np.array_equal(model.fit_predict(X), clone(model).fit_predict(UNION))
    model = KSubspaces(4, normalize=False).fit(X)
    assert np.array_equal(
        np.ldexp(clone(model).fit(UNION).transform(UNION), -990), model.transform(X)
    )


def test_bad_parameters_are_named():
    for make, bad, text in (
        (SSCOMP, {"n_clusters": None}, "n_clusters"),
        (SSCOMP, {"share": 0.0}, "share"),
        (TSC, {"n_clusters": "some"}, "n_clusters"),
        (LRRSC, {"tau": -1.0}, "tau"),
        (LSRSC, {"alpha": 0.0}, "alpha"),
        (DSSC, {"eta": 0.0}, "eta"),
        (KSubspaces, {"dim": -1}, "dim"),
        (KSubspaces, {"dim": [1, 2]}, "dim"),
        (EnsembleKSubspaces, {"n_runs": 0}, "n_runs"),
    ):
        with pytest.raises((InvalidInputError, TypeError), match=text):
            make(**bad).fit(UNION)


def test_pipelines():
    shift = FunctionTransformer(lambda X: X * 2.0)
    piped = make_pipeline(shift, TSC(4)).fit(UNION)
    assert np.array_equal(piped[-1].labels_, TSC(4).fit(UNION).labels_)
    assert make_pipeline(shift, KSubspaces(4)).fit_transform(UNION).shape == (200, 4)


@pytest.mark.parametrize("make", ALL)
def test_sparse_samples_are_refused_by_name(make):
    with pytest.raises(InvalidTypeError, match=f"sparse matrix and {make.__name__}.*toarray"):
        make(3).fit(sparse.csr_array(UNION))


def hard(name):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((24, 5))
    if name == "zero rows":
        X[::4] = 0.0
    elif name == "zeros":
        X[:] = 0.0
    elif name == "duplicates":
        X = np.repeat(X[:4], 6, axis=0)
    elif name == "one feature":
        X = X[:, :1]
    elif name == "three samples":
        X = X[:3]
    elif name == "tiny":
        X = np.ldexp(X, -530)  # 1e-160
    elif name == "huge":
        X = np.ldexp(X, 500)  # 1e150
    elif name == "all scales":
        X = np.ldexp(X, np.linspace(-530, 500, 24).astype(int)[:, None])
    return X


HARD = ["zero rows", "zeros", "duplicates", "one feature", "three samples"]
SCALES = ["tiny", "huge", "all scales"]


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("name", [*HARD, *SCALES])
@pytest.mark.filterwarnings("ignore::linsub.errors.AccuracyWarning")
def test_hard_samples_have_as_many_labels_as_asked_for(make, name):
    model = make(3)
    labels = model.fit_predict(hard(name))
    assert np.array_equal(np.unique(labels), np.arange(3))
    if name in SCALES:  # rows are brought to one norm
        assert np.array_equal(labels, clone(model).fit_predict(hard("as it is")))
    assert model.report_


@pytest.mark.parametrize("make", ALL)
def test_bad_samples_are_errors(make):
    X = hard("as it is")
    for value in (np.nan, np.inf):
        X[3, 2] = value
        with pytest.raises(ValueError, match="NaN|infinity|nan|inf"):
            make(3).fit(X)
    with pytest.raises(InvalidInputError, match="n_clusters"):
        make(3).fit(hard("as it is")[:2])
    with pytest.raises(InvalidInputError, match="n_clusters"):
        make(0).fit(UNION)
    assert make(1).fit_predict(UNION[:1]).tolist() == [0]
    with pytest.raises(AttributeError, match="not fitted"):
        make(3).report_  # noqa: B018


BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sklearn":
            raise ImportError(name)

sys.meta_path.insert(0, Block())
import numpy as np
from scipy import sparse
from linsub import sklearn as ours
from linsub.testing import gallery
from linsub.clustering import clustering_accuracy
assert "sklearn" not in sys.modules
X, truth, _ = gallery.union_of_subspaces(3, 2, 8, 30, rng=0)
others = ("IncrementalPCA", "PCAResidual", "TruncatedSVD")
names = [name for name in ours.__all__ if name not in others]
for name in names:
    model = getattr(ours, name)(3)
    assert clustering_accuracy(truth, model.fit_predict(X)) == 1.0, name
    assert model.get_params()["n_clusters"] == 3
    try:
        model.fit(sparse.csr_array(X))
    except TypeError as error:
        assert "toarray" in str(error)
    else:
        raise AssertionError(name)
    print(name, model.set_params(n_clusters=2).n_clusters)
model = ours.KSubspaces(3)
assert model.fit_transform(X).shape == (90, 3)
assert (model.predict(X) == model.labels_).all()
"""


def test_they_work_without_scikit_learn():
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(ALL)
