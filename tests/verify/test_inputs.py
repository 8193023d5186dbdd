from __future__ import annotations

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError, LinsubError, NonFiniteError
from linsub.verify import inputs
from linsub.verify.cases import input_ranks, reference_spectrum
from linsub.verify.inputs import read_matrix

A = np.arange(6.0).reshape(2, 3)


def test_npy_and_npz_and_arrays(tmp_path):
    np.save(tmp_path / "a.npy", A)
    np.savez(tmp_path / "one.npz", A=A)
    np.savez_compressed(tmp_path / "two.npz", A=A, B=2 * A)
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    assert np.array_equal(read_matrix(tmp_path / "a.npy").A, A)
    assert np.array_equal(read_matrix(str(one)).A, A)
    assert np.array_equal(read_matrix(f"{two}:B").A, 2 * A)
    assert np.array_equal(read_matrix(two, key="B").A, 2 * A)
    assert np.array_equal(read_matrix(A.tolist()).A, A)
    assert read_matrix(f"{two}:B").argument == f"{two}:B"
    with pytest.raises(InvalidInputError, match=r"2 arrays \(A, B\); name one as .*two.npz:A"):
        read_matrix(two)
    with pytest.raises(InvalidInputError, match="no array 'C'; it has A, B"):
        read_matrix(two, key="C")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("i8", "f8"), ("?", "f8"), ("f2", "f4"), ("f4", "f4"), (">f8", "f8"), ("c8", "c8")],
)
def test_dtypes_are_kept_where_lapack_has_them(given, expected):
    found = read_matrix(A.astype(given)).A
    assert found.dtype == np.dtype(expected)
    assert found.dtype.isnative


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,1,2\n3,4,5\n", A),
        ("a,b,c\n0,1,2\n3,4,5", A),
        ("0;1;2\n\n3;4;5\n", A),
        ("# made by hand\n0 1 2\n3  4 5\n", A),
        ("\ufeff0\t1\t2\r\n3\t4\t5\r\n", A),
        ("0,1,2,\n3,4,5,\n", A),
        ("1e-3\n2E5\n", [[1e-3], [2e5]]),
    ],
)
def test_text_files(tmp_path, text, expected):
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8")
    assert np.array_equal(read_matrix(file).A, expected)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2\n3,x\n", "line 2, column 2: 'x' is not a number"),
        ("a,b\n1,2\n3,\n4,5\n", "line 3: 1 numbers, but 2"),
        ("1,,2\n", "line 1, column 2: the field is empty"),
        ("1,2\n3\n", "line 2: 1 numbers, but 2"),
        ("a,b\n", "no numbers"),
        ("\n\n", "no numbers"),
        ("", "empty file"),
        ("1,nan\n", r"\[0, 1\] is nan \(1 of 2 entries is not finite\)"),
    ],
)
def test_damaged_text_files_say_where(tmp_path, text, said):
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(InvalidInputError, match=said):
        read_matrix(file)


def test_files_that_are_no_matrix(tmp_path):
    (tmp_path / "noise.npy").write_bytes(b"\x93NUMPY but not really")
    (tmp_path / "noise.npz").write_bytes(b"PK\x03\x04 broken")
    (tmp_path / "noise.csv").write_bytes(b"\xff\xfe\x00\x81")
    (tmp_path / "a.parquet").write_bytes(b"x")
    np.save(tmp_path / "objects.npy", np.array([[1, "a"]], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "objects.npz", A=np.array([[1, "a"]], dtype=object), allow_pickle=True)
    names = ["noise.npy", "noise.npz", "noise.csv", "a.parquet", "objects.npy", "missing.npy"]
    for name in [*names, "objects.npz:A", ""]:
        with pytest.raises(LinsubError, match=name.split(":")[0] or "folder"):
            read_matrix(f"{tmp_path}/{name}")
    with pytest.raises(InvalidTypeError, match="never unpickled"):
        read_matrix(tmp_path / "objects.npy")
    np.save(tmp_path / "a.npy", A)
    with pytest.raises(InvalidInputError, match="belongs to an .npz"):
        read_matrix(tmp_path / "a.npy", key="A")


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.ones(3), r"1 dimension \(shape \(3,\)\).*reshape"),
        (np.ones((2, 2, 2)), "3 dimensions"),
        (np.float64(1.0), "0 dimensions"),
        (np.ones((0, 3)), "0 x 3: it has no entries"),
        (np.array([["a"]]), "dtype <U1"),
        (np.array([[object()]]), "dtype object"),
        (np.array([[np.longdouble(1)]]), "float64"),
        (np.zeros((2, 2), dtype=[("a", float)]), "dtype"),
    ],
)
def test_arrays_that_are_no_matrix(array, said):
    with pytest.raises(LinsubError, match=said):
        read_matrix(array)


def test_the_first_entry_that_is_not_finite_is_named():
    bad = A.copy()
    bad[1, 0], bad[1, 2] = np.inf, np.nan
    with pytest.raises(NonFiniteError, match=r"input\[1, 0\] is inf \(2 of 6 entries are"):
        read_matrix(bad)


def test_the_size_guard_names_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "MAX_ENTRIES", 5)
    monkeypatch.setattr(inputs, "MAX_BYTES", 10)
    np.save(tmp_path / "a.npy", A)
    np.savez(tmp_path / "a.npz", A=A)
    np.savetxt(tmp_path / "a.csv", A, delimiter=",")
    for source in [A, tmp_path / "a.npy", tmp_path / "a.npz", tmp_path / "a.csv"]:
        with pytest.raises(InvalidInputError, match="--force"):
            read_matrix(source)
        assert np.array_equal(read_matrix(source, force=True).A, A)


def test_the_reference_spectrum_survives_every_scale():
    B = np.random.default_rng(0).standard_normal((9, 5))
    sigma = np.linalg.svd(B, compute_uv=False)
    for exponent in (-900, 0, 900):
        found = reference_spectrum(np.ldexp(B, exponent))
        assert np.allclose(np.ldexp(found, -exponent), sigma, rtol=1e-14)
    assert reference_spectrum(np.zeros((3, 2))).tolist() == [0.0, 0.0]
    assert np.allclose(reference_spectrum(B * 1j), sigma, rtol=1e-14)


def test_ranks_reach_from_one_to_full():
    assert input_ranks((30, 12)) == [1, 2, 5, 6, 10, 11, 12]
    assert input_ranks((1, 9)) == [1]
