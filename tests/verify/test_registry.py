from __future__ import annotations

import subprocess
import sys

import pytest

from linsub.errors import InvalidInputError
from linsub.verify import Observation, all_claims, claim, get
from tests.verify import toys

OPTIONS = {"source": "folklore", "kind": "always", "domain": "matrix"}


def hold(case, subject):
    """0 <= 1"""
    return Observation(0.0, 1.0)


def test_a_claim_is_found_again(toy):
    toys.register_norm()
    made = get("toy-norm")
    assert made.statement == "||A||_2 <= ||A||_F"
    assert made.family == "user"
    assert all_claims() == [made]
    assert all_claims("user") == [made]


def test_the_family_is_the_folder_of_the_claims_file(toy):
    def inside(case, subject):
        """0 <= 1"""

    inside.__module__ = "linsub.svd.claims"
    claim("toy-inside", **OPTIONS)(inside)
    assert get("toy-inside").family == "svd"


def test_an_unknown_id_names_its_neighbours(toy):
    toys.register_norm()
    with pytest.raises(InvalidInputError, match="did you mean 'toy-norm'"):
        get("toy-nrom")
    with pytest.raises(InvalidInputError, match="families: user"):
        all_claims("usr")


@pytest.mark.parametrize(
    ("id", "options", "said"),
    [
        ("Not An Id", {}, "lower-case"),
        ("toy", {"source": ""}, "source"),
        ("toy", {"kind": "maybe"}, "kind must be"),
        ("toy", {"domain": "graph"}, "domain must be"),
        ("toy", {"kind": "probability"}, "failure_prob"),
        ("toy", {"failure_prob": 0.1}, "failure_prob"),
        ("toy", {"kind": "probability", "failure_prob": 1.5}, "in \\(0, 1\\)"),
        ("toy", {"slope": (1.0, 2.0)}, "slope"),
        ("toy", {"max_cases": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_judged_is_refused(toy, id, options, said):
    with pytest.raises(InvalidInputError, match=said):
        claim(id, **{**OPTIONS, **options})(hold)


def test_a_claim_without_a_statement_is_refused(toy):
    with pytest.raises(InvalidInputError, match="docstring"):
        claim("toy", **OPTIONS)(lambda case, subject: None)


def test_an_id_belongs_to_one_claim(toy):
    claim("toy", **OPTIONS)(hold)
    claim("toy", **OPTIONS)(hold)  # the same file read again
    with pytest.raises(InvalidInputError, match="taken by"):
        claim("toy", **OPTIONS)(toys.spectral_below_frobenius)


def test_importing_the_package_is_light():
    code = (
        "import sys, linsub.verify as v; dir(v); "
        "heavy = {'numba', 'scipy', 'matplotlib', 'linsub.testing', 'linsub.verify.runner'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
