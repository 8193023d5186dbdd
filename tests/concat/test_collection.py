"""The boundary for collections: what is read, how often, at which scale, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from scipy import sparse

from linsub.concat.collection import Collection, collect
from linsub.concat.panels import ConcatenatedOperator, block_sums, panels, split_columns
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from tests.concat.collections_of_matrices import collections, joined


@given(blocks=collections())
def test_every_block_is_there_at_one_scale(blocks):
    c = collect(blocks)
    M, exponent = joined(blocks)
    assert len(c) == len(blocks)
    assert c.height == blocks[0].shape[0]
    assert c.widths == [A.shape[1] for A in blocks]
    assert c.width == M.shape[1]
    assert c.dtype == blocks[0].dtype
    assert np.log2(c.scale) == int(np.log2(c.scale))
    found = np.concatenate(list(c), axis=1)
    assert found.dtype == c.dtype
    # scale M and M / 2^exponent are the same up to the limits of the type
    assert np.array_equal(found, (M * (c.scale * 2.0**exponent)).astype(c.dtype))
    wide = found.astype(np.complex128 if c.dtype.kind == "c" else float)
    sums = [float(np.sum(np.abs(part) ** 2)) for part in np.split(wide, np.cumsum(c.widths), 1)]
    assert np.allclose(c.squares, sums[: len(c)], rtol=1e-12, atol=0)


def test_the_largest_entry_is_near_one():
    for peak in (1e-300, 1e-20, 1.0, 1e300, 5e-324, 1.7e308):
        c = collect([np.full((3, 2), peak), np.full((3, 1), peak / 3)])
        assert c.squares[0] > 0.0
        if 1e-300 <= peak <= 1e300:
            assert 0.5 <= np.max(np.abs(c.block(0))) < 1.0
    assert collect([np.zeros((3, 2))]).scale == 1.0
    assert collect([np.zeros((3, 0))]).scale == 1.0


def test_blocks_of_many_kinds_become_one():
    A = np.arange(12.0).reshape(4, 3)
    blocks = [
        A.astype(np.float32),
        sparse.csr_array(A),
        sparse.coo_matrix(A),
        A.astype(int),
        lambda: A,
        lambda: sparse.csc_array(A),
        A.tolist(),
        np.asfortranarray(A)[::-1][::-1],
    ]
    c = collect(blocks)
    assert c.dtype == np.float64
    assert all(np.array_equal(block / c.scale, A) for block in c)
    assert collect([A, A.astype(np.complex64)]).dtype == np.complex128
    assert collect([A.astype("f2"), A.astype("f4")]).dtype == np.float32


def test_a_stack_and_a_sequence_of_ones_own():
    stack = np.random.default_rng(0).standard_normal((5, 4, 3))
    c = collect(stack)
    assert len(c) == 5
    assert np.array_equal(c.block(3) / c.scale, stack[3])

    class Loader:
        def __len__(self):
            return 5

        def __getitem__(self, i):
            return stack[i]

    assert np.array_equal(np.stack(list(collect(Loader()))), np.stack(list(c)))
    ragged = np.empty(2, object)
    ragged[:] = [stack[0], stack[1][:, :2]]
    assert collect(ragged).widths == [3, 2]


def test_the_same_object_counts_twice():
    A = np.ones((3, 2))
    c = collect([A, A])
    assert len(c) == 2
    assert c.width == 4
    assert c.squares.tolist() == [c.squares[0]] * 2


def test_lazy_blocks_are_called_once_a_reading():
    calls = []

    def load(i):
        def make():
            calls.append(i)
            return np.full((4, i), float(i))

        return make

    c = collect([load(i) for i in range(4)])
    assert calls == [0, 1, 2, 3]
    list(c)
    assert calls == [0, 1, 2, 3] * 2


def test_a_collection_is_a_collection():
    c = collect([np.eye(2)])
    assert collect(c) is c
    assert isinstance(c, Collection)
    assert "1 blocks, 2 x 2" in repr(c)


@pytest.mark.parametrize(
    ("later", "error", "text"),
    [
        (np.ones((4, 2)), InvalidInputError, r"blocks\[1\] did not repeat itself.*\(4, 3\)"),
        (np.ones((5, 3)), InvalidInputError, "did not repeat itself"),
        (np.ones((4, 3)) + 0j, InvalidInputError, "complex128"),
        (np.full((4, 3), np.nan), NonFiniteError, r"blocks\[1\]\[0, 0\] is nan"),
    ],
)
def test_a_callable_that_changes_is_refused(later, error, text):
    answers = iter([np.ones((4, 3)), later])
    c = collect([np.ones((4, 1)), lambda: next(answers)])
    with pytest.raises(error, match=text):
        c.block(1)


BAD = np.ones((3, 4))
BAD[2, 3] = np.nan


@pytest.mark.parametrize(
    ("blocks", "error", "text"),
    [
        ([], InvalidInputError, "blocks is empty"),
        ((), InvalidInputError, "blocks is empty"),
        (np.ones((0, 3, 3)), InvalidInputError, "blocks is empty"),
        (np.ones((3, 3)), InvalidInputError, r"shape \(3, 3\).*\[blocks\]"),
        (np.ones(3), InvalidInputError, r"shape \(3,\)"),
        (np.float64(1.0), InvalidInputError, r"shape \(\)"),
        ({}, InvalidTypeError, "mapping"),
        ({1, 2}, InvalidTypeError, "set"),
        (None, InvalidTypeError, "NoneType"),
        ("blocks", InvalidTypeError, "str"),
        (b"blocks", InvalidTypeError, "bytes"),
        (1.0, InvalidTypeError, "float"),
        (list, InvalidTypeError, "class list"),
        ((A for A in [np.eye(2)]), InvalidTypeError, "generator.*list"),
        (iter([np.eye(2)]), InvalidTypeError, "iterator"),
        (sparse.csr_array(np.eye(2)), InvalidInputError, "one array"),
        ([np.eye(2), np.ones(2)], InvalidInputError, r"blocks\[1\] must be 2-D"),
        ([np.eye(2), np.eye(3)], InvalidInputError, r"blocks\[1\] has 3 rows, blocks\[0\] has 2"),
        ([np.eye(3)] * 17 + [BAD], NonFiniteError, r"blocks\[17\]\[2, 3\] is nan"),
        ([lambda: BAD], NonFiniteError, r"blocks\[0\]\[2, 3\] is nan"),
        ([sparse.csr_array(BAD)], NonFiniteError, r"blocks\[0\]\[2, 3\] is nan"),
        ([np.eye(2), "A"], InvalidInputError, r"blocks\[1\]"),
        ([np.eye(2), None], InvalidTypeError, r"blocks\[1\]"),
        ([np.eye(2), np.ndarray], InvalidTypeError, r"blocks\[1\] is the class"),
        ([np.eye(2), np.eye(2).astype(np.longdouble)], InvalidTypeError, r"blocks\[1\]"),
        ([sparse.csr_array(np.eye(2)).astype(np.longdouble)], InvalidTypeError, r"blocks\[0\]"),
        (
            [sparse.linalg.aslinearoperator(np.eye(2))],
            InvalidTypeError,
            r"blocks\[0\] is a LinearOperator",
        ),
        ([np.ma.masked_less(np.eye(2), 0.5)], InvalidTypeError, r"blocks\[0\] is a masked"),
        ([iter([1.0])], InvalidTypeError, r"blocks\[0\] is a one-shot"),
        ([[np.eye(2)]], InvalidInputError, r"blocks\[0\] must be 2-D"),
    ],
)
def test_what_is_no_collection_is_refused_by_name(blocks, error, text):
    with pytest.raises(error, match=text):
        collect(blocks)


def test_without_the_check_nan_passes():
    c = collect([BAD], check_finite=False)
    assert np.isnan(c.block(0)).any()


# Panels.


@given(blocks=collections(dtypes="dF"))
def test_panels_are_every_column_once(blocks):
    c = collect(blocks)
    M = np.concatenate(list(c), axis=1)
    for width in (1, 2, 5, 100):
        for whole in (False, True):
            read = list(panels(c, "test", width=width, whole=whole))
            starts = [start for start, _ in read]
            assert starts == np.cumsum([0] + [P.shape[1] for _, P in read])[:-1].tolist()
            assert all(P.shape[1] > 0 for _, P in read)
            if read:
                assert np.array_equal(np.concatenate([P for _, P in read], axis=1), M)
            if whole:  # no block is cut
                assert set(starts) <= {0, *np.cumsum(c.widths).tolist()}
            else:
                assert all(P.shape[1] == width for _, P in read[:-1])


def test_a_block_that_is_too_large_is_cut(monkeypatch):
    from linsub.concat import panels as module

    monkeypatch.setattr(module, "_WHOLE_ENTRIES", 24)
    A = np.arange(80.0).reshape(4, 20)
    read = list(panels(collect([A, A[:, :1]]), "test", width=2, whole=True))
    assert [P.shape[1] for _, P in read] == [6, 6, 6, 2, 1]


@given(blocks=collections(dtypes="dD"))
def test_the_operator_multiplies_and_sums_belong_to_blocks(blocks):
    c = collect(blocks)
    M = np.concatenate(list(c), axis=1)
    rng = np.random.default_rng(0)
    op = ConcatenatedOperator(c)
    X, Y = rng.standard_normal((c.width, 2)), rng.standard_normal((c.height, 2))
    assert np.allclose(op.matmat(X.astype(c.dtype)), M @ X, rtol=0, atol=1e-13)
    assert np.allclose(op.rmatmat(Y.astype(c.dtype)), M.conj().T @ Y, rtol=0, atol=1e-13)
    assert op.reads == 2
    sums = block_sums(c, np.sum(np.abs(M) ** 2, axis=0))
    assert np.allclose(sums, c.squares, rtol=1e-12)
    parts = split_columns(c, M)
    assert all(np.array_equal(part, A) for part, A in zip(parts, c, strict=True))
    assert all(part.base is None for part in parts)


def test_a_lazy_block_whose_norm_changes_is_refused_when_it_is_read():
    size = [1.0]
    A = np.arange(12.0).reshape(4, 3)
    blocks = collect([lambda: A * size[0], A])
    assert np.array_equal(blocks.original(0), A)
    size[0] = 3.0
    with pytest.raises(InvalidInputError, match=r"blocks\[0\] did not repeat itself.*norm"):
        blocks.block(0)


def test_stacks_of_the_array_api():
    xp = pytest.importorskip("array_api_strict")
    stack = np.arange(24.0).reshape(2, 4, 3)
    blocks = collect(xp.asarray(stack))
    assert [np.array_equal(blocks.original(i), stack[i]) for i in range(2)] == [True, True]
