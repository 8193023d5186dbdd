"""Polynomials of matrices against decompositions that are known by construction."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from linsub.errors import AccuracyWarning, InvalidInputError
from linsub.svt import (
    cheb_cos,
    cheb_exp,
    cheb_power,
    cheb_sign,
    cheb_sin,
    pinv_apply,
    principal_projection,
    principal_regression,
    singular_value_threshold,
    svt_apply,
)
from linsub.svt.claims.polynomials import extended
from linsub.verify import Observation, claim

OPTIONS: dict[str, Any] = {
    "kind": "always", "domain": "sampler", "budget": 0.4, "max_cases": 40, "min_cases": 12,
}  # fmt: skip


def _frame(n: int, k: int, rng: np.random.Generator, kind: str) -> np.ndarray:
    G = rng.standard_normal((n, k))
    if kind == "c":
        G = G + 1j * rng.standard_normal((n, k))
    return np.asarray(np.linalg.qr(G)[0])


def _known(index: int, rng: np.random.Generator, smallest: float) -> dict[str, Any]:
    """Return A = U diag(s) V^H, tall and wide, with ties and a kernel, and vectors."""
    m, n = (int(x) for x in rng.integers(1, 30, 2))
    k = min(m, n) if index % 3 else int(rng.integers(1, min(m, n) + 1))
    s = np.sort(rng.uniform(smallest, 1.0, k))[::-1]
    s[0] = 1.0
    if index % 5 == 2:
        s[: (k + 1) // 2] = s[0]
    kind = "fc"[index % 2]
    U, V = _frame(m, k, rng, kind), _frame(n, k, rng, kind)
    x = rng.standard_normal((n, 2)) + (1j * rng.standard_normal((n, 2)) if kind == "c" else 0.0)
    label = f"{m} x {n}, rank {k}, {kind}"
    return {"A": (U * s) @ V.conj().T, "U": U, "s": s, "V": V, "x": x, "label": label,
            "size": float(m * n)}  # fmt: skip


def _matrix(index: int, rng: np.random.Generator) -> dict[str, Any]:
    return _known(index, rng, 0.1)


def transformed(case: Any, values: np.ndarray, x: np.ndarray, at_zero: Any = None) -> np.ndarray:
    """Return f(A) x from the factors; even where f(0) is given."""
    inner = case.V.conj().T @ x
    if at_zero is None:
        return np.asarray(case.U @ (values[:, None] * inner))
    return np.asarray(case.V @ ((values - at_zero)[:, None] * inner) + at_zero * x)


def _rounded(*parts: np.ndarray) -> float:
    """Return the rounding of a reference: its factors are orthonormal to some units."""
    return 64.0 * float(np.finfo(np.float64).eps) * sum(float(np.linalg.norm(p)) for p in parts)


def _columns(y: Any, reference: np.ndarray, bound: Any, extra: float, note: str) -> Any:
    off = np.linalg.norm(np.asarray(y) - reference, axis=0)
    return [
        Observation(float(e), float(b) + extra, note=note)
        for e, b in zip(off, np.atleast_1d(bound), strict=True)
    ]


def _left_conjugate(A: Any, p: Any, x: Any, **options: Any) -> Any:
    return svt_apply(np.conj(A), p, x, **options)


def _to_single(A: Any, p: Any, x: Any, **options: Any) -> Any:
    found = svt_apply(A, p, x, **options)
    y = np.asarray(found.y)
    rounded = y.astype(np.complex64 if y.dtype.kind == "c" else np.float32).astype(y.dtype)
    return found._replace(y=rounded)


def _kernel_lost(A: Any, p: Any, x: Any, **options: Any) -> Any:
    found = svt_apply(A, p, x, **options)
    if p.parity != "even":
        return found
    return found._replace(y=np.linalg.pinv(A) @ (A @ np.asarray(found.y)))


@claim(
    "svt-apply",
    source="the definition (Gilyen, Su, Low & Wiebe 2018); forward errors of the recurrence",
    subject=svt_apply,
    cases=_matrix,
    mutants={
        "no conjugate": _left_conjugate,
        "single precision": _to_single,
        "kernel lost": _kernel_lost,
    },
    tight=0.3,
    **OPTIONS,
)
def apply(case: Any, subject: Any) -> Any:
    """y is within its bound of f(A) x by the SVD; for odd, even, and Hermitian f."""
    A, s, x = case.A, case.s, case.x
    found = []
    odd = cheb_sign(0.09, 1e-4)
    got = subject(A, odd, x)
    exact = transformed(case, np.ones_like(s), x)
    found += _columns(got.y, exact, got.bound, _rounded(x), "sign")
    for p, f in ((cheb_cos(7.0, 1e-9), np.cos(7.0 * s)), (cheb_sin(7.0, 1e-9), np.sin(7.0 * s))):
        got = subject(A, p, x)
        exact = transformed(case, f, x, 1.0 if p.parity == "even" else None)
        found += _columns(got.y, exact, got.bound, _rounded(x), p.of)
    H = (case.V * s) @ case.V.conj().T
    got = subject(H, cheb_exp(5.0, 1e-7), x)
    exact = transformed(case, np.exp(-5.0 * (1.0 - s)), x, np.exp(-5.0))
    return found + _columns(got.y, exact, got.bound, _rounded(x), "exp")


@claim(
    "svt-rounding",
    source="Clenshaw, MTAC 9 (1955); errors of the recurrence times Chebyshev polynomials U",
    subject=svt_apply,
    cases=_matrix,
    mutants={"single precision": _to_single},
    slack="worst cases of all rounding errors together, where they come with random signs",
    **OPTIONS,
)
def rounding(case: Any, subject: Any) -> Any:
    """y is within its rounding term of p(A) x, for coefficients that grow towards 0."""
    x = case.x
    found = []
    for p in (cheb_sign(0.09, 1e-6), cheb_power(1.0, 0.09, 1e-6, parity="odd")):
        got = subject(case.A, p, x)
        values = extended(p, case.s).astype(np.float64)
        exact = transformed(case, values, x)
        # The rounding of the exact singular vectors counts as much as p varies.
        extra = _rounded(x) * float(np.abs(p.coef).sum())
        bound = got.bound - p.error_bound * np.linalg.norm(x, axis=0)
        found += _columns(got.y, exact, bound, extra, p.of)
    return found


def _long(index: int, rng: np.random.Generator) -> dict[str, Any]:
    case = _known(index, rng, 0.1)
    excess = 10.0 ** float(rng.uniform(-9.0, 1.0))
    case["s"] = case["s"] * (1.0 + excess)
    case["A"] = case["A"] * (1.0 + excess)
    case["label"] += f", norm 1 + {excess:.1e}"
    return case


def _unwatched(A: Any, p: Any, x: Any, **options: Any) -> Any:
    """Run the recurrence without looking at its growth."""
    d = p.interval[0]
    w = A @ x
    N = A @ A.conj().T

    def times(W: np.ndarray) -> np.ndarray:
        return np.asarray((2.0 * (N @ W) - (1.0 + d * d) * W) / (1.0 - d * d))

    before, now = w, times(w)
    y = p.coef[0] * w + p.coef[1] * now
    for c in p.coef[2:]:
        before, now = now, 2.0 * times(now) - before
        y = y + c * now
    sizes = np.linalg.norm(x, axis=0)
    return type(svt_apply(A / 100.0, p, x))(y, p.degree, p.degree, 2.0 * p.error_bound * sizes)


@claim(
    "svt-growth",
    source="||T_k(Z) x|| <= ||x|| for a spectrum in [-1, 1], and Rayleigh quotients",
    subject=svt_apply,
    cases=_long,
    mutants={"unwatched": _unwatched},
    slack="a refusal has no error: the bound stands for what was handed back without one",
    **OPTIONS,
)
def growth(case: Any, subject: Any) -> Any:
    """With a norm above the interval there is an error, an infinite bound, or one that holds."""
    p = cheb_sign(0.09, 1e-10)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AccuracyWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            got = subject(case.A, p, case.x)
    except InvalidInputError:
        return Observation(0.0, 0.0, note="refused")
    exact = transformed(case, np.ones_like(case.s), case.x)
    off = np.linalg.norm(np.asarray(got.y) - exact, axis=0) - _rounded(case.x)
    wrong = np.count_nonzero(~(off <= np.atleast_1d(got.bound)))
    return Observation(float(wrong), 0.0, note="handed back")


def _gapped(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix with nothing between 0.35 and 0.65, and one without small values."""
    case = _known(index, rng, 0.05)
    s = case["s"]
    s = np.where(s > 0.5, 0.65 + 0.35 * (s - 0.5) / 0.5, 0.35 * s / 0.5)
    unit = float(10.0 ** rng.uniform(-3.0, 3.0))
    case["s"], case["unit"] = s * unit, unit
    case["A"] = (case["U"] * case["s"]) @ case["V"].conj().T
    case["b"] = case["A"] @ case["x"] / unit + rng.standard_normal((case["A"].shape[0], 2))
    return case


