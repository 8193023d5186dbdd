"""Sampling access: products, projections and functions of matrices from sampled rows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from linsub.sensitivity import approx_matmul, approx_matmul_variance, bounds, even_svt, fkv
from linsub.verify import Observation, Sample, claim

_EPS = float(np.finfo(np.float64).eps)


def _graded(rng: np.random.Generator, m: int, n: int, is_complex: bool) -> np.ndarray:
    X = rng.standard_normal((m, n)) * 10.0 ** rng.uniform(-1.5, 0.0, m)[:, None]
    return X * np.exp(1j * rng.uniform(0.0, 6.0, (m, n))) if is_complex else X


def _factors(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Up to 5 rows of different sizes; the law by norms, by products, and given."""
    n = int(rng.integers(1, 6))
    X, Y = _graded(rng, n, 2, index % 3 == 2), _graded(rng, n, 3, index % 3 == 2)
    mode = ("iid", "bernoulli")[index % 2]
    a = np.linalg.norm(X, axis=1) * np.linalg.norm(Y, axis=1)
    probs: Any = ("norm", "product", rng.uniform(0.1, 1.0, n))[index // 2 % 3]
    s = int(rng.integers(1, 4)) if mode == "iid" else int(rng.integers(1, n + 1))
    label = f"{mode}, n = {n}, s = {s}"
    return {"X": X, "Y": Y, "a": a, "s": s, "probs": probs, "mode": mode, "label": label}


def law_of(case: Any) -> np.ndarray:
    """Return the probabilities of the rows, from their definition."""
    if isinstance(case.probs, str):
        x = np.linalg.norm(case.X, axis=1)
        p = x**2 if case.probs == "norm" else case.a
    else:
        p = case.probs
    p = p / p.sum()
    if case.mode == "iid":
        return np.asarray(p)
    # Bisection for c with sum min(1, c p) = s.
    low, high = 0.0, float(case.s / p.min())
    for _ in range(200):
        c = 0.5 * (low + high)
        low, high = (c, high) if np.minimum(1.0, c * p).sum() < case.s else (low, c)
    return np.asarray(np.minimum(1.0, high * p))


def outcomes(case: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return all outcomes as weights of the rows (N, n), and their probabilities."""
    p, n = law_of(case), len(case.X)
    if case.mode == "bernoulli":
        masks = np.array(list(itertools.product([0.0, 1.0], repeat=n)))
        return masks / p, np.where(masks > 0.0, p, 1.0 - p).prod(axis=1)
    draws = np.array(list(itertools.product(range(n), repeat=case.s)))
    counts = (draws[:, :, None] == np.arange(n)).sum(axis=1)
    return counts / (case.s * p), p[draws].prod(axis=1)


def _errors(case: Any, weights: np.ndarray) -> np.ndarray:
    """Return product - X^H Y of all outcomes (N, m, k)."""
    terms = np.einsum("ni,nj->nij", case.X.conj(), case.Y)
    return np.asarray(np.einsum("tn,nij->tij", weights - 1.0, terms))


def _of_other(**change: Any) -> Any:
    def mutant(X: Any, Y: Any, s: int, **options: Any) -> Any:
        return approx_matmul_variance(X, Y, s, **{**options, **change})

    return mutant


@claim(
    "sensitivity-matmul-variance",
    source="Drineas, Kannan & Mahoney 2006 I; enumeration",
    kind="exact",
    domain="sampler",
    subject=approx_matmul_variance,
    cases=_factors,
    mutants={
        "the other mode": _of_other(mode="iid"),
        "probabilities ignored": _of_other(probs="norm"),
        "one draw less": lambda X, Y, s, **o: approx_matmul_variance(X, Y, s + 1, **o),
    },
    budget=0.15,
    max_cases=48,
    eps_multiple=1e3,
)
def matmul_variance(case: Any, subject: Any) -> list[Observation]:
    """The mean of the product is X^H Y, and its mean square error the formula, over all outcomes"""
    weights, P = outcomes(case)
    E = _errors(case, weights)
    mean = np.einsum("t,tij->ij", P, E)
    square = float(P @ np.square(np.abs(E)).sum(axis=(1, 2)))
    size = float(np.square(case.a.sum())) / float(law_of(case).min())
    found = float(subject(case.X, case.Y, case.s, probs=case.probs, mode=case.mode))
    return [
        Observation(float(np.abs(mean).max()), 0.0, scale=size**0.5, note="mean"),
        Observation(found, square, scale=size, note="mean square"),
    ]


def _rivals(index: int, rng: np.random.Generator) -> dict[str, Any]:
    found = _factors(index, rng)
    a = found["a"]
    if index % 4 >= 2:  # near the least
        found["probs"] = a * (1.0 + 1e-3 * rng.standard_normal(a.size))
    else:
        found["probs"] = rng.uniform(0.1, 1.0, a.size)
    return found


@claim(
    "sensitivity-matmul-optimal",
    source="Drineas, Kannan & Mahoney 2006 I, lemma 4; Cauchy & Schwarz",
    kind="always",
    domain="sampler",
    subject=approx_matmul_variance,
    cases=_rivals,
    mutants={"by the norms of X": _of_other(probs="norm")},
    tight=0.99,
    budget=0.1,
    max_cases=40,
)
def matmul_optimal(case: Any, subject: Any) -> Observation:
    """No probabilities have a smaller mean square error than those of ||x_i|| ||y_i||"""
    options = {"mode": case.mode}
    least = float(subject(case.X, case.Y, case.s, probs="product", **options))
    other = approx_matmul_variance(case.X, case.Y, case.s, probs=case.probs, **options)
    rounding = 1e3 * _EPS * float(case.a.sum()) ** 2
    return Observation(least, other + rounding)


def _rare(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """As above; and one row that is seldom kept, where Chebyshev's bound is attained."""
    if index % 3:
        found = _factors(index, rng)
        found["delta"] = float(rng.choice([0.3, 0.1, 0.02]))
        return found
    q = float(rng.choice([0.01, 0.02]))
    X, Y = np.array([[0.0], [1.0]]), np.ones((2, 1))
    probs = np.array([1.0 - q, q])
    return {
        "X": X, "Y": Y, "a": np.abs(X * Y)[:, 0], "s": 1, "probs": probs, "mode": "bernoulli",
        "delta": 0.98 * q, "label": f"one row in {1 / q:.0f}",
    }  # fmt: skip


def _smaller(factor: float) -> Any:
    return lambda rms, spread, delta: factor * bounds.sampled_tail(rms, spread, delta)


@claim(
    "sensitivity-matmul-tail",
    source="Chebyshev; McDiarmid 1989; enumeration",
    kind="always",
    domain="sampler",
    subject=bounds.sampled_tail,
    cases=_rare,
    mutants={"a tenth less": _smaller(0.9), "no failures": lambda rms, spread, delta: rms},
    tight=0.95,
    budget=0.15,
    min_cases=15,
    max_cases=48,
)
def matmul_tail(case: Any, subject: Any) -> Observation:
    """The error exceeds min(rms / sqrt(delta), rms + spread sqrt(2 ln 1/delta)) with P <= delta"""
    weights, P = outcomes(case)
    errors = np.sqrt(np.square(np.abs(_errors(case, weights))).sum(axis=(1, 2)))
    p, a = law_of(case), case.a
    T = float(np.linalg.norm(case.X.conj().T @ case.Y))
    if case.mode == "iid":
        variance = bounds.iid_variance(a, p, case.s, T)
        spread = bounds.iid_spread(a, p, case.s)
    else:
        variance, spread = bounds.bernoulli_variance(a, p), bounds.bernoulli_spread(a, p)
    order = np.argsort(errors)
    # The least t with P(error > t) <= delta.
    beyond = 1.0 - np.cumsum(P[order])
    quantile = float(errors[order][int(np.argmax(beyond <= case.delta))])
    limit = float(subject(np.sqrt(variance), spread, case.delta))
    return Observation(quantile, limit + 1e3 * _EPS * float((a / p).sum()))


def _uniformly(X: Any, Y: Any, s: int, **options: Any) -> Any:
    return approx_matmul(X, Y, s, **{**options, "probs": np.ones(len(X))})


def _half(X: Any, Y: Any, s: int, **options: Any) -> Any:
    return approx_matmul(X, Y, max(s // 2, 1), **options)


@claim(
    "sensitivity-matmul-draws",
    source="Drineas, Kannan & Mahoney 2006 I",
    kind="expectation",
    domain="sampler",
    subject=approx_matmul,
    cases=lambda index, rng: {
        "X": rng.standard_normal((30, 3)) * np.geomspace(1.0, 1e-3, 30)[:, None],
        "mode": ("iid", "bernoulli")[index % 2],
        "label": f"seed {index}",
        "size": 30.0,
    },
    mutants={"uniform": _uniformly, "half of the rows": _half},
    budget=0.3,
    min_cases=4,
    max_cases=6,
)
def matmul_draws(case: Any, subject: Any) -> Sample:
    """E ||product - X^H Y||_F^2 of what approx_matmul draws is no more than the formula says"""
    X, s, rng = case.X, 6, case.rng
    options = {"probs": "product", "mode": case.mode}
    variance = approx_matmul_variance(X, X, s, **options)
    exact = X.T @ X
    errors = []
    for _ in range(120):
        product, indices, weights = subject(X, X, s, rng=rng, **options)
        again = (X[indices].T * weights) @ X[indices]
        errors.append(float(np.square(product - exact).sum()))
        errors[-1] = max(errors[-1], float(np.square(again - exact).sum()))
    return Sample(np.array(errors), variance * (1.0 + 1e-9))


def _sampled(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Low rank with noise, orthonormal rows, and graded rows."""
    m, n = int(rng.integers(12, 40)), int(rng.integers(4, 12))
    k = int(rng.integers(1, min(m, n)))
    kind = index % 3
    if kind == 0:
        A = rng.standard_normal((m, k)) @ rng.standard_normal((k, n))
        A = A + 1e-3 * rng.standard_normal((m, n))
    elif kind == 1:
        A = np.tile(np.eye(n), (3, 1))
    else:
        A = _graded(rng, m, n, True)
    s = int(rng.integers(k, 80))
    return {"A": A, "k": k, "s": s, "size": float(A.size), "label": f"kind {kind}, k = {k}"}


def _leading(R: np.ndarray, k: int) -> np.ndarray:
    return np.asarray(np.linalg.svd(R, full_matrices=False)[2][:k].conj().T)


@claim(
    "sensitivity-companion",
    source="Drineas, Kannan & Mahoney 2006 II, theorems 2 and 3; Weyl; Hoffman & Wielandt",
    kind="always",
    domain="matrix",
    subject=_leading,
    cases=_sampled,
    mutants={
        "the last vectors": lambda R, k: np.linalg.svd(R)[2][::-1][:k].conj().T,
        "one vector less": lambda R, k: _leading(R, k - 1),
        "vectors of R^T": lambda R, k: _leading(R, k).conj(),
    },
    tight=0.99,
    budget=0.15,
    min_cases=15,
    max_cases=40,
)
def companion(case: Any, subject: Any) -> list[Observation]:
    """||A - A V V^H||^2 is at most 2 sqrt(k) ||A^H A - R^H R||_F, or 2 ||.||_2, above the least"""
    A, k = case.A, case.k
    drawn = approx_matmul(A, A, case.s, rng=case.rng)
    R = A[drawn.indices] * np.sqrt(drawn.weights)[:, None]
    V = np.asarray(subject(R, min(k, len(R))))
    E = A - (A @ V) @ V.conj().T
    D = A.conj().T @ A - R.conj().T @ R
    frobenius, spectral = float(np.linalg.norm(D)), float(np.linalg.norm(D, 2))
    sigma = np.linalg.svd(A, compute_uv=False) ** 2
    size = float(sigma.sum())
    slack = 1e3 * _EPS * size
    other = np.zeros(sigma.size)
    values = np.linalg.svd(R, compute_uv=False) ** 2
    other[: values.size] = values[: sigma.size]
    gaps = np.abs(sigma - other)
    kept = min(k, len(R))
    return [
        Observation(
            float(np.linalg.norm(E) ** 2),
            float(sigma[kept:].sum()) + bounds.projection_excess(kept, frobenius) + slack,
            note="Frobenius",
        ),
        Observation(
            float(np.linalg.norm(E, 2) ** 2),
            float(sigma[kept]) + bounds.spectral_excess(spectral) + slack,
            note="spectral",
        ),
        Observation(float(gaps.max()), spectral + slack, note="Weyl"),
        Observation(float(np.linalg.norm(gaps)), frobenius + slack, note="Hoffman-Wielandt"),
    ]


def _forgetful(A: Any, rank: int, s: int, t: int, **options: Any) -> Any:
    """V of a random subspace with the certificate of another."""
    found = fkv(A, rank, s, t, **options)
    noise = np.random.default_rng(0).standard_normal(found.V.shape)
    V = np.linalg.qr(noise)[0]
    return type(found)(V, *found[1:], certificate=found.certificate, info=found.info)


def _short(A: Any, rank: int, s: int, t: int, **options: Any) -> Any:
    """Columns that are not orthonormal."""
    found = fkv(A, rank, s, t, **options)
    fields = {**found._asdict(), "V": 0.9 * found.V}
    return type(found)(**fields, certificate=found.certificate, info=found.info)


@claim(
    "sensitivity-fkv",
    source="Frieze, Kannan & Vempala 2004; proof in docs/theory/sensitivity.md",
    kind="always",
    domain="matrix",
    subject=fkv,
    cases=_sampled,
    mutants={"another subspace": _forgetful, "shorter columns": _short},
    tight=0.99,
    budget=0.15,
    min_cases=15,
    max_cases=30,
)
def frieze_kannan_vempala(case: Any, subject: Any) -> list[Observation]:
    """||A - A V V^H||_F is as certified, its square beyond the least by error_bound at most"""
    A, k = case.A, case.k
    found = subject(A, k, case.s, case.s, rng=case.rng)
    E = A - (A @ found.V) @ found.V.conj().T
    error, norm = float(np.linalg.norm(E)), float(np.linalg.norm(A))
    least = float((np.linalg.svd(A, compute_uv=False)[k:] ** 2).sum())
    certified = float(found.certificate.error)
    defect = float(np.linalg.norm(found.V.conj().T @ found.V - np.eye(found.V.shape[1])))
    return [
        Observation(error, certified, note="error"),
        Observation(certified, error + 1e4 * _EPS * norm, note="error, above"),
        Observation(error**2 - least, float(found.certificate.error_bound), note="excess"),
        Observation(defect, 100.0 * sum(A.shape) * _EPS, note="orthonormal"),
    ]


def _functions(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """f with Lipschitz constants known: x / (1 + x), x^2 on a bounded range, and x itself."""
    found = _sampled(index, rng)
    A = found["A"] / np.linalg.norm(found["A"])
    f, constants = (
        (lambda x: x / (1.0 + x), (1.0, 1.0)),
        (lambda x: 2.0 + np.square(x), (2.0, 1.0)),
        (lambda x: 1.0 - x, (1.0, 0.0)),
    )[index // 3 % 3]
    return {**found, "A": A, "f": f, "constants": constants}


def _changed(change: Any) -> Any:
    def mutant(A: Any, f: Any, r: int, c: int, **options: Any) -> Any:
        found = even_svt(A, f, r, c, **options)
        fields = {**found._asdict(), **change(found)}
        return type(found)(**fields, certificate=found.certificate, info=found.info)

    return mutant


@claim(
    "sensitivity-even-transform",
    source="after Chia et al. 2022, theorem 5.1; proof in docs/theory/sensitivity.md",
    kind="always",
    domain="matrix",
    subject=even_svt,
    cases=_functions,
    mutants={
        "the constant left out": _changed(lambda found: {"constant": 0.0}),
        "the core twice": _changed(lambda found: {"core": 2.0 * found.core}),
    },
    tight=0.9,
    budget=0.15,
    min_cases=15,
    max_cases=36,
)
def even_transform(case: Any, subject: Any) -> list[Observation]:
    """||R^H g(C C^H) R + f(0) - f(A^H A)||_F <= L (defect of R) + Lbar ||R||^2 (defect of C)"""
    A, s = case.A, case.s
    options = {"lipschitz": case.constants, "certify": "exact", "rng": case.rng}
    found = subject(A, case.f, s, s, **options)
    w, U = np.linalg.eigh(A.conj().T @ A)
    truth = (U * case.f(np.maximum(w, 0.0))) @ U.conj().T
    error = float(np.linalg.norm(found.toarray() - truth))
    certified = float(found.certificate.error)
    return [
        Observation(error, float(found.certificate.error_bound), note="bound"),
        Observation(error, certified, note="measured"),
    ]


def _sizes(index: int, rng: np.random.Generator) -> dict[str, Any]:
    s = (40, 160, 640)[index % 3]
    X = np.random.default_rng(5).standard_normal((300, 5))
    A = X @ np.random.default_rng(6).standard_normal((5, 60)) / 40.0
    return {"A": A, "s": s, "size": float(s), "label": f"s = {s}"}


@claim(
    "sensitivity-even-rate",
    source="measured; the bound above with s rows and columns is of the order s^-1/2",
    kind="rate",
    domain="matrix",
    subject=even_svt,
    cases=_sizes,
    slope=(-0.8, -0.25),
    mutants={"always 100 samples": lambda A, f, r, c, **kw: even_svt(A, f, 100, 100, **kw)},
    budget=0.3,
    min_cases=6,
    max_cases=9,
)
def even_rate(case: Any, subject: Any) -> Observation:
    """The error of x / (1 + x) falls like s^-1/2 in the number of sampled rows and columns"""
    found = subject(case.A, lambda x: x / (1.0 + x), case.s, case.s, rng=case.rng)
    w, U = np.linalg.eigh(case.A.T @ case.A)
    w = np.maximum(w, 0.0)
    truth = (U * (w / (1.0 + w))) @ U.T
    error = float(np.linalg.norm(found.toarray() - truth))
    norm = float(np.linalg.norm(case.A)) ** 2
    predicted = norm / np.sqrt(case.s)
    return Observation(error, predicted, size=float(case.s))
