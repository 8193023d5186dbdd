"""What a claim takes and what it returns: cases, observations and samples."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

__all__ = ["Case", "Observation", "Sample"]


@dataclasses.dataclass(frozen=True)
class Observation:
    """One number that was measured beside the number that the theorem allows.

    Parameters
    ----------
    measured : float
        The quantity as it was computed. nan and infinity count as a violation.
    bound : float
        What the theorem says of it: the value (kind ``exact``), the upper bound
        (``always``, ``probability``, an enumerated ``expectation``) with its rounding
        term, or the predicted value (``rate``). A bound of +inf says nothing: the
        observation is counted as skipped.
    scale : float, optional
        The unit of the tolerance of an ``exact`` claim: it holds when
        ``|measured - bound| <= eps_multiple * eps * scale``.
    size : float, optional
        The abscissa of the pictures and of a ``rate``; by default the number of
        entries of ``case.A``.
    note : str, optional
        What tells this observation from the others of the same case.
    eps_multiple : float, optional
        Replaces the claim's own ``eps_multiple`` for this observation.
    """

    measured: float
    bound: float
    scale: float = 1.0
    size: float | None = None
    note: str = ""
    eps_multiple: float | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """Independent draws whose mean the theorem bounds: ``E[X] <= mean_bound``.

    Parameters
    ----------
    values : array_like, shape (n,)
        Independent, identically distributed draws.
    mean_bound : float
        What the theorem says of their mean.
    lower : float or None, optional
        A number that no draw can be below, 0 by default. With it the test is exact at
        any number of draws and any law (a betting test); with None it is Student's
        t test, which is right only for many draws of a law without heavy tails.
    size, note : optional
        As in :class:`Observation`.

    Notes
    -----
    A lower bound on a mean, ``E[X] >= b`` with ``X <= c``, is the sample
    ``Sample(c - values, c - b)``; an equality is two samples.
    """

    values: Any
    mean_bound: float
    lower: float | None = 0.0
    size: float | None = None
    note: str = ""


class Case:
    """A case made of named values, for the domains that are not a single matrix.

    Parameters
    ----------
    seed : tuple of int
        Where the case's random numbers come from.
    **values
        What a claim reads: ``case.n``, ``case.spectrum``. ``label``, ``size``,
        ``dtype`` and ``real`` (real data, which has a column of its own) are also read
        by the report.

    Notes
    -----
    ``case.rng`` is a fresh generator at every access, so that a claim that reads it
    once draws the same numbers at every replay.
    """

    label: str = ""
    real: bool = False
    dtype: Any = np.dtype(np.float64)

    def __init__(self, seed: tuple[int, ...] = (0,), **values: Any) -> None:
        self.seed = tuple(seed)
        for name, value in values.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this case has no {name!r}; it has {sorted(vars(self))}")

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator made from the case's seed."""
        return np.random.default_rng(self.seed)

    def __repr__(self) -> str:
        return f"Case({self.label or self.seed})"
