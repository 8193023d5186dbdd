"""weighted_svd: the best approximation in the weighted norm, and no inverse of a zero weight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svd import truncated_svd, weighted_svd
from linsub.testing import gallery, ratios

EPS = np.finfo(float).eps
seeds = st.integers(0, 2**20)


def random_gram(rng, n, rank, kind):
    X = rng.standard_normal((rank, n))
    if kind == "c":
        X = X + 1j * rng.standard_normal((rank, n))
    return X.conj().T @ X, X


@given(
    seed=seeds,
    rank=st.integers(0, 9),
    dtype=st.sampled_from("dD"),
    rows=st.sampled_from(["none", "weights", "zeros", "gram", "thin gram"]),
    columns=st.sampled_from(["none", "weights", "zeros", "gram", "thin gram"]),
)
def test_the_objective_is_the_tail_of_the_weighted_matrix(seed, rank, dtype, rows, columns):
    rng = np.random.default_rng(seed)
    m, n = 13, 9
    A = gallery.matrix("polynomial", m, n, cond=1e2, dtype=dtype, rng=seed)
    options, maps = {}, {}
    for side, kind, size in (("row", rows, m), ("col", columns, n)):
        maps[side] = np.eye(size)
        if kind in ("weights", "zeros"):
            w = rng.uniform(0.1, 3.0, size)
            w[: size // 3] *= kind == "weights"
            options[f"{side}_weights"], maps[side] = w, np.diag(w)
        elif kind != "none":
            G, X = random_gram(rng, size, 2 * size if kind == "gram" else size // 2, A.dtype.kind)
            # For the columns R R^H = col_gram: R = X^H.
            options[f"{side}_gram"], maps[side] = G, X if side == "row" else X.conj().T
    left, right = result = weighted_svd(A, rank, rng=seed, **options)
    L, R = maps["row"], maps["col"]
    assert left.shape == (m, rank)
    assert right.shape == (rank, n)
    assert left.dtype == right.dtype == A.dtype
    objective = np.linalg.norm(L @ (A - left @ right) @ R)
    sigma = np.linalg.svd(L @ A @ R, compute_uv=False)
    size = float(sigma[0]) + np.linalg.norm(L, 2) * np.linalg.norm(A, 2) * np.linalg.norm(R, 2)
    # A root of a Gram matrix of deficient rank is right to sqrt(eps) only.
    slack = 1e-6 if "thin gram" in (rows, columns) else 1e4 * EPS
    assert objective <= np.linalg.norm(sigma[rank:]) + slack * size
    assert objective >= np.linalg.norm(sigma[rank:]) - slack * size
    plain = np.linalg.norm(A - left @ right)
    assert float(result.plain_error) >= plain * (1 - 1e-12)
    assert float(result.plain_error) <= plain + 1e-12 * size
    assert plain >= np.linalg.norm(np.linalg.svd(A, compute_uv=False)[rank:]) - 1e-12


@given(seed=seeds)
def test_no_other_approximation_is_better(seed):
    """Against many random neighbours and the plain SVD."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((10, 8))
    w = rng.uniform(0.0, 2.0, 10)
    left, right = weighted_svd(A, 3, row_weights=w, rng=seed)
    best = np.linalg.norm(w[:, None] * (A - left @ right))
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    rivals = [(U[:, :3] * S[:3]) @ Vh[:3]]
    rivals += [
        (left + 0.1 * rng.standard_normal(left.shape))
        @ (right + 0.1 * rng.standard_normal(right.shape))
        for _ in range(10)
    ]
    assert all(best <= np.linalg.norm(w[:, None] * (A - X)) * (1 + 1e-12) for X in rivals)


@pytest.mark.parametrize("options", [{}, {"row_weights": np.ones(20)}, {"col_gram": np.eye(12)}])
def test_without_weights_it_is_the_truncated_svd(options):
    A = gallery.matrix("polynomial", 20, 12, cond=1e2, rng=0)
    left, right = weighted_svd(A, 4, rng=0, **options)
    U, S, Vh = truncated_svd(A, 4, rng=0)
    assert np.abs(left @ right - (U * S) @ Vh).max() <= 100 * EPS
    assert ratios.orthogonality_ratio(right.conj().T) < ratios.PASS


def test_row_and_column_weights_are_the_transposes_of_each_other():
    A = gallery.matrix("polynomial", 20, 12, cond=1e2, dtype="D", rng=0)
    w = np.linspace(0.5, 2.0, 20)
    one = weighted_svd(A, 4, row_weights=w, rng=0)
    two = weighted_svd(A.conj().T, 4, col_weights=w, rng=0)
    assert np.abs(one.left @ one.right - (two.left @ two.right).conj().T).max() <= 1e4 * EPS


def test_a_gram_matrix_is_the_data_behind_it():
    """||X (A - left right)||: the error of a layer's outputs."""
    rng = np.random.default_rng(0)
    X, A = rng.standard_normal((500, 20)), rng.standard_normal((20, 12))
    left, right = result = weighted_svd(A, 4, row_gram=X.T @ X, rng=0)
    sigma = np.linalg.svd(X @ A, compute_uv=False)
    objective = np.linalg.norm(X @ (A - left @ right))
    assert np.isclose(objective, np.linalg.norm(sigma[4:]), rtol=1e-10)
    assert np.isclose(float(result.certificate.frobenius_error), objective, rtol=1e-10)


