from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.verify import Case, Observation, Sample, claim, get
from linsub.verify.decide import (
    FALSE_ALARM,
    betting_p_value,
    binomial_p_value,
    clopper_pearson,
    judge,
    student_p_value,
)


def made(kind, **options):
    def stated(case, subject):
        """a statement"""

    claim("toy", source="folklore", kind=kind, domain="formula", **options)(stated)
    return get("toy")


def test_exact_allows_its_tolerance_and_no_more(toy):
    exact = made("exact", eps_multiple=4.0)
    for dtype in (np.float64, np.complex128, np.float32):
        eps = float(np.finfo(dtype).eps)
        case = Case(dtype=np.dtype(dtype))
        inside, outside = judge(
            exact, case, [Observation(1 + 3 * eps, 1.0), Observation(1 + 5 * eps, 1.0)]
        )
        assert (inside.state, outside.state) == ("held", "failed")
        assert inside.ratio == pytest.approx(0.75)
    wide = judge(exact, Case(), Observation(1 + 1e-12, 1.0, scale=1e4))
    assert wide[0].state == "held"
    own = judge(exact, Case(), Observation(1 + 1e-14, 1.0, eps_multiple=1.0))
    assert own[0].state == "failed"


def test_always_is_a_plain_inequality(toy):
    always = made("always")
    states = [
        judge(always, Case(), Observation(measured, bound))[0].state
        for measured, bound in [(1, 1), (0, 0), (1, 0), (-2, -1), (-1, -2), (1, math.inf)]
    ]
    assert states == ["held", "held", "failed", "held", "failed", "vacuous"]


@pytest.mark.parametrize("kind", ["exact", "always", "expectation", "rate"])
@pytest.mark.parametrize("pair", [(math.nan, 1.0), (1.0, math.nan), (math.inf, math.inf)])
def test_what_is_not_finite_never_holds(toy, kind, pair):
    assert judge(made(kind), Case(), Observation(*pair))[0].state == "error"


def test_samples_that_are_not_finite_never_hold(toy):
    judged = judge(made("expectation"), Case(), Sample([1.0, math.nan], 2.0))
    assert judged[0].state == "error"


def test_only_observations_are_judged(toy):
    with pytest.raises(InvalidTypeError, match="got float"):
        judge(made("always"), Case(), [1.0])
    with pytest.raises(InvalidTypeError, match="Sample"):
        judge(made("always"), Case(), Sample([1.0], 1.0))
    assert judge(made("always"), Case(), None) == []


def test_the_betting_test_keeps_its_false_alarm_rate():
    # at the very bound, and with a tail that defeats Student's test
    rng = np.random.default_rng(1)
    laws = [
        lambda: rng.exponential(size=30),
        lambda: rng.pareto(1.2, size=30) * 0.2,
        lambda: (rng.random(30) < 1e-2) * 100.0,
        lambda: rng.random(30) * 2.0,
    ]
    for law in laws:
        p_values = np.array([betting_p_value(law(), 1.0) for _ in range(2000)])
        for level in (0.1, 0.01, 0.001):
            alarms = int((p_values <= level).sum())
            assert stats.binomtest(alarms, 2000, level, alternative="greater").pvalue > 1e-4


def test_the_betting_test_finds_what_students_test_finds():
    rng = np.random.default_rng(2)
    values = 1.2 * rng.exponential(size=2000)
    assert betting_p_value(values, 1.0) < FALSE_ALARM
    assert student_p_value(values, 1.0) < FALSE_ALARM
    assert betting_p_value(np.full(400, 1.05), 1.0) < FALSE_ALARM
    assert betting_p_value(np.full(400, 0.99), 1.0) == 1.0
    assert student_p_value(np.full(4, 0.5), 1.0) == 1.0
    assert student_p_value(np.full(4, 1.5), 1.0) == 0.0


def test_the_betting_test_at_the_edges():
    assert betting_p_value(np.zeros(5), 0.0) == 1.0
    assert betting_p_value(np.ones(5), 0.0) == 0.0
    assert betting_p_value(np.full(50, 1e300), 1e-300) < FALSE_ALARM
    assert betting_p_value(np.array([-1.0, -1.0]), 0.0, lower=-2.0) == 1.0
    with pytest.raises(InvalidInputError, match="lower"):
        betting_p_value(np.array([-1.0]), 1.0)
    with pytest.raises(InvalidInputError, match="at least 2"):
        student_p_value(np.array([1.0]), 1.0)


def test_student_agrees_with_scipy():
    values = np.random.default_rng(3).standard_normal(40) + 0.3
    expected = stats.ttest_1samp(values, 0.1, alternative="greater").pvalue
    assert student_p_value(values, 0.1) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("failures", "trials", "prob"), [(0, 10, 0.1), (3, 60, 0.1), (9, 9, 0.5)])
def test_the_binomial_agrees_with_scipy(failures, trials, prob):
    test = stats.binomtest(failures, trials, prob, alternative="greater")
    assert binomial_p_value(failures, trials, prob) == pytest.approx(test.pvalue, rel=1e-10)
    interval = stats.binomtest(failures, trials, prob).proportion_ci(0.99, method="exact")
    assert clopper_pearson(failures, trials) == pytest.approx(tuple(interval), rel=1e-9)
