"""cluster_matrices: a partition, each part within the budget, and errors that enclose the truth."""

import math
import pickle
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.concat import ClusterResult, cluster_matrices
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.testing import gallery

METHODS = ("agglomerative", "incremental", "residual", "weyl")
SCALES = (1.0, 1e-20, 1e20, 1e-150, 1e150, 1e-300, 1e300)


def wide(A):
    """A in extended precision, whose products call no BLAS."""
    return A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble)


def size(A):
    """Frobenius norm in extended precision, whose range no square leaves."""
    return np.sqrt(np.sum(np.square(np.abs(wide(A)))))


def hold(blocks, result, rank, error):
    """Assert everything that is promised, against the blocks and the factors alone."""
    labels, ranks, upper, lower, ratio = result
    factors = result.factors()
    count = len(factors)
    assert labels.shape == (len(blocks),)
    assert ranks.shape == upper.shape == lower.shape == (count,)
    # Each cluster has a block, and they are numbered in the order of their first ones.
    assert list(dict.fromkeys(labels.tolist())) == list(range(count))
    m, cost = blocks[0].shape[0], 0
    block_errors = np.asarray(result.certificate.block_errors)
    for c, (U, parts) in enumerate(factors):
        members = np.flatnonzero(labels == c)
        assert len(parts) == members.size
        width = sum(blocks[i].shape[1] for i in members)
        if U is None:
            (i,) = members
            assert ranks[c] == -1
            assert np.array_equal(parts[0], blocks[i])
            assert np.array_equal(result.reconstruct(i), blocks[i])
            assert upper[c] == lower[c] == 0.0
            cost += m * width
            continue
        assert 0 <= ranks[c] == U.shape[1] <= rank
        cost += U.shape[1] * (m + width)
        for given_back in ("factors", "reconstruct"):
            square = energy = np.longdouble(0)
            for i, part in zip(members, parts, strict=True):
                if given_back == "factors":
                    near = wide(U) @ wide(part)
                else:
                    near = wide(result.reconstruct(i))
                assert near.shape == blocks[i].shape
                off = size(wide(blocks[i]) - near)
                assert off <= block_errors[i]
                square += off**2
                energy += size(blocks[i]) ** 2
            true = np.sqrt(square / energy) if energy else np.longdouble(0)
            assert lower[c] <= true <= upper[c] <= error
    whole_size = m * sum(A.shape[1] for A in blocks)
    assert ratio == (whole_size / cost if cost else (math.inf if whole_size else 1.0))
    assert ratio >= 1.0
    whole = result.info.details["stored_whole"]
    assert whole == [int(i) for i in np.flatnonzero(ranks[labels] == -1)]
    assert set(result.info.details["over_budget"]) <= set(whole)


@st.composite
def collections(draw, scales=SCALES, dtypes="fdFD"):
    """Blocks of one height that share bases, repeat, vanish, or have nothing in common."""
    m = draw(st.integers(1, 12))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    bases = [haar(rng, m, min(m, draw(st.integers(1, 3))), dtype) for _ in range(2)]
    noise = draw(st.sampled_from([0.0, 1e-12, 1e-3, 0.1]))
    digits = draw(st.integers(0, 12 if dtype.char in "dD" else 6))
    blocks = []
    for _ in range(draw(st.integers(1, 9))):
        kind = draw(st.sampled_from(["shared", "shared", "other", "zero", "hard", "again"]))
        w = draw(st.integers(0, 6))
        if kind == "again" and blocks:
            blocks.append(blocks[draw(st.integers(0, len(blocks) - 1))])
            continue
        if kind == "zero" or w == 0:
            A = np.zeros((m, w), dtype)
        elif kind == "hard":
            A = gallery.matrix("geometric", m, w, cond=10.0**digits, dtype=dtype, rng=rng)
        else:
            Q = bases[kind == "other"]
            A = Q @ gaussian(rng, (Q.shape[1], w), dtype) + noise * gaussian(rng, (m, w), dtype)
        blocks.append(gallery.arrange(A.astype(dtype), draw(st.sampled_from("CFSNR"))))
    limit = 1e30 if dtype.char in "fF" else np.inf
    return scaled(blocks, draw(st.sampled_from([s for s in scales if 1 / limit < s < limit])))


def gaussian(rng, shape, dtype):
    G = rng.standard_normal(shape)
    return G + 1j * rng.standard_normal(shape) if dtype.kind == "c" else G


