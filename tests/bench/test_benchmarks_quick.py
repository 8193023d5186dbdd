"""``python -m benchmarks --quick`` runs from end to end, and the page takes its tables."""

import json
import sys

import numpy as np
import pytest

from benchmarks import BENCHMARKS, incremental, pages
from benchmarks.__main__ import main
from linsub.bench import Probe, Report, peak_memory
from linsub.errors import InvalidInputError, NumericalError


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_quick(name, tmp_path, capsys):
    assert main([name, "--quick", "--repeats", "1", "--json", str(tmp_path / "out.json")]) == 0
    found = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert found[name]["tasks"]
    assert all(task["rows"] for task in found[name]["tasks"])
    assert capsys.readouterr().err == ""


def test_the_list_names_every_benchmark(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(BENCHMARKS)


def test_tasks_are_chosen_by_name_before_they_are_made(tmp_path, capsys):
    path = tmp_path / "out.json"
    main(["table_4_2", "--only", "zero", "--quick", "--json", str(path)])
    found = json.loads(path.read_text("utf-8"))["table_4_2"]["tasks"]
    assert [task["name"] for task in found] == ["zero 30x20, k=3"]
    capsys.readouterr()


def test_wrong_arguments(capsys):
    assert main(["no_such_benchmark"]) == 2
    assert main(["--write-docs", "--quick"]) == 2
    assert main(["--budget", "much"]) == 2
    capsys.readouterr()


def test_the_page_has_a_place_for_every_benchmark():
    text = pages.PAGE.read_text("utf-8")
    assert set(pages.MARKS) == set(BENCHMARKS)
    for mark in pages.MARKS.values():
        begin, end = f"<!-- table:{mark} -->", f"<!-- /table:{mark} -->"
        assert text.count(begin) == text.count(end) == 1
        assert text.index(begin) < text.index(end)


def test_tables_replace_the_tables_before_them(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- table:4.1 -->\nold\n<!-- /table:4.1 -->\nafter\n", "utf-8")
    for text in ("first", pages.page(Report(), "second")):
        pages.write("table_4_1", text, path)
    found = path.read_text("utf-8")
    assert found.startswith("before\n<!-- table:4.1 -->\n\nsecond")
    assert found.endswith("<!-- /table:4.1 -->\nafter\n")
    assert "old" not in found
    assert "first" not in found
    with pytest.raises(InvalidInputError, match="memory"):
        pages.write("memory", "text", path)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_the_stream_from_disk_runs_under_a_limit_that_holds(tmp_path):
    path = tmp_path / "matrix.f64"
    np.random.default_rng(0).standard_normal((30_000, 200)).tofile(path)  # 48 MB
    arguments = {"path": str(path), "shape": (30_000, 200), "name": "linsub IncrementalSVD"}
    target = "benchmarks.incremental:prepare"
    found = peak_memory(Probe(target, {**arguments, "limit": 32 << 20}))
    assert found.added < 32 << 20
    with pytest.raises(NumericalError, match="MemoryError"):
        peak_memory(Probe(f"{__name__}:over_the_limit"))


def over_the_limit():
    """Allocate 64 MB in a process that may allocate 32 MB."""
    incremental.allow(32 << 20)
    return lambda: bytearray(64 << 20)
