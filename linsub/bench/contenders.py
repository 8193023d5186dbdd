"""What is compared: contenders, tasks, and the truncated SVDs that come with SciPy."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from linsub.bench.accuracy import SVDJudge
from linsub.bench.memory import Probe

__all__ = ["SOLVERS", "Contender", "Solver", "Task", "Work", "solver_contenders", "svd_task"]

# The same start for everybody, in every call: a repeat must do the same work.
SEED = 0
# LAPACK alone would take minutes beyond this many flops.
LAPACK_LIMIT = 1e12
# Side of the matrix that warms a child process up: past what goes to LAPACK at once.
WARM_SIDE = 400


@dataclasses.dataclass(frozen=True)
class Work:
    """What a call did: floating point operations and bytes of the matrix read.

    ``single`` says that the operations were in float32, whose peak is another one.
    """

    flops: float = 0.0
    bytes: float = 0.0
    single: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Contender:
    """One way to do a task.

    Parameters
    ----------
    name : str
        Unique within the task.
    call : callable
        Does the task and returns its answer.
    accuracy : callable, optional
        Takes the answer and returns measures of error by name; the task's by default.
    method : str, optional
        The curve that it is a point of; `name` by default.
    setting : str, optional
        The setting of the method's knob, as in ``"n_iter=4"``.
    default : bool, optional
        Whether the setting is what the method does when nothing is said. The others
        belong to the curves only and are left out of the tables.
    certified : callable, optional
        The same with the certificate; its extra time gets a column of its own.
    work : callable, optional
        Takes the answer and returns the :class:`Work` done.
    requires : sequence of str, optional
        Modules without which the contender is skipped by name.
    skip : str, optional
        A reason to leave it out, shown in its row.
    """

    name: str
    call: Callable[[], Any]
    accuracy: Callable[[Any], Mapping[str, float]] | None = None
    method: str = ""
    setting: str = ""
    default: bool = True
    certified: Callable[[], Any] | None = None
    work: Callable[[Any], Work] | None = None
    requires: Sequence[str] = ()
    skip: str = ""

    def missing(self) -> str:
        """Return why the contender cannot take part, or an empty string."""
        absent = [name for name in self.requires if not _installed(name)]
        return f"{', '.join(absent)} not installed" if absent else self.skip


def _installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """The same question for several contenders.

    Parameters
    ----------
    name : str
        Short and unique, for tables and file names.
    contenders : sequence of Contender
    accuracy : callable, optional
        Judges every answer whose contender brings no function of its own.
    title : str, optional
        The question in words.
    ours : str, optional
        The method that the others are compared with.
    measures : sequence of str, optional
        The errors that the pictures show.
    comparisons : sequence of sequences of str, optional
        Times are compared where the answers are equally good in all measures of one of
        these sets; by default in all of `measures`.
    floor : float, optional
        Errors up to this are rounding and count as equal.
    size : float, optional
        Abscissa of the scaling picture.
    series : str, optional
        Tasks of one series make one scaling picture.
    probes : callable, optional
        Takes a scratch folder and returns memory probes by contender name.
    budget : float, optional
        Seconds for the rounds, instead of the run's.
    """

    name: str
    contenders: Sequence[Contender]
    accuracy: Callable[[Any], Mapping[str, float]] | None = None
    title: str = ""
    ours: str = "linsub"
    measures: Sequence[str] = ("error",)
    comparisons: Sequence[Sequence[str]] = ()
    floor: float = 0.0
    size: float | None = None
    series: str = ""
    probes: Callable[[Path], Mapping[str, Probe]] | None = None
    budget: float | None = None


@dataclasses.dataclass(frozen=True, eq=False)
class Solver:
    """A function that computes a truncated SVD, with what the harness has to know of it.

    Parameters
    ----------
    name : str
    solve : callable
        ``solve(A, rank, **setting)`` returns ``U, S, Vh`` with descending `S`. It is a
        function of a module, so that another process can import it.
    knob : str, optional
        The keyword that trades time for accuracy.
    values : sequence, optional
        Values of the knob for the curve.
    default : Any, optional
        The knob's value in the tables; None stands for not passing it.
    certifies : bool, optional
        Whether it takes ``certify=True``.
    kinds : sequence of str, optional
        The kinds of matrix that it takes: ``dense``, ``sparse``, ``memmap``.
    work : callable, optional
        ``work(A, rank, setting, answer)`` returns the :class:`Work`.
    requires : sequence of str, optional
    """

    name: str
    solve: Callable[..., Any]
    knob: str = ""
    values: Sequence[Any] = ()
    default: Any = None
    certifies: bool = False
    kinds: Sequence[str] = ("dense",)
    work: Callable[[Any, int, Mapping[str, Any], Any], Work] | None = None
    requires: Sequence[str] = ()

    def settings(self, curves: bool) -> list[tuple[dict[str, Any], bool]]:
        """Return the settings to run, each with whether it is the default."""
        first = {} if self.default is None else {self.knob: self.default}
        found = [(first, True)]
        if curves:
            found += [({self.knob: v}, False) for v in self.values if v != self.default]
        return found


# Answers. Each is the library's own defaults but for what the arguments say.


def lapack(A: Any, rank: int) -> Any:
    """NumPy's gesdd: the whole SVD, of which `rank` triplets are kept."""
    U, S, Vh = np.linalg.svd(A, full_matrices=False)
    return U[:, :rank], S[:rank], Vh[:rank]


