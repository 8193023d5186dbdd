"""The registry of the family: every claim holds, can fail, and is written up."""

import re
from pathlib import Path

import pytest

from linsub import verify
from linsub.geometry import bounds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "theory" / "geometry.md").read_text("utf-8")
CLAIMS = verify.all_claims("geometry")
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
    # an exact claim or a slope is tight by its nature; a bound is attained, or it says why not
    assert made.tight or made.slack or made.kind == "exact" or made.slope or made.id in EQUALITIES
    sections = re.findall(rf"^\({made.id}\)=\n### (.+)$", PAGE, re.MULTILINE)
    assert len(sections) == 1, f"docs/theory/geometry.md has {len(sections)} sections ({made.id})="


# Their two samples bound one mean from both sides.
EQUALITIES = {"svd-leave-one-out"}


def test_the_page_has_no_section_without_a_claim():
    assert sorted(re.findall(r"^\(([a-z0-9-]+)\)=$", PAGE, re.MULTILINE)) == sorted(IDS)


def test_every_formula_is_in_the_page():
    named = set(re.findall(r"`bounds\.([a-z_]+)`", PAGE))
    assert named == set(bounds.__all__)


def test_docstrings_name_claims_that_exist():
    for path in (ROOT / "linsub" / "geometry").glob("*.py"):
        for name in re.findall(r"``(geometry-[a-z0-9-]+)``", path.read_text("utf-8")):
            assert name in IDS, f"{path.name} names the claim {name!r}"


def test_the_family_has_one_order_of_budgets():
    assert sum(made.budget for made in CLAIMS) < 75.0


def test_a_claim_takes_a_function_of_the_users():
    import numpy as np

    def mine(A, rank):
        U, S, Vh = np.linalg.svd(np.asarray(A, dtype=np.result_type(A, float)))
        return U[:, :rank], S[:rank], Vh[:rank]

    def wrong(A, rank):
        return mine(A, rank + 1)

    assert verify.run("eckart-young", subject=mine, progress=False, budget=0.2).ok
    assert not verify.run("eckart-young", subject=wrong, progress=False, budget=0.2).ok


def test_certificates_are_tried_often_in_a_full_run():
    for name in ("residuals", "orthogonality", "frobenius-error", "spectral-error"):
        assert verify.get(f"svd-{name}").full_cases >= 10_000
    assert verify.get("svd-sigma-enclosure").full_cases >= 10_000
    for name in ("error", "spectral", "sigma", "certificate"):
        assert verify.get(f"svd-incremental-{name}").full_cases >= 10_000
