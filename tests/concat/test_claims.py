"""The registry of the family: every claim holds, can fail, and is written up."""

import re
from pathlib import Path

import numpy as np
import pytest

from linsub import verify
from linsub.concat import bounds, concatenated_svd

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "theory" / "concat.md").read_text("utf-8")
CLAIMS = verify.all_claims("concat")
IDS = [made.id for made in CLAIMS]


@pytest.mark.parametrize("name", IDS)
def test_the_claim_holds_within_its_budget(name):
    made = verify.get(name)
    report = verify.run(name, progress=False)
    (row,) = report.rows
    assert row.verdict == "held", str(report)
    assert row.tight is not False, f"no case is near the bound: the largest ratio is {row.worst}"
    assert row.cases >= made.min_cases
    assert row.skipped <= row.cases, "most cases are outside of its hypotheses"
    assert row.observations


@pytest.mark.parametrize("name", IDS)
def test_each_mutant_is_caught(name):
    caught = verify.check_mutants(name)
    assert caught, "a claim that nothing can break shows nothing"
    assert all(caught.values()), [mutant for mutant, seen in caught.items() if not seen]


@pytest.mark.parametrize("made", CLAIMS, ids=IDS)
def test_the_claim_is_documented(made):
    assert len(made.source) > 5
    assert made.tight or made.slack or made.kind == "exact"
    sections = re.findall(rf"^\({made.id}\)=\n### (.+)$", PAGE, re.MULTILINE)
    assert len(sections) == 1, f"docs/theory/concat.md has {len(sections)} sections ({made.id})="


def test_the_page_has_no_section_without_a_claim():
    assert sorted(re.findall(r"^\(([a-z0-9-]+)\)=$", PAGE, re.MULTILINE)) == sorted(IDS)


def test_every_formula_is_in_the_page():
    named = set(re.findall(r"`bounds\.([a-z_]+)`", PAGE))
    assert named == set(bounds.__all__)


def test_docstrings_name_claims_that_exist():
    for path in (ROOT / "linsub" / "concat").glob("*.py"):
        for name in re.findall(r"``(concat-[a-z0-9-]+)``", path.read_text("utf-8")):
            assert name in IDS, f"{path.name} names the claim {name!r}"


def test_the_family_has_one_order_of_budgets():
    assert sum(made.budget for made in CLAIMS) < 30.0


def test_certificates_are_tried_often_in_a_full_run():
    for name in ("svd-certificate", "block-errors", "two-sided", "weyl", "residual"):
        assert verify.get(f"concat-{name}").full_cases >= 10_000


def test_the_family_is_found_without_being_imported():
    assert "concat" in verify.registry.families()


def test_a_claim_takes_a_function_of_the_users():
    def wrong(blocks, rank):
        return 0.5 * float(np.linalg.norm(concatenated_svd(blocks, rank).S) > 0)

    assert not verify.run("concat-weyl", subject=wrong, progress=False, budget=0.3).ok