def arpack(A: Any, rank: int, tol: float = 0.0) -> Any:
    """SciPy's svds with ARPACK."""
    return _svds(A, rank, "arpack", tol)


def propack(A: Any, rank: int, tol: float = 0.0) -> Any:
    """SciPy's svds with PROPACK."""
    return _svds(A, rank, "propack", tol)


def _svds(A: Any, rank: int, solver: Literal["arpack", "propack"], tol: float) -> Any:
    from scipy.sparse.linalg import svds

    U, S, Vh = svds(A, k=rank, solver=solver, tol=tol, rng=np.random.default_rng(SEED))
    order = np.argsort(-S)
    return U[:, order], S[order], Vh[order]


def linsub_svd(A: Any, rank: int, tol: float | None = None, certify: bool = False) -> Any:
    """The truncated SVD of this library."""
    from linsub.svd import truncated_svd

    return truncated_svd(A, rank, tol=tol, certify=certify, rng=SEED)


def svd_flops(shape: tuple[int, int]) -> float:
    """Return at most about how many operations LAPACK's thin gesdd takes."""
    long, short = max(shape), min(shape)
    return 6.0 * long * short**2 + 20.0 * short**3


def product_flops(A: Any) -> float:
    """Return the operations of one product of A with a vector."""
    entries = float(A.nnz if hasattr(A, "nnz") else A.shape[0] * A.shape[1])
    return entries * (8.0 if np.dtype(A.dtype).kind == "c" else 2.0)


def is_single(A: Any) -> bool:
    """Return whether products with A run in float32 or complex64."""
    return np.dtype(A.dtype).char in "fF"


def matrix_bytes(A: Any) -> float:
    """Return the bytes that one reading of A moves."""
    if hasattr(A, "nnz"):  # the values and their column numbers
        return float(A.data.nbytes + A.indices.nbytes)
    return float(A.shape[0] * A.shape[1] * np.dtype(A.dtype).itemsize)


def _linsub_work(A: Any, rank: int, setting: Mapping[str, Any], answer: Any) -> Work:
    if answer.info is None or answer.info.method == "lapack":
        return Work()
    products, passes = answer.info.products, answer.info.passes
    flops = products * product_flops(A)
    if answer.info.method == "gram":
        flops = max(flops, float(max(A.shape)) * min(A.shape) ** 2)
    return Work(flops, passes * matrix_bytes(A), is_single(A))


LINSUB = Solver(
    "linsub",
    linsub_svd,
    knob="tol",
    values=(1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-10, 2e-14),
    certifies=True,
    kinds=("dense", "sparse", "memmap"),
    work=_linsub_work,
)
# How much work gesdd does depends on how much its divide and conquer deflates.
LAPACK = Solver("numpy gesdd", lapack)
ARPACK = Solver(
    "scipy arpack", arpack, knob="tol", values=(1e-1, 1e-2, 1e-4), kinds=("dense", "sparse")
)
PROPACK = Solver(
    "scipy propack", propack, knob="tol", values=(1e-2, 1e-4, 1e-8), kinds=("dense", "sparse")
)
SOLVERS: tuple[Solver, ...] = (LINSUB, LAPACK, ARPACK, PROPACK)


