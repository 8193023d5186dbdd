"""Exemplars against costs of all samples, their graph against all pairs, and interruptions."""

import numpy as np
import pytest
from scipy import sparse

from linsub.clustering import (
    batch_omp,
    clustering_accuracy,
    exemplar_expression,
    exemplar_selection,
    exemplars,
    farthest_first,
    nearest_codes,
    self_expressive_elastic_net,
    spectral_labels,
)
from linsub.errors import Interrupted, InvalidInputError
from linsub.testing import gallery


def union(n=40):
    X, labels, _ = gallery.union_of_subspaces(3, 2, 8, n, noise=0.02, rng=0)
    return X, labels


def test_the_graph_joins_the_nearest_codes_and_clusters_the_samples():
    X, labels = union()
    found = exemplar_expression(X * 1e150, 20, rng=0)
    codes = found.codes.toarray()
    U = X / np.linalg.norm(X, axis=1)[:, None]
    rest = U - codes @ U[found.exemplars]
    np.testing.assert_allclose(found.residual, np.linalg.norm(rest, axis=1), atol=1e-12)
    codes /= np.linalg.norm(codes, axis=1)[:, None]
    like = np.abs(codes @ codes.T)
    np.fill_diagonal(like, -1.0)
    least = np.sort(like, axis=1)[:, -8]
    A = np.where(like >= least[:, None] - 1e-12, like, 0.0)
    np.testing.assert_allclose(found.W.toarray(), A + A.T, atol=1e-12)
    assert clustering_accuracy(labels, spectral_labels(found.W, 3).labels) > 0.95
    assert float(found.certificate.objective_gap) < 1e-8
    omp = exemplar_expression(X, exemplars=found.exemplars, method="omp", n_nonzero=2)
    np.testing.assert_allclose(
        omp.codes.toarray(), batch_omp(U[found.exemplars], U, 2).codes.toarray(), atol=1e-12
    )
    flipped = exemplar_expression(-X, exemplars=found.exemplars, n_threads=2)
    np.testing.assert_allclose(flipped.W.toarray(), found.W.toarray(), atol=1e-12)


def test_the_bound_holds_for_all_and_an_old_choice_is_continued():
    X, _ = union(12)
    found = exemplar_selection(X, 7, exemplars=[3])
    assert found.indices[0] == 3
    assert (np.diff(found.costs) <= 0).all()
    U = X / np.linalg.norm(X, axis=1)[:, None]
    for x in U[::5]:
        rows = np.vstack([x, U[found.indices]])
        C, residual = self_expressive_elastic_net(
            rows, l1_ratio=1.0, gamma=50.0, gamma_relative=False
        )
        cost = np.abs(C.toarray()[0]).sum() + 25.0 * residual[0] ** 2
        assert cost <= float(found.certificate.cost) * (1 + 1e-9)
    half = exemplar_selection(X, 4, exemplars=[3])
    rest = exemplar_selection(X, 7, exemplars=half.indices)
    assert rest.indices.tolist() == found.indices.tolist()


@pytest.mark.parametrize("stage", ["choice", "codes", "graph"])
def test_an_interruption_loses_nothing(monkeypatch, stage):
    X, _ = union(30)
    whole = exemplar_expression(X, 8, rng=1)
    calls = {"n": 0}

    def interrupting(function, after):
        def wrapped(*args, **kwargs):
            calls["n"] += 1
            if calls["n"] == after:
                raise KeyboardInterrupt
            return function(*args, **kwargs)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(exemplars, "_ROWS", 16)
        if stage == "choice":
            target = farthest_first._Search, "choose"
        elif stage == "codes":
            target = exemplars, "over_atoms"
        else:
            target = exemplars, "nearest_codes"
        after = 1 if stage == "graph" else 3
        patch.setattr(*target, interrupting(getattr(*target), after))
        with pytest.raises(Interrupted) as caught:
            exemplar_expression(X, 8, rng=1)
    part = caught.value.result
    assert part.W is None
    if stage == "choice":
        assert part.exemplars.tolist() == whole.exemplars[:3].tolist()
    if stage == "codes":
        assert part.codes.shape == (32, 8)
    again = exemplar_expression(X, 8, rng=1, resume=part)
    assert again.exemplars.tolist() == whole.exemplars.tolist()
    np.testing.assert_allclose(again.W.toarray(), whole.W.toarray(), atol=1e-9)
    with pytest.raises(InvalidInputError, match="resume is of method"):
        exemplar_expression(X[:-1], 8, resume=part)


