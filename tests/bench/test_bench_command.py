"""``python -m linsub bench``: the user's own matrix, and what cannot be used."""

import json

import numpy as np
import pytest
import scipy.sparse as sp

from linsub.bench import main
from linsub.bench.command import spectrum_matrix
from linsub.bench.environment import describe_environment, warnings_for
from linsub.bench.inputs import load
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError


@pytest.fixture
def matrix():
    return np.random.default_rng(0).standard_normal((40, 25))


def test_own_matrix(matrix, tmp_path, capsys):
    np.save(tmp_path / "A.npy", matrix)
    arguments = ["--input", str(tmp_path / "A.npy"), "--rank", "3", "--repeats", "2", "--quick"]
    code = main([*arguments, "--json", str(tmp_path / "out.json")])
    printed = capsys.readouterr()
    assert code in (0, 1)
    for name in ("numpy gesdd", "scipy arpack", "scipy propack", "linsub"):
        assert name in printed.out
    assert printed.err == ""
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert len(found["tasks"]) == 1
    assert found["limits"]["gemm"] > 0.0


@pytest.mark.parametrize("arguments", [["--rank", "0"], ["--budget", "-1"], ["--threads", "x"]])
def test_bad_arguments(arguments, capsys):
    assert main(arguments) == 2
    assert "is not" in capsys.readouterr().err


def test_a_missing_file_is_a_sentence(capsys):
    assert main(["--input", "nothing.npy"]) == 2
    assert capsys.readouterr().err == "linsub bench: nothing.npy: there is no such file\n"


def test_every_format_gives_the_same_matrix(matrix, tmp_path):
    np.save(tmp_path / "a.npy", matrix)
    np.savez(tmp_path / "one.npz", matrix)
    np.savez(tmp_path / "two.npz", first=matrix, second=2 * matrix)
    np.savetxt(tmp_path / "a.csv", matrix, delimiter=",", header="x", comments="# ")
    sp.save_npz(tmp_path / "sparse.npz", sp.csc_array(matrix))
    names = ",".join(f"c{j}" for j in range(25))
    text = (tmp_path / "a.csv").read_text("utf-8").split("\n", 1)[1]
    (tmp_path / "named.csv").write_text(f"{names}\n{text}", "utf-8")
    for name in ("a.npy", "one.npz", "a.csv", "named.csv"):
        np.testing.assert_allclose(load(tmp_path / name), matrix, rtol=1e-15)
    np.testing.assert_array_equal(load(f"{tmp_path / 'two.npz'}:second"), 2 * matrix)
    found = load(tmp_path / "sparse.npz")
    assert found.format == "csr"
    np.testing.assert_array_equal(found.toarray(), matrix)


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.ones(3), InvalidInputError, "shape"),
        (np.ones((0, 3)), InvalidInputError, "entries"),
        (np.array([["a"]]), InvalidTypeError, "numbers"),
        (np.array([[1.0, np.nan]]), NonFiniteError, r"\[0, 1\] is nan"),
        (np.array([[None]]), InvalidInputError, "cannot be read"),
    ],
)
def test_what_is_no_matrix_is_refused(array, error, message, tmp_path):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(error, match=message):
        load(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "no numbers"),
        ("a.csv", "1,2\n3,x\n", "cannot be read"),
        ("a.dat", "1", "suffix"),
        ("a.npy", "not", "cannot be read"),
    ],
)
def test_damaged_files_are_refused(name, text, message, tmp_path):
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(InvalidInputError, match=message):
        load(tmp_path / name)


def test_an_archive_with_several_arrays_asks_for_a_name(matrix, tmp_path):
    np.savez(tmp_path / "two.npz", first=matrix, second=matrix)
    with pytest.raises(InvalidInputError, match="first, second"):
        load(tmp_path / "two.npz")


def test_integers_and_half_precision_become_what_is_computed_in(tmp_path):
    for dtype, wanted in ((np.int8, "f8"), (bool, "f8"), (np.float16, "f4"), (">f8", "f8")):
        np.save(tmp_path / "a.npy", np.ones((2, 2), dtype=dtype))
        assert load(tmp_path / "a.npy").dtype == np.dtype(wanted)


@pytest.mark.parametrize("spectrum", ["0.95^i", "1/i", "i^-0.3"])
def test_a_spectrum_is_what_it_says(spectrum):
    for m, n in ((30, 20), (20, 30)):
        A, sigma = spectrum_matrix(m, n, spectrum)
        assert A.shape == (m, n)
        np.testing.assert_allclose(np.linalg.svd(A, compute_uv=False), sigma, rtol=1e-13)


def test_the_environment_warns_of_what_spoils_times(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    env = describe_environment(1)
    env["load"] = [3.0]
    env["blas"][0]["threads"] = 8
    text = "\n".join(warnings_for(env))
    assert "OPENBLAS_CORETYPE=Haswell" in text
    assert "load average was 3.0" in text
    assert "did not take the limit" in text
