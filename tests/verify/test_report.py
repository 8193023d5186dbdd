from __future__ import annotations

import json

import numpy as np
import pytest

from linsub import verify
from linsub.verify import Report
from tests.verify import toys


@pytest.fixture
def report(toy):
    toys.register_norm()
    toys.register_eckart_young()
    toys.register_probability()
    made = toy["toy-eckart-young"]
    made.__dict__["subject"] = toys.off_by_one
    found = verify.run(seed=7)
    found.rows.append(verify.run("toy-norm", subject=toys.broken).rows[0])
    return found


def test_the_table_has_a_line_for_each_claim(report):
    lines = report.table(width=120).splitlines()
    assert len(lines) == 2 + len(report.rows)
    assert all(len(line) <= 120 for line in lines)
    assert lines[0].split() == [
        "claim", "statement", "kind", "cases", "worst", "real", "viol.", "verdict", "worst", "at",
    ]  # fmt: skip
    assert "||A||_2 <= ||A||_F" in lines[2]


def test_a_failure_comes_with_its_replay(report):
    text = str(report)
    index = report["toy-eckart-young"].failing[0]["index"]
    assert f"python -m linsub verify toy-eckart-young --seed 7 --case {index}" in text
    assert "4 claims, " in report.summary()


def test_json_comes_back_the_same(report):
    text = report.to_json()

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    content = json.loads(text, parse_constant=refuse)
    assert content["rows"][-1]["worst"] == "inf"
    again = Report.from_json(text)
    assert again.to_json() == text
    assert again.rows[-1].worst == np.inf
    assert np.isnan(again.rows[-1].failing[0]["measured"])
    assert str(again) == str(report)


def test_json_is_written_in_one_step(report, tmp_path):
    file = tmp_path / "new" / "report.json"
    report.write_json(file)
    report.write_json(file)
    assert Report.from_json(file.read_text()).summary() == report.summary()
    assert [path.name for path in file.parent.iterdir()] == ["report.json"]


def test_markdown_is_a_table(report):
    lines = report.to_markdown().splitlines()
    assert lines[1].startswith("| ---")
    assert r"\|\|A\|\|_2" in lines[2]
    assert len({line.replace(r"\|", "").count("|") for line in lines[:6]}) == 1


def test_a_report_of_nothing_is_not_ok(toy):
    assert not verify.run().ok


def test_an_unknown_row_is_a_key_error(report):
    with pytest.raises(KeyError):
        report["nothing"]
