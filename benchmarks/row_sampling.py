"""Samples of rows: distortion by scheme, rows against the total sensitivity, and times."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Samples of rows"

# Rows, columns, expected size and seeds of the table of distortions.
N, D, SIZE, SEEDS = 1000, 8, 250, 12
SCHEMES = ("uniform", "leverage", "root_leverage", "lewis", "sensitivity", "augmented")
SETTINGS = (("Gauss", 4.0), ("t1.5", 1.0), ("t1.5", 3.0))

# Median / largest distortion of the p-th power as they were recorded before this package
# existed, on other random numbers.
RECORDED = {
    ("Gauss", 4.0): ".70/.91, .47/.55, .43/.54, .43/.51, .43/.51, -",
    ("t1.5", 1.0): ".37/.61, .17/.29, .16/.19, .16/.19, .14/.19, .14/.22 (without 1/n)",
    ("t1.5", 3.0): "2.01/2.95, all others at most .02",
}

# Rows that keep norms in many directions within 1 -+ ERROR, the median of DRAWS samples.
ERROR, DRAWS, GROWTH = 0.5, 9, 1.12
POWERS = (1.0, 1.5, 3.0, 4.0)
INSTANCES = ("sign cube", "cube and copies", "cube and copies, augmented", "Gauss", "t1.5")


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for kind, p in SETTINGS[2:] if quick else SETTINGS:
        yield Plan(f"distortion {kind}, p = {p:g}", _distortions, (kind, p, 2 if quick else SEEDS))
    for p in (1.5,) if quick else POWERS:
        yield Plan(f"rows, p = {p:g}", _rows, (p, quick))
    yield Plan("samplers", _samplers, (1000 if quick else 100_000,))
    yield Plan("streams", _streams, (2000 if quick else 100_000,))


def _data(kind: str, n: int, d: int) -> np.ndarray:
    rng = np.random.default_rng((n, d, len(kind)))
    return rng.standard_normal((n, d)) if kind == "Gauss" else rng.standard_t(1.5, (n, d))


def _scores(A: np.ndarray, p: float, scheme: str) -> Any:
    """Return scores; sensitivities exactly, which is slow for p = 1."""
    from linsub.sensitivity import leverage_scores

    if scheme == "uniform":
        return np.ones(len(A))
    if scheme in ("sensitivity", "augmented"):
        sigma = _sensitivities(A.shape, A.tobytes(), p)
        extra = leverage_scores(A).scores + 1.0 / len(A)
        return sigma if scheme == "sensitivity" else sigma + extra
    return scheme


@functools.lru_cache(maxsize=8)
def _sensitivities(shape: tuple[int, int], data: bytes, p: float) -> np.ndarray:
    from linsub.sensitivity import lp_sensitivities

    A = np.frombuffer(data).reshape(shape)
    return lp_sensitivities(A, p, rtol=1e-4).upper


def _distortions(kind: str, p: float, seeds: int) -> Task:
    A = _data(kind, N, D)

    def call(scheme: str) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import embedding_distortion, sample_rows

            scores, off = _scores(A, p, scheme), []
            for seed in range(seeds):
                sample = sample_rows(A, p, SIZE, scores=scores, rng=seed)
                found = embedding_distortion(A, sample, method="search", rng=seed)
                off.append(max(1.0 - found.lower**p, found.upper**p - 1.0))
            return off

        return run

    return Task(
        name=f"distortion {kind}, p = {p:g}",
        title=f"{kind}, {N} x {D}, p = {p:g}, {SIZE} rows, {seeds} seeds",
        contenders=[Contender(scheme, call(scheme)) for scheme in SCHEMES],
        accuracy=lambda off: {"median": float(np.median(off)), "largest": float(max(off))},
        measures=(),
        ours="lewis",
        budget=0.1,
    )


def _cube(m: int) -> np.ndarray:
    return np.where((np.arange(2**m)[:, None] >> np.arange(m)) & 1, 1.0, -1.0)


def _instance(name: str, d: int, p: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Return a matrix, its scores and the sum of its sensitivities."""
    from linsub.sensitivity import leverage_scores, lp_sensitivities
    from linsub.sensitivity.bounds import sign_cube_total

    if name in ("Gauss", "t1.5"):
        A = _data(name, 400 if p == 1.0 else 1500, d)
        sigma = lp_sensitivities(A, p, method="bracket" if p > 1.0 else "auto", rtol=1e-3).upper
        return A, sigma, float(sigma.sum())
    cube, total = _cube(d), sign_cube_total(d, p)
    sigma = np.full(len(cube), total / len(cube))
    if name == "sign cube":
        return cube, sigma, total
    # Each unit vector as k copies of k^(-1/p) e_j: their sensitivity is 1/k.
    k = 256
    A = np.zeros((len(cube) + k * d, 2 * d))
    A[: len(cube), :d] = cube
    A[len(cube) :, d:] = np.repeat(np.eye(d), k, axis=0) * k ** (-1.0 / p)
    sigma = np.concatenate([sigma, np.full(k * d, 1.0 / k)])
    total += d
    if name.endswith("augmented"):
        return A, sigma + leverage_scores(A).scores, total
    return A, sigma, total


