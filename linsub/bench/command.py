"""The command ``python -m linsub bench``."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from linsub._core.state import check_writable
from linsub.bench.contenders import LAPACK_LIMIT, Task, svd_flops, svd_task
from linsub.bench.inputs import load
from linsub.bench.plots import draw
from linsub.bench.report import Report
from linsub.bench.runner import BUDGET, run
from linsub.errors import LinsubError, MissingExtraError

__all__ = ["main", "spectrum_matrix"]

EPILOG = """\
Times are minima over interleaved rounds with one BLAS thread; "x linsub at equal sigma"
is a method's time over that of linsub's fastest setting whose error is no larger.
exit codes: 0 done; 1 linsub failed on a row; 2 an argument or a file cannot be used;
130 interrupted.
"""
RANK = 20
SPECTRA: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "0.95^i": lambda i: 0.95**i,
    "1/i": lambda i: 1.0 / i,
    "i^-0.3": lambda i: i**-0.3,
}
SQUARE, TALL = 1000, (10000, 300)


def spectrum_matrix(m: int, n: int, spectrum: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return U diag(sigma) V^T and sigma, with U and V the QR factors of Gaussian matrices.

    Parameters
    ----------
    m, n : int
        Shape.
    spectrum : {"0.95^i", "1/i", "i^-0.3"}
        sigma_i for i = 1, 2, ...
    seed : int
        Of :func:`numpy.random.default_rng`.
    """
    rng = np.random.default_rng(seed)
    short = min(m, n)
    U = np.linalg.qr(rng.standard_normal((m, short)))[0]
    V = np.linalg.qr(rng.standard_normal((n, short)))[0]
    sigma = SPECTRA[spectrum](np.arange(1.0, short + 1.0))
    return (U * sigma) @ V.T, sigma


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m linsub bench",
        description="Time LAPACK, ARPACK and PROPACK beside linsub, with their errors.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--input", metavar="FILE", help="your matrix (.npy, .npz, .csv, .txt; FILE.npz:NAME)")
    add("--rank", type=_positive, default=RANK, metavar="K", help=f"triplets (default {RANK})")
    add("--repeats", type=_positive, metavar="N", help="exactly N rounds")
    add("--budget", type=_seconds, default=BUDGET, metavar="S", help="seconds a matrix (default 5)")
    add("--threads", type=_positive, default=1, metavar="N", help="BLAS threads (default 1)")
    add("--curves", action="store_true", help="error against time: a range of tolerances")
    add("--memory", action="store_true", help="peak memory, each in a process of its own")
    add("--quick", action="store_true", help="small matrices: see that it works")
    add("--json", metavar="FILE", help="write everything as JSON")
    add("--plots", metavar="DIR", help="write pictures into a folder (needs matplotlib)")
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 1")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:  # argparse has printed what was wrong, or the help
        return int(stop.code or 0)
    try:
        return _run(arguments)
    except (LinsubError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"linsub bench: {error}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    if arguments.plots:
        _need_matplotlib()  # before the minutes of work, not after
    if arguments.json:
        check_writable(arguments.json, "--json")
    tasks = _own_tasks(arguments) if arguments.input else _built_in(arguments)
    report = run(
        tasks,
        budget=arguments.budget,
        repeats=arguments.repeats,
        threads=arguments.threads,
        quick=arguments.quick,
        on_start=lambda report: print(report.header(), flush=True),
        on_task=lambda result: print(result.to_markdown(), flush=True),
    )
    return finish(report, arguments.json, arguments.plots)


def finish(report: Report, json: str | None, plots: str | None) -> int:
    """Write the files of a report that has been printed, and return the exit code."""
    if json:
        report.write_json(json)
    if plots:
        for path in draw(report, plots):
            print(f"wrote {path}", file=sys.stderr)
    if report.interrupted:
        print("Interrupted: the rows above are those that were finished.")
        return 130
    rows = [row for task in report.tasks for row in task.rows]
    return 1 if any(row.failure and row.method in ("linsub", "") for row in rows) else 0


def _need_matplotlib() -> None:
    try:
        importlib.import_module("matplotlib")
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error


def _own_tasks(arguments: argparse.Namespace) -> list[Callable[[], Task]]:
    A = load(arguments.input)
    rank = min(arguments.rank, *A.shape)
    kind = "sparse" if hasattr(A, "nnz") else "dense"
    known = kind == "dense" and svd_flops(A.shape) <= LAPACK_LIMIT
    shape = " x ".join(map(str, A.shape))

    def own() -> Task:
        return svd_task(
            "input",
            A,
            rank,
            sigma=_reference(A) if known else None,
            title=f"{arguments.input}: {shape} {A.dtype} {kind}, rank {rank}",
            kind=kind,
            curves=_curves(arguments),
            memory=arguments.memory,
        )

    return [own]


def _curves(arguments: argparse.Namespace) -> bool:
    return bool(arguments.curves or arguments.plots)


def _reference(A: Any) -> np.ndarray:
    wide = A.astype(np.complex128 if A.dtype.kind == "c" else np.float64)
    return np.asarray(np.linalg.svd(wide, compute_uv=False))


def _built_in(arguments: argparse.Namespace) -> list[Callable[[], Task]]:
    scale = 8 if arguments.quick else 1
    side = SQUARE // scale
    shapes = [(name, side, side) for name in SPECTRA]
    shapes.append(("0.95^i", TALL[0] // scale, TALL[1] // scale))
    return [
        _digits(arguments),
        *(_synthetic(name, m, n, arguments) for name, m, n in shapes),
    ]


def _digits(arguments: argparse.Namespace) -> Callable[[], Task]:
    def digits() -> Task:
        from linsub import testing

        loaded = testing.load_digits()
        A = np.asarray(getattr(loaded, "data", loaded), dtype=np.float64)
        rank = min(arguments.rank, *A.shape)
        return svd_task(
            "digits",
            A,
            rank,
            sigma=_reference(A),
            title=f"handwritten digits, {A.shape[0]} x {A.shape[1]}, rank {rank}",
            curves=_curves(arguments),
            memory=arguments.memory,
        )

    return digits


def _synthetic(spectrum: str, m: int, n: int, arguments: argparse.Namespace) -> Callable[[], Task]:
    def synthetic() -> Task:
        A, sigma = spectrum_matrix(m, n, spectrum)
        rank = min(arguments.rank, m, n)
        return svd_task(
            f"{m}x{n} {spectrum}",
            A,
            rank,
            sigma=sigma,
            title=f"σ = {spectrum}, {m} x {n}, rank {rank}",
            curves=_curves(arguments),
            memory=arguments.memory,
        )

    return synthetic
