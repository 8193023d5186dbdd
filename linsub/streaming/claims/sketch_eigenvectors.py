"""What a sketch says of eigenvalues and of the top eigenvector."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.streaming import FrequentDirections, bounds
from linsub.streaming.claims.streams import gram, make, stream_case, unit
from linsub.verify import Observation, claim

FULL = 5000


@claim(
    "streaming-fd-eigenvalues",
    source="derived: Weyl's monotonicity; proof in docs/theory",
    kind="always",
    domain="stream",
    subject=bounds.eigenvalue_enclosure,
    cases=stream_case,
    mutants={
        "mu itself": lambda mu, loss, rounding, squares: (mu, mu),
        "half of the shrinkage": lambda mu, loss, rounding, squares: bounds.eigenvalue_enclosure(
            mu, 0.5 * loss, rounding, squares
        ),
        "raised": lambda mu, loss, rounding, squares: (mu + 0.5 * loss, mu + loss + rounding),
    },
    tight=0.99,
    budget=0.3,
    full_cases=FULL,
)
def fd_eigenvalues(case: Any, subject: Any) -> list[Observation]:
    """mu_j <= lambda_j(A^T A) <= min(mu_j + Delta, ||A||_F^2 / j), and forms in their intervals."""
    A = np.ldexp(case.A, unit(case.A))
    sketch = make(case, FrequentDirections).update(A)
    B, d = sketch.result().sketch, A.shape[1]
    mu = np.zeros(d)
    kept = np.linalg.svd(B, compute_uv=False) ** 2
    mu[: kept.size] = kept[:d]
    lam = np.maximum(np.linalg.eigvalsh(np.asarray(gram(A), np.float64))[::-1], 0.0)
    total = float(np.sum(np.square(A)))
    slack = 1e-14 * total
    result = sketch.result()
    lower, upper = subject(mu, result.error, sketch.rounding, total)
    whole = sketch.eigenvalue_intervals(d)
    found = []
    for j in sorted({0, d // 2, d - 1}):
        found += [
            Observation(float(lower[j]), float(lam[j]) + slack, note=f"lower {j}"),
            Observation(float(lam[j]), float(upper[j]) + slack, note=f"upper {j}"),
            Observation(whole[j, 0], float(lam[j]) + slack, note=f"sketch's lower {j}"),
            Observation(float(lam[j]), whole[j, 1] + slack, note=f"sketch's upper {j}"),
        ]
    x = case.rng.standard_normal(d)
    low, high = sketch.quadratic_form(x)
    seen, own = float(np.sum((A @ x) ** 2)), slack * float(x @ x)
    found += [Observation(low, seen + own, note="form"), Observation(seen, high + own, note="form")]
    return found


def _perturbed(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return ``M = S + E`` with S diagonal: every second time the worst E of two dimensions."""
    if index % 2:
        d = int(rng.integers(2, 8))
        S = np.diag(np.sort(rng.exponential(1.0, d))[::-1])
        E = rng.standard_normal((d, d))
        E = (E + E.T) / np.linalg.norm(E + E.T, 2)
        e = rng.uniform(0.0, 0.6) * float(S[0, 0] - S[1, 1])
        return {"S": S, "E": e * E, "e": e, "size": float(d)}
    g = 10.0 ** rng.uniform(-2, 2)
    e = g * rng.uniform(0.001, 0.499)
    cosine = -2.0 * e / g
    sine = np.sqrt(1.0 - cosine**2)
    E = e * np.array([[cosine, sine], [sine, -cosine]])
    return {"S": np.diag([g, 0.0]), "E": E, "e": e, "size": 2.0}


@claim(
    "streaming-fd-davis-kahan",
    source="Davis & Kahan 1970, the sin and sin 2 theorems",
    kind="always",
    domain="formula",
    subject=bounds.eigenvector_certificate,
    cases=_perturbed,
    mutants={
        "e / g": lambda a, b, loss, rounding=0.0: min(
            (0.5 * loss + rounding) / max(a - b, 1e-300), 1
        ),
        "a quarter of the shrinkage": lambda a, b, loss, rounding=0.0: (
            bounds.eigenvector_certificate(a, b, 0.5 * loss, rounding)
        ),
    },
    tight=0.999,
    budget=0.1,
    full_cases=FULL,
)
def fd_davis_kahan(case: Any, subject: Any) -> Observation:
    """sin t <= min(e / (g - e), sin(asin(2 e / g) / 2)) for M = S + E with ||E|| <= e."""
    v = np.linalg.eigh(case.S + case.E)[1][:, -1]
    sine = float(np.linalg.norm(v[1:]))
    first, second = case.S.diagonal()[:2]
    bound = subject(float(first), float(second), 2.0 * case.e)
    return Observation(sine, float(bound) + 1e-12)


class _Overconfident(FrequentDirections):
    """Says that the angle is a tenth of what is known."""

    def top_eigenvector(self) -> Any:
        vector, value, sine, status = super().top_eigenvector()
        return vector, value, 0.1 * sine, status


class _Unlost(FrequentDirections):
    """Takes the sketch for the matrix."""

    def top_eigenvector(self) -> Any:
        return FrequentDirections(sketch_size=1000).update(self.sketch).top_eigenvector()


@claim(
    "streaming-fd-eigenvector",
    source="Davis & Kahan 1970 with the sandwich; proof in docs/theory",
    kind="always",
    domain="stream",
    subject=FrequentDirections,
    cases=stream_case,
    mutants={"a tenth": _Overconfident, "no loss": _Unlost},
    slack="the sketch turns far less than the worst perturbation of its size would",
    budget=0.4,
    max_cases=140,
    full_cases=FULL,
)
def fd_eigenvector(case: Any, subject: Any) -> list[Observation] | None:
    """sin(v, v_1) is at most what the certificate says, and lambda_1 is in its interval."""
    A = np.ldexp(case.A, unit(case.A))
    sketch = make(case, subject).update(A)
    vector, value, sine, _ = sketch.top_eigenvector()
    lam, V = np.linalg.eigh(np.asarray(gram(A), np.float64))
    total = float(np.sum(np.square(A)))
    found = [
        Observation(value[0], float(lam[-1]) + 1e-14 * total, note="lower"),
        Observation(float(lam[-1]), value[1] + 1e-14 * total, note="upper"),
    ]
    gap = float(lam[-1] - lam[-2]) if lam.size > 1 else total
    if gap > 1e-10 * total:  # below it the reference has no top eigenvector
        v = V[:, -1]
        true = float(np.linalg.norm(np.asarray(vector) - v * (v @ vector)))
        found.append(Observation(true, sine + 1e-14 * total / gap, note="sine"))
    return found