def haar(rng, m, k, dtype):
    return np.linalg.qr(gaussian(rng, (m, k), dtype))[0]


def scaled(blocks, scale):
    """Every block times a power of two; the same object stays the same object."""
    if scale == 1.0:
        return blocks
    power = 2.0 ** round(np.log2(scale))
    with np.errstate(under="ignore"):
        made = {id(A): A * A.real.dtype.type(power) for A in blocks}
    return [made[id(A)] for A in blocks]


budgets = st.sampled_from([0.0, 1e-14, 1e-9, 1e-6, 1e-3, 0.05, 0.3, 0.9, 1.0 - 1e-9])


@given(
    blocks=collections(),
    rank=st.integers(1, 6),
    error=budgets,
    method=st.sampled_from(METHODS),
    order=st.sampled_from(["residual", "norm"]),
    patience=st.integers(1, 3),
)
def test_every_promise_holds_on_hard_collections(blocks, rank, error, method, order, patience):
    before = [A.copy() for A in blocks]
    result = cluster_matrices(blocks, rank, error, method=method, order=order, patience=patience)
    assert all(np.array_equal(A, B) for A, B in zip(before, blocks, strict=True))
    hold(blocks, result, rank, error)
    kind = np.result_type(*(A.dtype for A in blocks))
    assert all(result.reconstruct(i).dtype == kind for i in range(len(blocks)))


@given(
    blocks=collections(scales=(1.0,)),
    sizes=st.lists(st.sampled_from(SCALES), min_size=9, max_size=9),
    method=st.sampled_from(METHODS),
    error=st.sampled_from([0.0, 1e-6, 0.1, 0.9]),
)
def test_blocks_of_all_sizes_in_one_collection(blocks, sizes, method, error):
    blocks = [A.astype(np.result_type(A.dtype, float)) for A in blocks]
    blocks = [scaled([A], s)[0] for A, s in zip(blocks, sizes, strict=False)]
    hold(blocks, cluster_matrices(blocks, 2, error, method=method), 2, error)


@given(blocks=collections(), seed=st.integers(0, 99), method=st.sampled_from(METHODS))
def test_any_order_of_the_blocks_is_valid(blocks, seed, method):
    order = np.random.default_rng(seed).permutation(len(blocks))
    shuffled = [blocks[i] for i in order]
    hold(shuffled, cluster_matrices(shuffled, 3, 0.1, method=method), 3, 0.1)


@given(blocks=collections(dtypes="dD"), error=budgets, rank=st.integers(1, 6))
def test_a_block_alone_is_stored_at_the_smallest_rank_or_whole(blocks, error, rank):
    A = max(blocks, key=lambda A: A.shape[1])
    result = cluster_matrices([A], rank, error)
    hold([A], result, rank, error)
    m, w = A.shape
    peak = np.abs(A).max(initial=0.0)
    if peak == 0.0:
        assert result.ranks.tolist() == [0]
        return
    sigma = np.linalg.svd(A / peak, compute_uv=False)
    tails = np.append(np.sqrt(np.cumsum(sigma[::-1] ** 2)[::-1]), 0.0) / np.linalg.norm(sigma)
    if np.any(np.abs(tails - error) < 1e-12):
        return  # rounding decides
    k = int(np.argmax(tails <= error))
    expected = k if k <= rank and k * (m + w) < m * w else -1
    assert result.ranks.tolist() == [expected]
    assert (result.info.details["over_budget"] == [0]) == (k > rank)
    assert bool(result.info.notes) == (k > rank)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", "fdFD")
def test_copies_of_a_block_share_its_basis(method, dtype):
    """N copies of a matrix of rank 1: one cluster of rank 1 where the method can see it."""
    rng = np.random.default_rng(0)
    u, v = (gaussian(rng, (20, 1), np.dtype(dtype)) for _ in range(2))
    A = (u @ v[:4].T).astype(dtype)
    blocks = [A] * 12
    result = cluster_matrices(blocks, 2, 1e-4, method=method)
    hold(blocks, result, 2, 1e-4)
    if method in ("agglomerative", "incremental"):
        assert result.labels.tolist() == [0] * 12
        assert result.compression_ratio == 20 * 48 / (20 + 48)


@pytest.fixture(scope="module")
def union():
    """Ten 4-dimensional subspaces of R^64, twenty blocks of four columns in each."""
    rng = np.random.default_rng(0)
    blocks = []
    for _ in range(10):
        Q = np.linalg.qr(rng.standard_normal((64, 4)))[0]
        for _ in range(20):
            noise = 0.01 * rng.standard_normal((64, 4))
            blocks.append(Q @ rng.standard_normal((4, 4)) + noise)
    return blocks


