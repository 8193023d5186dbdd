"""How often a random design is well conditioned, and what its fit loses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task
from linsub.verify.decide import clopper_pearson

TITLE = "Designs for weighted least squares"

# Basis, m, repeats r: n = r m points.
CASES = (
    ("legendre", 10, 2), ("legendre", 10, 3), ("legendre", 10, 4), ("legendre", 10, 6),
    ("legendre", 20, 4), ("legendre", 20, 6), ("hermite", 10, 4), ("hermite", 20, 6),
)  # fmt: skip
CASES_QUICK = (("legendre", 4, 2),)
NODES, DRAWS, DRAWS_QUICK = 2000, 2000, 20
DESIGNS = ("i.i.d.", "volume", "repeated DPP")


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another."""
    for kind, m, repeats in CASES_QUICK if quick else CASES:
        yield Plan(f"{kind} {m}, n = {repeats}m", _task, (kind, m, repeats, quick))


def _problem(kind: str, m: int) -> tuple[Any, ...]:
    """Return features on a Gauss rule, its weights and a function that is not in the span."""
    from scipy import special

    from linsub.design import discrete, hermite, legendre

    if kind == "legendre":
        x, mu = special.roots_legendre(NODES)
        f, made = 1.0 / (1.0 + 25.0 * x**2), legendre(m)
    else:
        x, mu = special.roots_hermitenorm(NODES)
        x, mu = x[mu > 0.0], mu[mu > 0.0]
        f, made = np.exp(-(x**2) / 4.0) * np.cos(2.0 * x), hermite(m)
    return discrete(made(x), mu), mu / mu.sum(), f


def _task(kind: str, m: int, repeats: int, quick: bool) -> Task:
    features, mu, f = _problem(kind, m)
    V = features(np.arange(mu.size))
    best = V.T @ (mu * f)
    least = float(mu @ (f - V @ best) ** 2)
    draws = DRAWS_QUICK if quick else DRAWS

    def call(design: str) -> Callable[[], Any]:
        def run() -> Any:
            from linsub.design import weighted_lstsq

            rng = np.random.default_rng((m, repeats, DESIGNS.index(design)))
            found = np.empty((draws, 2))
            for k in range(draws):
                points, weights, Phi = _draw(design, features, repeats, rng)
                coef, lambda_min, _ = weighted_lstsq(Phi, f[points], weights)
                found[k] = lambda_min, 1.0 + float(np.square(coef - best).sum()) / least
            return found

        return run

    def judge(found: np.ndarray) -> Mapping[str, float]:
        stable = int(np.count_nonzero(found[:, 0] >= 0.5))
        low, high = clopper_pearson(stable, len(found))
        return {
            "P": stable / len(found), "low": low, "high": high,
            "median lambda_min": float(np.median(found[:, 0])),
            "median error": float(np.median(found[:, 1])),
        }  # fmt: skip

    return Task(
        name=f"{kind} {m}, n = {repeats}m",
        title=f"{m} {kind.capitalize()} polynomials, {repeats * m} points, {draws} draws",
        contenders=[Contender(name, call(name)) for name in DESIGNS],
        accuracy=judge,
        measures=(),
        ours="repeated DPP",
        budget=0.1,
    )


def _draw(design: str, features: Any, repeats: int, rng: Any) -> Any:
    from linsub.design import christoffel_sample, repeated_dpp_sample, rescaled_volume_sample

    if design == "repeated DPP":
        return repeated_dpp_sample(features, repeats, rng=rng)
    draw = christoffel_sample if design == "i.i.d." else rescaled_volume_sample
    return draw(features, repeats * features.size, rng=rng)


def summary(report: Report) -> str:
    """Return P(lambda_min >= 1/2) with its interval, and two medians."""
    lines = [
        "P(lambda_min(G) >= 1/2) [99 % interval] / median lambda_min / median squared error over "
        "the least one:\n",
        f"| features, points | {' | '.join(DESIGNS)} |",
        "|---" * (len(DESIGNS) + 1) + "|",
    ]
    for task in report.tasks:
        cells = []
        for row in task.rows:
            e = row.errors
            cells.append(
                f"{e['P']:.3f} [{e['low']:.3f}, {e['high']:.3f}] / "
                f"{e['median lambda_min']:.3f} / {e['median error']:.2f}"
                if "P" in e
                else "failed"
            )
        lines.append(f"| {task.name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