class _Principal:
    """The three functions, which a mutant replaces together."""

    def __init__(self, shift: float = 1.0, conj: bool = False) -> None:
        self.shift, self.conj = shift, conj

    def _of(self, A: np.ndarray) -> np.ndarray:
        return A.conj() if self.conj else A

    def project(self, A: Any, x: Any, threshold: float) -> Any:
        return principal_projection(self._of(A), x, threshold * self.shift, gap=0.3, rng=0)

    def regress(self, A: Any, b: Any, threshold: float) -> Any:
        A, norm = self._of(A), 1.001 * float(np.linalg.norm(A, 2))
        return principal_regression(A, b, threshold * self.shift, gap=0.3, norm=norm)

    def solve(self, A: Any, b: Any, smallest: float) -> Any:
        A, norm = self._of(A), 1.001 * float(np.linalg.norm(A, 2))
        return pinv_apply(A, b, smallest * self.shift, norm=norm)


@claim(
    "svt-principal",
    source="Frostig, Musco, Musco & Sidford, ICML 2016; products of bounded polynomials",
    subject=_Principal(),
    cases=_gapped,
    mutants={"threshold off": _Principal(1.6), "no conjugate": _Principal(conj=True)},
    tight=0.3,
    **{**OPTIONS, "min_cases": 6},
)
def principal(case: Any, subject: Any) -> Any:
    """Projection, regression and pseudo-inverse are within their bounds of those by the SVD."""
    A, s, unit = case.A, case.s, case.unit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)  # of mutants
        kept = s > 0.5 * unit
        got = subject.project(A, case.x, 0.5 * unit)
        exact = case.V @ (kept[:, None] * (case.V.conj().T @ case.x))
        found = _columns(got.y, exact, got.bound, _rounded(case.x), "projection")
        got = subject.regress(A, case.b, 0.5 * unit)
        inverse = np.where(kept, 1.0 / s, 0.0)
        exact = case.V @ (inverse[:, None] * (case.U.conj().T @ case.b))
        found += _columns(got.y, exact, got.bound, _rounded(case.b) / unit, "regression")
        top = np.maximum(s, 0.1 * unit)
        B = (case.U * top) @ case.V.conj().T
        got = subject.solve(B, case.b, 0.1 * unit * (1.0 - 1e-12))
        exact = case.V @ ((1.0 / top)[:, None] * (case.U.conj().T @ case.b))
        extra = 100.0 * _rounded(case.b) / unit
        return found + _columns(got.y, exact, got.bound, extra, "pseudo-inverse")


def _kinds_swapped(A: Any, x: Any, threshold: float, *, kind: str, **options: Any) -> Any:
    other: Any = "hard" if kind == "soft" else "soft"
    return singular_value_threshold(A, x, threshold, kind=other, **options)


@claim(
    "svt-threshold",
    source="Cai, Candes & Shen, SIAM J. Optim. 20 (2010): the proximal map",
    subject=singular_value_threshold,
    cases=_gapped,
    mutants={"soft for hard": _kinds_swapped},
    slack="of the soft kind the bound counts the whole transition, where few singular values are",
    **OPTIONS,
)
def threshold(case: Any, subject: Any) -> Any:
    """Soft and hard thresholding are within their bounds of those by the SVD."""
    s, unit, x = case.s, case.unit, case.x
    found = []
    for kind, values in (
        ("hard", np.where(s > 0.5 * unit, s, 0.0)),
        ("soft", np.maximum(s - 0.5 * unit, 0.0)),
    ):
        got = subject(case.A, x, 0.5 * unit, kind=kind, gap=0.3, norm=1.001 * unit)
        exact = transformed(case, values, x)
        found += _columns(got.y, exact, got.bound, unit * _rounded(x), kind)
    return found
