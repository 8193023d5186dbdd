"""Self-calibration against exact recovery, its bound on angles, and the count of equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.inverse import bounds, self_calibrate
from linsub.verify import Observation, claim

MODELS = ("repeated", "diverse", "snapshots")
EPS = float(np.finfo(np.float64).eps)


def _made(model: str, m: int, n: int, p: int, rng: np.random.Generator, phases: bool) -> Any:
    def gaussian(*shape: int) -> np.ndarray:
        x = rng.standard_normal(shape)
        return x + 1j * rng.standard_normal(shape) if phases else x

    gains = rng.uniform(0.5, 1.5, m)
    if phases:
        gains = gains * np.exp(2j * np.pi * rng.uniform(size=m))
    A = gaussian(*(() if model == "snapshots" else (p,)), m, n)
    x = gaussian(*(() if model == "repeated" else (p,)), n)
    seen = np.broadcast_to(A, (p, m, n)) @ np.broadcast_to(x, (p, n))[:, :, None]
    return {"Y": seen[:, :, 0] * gains, "A": A, "gains": gains, "model": model}


def _whole(Y: np.ndarray, A: np.ndarray, model: str) -> np.ndarray:
    """Return the matrix of the linear problem in gains and signals, nothing eliminated."""
    p, m = Y.shape
    n = A.shape[-1]
    wide = n if model == "repeated" else p * n
    big = np.zeros((p * m, m + wide), np.result_type(Y, A))
    for index in range(p):
        rows = slice(index * m, (index + 1) * m)
        big[rows, :m] = np.diag(Y[index])
        first = m if model == "repeated" else m + index * n
        big[rows, first : first + n] = -(A if model == "snapshots" else A[index])
    return big


def _enough(index: int, rng: np.random.Generator) -> dict[str, Any]:
    model, n = MODELS[index % 3], int(rng.integers(1, 6))
    m = n + int(rng.integers(1, 8))
    p = 2
    while bounds.surplus_of_equations(model, p, m, n) < index % 4:  # type: ignore[arg-type]
        p += 1
    made = _made(model, m, n, p, rng, index % 2 == 1)
    return {**made, "label": f"{model}, {m} sensors, {n} numbers, {p} times", "size": float(m)}


def _sine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return float(np.linalg.norm(a - b * np.vdot(b, a)))


def _conjugated(Y: Any, A: Any, **options: Any) -> Any:
    gains, x = self_calibrate(Y, A, **options)
    return gains.conj() if np.iscomplexobj(gains) else gains**-1, x


def _unit_gains(Y: Any, A: Any, **options: Any) -> Any:
    found = self_calibrate(Y, A, **options)
    return type(found)(np.ones_like(found.gains), found.signals, certificate=found.certificate)


OPTIONS: dict[str, Any] = {"domain": "sampler", "budget": 0.4, "max_cases": 60, "min_cases": 12}


@claim(
    "inverse-recovery",
    source="Ling & Strohmer 2018, prop. 2.1",
    kind="exact",
    subject=self_calibrate,
    cases=_enough,
    mutants={"conjugated or inverted": _conjugated, "gains of one": _unit_gains},
    eps_multiple=1e3,
    **OPTIONS,
)
def recovery(case: Any, subject: Any) -> Any:
    """Without noise the gains are found, to rounding over the gap."""
    S = np.linalg.svd(_whole(case.Y, case.A, case.model), compute_uv=False)
    if S[-2] < 1e-6 * S[0]:
        return None  # hardly determined
    gains = np.asarray(subject(case.Y, case.A, model=case.model, on_fail="return")[0])
    return Observation(_sine(1.0 / gains, 1.0 / case.gains), 0.0, scale=float(S[0] / S[-2]))


def _noisy(index: int, rng: np.random.Generator) -> dict[str, Any]:
    made = _enough(index, rng)
    E = rng.standard_normal(made["Y"].shape)
    if index % 2:
        E = E + 1j * rng.standard_normal(made["Y"].shape)
    E *= 10.0 ** rng.uniform(-8.0, -1.0)
    made.update(Y=made["Y"] + E, noise=float(np.linalg.norm(E, axis=0).max()))
    return made


def _no_noise(Y: Any, A: Any, noise: float, **options: Any) -> Any:
    return self_calibrate(Y, A, noise=noise / 1e3, **options)


@claim(
    "inverse-angle-bound",
    source="from ||F s|| <= ||(F + E) s|| + ||E s||; see the docs",
    kind="always",
    subject=self_calibrate,
    cases=_noisy,
    mutants={"gains of one": _unit_gains, "a thousandth of the noise, unseen": _no_noise},
    slack="noise seldom adds up in the direction of the second vector: measured 5 to 20 times",
    **OPTIONS,
)
def angle_bound(case: Any, subject: Any) -> Any:
    """sin(s found, s true) <= (||F s|| + noise) / (sigma_second(F) - noise), s inverse gains."""
    found = subject(case.Y, case.A, model=case.model, noise=case.noise, on_fail="return")
    return Observation(
        _sine(1.0 / found.gains, 1.0 / case.gains), float(found.certificate.sine) + 1e-15
    )


def _any_count(index: int, rng: np.random.Generator) -> dict[str, Any]:
    model, n, p = MODELS[index % 3], int(rng.integers(1, 7)), int(rng.integers(1, 7))
    m = int(rng.integers(2, 9))
    made = _made(model, m, n, p, rng, index % 2 == 1)
    return {**made, "n": n, "label": f"{model}, {m} sensors, {n} numbers, {p} times"}


def _surplus(model: Any, p: int, m: int, n: int) -> int:
    return bounds.surplus_of_equations(model, p, m, n)


def _off_by_one(model: Any, p: int, m: int, n: int) -> int:
    return _surplus(model, p, m, n) + 1


@claim(
    "inverse-identifiability",
    source="Ling & Strohmer 2018, sec. 2: equations against unknowns; generic, measured",
    kind="exact",
    subject=_surplus,
    cases=_any_count,
    mutants={"off by one": _off_by_one},
    **OPTIONS,
)
def identifiability(case: Any, subject: Any) -> Any:
    """With Gaussian A the solutions have dimension max(1, 1 - surplus): the transition is sharp."""
    p, m = case.Y.shape
    big = _whole(case.Y, case.A, case.model)
    S = np.linalg.svd(big, compute_uv=False)
    rank = int(np.count_nonzero(1e-10 * S[0] < S))
    if (case.model == "repeated" and p * m < case.n) or (case.model != "repeated" and m < case.n):
        return None  # a signal is not determined even with known gains
    surplus = subject(case.model, p, m, case.n)
    return Observation(float(big.shape[1] - rank), float(max(1, 1 - surplus)))


@claim(
    "inverse-elimination",
    source="orthogonal projection on the range of A_l",
    kind="always",
    subject=self_calibrate,
    cases=_noisy,
    mutants={"gains of one": _unit_gains},
    tight=0.999,
    **OPTIONS,
)
def elimination(case: Any, subject: Any) -> Any:
    """No gains explain noisy data better: ||diag(s) y - A x|| is least over unit s and all x."""
    found = subject(case.Y, case.A, model=case.model, on_fail="return")
    m = case.Y.shape[1]
    big = _whole(case.Y, case.A, case.model)
    Q = np.linalg.qr(big[:, m:])[0]
    F = big[:, :m] - Q @ (Q.conj().T @ big[:, :m])
    s = 1.0 / found.gains
    x = np.ravel(found.signals)
    least = float(np.linalg.svd(F, compute_uv=False)[-1]) if F.shape[0] >= m else 0.0
    measured = float(np.linalg.norm(big @ np.concatenate([s, x])) / np.linalg.norm(s))
    size = float(np.linalg.norm(big))
    return Observation(measured, least * (1 + 1e-9) + 1e3 * EPS * size)
