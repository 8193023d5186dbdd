"""The covariance of a stream against extended precision."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from linsub._core.dense.gram import add_gram
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.streaming import StreamingCovariance
from linsub.streaming import covariance_state as state_module
from linsub.testing import gallery

seeds = st.integers(0, 2**32 - 1)
WIDE = np.longdouble


def exact(A, center):
    wide = np.asarray(A, WIDE)
    wide = wide - wide.mean(axis=0) if center else wide
    return wide.T @ wide


def held(A, stream, scale=0):
    """Assert that the stream of 2^scale A is what it says, in the unit of A."""
    G, mean, n = result = stream.result()
    assert n == len(A)
    units = WIDE(2) ** (-2 * scale)
    error = np.linalg.norm((np.asarray(G, WIDE) * units - exact(A, stream.center)).astype(float), 2)
    carried = float(float(result.certificate.spectral_error) * units)
    assert error <= carried
    squares = float(np.sum(np.square(A)))
    assert carried <= 1e-12 * squares
    np.testing.assert_array_equal(G, G.T)
    assert (mean is None) != stream.center
    if stream.center:
        np.testing.assert_allclose(
            np.ldexp(mean, -scale), A.mean(axis=0), atol=1e-13 * squares**0.5
        )
    lam, V = np.linalg.eigh(exact(A, stream.center).astype(float))
    ends = np.asarray(stream.eigenvalue_intervals(A.shape[1]), WIDE) * units
    assert np.all(ends[:, 0] <= lam[::-1] + 1e-14 * squares)
    assert np.all(lam[::-1] <= ends[:, 1] + 1e-14 * squares)
    top = stream.top_eigenvector()
    gap = lam[-1] - lam[-2] if lam.size > 1 else 1.0
    if gap > 1e-8 * squares:
        v = V[:, -1]
        assert (
            np.linalg.norm(top.vector - v * (v @ top.vector))
            <= top.sin_bound + 1e-14 * squares / gap
        )


@given(
    seed=seeds,
    kind=st.sampled_from(gallery.STREAMS),
    center=st.booleans(),
    scale=st.sampled_from([0, -500, 480]),
)
def test_the_error_is_what_is_carried(seed, kind, center, scale):
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(1, 120)), int(rng.integers(1, 14))
    A = gallery.stream(kind, n, d, rng=rng)
    A /= max(np.abs(A).max(), 1e-300)
    A += 5.0 * (seed % 2)
    B = np.ldexp(A, scale)
    stream, cut = (StreamingCovariance(center=center) for _ in range(2))
    held(A, stream.update(B), scale)
    for block in np.split(B, np.sort(rng.integers(0, n + 1, 5))):
        cut.update(block)
        if cut.n_samples:
            cut.result()
    np.testing.assert_array_equal(cut.result().gram, stream.result().gram)
    parts = [StreamingCovariance(d, center=center).update(p) for p in np.array_split(B, 3)]
    held(A, parts[0].merge(parts[1].merge(parts[2])), scale)
    held(A, StreamingCovariance(center=center).update(sparse.csr_array(B)), scale)


@given(seed=seeds, center=st.booleans())
def test_saved_copied_and_pickled_streams_go_on_to_the_last_bit(seed, center, tmp_path_factory):
    A = np.random.default_rng(seed).standard_normal((150, 5)) * 1e-170
    A[3, 1] = np.inf
    stream = StreamingCovariance(center=center, nan_policy="omit").update(A[:70])
    path = tmp_path_factory.mktemp("state") / "gram.npz"
    stream.save(path)
    others = [StreamingCovariance.load(path), stream.copy(), pickle.loads(pickle.dumps(stream))]
    stream.update(A[70:])
    for other in others:
        np.testing.assert_array_equal(other.update(A[70:]).components(2), stream.components(2))
        assert (other.n_samples, other.n_omitted, other.center) == (149, 1, center)


def test_numpy_says_the_same():
    A = np.random.default_rng(0).standard_normal((1000, 6)) + 100.0
    gram, mean, n = StreamingCovariance(center=True).update(A).result()
    np.testing.assert_allclose(gram / (n - 1), np.cov(A.T), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(mean, A.mean(axis=0), rtol=1e-14)


def test_an_interrupt_changes_nothing(monkeypatch):
    A = np.random.default_rng(0).standard_normal((200, 3))
    stream, other = (StreamingCovariance().update(A[:40]) for _ in range(2))
    original, calls = state_module.add_gram, []

    def interrupted(*args):
        calls.append(1)
        original(*args)
        if len(calls) == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(state_module, "add_gram", interrupted)
        with pytest.raises(KeyboardInterrupt):
            stream.update(A[40:])
    assert stream.n_samples == 40
    more = [one.update(A[40:]).result().gram for one in (stream, other)]
    np.testing.assert_array_equal(*more)


def test_odd_streams_and_bad_input():
    with pytest.raises(InvalidInputError, match="update"):
        StreamingCovariance().result()
    empty = StreamingCovariance(3, center=True)
    assert empty.result().gram.tolist() == np.zeros((3, 3)).tolist()
    held(np.array([[1.0, 2.0, 3.0]]), empty.update([[1, 2, 3]]))
    assert empty.top_eigenvector().value.tolist()[0] == 0.0
    one = StreamingCovariance().update([[2.0]])
    assert one.top_eigenvector().sin_bound == 0.0
    with pytest.raises(InvalidInputError, match="center=False"):
        empty.merge(one)
    with pytest.raises(InvalidInputError, match="n_features=1"):
        StreamingCovariance(2).merge(one)
    with pytest.raises(InvalidTypeError, match="other"):
        one.merge(np.ones((1, 1)))
    with pytest.raises(NonFiniteError, match="row 0"):
        one.update([[np.nan]])
    assert one.result().gram.tolist() == [[4.0]]
    with pytest.raises(InvalidInputError, match="k must satisfy"):
        one.components(2)
    huge = StreamingCovariance().update(np.full((3, 2), 1e200))
    assert huge.eigenvalue_intervals(1)[0].tolist() == [np.finfo(float).max, np.inf]
    assert huge.top_eigenvector().sin_bound < 1e-10
    with pytest.raises(NumericalError, match="power of two"):
        huge.result()
    tiny = StreamingCovariance().update(np.full((3, 2), 5e-324)).update([[1e150, 0.0]])
    assert tiny.top_eigenvector().sin_bound < 1e-10


def test_the_product_is_added_in_place():
    rng = np.random.default_rng(0)
    G, X = np.zeros((5, 5), order="F"), rng.standard_normal((7, 5))
    add_gram(G, X)
    add_gram(G, X[:0])
    np.testing.assert_allclose(np.triu(G), np.triu(X.T @ X))
    assert not np.tril(G, -1).any()
    C = np.zeros((5, 5))  # of the other order: BLAS works on a copy, which comes back
    add_gram(C, X)
    np.testing.assert_allclose(np.triu(C), np.triu(X.T @ X))