def solver_contenders(
    A: Any, rank: int, solvers: Sequence[Solver], *, kind: str, curves: bool
) -> list[Contender]:
    """Return the contenders that solvers make on one matrix."""
    found = []
    for solver in solvers:
        if kind not in solver.kinds:
            continue
        # Ours always: times are compared at the accuracy that each of the others has.
        for setting, default in solver.settings(curves or solver is LINSUB):
            found.append(_contender(A, rank, solver, setting, default))
    return found


def _contender(
    A: Any, rank: int, solver: Solver, setting: Mapping[str, Any], default: bool
) -> Contender:
    text = ", ".join(f"{key}={value:g}" for key, value in setting.items())
    work = solver.work
    skip = ""
    if solver.solve is lapack and svd_flops(A.shape) > LAPACK_LIMIT:
        skip = f"would take {svd_flops(A.shape):.0e} operations"
    return Contender(
        name=solver.name if default else f"{solver.name} {text}",
        call=lambda: solver.solve(A, rank, **setting),
        method=solver.name,
        setting=text,
        default=default,
        certified=(
            (lambda: solver.solve(A, rank, certify=True, **setting))
            if solver.certifies and default
            else None
        ),
        work=None if work is None else lambda answer: work(A, rank, setting, answer),
        requires=solver.requires,
        skip=skip,
    )


def svd_task(
    name: str,
    A: Any,
    rank: int,
    *,
    sigma: np.ndarray | None,
    solvers: Sequence[Solver] = SOLVERS,
    title: str = "",
    kind: str = "dense",
    curves: bool = False,
    memory: bool = False,
    **options: Any,
) -> Task:
    """Return the task of computing `rank` singular triplets of `A`.

    Parameters
    ----------
    name : str
    A : ndarray or sparse matrix
    rank : int
    sigma : ndarray or None
        Reference singular values, from LAPACK in float64 or known by construction.
    solvers : sequence of Solver
    title : str
    kind : {"dense", "sparse", "memmap"}
        Solvers that do not take such a matrix are left out.
    curves : bool
        Run the whole range of every solver's knob, not of linsub's alone.
    memory : bool
        Measure the peak memory of each solver at its default, in a process of its own.
    **options
        Further fields of :class:`Task`.
    """
    judge = SVDJudge(A, rank, sigma)
    return Task(
        name=name,
        title=title or name,
        contenders=solver_contenders(A, rank, solvers, kind=kind, curves=curves),
        accuracy=judge,
        measures=("residual",) if sigma is None else ("sigma", "residual"),
        comparisons=() if sigma is None else (("sigma",), ("sigma", "residual")),
        floor=judge.floor,
        probes=(lambda folder: svd_probes(folder, A, rank, solvers, kind)) if memory else None,
        **options,
    )


def svd_probes(
    folder: Path, A: Any, rank: int, solvers: Sequence[Solver], kind: str
) -> dict[str, Probe]:
    """Write `A` into a folder and return a memory probe for each solver."""
    if hasattr(A, "nnz"):
        path = folder / "matrix.npz"
        importlib.import_module("scipy.sparse").save_npz(path, A, compressed=False)
    elif kind == "memmap":
        path = Path(A.filename)
    else:
        path = folder / "matrix.npy"
        np.save(path, A)
    probes = {}
    for solver in solvers:
        if kind in solver.kinds and all(_installed(name) for name in solver.requires):
            arguments = {
                "file": str(path),
                "solve": f"{solver.solve.__module__}:{solver.solve.__qualname__}",
                "rank": rank,
                "setting": solver.settings(False)[0][0],
                "kind": kind,
            }
            probes[solver.name] = Probe("linsub.bench.contenders:prepare_probe", arguments)
    return probes


def prepare_probe(
    file: str, solve: str, rank: int, setting: dict[str, Any], kind: str
) -> Callable[[], Any]:
    """Load a matrix and return the call whose memory is measured; runs in the child."""
    module, _, name = solve.partition(":")
    function = getattr(importlib.import_module(module), name)
    if kind == "sparse":
        A = importlib.import_module("scipy.sparse").load_npz(file)
    else:
        A = np.load(file, mmap_mode="r" if kind == "memmap" else None)
    # A small matrix of the same kind first: imports and compiled kernels do not count.
    with contextlib.suppress(Exception):  # what fails here may still do the real one
        function(A[:WARM_SIDE, :WARM_SIDE], min(rank, 2), **setting)
    return lambda: function(A, rank, **setting)
