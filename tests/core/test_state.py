import os
import stat
import zipfile

import numpy as np
import pytest

from linsub._core import state as module
from linsub._core.state import load, save
from linsub.errors import InvalidInputError, InvalidTypeError

STATE = {
    "U": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "S": np.array([1e-310, np.nan, -0.0], dtype="f4"),
    "z": np.array(1 + 2j),
    "empty": np.zeros((0, 3)),
    "swapped": np.arange(3, dtype=">i4"),
    "labels": np.array(["one", "zwei"]),
    "entropy": 2**127 + 1,
    "negative": -5,
    "tol": 0.1,
    "nan": float("nan"),
    "inf": float("-inf"),
    "root": 1j,
    "flag": True,
    "name": "\u03c3 'quoted'\n",
    "nothing": None,
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.state"


def test_round_trip_to_the_last_bit(path):
    save(path, "test", 3, STATE)
    version, loaded = load(path, "test", {2, 3})
    assert version == 3
    assert set(loaded) == set(STATE)
    for name, value in STATE.items():
        if isinstance(value, np.ndarray):
            assert loaded[name].tobytes() == value.tobytes()
            assert loaded[name].dtype == value.dtype
            assert loaded[name].shape == value.shape
            assert loaded[name].flags.writeable
        else:
            assert repr(loaded[name]) == repr(value)


def test_numpy_scalars_become_python_scalars(path):
    save(path, "test", 1, {"a": np.int64(3), "b": np.float32(0.5), "c": np.True_})
    assert load(path, "test", [1])[1] == {"a": 3, "b": 0.5, "c": True}


def test_the_same_state_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save(tmp_path / name, "test", 1, STATE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_numpy_can_open_it(path):
    save(path, "test", 1, STATE)
    with path.open("rb") as file, np.load(file) as archive:
        np.testing.assert_array_equal(archive["U"], STATE["U"])


def test_replaces_the_file_and_leaves_nothing_else(path):
    save(path, "test", 1, {"a": 1})
    save(path, "test", 1, {"a": 2})
    assert load(path, "test", [1])[1] == {"a": 2}
    assert os.listdir(path.parent) == [path.name]


def test_a_failed_save_keeps_the_old_file(path, monkeypatch):
    save(path, "test", 1, {"a": 1})

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(module, "_write", fail)
    with pytest.raises(OSError, match="disk full"):
        save(path, "test", 1, {"a": 2})
    monkeypatch.undo()
    assert load(path, "test", [1])[1] == {"a": 1}
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_the_file_is_as_readable_as_any_other(path):
    other = path.with_name("other")
    other.touch()
    save(path, "test", 1, {})
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


@pytest.mark.parametrize(
    "value",
    [np.array([None]), [1, 2], object(), np.ma.masked_array([1.0]), np.zeros(2, "f4,f4")],
    ids=["object", "list", "instance", "masked", "structured"],
)
def test_refuses_what_would_need_pickle(path, value):
    with pytest.raises(InvalidTypeError, match=r"state\['x'\] is"):
        save(path, "test", 1, {"x": value})
    assert not path.exists()


@pytest.mark.parametrize("name", ["../x", "a b", "", "__linsub__", 3])
def test_refuses_odd_names(path, name):
    with pytest.raises(InvalidTypeError, match="name in a state must be an identifier"):
        save(path, "test", 1, {name: 1})


def test_refuses_another_kind(path):
    save(path, "sketch", 1, {})
    with pytest.raises(InvalidInputError, match="holds the state of 'sketch', and 'svd' was"):
        load(path, "svd", [1])


def test_refuses_versions_it_does_not_know(path):
    save(path, "svd", 3, {})
    with pytest.raises(InvalidInputError, match=r"version 3 .* reads 1, 2; .* newer linsub"):
        load(path, "svd", [1, 2])
    with pytest.raises(InvalidInputError, match=r"version 3 .* reads 4; convert it"):
        load(path, "svd", [4])


def test_refuses_a_newer_file_format(path, monkeypatch):
    monkeypatch.setattr(module, "_FORMAT", 2)
    save(path, "svd", 1, {})
    monkeypatch.undo()
    with pytest.raises(InvalidInputError, match=r"file format 2 .* reads 1; .* newer linsub"):
        load(path, "svd", [1])


def test_refuses_foreign_files(path):
    path.write_bytes(b"not a zip archive")
    with pytest.raises(InvalidInputError, match="no state file at all"):
        load(path, "svd", [1])
    with path.open("wb") as file:
        np.savez(file, U=np.eye(2))
    with pytest.raises(InvalidInputError, match="no state saved by linsub"):
        load(path, "svd", [1])
    path.write_bytes(b"")
    with pytest.raises(InvalidInputError, match="no state file at all"):
        load(path, "svd", [1])
    with pytest.raises(FileNotFoundError):
        load(path.with_name("absent"), "svd", [1])


def test_never_unpickles(path):
    save(path, "svd", 1, {"x": np.arange(3)})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__linsub__.npy", members["__linsub__.npy"])
        with archive.open("x.npy", "w") as member:
            np.lib.format.write_array(member, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInputError, match="damaged"):
        load(path, "svd", [1])


def test_every_truncation_is_noticed(path):
    save(path, "svd", 1, {"x": np.arange(50), "n": 3})
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidInputError):
            load(path, "svd", [1])


def test_a_flipped_bit_in_the_data_is_noticed(path):
    array = np.arange(50.0)
    save(path, "svd", 1, {"x": array})
    whole = bytearray(path.read_bytes())
    at = bytes(whole).index(array.tobytes())
    for offset in range(0, array.nbytes, 9):
        damaged = whole.copy()
        damaged[at + offset] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(InvalidInputError, match="damaged"):
            load(path, "svd", [1])


def test_an_exchanged_array_is_noticed(path):
    save(path, "svd", 1, {"x": np.arange(3)})
    with zipfile.ZipFile(path) as archive:
        manifest = archive.read("__linsub__.npy")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__linsub__.npy", manifest)
        with archive.open("x.npy", "w") as member:
            np.lib.format.write_array(member, np.arange(4))
    with pytest.raises(InvalidInputError, match="x is not as listed"):
        load(path, "svd", [1])
