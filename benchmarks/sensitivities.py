"""lp sensitivities of real data: totals beside recorded ones, times beside SciPy's and CVXPY's."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.bench.report import milliseconds

TITLE = "lp sensitivities"

# Total sensitivities of scikit-learn's data sets (`load_*().data`), recorded from other code (a
# prototype with gaps below 1e-10) before this one was written.
RECORDED: dict[str, dict[float, float]] = {
    "iris": {1.0: 2.535876, 1.5: 3.264977, 3.0: 5.493825, 4.0: 6.996116, 8.0: 12.330851},
    "wine": {1.0: 4.758063, 1.5: 8.187596, 3.0: 26.691164, 4.0: 44.251864, 8.0: 110.480382},
    "diabetes": {1.0: 3.970307, 1.5: 6.549095, 3.0: 19.901305, 4.0: 33.995417, 8.0: 106.745831},
    "breast_cancer": {
        1.0: 7.637635, 1.5: 16.125562, 3.0: 75.242269, 4.0: 136.372152, 8.0: 368.864859,
    },
}  # fmt: skip
EXPONENTS = (1.0, 1.5, 3.0, 4.0, 8.0)

# Rows that every contender does; peers do one problem a row.
ROWS = 10
ALL = "linsub, all rows"


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; without scikit-learn the data set that ships with linsub."""
    if importlib.util.find_spec("sklearn") is None:
        names = ["digits"]
    else:
        names = ["iris"] if quick else list(RECORDED)
    for name in names:
        for p in (1.0, 3.0) if quick else EXPONENTS:
            yield Plan(f"{name} p={p:g}", _task, (name, p))


def _data(name: str) -> np.ndarray:
    if name == "digits":
        from linsub.testing import load_digits

        return np.asarray(load_digits().data[:200], float)
    module = importlib.import_module("sklearn.datasets")
    return np.asarray(getattr(module, f"load_{name}")().data, float)


