"""OjaPCA, HistoryPCA, BlockPowerPCA and trackers: any split, any scale, saved and resumed."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.streaming import BlockPowerPCA, HistoryPCA, OjaPCA, SubspaceTracker, oja
from linsub.testing import gallery

MAKERS = {
    "constant": lambda k=1, **kw: OjaPCA(k, "constant", eta0=0.02, rng=0, **kw),
    "inverse": lambda k=1, **kw: OjaPCA(k, "inverse", eta0=1.0, beta=5.0, rng=0, **kw),
    "doubling": lambda k=1, **kw: OjaPCA(k, "doubling", eta0=1.0, rng=0, **kw),
    "function": lambda k=1, **kw: OjaPCA(k, lambda t: 0.5 / t**0.9, rng=0, **kw),
    "batches": lambda k=1, **kw: OjaPCA(k, "inverse", eta0=1.0, beta=5.0, batch=7, rng=0, **kw),
    "adagrad": lambda k=1, **kw: OjaPCA(k, rng=0, **kw),
    "history": lambda k=1, **kw: HistoryPCA(k, batch=20, sweeps=2, rng=0, **kw),
    "power": lambda k=1, **kw: BlockPowerPCA(k, rng=0, **kw),
    "power, fixed": lambda k=1, **kw: BlockPowerPCA(k, block_size=30, rng=0, **kw),
    "past": lambda k=1, **kw: SubspaceTracker(k, "past", forgetting=0.99, rng=0, **kw),
    "opast": lambda k=1, **kw: SubspaceTracker(k, forgetting=0.99, rng=0, **kw),
    "grouse": lambda k=1, **kw: SubspaceTracker(k, "grouse", step=0.1, rng=0, **kw),
}
# Those with a rate in a unit; the others have none.
WITH_UNIT = ("constant", "inverse", "doubling", "function", "batches")
every = pytest.mark.parametrize("name", MAKERS)


def same(found, wanted):
    for x, y in zip(found, wanted, strict=True):
        if y is None:
            assert x is None
        else:
            np.testing.assert_array_equal(x, y)


def spiked(n, d, rng):
    return rng.standard_normal((n, d)) * np.concatenate([[6.0, 3.0], np.ones(d - 2)])


@every
@settings(max_examples=6)
@given(
    st.integers(1, 3),
    st.lists(st.integers(0, 70), max_size=5),
    st.sampled_from(["spiked", "with zeros", "low rank", "badly scaled"]),
    st.integers(0, 2**32 - 1),
)
def test_blocks_make_no_difference(name, k, sizes, kind, seed):
    A = gallery.stream(kind, sum(sizes), 4, rng=seed)
    whole = MAKERS[name](k).update(A).result()
    stream, first = MAKERS[name](k).update(A[:0]), 0
    for size in sizes:
        stream.update(A[first : first + size])
        first += size
    same(stream.result(), whole)
    same(stream.result(), whole)  # and looking changes nothing
    assert np.isfinite(whole.components).all()
    assert whole.deviations is None or np.isfinite(whole.deviations).all()
    assert float(whole.certificate.orthogonality) < 1e-13
    assert stream.n_rows == sum(sizes)


@every
def test_a_clear_direction_is_found(name):
    rng = np.random.default_rng(0)
    components, _ = MAKERS[name](2).update(spiked(2000, 6, rng)).result()
    floor = 0.8 if name in ("doubling", "grouse") else 0.95
    assert np.linalg.norm(components[:, 0]) > floor
    if name not in ("grouse", "doubling"):
        assert abs(components[1, 1]) > 0.8


@every
def test_saved_and_resumed_to_the_last_bit(name, tmp_path):
    A = spiked(300, 5, np.random.default_rng(1))
    whole = MAKERS[name](2).update(A).result()
    stream = MAKERS[name](2)
    path = tmp_path / "stream.npz"
    if name == "function":
        with pytest.raises(InvalidTypeError):
            stream.save(path)
        return
    for part in (A[:0], A[:1], A[1:133], A[133:133], A[133:]):
        stream.save(path)
        stream = type(stream).load(path).update(part)
    same(stream.result(), whole)
    other = SubspaceTracker if not isinstance(stream, SubspaceTracker) else OjaPCA
    with pytest.raises(InvalidInputError, match="expected"):
        other.load(path)


@pytest.mark.parametrize("name", [name for name in MAKERS if name not in WITH_UNIT])
@pytest.mark.parametrize("p", [-520, -70, 70, 500])
def test_what_has_no_unit_does_not_depend_on_it(name, p):
    A = spiked(200, 5, np.random.default_rng(2))
    plain = MAKERS[name](2).update(A).result()
    scaled = MAKERS[name](2).update(np.ldexp(A, p)).result()
    np.testing.assert_array_equal(scaled.components, plain.components)
    if plain.deviations is not None:
        np.testing.assert_array_equal(scaled.deviations, np.ldexp(plain.deviations, p))


@pytest.mark.parametrize("batch", [1, 7])
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("p", [-500, 500])
def test_rates_follow_the_unit(batch, k, p):
    A = spiked(60, 5, np.random.default_rng(3))
    plain = OjaPCA(k, "constant", eta0=0.02, batch=batch, rng=0).update(A).result()
    scaled = OjaPCA(k, "constant", eta0=np.ldexp(0.02, -2 * p), batch=batch, rng=0)
    found = scaled.update(np.ldexp(A, p)).result()
    np.testing.assert_allclose(found.components, plain.components, atol=1e-12)
    np.testing.assert_allclose(found.deviations, np.ldexp(plain.deviations, p), rtol=1e-9)


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_rows_that_are_not_finite_change_nothing_or_are_left_out(name, bad, form):
    A = spiked(130, 4, np.random.default_rng(4))
    spoiled = A.copy()
    spoiled[[3, 77, 129], [0, 2, 3]] = bad
    stream = MAKERS[name](2).update(A)
    before = stream.result()
    with pytest.raises(NonFiniteError, match="3 of 130 rows .* the first is row 3"):
        stream.update(form(spoiled))
    same(stream.result(), before)
    assert stream.n_rows == 130
    good = np.setdiff1d(np.arange(130), [3, 77, 129])
    left = MAKERS[name](2, nan_policy="omit").update(form(spoiled)).update(A)
    wanted = MAKERS[name](2).update(form(A[good])).update(A)
    same(left.result(), wanted.result())
    assert left.n_rows == 257


@every
def test_a_block_of_another_width_changes_nothing(name):
    A = spiked(50, 4, np.random.default_rng(5))
    stream = MAKERS[name](2).update(A)
    before = stream.result()
    for bad, error in (
        (A[:, :3], InvalidInputError),
        (A[0], InvalidInputError),
        (A + 0j, InvalidTypeError),
        ("text", InvalidInputError),
    ):
        with pytest.raises(error):
            stream.update(bad)
    same(stream.result(), before)


@every
def test_sparse_single_and_foreign_layouts(name):
    A = np.round(spiked(90, 5, np.random.default_rng(6)), 2).astype(np.float32)
    A[A < 0.5] = 0.0
    plain = MAKERS[name](2).update(A.astype(float)).result()
    for X in (A, np.asfortranarray(A), sparse.csr_array(A), sparse.csc_matrix(A), A[::-1][::-1]):
        found = MAKERS[name](2).update(X).result()
        np.testing.assert_allclose(found.components, plain.components, atol=1e-9)
        assert found.components.dtype == np.float64


@every
def test_the_smallest_streams(name):
    for X in (np.zeros((0, 1)), np.zeros((3, 1)), np.full((1, 1), 1e300), np.full((2, 1), 1e-300)):
        components, deviations = MAKERS[name](1).update(X).result()
        assert components.tolist() == [[1.0]]
        assert deviations is None or np.isfinite(deviations).all()
    zeros = MAKERS[name](2).update(np.zeros((100, 3))).result()
    start = MAKERS[name](2).update(np.zeros((0, 3))).result()
    np.testing.assert_allclose(zeros.components, start.components, atol=1e-14)
    full = MAKERS[name](3).update(np.eye(3)[[0, 1, 2, 0]]).result()
    assert float(full.certificate.orthogonality) < 1e-13
    with pytest.raises(InvalidInputError, match="n_components=3 and rows have 2"):
        MAKERS[name](3).update(np.ones((5, 2)))
    with pytest.raises(InvalidInputError, match="no block yet"):
        MAKERS[name](1).result()


@every
@pytest.mark.parametrize("kind", gallery.STREAMS)
def test_hard_streams_leave_a_basis(name, kind):
    A = gallery.stream(kind, 150, 6, rng=0) * 1e-150
    A[::2] *= 1e290
    components, deviations = MAKERS[name](3).update(A).result()
    assert np.abs(components @ components.T - np.eye(3)).max() < 1e-13
    assert deviations is None or (np.isfinite(deviations).all() and (deviations >= 0.0).all())


@every
def test_copies_go_their_own_ways(name):
    A = spiked(90, 4, np.random.default_rng(8))
    stream = MAKERS[name](2).update(A[:33])
    twin = copy.copy(stream)
    stream.update(A[33:50])
    twin.update(A[60:])
    same(stream.result(), MAKERS[name](2).update(A[:50]).result())
    same(twin.result(), MAKERS[name](2).update(np.delete(A, np.s_[33:60], 0)).result())


def test_results_are_not_the_state():
    stream = MAKERS["opast"](2).update(spiked(50, 4, np.random.default_rng(7)))
    first = stream.result()
    kept = first.components.copy()
    first.components[:] = np.nan
    np.testing.assert_array_equal(stream.result().components, kept)


# ---------------------------------------------------------------------- Oja's own


def by_qr_at_each_row(A, eta, V):
    for a in A:
        V = np.linalg.qr((V + eta * np.outer(V @ a, a)).T)[0].T
    return V


@pytest.mark.parametrize("eta", [1e-3, 0.1, 10.0])
def test_the_spans_are_those_of_a_qr_at_each_row(eta):
    rng = np.random.default_rng(8)
    A, start = spiked(60, 5, rng), np.eye(5)[:3]
    components, _ = OjaPCA(3, "constant", eta0=eta, start=start).update(A).result()
    wanted = by_qr_at_each_row(A, eta, start)
    for x, y in zip(components, wanted, strict=True):
        assert min(np.abs(x - y).max(), np.abs(x + y).max()) < 1e-9


@pytest.mark.parametrize("eta", [1e4, 1e8, 1e12])
def test_steep_rows_are_taken_exactly(eta):
    """Against mpmath's QR of the same update in 60 digits."""
    import mpmath

    rng = np.random.default_rng(9)
    A, start = rng.standard_normal((3, 4)), np.eye(4)[:3]
    components, _ = OjaPCA(3, "constant", eta0=eta, start=start).update(A).result()
    with mpmath.workdps(60):
        V = mpmath.matrix(start.tolist())
        for a in A:
            row = mpmath.matrix([a.tolist()])
            V = V + mpmath.mpf(eta) * (V * row.T) * row
        Q = mpmath.qr(V.T, mode="skinny")[0]
        wanted = np.array(Q.T.tolist(), dtype=float)
    for x, y in zip(components, wanted, strict=True):
        assert min(np.abs(x - y).max(), np.abs(x + y).max()) < 1e-12


