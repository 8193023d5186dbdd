from __future__ import annotations

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.testing import gallery
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


def test_the_first_matrices_are_real_data():
    first, second = (cases.case_for("matrix", 0, index) for index in range(2))
    assert first.real
    assert second.real
    assert (first.A.dtype, second.A.dtype) == (np.float64, np.float32)
    assert first.A.shape == (1797, 64)
    assert np.allclose(first.sigma, np.linalg.svd(first.A, compute_uv=False))


def test_the_other_matrices_come_from_the_gallery():
    expected = gallery.case(5, 7)
    found, again = (cases.case_for("matrix", 5, len(cases.DIGITS) + 7) for _ in range(2))
    assert found.label == expected.label
    assert np.array_equal(found.A, expected.A)
    assert not np.shares_memory(found.A, again.A)
    assert found.rng.random() == again.rng.random()