def _task(name: str, p: float) -> Task:
    A = _data(name)
    n, d = A.shape
    rows = np.arange(0, n, -(-n // ROWS))
    Q = np.linalg.qr(A / np.abs(A).max(axis=0))[0]

    def ours(which: Any) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import lp_sensitivities

            return lp_sensitivities(A, p, rows=which)

        return run

    upper = ours(rows)().upper

    def shortfall(values: Any) -> Mapping[str, float]:
        found = getattr(values, "values", values)
        return {"shortfall": float((1.0 - np.asarray(found) / upper).max())}

    def totals(found: Any) -> Mapping[str, float]:
        gap = found.info.details["largest_gap"]
        return {"total": found.total, "gap": gap, "rows": float(found.values.size)}

    def each(solve: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> Callable[[], Any]:
        def run() -> np.ndarray:
            points = [solve(Q, Q[i], p) for i in rows]
            return np.array([_share(Q, i, z, p) for i, z in zip(rows, points, strict=True)])

        return run

    peers = [Contender("CVXPY, its default", each(_cvxpy), requires=("cvxpy",))]
    if p == 1.0:
        peers.append(Contender("SciPy HiGHS", each(_highs)))
    else:
        peers.append(Contender("SciPy SLSQP", each(_slsqp)))
        peers.append(Contender("SciPy trust-constr", each(_trust_constr)))
    return Task(
        name=f"{name} p={p:g}",
        title=f"{name}, {n} x {d}, p = {p:g}, {rows.size} rows",
        contenders=[
            Contender("linsub", ours(rows)),
            Contender(ALL, ours(None), accuracy=totals),
            *peers,
        ],
        accuracy=shortfall,
        measures=(),
    )


def _share(Q: np.ndarray, i: int, z: np.ndarray, p: float) -> float:
    r = np.abs(Q @ z)
    r = r / r.max()
    return float(r[i] ** p / (r**p).sum())


def _functions(Q: np.ndarray, p: float) -> tuple[Callable[..., Any], ...]:
    def value(z: np.ndarray) -> float:
        return float((np.abs(Q @ z) ** p).sum() / p)

    def gradient(z: np.ndarray) -> np.ndarray:
        r = Q @ z
        return np.asarray(Q.T @ (np.sign(r) * np.abs(r) ** (p - 1.0)))

    def hessian(z: np.ndarray) -> np.ndarray:
        r = np.maximum(np.abs(Q @ z), 1e-12)
        return np.asarray((p - 1.0) * Q.T @ ((r ** (p - 2.0))[:, None] * Q))

    return value, gradient, hessian


def _slsqp(Q: np.ndarray, c: np.ndarray, p: float) -> np.ndarray:
    from scipy.optimize import minimize

    value, gradient, _ = _functions(Q, p)
    scale = value(c / (c @ c))
    found = minimize(
        lambda z: value(z) / scale,
        c / (c @ c),
        jac=lambda z: gradient(z) / scale,
        constraints={"type": "eq", "fun": lambda z: c @ z - 1.0, "jac": lambda z: c},
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    return np.asarray(found.x)


def _trust_constr(Q: np.ndarray, c: np.ndarray, p: float) -> np.ndarray:
    from scipy.optimize import LinearConstraint, minimize

    value, gradient, hessian = _functions(Q, p)
    start = c / (c @ c)
    scale = value(start)
    found = minimize(
        lambda z: value(z) / scale,
        start,
        jac=lambda z: gradient(z) / scale,
        hess=lambda z: hessian(z) / scale,
        constraints=LinearConstraint(c[None, :], 1.0, 1.0),
        method="trust-constr",
        options={"gtol": 1e-9, "xtol": 1e-14, "maxiter": 500},
    )
    return np.asarray(found.x)


def _highs(Q: np.ndarray, c: np.ndarray, p: float) -> np.ndarray:
    """min sum t with -t <= Q z <= t and c z = 1, as it stands in textbooks."""
    from scipy.optimize import linprog

    n, d = Q.shape
    eye = np.eye(n)
    found = linprog(
        np.append(np.zeros(d), np.ones(n)),
        A_ub=np.block([[Q, -eye], [-Q, -eye]]),
        b_ub=np.zeros(2 * n),
        A_eq=np.append(c, np.zeros(n))[None, :],
        b_eq=[1.0],
        bounds=[(None, None)] * d + [(0.0, None)] * n,
        method="highs",
    )
    return np.asarray(found.x[:d])


def _cvxpy(Q: np.ndarray, c: np.ndarray, p: float) -> np.ndarray:
    import cvxpy

    z = cvxpy.Variable(Q.shape[1])
    cvxpy.Problem(cvxpy.Minimize(cvxpy.norm(Q @ z, p)), [c @ z == 1.0]).solve()
    return np.asarray(z.value)


def summary(report: Report) -> str:
    """Return totals beside the recorded ones, and times of all rows and of one row."""
    lines = [
        "Total sensitivity, certified, and as recorded from other code; the largest gap of a "
        "row; best times in milliseconds: of all rows, of all rows over their number, and of a row "
        f"where {ROWS} are asked for, beside SciPy's faster one. Shortfall is that of SciPy's "
        "values from the certified upper bounds; the ratio is of the last two times.\n",
        "| data, p | total | recorded | largest gap | all rows | a row of all | a row of "
        f"{ROWS} | SciPy | shortfall | ratio |",
        "|---" * 10 + "|",
    ]
    for task in report.tasks:
        rows = {row.contender: row for row in task.rows if row.timing.times and not row.failure}
        if ALL not in rows or "linsub" not in rows:
            continue
        name, _, p = task.name.partition(" p=")
        known = RECORDED.get(name, {}).get(float(p))
        found = rows[ALL].errors
        ours = rows["linsub"].timing.best / ROWS
        peers = [row for key, row in rows.items() if key.startswith("SciPy")]
        best = min(peers, key=lambda row: row.timing.best, default=None)
        theirs = "-", "-", "-"
        if best is not None:
            each = best.timing.best / ROWS
            short = f"{best.contender[6:]}: {best.errors['shortfall']:.0e}"
            theirs = milliseconds(each), short, f"{each / ours:.0f}"
        lines.append(
            f"| {name}, {p} | {found['total']:.6f} | {'-' if known is None else f'{known:.6f}'} | "
            f"{found['gap']:.0e} | {milliseconds(rows[ALL].timing.best)} | "
            f"{milliseconds(rows[ALL].timing.best / found['rows'])} | {milliseconds(ours)} | "
            f"{' | '.join(theirs)} |"
        )
    return "\n".join(lines) + "\n"
