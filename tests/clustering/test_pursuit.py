"""Greedy codes against a plain loop by least squares, on samples that make it hard."""

import re

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.linear_model import orthogonal_mp

from linsub.clustering import batch_omp, self_expressive_omp
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.testing import gallery

EPS = np.finfo(float).eps


def unit(X):
    size = np.linalg.norm(X, axis=1, keepdims=True)
    return X / np.where(size > 0, size, 1)


def by_least_squares(atoms, target, k, *, banned=(), ols=False, tol=1e-6):
    """Return the support by one lstsq after another, its residual, and the closest decision."""
    chosen, rest, doubt = [], target, np.inf
    free = [j for j in range(len(atoms)) if j not in banned and atoms[j].any()]
    while len(chosen) < k and np.linalg.norm(rest) > max(tol, 1e-14) * np.linalg.norm(target):
        scores = {}
        for j in free:
            a = atoms[j] - (
                atoms[chosen].T @ np.linalg.lstsq(atoms[chosen].T, atoms[j], rcond=None)[0]
                if ols and chosen
                else 0.0
            )
            if j not in chosen and np.linalg.norm(a) > 1e-6:
                scores[j] = abs(rest @ a) / (np.linalg.norm(a) if ols else 1.0)
        if not scores or max(scores.values()) < 1e-14:
            break
        best = min(scores, key=lambda j: (-scores[j], j))
        others = [s for j, s in scores.items() if j != best]
        doubt = min(doubt, scores[best] - max(others, default=-1.0))
        chosen.append(best)
        c = np.linalg.lstsq(atoms[chosen].T, target, rcond=None)[0]
        rest = target - c @ atoms[chosen]
    return chosen, np.linalg.norm(rest), doubt


samples = st.tuples(
    st.integers(1, 14), st.integers(1, 6), st.integers(1, 5), st.booleans(), st.integers(0, 2**20)
)


@pytest.mark.parametrize("layout", ["gram", "direct"])
@given(samples)
def test_supports_are_those_of_a_plain_loop(layout, drawn):
    n, D, k, ols, seed = drawn
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, D)) * np.exp(3 * rng.standard_normal((n, 1)))
    X[rng.random(n) < 0.1] = 0.0
    found = self_expressive_omp(
        X, n_nonzero=k, selection="ols" if ols else "omp", layout=layout, tol=1e-5
    )
    C, U = found.C.toarray(), unit(X)
    assert (C.diagonal() == 0).all()
    for i in range(n):
        chosen, rest, doubt = by_least_squares(U, U[i], k, banned=(i,), ols=ols, tol=1e-5)
        if doubt > 1e-9:
            assert np.flatnonzero(C[i]).tolist() == sorted(chosen)
            size = np.linalg.norm(X[i])
            np.testing.assert_allclose(found.residual[i], rest * size, atol=1e-11 * size)


@given(samples)
def test_the_residual_is_orthogonal_and_the_first_runs_are_prefixes(drawn):
    n, D, k, ols, seed = drawn
    X = np.random.default_rng(seed).standard_normal((n, D))
    before, last = [set()] * n, np.linalg.norm(X, axis=1)
    for count in range(1, k + 1):
        C, residual = self_expressive_omp(X, n_nonzero=count, selection="ols" if ols else "omp")
        rest = X - C @ X
        np.testing.assert_allclose(residual, np.linalg.norm(rest, axis=1), atol=1e-12)
        assert (residual <= last * (1 + 1e-12)).all()
        chosen = [set(row) for row in np.split(C.indices, C.indptr[1:-1])]
        for i, support in enumerate(chosen):
            assert before[i] <= support
            assert len(support) <= count
            np.testing.assert_allclose(X[list(support)] @ rest[i], 0.0, atol=1e-9)
        if count == 1 and n > 1:
            cosine = np.abs(unit(X) @ unit(X).T) - 2 * np.eye(n)
            assert [min(s) for s in chosen] == np.argmax(cosine, axis=1).tolist()
        before, last = chosen, residual