@pytest.mark.parametrize("top", [1, 3, 30])
def test_neighbours_are_those_of_all_pairs(monkeypatch, top):
    rng = np.random.default_rng(0)
    codes = np.zeros((150, 12))
    for g in range(4):  # groups that use some columns much and others little
        codes[g * 30 : g * 30 + 30, 3 * g : 3 * g + 3] = rng.standard_normal((30, 3))
    codes += 0.05 * rng.standard_normal(codes.shape) * (rng.random(codes.shape) < 0.3)
    codes[120:] = codes[rng.integers(0, 120, 30)] * rng.choice([-1, 2.0], (30, 1))  # ties
    codes[5:40:5] = 0.0
    codes[60:70] *= 1e-200
    codes[70:80] = codes[80] + 1e-9 * rng.standard_normal((10, 12))  # beyond single precision
    codes[140:145] = np.eye(5, 12)  # ties of different codes
    monkeypatch.setattr(nearest_codes, "_ROWS", 16)
    monkeypatch.setattr(nearest_codes, "_CANDIDATES", 8)
    index, size = nearest_codes.nearest_codes(sparse.csr_array(codes), top)
    again = nearest_codes.nearest_codes(sparse.csr_array(codes), top, n_threads=2)
    np.testing.assert_array_equal(index, again[0])
    scaled = codes / np.maximum(np.abs(codes).max(axis=1), 1e-300)[:, None]
    unit = scaled / np.maximum(np.linalg.norm(scaled, axis=1), 1e-300)[:, None]
    like = np.abs(unit @ unit.T)
    np.fill_diagonal(like, 0.0)
    np.testing.assert_allclose(size, -np.sort(-like, axis=1)[:, :top], atol=1e-14)
    assert ((index >= 0) == (size > 0)).all()
    for i in range(150):
        j = index[i][index[i] >= 0]
        assert np.unique(j).size == j.size
        np.testing.assert_allclose(like[i, j], size[i][: j.size], atol=1e-14)
        assert ((np.diff(size[i]) < 0) | (np.diff(index[i]) > 0) | (index[i][1:] < 0)).all()


def test_few_samples_zeros_and_duplicates():
    one = exemplar_expression(np.ones((1, 1)), 1)
    assert one.W.shape == (1, 1)
    assert one.W.nnz == 0
    X = np.array([[1.0, 0], [0, 0], [1, 0], [0, 2]], dtype=np.float32)
    found = exemplar_selection(X, 4, exemplars=[0])
    assert sorted(found.indices.tolist()) == [0, 2, 3]  # the zero row is no exemplar
    W = exemplar_expression(X, 3, rng=0).W
    assert W.dtype == np.float32
    assert W.toarray()[1].tolist() == [0, 0, 0, 0]
    assert W.toarray()[0, 2] > 0
    with pytest.raises(InvalidInputError, match="no sample that is not 0"):
        exemplar_selection(np.zeros((3, 2)), 1)


def test_bad_arguments_are_named():
    X, _ = union(5)
    with pytest.raises(InvalidInputError, match="n_exemplars"):
        exemplar_selection(X, 16)
    with pytest.raises(InvalidInputError, match=r"exemplars must be in 0 \.\. 14"):
        exemplar_selection(X, 3, exemplars=[15])
    with pytest.raises(InvalidInputError, match="exemplars has an index twice"):
        exemplar_expression(X, exemplars=[1, 1])
    with pytest.raises(InvalidInputError, match="exemplars must be indices"):
        exemplar_expression(X, exemplars=[0.5])
    with pytest.raises(InvalidInputError, match="exemplars has 3 indices and n_exemplars is 2"):
        exemplar_selection(X, 2, exemplars=[0, 1, 2])
    with pytest.raises(InvalidInputError, match="resume must be the result"):
        exemplar_expression(X, resume=3)
    with pytest.raises(InvalidInputError, match="n_neighbors"):
        exemplar_expression(X, n_neighbors=0)
