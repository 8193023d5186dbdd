"""Error against time: what each setting of a method's knob costs and reaches.

A method that stops at an error of 1e-2 is not faster than one that stops at 1e-10; it has
done less. Times are compared where the errors are: at equal or better accuracy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Curve", "Match", "Point", "at_equal_accuracy"]


@dataclasses.dataclass(frozen=True)
class Point:
    """One setting of a method: the seconds it took and the errors it left.

    Parameters
    ----------
    time : float
        Seconds.
    errors : mapping of str to float, or float
        One or several measures of error, all of them smaller for a better answer; a bare
        number is the measure ``"error"``.
    setting : str, optional
        The setting, as in ``"n_iter=4"``.
    """

    time: float
    errors: Mapping[str, float] | float
    setting: str = ""

    def error(self, measure: str) -> float:
        """Return one measure; nan where it was not taken."""
        if isinstance(self.errors, Mapping):
            return float(self.errors.get(measure, float("nan")))
        return float(self.errors) if measure == "error" else float("nan")

    def at_least_as_accurate_as(
        self, other: Point, measures: Sequence[str], floor: float = 0.0
    ) -> bool:
        """Return whether every measure is at most the other's, or at most `floor`.

        A measure that neither point has is not compared; one that only the other has
        counts against this point.
        """
        compared = False
        for measure in measures:
            mine, theirs = self.error(measure), other.error(measure)
            if theirs != theirs:
                continue
            compared = True
            if not mine <= max(theirs, floor):
                return False
        return compared


@dataclasses.dataclass(frozen=True)
class Curve:
    """The points of one method, in any order."""

    name: str
    points: tuple[Point, ...]

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)

    def front(self, measure: str = "error") -> tuple[Point, ...]:
        """Return the points that no other beats in both time and error, fastest first."""
        best = float("inf")
        kept = []
        for point in sorted(self.points, key=lambda p: (p.time, p.error(measure))):
            if point.error(measure) < best:
                best = point.error(measure)
                kept.append(point)
        return tuple(kept)


@dataclasses.dataclass(frozen=True)
class Match:
    """One point of the other method, and our fastest point that is as accurate.

    ``ratio`` is the other's time over ours, above 1 where ours is faster, and None where
    no setting of ours is as accurate.
    """

    theirs: Point
    ours: Point | None

    @property
    def ratio(self) -> float | None:
        if self.ours is None or not self.ours.time > 0.0:
            return None
        return self.theirs.time / self.ours.time


def at_equal_accuracy(
    ours: Curve,
    theirs: Curve,
    *,
    measures: Sequence[str] = ("error",),
    floor: float = 0.0,
) -> list[Match]:
    """Compare two methods where ours is at least as accurate as theirs.

    Parameters
    ----------
    ours, theirs : Curve
        For each point of `theirs`, the fastest point of `ours` is sought whose error is
        equal or smaller in every measure.
    measures : sequence of str
        The measures in which ours has to be as good.
    floor : float, optional
        Errors up to this are rounding and count as equal.

    Returns
    -------
    list of Match
        One for each point of `theirs`, in its order.

    Examples
    --------
    >>> from linsub.bench import Curve, Point, at_equal_accuracy
    >>> ours = Curve("ours", (Point(1.0, 1e-3), Point(2.0, 1e-9)))
    >>> theirs = Curve("theirs", (Point(3.0, 1e-2), Point(4.0, 1e-6), Point(9.0, 1e-12)))
    >>> [match.ratio for match in at_equal_accuracy(ours, theirs)]
    [3.0, 2.0, None]
    """
    matches = []
    for point in theirs:
        able = [p for p in ours if p.at_least_as_accurate_as(point, measures, floor)]
        matches.append(Match(point, min(able, key=lambda p: p.time, default=None)))
    return matches
