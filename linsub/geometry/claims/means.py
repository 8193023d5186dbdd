"""Means of subspaces: what they minimize, and that they are stationary."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub.geometry import bounds, flag_mean, grassmann_exp, grassmann_log, karcher_mean
from linsub.geometry.claims.grassmann import group
from linsub.verify import Observation, claim

_SHAPES = ((12, 3), (40, 4), (5, 2), (6, 3), (7, 1))


def _normal(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    Z = rng.standard_normal(shape)
    return Z + 1j * rng.standard_normal(shape) if kind == "D" else Z


def _around(
    rng: np.random.Generator, n: int, p: int, kind: str, count: int, radius: float
) -> list[np.ndarray]:
    """Return subspaces within the angle `radius` of one."""
    C = np.linalg.qr(_normal(rng, (n, p), kind))[0]
    found = []
    for _ in range(count):
        D = _normal(rng, (n, p), kind)
        D = D - C @ (C.conj().T @ D)
        D = D * (radius * rng.uniform(0.2, 1.0) / max(float(np.linalg.norm(D, 2)), 1e-300))
        W = np.linalg.qr(_normal(rng, (p, p), kind))[0]
        found.append(np.asarray(group(C, D, 1.0, C) @ W))
    return found


def _unequal(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return subspaces of several dimensions with weights, around one or anywhere."""
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    count = int(rng.integers(1, 7))
    if index % 3 == 0:
        Xs = _around(rng, n, p, kind, count, (1e-6, 0.3)[index // 3 % 2])
    else:
        sizes = rng.integers(1, n, count)
        Xs = [np.linalg.qr(_normal(rng, (n, int(q)), kind))[0] for q in sizes]
    k = int(rng.integers(1, min(n, sum(X.shape[1] for X in Xs)) + 1))
    weights = rng.uniform(0.1, 3.0, count)
    return {"Xs": Xs, "k": k, "weights": weights, "label": f"{count} in {n}, k={k} {kind}"}


def _sum_of_bases(Xs: Any, k: int, weights: Any) -> Any:
    """The mean of the bases, which depends on how they are turned."""
    total = sum(X @ np.eye(X.shape[1], k, dtype=X.dtype) for X in Xs)
    X = np.linalg.qr(total + 1e-9 * np.eye(*total.shape))[0]
    return flag_mean(Xs, k, weights=weights)._replace(X=X)


@claim(
    "geometry-flag-mean",
    source="Ky Fan 1949; Draper et al. 2014, Linear Algebra Appl. 451; proof in docs/theory",
    kind="exact",
    domain="blocks",
    subject=flag_mean,
    cases=_unequal,
    # Where the eigenvalues are tied the mean is not unique, and it still attains the minimum.
    requires=lambda case: _apart(case) > 1e-10,
    mutants={
        "the weights are forgotten": lambda Xs, k, weights: flag_mean(Xs, k),
        "weights not under the root": lambda Xs, k, weights: flag_mean(Xs, k, weights=weights**2),
        "mean of the bases": _sum_of_bases,
    },
    eps_multiple=100.0,
    budget=0.3,
)
def flag(case: Any, subject: Any) -> list[Observation]:
    """sum_i w_i ||P - P_i||_F^2 of the flag mean is the least that any P of rank k attains"""
    values = _eigenvalues(case)
    result = subject(case.Xs, case.k, weights=case.weights)
    X = result.X
    w = case.weights / case.weights.sum()
    attained = case.k * 1.0 + sum(
        wi * (Q.shape[1] - 2.0 * np.linalg.norm(Q.conj().T @ X) ** 2)
        for wi, Q in zip(w, case.Xs, strict=True)
    )
    dimension = float(w @ [Q.shape[1] for Q in case.Xs])
    least = bounds.flag_value(np.maximum(values, 0.0), case.k, dimension)
    size = case.k + dimension
    count = result.eigenvalues.size
    off = np.abs(result.eigenvalues - values[:count]).max(initial=0.0)
    return [
        Observation(float(attained), least, size, note="minimum"),
        Observation(float(np.linalg.norm(X.conj().T @ X - np.eye(case.k))), 0.0, note="basis"),
        Observation(float(off), 0.0, note="eigenvalues"),
    ]


def _eigenvalues(case: Any) -> np.ndarray:
    w = case.weights / case.weights.sum()
    P = sum(wi * (Q @ Q.conj().T) for wi, Q in zip(w, case.Xs, strict=True))
    return np.asarray(np.linalg.eigvalsh(P)[::-1])


def _apart(case: Any) -> float:
    values = _eigenvalues(case)
    return float(values[case.k - 1] - values[case.k]) if case.k < values.size else 1.0


def _cluster(index: int, rng: np.random.Generator) -> dict[str, Any]:
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    count = int(rng.integers(1, 6))
    radius = (0.5, 0.05, 1e-7, 0.0)[index // 3 % 4]
    Xs = _around(rng, n, p, kind, count, radius)
    weights = rng.uniform(0.1, 3.0, count)
    return {"Xs": Xs, "weights": weights, "label": f"{count} within {radius} in {n} {kind}"}


def reference_log(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """The logarithm by the sines, which are accurate below pi/4."""
    Q, _, Rh = np.linalg.svd(Y.conj().T @ X)
    B = Y @ (Q @ Rh)
    B = B - X @ (X.conj().T @ B)
    U, S, Vh = np.linalg.svd(B - X @ (X.conj().T @ B), full_matrices=False)
    return np.asarray((U * np.arcsin(np.minimum(S, 1.0))) @ Vh)


def _started(Xs: Any, weights: Any) -> Any:
    """The flag mean, certified as if it had been iterated."""
    result = karcher_mean(Xs, weights=weights)
    X = flag_mean(Xs, Xs[0].shape[1], weights=weights).X
    found = type(result)(X, result.angles, certificate=result.certificate, info=result.info)
    return found


def _certified(value: float) -> Any:
    def mutant(Xs: Any, weights: Any) -> Any:
        result = karcher_mean(Xs, weights=weights, tol=1e-2)
        assert result.certificate is not None
        assert result.certificate.gradient_norm is not None
        bound = result.certificate.gradient_norm
        certificate = dataclasses.replace(
            result.certificate, gradient_norm=dataclasses.replace(bound, value=value)
        )
        return type(result)(*result, certificate=certificate, info=result.info)

    return mutant


@claim(
    "geometry-karcher-mean",
    source="Karcher 1977, Comm. Pure Appl. Math. 30; Afsari 2011, Proc. AMS 139",
    kind="always",
    domain="blocks",
    subject=karcher_mean,
    cases=_cluster,
    mutants={
        "the flag mean": _started,
        "stopped early, certified as converged": _certified(1e-12),
        "weights forgotten": lambda Xs, weights: karcher_mean(Xs),
    },
    slack="the certificate adds the rounding of the logarithms, in the worst case, to a norm that "
    "is mostly rounding",
    budget=0.5,
)
def karcher(case: Any, subject: Any) -> list[Observation]:
    """||sum_i w_i log_X(X_i)||_F at the mean is at most what its certificate says"""
    result = subject(case.Xs, weights=case.weights)
    X = result.X
    p = X.shape[1]
    w = case.weights / case.weights.sum()
    T = sum(wi * reference_log(X, Q) for wi, Q in zip(w, case.Xs, strict=True))
    said = float(result.certificate.gradient_norm)
    # The reference rounds too.
    slack = 1e-14 * float(np.sqrt(p))
    return [
        Observation(float(np.linalg.norm(T)), said + slack, note="certificate"),
        Observation(said, 1e-12 * float(np.sqrt(p)) + 1e-13, note="converged"),
    ]


def _value(X: np.ndarray, Xs: Any, w: np.ndarray) -> float:
    squares = [np.sum(np.square(grassmann_log(X, Q).angles)) for Q in Xs]
    return 0.5 * float(w @ squares)


def _anywhere(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a point and others anywhere: the last cases are lines in a plane, which is flat."""
    kind = "dD"[index % 2]
    n, p = _SHAPES[index // 2 % len(_SHAPES)]
    if index % 4 == 2:
        n, p = 2, 1
    count = int(rng.integers(1, 6))
    Xs = [np.linalg.qr(_normal(rng, (n, p), kind))[0] for _ in range(count)]
    X = np.linalg.qr(_normal(rng, (n, p), kind))[0]
    return {"X": X, "Xs": Xs, "weights": rng.uniform(0.1, 3.0, count), "label": f"{n} x {p} {kind}"}


def _step(X: np.ndarray, T: np.ndarray) -> np.ndarray:
    return np.asarray(grassmann_exp(X, T))


@claim(
    "geometry-karcher-descent",
    source="Toponogov's comparison; Afsari, Tron & Vidal 2013, SIAM J. Control Optim. 51",
    kind="always",
    domain="blocks",
    subject=_step,
    cases=_anywhere,
    mutants={
        "half of the step": lambda X, T: _step(X, 0.5 * T),
        "three times the step": lambda X, T: _step(X, 3.0 * T),
        "uphill": lambda X, T: _step(X, -T),
    },
    tight=1.0 - 1e-9,
    budget=0.3,
)
def descent(case: Any, subject: Any) -> Observation:
    """a step exp_X(T) lowers f = 1/2 sum_i w_i dist^2 to f - ||T||_F^2 / 2 or below, everywhere"""
    w = case.weights / case.weights.sum()
    X = case.X
    T = sum(wi * grassmann_log(X, Q).D for wi, Q in zip(w, case.Xs, strict=True))
    before = _value(X, case.Xs, w)
    after = _value(subject(X, T), case.Xs, w)
    bound = bounds.descent_value(before, float(np.linalg.norm(T)))
    return Observation(after, bound + 1e-14 * (1.0 + before), note=case.label)
