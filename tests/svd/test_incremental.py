"""The incremental SVD against the SVD of the whole matrix."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import linsub
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.svd import IncrementalSVD, bounds
from linsub.testing import gallery, ratios

seeds = st.integers(0, 2**32 - 1)
BOTH = {"keep_left": True, "keep_right": True}


def stream(A, cuts, axis=1, **options):
    found = IncrementalSVD(**{**BOTH, **options})
    for block in np.split(A, cuts, axis=axis):
        assert found.update(block, axis=axis) is found
    return found


def unit(A):
    """Return the exponent that brings A near 1."""
    return int(np.frexp(float(np.abs(A).max(initial=0.0)))[1])


def held(A, result):
    """Assert that no entry of the certificate is on the wrong side; return the true error."""
    wide = np.clongdouble if A.dtype.kind == "c" else np.longdouble
    shift = np.ldexp(np.longdouble(1), -unit(A))
    U, S, Vh = (np.asarray(x).astype(wide) for x in result)
    E = A.astype(wide) * shift - (U * (S * shift)) @ Vh
    error = float(np.sqrt(np.sum(np.abs(E) ** 2)))
    B = (A.astype(wide) * shift).astype(complex)
    sigma = np.linalg.svd(B, compute_uv=False)
    slack = 30 * np.finfo(float).eps * max(A.shape, default=1) * sigma.max(initial=0.0)
    k = S.size
    c = result.certificate
    values = {name: np.asarray(b.value, np.longdouble) * shift for name, b in c.bounds()}
    assert error <= values["frobenius_error"]
    assert np.linalg.norm(E.astype(complex), 2) <= values["spectral_error"] if A.size else True
    assert np.all(values["sigma_lower"] <= sigma[:k] + slack)
    assert np.all(sigma[:k] <= values["sigma_upper"] + slack)
    if k < sigma.size:
        assert sigma[k] <= values["complement_norm"] + slack
    assert abs(values["frobenius_norm"] - np.linalg.norm(B)) <= slack
    eye = np.eye(k)
    left, right = (np.asarray(x).astype(complex) for x in (result[0], result[2]))
    for gram in (left.conj().T @ left, right @ right.conj().T):
        assert np.linalg.norm(gram - eye, 2) <= c.orthogonality.value if k else True
        assert np.abs(gram - eye).max(initial=0.0) <= 200 * np.finfo(result[1].dtype).eps
    return error, values


@given(
    seed=seeds,
    axis=st.sampled_from([0, 1]),
    cuts=st.lists(st.integers(0, 24), max_size=8),
    rank=st.integers(0, 12),
)
def test_the_error_is_exact_on_hard_matrices(seed, axis, cuts, rank):
    case = gallery.case(seed, seed % 97, max_side=24, scales=(1.0, 1e-300, 1e300))
    A = case.A
    result = stream(A, sorted(min(c, A.shape[axis]) for c in cuts), axis, rank=rank).result()
    assert result.S.size <= rank
    assert result[0].dtype == A.dtype
    assert result.certificate.frobenius_error.kind == "exact"
    assert result.certificate.frobenius_error.origin == "carried"
    error, values = held(A, result)
    eps = float(np.finfo(A.dtype).eps)
    size = float(values["frobenius_norm"])
    # equal, not only above: what is beyond is the rounding that has been added
    rounding = (len(cuts) + 4) * 16 * np.sqrt(max(A.shape) + 1) * 2.3e-16 + 4 * eps
    assert values["frobenius_error"] <= error * (1 + 1e-3) + 4 * rounding * size


def test_the_package_offers_it():
    assert linsub.IncrementalSVD is IncrementalSVD


@given(seed=seeds, dtype=st.sampled_from("fdFD"), rank=st.integers(1, 8), forward=st.booleans())
def test_after_a_turn_the_error_is_a_bound(seed, dtype, rank, forward):
    rng = np.random.default_rng(seed)
    A = gallery.matrix("polynomial", 22, 18, cond=1e3, dtype=dtype, rng=seed)
    found = IncrementalSVD(rank, **BOTH)
    m, n = 5, 4
    found.update(A[:m, :n], axis=int(forward))
    while (m, n) != A.shape:
        step = int(rng.integers(1, 7))
        if (rng.random() < 0.5 and m < 22) or n == 18:
            found.update(A[m : m + step, :n], axis=0)
            m = min(22, m + step)
        else:
            found.update(A[:m, n : n + step], axis=1)
            n = min(18, n + step)
        assert found.shape == (m, n)
    result = found.result()
    error, values = held(A, result)
    # exact only where nothing was lost before the last turn
    if result.certificate.frobenius_error.kind == "exact":
        # Each turn adds the rounding of all merges before it.
        turned = (found.n_updates + 2) ** 2 * bounds.merge_rounding(1.0, 32, 2.3e-16)
        floor = 1e-5 if dtype in "fF" else turned
        assert values["frobenius_error"] <= error + floor * values["frobenius_norm"]


def test_after_a_turn_the_kind_is_a_bound():
    A = gallery.matrix("polynomial", 22, 18, cond=1e3, rng=0)
    found = IncrementalSVD(2, **BOTH).update(A[:, :12], axis=1).update(A[:, 12:], axis=1)
    assert found.result().certificate.frobenius_error.kind == "exact"
    found = stream(A[:20], range(1, 18), rank=2).update(A[20:], axis=0)
    assert found.result().certificate.frobenius_error.kind == "bound"


@given(
    seed=seeds, dtype=st.sampled_from("fdFD"), error=st.sampled_from([0.0, 1e-9, 1e-3, 0.1, 0.5])
)
def test_the_error_budget_is_kept(seed, dtype, error):
    rng = np.random.default_rng(seed)
    A = gallery.matrix("exponential", 30, 40, cond=1e6, dtype=dtype, rng=seed)
    result = stream(A, np.sort(rng.integers(0, 40, 5)), error=error).result()
    _, values = held(A, result)
    norm = float(values["frobenius_norm"])
    floor = 1e-12 if A.dtype.itemsize // (1 + (A.dtype.kind == "c")) == 8 else 1e-5
    assert values["frobenius_error"] <= max(error, floor) * norm
    sigma = np.linalg.svd(A.astype(complex), compute_uv=False)
    tails = np.sqrt(np.cumsum(sigma[::-1] ** 2)[::-1])
    # not many more than the fewest that could do
    fewest = int(np.count_nonzero(tails > error * norm)) if error > floor else 30
    assert result.S.size <= min(30, fewest + 6)


@given(seed=seeds, axis=st.sampled_from([0, 1]), dtype=st.sampled_from("fdFD"))
def test_a_mean_is_taken_out(seed, axis, dtype):
    rng = np.random.default_rng(seed)
    A = gallery.matrix("polynomial", 20, 70, cond=1e2, dtype=dtype, rng=seed)
    A = (A + 10 * rng.standard_normal((20, 1) if axis else (1, 70))).astype(dtype)
    found = stream(A, [0, 2, 9, 50], axis, rank=4, center=True)
    wide = A.astype("D")
    mean = wide.mean(axis=axis)
    eps = float(np.finfo(dtype).eps)
    assert np.abs(np.asarray(found.mean) - mean).max() <= 60 * eps * np.abs(mean).max()
    centred = wide - np.expand_dims(mean, axis)
    U, S, Vh = result = found.result()
    error = np.linalg.norm(centred - (U.astype("D") * S) @ Vh)
    assert error <= float(result.certificate.frobenius_error)
    back = found.reconstruct(found.project(A))
    assert np.linalg.norm(back - wide) <= error * (1 + 1e-6) + 1e3 * eps * np.linalg.norm(wide)


def test_forgetting_weighs_the_blocks():
    A = gallery.matrix("polynomial", 12, 30, cond=1e2, rng=0)
    result = stream(A, [5, 11, 20], forget=0.5).result()
    weights = np.repeat(0.5 ** np.arange(3, -1, -1), [5, 6, 9, 10])
    weighted = A * weights
    assert np.allclose(result.S, np.linalg.svd(weighted, compute_uv=False), rtol=1e-13)
    held(weighted, result)
    held(weighted, stream(A, [5, 11, 20], forget=0.5, rank=3).result())


def test_forgetting_with_a_mean():
    A = gallery.matrix("polynomial", 12, 30, cond=1e2, rng=0) + 3.0
    found = stream(A, [5, 11, 20], forget=0.5, center=True)
    w = np.repeat(0.25 ** np.arange(3, -1, -1), [5, 6, 9, 10])
    mean = A @ w / w.sum()
    centred = (A - mean[:, None]) * np.sqrt(w)
    assert np.allclose(found.mean, mean, rtol=1e-13)
    held(centred, found.result())


@given(seed=seeds, center=st.booleans(), axis=st.sampled_from([0, 1]))
def test_merging_trees(seed, center, axis):
    A = gallery.matrix("polynomial", 16, 15, cond=1e2, rng=seed) + 1.0
    parts = [stream(B, [2], axis, rank=3, center=center) for B in np.array_split(A, 4, axis)]
    before = [part.result() for part in parts]
    left = copy.copy(parts[0]).merge(parts[1])
    right = copy.copy(parts[2]).merge(parts[3])
    total = left.merge(right)
    assert total.shape == A.shape
    centred = A - A.mean(axis=axis, keepdims=True) if center else A
    held(centred, total.result())
    assert total.result().certificate.frobenius_error.kind == "exact"
    for part, was in zip(parts, before, strict=True):  # the others do not change
        assert np.array_equal(part.result().S, was.S)
    assert IncrementalSVD(3, center=center, **BOTH).merge(parts[0]).shape == parts[0].shape


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("center", [False, True])
def test_sparse_blocks_give_what_dense_ones_give(axis, center):
    A = sparse.random_array((90, 400), density=0.05, rng=0, format="csr")
    one = stream(A.toarray(), [], axis, rank=6, center=center).result()
    found = IncrementalSVD(6, center=center, **BOTH).update(A, axis=axis).result()
    assert np.allclose(one.S, found.S, rtol=1e-12)
    assert np.isclose(
        one.certificate.frobenius_error.value, found.certificate.frobenius_error.value
    )


def test_a_wide_sparse_block_is_never_dense():
    import tracemalloc

    A = sparse.random_array((4000, 20_000), density=1e-4, rng=0, format="csr")
    found = IncrementalSVD(5)
    found.update(A[:, :100], axis=1)
    tracemalloc.start()
    found.update(A, axis=1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4000 * 20_000 * 8 / 20


def test_a_failed_update_changes_nothing(tmp_path):
    A = gallery.matrix("polynomial", 12, 30, cond=1e2, rng=0)
    found = stream(A, [7, 12], rank=4)
    found.save(tmp_path / "before")
    bad = A.copy()
    bad[3, 2] = np.nan
    for block, axis, error, text in (
        (bad, 1, NonFiniteError, r"block\[3, 2\] is nan"),
        (A[:5], 1, InvalidInputError, "block has 5 rows and the matrix so far has 12"),
        (A[:, :7], 0, InvalidInputError, "block has 7 columns and the matrix so far has 30"),
        (A[0], 1, InvalidInputError, "2-D"),
        (np.eye(3), 2, InvalidInputError, "axis"),
        ("text", 1, (InvalidInputError, InvalidTypeError), "block"),
    ):
        with pytest.raises(error, match=text):
            found.update(block, axis=axis)
        found.save(tmp_path / "after")
        assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()


@given(
    seed=seeds, axis=st.sampled_from([0, 1]), center=st.booleans(), dtype=st.sampled_from("fdFD")
)
def test_a_saved_stream_goes_on_to_the_last_bit(seed, axis, center, dtype, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "stream"
    A = gallery.matrix("polynomial", 60, 70, cond=1e2, dtype=dtype, rng=seed)
    blocks = np.array_split(A, 7, axis=axis)
    one = IncrementalSVD(4, center=center, **BOTH)
    for block in blocks[:4]:
        one.update(block, axis=axis)
    before = one.result()
    one.save(path)
    two = IncrementalSVD.load(path)
    assert all(np.array_equal(x, y) for x, y in zip(before, two.result(), strict=True))
    for block in blocks[4:]:
        one.update(block, axis=axis)
        two.update(block, axis=axis)
    assert all(np.array_equal(x, y) for x, y in zip(one.result(), two.result(), strict=True))
    assert str(one.result().certificate) == str(two.result().certificate)
    assert two.n_updates == 7
    assert two.shape == A.shape


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.eye(2))
    with pytest.raises(InvalidInputError, match="no state saved by linsub"):
        IncrementalSVD.load(tmp_path / "other.npz")


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("kind", ["graded", "duplicates", "zeros", "noise"])
def test_long_streams_stay_orthonormal_and_of_low_rank(dtype, kind):
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((40, 10)))[0]
    columns = {
        "graded": lambda i: Q[:, i % 10] * 10 ** (-0.5 * (i % 10)),
        "duplicates": lambda i: Q[:, 0] + 1e-3 * Q[:, i % 2],
        "zeros": lambda i: Q[:, 0] * (i % 3 == 0),
        "noise": lambda i: Q[:, i % 10] + 1e-6 * rng.standard_normal(40),
    }[kind]
    A = np.stack([columns(i) for i in range(2000)], axis=1).astype(dtype)
    found = IncrementalSVD(keep_right=True) if kind != "noise" else IncrementalSVD(10, **BOTH)
    for column in A.T:
        found.update(column[:, None], axis=1)
    result = found.result()
    assert result.S.size <= 10
    held(A, result)
    assert ratios.orthogonality_ratio(np.asarray(result.U)) < ratios.PASS


def test_the_chunking_does_not_matter_beyond_the_certificate():
    A = gallery.matrix("polynomial", 40, 120, cond=1e2, rng=0)
    one = stream(A, [], rank=6).result()
    for width in (1, 7, 33, 64):
        two = stream(A, range(width, 120, width), rank=6).result()
        gap = float(one.certificate.frobenius_error) + float(two.certificate.frobenius_error)
        assert np.linalg.norm((one.U * one.S) @ one.Vh - (two.U * two.S) @ two.Vh) <= gap
    singles = stream(A, range(1, 120), rank=6).result()
    thirties = stream(A, range(32, 120, 32), rank=6).result()
    assert np.allclose(singles.S, thirties.S, rtol=1e-13)


def test_powers_of_two_change_nothing_but_the_unit():
    A = gallery.matrix("polynomial", 20, 30, cond=1e2, rng=0)
    one = stream(A, [9, 20], rank=4).result()
    for exponent in (-900, -40, 40, 900):
        two = stream(np.ldexp(A, exponent), [9, 20], rank=4).result()
        assert np.array_equal(np.ldexp(one.S, exponent), two.S)
        assert np.array_equal(one.U, two.U)
    tiny = stream(np.concatenate([np.ldexp(A, -900), A], axis=1), [9, 30], rank=4).result()
    assert np.allclose(tiny.S, one.S[:4], rtol=0.2)


def test_missing_entries_are_filled_in_and_nothing_is_claimed():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((30, 3)) @ rng.standard_normal((3, 200))
    holes = A.copy()
    holes[:, 50:][rng.random((30, 150)) < 0.3] = np.nan
    found = stream(holes, range(50, 200, 10), rank=3, missing="impute")
    result = found.result()
    assert np.linalg.norm(A - (result.U * result.S) @ result.Vh) <= 1e-10 * np.linalg.norm(A)
    assert [name for name, _ in result.certificate.bounds()] == ["orthogonality"]
    assert "missing" in result.info.notes[0]
    with pytest.raises(NonFiniteError):
        found.update(np.full((30, 1), np.inf), axis=1)
    whole = stream(A, [50], rank=3, missing="impute").result()
    assert whole.certificate.frobenius_error.kind == "exact"


def test_what_was_not_kept_is_none_and_missed():
    A = gallery.matrix("polynomial", 8, 9, rng=0)
    columns = IncrementalSVD(2).update(A, axis=1)
    assert columns.result().Vh is None
    with pytest.raises(InvalidInputError, match="keep_right=True"):
        columns.update(A[:2], axis=0)
    with pytest.raises(InvalidInputError, match="keep_right=True"):
        columns.reconstruct()
    rows = IncrementalSVD(2, keep_left=False).update(A)
    assert rows.result().U is None
    assert np.allclose(rows.project(A), A @ rows.result().Vh.T)
    assert rows.reconstruct(rows.project(A)).shape == A.shape
    with pytest.raises(InvalidInputError, match=r"coordinates has shape \(8, 9\)"):
        rows.reconstruct(A)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rank": 2, "error": 0.1}, InvalidInputError, "not both"),
        ({"rank": -1}, InvalidInputError, "rank"),
        ({"rank": 2.0}, InvalidTypeError, r"int\(rank\)"),
        ({"error": 1.0}, InvalidInputError, "error < 1"),
        ({"forget": 0.0}, InvalidInputError, "forget"),
        ({"center": 1}, InvalidTypeError, "center"),
        ({"missing": "drop"}, InvalidInputError, "missing must be one of"),
        ({"dtype": "nonsense"}, InvalidTypeError, "names no dtype"),
        ({"dtype": np.longdouble}, InvalidTypeError, "extended"),
    ],
)
def test_bad_arguments(options, error, text):
    with pytest.raises(error, match=text):
        IncrementalSVD(**options)


def test_bad_use():
    with pytest.raises(InvalidInputError, match="no block yet"):
        IncrementalSVD(2).result()
    with pytest.raises(InvalidInputError, match="one direction only"):
        IncrementalSVD(2, center=True).update(np.eye(3)).update(np.eye(3), axis=1)
    with pytest.raises(InvalidInputError, match="pass dtype=complex"):
        IncrementalSVD(2, dtype=float).update(1j * np.eye(3))
    with pytest.raises(InvalidTypeError, match="an IncrementalSVD"):
        IncrementalSVD(2).merge(np.eye(3))
    one, two = IncrementalSVD(2).update(np.eye(3)), IncrementalSVD(2).update(np.eye(4))
    with pytest.raises(InvalidInputError, match="does not fit"):
        one.merge(two)
    with pytest.raises(InvalidInputError, match="center"):
        one.merge(IncrementalSVD(2, center=True))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (1, 1), (1, 5), (5, 1)])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_smallest_blocks(shape, axis):
    A = np.ones(shape)
    found = IncrementalSVD(3, **BOTH).update(A, axis=axis)
    held(A, found.result())
    empty = A[:0] if axis == 0 else A[:, :0]
    assert found.update(empty, axis=axis).shape == shape
    held(np.concatenate([A, A], axis=axis), found.update(A, axis=axis).result())


def test_a_real_stream_may_become_complex_and_wider():
    A = gallery.matrix("polynomial", 10, 12, dtype="D", rng=0)
    found = IncrementalSVD(4, **BOTH).update(A.real.astype("f4"), axis=1)
    assert found.result().S.dtype == np.float32
    result = found.update(A, axis=1).result()
    assert result.U.dtype == np.complex128
    held(np.concatenate([A.real.astype("f4"), A], axis=1), result)


def test_merging_forgets_as_the_blocks_would_have():
    A = gallery.matrix("polynomial", 12, 30, cond=1e2, rng=0)
    one = stream(A, [5, 11, 20], forget=0.5).result()
    first, second = (stream(B, [c], forget=0.5) for B, c in ((A[:, :11], 5), (A[:, 11:], 9)))
    assert np.allclose(first.merge(second).result().S, one.S, rtol=1e-13)


@pytest.mark.parametrize("axis", [0, 1])
def test_real_data_in_a_complex_basis(axis):
    A = gallery.matrix("polynomial", 10, 12, dtype="D", rng=0)
    found = IncrementalSVD(3, **BOTH).update(A, axis=axis)
    U, _, Vh = found.result()
    B = np.ones((2, 12)) if axis == 0 else np.ones((10, 2))
    wanted = B @ Vh.conj().T if axis == 0 else U.conj().T @ B
    assert np.allclose(found.project(B), wanted, rtol=1e-12)
    assert np.allclose(found.project(sparse.csr_array(B)), wanted, rtol=1e-12)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_more_rank_than_there_is_costs_no_qr(dtype, monkeypatch):
    from linsub.svd import incremental_core

    rng = np.random.default_rng(0)
    A = (rng.standard_normal((200, 4)) @ rng.standard_normal((4, 400))).astype(dtype)
    monkeypatch.setattr(incremental_core, "qr", None)  # a call would fail
    found = IncrementalSVD(20, **BOTH)
    for block in np.split(A, 8, axis=1):
        found.update(block, axis=1)
    result = found.result()
    assert result.S.size == 4
    held(A, result)


def test_an_empty_block_is_not_forgotten_for():
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((2, 5, 6))
    late = IncrementalSVD(forget=0.5).update(np.zeros((0, 6))).update(B)
    S = IncrementalSVD(forget=0.5).update(A).merge(late).result().S
    assert S[:6] == pytest.approx(np.linalg.svd(np.vstack([0.5 * A, B]), compute_uv=False))


def test_results_belong_to_the_caller():
    rng = np.random.default_rng(0)
    found = IncrementalSVD(3).update(rng.standard_normal((40, 10)))
    X = rng.standard_normal((2, 10))
    before, kept = found.project(X), found.result().Vh.copy()
    result = found.result()
    result.Vh[:] = result.S[:] = 0
    result.info.details.clear()
    assert np.array_equal(found.project(X), before)
    assert np.array_equal(found.result().Vh, kept)
    assert found.result().info.details
