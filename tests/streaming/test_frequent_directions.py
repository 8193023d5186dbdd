"""Frequent Directions against the covariance in extended precision."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.streaming import FrequentDirections, bounds
from linsub.streaming import fd_state as state_module
from linsub.testing import gallery

seeds = st.integers(0, 2**32 - 1)
WIDE = np.longdouble
KINDS = ({}, {"variant": "robust"}, {"variant": "isvd"}, {"alpha": 0.4}, {"heavy_rows": 3})


def unit(A):
    return -int(np.frexp(float(np.abs(A).max(initial=0.0)))[1])


def error_ends(A, B, shift=0.0):
    """Return the ends of the spectrum of A^T A - B^T B - shift I, subtracted in more digits."""
    A, B = A.astype(WIDE), B.astype(WIDE)
    E = A.T @ A - B.T @ B - WIDE(shift) * np.eye(A.shape[1], dtype=WIDE)
    return np.linalg.eigvalsh(E.astype(float))[[0, -1]]


def held(A, sketch):
    """Assert that nothing the sketch says is wrong, with everything in the unit of A near 1."""
    p = unit(A)
    A, units = np.ldexp(np.asarray(A, float), p), np.longdouble(2) ** (2 * p)
    B, shift, error = result = sketch.result()
    squares = float(np.sum(A**2))
    slack = 4 * np.finfo(WIDE).eps * sum(A.shape) * squares
    low, high = error_ends(A, np.ldexp(B, p), float(shift * units))
    assert high <= float(error * units) + slack
    assert -low <= float(float(result.certificate.below) * units) + slack
    lam, V = np.linalg.eigh((A.astype(WIDE).T @ A.astype(WIDE)).astype(float))
    near = 1e-14 * squares
    ends = np.asarray(sketch.eigenvalue_intervals(A.shape[1]), WIDE) * units
    assert np.all(ends[:, 0] <= lam[::-1] + near)
    assert np.all(lam[::-1] <= ends[:, 1] + near)
    top = sketch.top_eigenvector()
    assert abs(np.linalg.norm(top.vector) - 1) < 1e-14
    assert top.vector[np.argmax(np.abs(top.vector))] > 0
    assert (top.status == "certified") == (top.sin_bound < 1.0)
    gap = lam[-1] - lam[-2] if lam.size > 1 else 1.0
    if gap > 1e-8 * squares:
        v = V[:, -1]
        assert (
            np.linalg.norm(top.vector - v * (v @ top.vector))
            <= top.sin_bound + 1e-14 * squares / gap
        )
    k = min(2, A.shape[1])
    Q = sketch.components(k)
    np.testing.assert_allclose(Q @ Q.T, np.eye(k), atol=1e-12)
    left = np.sum((A - A @ Q.T @ Q) ** 2)
    assert left <= float(float(sketch.projection_error(k)) * units) + near


@given(
    seed=seeds,
    kind=st.sampled_from(gallery.STREAMS),
    options=st.sampled_from(KINDS),
    size=st.integers(1, 9),
    scale=st.sampled_from([1.0, 2.0**-560, 2.0**505]),
)
def test_every_statement_holds(seed, kind, options, size, scale):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 60)), int(rng.integers(1, 14))
    A = gallery.stream(kind, n, d, rng=rng)
    A *= scale / max(np.abs(A).max(), 1.0)
    svd = ("auto", "gram", "svd")[seed % 3]
    buffer = int(rng.integers(1, 2 * size + 2))
    if options.get("alpha") and size == 1:
        options = {}
    sketch = FrequentDirections(sketch_size=size, buffer_size=buffer, svd=svd, **options)
    held(A, sketch.update(A))


@given(seed=seeds, options=st.sampled_from(KINDS), size=st.integers(1, 6))
def test_blocks_of_any_size_give_the_same_bits(seed, options, size):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 60)), int(rng.integers(1, 14))
    A = gallery.stream(gallery.STREAMS[seed % len(gallery.STREAMS)], n, d, rng=rng)
    whole = FrequentDirections(sketch_size=size, **options).update(A)
    cut = FrequentDirections(sketch_size=size, **options)
    for block in np.split(A, np.sort(rng.integers(0, n + 1, 6))):
        cut.update(block)
        if seed % 2 and cut.n_samples:  # looking changes nothing
            cut.result(), cut.top_eigenvector()
    np.testing.assert_array_equal(whole.sketch, cut.sketch)
    assert (whole.shrinkage, whole.rounding) == (cut.shrinkage, cut.rounding)
    assert whole.frobenius_squares == cut.frobenius_squares


@settings(max_examples=25)
@given(seed=seeds, options=st.sampled_from(KINDS), density=st.sampled_from([0.03, 0.15, 0.7]))
def test_sparse_rows(seed, options, density):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 40)), int(rng.integers(1, 30))
    S = sparse.random_array((n, d), density=density, rng=rng, format="csr")
    A = rng.standard_normal((n // 3, d))
    sketch = FrequentDirections(sketch_size=5, **options).update(S).update(A)
    held(np.concatenate([S.toarray(), A]), sketch)
    cut = FrequentDirections(sketch_size=5, **options)
    for i in range(n):
        cut.update(S[[i]])
    np.testing.assert_array_equal(cut.update(A).sketch, sketch.sketch)


def test_sparse_rows_are_never_dense_as_a_whole(monkeypatch):
    shapes = []
    original = sparse.csr_array.toarray

    def seen(self, *args, **kwargs):
        shapes.append(self.shape)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(sparse.csr_array, "toarray", seen)
    S = sparse.random_array((500, 3000), density=0.001, rng=np.random.default_rng(0), format="csr")
    FrequentDirections(sketch_size=10, svd="gram").update(S).result()
    assert shapes
    assert max(n * d for n, d in shapes) <= 10 * 3000  # the sketch, and Gram matrices


@given(seed=seeds, options=st.sampled_from(KINDS), parts=st.integers(2, 5))
def test_merges_keep_the_bounds_of_the_union(seed, options, parts):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 90)), int(rng.integers(1, 14))
    A = gallery.stream(gallery.STREAMS[seed % len(gallery.STREAMS)], n, d, rng=rng)
    A = A * 2.0 ** rng.integers(-400, 400)
    pieces = np.array_split(A, parts)
    made = [FrequentDirections(d, 4, **options).update(piece) for piece in pieces]
    before = [one.sketch for one in made[1:]]
    total = made[0]
    for one in made[1:]:
        assert total.merge(one) is total
    assert total.n_samples == n
    held(A, total)
    for one, sketch in zip(made[1:], before, strict=True):
        np.testing.assert_array_equal(one.sketch, sketch)
    if not options or "variant" not in options:
        sigma = np.linalg.svd(np.ldexp(A, unit(A)), compute_uv=False)
        if "heavy_rows" in options:
            return
        bound = bounds.fd_error_bound(sigma, 4, alpha=options.get("alpha", 1.0))
        error = np.ldexp(total.result().error, 2 * unit(A))
        assert error <= bound + 1e-11 * float(sigma @ sigma)


def test_merging_an_empty_sketch_is_the_identity():
    A = np.random.default_rng(0).standard_normal((50, 7))
    one, other = (FrequentDirections(sketch_size=3).update(A) for _ in range(2))
    np.testing.assert_array_equal(one.merge(FrequentDirections(sketch_size=3)).sketch, other.sketch)
    empty = FrequentDirections(sketch_size=3).merge(other)
    np.testing.assert_array_equal(empty.sketch, other.sketch)
    # and shares no memory with it
    empty.update(A)
    one.update(A)
    np.testing.assert_array_equal(one.sketch, empty.sketch)
    assert other.n_samples == 50


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"sketch_size": 4}, "sketch_size=4"),
        ({"variant": "robust"}, "variant='robust'"),
        ({"alpha": 0.5}, "alpha=0.5"),
        ({"heavy_rows": 2}, "heavy_rows=2"),
        ({"decay": 0.5}, "decay=0.5"),
        ({"n_features": 4}, "n_features=4"),
    ],
)
def test_unlike_sketches_are_not_merged(options, match):
    sketch = FrequentDirections(sketch_size=3).update(np.ones((5, 3)))
    other = FrequentDirections(**{"sketch_size": 3, **options})
    with pytest.raises(InvalidInputError, match=match):
        sketch.merge(other)
    assert sketch.n_samples == 5
    with pytest.raises(InvalidTypeError, match="other"):
        sketch.merge(np.ones((2, 3)))


def test_tight_cases():
    # the identity, a row at a time: Delta = d / (l + 1) with one row of buffer
    sketch = FrequentDirections(sketch_size=4, buffer_size=1).update(np.eye(20))
    assert sketch.result().error == pytest.approx(4.0)
    # l directions and one shrink: the a-priori bound with k = l - 1
    A = np.random.default_rng(0).standard_normal((12, 4))
    sketch = FrequentDirections(sketch_size=4).update(A)
    sigma = np.linalg.svd(A, compute_uv=False)
    assert sketch.result().error == pytest.approx(bounds.fd_error_bound(sigma, 4, 3), rel=1e-12)


def test_isvd_forgets_and_says_so():
    A = np.concatenate([1.0001 * np.eye(10, 11), np.tile(0.999 * np.eye(11)[10], (2000, 1))])
    cut = FrequentDirections(sketch_size=10, buffer_size=1, variant="isvd").update(A)
    shrunk = FrequentDirections(sketch_size=10, buffer_size=1).update(A)
    squares = float(np.sum(A**2))
    assert abs(cut.sketch[:, 10]).max() < 1.1  # some of the last rows, which wait
    assert error_ends(A, cut.sketch)[1] > 0.98 * squares
    assert cut.result().error >= error_ends(A, cut.sketch)[1]
    assert cut.top_eigenvector().status == "uncertified"
    assert error_ends(A, shrunk.sketch)[1] < 2e-3 * squares
    top = shrunk.top_eigenvector()
    assert top.vector[10] ** 2 > 0.999
    assert top.status == "certified"


@pytest.mark.parametrize("size", [5, 8])
def test_few_columns_are_exact(size):
    rng = np.random.default_rng(1)
    A = rng.standard_normal((300, 4)) * [1.0, 1e-5, 1e-10, 1e-15]
    for start in (0, 299):
        sketch = FrequentDirections(sketch_size=size).update(A[: start + 1])
        assert sketch.shrinkage == 0.0
    sketch = FrequentDirections(sketch_size=size).update(A)
    assert sketch.shrinkage == 0.0
    # small directions survive: relative to themselves, not to the largest
    values = np.linalg.svd(sketch.sketch, compute_uv=False)
    np.testing.assert_allclose(values[:3], np.linalg.svd(A, compute_uv=False)[:3], rtol=1e-5)


def test_low_rank_keeps_small_directions_by_svd():
    rng = np.random.default_rng(2)
    Q = np.linalg.qr(rng.standard_normal((30, 3)))[0].T
    A = rng.standard_normal((400, 3)) * [1.0, 1e-4, 1e-9] @ Q
    sigma = np.linalg.svd(A, compute_uv=False)[:3]
    values = np.linalg.svd(FrequentDirections(sketch_size=6).update(A).sketch, compute_uv=False)
    np.testing.assert_allclose(values[:3], sigma, rtol=1e-4)


def test_heavy_rows_are_kept_as_they_are():
    rng = np.random.default_rng(3)
    A = rng.standard_normal((200, 12))
    A[[20, 77, 150]] *= 40.0
    sketch = FrequentDirections(sketch_size=4, heavy_rows=3).update(A)
    B = sketch.sketch
    assert B.shape == (4 - 1 + 3, 12) or B.shape[0] <= 4 + 3
    np.testing.assert_array_equal(B[-3:], A[[20, 77, 150]])
    assert sketch.top_eigenvector().info.details["heavy_rows"] == 3
    light = np.delete(A, [20, 77, 150], axis=0)
    assert sketch.shrinkage <= bounds.fd_error_bound(np.linalg.svd(light, compute_uv=False), 4)


def test_decay():
    rng = np.random.default_rng(4)
    blocks = [rng.standard_normal((7, 6)) for _ in range(40)]
    sketch, faded = FrequentDirections(sketch_size=3, decay=0.8), np.zeros((0, 6))
    halves = [FrequentDirections(sketch_size=3, decay=0.8) for _ in range(2)]
    for i, block in enumerate(blocks):
        sketch.update(block)
        halves[i >= 25].update(block)
        faded = np.concatenate([0.8 * faded, block])
        sketch.update(block[:0])  # no rows, no time
        low, high = error_ends(faded, sketch.sketch)
        assert -low <= float(sketch.result().certificate.below) + 1e-14 * np.sum(faded**2)
        assert high <= sketch.result().error + 1e-14 * np.sum(faded**2)
    assert sketch.n_updates == 40
    merged = halves[0].merge(halves[1])
    assert error_ends(faded, merged.sketch)[1] <= merged.result().error
    assert merged.frobenius_squares == pytest.approx(np.sum(faded**2), rel=1e-12)
    # until what was there is below every number
    for _ in range(4000):
        sketch.update(np.zeros((1, 6)))
    assert sketch.shrinkage < 1e-300
    assert np.isfinite(sketch.update(blocks[0]).top_eigenvector().sin_bound)
    assert error_ends(blocks[0], sketch.sketch)[1] <= sketch.result().error + 1e-13


def test_quadratic_forms():
    A = gallery.stream("decaying", 300, 20, rng=5)
    sketch = FrequentDirections(sketch_size=6).update(A)
    rng = np.random.default_rng(6)
    for x in (*np.eye(20), *rng.standard_normal((20, 20))):
        for c in (1.0, 1e-200, 1e140):
            low, high = sketch.quadratic_form(c * x)
            true = float(np.sum((A @ x) ** 2) * c * c)
            assert low * (1 - 1e-12) <= true <= high * (1 + 1e-12)
            assert high <= true + (sketch.shrinkage * (x @ x) + 1e-9) * c * c + 1e-300
    assert sketch.quadratic_form(np.zeros(20)) == (0.0, 0.0)
    with pytest.raises(InvalidInputError, match="x has 3 entries"):
        sketch.quadratic_form(np.ones(3))


def test_projection_and_subspaces():
    A = gallery.stream("spiked", 500, 15, rng=7) + 0.0
    A[:, :3] *= [9.0, 6.0, 4.0]
    sketch = FrequentDirections(sketch_size=10).update(A)
    V = np.linalg.svd(A)[2]
    for k in (1, 2, 3, 15):
        Q = sketch.components(k)
        sine = np.linalg.norm(Q - Q @ V[:k].T @ V[:k], 2)
        assert sine <= sketch.subspace_sine(k) + 1e-12
        np.testing.assert_allclose(sketch.project(A[:4], k), A[:4] @ Q.T, atol=1e-12)
        np.testing.assert_allclose(
            sketch.project(sparse.csr_array(A[:4]), k), A[:4] @ Q.T, atol=1e-12
        )
    assert sketch.subspace_sine(15) == 0.0
    for k in (0, 16):
        with pytest.raises(InvalidInputError, match="k must satisfy"):
            sketch.components(k)


@given(seed=seeds, options=st.sampled_from((*KINDS, {"decay": 0.7})))
def test_saved_copied_and_pickled_streams_go_on_to_the_last_bit(seed, options, tmp_path_factory):
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((40, 6)) * 10.0 ** rng.integers(-200, 150)
    stream = FrequentDirections(sketch_size=3, nan_policy="omit", **options)
    A[5, 2] = np.nan
    stream.update(A[:17]).update(sparse.csr_array(np.nan_to_num(A[17:20])))
    path = tmp_path_factory.mktemp("state") / "sketch.npz"
    stream.save(path)
    others = [FrequentDirections.load(path), stream.copy(), pickle.loads(pickle.dumps(stream))]
    stream.update(A[20:])
    for other in others:
        other.update(A[20:])
        np.testing.assert_array_equal(stream.sketch, other.sketch)
        for name in ("shrinkage", "rounding", "n_samples", "n_omitted", "n_updates"):
            assert getattr(stream, name) == getattr(other, name)
        assert stream.nan_policy == other.nan_policy
    assert stream.n_samples == 39
    assert stream.n_omitted == 1


def test_files_of_other_kinds_are_refused(tmp_path):
    from linsub.svd import IncrementalSVD

    IncrementalSVD(2).save(tmp_path / "svd.npz")
    with pytest.raises(InvalidInputError, match="frequent-directions"):
        FrequentDirections.load(tmp_path / "svd.npz")
    FrequentDirections(5).save(tmp_path / "empty.npz")
    assert FrequentDirections.load(tmp_path / "empty.npz").n_features == 5


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (np.ones((2, 4)), InvalidInputError, "4 columns"),
        (np.array([[1.0, np.nan, 0.0]]), NonFiniteError, "row 0"),
        (np.ones(3), InvalidInputError, r"X\[None, :\]"),
        (np.ones((2, 3)) * 1j, InvalidTypeError, "complex"),
        (sparse.csr_array([[np.inf, 0.0, 0.0]]), NonFiniteError, "row 0"),
    ],
)
def test_a_failed_update_changes_nothing(X, error, match):
    A = np.random.default_rng(0).standard_normal((40, 3))
    stream, other = (FrequentDirections(sketch_size=2).update(A) for _ in range(2))
    with pytest.raises(error, match=match):
        stream.update(X)
    np.testing.assert_array_equal(stream.update(A).sketch, other.update(A).sketch)


@pytest.mark.parametrize("at", [1, 3])
def test_an_interrupt_changes_nothing(monkeypatch, at):
    A = np.random.default_rng(0).standard_normal((60, 5))
    stream, other = (FrequentDirections(sketch_size=2).update(A[:11]) for _ in range(2))
    original, calls = state_module.shrink, []

    def interrupted(*args):
        calls.append(1)
        if len(calls) == at:
            raise KeyboardInterrupt
        return original(*args)

    with monkeypatch.context() as patched:
        patched.setattr(state_module, "shrink", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stream.update(A[11:])
        calls.clear()
        with pytest.raises(KeyboardInterrupt):
            stream.merge(FrequentDirections(sketch_size=2).update(A[:3]).merge(other).merge(other))
    assert stream.n_samples == 11
    np.testing.assert_array_equal(stream.update(A[11:]).sketch, other.update(A[11:]).sketch)


def test_small_and_odd_streams():
    with pytest.raises(InvalidInputError, match="update"):
        FrequentDirections().result()
    known = FrequentDirections(3)
    B, shift, error = known.result()
    assert B.shape == (0, 3)
    assert (shift, error) == (0.0, 0.0)
    assert known.top_eigenvector().value.tolist() == [0.0, 0.0]
    assert known.top_eigenvector().status == "uncertified"
    assert known.update(np.zeros((0, 3))).update(np.zeros((5, 3))).sketch.shape == (0, 3)
    held(np.zeros((5, 3)), known)
    one = FrequentDirections(sketch_size=1).update([[3]])
    held(np.array([[3.0]]), one)
    assert one.top_eigenvector().sin_bound == 0.0
    held(np.array([[1.0, 2.0]]), FrequentDirections(sketch_size=1).update([[1, 2]]))
    with pytest.raises(InvalidInputError, match="entries"):
        FrequentDirections().update(np.zeros((3, 0)))


def test_extreme_values():
    tiny = np.full((30, 4), 5e-324)
    stream = FrequentDirections(sketch_size=3).update(tiny)
    assert stream.top_eigenvector().sin_bound < 1e-10
    low, high = stream.eigenvalue_intervals(1)[0]
    assert low == 0.0 < high
    huge = np.full((30, 4), 1.7e308)
    stream = FrequentDirections(sketch_size=3).update(huge)
    assert stream.top_eigenvector().sin_bound < 1e-10
    assert stream.eigenvalue_intervals(1)[0].tolist() == [np.finfo(float).max, np.inf]
    with pytest.raises(NumericalError, match="power of two"):
        stream.result()
    both = FrequentDirections(sketch_size=3).update(tiny).update(1e160 * np.eye(4)).update(tiny)
    assert both.n_samples == 64
    assert both.result().error >= 1e320 or np.isinf(both.result().error)
    single = (1e-30 * np.random.default_rng(0).standard_normal((50, 4))).astype(np.float32)
    held(single.astype(float), FrequentDirections(sketch_size=3).update(single))


def test_results_share_no_memory_and_inputs_stay():
    A = np.random.default_rng(0).standard_normal((20, 5))
    kept = A.copy()
    stream = FrequentDirections(sketch_size=20).update(A)
    np.testing.assert_array_equal(A, kept)
    A[:] = 0.0
    B = stream.sketch
    B[:] = 7.0
    top = stream.top_eigenvector()
    top.vector[:] = 0.0
    stream.components(2)[:] = 0.0
    stream.eigenvalue_intervals(2)[:] = 0.0
    held(kept, stream)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"sketch_size": 0}, "sketch_size"),
        ({"n_features": 0}, "n_features"),
        ({"buffer_size": 0}, "buffer_size"),
        ({"variant": "fds"}, "did you mean 'fd'"),
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": 0.5, "variant": "isvd"}, "alpha"),
        ({"heavy_rows": -1}, "heavy_rows"),
        ({"heavy_threshold": -0.1}, "heavy_threshold"),
        ({"decay": 1.5}, "decay"),
        ({"svd": "lapack"}, "svd"),
        ({"nan_policy": "omit_rows"}, "nan_policy"),
    ],
)
def test_options_are_checked(options, match):
    with pytest.raises(InvalidInputError, match=match):
        FrequentDirections(**options)
