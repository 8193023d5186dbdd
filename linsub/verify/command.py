"""The command ``python -m linsub verify``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from linsub._core.state import check_writable
from linsub.errors import LinsubError
from linsub.verify.inputs import MAX_ENTRIES
from linsub.verify.registry import Claim, all_claims, get
from linsub.verify.runner import check_mutants, replay, run

__all__ = ["main"]

EPILOG = """\
The column `worst` is the largest measured/bound; for an exact claim the largest error over
its tolerance. At 1 the theorem is attained, above 1 it is violated. The column `real` is
the same on the data set of handwritten digits that ships with linsub.

exit codes: 0 every claim held; 1 a claim was violated or could not be tested;
2 an argument or an input file cannot be used; 130 interrupted.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m linsub verify",
        description="Hold the theorems against the algorithms and print how tightly they held.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("ids", nargs="*", metavar="ID", help="claims to run; all by default")
    add("--family", metavar="F", help="the claims of one family, such as svd")
    add(
        "--input",
        metavar="FILE",
        help="your matrix (.npy, .npz, .csv, .txt; FILE.npz:NAME names an array): the claims "
        f"about a single matrix run on it; up to {MAX_ENTRIES} entries",
    )
    add("--key", metavar="NAME", help="the array to take from an .npz file")
    add("--force", action="store_true", help="take an input of any size")
    add("--full", action="store_true", help="the large numbers of cases; can be resumed")
    add("--budget", type=_seconds, metavar="SECONDS", help="time for each claim")
    add("--seed", type=_natural, default=0, metavar="S", help="seed of the cases (default 0)")
    add("--jobs", type=_positive, default=1, metavar="N", help="claims to run at a time")
    add("--json", metavar="FILE", help="write the report as JSON")
    add("--plots", metavar="DIR", help="write pictures into a folder (needs matplotlib)")
    add("--markdown", action="store_true", help="print the table as Markdown")
    add("--state", metavar="FILE", help="record of a long run, from which it is resumed")
    add("--fresh", action="store_true", help="forget the record and begin again")
    add("--case", type=_natural, metavar="I", help="run one case of one claim again")
    add("--list", action="store_true", help="list the claims and run nothing")
    add("--mutants", action="store_true", help="check that the claims catch their mutants")
    return parser


def _natural(text: str) -> int:
    value = int(text) if text.isdecimal() else -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 0")
    return value


def _positive(text: str) -> int:
    if _natural(text) == 0:
        raise argparse.ArgumentTypeError("0 is not an integer of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
    except SystemExit as stop:  # argparse has printed what was wrong, or the help
        return int(stop.code or 0)
    try:
        return _dispatch(arguments)
    except (LinsubError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"linsub verify: {error}", file=sys.stderr)
        return 2


def _dispatch(arguments: argparse.Namespace) -> int:
    if arguments.list:
        return _list(_chosen(arguments))
    if arguments.mutants:
        return _mutants(_chosen(arguments), arguments)
    if arguments.case is not None:
        return _replay(arguments)
    if arguments.json:
        check_writable(arguments.json, "--json")
    report = run(
        arguments.ids or None,
        family=arguments.family,
        input=arguments.input,
        key=arguments.key,
        force=arguments.force,
        full=arguments.full,
        seed=arguments.seed,
        budget=arguments.budget,
        state=arguments.state,
        fresh=arguments.fresh,
        json=arguments.json,
        plots=arguments.plots,
        jobs=arguments.jobs,
    )
    if arguments.markdown:
        print(report.to_markdown(), end="")
        print(report.failures(), file=sys.stderr)
    else:
        print(report)
    if report.interrupted:
        return 130
    return 0 if report.ok else 1


def _chosen(arguments: argparse.Namespace) -> list[Claim]:
    if not arguments.ids:
        return all_claims(arguments.family)
    return [get(id) for id in arguments.ids]


def _list(chosen: list[Claim]) -> int:
    width = max((len(made.id) for made in chosen), default=0)
    for made in chosen:
        print(f"{made.id:<{width}}  {made.family:<10}  {made.kind:<11}  {made.statement}")
    print(f"\n{len(chosen)} claims")
    return 0


def _mutants(chosen: list[Claim], arguments: argparse.Namespace) -> int:
    width = max((len(made.id) for made in chosen), default=0)
    survived = 0
    for made in chosen:
        found = check_mutants(made.id, seed=arguments.seed, budget=arguments.budget)
        for name, caught in found.items():
            print(
                f"{made.id:<{width}}  {'caught' if caught else 'SURVIVED':<8}  {name}", flush=True
            )
            survived += not caught
        if not found:
            print(f"{made.id:<{width}}  no mutants")
            survived += 1
    print(f"\n{len(chosen)} claims, {survived} without a mutant or with one that survived")
    return 1 if survived else 0


def _replay(arguments: argparse.Namespace) -> int:
    if len(arguments.ids) != 1:
        print("linsub verify: --case belongs to exactly one claim ID", file=sys.stderr)
        return 2
    again = replay(
        arguments.ids[0],
        arguments.case,
        arguments.seed,
        input=arguments.input,
        key=arguments.key,
        force=arguments.force,
    )
    print(again)
    return 0 if again.ok else 1
