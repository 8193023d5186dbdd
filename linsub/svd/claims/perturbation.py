"""How singular values move: Weyl, Mirsky, Hoffman-Wielandt, and Gram matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub.svd import bounds
from linsub.svd.claims.measure import EPS, frobenius, norm2, truth, values
from linsub.verify import Observation, claim


def _perturbed(case: Any) -> tuple[Any, np.ndarray, np.ndarray] | None:
    """Return the truth about A, a matrix E, and the singular values of A + E."""
    known = truth(case)
    if known.A.size == 0:
        return None
    rng = case.rng
    size = 10.0 ** rng.uniform(-6.0, 1.0) * max(known.top, 1e-3)
    if rng.random() < 0.5:  # shares the singular vectors: the inequalities are attained
        U, _, Vh = np.linalg.svd(known.A, full_matrices=False)
        move = np.sort(rng.random(known.sigma.size))[::-1] if rng.random() < 0.5 else 1.0
        E = size * (U * move) @ Vh
    else:
        E = size * rng.standard_normal(known.A.shape).astype(known.A.dtype)
    return known, E, values(known.A + E)


def _slack(known: Any, E: np.ndarray) -> float:
    size = float(known.norm) + frobenius(E)
    return 30.0 * EPS * float(np.sqrt(max(E.shape))) * size


@claim(
    "svd-weyl",
    source="Weyl 1912; Horn & Johnson 1991, 3.3.16",
    kind="always",
    domain="matrix",
    subject=bounds.weyl,
    mutants={
        "half of the norm": lambda sigma, norm: bounds.weyl(sigma, 0.5 * norm),
        "relative": lambda sigma, norm: (sigma * (1 - norm), sigma * (1 + norm)),
    },
    tight=0.999,
    budget=0.5,
)
def weyl(case: Any, subject: Any) -> list[Observation] | None:
    """|sigma_i(A + E) - sigma_i(A)| <= ||E||_2"""
    made = _perturbed(case)
    if made is None:
        return None
    known, E, moved = made
    lower, upper = subject(known.sigma, norm2(E))
    slack = _slack(known, E)
    i, j = int(np.argmax(moved - upper)), int(np.argmax(lower - moved))
    return [
        Observation(moved[i], upper[i] + slack, note="upper"),
        Observation(lower[j], moved[j] + slack, note="lower"),
    ]


@claim(
    "svd-mirsky",
    source="Mirsky 1960, theorem 5",
    kind="always",
    domain="matrix",
    subject=bounds.mirsky,
    mutants={
        "sorted the other way": lambda s, t, p: bounds.schatten(s - t[::-1], p),
        "always nuclear": lambda s, t, p: bounds.mirsky(s, t, 1.0),
    },
    tight=0.999,
    budget=0.5,
)
def mirsky(case: Any, subject: Any) -> list[Observation] | None:
    """||(sigma_i(A) - sigma_i(B))_i|| <= ||A - B|| in every unitarily invariant norm"""
    made = _perturbed(case)
    if made is None:
        return None
    known, E, moved = made
    size, slack = values(E), _slack(known, E)
    found = []
    for p in (1.0, 2.0, 3.0, np.inf):
        room = slack * size.size
        found.append(
            Observation(
                subject(known.sigma, moved, p), bounds.schatten(size, p) + room, note=f"p={p:g}"
            )
        )
    # the Ky Fan norms decide for all norms at once
    for k in {1, (size.size + 1) // 2, size.size}:
        measured = bounds.ky_fan(known.sigma - moved, k)
        found.append(Observation(measured, bounds.ky_fan(size, k) + k * slack, note=f"Ky Fan {k}"))
    return found


@claim(
    "svd-hoffman-wielandt",
    source="Hoffman & Wielandt 1953; von Neumann 1937",
    kind="always",
    domain="matrix",
    subject=bounds.hoffman_wielandt,
    mutants={
        "energies added": lambda s, t: (0.0, np.hypot(np.linalg.norm(s), np.linalg.norm(t))),
        "paired the other way": lambda s, t: (np.linalg.norm(s - t[::-1]), np.inf),
    },
    tight=0.999,
    budget=0.5,
)
def hoffman_wielandt(case: Any, subject: Any) -> list[Observation] | None:
    """sum (sigma_i - tau_i)^2 <= ||A - B||_F^2 <= sum (sigma_i + tau_i)^2"""
    made = _perturbed(case)
    if made is None:
        return None
    known, E, moved = made
    slack = _slack(known, E)
    low, high = subject(known.sigma, moved)
    return [  # the distance of A + E from A, and from -A
        Observation(low, frobenius(E) + slack, note="lower"),
        Observation(frobenius(E), high + slack, note="upper"),
        Observation(frobenius(2 * known.A + E), high + slack, note="upper, of -A"),
    ]


@claim(
    "svd-gram-floor",
    source="Higham 2002, section 3.5, with Weyl",
    kind="always",
    domain="matrix",
    subject=bounds.gram_sigma_error,
    mutants={
        "as if not squared": lambda sigma, d: 0 * sigma + d,
        "relative to the largest": lambda sigma, d: 0 * sigma + d / max(sigma[0], 1e-300),
    },
    slack="rounding errors cancel: gamma_m is the worst case of m equal signs, sqrt(m) u is usual",
    budget=0.5,
)
def gram_floor(case: Any, subject: Any) -> Observation | None:
    """|sigma_i - sqrt(lambda_i(fl(A^H A)))| <= min(sqrt(d), d / sigma_i), d = gamma_m ||A||_F^2"""
    known = truth(case)
    if known.top == 0.0:
        return None
    single = np.complex64 if known.A.dtype.kind == "c" else np.float32
    A = known.A.astype(single)
    eps = float(np.finfo(np.float32).eps)
    wide = A.astype(known.A.dtype)
    G = (A.conj().T @ A).astype(known.A.dtype)
    d = bounds.gram_rounding(
        A.shape[0], frobenius(wide), eps, complex_entries=single is np.complex64
    )
    # products below the smallest number of the precision are lost altogether
    d += 4.0 * A.size * float(np.finfo(np.float32).tiny)
    squares = np.linalg.eigvalsh(G)[::-1][: min(A.shape)]
    sigma = values(wide)
    off = np.abs(np.sqrt(np.maximum(squares, 0.0)) - sigma)
    allowed = np.asarray(subject(sigma, d)) + 30.0 * EPS * sigma[0]
    i = int(np.argmax(off - allowed))
    return Observation(off[i], allowed[i])
