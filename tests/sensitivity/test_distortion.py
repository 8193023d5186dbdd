"""Distortions: exact ones against other ways, intervals against all that is inside of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.sensitivity import RowSample, embedding_distortion, sample_rows


def ratio(A, S, p, x):
    SA = S.apply(A) if isinstance(S, RowSample) else S @ A
    top, bottom = np.abs(SA @ x).astype(np.longdouble), np.abs(A @ x).astype(np.longdouble)
    t, b = top.max(initial=0.0), bottom.max()
    if t == 0:
        return 0.0
    return float(t / b * (((top / t) ** p).sum() / ((bottom / b) ** p).sum()) ** (1.0 / p))


def drawn(n, d, seed=0, m=None, p=2.0, kind="t"):
    rng = np.random.default_rng(seed)
    A = rng.standard_t(2, (n, d)) if kind == "t" else rng.standard_normal((n, d))
    return A, sample_rows(A, p, m or n // 3, rng=seed)


def test_p_2_is_an_eigenvalue_problem():
    A, S = drawn(60, 4)
    SA = S.apply(A)
    w = np.linalg.eigvals(np.linalg.solve(A.T @ A, SA.T @ SA)).real
    found = embedding_distortion(A, S)
    assert found.exact
    assert found.lower == pytest.approx(np.sqrt(w.min()), rel=1e-10)
    assert found.upper == pytest.approx(np.sqrt(w.max()), rel=1e-10)
    assert ratio(A, S, 2, found.x_min) == pytest.approx(found.lower, rel=1e-9)
    assert ratio(A, S, 2, found.x_max) == pytest.approx(found.upper, rel=1e-9)


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("kind", ["t", "g"])
def test_p_1_is_exact_in_few_dimensions(d, kind):
    A, S = drawn(40, d, seed=d, p=1.0, kind=kind)
    A[3] = A[4]
    A[5] = 0.0
    found = embedding_distortion(A, S)
    assert found.exact
    # A fine sweep of directions never leaves the interval and comes near to its ends.
    rng = np.random.default_rng(0)
    X = rng.standard_normal((d, 5_000))
    if d == 2:
        t = np.linspace(0, np.pi, 5_000)
        X = np.stack([np.cos(t), np.sin(t)])
    ratios = np.abs(S.apply(A) @ X).sum(axis=0) / np.abs(A @ X).sum(axis=0)
    assert found.lower <= ratios.min() * (1 + 1e-12)
    assert ratios.max() <= found.upper * (1 + 1e-12)
    slack = 1e-3 if d < 3 else 0.05
    assert ratios.max() > found.upper * (1 - slack)
    assert ratios.min() < found.lower + slack
    for x, value in ((found.x_min, found.lower), (found.x_max, found.upper)):
        assert ratio(A, S, 1, x) == pytest.approx(value, rel=1e-9)


@given(
    seed=st.integers(0, 10**6),
    d=st.integers(1, 5),
    p=st.sampled_from([1.0, 1.5, 2.0, 3.0, 4.0, 6.0]),
    scale=st.sampled_from([1.0, 1e-300, 1e300]),
    shape=st.sampled_from(["plain", "columns", "deficient", "duplicates", "float32"]),
)
@settings(max_examples=12, deadline=None)
def test_no_ratio_leaves_a_proved_interval(seed, d, p, scale, shape):
    rng = np.random.default_rng(seed)
    A = rng.standard_t(2, (30, d))
    if shape == "columns":
        A = A * 10.0 ** rng.uniform(-5, 5, d)
    if shape == "deficient" and d > 1:
        A[:, -1] = A[:, 0] - A[:, -2]
    if shape == "duplicates":
        A[10:20] = A[:10]
    if shape == "float32":
        A = A.astype(np.float32)
    elif scale != 1.0:
        A = A / np.abs(A).max() * scale
    S = sample_rows(A, p, 15, rng=seed)
    found = embedding_distortion(A, S, rng=0)
    assert 0.0 <= found.lower <= found.upper
    inner = (float(found.certificate.least), float(found.certificate.largest))
    assert found.lower <= inner[0] * (1 + 1e-9)
    assert inner[1] <= found.upper * (1 + 1e-9)
    peaks = np.abs(A).max(axis=0).astype(float)
    unit = A.astype(float) / np.where(peaks > 0.0, peaks, 1.0)
    X = rng.standard_normal((d, 40))
    for x in X.T:
        if found.info.method != "search" and np.abs(unit @ x).max() > 1e-6:
            value = ratio(unit, S, p, x)
            assert found.lower * (1 - 1e-7) <= value <= found.upper * (1 + 1e-7)
    for x, value in ((found.x_min, inner[0]), (found.x_max, inner[1])):
        assert np.abs(x).max() == 1.0
        if shape not in ("columns", "deficient") and value > 1e-6:
            plain = A.astype(float) / float(np.abs(A).max())
            assert ratio(plain, S, p, x) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(("p", "d"), [(4.0, 2), (4.0, 4), (6.0, 3)])
def test_the_lift_holds_the_search(p, d):
    for seed in range(3):
        A, S = drawn(80, d, seed=seed, p=p, kind="g")
        lift = embedding_distortion(A, S, method="lift", rng=0)
        search = embedding_distortion(A, S, method="search", rng=0)
        assert not lift.exact
        assert not search.exact
        assert search.certificate.lower is None
        assert lift.lower <= search.lower <= search.upper <= lift.upper
        assert float(lift.certificate.least) == pytest.approx(search.lower)


def test_the_search_finds_what_is_exact():
    for p, d in ((1.0, 3), (2.0, 5)):
        A, S = drawn(60, d, p=p, kind="g")
        exact = embedding_distortion(A, S)
        search = embedding_distortion(A, S, method="search", rng=0)
        assert search.lower == pytest.approx(exact.lower, rel=1e-3)
        assert search.upper == pytest.approx(exact.upper, rel=1e-3)


@pytest.mark.parametrize("p", [0.5, 1.0, 2.0, 3.0, 4.0])
def test_a_sample_that_lost_rank_has_distortion_0(p):
    A = np.random.default_rng(0).standard_normal((30, 4))
    for rows in ([], [3], [3, 5, 6]):
        rows = np.array(rows, dtype=np.int64)
        S = RowSample(rows, np.full(rows.size, 5.0), np.full(30, 0.2), p)
        found = embedding_distortion(A, S, rng=0)
        assert found.lower <= 1e-12
        assert (rows.size == 0) == (found.upper <= 1e-12)
        assert ratio(A, S, p, found.x_min) < 1e-6


def test_sketches_and_operators():
    rng = np.random.default_rng(0)
    A, S = rng.standard_normal((50, 3)), rng.standard_normal((20, 50)) / np.sqrt(20)
    dense = embedding_distortion(A, S)
    for other in (sparse.csr_array(S), sparse.linalg.aslinearoperator(S)):
        found = embedding_distortion(A, other)
        assert found.lower == pytest.approx(dense.lower)
        assert found.upper == pytest.approx(dense.upper)
    one = embedding_distortion(A, S, 1.0)
    assert one.exact
    four = embedding_distortion(A, S, 4.0)
    assert four.info.method == "lift"
    for x in rng.standard_normal((200, 3)):
        assert one.lower <= ratio(A, S, 1, x) <= one.upper
        assert four.lower <= ratio(A, S, 4, x) <= four.upper
    # More monomials than rows: a sketch may see what the rows do not, and nothing is proved.
    B = rng.standard_normal((8, 5))
    assert embedding_distortion(B, np.eye(8), 4.0, rng=0).info.method == "search"
    with pytest.raises(InvalidInputError, match="lift"):
        embedding_distortion(B, np.eye(8), 4.0, method="lift")


def test_complex_data():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((40, 3)) + 1j * rng.standard_normal((40, 3))
    S = sample_rows(A, 2, 15, rng=0)
    found = embedding_distortion(A, S)
    assert found.exact
    assert found.x_min.dtype == np.complex128
    assert ratio(A, S, 2, found.x_min) == pytest.approx(found.lower, rel=1e-9)
    searched = embedding_distortion(A, S, method="search", rng=0)
    assert searched.lower == pytest.approx(found.lower, rel=1e-5)
    other = embedding_distortion(A, sample_rows(A, 4, 15, rng=0), rng=0)
    assert other.info.method == "search"


@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (4, 2), (1, 1)])
def test_nothing_to_distort(shape):
    A = np.zeros(shape)
    S = sample_rows(A, 2, 2, rng=0)
    for p in (1.0, 2.0, 4.0, 2.5):
        found = embedding_distortion(A, S, p)
        assert (found.lower, found.upper, found.exact) == (1.0, 1.0, True)
        assert found.x_min.shape == (shape[1],)


def test_all_rows_distort_nothing():
    A = np.random.default_rng(0).standard_normal((20, 3))
    S = sample_rows(A, 1.5, 20, rng=0)
    for p in (0.5, 1.0, 1.5, 2.0, 4.0):
        found = embedding_distortion(A, S, p, rng=0)
        assert found.lower == pytest.approx(1.0, abs=1e-9)
        assert found.upper == pytest.approx(1.0, abs=1e-9)


def test_bad_arguments_are_named():
    A, S = drawn(20, 4)
    for call, name in (
        (lambda: embedding_distortion(A[:3], S), "S is a sample of 20"),
        (lambda: embedding_distortion(A, np.ones((3, 4))), "S has shape"),
        (lambda: embedding_distortion(A, S, 0.0), "p must"),
        (lambda: embedding_distortion(A, S, 3.0, method="lift"), "even p"),
        (lambda: embedding_distortion(A, S, 1.0, method="exact"), "exact"),
        (lambda: embedding_distortion(A, S, method="all"), "method"),
        (lambda: embedding_distortion(A, "S"), "S"),
        (lambda: embedding_distortion(A, None), "S"),
    ):
        with pytest.raises((InvalidInputError, InvalidTypeError), match=name):
            call()
