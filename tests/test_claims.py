"""The registries of the younger families: every claim holds, can fail, and is written up."""

import importlib
import re
from pathlib import Path

import pytest

from linsub import verify

ROOT = Path(__file__).parents[1]
# Seconds that the claims of a family may take by default, all together.
BUDGETS = {
    "geometry": 27.0,
    "dpp": 15.0,
    "selection": 8.0,
    "design": 10.0,
    "sketching": 6.0,
    "sensitivity": 15.5,
    "streaming": 12.0,
    "clustering": 14.5,
    "svt": 6.0,
    "spaces": 4.0,
    "tensor": 3.0,
    "inverse": 4.0,
}
FAMILIES = sorted(set(BUDGETS) & set(verify.registry.families()))
CLAIMS = [made for made in verify.all_claims() if made.family in FAMILIES]
IDS = [made.id for made in CLAIMS]


def _page(family):
    return (ROOT / "docs" / "theory" / f"{family}.md").read_text("utf-8")


@pytest.mark.parametrize("made", CLAIMS, ids=IDS)
def test_the_claim_holds_within_its_budget(made):
    report = verify.run(made.id, progress=False)
    (row,) = report.rows
    assert row.verdict == "held", str(report)
    assert row.tight is not False, f"no case is near the bound: the largest ratio is {row.worst}"
    assert row.cases >= made.min_cases
    assert row.skipped <= row.cases, "most cases are outside of its hypotheses"
    assert row.observations


@pytest.mark.parametrize("made", CLAIMS, ids=IDS)
def test_each_mutant_is_caught(made):
    caught = verify.check_mutants(made.id)
    assert caught, "a claim that nothing can break shows nothing"
    assert all(caught.values()), [mutant for mutant, seen in caught.items() if not seen]


@pytest.mark.parametrize("made", CLAIMS, ids=IDS)
def test_the_claim_is_documented(made):
    assert len(made.source) > 5
    # An exact claim, a law or a slope is tight by its nature; a bound is attained, or it says
    # why not.
    by_nature = made.kind in ("exact", "expectation") or made.slope
    assert made.tight or made.slack or by_nature
    sections = re.findall(rf"^\({made.id}\)=\n### (.+)$", _page(made.family), re.MULTILINE)
    assert len(sections) == 1, f"docs/theory has {len(sections)} sections ({made.id})="


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_has_no_section_without_a_claim(family):
    ids = sorted(made.id for made in CLAIMS if made.family == family)
    assert sorted(re.findall(r"^\(([a-z0-9-]+)\)=$", _page(family), re.MULTILINE)) == ids


@pytest.mark.parametrize("family", FAMILIES)
def test_every_formula_is_in_the_page(family):
    named = set(re.findall(r"`bounds\.([a-z_]+)`", _page(family)))
    assert named == set(importlib.import_module(f"linsub.{family}.bounds").__all__)


@pytest.mark.parametrize("family", FAMILIES)
def test_docstrings_name_claims_that_exist(family):
    for path in (ROOT / "linsub" / family).glob("*.py"):
        for name in re.findall(rf"``({family}-[a-z0-9-]+)``", path.read_text("utf-8")):
            assert name in IDS, f"{path.name} names the claim {name!r}"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_family_has_one_order_of_budgets(family):
    assert sum(made.budget for made in CLAIMS if made.family == family) < BUDGETS[family]