def _needed(A: np.ndarray, scores: np.ndarray, p: float) -> float:
    """Return how many rows keep norms in many directions within 1 -+ ERROR."""
    from linsub.sensitivity import sample_rows

    n, d = A.shape
    rng = np.random.default_rng(0)
    X = np.concatenate([np.eye(d), rng.standard_normal((d, 60))], axis=1)
    _, R = np.linalg.qr(A)
    size = float(d)
    while size < n:
        off = []
        for _ in range(DRAWS):
            B = sample_rows(A, p, int(size), scores=scores, rng=rng).apply(A)
            # The directions that lose and gain the most for p = 2, too.
            ends = np.linalg.solve(R, np.linalg.svd(B @ np.linalg.inv(R))[2].T)
            Y = np.concatenate([X, ends], axis=1)
            ratios = (np.abs(B @ Y) ** p).sum(axis=0) / (np.abs(A @ Y) ** p).sum(axis=0)
            off.append(float(np.abs(ratios ** (1.0 / p) - 1.0).max()))
        if np.median(off) <= ERROR:
            return size
        size *= GROWTH
    return float(n)


def _rows(p: float, quick: bool) -> Task:
    sizes = (4, 5) if quick else (6, 7, 8, 9, 10, 11)

    def call(name: str) -> Callable[[], Any]:
        def run() -> Any:
            found = []
            # Exact sensitivities for p = 1 take a linear program a row.
            for d in sizes[::2] if p == 1.0 and name in ("Gauss", "t1.5") else sizes:
                A, scores, total = _instance(name, d, p)
                found.append((d, total, _needed(A, scores, p)))
            return np.array(found)

        return run

    def judge(found: np.ndarray) -> Mapping[str, float]:
        _, total, rows = found.T
        return {
            "slope": float(np.polyfit(np.log(total), np.log(rows), 1)[0]),
            "S from": float(total[0]), "S to": float(total[-1]),
            "rows from": float(rows[0]), "rows to": float(rows[-1]),
        }  # fmt: skip

    return Task(
        name=f"rows, p = {p:g}",
        title=f"p = {p:g}: rows for a distortion of {ERROR} against S, d = {sizes[0]}..{sizes[-1]}",
        contenders=[Contender(name, call(name)) for name in INSTANCES[: 2 if quick else None]],
        accuracy=judge,
        measures=(),
        ours="sign cube",
        budget=0.1,
    )


def _samplers(n: int) -> Task:
    A, size = _data("t1.5", n, 20), 1000

    def call(options: Mapping[str, Any]) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import sample_rows

            return sample_rows(A, 1.0, size, rng=0, **options)

        return run

    given = np.abs(A[:, 0]) + 0.1
    ways: dict[str, dict[str, Any]] = {
        "given scores, bernoulli": {"scores": given},
        "given scores, systematic": {"scores": given, "mode": "systematic"},
        "given scores, iid": {"scores": given, "mode": "iid"},
        "root leverage": {"scores": "root_leverage"},
        "Lewis": {"scores": "lewis"},
    }
    return Task(
        name="samplers",
        title=f"{size} of {n} rows, 20 columns, p = 1",
        contenders=[Contender(name, call(options)) for name, options in ways.items()],
        accuracy=lambda sample: {
            "rows": float(sample.indices.size), "expected": float(sample.probabilities.sum())
        },
        measures=(),
        ours="Lewis",
    )  # fmt: skip


