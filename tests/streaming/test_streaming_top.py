"""The streaming top eigenvector: right where it says so, and the same however the rows come."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.streaming import StreamingTopEigenvector, bounds, top_eigenvector
from linsub.testing import gallery, load_digits

METHODS = ("auto", "covariance", "fd", "block_power", "oja_grid")


def made(method="auto", **options):
    return StreamingTopEigenvector(method=method, **{"covariance_limit": 0, "rng": 0, **options})


def reference(A):
    p = np.frexp(np.abs(A).max())[1]
    _, S, Vh = np.linalg.svd(np.ldexp(A, -p), full_matrices=False)
    return Vh[0], S[0] ** 2, 2 * p


def off(v, w):
    return np.linalg.norm(v - w * (v @ w))


def same(first, second):
    np.testing.assert_array_equal(first.vector, second.vector)
    np.testing.assert_array_equal(first.value, second.value)
    assert first.sin_bound == second.sin_bound


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_blocks_of_any_size_give_the_same_to_the_bit(method, seed):
    rng = np.random.default_rng(seed)
    A = gallery.stream(gallery.STREAMS[seed % len(gallery.STREAMS)], 400, 6, rng=rng)
    whole = made(method).update(A).result()
    cuts = np.sort(rng.integers(0, 401, 5))
    pieces = made(method)
    for block in np.split(A, cuts):
        pieces.update(block)
    same(pieces.result(), whole)
    same(pieces.result(), whole)
    assert pieces.n_samples == 400


def test_the_covariance_takes_more_rows_at_once_and_is_the_same_for_any_blocks(tmp_path):
    A = gallery.stream("spiked", 900, 300, rng=0)
    whole = made("covariance").update(A).result()
    pieces = made("covariance")
    for block in np.split(A, [100, 299, 300, 650]):
        pieces.update(block)
        pieces.save(tmp_path / "state")
        pieces = StreamingTopEigenvector.load(tmp_path / "state")
    same(pieces.result(), whole)
    v1, _, _ = reference(A)
    assert off(whole.vector, v1) <= whole.sin_bound < 1e-9


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("exponent", [-900, 600])
def test_powers_of_two_change_nothing(method, exponent):
    A = gallery.stream("decaying", 300, 7, rng=0)
    plain, scaled = made(method).update(A).result(), made(method).update(A * 2.0**exponent).result()
    np.testing.assert_array_equal(plain.vector, scaled.vector)
    assert plain.sin_bound == scaled.sin_bound


@pytest.mark.parametrize("method", METHODS)
def test_rows_that_grow_beyond_all_before_are_followed(method):
    rng = np.random.default_rng(0)
    A = rng.standard_normal((600, 5)) * np.geomspace(1e-300, 1e300, 600)[:, None]
    result = made(method).update(A).result()
    v1, _, _ = reference(A)
    assert off(result.vector, v1) <= result.sin_bound + 1e-12
    assert result.value[0] <= result.value[1]


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_stream_goes_on_to_the_bit(method, tmp_path):
    A = gallery.stream("spiked", 900, 8, rng=1)
    stream = made(method, rng=7)
    for i, block in enumerate(np.array_split(A, 7)):
        stream.update(block)
        stream.save(tmp_path / f"{i}.npz")
        stream = StreamingTopEigenvector.load(tmp_path / f"{i}.npz")
    same(stream.result(), made(method, rng=7).update(A).result())


def test_an_empty_stream_is_saved_and_a_damaged_one_named(tmp_path):
    from linsub._core import state

    made().save(tmp_path / "empty")
    with pytest.raises(InvalidInputError, match="no row yet"):
        StreamingTopEigenvector.load(tmp_path / "empty").result()
    state.save(tmp_path / "damaged", "streaming-top-eigenvector", 1, {"n_features": 3})
    with pytest.raises(InvalidInputError, match="damaged"):
        StreamingTopEigenvector.load(tmp_path / "damaged")


@pytest.mark.parametrize("method", METHODS)
def test_a_failed_update_changes_nothing(method, monkeypatch):
    A = gallery.stream("spiked", 500, 4, rng=2)
    stream, twin = made(method).update(A[:200]), made(method).update(A[:200])
    bad = A.copy()
    bad[300, 2] = np.nan
    with pytest.raises(NonFiniteError, match="row 300"):
        stream.update(bad)
    with pytest.raises(InvalidInputError, match="5 columns"):
        stream.update(np.zeros((2, 5)))

    from linsub.streaming.top_state import TopState

    absorb, calls = TopState.absorb, []

    def interrupted(self, X):
        calls.append(0)
        if len(calls) > 2:
            raise KeyboardInterrupt
        absorb(self, X)

    with monkeypatch.context() as patch:
        patch.setattr(TopState, "absorb", interrupted)
        with contextlib.suppress(KeyboardInterrupt):
            stream.update(A)
    assert len(calls) == 3
    same(stream.update(A[200:]).result(), twin.update(A[200:]).result())


def test_rows_with_nan_can_be_left_out():
    A = gallery.stream("spiked", 300, 4, rng=3)
    bad = np.insert(A, [0, 20, 300], np.array([np.nan, np.inf, 0.0, -np.inf]), axis=0)
    same(made(nan_policy="omit").update(bad).result(), made().update(A).result())


@pytest.mark.parametrize("method", METHODS)
def test_sparse_rows_and_single_rows(method):
    A = gallery.stream("with zeros", 150, 6, rotate=False, rng=4)
    dense = made(method).update(A).result()
    same(made(method).update(sparse.csr_array(A)).result(), dense)
    stream = made(method)
    for row in A:
        stream.update(row[None])
    same(stream.update(A[:0]).result(), dense)


@pytest.mark.parametrize("method", METHODS)
def test_the_smallest_streams(method):
    for A in (np.zeros((0, 3)), np.zeros((4, 3))):
        vector, value, sine, status = made(method).update(A).result()
        assert (sine, status) == (1.0, "uncertified")
        assert np.linalg.norm(vector) == 1.0
        assert value.tolist() == [0.0, 0.0]
    vector, value, sine, status = made(method).update([[-3.0]]).result()
    assert (vector.tolist(), sine, status) == ([1.0], 0.0, "certified")
    assert value[0] <= 9.0 <= value[1]
    one = made(method).update([[3.0, -4.0]]).result()
    np.testing.assert_allclose(one.vector, [-0.6, 0.8], atol=1e-14)
    assert one.sin_bound < 1e-6


def test_results_share_no_memory_with_the_stream():
    stream = made().update(gallery.stream("spiked", 100, 4, rng=5))
    first = stream.result()
    kept = first.vector.copy()
    first.vector[:] = 0.0
    first.value[:] = 0.0
    np.testing.assert_array_equal(stream.result().vector, kept)


def test_an_order_that_is_not_random_is_seen():
    shuffled = made(rng=1).update(gallery.spiked(4000, 60, 4.0, rng=0)).result()
    assert not shuffled.info.notes
    A = gallery.spiked(4000, 60, 4.0, "sorted", rng=0)
    found = made(rng=1).update(A).result()
    assert "randomly ordered" in found.info.notes[0]
    v1, _, _ = reference(A)
    assert off(found.vector, v1) < 0.3


@pytest.mark.parametrize("seed", [5, 9])
def test_the_doubt_handed_out_is_the_one_that_decided(seed):
    A = gallery.spiked(3000, 40, 1.5 + seed % 3, rng=seed)
    v1 = np.linalg.svd(A, full_matrices=False)[2][0]
    stream = StreamingTopEigenvector(covariance_limit=2, rng=seed)
    info = stream.update(A[np.argsort(np.abs(A @ v1))]).result().info
    assert info.notes
    assert info.details["order_doubt"] > 6.0


def test_flat_spectra_are_not_certified_and_still_found():
    A = gallery.spiked(6000, 100, 1.5, rng=0)
    v1, _, _ = reference(A)
    result = made("block_power").update(A).result()
    assert result.status == "uncertified"
    assert off(result.vector, v1) < 0.5
    assert result.certificate.sine is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "oja"},
        {"order": "sorted"},
        {"n_rates": 0},
        {"n_chains": 1},
        {"heavy_threshold": 0.0},
        {"sketch_size": -1},
        {"nan_policy": "drop"},
        {"n_features": 0},
        {"method": "fd", "sketch_size": 0},
    ],
)
def test_bad_options_are_named(wrong):
    with pytest.raises(InvalidInputError, match=list(wrong)[-1]):
        StreamingTopEigenvector(**wrong)


@pytest.mark.parametrize("passes", [1, 2, "exact"])
@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-200])
def test_matrices_of_any_scale_in_any_number_of_passes(passes, scale):
    A = load_digits().data * scale
    v1, lam, p = reference(A)
    result = top_eigenvector(A, passes, rng=0)
    assert off(result.vector, v1) <= result.sin_bound < 1e-4
    if scale == 1.0:
        assert result.value[0] <= np.ldexp(lam, p) * (1 + 1e-12)
        assert np.ldexp(lam, p) <= result.value[1] * (1 + 1e-12)


def test_a_second_pass_says_more_than_the_first():
    A = gallery.spiked(3000, 50, 3.0, rng=0)
    once = made().update(A).result()
    twice = top_eigenvector(A, 2, rng=0)
    v1, _, _ = reference(A)
    assert off(twice.vector, v1) <= twice.sin_bound < 0.2 * once.sin_bound


def test_what_can_be_read_once_is_read_once():
    A = gallery.spiked(500, 9, 3.0, rng=0)
    blocks = np.array_split(A, 4)
    whole = top_eigenvector(A, 1, rng=0)
    np.testing.assert_allclose(top_eigenvector(iter(blocks), 1, rng=0).vector, whole.vector)
    np.testing.assert_allclose(top_eigenvector(blocks, 1, rng=0).vector, whole.vector)
    with pytest.raises(InvalidTypeError, match="one-shot"):
        top_eigenvector(iter(blocks), 2)
    with pytest.raises(InvalidInputError, match="passes"):
        top_eigenvector(A, 3)
    from scipy.sparse.linalg import aslinearoperator

    with pytest.raises(InvalidTypeError, match="exact"):
        top_eigenvector(aslinearoperator(A), 2)
    exact = top_eigenvector(aslinearoperator(A), "exact", rng=0)
    np.testing.assert_allclose(exact.vector, whole.vector, atol=1e-6)


@pytest.mark.parametrize("eta", [1e-12, 1e-3, 1.0, 1e6])
def test_blocks_take_the_steps_of_single_rows(eta):
    from linsub._core.random import Streams
    from linsub.streaming.rate_grid import RateGrid

    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 6))
    grid = RateGrid(6, 2, Streams(0))
    grid.rates = np.array([eta, 2.0 * eta])
    grid.V = v0 = np.linalg.qr(rng.standard_normal((6, 2)))[0].T.copy()
    v0 = v0.copy()
    for i in range(0, 300, 32):
        grid._advance(X[i : i + 32])
    for j in range(2):
        v, log_norm = v0[j].astype(np.longdouble), np.longdouble(0)
        for a in X.astype(np.longdouble):
            v = v + np.longdouble(grid.rates[j]) * a * (a @ v)
            size = np.sqrt(v @ v)
            v, log_norm = v / size, log_norm + np.log(size)
        total = np.square(X).sum()
        kappa = bounds.growth_rounding(grid.rates[j], total, 300, 6, 32)
        assert off(grid.directions()[:, j], v.astype(float)) <= max(10.0 * kappa, 1e-13)
        np.testing.assert_allclose(grid.log_norms()[j], float(log_norm), rtol=1e-9, atol=1e-12)


def test_the_grid_follows_its_stream_and_keeps_its_bound():
    from linsub._core.random import Streams
    from linsub.streaming.rate_grid import RateGrid

    A = gallery.stream("heavy last", 600, 8, rng=0) * np.geomspace(1e-3, 1.0, 600)[:, None]
    _, S, Vh = np.linalg.svd(A, full_matrices=False)
    grid, total = RateGrid(8, 6, Streams(0)), 0.0
    seen = []
    for block in np.array_split(A, 12):
        squares = np.square(block).sum(axis=1)
        total += squares.sum()
        grid.absorb(block, squares, total)
        seen.append(grid.rates[0] * total)
    assert max(seen) <= 1.001 * grid.top
    assert min(seen) > 0.4 * grid.top / grid.ratio
    assert grid.started > 6
    logs = grid.log_norms()
    for j, v in enumerate(grid.directions().T):
        bound = bounds.growth_bound(grid.rates[j], S[1] ** 2, logs[j], rounding=1e-10)
        assert off(v, Vh[0]) <= bound


def test_sampled_rows_estimate_in_any_order():
    from linsub._core.random import Streams
    from linsub.streaming.row_sample import RowSample

    A = gallery.spiked(3000, 10, 9.0, "sorted", rng=0)
    W = np.linalg.svd(A, full_matrices=False)[2][:3].T
    true = np.square(A @ W).sum(axis=0)
    errors = []
    for seed in range(20):
        sample = RowSample(10, 100, Streams(seed))
        for block in np.array_split(A, 9):
            sample.absorb(block, np.square(block).sum(axis=1))
        value, error = sample.estimate(W)
        errors.append((value - true) / error)
    # Twenty means of a standardized error: 5 deviations.
    assert np.abs(np.mean(errors, axis=0)).max() < 5.0 / np.sqrt(20.0) * 1.3
    assert 0.5 < np.std(errors) < 1.6


def test_hard_streams_have_the_spectra_that_they_promise():
    A = gallery.hard_fixed_rate(6, 4, 5)
    np.testing.assert_allclose(np.linalg.eigvalsh(A.T @ A), [1, 1, 1, 1, 1, 4], atol=1e-14)
    A = gallery.index_instance(10, 4, 9.0, 2, rng=0)
    np.testing.assert_allclose(A[-1, :5], 3.0 * A[2, :5])
    assert not A[-1, 5:].any()
    assert gallery.fd_generator(30, 8, 3, 5.0, "exp", rng=0).shape == (30, 8)
    A = gallery.rotating_blocks(4000, 8, 9, rng=0)
    parts = [np.linalg.svd(part, full_matrices=False)[2][0] for part in np.array_split(A, 9)]
    v1, _, _ = reference(A)
    assert [bool(abs(v @ v1) > 0.9) for v in parts[:4]] == [True, False, True, False]
    with pytest.raises(InvalidInputError, match="order"):
        gallery.spiked(3, 3, 2.0, "shuffled")