@given(samples, st.integers(-160, 150), st.integers(-160, 150))
def test_scales_signs_and_order_do_not_matter(drawn, low, high):
    n, D, k, ols, seed = drawn
    D = max(D, k + 1)  # what is left in one dimension correlates with all alike
    assume(abs(high - low) < 250)
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, D))
    options = {"n_nonzero": k, "selection": "ols" if ols else "omp"}
    C = self_expressive_omp(X, **options).C.toarray()
    assume(((C == 0) | (np.abs(C) > 1e-6)).all())  # else rounding decides
    a = rng.choice([-1.0, 1.0], n) * 10.0 ** rng.choice([low, high], n)
    scaled = self_expressive_omp(a[:, None] * X, **options)
    np.testing.assert_allclose(
        scaled.C.toarray() * (a / np.abs(a).max()) / (a / np.abs(a).max())[:, None], C,
        rtol=1e-9, atol=1e-9,
    )  # fmt: skip
    order = rng.permutation(n)
    mixed = self_expressive_omp(X[order], **options).C.toarray()
    np.testing.assert_allclose(mixed, C[np.ix_(order, order)], rtol=1e-9, atol=1e-9)


def test_the_layouts_and_the_gram_matrix_agree():
    X, _, _ = gallery.union_of_subspaces(3, 3, 9, 30, noise=0.05, rng=0)
    for selection in ("omp", "ols"):
        options = {"n_nonzero": 5, "selection": selection}
        direct = self_expressive_omp(X, layout="direct", **options)
        for other in (
            self_expressive_omp(X, layout="gram", **options),
            self_expressive_omp(gram=X @ X.T, **options),
            self_expressive_omp(X @ np.linalg.qr(np.random.default_rng(0).normal(size=(9, 9)))[0]),
        )[: 3 if selection == "omp" else 2]:
            np.testing.assert_array_equal(other.C.indices, direct.C.indices)
            np.testing.assert_allclose(other.C.data, direct.C.data, rtol=1e-10)
            np.testing.assert_allclose(other.residual, direct.residual, atol=1e-8)


@pytest.mark.parametrize("layout", ["gram", "direct"])
def test_threads_change_nothing(layout):
    X, _, _ = gallery.union_of_subspaces(3, 2, 6, 120, noise=0.1, rng=1)
    one, two = (
        self_expressive_omp(X, n_nonzero=4, layout=layout, n_threads=threads) for threads in (1, 3)
    )
    np.testing.assert_array_equal(one.C.toarray(), two.C.toarray())
    np.testing.assert_array_equal(one.residual, two.residual)
    codes = [batch_omp(X[:40], X, 3, n_threads=threads).codes.toarray() for threads in (1, 3)]
    np.testing.assert_array_equal(*codes)


@pytest.mark.parametrize("layout", ["gram", "direct"])
def test_twins_zeros_and_ties(layout):
    X = np.array([[1.0, 0, 0], [0, 2, 0], [-3, 0, 0], [0, 0, 0], [0, 2, 0], [1, 1, 0], [0, 2, 0]])
    found = self_expressive_omp(X, n_nonzero=3, layout=layout)
    C = found.C.toarray()
    assert C[0, 2] == pytest.approx(-1 / 3, rel=1e-15)
    assert np.flatnonzero(C[1]).tolist() == [4]  # the first of two twins
    assert not C[3].any()
    assert not C[:, 3].any()
    assert np.flatnonzero(C[5]).tolist() == [0, 1]
    np.testing.assert_allclose(found.residual, 0.0, atol=1e-15)
    assert found.info.details["status"][[0, 1, 3]].tolist() == [0, 0, 0]
    lonely = self_expressive_omp(np.eye(3), layout=layout)
    assert lonely.C.nnz == 0
    assert lonely.residual.tolist() == [1.0, 1.0, 1.0]
    assert lonely.info.details["status"].tolist() == [2, 2, 2]


