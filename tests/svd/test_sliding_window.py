"""The SVD of a window against that of the blocks in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, NonFiniteError
from linsub.svd import IncrementalSVD, SlidingWindowSVD
from linsub.testing import gallery
from tests.svd.test_incremental import held


@given(
    seed=st.integers(0, 2**32 - 1),
    window=st.integers(1, 6),
    axis=st.sampled_from([0, 1]),
    center=st.booleans(),
)
def test_the_window_is_what_it_holds(seed, window, axis, center):
    rng = np.random.default_rng(seed)
    found = SlidingWindowSVD(window, 4, center=center, keep_left=True, keep_right=True)
    blocks = []
    for i in range(13):
        width = int(rng.integers(0 if i else 1, 6))
        # a block far larger than the rest leaves nothing behind when it has left
        block = gallery.matrix("polynomial", 9, max(width, 1), cond=1e2, rng=i)[:, :width]
        block = block * (1e8 if i == 3 else 1.0)
        block = block if axis == 1 else block.T
        blocks = [*blocks, block][-window:]
        found.update(block, axis=axis)
        assert len(found) == len(blocks)
        A = np.concatenate(blocks, axis=axis)
        if center and A.shape[axis]:
            A = A - A.mean(axis=axis, keepdims=True)
        held(A, found.result())


def test_a_failed_update_changes_nothing():
    found = SlidingWindowSVD(2, 2)
    for _ in range(3):
        found.update(np.eye(3))
    before = found.result()
    with pytest.raises(NonFiniteError):
        found.update(np.full((1, 3), np.nan))
    with pytest.raises(InvalidInputError):
        found.update(np.eye(4))
    with pytest.raises(InvalidInputError, match="one axis"):
        found.update(np.eye(3), axis=1)
    assert len(found) == 2
    assert np.array_equal(found.result().S, before.S)
    with pytest.raises(InvalidInputError, match="window"):
        SlidingWindowSVD(0)
    with pytest.raises(InvalidInputError, match="no block yet"):
        SlidingWindowSVD(2).result()


def test_an_interrupt_leaves_the_window(monkeypatch):
    rng = np.random.default_rng(0)
    window = SlidingWindowSVD(3, 2)
    for _ in range(3):
        window.update(rng.standard_normal((4, 5)))
    before = window.result().S
    merge, calls = IncrementalSVD.merge, []

    def interrupted(self, other):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return merge(self, other)

    monkeypatch.setattr(IncrementalSVD, "merge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        window.update(rng.standard_normal((4, 5)))
    monkeypatch.undo()
    assert (len(window), window.n_updates) == (3, 3)
    assert np.array_equal(window.result().S, before)
