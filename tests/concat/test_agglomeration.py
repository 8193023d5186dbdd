"""Agglomeration: merges that do not pay in pairs, and the cut of the tree."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.concat import agglomeration, cluster_matrices
from linsub.concat.cluster_compression import compress


def parts(blocks, keep):
    return [compress(A, float(np.vdot(A, A).real), keep) for A in blocks]


def cost(blocks, members, rank, error):
    """Numbers that one cluster takes, by NumPy's SVD of the blocks side by side."""
    M = np.hstack([blocks[i] for i in members])
    sigma = np.linalg.svd(M, compute_uv=False)
    tails = np.sqrt(np.append(np.cumsum(sigma[::-1] ** 2)[::-1], 0.0))
    k = int(np.argmax(tails <= error * np.linalg.norm(M)))
    return min(k * sum(M.shape), M.size) if k <= rank else M.size


def partitions(items):
    if not items:
        yield []
        return
    first, rest = items[0], items[1:]
    for size in range(len(rest) + 1):
        for others in itertools.combinations(rest, size):
            for more in partitions([i for i in rest if i not in others]):
                yield [[first, *others], *more]


def test_groups_that_do_not_pay_in_pairs_are_found():
    """Columns of a 3-dimensional subspace of R^8: a pair takes 2 (8 + 2) > 16 numbers."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((8, 3)))[0]
    blocks = [Q @ rng.standard_normal((3, 1)) for _ in range(12)]
    assert cost(blocks, [0, 1], 3, 1e-9) == 16
    result = cluster_matrices(blocks, 3, 1e-9)
    assert result.labels.tolist() == [0] * 12
    assert result.compression_ratio == 96 / (3 * 20)


@given(seed=st.integers(0, 2**16), kind=st.sampled_from("dD"))
def test_the_cost_is_that_of_the_clusters_and_near_the_best_of_all_partitions(seed, kind):
    rng = np.random.default_rng(seed)
    m, rank, error = 7, 2, 0.1
    bases = [np.linalg.qr(rng.standard_normal((m, 2)))[0] for _ in range(2)]
    blocks = []
    for _ in range(6):
        A = bases[rng.integers(2)] @ rng.standard_normal((2, int(rng.integers(1, 4))))
        A = A + 0.02 * rng.standard_normal(A.shape)
        blocks.append(A.astype(kind) * (1j if kind == "D" else 1))
    found = agglomeration.agglomerate(parts(blocks, m), m, rank, m, error)
    assert sorted(i for cluster in found.clusters for i in cluster) == list(range(6))
    ours = sum(cost(blocks, cluster, rank, error) for cluster in found.clusters)
    best = min(
        sum(cost(blocks, cluster, rank, error) for cluster in partition)
        for partition in partitions(list(range(6)))
    )
    whole = sum(A.size for A in blocks)
    assert best <= ours <= whole
    # Greedy, and far from the worst: it keeps most of what the best partition saves.
    assert whole - ours >= 0.5 * (whole - best)


def test_compactions_and_few_partners_lose_no_block(monkeypatch):
    rng = np.random.default_rng(2)
    blocks = [rng.standard_normal((6, int(rng.integers(1, 5)))) for _ in range(40)]
    monkeypatch.setattr(agglomeration, "_PARTNERS", 1)
    found = agglomeration.agglomerate(parts(blocks, 6), 6, 4, 6, 0.5)
    assert sorted(i for cluster in found.clusters for i in cluster) == list(range(40))
    assert found.merges > 0
    assert found.joint_spectra < 80


@pytest.mark.parametrize("error", [1e-3, 1e-7])
def test_small_budgets_are_decided_by_svds(error):
    """Both ways to the joint spectra, Gram matrices and SVDs, see the same."""
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(rng.standard_normal((20, 4)))[0]
    noise = error / 3.0
    blocks = [
        Q[:, 2 * (i % 2) :][:, :2] @ rng.standard_normal((2, 5))
        + noise * rng.standard_normal((20, 5))
        for i in range(8)
    ]
    found = agglomeration.agglomerate(parts(blocks, 9), 20, 2, 9, 6 * error)
    assert sorted(map(sorted, found.clusters)) == [[0, 2, 4, 6], [1, 3, 5, 7]]


def test_no_blocks_no_clusters():
    assert agglomeration.agglomerate([], 3, 1, 3, 0.1).clusters == []