def test_one_component_is_the_bare_rule():
    rng = np.random.default_rng(10)
    A, v0 = spiked(80, 5, rng), rng.standard_normal(5)
    t = np.arange(1.0, 81.0)
    pca = OjaPCA(1, "inverse", eta0=0.5, beta=2.0, start=v0[None, :]).update(A)
    np.testing.assert_allclose(pca.result().components[0], oja(A, 0.5 / (2.0 + t), v0).vector)
    blocks = 2.0 ** np.floor(np.log2(t))
    pca = OjaPCA(1, "doubling", eta0=0.5, start=v0[None, :]).update(A)
    wanted = oja(A, 0.5 * (1.0 + np.log(blocks)) / blocks, v0).vector
    np.testing.assert_allclose(pca.result().components[0], wanted)


def test_a_batch_of_gradients_is_not_the_product():
    rng = np.random.default_rng(11)
    A, v0 = spiked(8, 3, rng), rng.standard_normal(3)
    pca = OjaPCA(1, "constant", eta0=0.1, batch=8, start=v0[None, :]).update(A)
    v = v0 / np.linalg.norm(v0)
    v = v + 0.1 * A.T @ (A @ v)
    v = v / np.linalg.norm(v) * np.sign(v[np.argmax(np.abs(v))])
    np.testing.assert_allclose(pca.result().components[0], v, atol=1e-14)