def test_zero_weights_are_free_and_nothing_is_divided_by_them():
    A = np.diag([3.0, 2.0, 1.0])
    for w in ([0.0, 0.0, 1.0], [1e-300, 0.0, 1.0]):
        left, right = weighted_svd(A, 1, row_weights=w)
        assert np.isfinite(left).all()
        assert np.abs((left @ right)[2] - A[2]).max() <= 10 * EPS
    left, right = weighted_svd(A, 2, row_weights=np.zeros(3))
    assert np.isfinite(left @ right).all()
    left, right = weighted_svd(A, 2, col_weights=np.zeros(3))
    assert np.isfinite(left @ right).all()


@pytest.mark.parametrize("power", [-600, 600])
def test_the_unit_of_the_weights_does_not_matter(power):
    A = gallery.matrix("polynomial", 20, 12, cond=1e2, rng=0)
    w = np.linspace(0.5, 2.0, 20)
    one = weighted_svd(A, 4, row_weights=w, rng=0)
    two = weighted_svd(A, 4, row_weights=np.ldexp(w, power), rng=0)
    assert np.array_equal(one.left, two.left)
    assert np.array_equal(one.right, two.right)
    three = weighted_svd(A, 4, col_weights=np.ldexp(w[:12], power), rng=0)
    four = weighted_svd(A, 4, col_weights=w[:12], rng=0)
    assert np.abs(three.left @ three.right - four.left @ four.right).max() <= 100 * EPS


@pytest.mark.parametrize("power", [-900, -300, 300, 900])
def test_the_unit_of_a_gram_matrix_does_not_matter(power):
    A = gallery.matrix("polynomial", 20, 12, cond=1e2, rng=0)
    G, _ = random_gram(np.random.default_rng(0), 20, 40, "f")
    one = weighted_svd(A, 4, row_gram=G, rng=0)
    two = weighted_svd(A, 4, row_gram=np.ldexp(G, power), rng=0)
    assert np.abs(one.left @ one.right - two.left @ two.right).max() <= 1e4 * EPS


BAD = np.diag([1.0, -1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"row_weights": np.ones(3)}, InvalidInputError, r"row_weights must have shape \(4,\)"),
        (
            {"col_weights": np.ones((3, 1))},
            InvalidInputError,
            r"col_weights must have shape",
        ),
        ({"row_weights": [1.0, -2.0, 1.0, 1.0]}, InvalidInputError, r"row_weights\[1\] is -2"),
        ({"row_weights": [1.0, 1j, 1.0, 1.0]}, InvalidInputError, "real and not negative"),
        ({"row_weights": [1.0, np.nan, 1.0, 1.0]}, NonFiniteError, r"row_weights\[1\] is nan"),
        ({"row_weights": ["a"] * 4}, InvalidTypeError, "row_weights has dtype"),
        ({"row_gram": np.ones((3, 3))}, InvalidInputError, r"row_gram must have shape \(4, 4\)"),
        ({"row_gram": np.triu(np.ones((4, 4)))}, InvalidInputError, "not Hermitian"),
        ({"row_gram": BAD}, InvalidInputError, "eigenvalue -1"),
        ({"row_gram": -np.eye(4)}, InvalidInputError, "eigenvalue -1"),
        ({"col_gram": np.full((3, 3), np.inf)}, NonFiniteError, r"col_gram\[0, 0\] is inf"),
        ({"row_weights": np.ones(4), "row_gram": np.eye(4)}, InvalidInputError, "not both"),
        ({"col_weights": np.ones(3), "col_gram": np.eye(3)}, InvalidInputError, "not both"),
        ({"tool": 1}, TypeError, "tool"),
    ],
)
def test_bad_weights(options, error, text):
    with pytest.raises(error, match=text):
        weighted_svd(np.ones((4, 3)), 2, **options)


def test_single_precision_stays_single():
    A = gallery.matrix("polynomial", 20, 12, cond=1e2, dtype="f", rng=0)
    result = weighted_svd(A, 3, row_weights=np.ones(20), col_gram=np.eye(12), rng=0)
    assert result.left.dtype == result.right.dtype == np.float32


def test_a_complex_gram_matrix_of_a_real_matrix_is_not_cut_to_its_real_part():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((6, 5))
    G, X = random_gram(rng, 6, 9, "c")
    left, right = weighted_svd(A, 2, row_gram=G, rng=0)
    tail = np.linalg.norm(np.linalg.svd(X @ A, compute_uv=False)[2:])
    assert np.linalg.norm(X @ (A - left @ right)) <= tail * (1 + 1e-9)
    left, right = weighted_svd(A.T, 2, col_gram=G.T, rng=0)
    assert np.linalg.norm((A.T - left @ right) @ X.T) <= tail * (1 + 1e-9)


def test_the_package_offers_it():
    assert linsub.weighted_svd is weighted_svd
