"""The registry of claims: what is said, who said it, and on what it is tried."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import importlib
import importlib.resources
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeVar, get_args

from linsub.errors import InvalidInputError

__all__ = ["Claim", "Domain", "Kind", "all_claims", "claim", "families", "get", "isolated"]

Kind = Literal["exact", "always", "expectation", "probability", "rate"]
Domain = Literal["matrix", "blocks", "stream", "pair", "sampler", "formula"]

# LAPACK's own pass line for its scaled residuals.
EPS_MULTIPLE = 30.0

# The real data and every matrix of the gallery once.
MAX_CASES = 70

_F = TypeVar("_F", bound=Callable[..., Any])
_REGISTRY: dict[str, Claim] = {}
_DISCOVERY = True


@dataclasses.dataclass(frozen=True, eq=False)
class Claim:
    """A registered claim; the fields are the arguments of :func:`claim`."""

    id: str
    statement: str
    function: Callable[..., Any]
    source: str
    kind: Kind
    domain: Domain
    subject: Any
    mutants: Mapping[str, Any]
    family: str
    budget: float = 2.0
    failure_prob: float | None = None
    slack: str = ""
    tight: float | None = None
    eps_multiple: float = EPS_MULTIPLE
    slope: tuple[float, float] | None = None
    cases: Callable[..., Any] | None = None
    requires: Callable[[Any], bool] | None = None
    min_cases: int = 8
    max_cases: int = MAX_CASES
    full_cases: int = 1000

    def __call__(self, case: Any, subject: Any = None) -> Any:
        """Evaluate the claim on one case, on its own subject unless another is given."""
        return self.function(case, self.subject if subject is None else subject)


def claim(
    id: str,
    *,
    source: str,
    kind: Kind,
    domain: Domain,
    subject: Any = None,
    mutants: Mapping[str, Any] | None = None,
    budget: float = 2.0,
    failure_prob: float | None = None,
    slack: str = "",
    tight: float | None = None,
    eps_multiple: float = EPS_MULTIPLE,
    slope: tuple[float, float] | None = None,
    cases: Callable[..., Any] | None = None,
    requires: Callable[[Any], bool] | None = None,
    min_cases: int = 8,
    max_cases: int = MAX_CASES,
    full_cases: int = 1000,
) -> Callable[[_F], _F]:
    """Register the experiment that holds an algorithm against a theorem.

    The decorated function takes ``(case, subject)`` and returns an
    :class:`Observation`, a :class:`Sample`, a list of them, or None when the case is
    outside the theorem's hypotheses (counted as skipped, never as held). The first
    line of its docstring is the statement.

    Parameters
    ----------
    id : str
        Lower-case words joined by hyphens; the name of the section in the docs.
    source : str
        Who proved it: author, year, number of the theorem.
    kind : {"exact", "always", "expectation", "probability", "rate"}
        How the observations are decided; see the Notes.
    domain : {"matrix", "blocks", "stream", "pair", "sampler", "formula"}
        What cases it takes.
    subject : callable, optional
        The algorithm or the formula under test, which users may replace.
    mutants : mapping of str to callable, optional
        Replacements of the subject that break the claim; each must be caught by what
        is measured (an exception does not count).
    budget : float, optional
        Seconds in a default run.
    failure_prob : float, optional
        For ``probability``: the failure probability that the theorem allows.
    slack : str, optional
        Why the bound is never attained, where it is not.
    tight : float, optional
        The ratio measured/bound that some case of a default run must reach: the bound
        is not vacuous. An ``exact`` claim is tight by its nature.
    eps_multiple : float, optional
        For ``exact``: the tolerance, in units of eps of the case's dtype times the
        observation's scale.
    slope : (float, float), optional
        For ``rate``: the range in which the fitted log-log slope must lie. Without it
        the slope is shown and not asserted.
    cases : callable, optional
        ``cases(index, rng)`` returns a case or a mapping of its values; it replaces
        the cases of the domain. ``rng`` is a fresh generator of that index alone.
    requires : callable, optional
        ``requires(case)`` is False for the cases outside the hypotheses.
    min_cases, max_cases, full_cases : int, optional
        Cases of a default run whatever the time; at most; and of ``--full``.

    Notes
    -----
    - exact: ``|measured - bound| <= eps_multiple * eps * scale`` in every case.
    - always: ``measured <= bound`` in every case, the bound having a rounding term.
    - expectation: samples are tested one-sidedly, at a false-alarm rate of 1e-6 for
      the whole claim; an Observation is an expectation found by enumeration and is
      decided like ``always``.
    - probability: every observation is a trial that fails when ``measured > bound``;
      the trials of one case must be independent too. Violated when so many failures
      would have a probability below 1e-6.
    - rate: the slope of log(measured) against log(size).
    """

    def register(function: _F) -> _F:
        module = function.__module__
        parts = module.split(".")
        is_ours = len(parts) >= 3 and parts[0] == "linsub" and parts[2] == "claims"
        made = Claim(
            id=id,
            statement=_statement(function),
            function=function,
            source=source,
            kind=kind,
            domain=domain,
            subject=subject,
            mutants=dict(mutants or {}),
            family=parts[1] if is_ours else "user",
            budget=budget,
            failure_prob=failure_prob,
            slack=slack,
            tight=tight,
            eps_multiple=eps_multiple,
            slope=slope,
            cases=cases,
            requires=requires,
            min_cases=min(min_cases, max_cases),
            max_cases=max_cases,
            full_cases=max(full_cases, max_cases),
        )
        _check(made)
        _REGISTRY[id] = made
        return function

    return register


def _statement(function: Callable[..., Any]) -> str:
    lines = (function.__doc__ or "").strip().splitlines()
    return lines[0].strip() if lines else ""


def _check(made: Claim) -> None:
    """Refuse a claim that could not be judged, where its author sees it."""
    problem = ""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made.id):
        problem = "an id is lower-case words joined by hyphens"
    elif not made.statement:
        problem = "the first line of the docstring is the statement, and there is none"
    elif not made.source:
        problem = "source is empty"
    elif made.kind not in get_args(Kind):
        problem = f"kind must be one of {get_args(Kind)}, got {made.kind!r}"
    elif made.domain not in get_args(Domain):
        problem = f"domain must be one of {get_args(Domain)}, got {made.domain!r}"
    elif (made.kind == "probability") != (made.failure_prob is not None):
        problem = "failure_prob belongs to kind='probability', and to it alone"
    elif made.failure_prob is not None and not 0.0 < made.failure_prob < 1.0:
        problem = f"failure_prob must be in (0, 1), got {made.failure_prob}"
    elif made.slope is not None and made.kind != "rate":
        problem = "slope belongs to kind='rate'"
    elif made.max_cases < 1 or made.min_cases < 1:
        problem = "min_cases and max_cases must be at least 1"
    else:
        other = _REGISTRY.get(made.id)
        if other is not None and _home(other) != _home(made):
            problem = f"this id is taken by {'.'.join(_home(other))}"
    if problem:
        raise InvalidInputError(f"claim {made.id!r}: {problem}")


def _home(made: Claim) -> tuple[str, str]:
    return made.function.__module__, made.function.__qualname__


def families() -> tuple[str, ...]:
    """Names of the families that ship claims, found without importing them."""
    root = importlib.resources.files("linsub")
    found = [
        folder.name
        for folder in root.iterdir()
        if folder.name.isidentifier()
        and any((folder / room).is_file() for room in ("claims.py", "claims/__init__.py"))
    ]
    return tuple(sorted(found))


def _discover(family: str | None) -> None:
    if not _DISCOVERY:
        return
    for name in families():
        if family is None or name == family:
            importlib.import_module(f"linsub.{name}.claims")


def all_claims(family: str | None = None) -> list[Claim]:
    """Every claim, or those of one family, in the order of their files.

    Raises
    ------
    InvalidInputError
        If no claim belongs to `family`; the message names the families.
    """
    _discover(family)
    found = [made for made in _REGISTRY.values() if family is None or made.family == family]
    if family is not None and not found:
        shipped = families() if _DISCOVERY else ()
        known = sorted({*shipped, *(made.family for made in _REGISTRY.values())})
        hint = _near(family, known)
        raise InvalidInputError(f"no claims in family {family!r}{hint}; families: {_listed(known)}")
    return sorted(found, key=lambda made: made.family)


def get(id: str) -> Claim:
    """Return the claim of that id.

    Raises
    ------
    InvalidInputError
        If there is none; the message names the nearest ids.
    """
    if id not in _REGISTRY:
        _discover(None)
    if id not in _REGISTRY:
        hint = _near(id, list(_REGISTRY))
        raise InvalidInputError(
            f"no claim has the id {id!r}{hint}; `python -m linsub verify --list` shows all"
        )
    return _REGISTRY[id]


def _near(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def _listed(known: list[str]) -> str:
    return ", ".join(known) if known else "none"


@contextlib.contextmanager
def isolated() -> Iterator[dict[str, Claim]]:
    """Swap in an empty registry without the shipped claims, for tests of the runner."""
    global _DISCOVERY
    saved = dict(_REGISTRY), _DISCOVERY
    _REGISTRY.clear()
    _DISCOVERY = False
    try:
        yield _REGISTRY
    finally:
        _REGISTRY.clear()
        _REGISTRY.update(saved[0])
        _DISCOVERY = saved[1]
