from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.verify import Case, cases
from tests.verify import toys


def test_a_case_is_a_function_of_seed_and_index():
    first, again = (cases.case_for("formula", 3, 11) for _ in range(2))
    assert np.array_equal(first.sigma, again.sigma)
    assert first.rng.random() == again.rng.random() == first.rng.random()
    assert cases.case_for("formula", 4, 11).rng.random() != first.rng.random()


def test_formula_cases_are_descending_spectra_with_valid_parameters():
    labels = set()
    for index in range(70):
        case = cases.case_for("formula", 0, index)
        labels.add(case.label.split(" spectrum")[0])
        assert np.all(np.diff(case.sigma) <= 0.0)
        assert 0 <= case.rank < case.n == case.sigma.size <= case.m
        assert case.oversampling >= 2
    assert len(labels) == 7


def test_a_claims_own_cases(toy):
    toys.register_rate(None)
    source = cases.case_source(toy["toy-rate"], 0)
    assert source(3).n == 5
    assert source(3).rng.random() == source(3).rng.random()
    assert source(3).rng.random() != source(4).rng.random()
    assert "n = 5" in repr(source(3))
    with pytest.raises(AttributeError, match=r"no 'A'; it has \['label', 'n', 'seed'\]"):
        source(3).A  # noqa: B018
    same = Case(x=1)
    toys.register_norm(cases=lambda index, rng: same)
    assert cases.case_source(toy["toy-norm"], 0)(0) is same


def test_a_domain_without_cases_says_so():
    with pytest.raises(InvalidInputError, match="cases="):
        cases.case_for("pair", 0, 0)


@pytest.fixture
def stand_in(monkeypatch):
    """A gallery of 50 cases, and a data set, in the place of `linsub.testing`."""
    built = []

    def gallery_cases(*, seed=0):
        for number in range(50):
            built.append((seed, number))
            yield Case((seed, number), label=f"{seed}/{number}", A=np.ones(2))

    testing = types.ModuleType("linsub.testing")
    testing.gallery = types.SimpleNamespace(cases=gallery_cases)
    testing.load_digits = lambda: types.SimpleNamespace(data=np.arange(12.0).reshape(4, 3))
    monkeypatch.setitem(sys.modules, "linsub.testing", testing)
    cases._gallery.cache_clear()
    cases._digits.cache_clear()
    yield built
    cases._gallery.cache_clear()
    cases._digits.cache_clear()


def test_the_gallery_is_read_at_any_index(stand_in):
    shift = len(cases.DIGITS)
    labels = [cases.case_for("matrix", 5, shift + i).label for i in (0, 3, 49, 3, 0)]
    assert labels == ["5/0", "5/3", "5/49", "5/3", "5/0"]
    assert len(stand_in) == 50  # the first cases are kept
    far = [cases.case_for("matrix", 5, shift + i).label for i in (151, 50, 70, 69)]
    step = cases.SEED_STEP
    assert far == [f"{5 + 3 * step}/1", f"{5 + step}/0", f"{5 + step}/20", f"{5 + step}/19"]


def test_what_one_claim_writes_another_does_not_see(stand_in):
    for index in (40, 3, 3):
        case = cases.case_for("matrix", 0, len(cases.DIGITS) + index)
        assert case.A.tolist() == [1.0, 1.0]
        case.A[:] = 0.0


def test_the_first_matrices_are_real_data(stand_in):
    first, second = (cases.case_for("matrix", 0, index) for index in range(2))
    assert first.real
    assert (first.A.dtype, second.A.dtype) == (np.float64, np.float32)
    assert np.allclose(first.sigma, np.linalg.svd(first.A, compute_uv=False))
