"""``python -m linsub verify | bench | info``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

USAGE = """usage: python -m linsub <command> [options]

commands:
  verify   hold the theorems against the algorithms, on shipped matrices or on yours
  bench    time LAPACK, ARPACK and PROPACK beside linsub
  info     versions, BLAS, threads and the compiled kernels

`python -m linsub <command> --help` shows the options of a command.
"""

# The modules are imported when their command is asked for: --help should be quick.
_COMMANDS = {
    "verify": "linsub.verify.command",
    "bench": "linsub.bench",
    "info": "linsub.verify.info",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1, 2 (usage) or 130 (interrupt)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="", file=sys.stdout if arguments else sys.stderr)
        return 0 if arguments else 2
    if arguments[0] in ("-V", "--version"):
        from linsub import __version__

        print(f"linsub {__version__}")
        return 0
    name = arguments[0]
    if name not in _COMMANDS:
        print(f"linsub: there is no command {name!r}\n\n{USAGE}", end="", file=sys.stderr)
        return 2
    try:
        command: Callable[[Sequence[str]], int | None] = importlib.import_module(
            _COMMANDS[name]
        ).main
        code = int(command(arguments[1:]) or 0)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # the reader of a pipe (head, less) has left; the flush at exit must not complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141  # what a shell reports of SIGPIPE: neither success nor a failed claim


if __name__ == "__main__":
    sys.exit(main())
