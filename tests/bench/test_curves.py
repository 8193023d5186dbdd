"""Times are compared where the errors are equal or better."""

import math

from linsub.bench import Curve, Point, at_equal_accuracy


def ratios(ours, theirs, **options):
    return [match.ratio for match in at_equal_accuracy(ours, theirs, **options)]


OURS = Curve("ours", (Point(1.0, 1e-3, "rough"), Point(2.0, 1e-9), Point(5.0, 1e-12)))


def test_the_fastest_point_that_is_as_accurate_is_taken():
    theirs = Curve("theirs", (Point(3.0, 1e-2), Point(3.0, 1e-3), Point(3.0, 1e-6)))
    assert ratios(OURS, theirs) == [3.0, 3.0, 1.5]


def test_an_accuracy_that_is_never_reached_has_no_ratio():
    (match,) = at_equal_accuracy(OURS, Curve("theirs", (Point(3.0, 1e-15),)))
    assert match.ratio is None
    assert match.ours is None


def test_below_the_floor_all_errors_are_equal():
    theirs = Curve("theirs", (Point(4.0, 1e-15),))
    assert ratios(OURS, theirs, floor=1e-8) == [2.0]


def test_a_fast_but_inaccurate_point_never_counts():
    theirs = Curve("theirs", (Point(0.5, 1e-12),))
    assert ratios(OURS, theirs) == [0.1]


def test_all_measures_have_to_be_as_good():
    ours = Curve(
        "ours",
        (
            Point(1.0, {"sigma": 1e-9, "residual": 1e-2}),
            Point(2.0, {"sigma": 1e-9, "residual": 1e-6}),
        ),
    )
    theirs = Curve("theirs", (Point(4.0, {"sigma": 1e-8, "residual": 1e-5}),))
    assert ratios(ours, theirs, measures=("sigma",)) == [4.0]
    assert ratios(ours, theirs, measures=("sigma", "residual")) == [2.0]


def test_a_measure_that_we_lack_counts_against_us_and_nan_too():
    theirs = Curve("theirs", (Point(4.0, {"sigma": 1e-8, "residual": 1e-5}),))
    ours = Curve("ours", (Point(1.0, {"sigma": 1e-9}),))
    assert ratios(ours, theirs, measures=("sigma", "residual")) == [None]
    ours = Curve("ours", (Point(1.0, {"sigma": math.nan, "residual": 0.0}),))
    assert ratios(ours, theirs, measures=("sigma", "residual")) == [None]


def test_points_without_any_common_measure_are_not_compared():
    assert ratios(OURS, Curve("theirs", (Point(1.0, {"other": 0.1}),))) == [None]


def test_the_front_holds_what_nothing_beats():
    curve = Curve("a", (Point(3.0, 1e-3), Point(1.0, 1e-1), Point(2.0, 1e-4), Point(2.5, 1e-2)))
    assert [(p.time, p.error("error")) for p in curve.front()] == [(1.0, 1e-1), (2.0, 1e-4)]