def test_adagrad_is_adaoja_without_its_unit():
    rng = np.random.default_rng(12)
    A, start = spiked(60, 4, rng), np.eye(4)[:2]
    V, b = start.copy(), np.zeros(2)
    for X in A.reshape(3, 20, 4):
        G = (X @ V.T).T @ X / 20
        b = np.sqrt(b**2 + np.sum(G**2, axis=1))
        V = np.linalg.qr((V + G / b[:, None]).T)[0].T
    found = OjaPCA(2, batch=20, start=start).update(A).result().components
    np.testing.assert_allclose(np.abs(found), np.abs(V), atol=1e-13)


def test_history_of_low_rank_rows_is_exact_from_the_second_batch_on():
    rng = np.random.default_rng(13)
    A = rng.standard_normal((40, 2)) @ rng.standard_normal((2, 7))
    components, deviations = HistoryPCA(2, batch=10, sweeps=40, rng=0).update(A).result()
    _, S, Vh = np.linalg.svd(A)
    assert np.linalg.norm(Vh[:2] - Vh[:2] @ components.T @ components) < 1e-12
    np.testing.assert_allclose(deviations, S[:2] / np.sqrt(40.0), rtol=1e-6)


def test_one_block_is_one_power_step():
    rng = np.random.default_rng(14)
    A, start = spiked(50, 4, rng), np.eye(4)[1:3]
    components, _ = BlockPowerPCA(2, block_size=50, start=start).update(A).result()
    Q = np.linalg.qr(A.T @ (A @ start.T))[0].T
    np.testing.assert_allclose(np.abs(components), np.abs(Q), atol=1e-13)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"learning_rate": "constant"}, "needs eta0"),
        ({"learning_rate": "inverse", "eta0": -1.0}, "eta0 must satisfy"),
        ({"learning_rate": "inverse", "eta0": np.nan}, "eta0 must be finite"),
        ({"learning_rate": "inverse", "eta0": 1.0, "beta": -1.0}, "beta must satisfy"),
        ({"learning_rate": "adagard"}, "did you mean 'adagrad'"),
        ({"learning_rate": lambda t: 1.0, "eta0": 1.0}, "eta0=1.0 has no use"),
        ({"batch": 0}, "batch must satisfy"),
        ({"n_components": 0}, "n_components must satisfy"),
        ({"nan_policy": "drop"}, "nan_policy"),
        ({"start": np.ones((2, 3))}, "start has shape"),
        ({"n_components": 2, "start": np.ones((2, 3))}, "dependent rows"),
        ({"start": np.zeros((1, 3))}, "dependent rows"),
    ],
)
def test_options_that_do_not_fit(arguments, message):
    with pytest.raises(InvalidInputError, match=message):
        OjaPCA(**arguments)


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "a"])
def test_a_function_that_gives_no_rate_changes_nothing(value):
    A = np.ones((10, 2))
    pca = OjaPCA(1, lambda t: 0.1 if t <= 10 else value, rng=0).update(A)
    before = pca.result()
    with pytest.raises((InvalidInputError, InvalidTypeError), match=r"learning_rate\(11\)"):
        pca.update(A)
    same(pca.result(), before)


def test_a_start_must_fit_the_rows():
    with pytest.raises(InvalidInputError, match="start has shape"):
        OjaPCA(1, start=np.ones((1, 3))).update(np.ones((2, 4)))


def test_a_function_comes_back_by_hand(tmp_path):
    with pytest.raises(InvalidTypeError, match="learning_rate"):
        OjaPCA(1, lambda t: 1.0 / t).save(tmp_path / "x.npz")