def _streams(n: int) -> Task:
    A = _data("Gauss", n, 20)
    blocks = np.array_split(A, n // 1000)

    def reduced(certify: bool) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import MergeReduceCoreset

            stream = MergeReduceCoreset(1000, scores="leverage", certify=certify, rng=0)
            return stream.extend(blocks).result()

        return run

    def online(blocked: bool) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import OnlineLeverageSampler

            stream = OnlineLeverageSampler(20.0, lam=1.0, blocked=blocked, rng=0)
            for block in blocks:
                stream.update(block)
            return stream.result()

        return run

    def judge(found: Any) -> Mapping[str, float]:
        from linsub.sensitivity import RowSample, embedding_distortion

        kept = RowSample(found.indices, found.weights, np.ones(n), 2.0)
        true = embedding_distortion(A, kept)
        certificate = found.certificate
        known = certificate is not None and certificate.upper is not None
        return {
            "rows": float(found.indices.size), "lower": true.lower, "upper": true.upper,
            "certified lower": float(certificate.lower) if known else float("nan"),
            "certified upper": float(certificate.upper) if known else float("nan"),
        }  # fmt: skip

    return Task(
        name="streams",
        title=f"a stream of {n} rows, 20 columns, p = 2",
        contenders=[
            Contender("merge and reduce", reduced(True)),
            Contender("merge and reduce, not certified", reduced(False)),
            Contender("online", online(False)),
            Contender("online, blocked", online(True)),
        ],
        accuracy=judge,
        measures=(),
        ours="merge and reduce",
    )


def summary(report: Report) -> str:
    """Return the table of distortions, the slopes, and the times."""
    lines = [
        f"Median / largest distortion of the p-th power over {SEEDS} seeds, by search; {SIZE} of "
        f"{N} rows expected. The last column was recorded on other random numbers before this "
        "package existed, in the order of the columns.\n",
        f"| data | {' | '.join(SCHEMES)} | recorded |",
        "|---" * (len(SCHEMES) + 2) + "|",
    ]
    for task in report.tasks:
        if task.name.startswith("distortion"):
            cells = [_cell(row, "{median:.3f} / {largest:.3f}") for row in task.rows]
            kind, _, p = task.name.removeprefix("distortion ").partition(", p = ")
            lines.append(f"| {kind}, p = {p} | {' | '.join(cells)} | {RECORDED[kind, float(p)]} |")
    lines += [
        f"\nRows that keep norms in many directions within 1 -+ {ERROR} (the median of {DRAWS} "
        "samples), against the total sensitivity S: slope of the logarithms (S, rows: from, to). "
        "Shown, not asserted. Rates of sensitivity sampling: 2/p for p < 2, 2 - 2/p for p > 2.\n",
        f"| p | {' | '.join(INSTANCES)} |",
        "|---" * (len(INSTANCES) + 1) + "|",
    ]
    form = "{slope:.2f} ({S from:.1f}, {rows from:.0f}; {S to:.1f}, {rows to:.0f})"
    for task in report.tasks:
        if task.name.startswith("rows"):
            cells = [_cell(row, form) for row in task.rows]
            lines.append(f"| {task.name.removeprefix('rows, p = ')} | {' | '.join(cells)} |")
    lines += ["\n| task | way | ms | rows | true ratios | certified |", "|---" * 6 + "|"]
    for task in report.tasks:
        if task.name in ("samplers", "streams"):
            lines += [_timed(task, row) for row in task.rows]
    return "\n".join(lines) + "\n"


def _cell(row: Any, form: str) -> str:
    return "failed" if row.failure or not row.errors else form.format(**row.errors)


def _timed(task: Any, row: Any) -> str:
    if row.failure or not row.timing.times:
        return f"| {task.title} | {row.contender} | failed | | | |"
    e = row.errors
    true = f"{e['lower']:.3f} to {e['upper']:.3f}" if "lower" in e else ""
    known = e.get("certified lower", float("nan"))
    certified = f"{known:.3f} to {e['certified upper']:.3f}" if known == known else ""
    cells = [task.title, row.contender, f"{1e3 * row.timing.best:.1f}", f"{e['rows']:.0f}"]
    return f"| {' | '.join([*cells, true, certified])} |"
