"""Products, projections and functions of matrices from sampled rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sensitivity import (
    SampleQueryMatrix,
    approx_matmul,
    approx_matmul_variance,
    even_svt,
    fkv,
)
from tests.dpp.law import check_law

R = 600


def pair(is_complex=False):
    rng = np.random.default_rng(4)
    X = rng.standard_normal((6, 2)) * np.array([3.0, 1.0, 1.0, 0.3, 0.0, 2.0])[:, None]
    Y = rng.standard_normal((6, 3))
    return (X * np.exp(1j * rng.random((6, 2))), Y * 1j) if is_complex else (X, Y)


def test_rows_are_drawn_by_the_law():
    X, Y = pair()
    p = np.linalg.norm(X, axis=1) * np.linalg.norm(Y, axis=1)
    p = p / p.sum()
    found = approx_matmul(X, Y, 20_000, probs="product", rng=0)
    counts = found.weights * 20_000 * p[found.indices]
    np.testing.assert_allclose(counts, np.rint(counts), rtol=1e-9)
    drawn = np.repeat(found.indices, np.rint(counts).astype(int))
    check_law(drawn[:, None], {(i,): x for i, x in enumerate(p)})
    q = np.array([1.0, 0.6, 0.2, 0.2, 0.0, 0.0])
    Z = np.where(q > 0.0, 1.0, 0.0)[:, None] * Y
    law = {}
    for mask in np.ndindex(1, 2, 2, 2):
        S = (0, *(i + 1 for i, kept in enumerate(mask[1:]) if kept))
        law[S] = float(np.prod([q[i] if i in S else 1.0 - q[i] for i in range(1, 4)]))
    kept = [
        approx_matmul(X, Z, 2, probs=q, mode="bernoulli", rng=k).indices.tolist() for k in range(R)
    ]
    check_law(kept, law)


@given(st.integers(0, 10_000))
@settings(max_examples=60)
def test_products_are_their_rows_and_within_their_bounds(seed):
    rng = np.random.default_rng(seed)
    n, m, k = rng.integers(1, 30), rng.integers(0, 4), rng.integers(1, 4)
    X, Y = rng.standard_normal((n, m)), rng.standard_normal((n, k))
    X *= 10.0 ** rng.integers(-3, 3, (n, 1))
    X[rng.random(n) < 0.2] = 0.0
    p, q = rng.choice([-150, 0, 140], 2)
    X, Y = X * 10.0**p, Y * 10.0**q
    if seed % 3 == 0:
        X = X * 1j
    form = sparse.csr_array if seed % 2 else np.array
    options = {
        "probs": ("norm", "product")[seed // 2 % 2],
        "mode": ("iid", "bernoulli")[seed // 4 % 2],
        "certify": "exact",
        "failure_prob": 1e-6,
    }
    s = int(rng.integers(1, 12))
    product, indices, weights = found = approx_matmul(form(X), form(Y), s, rng=seed, **options)
    unit = 10.0 ** float(p + q)
    again = (X[indices].conj().T * weights) @ Y[indices]
    size = np.linalg.norm(X / 10.0**p, axis=1) * np.linalg.norm(Y / 10.0**q, axis=1)
    np.testing.assert_allclose(product / unit, again / unit, atol=1e-12 * (1 + size.sum()) * n)
    error = float(np.linalg.norm((product - X.conj().T @ Y) / unit))
    certificate = found.certificate
    assert error <= float(certificate.error) / unit
    assert float(certificate.error) / unit <= error + 1e-12 * n * (1.0 + size.sum())
    assert error <= float(certificate.error_bound) / unit
    assert (np.diff(indices) > 0).all()
    variance = approx_matmul_variance(
        X / 10.0**p, Y / 10.0**q, s, probs=options["probs"], mode=options["mode"]
    )
    rms = float(certificate.rms_error) / unit
    assert rms**2 == pytest.approx(variance, rel=1e-7, abs=1e-12 * size.sum() ** 2)


def test_the_mean_over_draws_of_the_estimate_is_the_variance():
    X, Y = pair()
    variance = approx_matmul_variance(X, Y, 5)
    found = [approx_matmul(X, Y, 5, rng=k).certificate for k in range(R)]
    squares = np.array([float(c.rms_estimate) ** 2 for c in found])
    assert abs(squares.mean() - variance) < 5.0 * squares.std() / np.sqrt(R)
    assert float(found[0].rms_error) ** 2 > variance
    assert found[0].rms_error.kind == "bound"
    exact = approx_matmul(X, Y, 5, certify="exact").certificate.rms_error
    assert (exact.kind, float(exact) ** 2) == ("exact", pytest.approx(variance, rel=1e-12))


def test_all_rows_give_the_product():
    X, Y = pair(True)
    found = approx_matmul(X, Y, 6, mode="bernoulli", rng=0)
    np.testing.assert_allclose(found.product, X.conj().T @ Y, rtol=1e-13)
    assert float(found.certificate.rms_error) == 0.0
    assert set(found.weights) == {1.0}
    more = approx_matmul(X, Y, 100, mode="bernoulli", probs="product", rng=0)
    np.testing.assert_allclose(more.product, X.conj().T @ Y, rtol=1e-13)


def test_products_at_the_edges():
    zero = approx_matmul(np.zeros((3, 2)), np.ones((3, 2)), 4, rng=0)
    assert not zero.product.any()
    assert zero.indices.size == 0
    assert approx_matmul(np.zeros((0, 2)), np.zeros((0, 1)), 4).product.shape == (2, 1)
    assert approx_matmul([[2.0]], [[3.0]], 1, rng=0).product.tolist() == [[6.0]]
    single = approx_matmul(np.ones((5, 2), np.float32), np.ones((5, 1), np.float32), 3, rng=0)
    assert single.product.dtype == np.float32
    np.testing.assert_allclose(single.product, 5.0, rtol=1e-6)
    X, Y = pair()
    for options, match in (
        ({"s": 0}, "s must"),
        ({"probs": "norms"}, "probs"),
        ({"probs": [1.0] * 5}, "probs"),
        ({"probs": [-1.0, 1.0, 1.0, 1.0, 1.0, 1.0]}, r"probs\[0\] is -1"),
        ({"probs": [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]}, r"probs\[0\] is 0"),
        ({"mode": "both"}, "mode"),
        ({"certify": "no"}, "certify"),
        ({"failure_prob": 0.0}, "failure_prob"),
        ({"Y": Y[:5]}, "X has 6 rows and Y has 5"),
    ):
        with pytest.raises(InvalidInputError, match=match):
            approx_matmul(**{"X": X, "Y": Y, "s": 3, **options})
    free = approx_matmul(X, Y, 3, probs=[1.0, 1.0, 1.0, 1.0, 0.0, 1.0], rng=0)  # X[4] = 0
    assert 4 not in free.indices


def low_rank(is_complex=False):
    rng = np.random.default_rng(5)
    A = rng.standard_normal((60, 3)) @ rng.standard_normal((3, 20))
    A = A + 0.01 * rng.standard_normal((60, 20))
    return A * np.exp(1j * rng.random((60, 20)) * 0.01) if is_complex else A


@pytest.mark.parametrize("scale", [1.0, 1e-140, 1e140])
@pytest.mark.parametrize("certify", ["exact", "norms"])
@pytest.mark.parametrize("is_complex", [False, True])
def test_fkv_is_within_its_certificate(scale, certify, is_complex):
    A = low_rank(is_complex)
    V, S, rows, columns = found = fkv(A * scale, 3, 300, 300, certify=certify, rng=0)
    np.testing.assert_allclose(V.conj().T @ V, np.eye(3), atol=1e-13)
    sigma = np.linalg.svd(A, compute_uv=False)
    np.testing.assert_allclose(S / scale, sigma[:3], rtol=0.3)
    excess = np.linalg.norm(A - A @ V @ V.conj().T) ** 2 - (sigma[3:] ** 2).sum()
    assert -1e-9 <= excess <= float(found.certificate.error_bound) / scale / scale
    assert (rows.shape, columns.shape) == ((300,), (300,))
    assert columns.max() < 20
    if certify == "norms":
        assert found.certificate.error_bound.kind == "probabilistic"
        assert found.certificate.error is None


def test_fkv_takes_all_kinds_of_matrices():
    A = low_rank()
    dense = fkv(A, 3, 100, 90, rng=0)
    for form in (sparse.csr_array(A), SampleQueryMatrix(A), np.asfortranarray(A)):
        found = fkv(form, 3, 100, 90, rng=0)
        np.testing.assert_array_equal(found.rows, dense.rows)
        np.testing.assert_allclose(np.abs(found.V), np.abs(dense.V), atol=1e-10)
    assert fkv(A.astype(np.float32), 3, 100, 90, rng=0).V.dtype == np.float32
    short = fkv(np.outer(np.ones(5), np.arange(1.0, 4.0)), 3, 9, 9, rng=0)
    assert short.V.shape == (3, 1)
    assert float(short.certificate.error) < 1e-12
    none = fkv(np.zeros((4, 3)), 2, 5, 5, rng=0)
    assert none.V.shape == (3, 0)
    assert fkv(A, 0, 5, 5, rng=0).V.shape == (20, 0)
    for options, match in (({"rank": 21}, "rank"), ({"s": 0}, "s must"), ({"t": 2}, "rank")):
        with pytest.raises(InvalidInputError, match=match):
            fkv(**{"A": A, "rank": 3, "s": 100, "t": 90, **options})


@pytest.mark.parametrize("quotient", [None, lambda x: 1.0 / (1.0 + x)])
@pytest.mark.parametrize("certify", ["exact", "norms"])
@pytest.mark.parametrize("form", [np.array, sparse.csr_array, SampleQueryMatrix])
def test_even_transforms_are_within_their_certificate(form, certify, quotient):
    A = low_rank() / 20.0
    found = even_svt(
        form(A), lambda x: x / (1.0 + x), 200, 150,
        quotient=quotient, lipschitz=(1.0, 1.0), certify=certify, rng=0,
    )  # fmt: skip
    w, U = np.linalg.eigh(A.T @ A)
    w = np.maximum(w, 0.0)
    truth = (U * (w / (1.0 + w))) @ U.T
    error = np.linalg.norm(found.toarray() - truth)
    assert error <= float(found.certificate.error_bound)
    x = np.arange(20.0)
    np.testing.assert_allclose(found.apply(x), found.toarray() @ x, rtol=1e-10)
    if certify == "exact":
        assert float(found.certificate.error) == pytest.approx(error, rel=1e-9)


def test_even_transforms_of_other_units_and_of_nothing():
    A = low_rank(True) / 20.0
    plain = even_svt(A, lambda x: np.exp(-x), 50, 50, rng=0)
    scaled = even_svt(A * 2.0**200, lambda x: np.exp(-x * 2.0**-400), 50, 50, rng=0)
    np.testing.assert_allclose(scaled.toarray(), plain.toarray(), atol=1e-12)
    assert plain.constant == 1.0
    zero = even_svt(np.zeros((3, 2)), lambda x: 3.0 + x, 4, 4, rng=0)
    np.testing.assert_array_equal(zero.toarray(), 3.0 * np.eye(2))
    with pytest.raises(InvalidInputError, match="squares of A"):
        even_svt(A * 1e300, lambda x: x, 5, 5)
    for options, error, match in (
        ({"f": 3.0}, InvalidTypeError, "f is a float"),
        ({"quotient": "no"}, InvalidTypeError, "quotient is a str"),
        ({"f": lambda x: x[:1]}, InvalidInputError, r"f\(x\)"),
        ({"f": lambda x: x / x}, InvalidInputError, r"f\(x\)"),
        ({"f": lambda x: 1j * x}, InvalidTypeError, r"f\(x\) is complex"),
        ({"lipschitz": [1.0]}, InvalidInputError, "lipschitz"),
        ({"lipschitz": [1.0, -1.0]}, InvalidInputError, "lipschitz"),
        ({"lipschitz": [1.0, 1j]}, InvalidTypeError, "lipschitz"),
        ({"c": 0}, InvalidInputError, "c must"),
    ):
        with np.errstate(invalid="ignore"), pytest.raises(error, match=match):
            even_svt(**{"A": A, "f": np.exp, "r": 5, "c": 5, **options})
