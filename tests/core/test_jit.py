"""Compilation and its disk cache: never stale, never in the way."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from linsub._core import jit
from linsub.errors import InvalidInputError

ROOT = Path(__file__).parents[2]

INNER = """
from linsub._core.jit import njit

@njit()
def double(x):
    return {factor} * x
"""
OUTER = """
from linsub._core.jit import njit
from linsub._core._kernels.inner import double

@njit()
def twice(x):
    return double(x) + double(x)
"""
# Prints the value, how many kernels were loaded from the disk, and where the disk cache is.
CALL = """
from linsub._core import jit
from linsub._core._kernels.outer import twice
print(twice(5), sum(twice.stats.cache_hits.values()), jit.cache_folder())
"""


@pytest.fixture
def package(tmp_path):
    """A copy of the package with two kernels, one of which calls the other."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "linsub", tmp_path / "site" / "linsub", ignore=ignore)
    write(tmp_path / "site", 2)
    (tmp_path / "site/linsub/_core/_kernels/outer.py").write_text(OUTER)
    return tmp_path / "site"


def write(package, factor):
    (package / "linsub/_core/_kernels/inner.py").write_text(INNER.format(factor=factor))


def start(package, script, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LINSUB_", "XDG_"))}
    # The copy's own byte code would be dated by the second, and tests are faster than that.
    environment |= {"PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {k: v for k, v in variables.items() if v is not None}
    for name in [k for k, v in variables.items() if v is None]:
        environment.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        cwd=package,  # not the checkout, whose package would come first
    )  # fmt: skip


def finish(process):
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert process.returncode == 0, err
    assert not err, err
    return out.split()


def run(package, script, **variables):
    return finish(start(package, script, **variables))


def kernels(folder):
    return sorted(Path(folder).rglob("*.kernel"))


def test_an_edited_callee_is_seen(package, tmp_path):
    cache = str(tmp_path / "cache")
    value, hits, folder = run(package, CALL, LINSUB_CACHE_DIR=cache)
    assert (value, hits) == ("20", "0")
    assert Path(folder).parent == Path(cache)
    assert run(package, CALL, LINSUB_CACHE_DIR=cache) == ["20", "1", folder]
    write(package, 6)
    value, hits, other = run(package, CALL, LINSUB_CACHE_DIR=cache)
    assert (value, hits) == ("60", "0")
    assert other != folder
    write(package, 2)
    assert run(package, CALL, LINSUB_CACHE_DIR=cache) == ["20", "1", folder]


def test_an_edit_while_the_process_runs_is_not_kept(package, tmp_path):
    """The key was made of the old text; code of the new one must not be kept under it."""
    inner = package / "linsub/_core/_kernels/inner.py"
    script = f"""
        import pathlib
        from linsub._core import jit
        folder = jit.cache_folder()
        path = pathlib.Path({str(inner)!r})
        path.write_text(path.read_text().replace("2 * x", "6 * x"))
        from linsub._core._kernels.outer import twice
        print(twice(5))
    """
    cache = str(tmp_path / "cache")
    assert run(package, script, LINSUB_CACHE_DIR=cache) == ["60"]
    assert not kernels(cache)
    write(package, 2)
    assert run(package, CALL, LINSUB_CACHE_DIR=cache)[:2] == ["20", "0"]


def test_read_only_install_without_a_home(package, tmp_path):
    """Only the temporary folder takes files, as in many containers."""
    before = sorted(package.rglob("*"))
    for path in [package, *before]:
        path.chmod(path.stat().st_mode & ~0o222)
    (tmp_path / "tmp").mkdir()
    variables = {"HOME": os.devnull, "TMPDIR": str(tmp_path / "tmp")}
    try:
        value, hits, folder = run(package, CALL, **variables)
        assert (value, hits) == ("20", "0")
        assert Path(folder).parents[1] == tmp_path / "tmp"
        assert Path(folder).stat().st_mode & 0o777 == 0o700
        assert run(package, CALL, **variables) == ["20", "1", folder]
        assert sorted(package.rglob("*")) == before
    finally:
        for path in [package, *before]:
            path.chmod(path.stat().st_mode | 0o200)


def test_nothing_is_writable(package):
    nowhere = os.path.join(os.devnull, "cache")
    assert run(package, CALL, LINSUB_CACHE_DIR=nowhere) == ["20", "0", "None"]


def test_home_unset(package, tmp_path):
    # The password database may still know one; with a temporary folder it works either way.
    (tmp_path / "tmp").mkdir()
    value, _, _ = run(package, CALL, HOME=None, TMPDIR=str(tmp_path / "tmp"), LINSUB_CACHE="0")
    assert value == "20"


@pytest.mark.parametrize("value", ["0", "off"])
def test_cache_switched_off(package, tmp_path, value):
    found = run(package, CALL, LINSUB_CACHE=value, LINSUB_CACHE_DIR=str(tmp_path / "cache"))
    assert found == ["20", "0", "None"]
    assert not (tmp_path / "cache").exists()


def test_damaged_files_are_compiled_anew(package, tmp_path):
    cache = str(tmp_path / "cache")
    run(package, CALL, LINSUB_CACHE_DIR=cache)
    for i, path in enumerate(kernels(cache)):
        content = path.read_bytes()
        half = len(content) // 2
        # Wrong bytes in machine code would not be noticed by unpickling them.
        wrong = content[:half] + bytes(255 - x for x in content[half : half + 99])
        path.write_bytes(wrong + content[half + 99 :] if i % 2 else content[:half])
    assert run(package, CALL, LINSUB_CACHE_DIR=cache)[:2] == ["20", "0"]
    assert run(package, CALL, LINSUB_CACHE_DIR=cache)[:2] == ["20", "1"]


def test_the_folder_goes_while_the_process_runs(package, tmp_path):
    script = """
        import shutil
        from linsub._core import jit
        from linsub._core._kernels.outer import twice
        shutil.rmtree(jit.cache_folder())
        print(twice(5), jit.cache_info()["files"])
    """
    assert run(package, script, LINSUB_CACHE_DIR=str(tmp_path / "cache")) == ["20", "0"]


def test_processes_compile_at_the_same_time(package, tmp_path):
    """Each compiles another signature first; none may get the code of another's."""
    cache = str(tmp_path / "cache")
    values = ["5", "5.5", "2j", "True"]
    script = """
        from linsub._core._kernels.outer import twice
        print(*[twice(x) for x in ({})])
    """
    orders = [values[i:] + values[:i] for i in range(4)]
    started = [
        start(package, script.format(",".join(order)), LINSUB_CACHE_DIR=cache) for order in orders
    ]
    expected = {"5": "20", "5.5": "22.0", "2j": "8j", "True": "4"}
    for process, order in zip(started, orders, strict=True):
        assert finish(process) == [expected[x] for x in order]
    assert not list(Path(cache).rglob("*.part"))
    script = """
        from linsub._core._kernels.outer import twice
        print(twice(5), twice(5.5), twice(2j), twice(True), len(twice.stats.cache_hits))
    """
    assert run(package, script, LINSUB_CACHE_DIR=cache) == ["20", "22.0", "8j", "4", "4"]


def test_numba_of_the_user_is_left_alone(package, tmp_path):
    (tmp_path / "theirs.py").write_text(
        "import numba\n@numba.njit(cache=True)\ndef f(x):\n    return x + 1\n"
    )
    script = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import numba
        before = numba.config.CACHE_DIR
        from linsub._core._kernels.outer import twice
        twice(1)
        from theirs import f
        print(f(1), f.stats.cache_path, numba.config.CACHE_DIR == before)
    """
    cache = str(tmp_path / "cache")
    found = run(package, script, LINSUB_CACHE_DIR=cache, NUMBA_CACHE_DIR=None)
    assert found == ["2", str(tmp_path / "__pycache__"), "True"]
    assert {path.name.split("-")[0] for path in kernels(cache)} == {
        "linsub._core._kernels.inner.double", "linsub._core._kernels.outer.twice"
    }  # fmt: skip


def test_settings_that_change_code_have_a_folder_each(package, tmp_path):
    cache = str(tmp_path / "cache")
    folders = [
        run(package, CALL, LINSUB_CACHE_DIR=cache, NUMBA_BOUNDSCHECK=value)[2]
        for value in (None, "1")
    ]
    assert folders[0] != folders[1]


def test_without_compilation(package, tmp_path):
    script = """
        from linsub._core._kernels.outer import twice
        print(twice(5), type(twice).__name__)
    """
    cache = str(tmp_path / "cache")
    assert run(package, script, NUMBA_DISABLE_JIT="1", LINSUB_CACHE_DIR=cache) == ["20", "function"]
    assert not kernels(cache)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have no owner")
def test_folders_of_others_are_refused(tmp_path):
    """What lies in the cache is executed."""
    fine = jit._usable(tmp_path / "fine", shared=True)
    assert fine is not None
    assert fine.parent == tmp_path / "fine"

    fine.chmod(0o777)
    assert jit._usable(tmp_path / "fine", shared=True) is None

    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    assert jit._usable(tmp_path / "open", shared=True) is None
    assert jit._usable(tmp_path / "open", shared=False) is not None

    (tmp_path / "link").symlink_to(tmp_path / "open")
    assert jit._usable(tmp_path / "link", shared=True) is None

    (tmp_path / "redirected").mkdir(mode=0o700)
    (tmp_path / "redirected" / jit.source_key()).symlink_to(tmp_path)
    assert jit._usable(tmp_path / "redirected", shared=True) is None


def test_no_flag_assumes_finite_numbers():
    assert not {"fast", "nnan", "ninf"} & jit.REASSOCIATE


def test_division_follows_numpy():
    @jit.njit()
    def divide(x, y):
        return x / y

    assert divide(1.0, 0.0) == float("inf")


def test_unknown_families_are_refused():
    with pytest.raises(InvalidInputError, match="'tensor'; families .* are: clustering, core"):
        jit.warmup(["tensor"])


def test_warmup_leaves_nothing_to_compile():
    jit.warmup(["core"])
    from linsub._core._kernels import skinny

    kernel = skinny.normal
    if not hasattr(kernel, "signatures"):
        pytest.skip("kernels run as Python")
    before = list(kernel.signatures)
    jit.warmup()
    assert list(kernel.signatures) == before
    assert len(before) >= 2


def test_cache_info():
    info = jit.cache_info()
    assert set(info) == {"folder", "files", "bytes", "key"}
    assert info["key"] == jit.source_key()
    if info["folder"] is not None:
        assert Path(info["folder"]).name == info["key"]
