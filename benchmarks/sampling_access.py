"""Sampling access beside NumPy, and what stands on samples beside exact linear algebra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.bench.report import milliseconds

TITLE = "Sampling access"

DRAWS, UPDATES = 100_000, 1000


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for n in (1000,) if quick else (10_000, 1_000_000):
        yield Plan(f"draws, n = {n}", _draws, (n, 500 if quick else DRAWS))
        yield Plan(f"updates, n = {n}", _updates, (n, 20 if quick else UPDATES))
    yield Plan("product", _product, ((2000, 10) if quick else (200_000, 200)))
    yield Plan("rank 10", _low_rank, ((120, 80) if quick else (3000, 2000)))


def _vector(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    v = rng.standard_normal(n) * 10.0 ** rng.uniform(-2.0, 2.0, n)
    v[::7] = 0.0
    return v


def _draws(n: int, count: int) -> Task:
    """So many draws of a fixed vector: what is prepared is prepared outside of the time."""
    from linsub.sensitivity import SampleQueryVector

    v = _vector(n)
    p = v**2 / np.sum(v**2)
    cdf = np.cumsum(v**2)
    made = SampleQueryVector(v)
    seeds = iter(range(10**9))

    def search() -> np.ndarray:
        u = np.random.default_rng(next(seeds)).random(count)
        return np.searchsorted(cdf, u * cdf[-1], side="right")

    def judge(found: Any) -> Mapping[str, float]:
        return {"draws of zeros": float((v[np.asarray(found)] == 0.0).sum())}

    return Task(
        name=f"draws, n = {n}",
        title=f"{count} draws of {n} entries in proportion to their squares",
        contenders=[
            Contender("linsub", lambda: made.sample(count, rng=next(seeds))),
            Contender(
                "linsub, tree built too",
                lambda: SampleQueryVector(v).sample(count, rng=next(seeds)),
            ),
            Contender(
                "numpy choice(p=)", lambda: np.random.default_rng(next(seeds)).choice(n, count, p=p)
            ),
            Contender("cumsum kept, searchsorted", search),
        ],
        accuracy=judge,
        measures=(),
    )


def _updates(n: int, count: int) -> Task:
    """Change an entry and draw one index, many times."""
    from linsub.sensitivity import SampleQueryVector

    v = _vector(n)
    at = np.random.default_rng(1).integers(0, n, count).tolist()
    made = SampleQueryVector(v)

    def tree() -> np.ndarray:
        uniforms = np.random.default_rng(2).random(count)
        found = np.empty(count, np.int64)
        for t, i in enumerate(at):
            made.update(i, 1.0 + t)
            found[t] = made.quantile(uniforms[t])
        return found

    def rebuilt() -> np.ndarray:
        # A tenth of the changes: the time of all is ten times that.
        uniforms = np.random.default_rng(2).random(count)
        w = v.copy()
        found = np.empty(count // 10, np.int64)
        for t in range(count // 10):
            w[at[t]] = 1.0 + t
            cdf = np.cumsum(w**2)
            found[t] = np.searchsorted(cdf, uniforms[t] * cdf[-1], side="right")
        return found

    return Task(
        name=f"updates, n = {n}",
        title=f"{count} changes of one of {n} entries, a draw after each",
        contenders=[
            Contender("linsub", tree),
            Contender("cumsum anew, a tenth of the changes", rebuilt),
        ],
        accuracy=lambda found: {"draws": float(len(found))},
        measures=(),
    )


def _product(n: int, m: int) -> Task:
    """X^T Y for tall matrices, exactly and from few rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, m)) * np.abs(rng.standard_t(3, (n, 1)))
    Y = X[:, : m // 2] + rng.standard_normal((n, m // 2))
    exact = X.T @ Y
    size = float(np.linalg.norm(X) * np.linalg.norm(Y))
    seeds = iter(range(10**9))

    def ours(s: int, **options: Any) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import approx_matmul

            return approx_matmul(X, Y, s, rng=next(seeds), **options)

        return run

    def judge(found: Any) -> Mapping[str, float]:
        product = found if isinstance(found, np.ndarray) else found.product
        error = float(np.linalg.norm(product - exact))
        bound = 0.0
        if not isinstance(found, np.ndarray):
            bound = float(found.certificate.error_bound) / size
        return {
            "error over norms": error / size,
            "error over product": error / float(np.linalg.norm(exact)),
            "bound over norms": bound,
        }

    sizes = [n // 200, n // 50, n // 12]
    return Task(
        name="product",
        title=f"X^T Y, X {n} x {m}, Y {n} x {m // 2}; one draw of each",
        contenders=[
            *(Contender(f"linsub, s = {s}", ours(s, probs="product")) for s in sizes),
            Contender(
                f"linsub, kept or not, s = {sizes[1]}",
                ours(sizes[1], probs="product", mode="bernoulli"),
            ),
            Contender("GEMM, exact", lambda: X.T @ Y),
        ],
        accuracy=judge,
        measures=(),
    )


def _low_rank(m: int, n: int) -> Task:
    """A matrix of rank 10 with noise: sampled, and by the truncated SVD."""
    rng = np.random.default_rng(0)
    k = 10
    A = rng.standard_normal((m, k)) @ rng.standard_normal((k, n))
    A = A + 0.5 * rng.standard_normal((m, n))
    sigma = np.linalg.svd(A, compute_uv=False)
    least = float(np.sqrt(np.sum(sigma[k:] ** 2)))
    seeds = iter(range(10**9))

    def sampled(s: int, certify: str) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.sensitivity import fkv

            return fkv(A, k, s, s, certify=certify, rng=next(seeds))

        return run

    def svd(certify: bool) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.svd import truncated_svd

            return truncated_svd(A, k, certify=certify, rng=next(seeds))

        return run

    def randomized() -> Any:
        from linsub.svd import randomized_svd

        return randomized_svd(A, k, rng=next(seeds))

    def judge(found: Any) -> Mapping[str, float]:
        V = found.V if hasattr(found, "V") else np.asarray(found.Vh).T
        error = float(np.linalg.norm(A - (A @ V) @ V.T))
        return {"error / least": error / least}

    sizes = (100, 400, 1600) if m > 1000 else (20, 40)
    return Task(
        name="rank 10",
        title=f"rank 10 of a {m} x {n} matrix of rank 10 with noise",
        contenders=[
            *(Contender(f"fkv, s = t = {s}", sampled(s, "norms")) for s in sizes),
            Contender(f"fkv, s = t = {sizes[1]}, measured", sampled(sizes[1], "exact")),
            Contender("truncated_svd", svd(True)),
            Contender("truncated_svd, no certificate", svd(False)),
            Contender("randomized_svd", randomized),
        ],
        accuracy=judge,
        measures=(),
    )


def summary(report: Report) -> str:
    """Return the best time of each contender, with its errors."""
    lines = [
        "Best milliseconds, and what was measured of the answer. Samples pay where the matrix "
        "cannot be read often: for one in memory the truncated SVD has the least error there "
        "is, and its time without a certificate is the one to compare with.\n",
    ]
    for task in report.tasks:
        names = list(dict.fromkeys(name for row in task.rows for name in row.errors))
        lines += [
            f"**{task.title}**\n",
            f"| method | ms | {' | '.join(names)} |",
            "|---" * (len(names) + 2) + "|",
        ]
        for row in task.rows:
            if row.failure or not row.timing.times:
                lines.append(f"| {row.contender} | failed |" + " |" * len(names))
                continue
            cells = [f"{row.errors[name]:.4g}" for name in names]
            lines.append(
                f"| {row.contender} | {milliseconds(row.timing.best)} | {' | '.join(cells)} |"
            )
        lines.append("")
    return "\n".join(lines) + "\n"
