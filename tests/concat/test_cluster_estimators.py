"""What is known of a growing cluster is an upper bound of its error, in each of the three ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.concat.cluster_compression import compress, compress_blocks, join
from linsub.concat.cluster_estimators import IncrementalEstimate, ResidualEstimate, WeylEstimate
from linsub.concat.collection import collect

ESTIMATES = (IncrementalEstimate, ResidualEstimate, WeylEstimate)


def true_error(blocks, rank):
    M = np.hstack(blocks)
    sigma = np.linalg.svd(M, compute_uv=False)
    norm = np.linalg.norm(sigma)
    return np.linalg.norm(sigma[rank:]) / norm if norm else 0.0


def drawn(seed, kind="d"):
    """Blocks of falling size, some of them wide, most of them near one subspace."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 10))
    Q = np.linalg.qr(rng.standard_normal((m, min(2, m))))[0]
    blocks = []
    for i in range(int(rng.integers(2, 7))):
        w = int(rng.integers(1, 7))
        A = Q @ rng.standard_normal((Q.shape[1], w)) + 0.2 * rng.standard_normal((m, w))
        blocks.append((A * rng.uniform(0.1, 0.9) ** i * (1j if kind == "D" else 1)).astype(kind))
    return blocks, int(rng.integers(1, 5))


@given(
    seed=st.integers(0, 2**16),
    estimate=st.sampled_from(ESTIMATES),
    error=st.sampled_from([0.05, 0.2, 0.4, 0.7, 0.95]),
    seeds=st.integers(1, 2),
    kind=st.sampled_from("dD"),
)
def test_what_is_taken_in_is_within_the_budget(seed, estimate, error, seeds, kind):
    blocks, rank = drawn(seed, kind)
    found = estimate(collect(blocks), rank, error, rank + 1)
    members = list(range(seeds))
    if not found.start(members):
        if estimate is IncrementalEstimate:
            assert true_error([blocks[i] for i in members], rank) > error * (1 - 1e-9)
        return
    assert true_error([blocks[i] for i in members], rank) <= error * (1 + 1e-9)
    for i in range(seeds, len(blocks)):
        if found.add(i):
            members.append(i)
            assert true_error([blocks[j] for j in members], rank) <= error * (1 + 1e-9)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_a_refused_block_leaves_no_trace(estimate):
    """A large foreign block is refused, and what fits afterwards is still taken."""
    e = np.eye(6)
    blocks = [e[:, :1], 0.3 * e[:, 1:3], 0.01 * e[:, 3:4]]
    found = estimate(collect(blocks), 1, 0.05, 3)
    assert found.start([0])
    assert not found.add(1)
    assert found.add(2)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_the_seed_counts_only_as_far_as_the_rank_goes(estimate):
    blocks = [2.0 * np.eye(10), 1e-3 * np.ones((10, 1))]
    assert not estimate(collect(blocks), 3, 0.8366, 8).start([0])
    assert estimate(collect(blocks), 3, 0.8367, 8).start([0])  # sqrt(0.7)


@given(seed=st.integers(0, 2**16), keep=st.integers(1, 8))
def test_chains_and_trees_know_what_they_dropped(seed, keep):
    blocks, _ = drawn(seed)
    squares = [float(np.vdot(A, A)) for A in blocks]
    tree = compress(blocks[0], squares[0], keep)
    for A, square in zip(blocks[1:], squares[1:], strict=True):
        tree = join(tree, compress(A, square, keep), keep)
    collection = collect(blocks)
    chain = compress_blocks(collection, range(len(blocks)), keep)
    for state, scale in ((tree, 1.0), (chain, collection.scale)):
        M = scale * np.hstack(blocks)
        sigma = np.append(np.linalg.svd(M, compute_uv=False), np.zeros(20))
        assert np.isclose(np.sum(state.S**2) + state.dropped, np.sum(sigma**2), rtol=1e-12)
        assert np.isclose(state.energy, np.sum(sigma**2), rtol=1e-12)
        assert state.width == M.shape[1]
        gram = M @ M.T - (state.U * state.S**2) @ state.U.T
        assert np.isclose(np.trace(gram), state.dropped, atol=1e-12 * state.energy)
        assert np.linalg.norm(gram, 2) <= state.peak + 1e-12 * state.energy
        rank = min(keep, 4)
        lower, upper = state.tails(rank)
        true = np.array([np.sum(sigma[k:] ** 2) for k in range(rank + 1)])
        assert np.all(lower <= true + 1e-12 * state.energy)
        assert np.all(true <= upper + 1e-12 * state.energy)


@pytest.mark.parametrize("estimate", ESTIMATES)
def test_energy_inside_the_span_adds_up(estimate):
    """Directions that the seed spans and the rank has no room for: all three are tight."""
    e = np.eye(5)
    blocks = [np.diag([1.0, 1e-9, 1e-9, 1e-9, 0.0])[:, :4], *(0.3 * e[:, [i]] for i in (1, 2, 3))]
    found = estimate(collect(blocks), 1, 0.4, 5)
    assert found.start([0])
    assert found.add(1)  # sqrt(0.09 / 1.09) = 0.287
    assert found.add(2)  # sqrt(0.18 / 1.18) = 0.391
    assert not found.add(3)  # sqrt(0.27 / 1.27) = 0.461