@pytest.mark.parametrize("rank", [4, 8])
def test_a_union_of_subspaces_is_found(union, rank):
    result = cluster_matrices(union, rank, 0.1)
    hold(union, result, rank, 0.1)
    assert result.labels.tolist() == [i // 20 for i in range(200)]
    assert result.ranks.tolist() == [4] * 10
    assert result.compression_ratio == 64 * 800 / (10 * 4 * (64 + 80))  # 8.889


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("order", ["residual", "norm"])
def test_the_published_algorithms_on_the_union(union, method, order):
    result = cluster_matrices(union, 4, 0.1, method=method, order=order)
    hold(union, result, 4, 0.1)
    if (method, order) == ("incremental", "residual"):
        # All subspaces, and one or two blocks that are seeds on their own.
        assert 10 <= len(result.ranks) <= 12
        assert result.compression_ratio > 8.0


@pytest.mark.parametrize("method", METHODS)
def test_a_block_beyond_the_budget_is_stored_whole_and_named(method):
    blocks = [np.eye(10), np.ones((10, 3)), np.ones((10, 3)), 2 * np.eye(10)]
    result = cluster_matrices(blocks, 3, 0.1, method=method)
    hold(blocks, result, 3, 0.1)
    assert result.info.details["over_budget"] == [0, 3]
    assert "blocks 0, 3 exceed the budget" in result.info.notes[0]


@pytest.mark.parametrize("method", METHODS)
def test_a_seed_wider_than_the_rank_does_not_count_in_full(method):
    """The published bound says 0.0011 for this cluster, whose error is 0.8367."""
    rng = np.random.default_rng(0)
    blocks = [2.0 * np.eye(10), *(1e-3 * rng.standard_normal((10, 1)) for _ in range(4))]
    hold(blocks, cluster_matrices(blocks, 3, 0.1, method=method), 3, 0.1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", ["residual", "norm"])
def test_no_block_is_lost_when_nothing_joins_the_seed(method, order):
    """Six single columns at rank 3: the published code keeps one or two of them."""
    blocks = [(6.0 - i) * np.eye(6)[:, i : i + 1] for i in range(6)]
    result = cluster_matrices(blocks, 3, 0.01, method=method, order=order)
    hold(blocks, result, 3, 0.01)


@pytest.mark.parametrize("noise", [1e-9, 1e-11])
@pytest.mark.parametrize("method", METHODS)
def test_errors_far_below_the_root_of_eps_are_seen(method, noise):
    """By subtraction of eigenvalues these errors are reported as zero."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((40, 3)))[0]
    blocks = [
        Q @ rng.standard_normal((3, 5)) + noise * rng.standard_normal((40, 5)) for _ in range(6)
    ]
    result = cluster_matrices(blocks, 3, 1e-6, method=method)
    hold(blocks, result, 3, 1e-6)
    if method in ("agglomerative", "incremental"):
        assert result.ranks.tolist() == [3]
        assert result.lower[0] > noise
        assert result.upper[0] / result.lower[0] < 1.01


@pytest.mark.parametrize("share", [0.55, 0.75, 0.95])
def test_a_budget_within_the_rounding_is_not_met_by_factors(share):
    """A matrix of rank 1 in single precision: its factors are certified to some 1e-6."""
    A = np.outer(np.linspace(1, 2, 30), np.linspace(3, 4, 20)).astype("f")
    certified = float(cluster_matrices([A], 1, 1e-3).upper[0])
    assert 1e-8 < certified < 1e-5
    assert cluster_matrices([A], 1, certified).ranks.tolist() == [1]
    assert cluster_matrices([A], 1, share * certified).ranks.tolist() == [-1]


def test_a_budget_between_noise_and_signal_decides_below_the_root_of_eps():
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(rng.standard_normal((40, 3)))[0]
    blocks = [Q @ rng.standard_normal((3, 5)) for _ in range(6)]
    assert cluster_matrices(blocks, 3, 1e-12).ranks.tolist() == [3]
    other = [A + 1e-10 * rng.standard_normal(A.shape) for A in blocks]
    assert cluster_matrices(other, 3, 1e-12).ranks.tolist() == [-1] * 6


@pytest.mark.parametrize("method", METHODS)
def test_zero_blocks_and_blocks_without_columns_cost_nothing(method):
    blocks = [np.zeros((5, 3)), np.ones((5, 4)), np.zeros((5, 0)), np.zeros((5, 2))]
    result = cluster_matrices(blocks, 2, 0.0, method=method)
    hold(blocks, result, 2, 0.0)
    assert result.labels.tolist() == [0, 1, 0, 0]
    assert result.ranks.tolist() == [0, -1]
    assert cluster_matrices(blocks[2:], 2, 0.5, method=method).compression_ratio == math.inf


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(0, 3), (4, 0), (0, 0)])
def test_empty_blocks(method, shape):
    blocks = [np.zeros(shape), np.zeros(shape)]
    result = cluster_matrices(blocks, 2, 0.1, method=method)
    hold(blocks, result, 2, 0.1)
    assert result.compression_ratio == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_lazy_blocks_and_memory_maps_give_the_same_clusters(method, tmp_path):
    rng = np.random.default_rng(3)
    Q = np.linalg.qr(rng.standard_normal((30, 2)))[0]
    stack = np.stack([Q @ rng.standard_normal((2, 8)) for _ in range(6)] + [np.eye(30, 8)])
    dense = cluster_matrices(list(stack), 2, 1e-6, method=method)
    hold(list(stack), dense, 2, 1e-6)
    mapped = np.memmap(tmp_path / "blocks", dtype=float, mode="w+", shape=stack.shape)
    mapped[:] = stack
    read = []

    def loader(i):
        return lambda: read.append(i) or stack[i]

    for blocks in (mapped, stack, [loader(i) for i in range(7)]):
        result = cluster_matrices(blocks, 2, 1e-6, method=method)
        assert np.array_equal(result.labels, dense.labels)
        assert np.array_equal(result.upper, dense.upper)
        hold(list(stack), result, 2, 1e-6)
    # The one that is stored whole is read again and not copied.
    before = len(read)
    assert np.array_equal(result.reconstruct(6), stack[6])
    assert read[before:] == [6]


def test_the_result_owns_its_memory():
    rng = np.random.default_rng(0)
    blocks = [np.outer(np.ones(9), rng.standard_normal(6)) for _ in range(3)] + [np.eye(9)]
    kept = [A.copy() for A in blocks]
    result = cluster_matrices(blocks, 1, 1e-9)
    for A in blocks:
        A[:] = 7.0
    hold(kept, result, 1, 1e-9)
    for U, parts in result.factors():
        for x in (*parts, *(() if U is None else (U,))):
            x[:] = 0.0
    hold(kept, result, 1, 1e-9)


def test_the_record_survives_pickling_and_being_rebuilt():
    blocks = [np.outer(np.ones(9), np.arange(1.0, 7.0))] * 3 + [np.eye(9)]
    result = cluster_matrices(blocks, 1, 1e-9)
    again = pickle.loads(pickle.dumps(result))
    hold(blocks, again, 1, 1e-9)
    rebuilt = ClusterResult(*result)
    assert rebuilt.certificate is None
    with pytest.raises(InvalidInputError, match="rebuilt from its fields"):
        rebuilt.factors()
    with pytest.raises(InvalidInputError, match="rebuilt from its fields"):
        rebuilt.reconstruct(0)
    assert "method='agglomerative'" in repr(result)
    assert "M_c" in str(result.certificate)


def test_arrays_of_other_libraries_go_out_in_kind_and_survive_pickling():
    xp = pytest.importorskip("array_api_strict")
    blocks = [xp.asarray(np.outer(np.ones(9), np.arange(1.0, 7.0)))] * 3 + [xp.asarray(np.eye(9))]
    result = cluster_matrices(blocks, 1, 1e-9)
    for found in (result, pickle.loads(pickle.dumps(result))):
        (U, parts), (nothing, whole) = found.factors()
        fields = (found.labels, found.ranks, found.upper, found.lower)
        for x in (*fields, U, *parts, *whole, found.reconstruct(0), found.reconstruct(3)):
            assert type(x) is type(blocks[0])
        assert nothing is None
        assert np.allclose(np.asarray(found.reconstruct(2)), np.asarray(blocks[2]), rtol=1e-12)


@pytest.mark.parametrize("i", [-1, 2, 1.0, True, None])
def test_reconstruct_names_a_bad_index(i):
    result = cluster_matrices([np.eye(3), np.ones((3, 2))], 1, 0.1)
    with pytest.raises((InvalidInputError, InvalidTypeError), match=r"^i must"):
        result.reconstruct(i)


def test_coefficients_that_overflow_are_refused_and_the_blocks_come_back():
    A = np.full((40, 30), 1.7e308)
    result = cluster_matrices([A], 1, 1e-6)
    assert result.ranks.tolist() == [1]
    assert np.allclose(result.reconstruct(0) / 1.7e308, 1.0, rtol=1e-12)
    with pytest.raises(NumericalError, match="power of two"):
        result.factors()


def test_long_collections_of_columns():
    """More than one batch of columns in one cluster, and more than one compaction."""
    rng = np.random.default_rng(0)
    A = np.concatenate([np.outer(u, rng.standard_normal(400)) for u in np.eye(8)[:3]], axis=1)
    blocks = [A[:, j : j + 1] for j in rng.permutation(1200)]
    for method in METHODS[:2]:
        result = cluster_matrices(blocks, 2, 0.01, method=method, patience=1)
        hold(blocks, result, 2, 0.01)
    result = cluster_matrices(blocks, 2, 0.01)
    assert len(result.ranks) == 3
    assert result.compression_ratio == 8 * 1200 / (3 * 8 + 1200)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rank": 0}, "rank must satisfy 1 <= rank, got 0"),
        ({"rank": 2.0}, "rank must be an integer"),
        ({"error": 1.0}, "error must satisfy 0.0 <= error < 1.0, got 1"),
        ({"error": -0.1}, "error must satisfy"),
        ({"error": math.nan}, "error must be finite"),
        ({"error": "small"}, "error must be a real number"),
        ({"method": "agglomerate"}, "did you mean 'agglomerative'"),
        ({"order": "size"}, "order must be one of 'residual', 'norm'"),
        ({"patience": 0}, "patience must satisfy 1 <= patience"),
        ({"check_finite": 1}, "check_finite must be True or False"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises((InvalidInputError, InvalidTypeError)) as caught:
        cluster_matrices([np.eye(3)], **{"rank": 1, "error": 0.1, **options})
    assert message in str(caught.value)


def test_bad_blocks_are_named():
    with pytest.raises(InvalidInputError, match="blocks is empty"):
        cluster_matrices([], 1, 0.1)
    with pytest.raises(InvalidInputError, match=r"blocks\[1\] has 3 rows"):
        cluster_matrices([np.eye(2), np.eye(3)], 1, 0.1)
    blocks = [np.eye(3) for _ in range(20)]
    blocks[17][1, 2] = np.nan
    with pytest.raises(NonFiniteError, match=r"blocks\[17\]\[1, 2\] is nan"):
        cluster_matrices(blocks, 1, 0.1)
    with pytest.raises(InvalidTypeError):
        cluster_matrices(iter([np.eye(3)]), 1, 0.1)


def test_progress_is_shown_on_a_terminal_and_nowhere_else(monkeypatch, capsys):
    import io

    from linsub._core import progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(progress, "_INTERVAL", 0.0)
    blocks = [np.eye(4)[:, :2], np.ones((4, 3)), np.eye(4)]
    cluster_matrices(blocks, 2, 0.1)
    assert capsys.readouterr() == ("", "")
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    for method in ("agglomerative", "weyl"):
        cluster_matrices(blocks, 2, 0.1, method=method)
    assert screen.getvalue().count("clustering blocks") > 1
    assert "measuring clusters" in screen.getvalue()


@pytest.mark.parametrize("method", METHODS[1:])
def test_few_blocks_are_held_at_a_time(method):
    """120 blocks of 64 columns each, loaded when they are asked for and let go."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((20, 2)))[0]
    alive, most = set(), 0

    class Tracked(np.ndarray):
        pass

    def loader(i):
        def load():
            nonlocal most
            A = (Q @ np.random.default_rng(i).standard_normal((2, 64))).view(Tracked)
            key = (i, len(alive), id(A))
            alive.add(key)
            weakref.finalize(A, alive.discard, key)
            most = max(most, len(alive))
            return A

        return load

    blocks = [loader(i) for i in range(120)]
    result = cluster_matrices(blocks, 2, 1e-6, method=method, order="norm")
    assert len(result.labels) == 120
    if method == "incremental":
        assert result.ranks.tolist() == [2]
    # A batch of 512 columns, the block that is read, and one that is still referred to.
    assert most <= 512 // 64 + 2
