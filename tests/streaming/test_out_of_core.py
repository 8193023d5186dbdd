"""Reductions of a source on any executor: the same bits whoever works."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from scipy import sparse

from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.streaming import FrequentDirections, StreamingCovariance, reduce_stream
from linsub.streaming.sources import pieces
from linsub.svd import IncrementalSVD

ROWS = 100
A = np.random.default_rng(0).standard_normal((1050, 12)) / np.arange(1.0, 13.0)
MAKERS = {
    "fd": partial(FrequentDirections, sketch_size=5, heavy_rows=2),
    "covariance": partial(StreamingCovariance, center=True),
    "svd": partial(IncrementalSVD, 4, keep_left=False),
}


def read(path, start):
    return np.load(path)[start : start + ROWS]


def blocks():
    return [A[i : i + ROWS] for i in range(0, len(A), ROWS)]


def same(first, second):
    for x, y in zip(first.result(), second.result(), strict=True):
        assert (x is None) == (y is None)
        if x is not None:
            np.testing.assert_array_equal(x, y)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    np.save(folder / "A.npy", A)
    return folder / "A.npy"


@pytest.fixture(scope="module")
def alone():
    return {name: reduce_stream(make, A, block_rows=ROWS) for name, make in MAKERS.items()}


def sources(path):
    raw = path.with_suffix(".raw")
    A.tofile(raw)
    mapped = np.memmap(raw, np.float64, "r", shape=A.shape)
    padded = np.memmap(raw, np.float64, "r", shape=A.shape)
    return {
        "array": A,
        "fortran": np.asfortranarray(A),
        "list": A.tolist(),
        "path": path,
        "text path": str(path),
        "npy map": np.load(path, mmap_mode="r"),
        "raw map": mapped,
        "map of changed copies": np.memmap(raw, np.float64, "c", shape=A.shape),
        "map of all rows": padded[:],
        "blocks": blocks(),
        "generator": iter(blocks()),
        "callables": [partial(read, path, i) for i in range(0, len(A), ROWS)],
    }


def test_every_source_gives_the_same(path, alone):
    for name, source in sources(path).items():
        plain = name in ("blocks", "generator", "callables")
        found = reduce_stream(MAKERS["fd"], source, block_rows=None if plain else ROWS)
        assert found.n_samples == len(A), name
        same(found, alone["fd"])
    held = sparse.csr_array(A)
    found = reduce_stream(MAKERS["covariance"], held, block_rows=ROWS)
    np.testing.assert_allclose(found.result().gram, alone["covariance"].result().gram, rtol=1e-12)


def test_parts_of_maps_are_read_where_they_are(path):
    raw = path.with_suffix(".part")
    with raw.open("wb") as file:
        file.write(b"head of 17 bytes.")
        file.write(A.tobytes())
    mapped = np.memmap(raw, np.float64, "r", offset=17, shape=A.shape)
    for part in (mapped, mapped[300:], mapped[300:][:500], mapped[:, 3:], mapped[::2], mapped[0:0]):
        found = [piece.read() for piece in pieces(part, 128)[0]]
        np.testing.assert_array_equal(np.concatenate(found), part)
    names = {type(piece).__name__ for piece in pieces(mapped[300:], 128)[0]}
    assert names == {"_Mapped"}  # one map a piece, and no rows in the messages to workers
    column_major = np.memmap(raw, np.float64, "r", offset=17, shape=A.shape, order="F")
    found = [piece.read() for piece in pieces(column_major, 128)[0]]
    np.testing.assert_array_equal(np.concatenate(found), column_major)


@pytest.mark.parametrize("workers", [1, 3])
def test_threads(path, alone, workers):
    with ThreadPoolExecutor(workers) as executor:
        for name, make in MAKERS.items():
            same(reduce_stream(make, path, block_rows=ROWS, executor=executor), alone[name])


def test_processes(path, alone):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        for name, make in MAKERS.items():
            for source in (path, A):
                found = reduce_stream(make, source, block_rows=ROWS, executor=executor)
                same(found, alone[name])
        bad = A.copy()
        bad[777, 3] = np.nan
        with pytest.raises(NonFiniteError, match="row 77") as caught:
            reduce_stream(MAKERS["fd"], bad, block_rows=ROWS, executor=executor, group=3)
        notes = "\n".join(caught.value.__notes__)
        assert "source[700:800]" in notes
        assert "item 7" in notes


def test_dask_arrays(path, alone):
    array = pytest.importorskip("dask.array")
    lazy = array.from_array(np.load(path, mmap_mode="r"), chunks=(ROWS, 5))
    same(reduce_stream(MAKERS["fd"], lazy), alone["fd"])
    same(reduce_stream(MAKERS["fd"], lazy, block_rows=ROWS), alone["fd"])
    unknown = lazy[lazy[:, 0] > 0.0]
    found = reduce_stream(StreamingCovariance, unknown)
    assert found.n_samples == np.count_nonzero(A[:, 0] > 0.0)
    with pytest.raises(InvalidInputError, match="block_rows"):
        reduce_stream(StreamingCovariance, unknown, block_rows=7)
    with pytest.raises(InvalidInputError, match="2-D"):
        reduce_stream(StreamingCovariance, lazy[:, 0])


@pytest.mark.filterwarnings("ignore")  # of the cluster's own threads and sockets
def test_a_cluster(path, alone):
    distributed = pytest.importorskip("distributed")
    array = pytest.importorskip("dask.array")
    lazy = array.from_array(np.load(path, mmap_mode="r"), chunks=(ROWS, 5))
    # Workers in threads begin at once, and by TCP what they get is pickled all the same.
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": False, "protocol": "tcp"}
    with (
        distributed.LocalCluster(**options, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        executor = client.get_executor()
        same(reduce_stream(MAKERS["fd"], lazy, executor=executor), alone["fd"])
        for name, make in MAKERS.items():
            same(reduce_stream(make, path, block_rows=ROWS, executor=executor), alone[name])


def test_what_was_done_is_not_done_again(tmp_path):
    folder, read_rows = tmp_path / "state", []
    whole = {
        name: reduce_stream(make, A, block_rows=ROWS, group=3) for name, make in MAKERS.items()
    }

    def broken():
        for i, block in enumerate(blocks()):
            if i == 7:
                raise RuntimeError("the power went out")
            yield block

    def rest(i):
        read_rows.append(i)
        return blocks()[i]

    for name, make in MAKERS.items():
        with pytest.raises(RuntimeError, match="power"):
            reduce_stream(make, broken(), group=3, checkpoint=folder / name)
        assert sorted(os.listdir(folder / name)) == ["done-0000000006.npz", "reduction.npz"]
        read_rows.clear()
        again = [partial(rest, i) for i in range(11)]
        found = reduce_stream(make, again, group=3, checkpoint=folder / name)
        same(found, whole[name])
        assert read_rows == [6, 7, 8, 9, 10]
        # and a third time, when all is done
        same(reduce_stream(make, again, group=3, checkpoint=folder / name), whole[name])
        assert len(read_rows) == 5


def test_checkpoints_of_other_reductions_are_refused(tmp_path):
    make, folder = MAKERS["fd"], tmp_path / "state"
    reduce_stream(make, blocks(), group=4, checkpoint=folder)
    with pytest.raises(InvalidInputError, match="group=4"):
        reduce_stream(make, blocks(), group=5, checkpoint=folder)
    with pytest.raises(InvalidInputError, match="block_rows=None"):
        reduce_stream(make, A, block_rows=50, group=4, checkpoint=folder)
    with pytest.raises(InvalidInputError, match="StreamingCovariance"):
        reduce_stream(StreamingCovariance, blocks(), group=4, checkpoint=folder)
    with pytest.raises(InvalidInputError, match="sketch_size=5"):
        reduce_stream(partial(make, sketch_size=6), blocks(), group=4, checkpoint=folder)
    with pytest.raises(InvalidInputError, match="11 pieces and source has 2"):
        reduce_stream(make, blocks()[:2], group=4, checkpoint=folder)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not touch")
    with pytest.raises(InvalidInputError, match="other files"):
        reduce_stream(make, blocks(), checkpoint=tmp_path / "mine")
    with pytest.raises(InvalidTypeError, match="save"):
        reduce_stream(_Sum, blocks(), checkpoint=tmp_path / "sum")


class _Sum:
    """The least that can be reduced."""

    def __init__(self):
        self.total = 0.0

    def update(self, block):
        self.total += float(np.sum(block))

    def merge(self, other):
        self.total += other.total


def test_anything_with_update_and_merge(capsys):
    assert reduce_stream(_Sum, A, block_rows=9).total == pytest.approx(A.sum())
    assert reduce_stream(_Sum, A, block_rows=9, progress=False).total == pytest.approx(A.sum())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("source", "error", "match"),
    [
        ([], InvalidInputError, "empty"),
        ({}, InvalidTypeError, "dict"),
        (7, InvalidTypeError, "int"),
        ("no such file.npy", InvalidInputError, "no file"),
        (np.ones(3), InvalidInputError, "2-D"),
        ([np.ones((2, 3)), np.ones((2, 4))], InvalidInputError, "n_features=4"),
    ],
)
def test_bad_sources(source, error, match):
    with pytest.raises(error, match=match):
        reduce_stream(FrequentDirections, source)


def test_bad_files(tmp_path):
    (tmp_path / "text.npy").write_text("1, 2, 3")
    np.savez(tmp_path / "several.npz", a=A)
    with pytest.raises(InvalidInputError, match="no .npy file"):
        reduce_stream(FrequentDirections, tmp_path / "text.npy")
    with pytest.raises(InvalidInputError, match="several arrays"):
        reduce_stream(FrequentDirections, tmp_path / "several.npz")


def test_bad_options():
    with pytest.raises(InvalidTypeError, match="get_executor"):
        reduce_stream(FrequentDirections, A, executor=4)
    with pytest.raises(InvalidTypeError, match="make must be callable"):
        reduce_stream(FrequentDirections(), A)
    for kind, name in ((list, "update"), (dict, "merge")):
        with pytest.raises(InvalidTypeError, match=f"{kind.__name__}, which has no {name}"):
            reduce_stream(kind, A)
    for name in ("group", "block_rows", "in_flight"):
        with pytest.raises(InvalidInputError, match=name):
            reduce_stream(FrequentDirections, A, **{name: 0})
    with pytest.raises(InvalidTypeError, match="progress"):
        reduce_stream(FrequentDirections, A, progress=1)


def test_no_rows_and_few_rows():
    assert reduce_stream(FrequentDirections, A[:0]).n_samples == 0
    assert reduce_stream(FrequentDirections, A[:1]).n_samples == 1