@pytest.mark.parametrize("selection", ["omp", "ols"])
@pytest.mark.parametrize("D", [3, 40])
def test_single_precision_decides_nothing(D, selection):
    # Samples that float32 cannot tell apart, over several stretches, and each of them twice.
    rng = np.random.default_rng(D)
    near = np.repeat(rng.standard_normal((3, D)), 250, axis=0)
    near += 1e-9 * rng.standard_normal(near.shape)
    targets = near[::50] + 0.2 * rng.standard_normal((15, D)) / np.sqrt(D)
    X = np.vstack([near, near, targets])
    C = self_expressive_omp(X, n_nonzero=1, selection=selection, layout="direct").C
    exact = np.abs(unit(targets).astype(np.longdouble) @ unit(near).astype(np.longdouble).T)
    chosen = C.indices[C.indptr[1500:-1]]
    judged = np.flatnonzero(chosen < 1500)  # others take a target
    assert judged.size >= 5
    for i in judged:
        assert chosen[i] < 750  # the first of two twins
        assert exact[i, chosen[i]] >= exact[i].max() - 4e-16


def test_small_residuals_are_measured_where_the_gram_matrix_cancels():
    X = np.array([[1.0, 0, 0], [1.0, 1e-9, 0], [0, 0, 1.0]])
    for layout, status in (("gram", 3), ("direct", 2)):
        found = self_expressive_omp(X, n_nonzero=2, tol=1e-12, layout=layout)
        np.testing.assert_allclose(found.residual, [1e-9, 1e-9, 1.0], rtol=1e-6)
        assert found.info.details["status"].tolist() == [status, status, 2]
    # Without the Gram matrix what is that near is told apart, and used.
    X[2] = [1.0, 1.0, 0.0]
    for layout, used in (("gram", [1]), ("direct", [0, 1])):
        found = self_expressive_omp(X, n_nonzero=2, tol=0.0, layout=layout)
        assert np.flatnonzero(found.C.toarray()[2]).tolist() == used
    assert found.residual[2] < 1e-6


def test_single_precision_loses_no_more_than_its_own_rounding():
    X, _, _ = gallery.union_of_subspaces(3, 3, 9, 40, rng=3)
    X = X.astype(np.float32)
    single = self_expressive_omp(X, n_nonzero=3)
    double = self_expressive_omp(X.astype(float), n_nonzero=3)
    assert single.C.dtype == single.residual.dtype == np.float32
    np.testing.assert_array_equal(single.C.indices, double.C.indices)
    np.testing.assert_allclose(single.C.data, double.C.data, rtol=2e-7)
    np.testing.assert_allclose(single.residual, double.residual, rtol=2e-7, atol=1e-12)
    tiny = self_expressive_omp(X * np.float32(1e-38), n_nonzero=3)
    assert np.isfinite(tiny.C.data).all()
    assert tiny.C.nnz > 0


def test_extreme_scales_and_what_no_number_can_hold():
    X, _, _ = gallery.union_of_subspaces(2, 2, 5, 10, rng=4)
    plain = self_expressive_omp(X, n_nonzero=2).C
    for scale in (2.0**-1060, 2.0**1020):
        found = self_expressive_omp(X * scale, n_nonzero=2)
        np.testing.assert_array_equal(found.C.indices, plain.indices)
        np.testing.assert_allclose(found.C.data, plain.data, rtol=1e-3 if scale < 1 else 1e-12)
    sizes = np.logspace(-150, 150, len(X))
    gram = (X @ X.T) * sizes[:, None] * sizes
    found = self_expressive_omp(gram=gram, n_nonzero=2, tol=1e-6)
    np.testing.assert_array_equal(found.C.indices, plain.indices)
    # More atoms than dimensions are of no use, however many are allowed.
    most = self_expressive_omp(X, n_nonzero=10**9, tol=0.0)
    assert np.diff(most.C.indptr).max() <= 5
    assert set(most.info.details["status"].tolist()) <= {0, 3}
    apart = np.array([[1e-200, 0.0], [1e200, 1e200]])
    with pytest.raises(InvalidInputError, match=r"coefficient of row [01] .* float64 cannot hold"):
        self_expressive_omp(apart)
    with pytest.raises(InvalidInputError, match="float32 cannot hold"):
        batch_omp(np.float32([[1e-30, 0]]), np.float32([[1e30, 0]]), 1)


