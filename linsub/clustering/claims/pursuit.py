"""Greedy codes against a plain loop, the decay of their residuals, and exact recovery."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.clustering import batch_omp, bounds, inradius, self_expressive_omp
from linsub.testing import gallery
from linsub.verify import Observation, claim

# Two scores that are nearer than this are a tie, which rounding decides.
_TIE = 1e-9


def _samples(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return samples of many sizes near a union of subspaces."""
    d, ambient = 1 + index % 4, int(rng.integers(5, 12))
    X, _, _ = gallery.union_of_subspaces(
        2, d, ambient, int(rng.integers(2, 14)), noise=0.3 * (index % 3 > 0), rng=rng
    )
    X *= np.exp(2.0 * rng.standard_normal((X.shape[0], 1)))
    options = {
        "n_nonzero": 1 + index % 3,
        "selection": ("omp", "ols")[index % 2],
        "layout": ("gram", "direct")[index // 2 % 2],
    }
    label = f"{X.shape[0]} x {ambient}, {', '.join(str(x) for x in options.values())}"
    return {"X": X, "options": options, "label": label}


def _loop(U: np.ndarray, i: int, n_nonzero: int, ols: bool) -> tuple[float, bool]:
    """Return the residual of unit sample i by one least squares fit a step; whether it is sure."""
    chosen: list[int] = []
    rest, sure = U[i], True
    while len(chosen) < n_nonzero and float(np.linalg.norm(rest)) > 1e-6:
        left = U
        if ols and chosen:
            Q = np.linalg.qr(U[chosen].T)[0]
            left = U - (U @ Q) @ Q.T
        size = np.linalg.norm(left, axis=1)
        scores = np.abs(U @ rest) / np.where(size > 1e-6, size, np.inf)
        scores[[i, *chosen]] = -1.0
        j = int(np.argmax(scores))
        others = np.delete(scores, j)
        sure &= bool(scores[j] > 0.0 and (others < scores[j] - _TIE).all())
        chosen.append(j)
        c = np.linalg.lstsq(U[chosen].T, U[i], rcond=None)[0]
        rest = U[i] - c @ U[chosen]
    return float(np.linalg.norm(rest)), sure


def _not_fitted_again(X: Any, n_nonzero: int, **_: Any) -> Any:
    """Pursue without fitting the coefficients of earlier atoms again."""
    size = np.linalg.norm(X, axis=1)
    U = X / size[:, None]
    C = np.zeros((len(X), len(X)))
    rest = U.copy()
    for _step in range(n_nonzero):
        scores = np.abs(rest @ U.T)
        np.fill_diagonal(scores, -1.0)
        scores[C != 0.0] = -1.0
        j = np.argmax(scores, axis=1)
        step = np.einsum("ij,ij->i", rest, U[j])
        C[np.arange(len(X)), j] += step
        rest -= step[:, None] * U[j]
    return C * size[:, None] / size, None


def _sizes_count(X: Any, n_nonzero: int, **options: Any) -> Any:
    """Choose by inner products with the samples as they are, as reference codes do."""
    C = np.zeros((len(X), len(X)))
    for i in range(len(X)):
        chosen: list[int] = []
        rest = X[i]
        for _step in range(n_nonzero):
            scores = np.abs(X @ rest)
            scores[[i, *chosen]] = -1.0
            chosen.append(int(np.argmax(scores)))
            c = np.linalg.lstsq(X[chosen].T, X[i], rcond=None)[0]
            rest = X[i] - c @ X[chosen]
        C[i, chosen] = c
    return C, None


@claim(
    "clustering-omp",
    source="Pati, Rezaiifar & Krishnaprasad 1993; You, Robinson & Vidal, CVPR 2016",
    kind="exact",
    domain="sampler",
    subject=self_expressive_omp,
    cases=_samples,
    mutants={"not fitted again": _not_fitted_again, "sizes count": _sizes_count},
    budget=0.4,
    max_cases=40,
    min_cases=12,
    eps_multiple=1e4,
)
def omp(case: Any, subject: Any) -> Any:
    """Residuals are those of a loop with one least squares fit a step, and normal to the atoms."""
    X = case.X
    size = np.linalg.norm(X, axis=1)
    found = subject(X, **case.options)[0]
    C = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    rest = (X - C @ X) / size[:, None]
    U = X / size[:, None]
    observed = []
    for i in case.rng.choice(X.shape[0], 3, replace=False):
        along = U[C[i] != 0.0] @ rest[i]
        observed.append(Observation(float(np.abs(along).max(initial=0.0)), 0.0, note="normal"))
        expected, sure = _loop(U, i, case.options["n_nonzero"], case.options["selection"] == "ols")
        if sure:
            measured = float(np.linalg.norm(rest[i]))
            observed.append(Observation(measured, expected, note="residual"))
    return observed


def _atoms(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return atoms that span few dimensions, and targets; first those that attain the bound."""
    d = 1 + index % 4
    Q = np.linalg.qr(rng.standard_normal((7, d)))[0]
    if index % 2 == 0:  # orthonormal atoms, and the target that is as far from all of them
        A, y = np.eye(d), np.ones(d)
    else:
        A, y = rng.standard_normal((int(rng.integers(d, 5 * d + 1)), d)), rng.standard_normal(d)
    A /= np.linalg.norm(A, axis=1)[:, None]
    options = {"n_nonzero": 1 + index // 2 % 3, "selection": ("omp", "ols")[index // 3 % 2]}
    label = f"{A.shape[0]} atoms in {d} dimensions, {options['n_nonzero']} steps"
    return {"A": A, "Q": Q, "y": y / np.linalg.norm(y), "options": options, "label": label}


def _one_fewer(D: Any, Y: Any, n_nonzero: int, **options: Any) -> Any:
    if n_nonzero == 1:
        return np.zeros((len(Y), len(D))), None
    return batch_omp(D, Y, n_nonzero - 1, **options)


def _farthest(D: Any, Y: Any, n_nonzero: int, **_: Any) -> Any:
    """Code by the atoms that correlate least with the targets."""
    codes = np.zeros((len(Y), len(D)))
    for i, y in enumerate(Y):
        at = np.argsort(np.abs(D @ y))[:n_nonzero]
        codes[i, at] = np.linalg.lstsq(D[at].T, y, rcond=None)[0]
    return codes, None


@claim(
    "clustering-omp-decay",
    source="Mallat & Zhang 1993 for matching pursuit; the constant is the inradius, see the proof",
    kind="always",
    domain="sampler",
    subject=batch_omp,
    cases=_atoms,
    mutants={"one atom fewer": _one_fewer, "the farthest atoms": _farthest},
    tight=0.99,
    budget=0.4,
    max_cases=40,
    min_cases=12,
)
def decay(case: Any, subject: Any) -> Any:
    """After k steps the residual of a unit target is at most (1 - r^2)^(k/2), r the inradius."""
    D, y = case.A @ case.Q.T, case.Q @ case.y
    codes = subject(D, y[None], tol=0.0, **case.options)[0]
    codes = np.asarray(codes.toarray() if hasattr(codes, "toarray") else codes)
    lower = float(inradius(case.A).lower)
    rounding = 64.0 * D.shape[1] * float(np.finfo(np.float64).eps)
    # A Gram matrix does not tell a squared residual below 4 eps from 0.
    blind = 4.0 * float(np.sqrt(np.finfo(np.float64).eps))
    bound = bounds.residual_decay(lower, case.options["n_nonzero"])
    return Observation(float(np.linalg.norm(y - codes[0] @ D)), max(bound + rounding, blind))


def _incoherent(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return the spikes and Walsh functions, and codes that are sparse enough."""
    d = (16, 32, 64)[index % 3]
    H = np.ones((1, 1))
    while H.shape[0] < d:
        H = np.block([[H, H], [H, -H]])
    D = np.vstack([np.eye(d), H / np.sqrt(d)])
    if index % 2:
        D = D @ np.linalg.qr(rng.standard_normal((d, d)))[0]
    cosines = np.abs(D @ D.T) - np.eye(2 * d)
    s = int(bounds.recoverable_sparsity(float(cosines.max()) * (1.0 + 1e-12)))
    codes = np.zeros(2 * d)
    at = rng.choice(2 * d, s, replace=False)
    codes[at] = rng.choice([-1.0, 1.0], s) * rng.uniform(0.2, 1.0, s)
    return {"D": D, "codes": codes, "s": s, "label": f"{s} of {2 * d} atoms"}


def _least_norm(D: Any, Y: Any, n_nonzero: int, **_: Any) -> Any:
    """Keep the largest coefficients of the code with the least norm."""
    codes = Y @ np.linalg.pinv(D)
    small = np.sort(np.abs(codes), axis=1)[:, -n_nonzero][:, None]
    return np.where(np.abs(codes) >= small, codes, 0.0), None


@claim(
    "clustering-omp-recovery",
    source="Tropp, IEEE Trans. Inf. Theory 50 (2004), Corollary 3.6",
    kind="exact",
    domain="sampler",
    subject=batch_omp,
    cases=_incoherent,
    mutants={"one atom fewer": _one_fewer, "least norm": _least_norm},
    budget=0.3,
    max_cases=30,
    min_cases=9,
    eps_multiple=1e3,
)
def recovery(case: Any, subject: Any) -> Any:
    """A target of fewer than (1 + 1/mu) / 2 atoms, mu the coherence, is coded by these atoms."""
    found = subject(case.D, (case.codes @ case.D)[None], case.s)[0]
    found = np.asarray(found.toarray() if hasattr(found, "toarray") else found)
    return Observation(float(np.abs(found[0] - case.codes).max()), 0.0)