def test_a_single_sample_and_a_single_feature():
    one = self_expressive_omp(np.array([[3.0, 4.0]]))
    assert one.C.nnz == 0
    assert one.residual.tolist() == [5.0]
    line = self_expressive_omp(np.array([[2.0], [-4.0], [0.0]]))
    assert line.C.toarray().tolist() == [[0, -0.5, 0], [-2, 0, 0], [0, 0, 0]]
    assert batch_omp([[2.0]], [[6.0], [0.0]], 3).codes.toarray().tolist() == [[3.0], [0.0]]


def test_codes_are_those_of_scikit_learn_and_those_of_ols_are_nearer():
    rng = np.random.default_rng(5)
    D, Y = unit(rng.standard_normal((30, 12))), rng.standard_normal((20, 12))
    codes, residual = batch_omp(D, Y, 4, tol=0.0)
    expected = orthogonal_mp(D.T, Y.T, n_nonzero_coefs=4).T
    np.testing.assert_allclose(codes.toarray(), expected, atol=1e-12)
    np.testing.assert_allclose(residual, np.linalg.norm(Y - expected @ D, axis=1), rtol=1e-12)
    # Atoms of other sizes: the same directions.
    sized = batch_omp(D * np.arange(1, 31)[:, None], Y, 4, tol=0.0).codes
    np.testing.assert_allclose(sized.toarray() * np.arange(1, 31), expected, atol=1e-12)
    # After the same first atom the second one of OLS is the best there is.
    by_omp, by_ols = (batch_omp(D, Y, 2, selection=way).residual for way in ("omp", "ols"))
    assert (by_ols <= by_omp * (1 + 1e-14)).all()
    assert (by_ols < 0.999 * by_omp).any()


def test_bad_arguments_are_named():
    X = np.eye(3)
    with pytest.raises(InvalidInputError, match="X or gram, got both"):
        self_expressive_omp(X, gram=X)
    with pytest.raises(InvalidInputError, match="X or gram, got neither"):
        self_expressive_omp()
    with pytest.raises(InvalidInputError, match="layout='direct' needs the samples"):
        self_expressive_omp(gram=X, layout="direct")
    with pytest.raises(InvalidInputError, match=r"gram is not positive semidefinite: gram\[0, 1\]"):
        self_expressive_omp(gram=np.array([[1.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(InvalidInputError, match=r"gram is not positive semidefinite: gram\[0, 1\]"):
        self_expressive_omp(gram=np.array([[0.0, 2.0], [2.0, 1.0]]))
    with pytest.raises(InvalidInputError, match=r"gram\[1, 1\] is negative"):
        self_expressive_omp(gram=np.diag([1e300, -1e-300]))
    with pytest.raises(InvalidInputError, match="Y has 2 columns and D has 3"):
        batch_omp(X, np.ones((1, 2)), 1)
    for name, bad in (("n_nonzero", 0), ("tol", 1.0), ("selection", "mp"), ("n_threads", 0)):
        with pytest.raises(InvalidInputError, match=name):
            self_expressive_omp(X, **{name: bad})
    with pytest.raises(InvalidInputError, match=r"Y has shape \(0, 3\)"):
        batch_omp(X, np.ones((0, 3)), 1)
    with pytest.raises(InvalidTypeError, match="n_nonzero"):
        batch_omp(X, X, 1.5)


def test_kernels_are_compiled_for_one_signature():
    # A literal 0 among the arguments, or another layout, compiles a kernel once more. Of kernels
    # that came from the disk only those show it that are called from Python.
    from linsub.clustering import compiled
    from linsub.clustering._kernels import active_set, omp, working_sets

    compiled.warmup()
    for module in (active_set, omp, working_sets):
        for name, kernel in vars(module).items():
            plain = [
                re.sub(r"Literal\[int\]\(\d+\)", "int64", str(known)).replace("'A'", "'C'")
                for known in getattr(kernel, "signatures", ())
            ]  # single and double precision are two
            assert len(plain) == len(set(plain)), name
