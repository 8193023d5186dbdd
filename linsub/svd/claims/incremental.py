"""What streams and merge trees know about their own error, with the input gone."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from linsub.svd import IncrementalSVD, SVDResult, bounds, hapod
from linsub.svd.claims.measure import EPS, call, frobenius, haar, norm2, values, with_spectrum
from linsub.verify import Observation, claim

# Carried certificates are tried as often as the recomputed ones.
MANY, FULL = 120, 10_000


def _blocks(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return column blocks of a matrix, how they are merged, and a rank."""
    m, n = int(rng.integers(2, 25)), int(rng.integers(2, 41))
    k = min(m, n)
    i = np.arange(1, k + 1)
    sigma = (0.7**i, i**-1.0, np.ones(k), np.where(i <= k // 2, 1.0, 1e-6), 1.0 - 0.3 * i / k)
    A = with_spectrum(rng, sigma[index % 5], m, n, "dD"[index % 2])
    if index % 7 == 3:  # duplicates and zeros
        A = A[:, rng.integers(0, n, n)] * (rng.random(n) < 0.8)
    cuts = np.sort(rng.integers(0, n + 1, int(rng.integers(1, 8))))
    blocks = [block for block in np.split(A, cuts, axis=1) if block.shape[1]]
    return {
        "A": A,
        "blocks": blocks,
        "rank": int(rng.integers(1, k + 1)),
        "tree": index % 3 == 2,
        "crude": index % 4 == 1,
        "dtype": A.dtype,
        "size": float(A.size),
    }


@dataclasses.dataclass
class _Stream:
    """``A ~ P V^H`` by plain numpy, with what each step has discarded."""

    P: np.ndarray
    V: np.ndarray
    discarded: list[np.ndarray]


def _cut(M: np.ndarray, case: Any, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return W with orthonormal columns, and the singular values of ``M (I - W W^H)``."""
    _, _, Wh = np.linalg.svd(M, full_matrices=False)
    W = Wh[: case.rank].conj().T
    if case.crude:  # T1 asks for orthonormal columns alone
        W = np.linalg.qr(W + 0.2 * rng.standard_normal(W.shape))[0]
    return W, values(M - (M @ W) @ W.conj().T)


def _merge(first: _Stream, second: _Stream, case: Any, rng: np.random.Generator) -> _Stream:
    M = np.concatenate([first.P, second.P], axis=1)
    W, rest = _cut(M, case, rng)
    k = first.P.shape[1]
    V = np.concatenate([first.V @ W[:k], second.V @ W[k:]])
    return _Stream(M @ W, V, [*first.discarded, *second.discarded, rest])


def _streamed(case: Any) -> tuple[_Stream, int]:
    """Return the stream of a case, and its levels of truncation."""
    rng = case.rng
    leaves = [_Stream(block, np.eye(block.shape[1]), []) for block in case.blocks]
    if not case.tree:
        total = _Stream(leaves[0].P[:, :0], np.zeros((0, 0)), [])
        for leaf in leaves:
            total = _merge(total, leaf, case, rng)
        return total, len(leaves)
    none = _Stream(leaves[0].P[:, :0], np.zeros((0, 0)), [])
    nodes, levels = [_merge(none, leaf, case, rng) for leaf in leaves], 1
    while len(nodes) > 1:
        pairs = [nodes[i : i + 2] for i in range(0, len(nodes), 2)]
        nodes = [
            _merge(pair[0], pair[1], case, rng) if len(pair) == 2 else pair[0] for pair in pairs
        ]
        levels += 1
    return nodes[0], levels


def _error(case: Any, stream: _Stream) -> np.ndarray:
    return np.asarray(case.A - stream.P @ stream.V.conj().T)


@claim(
    "svd-incremental-error",
    source="T1; proof in docs/theory/svd.md",
    kind="exact",
    domain="stream",
    subject=bounds.carried_error,
    cases=_blocks,
    mutants={
        "added without squares": lambda d, **kw: float(np.sum(d)),
        "the last step only": lambda d, **kw: float(np.asarray(d)[-1]),
    },
    eps_multiple=200.0,
    budget=1.0,
    full_cases=FULL,
)
def incremental_error(case: Any, subject: Any) -> Observation:
    """||A - U S V^H||_F^2 = sum_t ||D_t||_F^2, for chains and trees and any orthonormal W"""
    stream, _ = _streamed(case)
    bound = call(subject, [frobenius(d) for d in stream.discarded])
    return Observation(frobenius(_error(case, stream)), float(bound), scale=frobenius(case.A))


def _collinear(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return streams as before, and every third one that loses one direction again and again."""
    if index % 3:
        return _blocks(index, rng)
    Q = haar(rng, 12, 2)
    n = int(rng.integers(3, 20))
    columns = [10.0 * Q[:, :1], *([0.5 * Q[:, 1:]] * n)]
    A = np.concatenate(columns, axis=1)
    case = {"A": A, "blocks": columns, "rank": 1, "tree": False, "crude": False}
    return {**case, "dtype": A.dtype, "size": float(A.size)}


@claim(
    "svd-incremental-spectral",
    source="T1; proof in docs/theory/svd.md",
    kind="always",
    domain="stream",
    subject=bounds.carried_spectral_error,
    cases=_collinear,
    mutants={
        "the largest step": lambda d, **kw: float(np.max(d)),
        "half": lambda d, **kw: 0.5 * bounds.carried_spectral_error(d, **kw),
    },
    tight=0.99,
    budget=1.0,
    full_cases=FULL,
)
def incremental_spectral(case: Any, subject: Any) -> Observation:
    """||A - U S V^H||_2 <= sqrt(sum_t d_{t,1}^2)"""
    stream, _ = _streamed(case)
    rounding = 200.0 * EPS * frobenius(case.A)
    tops = [d.max(initial=0.0) for d in stream.discarded]
    return Observation(
        norm2(_error(case, stream)), float(call(subject, tops, rounding=rounding)) + rounding
    )


@claim(
    "svd-incremental-sigma",
    source="T2; proof in docs/theory/svd.md",
    kind="always",
    domain="stream",
    subject=bounds.carried_sigma_enclosure,
    cases=_collinear,
    mutants={
        "S itself": lambda S, e, s, **kw: (S, np.asarray(S)),
        "lower end raised": lambda S, e, s, **kw: (np.hypot(S, 0.5 * e), np.hypot(S, min(e, s))),
        "a smaller delta": lambda S, e, s, **kw: (S, np.hypot(S, 0.4 * min(e, s))),
    },
    tight=0.99,
    budget=1.0,
    full_cases=FULL,
)
def incremental_sigma(case: Any, subject: Any) -> list[Observation]:
    """S_i <= sigma_i(A) <= sqrt(S_i^2 + delta), and sigma_{k+1}(A)^2 <= delta"""
    stream, _ = _streamed(case)
    S, sigma = values(stream.P), values(case.A)
    k = min(S.size, sigma.size)
    error = bounds.carried_error([frobenius(d) for d in stream.discarded])
    spectral = bounds.carried_spectral_error([d.max(initial=0.0) for d in stream.discarded])
    slack = 200.0 * EPS * frobenius(case.A)
    lower, upper = call(subject, S, error, spectral)
    found = []
    for i in {0, k - 1}:
        found.append(Observation(float(sigma[i]), float(upper[i]) + slack, note="upper"))
        found.append(Observation(float(lower[i]), float(sigma[i]) + slack, note="lower"))
    if sigma.size > k:
        _, beyond = call(subject, np.zeros(1), error, spectral)
        found.append(Observation(float(sigma[k]), float(beyond[0]) + slack, note="beyond"))
    return found


@claim(
    "svd-merge-tree",
    source="T3; proof in docs/theory/svd.md; cf. Iwen & Ong 2016, theorem 3",
    kind="always",
    domain="stream",
    subject=bounds.merge_tree_error,
    cases=_blocks,
    requires=lambda case: not case.crude,
    mutants={
        "the tail alone": lambda sigma, k, levels: bounds.tail(sigma, k),
        "one rank more": lambda sigma, k, levels: bounds.merge_tree_error(sigma, k + 1, levels),
    },
    slack="that every level loses the whole tail does not happen; ratios up to 0.8 at L > 1",
    budget=1.0,
    full_cases=FULL,
)
def merge_tree(case: Any, subject: Any) -> Observation | None:
    """||A - U S V^H||_F <= sqrt(L) tail_k(A) after L levels of truncation to rank k"""
    stream, levels = _streamed(case)
    bound = float(call(subject, values(case.A), case.rank, levels))
    return Observation(frobenius(_error(case, stream)), bound + 200.0 * EPS * frobenius(case.A))


def _thresholded(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return columns that come one by one, with a threshold for what is discarded."""
    if index % 3 == 0:
        return {**_collinear(0, rng), "tol": 0.5}
    case = _blocks(index, rng)
    return {**case, "tol": float(rng.choice([1e-6, 1e-3, 0.1, 0.5]))}


@claim(
    "svd-threshold",
    source="Zhang, arXiv 2204.05398",
    kind="always",
    domain="stream",
    subject=bounds.threshold_error,
    cases=_thresholded,
    mutants={
        "the threshold": lambda tol, steps: tol,
        "a root too far": lambda tol, steps: tol * steps**0.25,
    },
    tight=0.95,
    budget=1.0,
)
def threshold(case: Any, subject: Any) -> Observation:
    """||A - U S V^H||_2 <= sqrt(n) tol when columns come one by one and values <= tol go"""
    P, V = case.A[:, :0], np.zeros((0, 0))
    steps = case.A.shape[1]
    limit = case.tol * (1.0 + 1e-12)
    for column in case.A.T:
        M = np.concatenate([P, column[:, None]], axis=1)
        _, S, Wh = np.linalg.svd(M, full_matrices=False)
        W = Wh[limit < S].conj().T
        V = np.concatenate([V @ W[:-1], W[-1:]])
        P = M @ W
    error = norm2(case.A - P @ V.conj().T)
    return Observation(error, float(call(subject, limit, steps)) + 200.0 * EPS * frobenius(case.A))


def _snapshots(index: int, rng: np.random.Generator) -> dict[str, Any]:
    case = _blocks(index, rng)
    A = case["A"].astype("dfDF"[index % 2 * 2 + index % 4 // 2])
    cuts = np.cumsum([block.shape[1] for block in case["blocks"]])[:-1]
    rms = frobenius(A) / np.sqrt(A.shape[1])
    return {
        **case,
        "A": A,
        "blocks": np.split(A, cuts, axis=1),
        "error": float(rms * rng.choice([0.01, 0.1, 0.3, 0.7])),
        "omega": float(rng.uniform(0.2, 0.95)),
        "shape": ("chain", "binary")[index % 2],
        "dtype": A.dtype,
    }


@claim(
    "svd-hapod",
    source="Himpe, Leibner & Rave 2018, theorem 1",
    kind="always",
    domain="stream",
    subject=hapod,
    cases=_snapshots,
    mutants={
        "twice the error": lambda blocks, error, **kw: hapod(blocks, 2.0 * error, **kw),
        "another omega": lambda blocks, error, omega, **kw: hapod(
            blocks, error, omega=0.1 * omega, **kw
        ),
    },
    tight=0.9,
    budget=1.5,
    full_cases=FULL,
)
def pod_tree(case: Any, subject: Any) -> list[Observation]:
    """sqrt(sum_j ||a_j - U U^H a_j||^2 / n) <= error; no more modes than a POD at omega error"""
    result = call(subject, case.blocks, case.error, omega=case.omega, tree=case.shape)
    A = case.A.astype("D" if case.A.dtype.kind == "c" else "d")
    U = np.asarray(result[0]).astype(A.dtype)
    eps = float(np.finfo(case.A.dtype).eps)
    mean = frobenius(A - U @ (U.conj().T @ A)) / np.sqrt(A.shape[1])
    rounding = 30.0 * eps * frobenius(A)
    within = (1.0 - 1e-9) * case.omega * case.error * np.sqrt(A.shape[1]) - rounding
    modes = int(np.count_nonzero(bounds.tails(values(A)) > max(within, 0.0)))
    return [
        Observation(mean, case.error + rounding, note="mean error"),
        Observation(float(U.shape[1]), float(min(modes, *A.shape)), note="modes"),
    ]


def _pieces(index: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a matrix and the order in which its rows and columns come."""
    m, n = (int(x) for x in rng.integers(2, 31, 2))
    i = np.arange(1, min(m, n) + 1)
    sigma = (0.6**i, i**-0.5, 10.0 ** (-0.7 * i), np.where(i < 3, 1.0, 1e-3))[index % 4]
    kind = "dfDF"[index // 4 % 4]
    A = with_spectrum(rng, sigma, m, n, "D" if kind in "DF" else "d")
    if index % 11 == 5:
        A[:, rng.random(n) < 0.5] = 0.0
    if index % 11 == 7:
        A[1:] = A[:1]
    A = np.ldexp(A.real, 0) if kind in "df" else A
    exponent = int(rng.choice([0, 0, -60, 60]))
    A = (A * 2.0**exponent).astype(kind)
    return {
        "A": A,
        "exponent": exponent,
        "rank": int(rng.integers(1, min(m, n) + 1)),
        "how": ("columns", "rows", "turns", "tree", "error")[index % 5],
        "dtype": A.dtype,
        "size": float(A.size),
    }


def _grown(case: Any) -> SVDResult:
    """Return the result of the stream of a case."""
    A, rng = case.A, case.rng
    sides: dict[str, Any] = {"keep_left": True, "keep_right": True}
    if case.how == "error":
        stream = IncrementalSVD(error=float(rng.choice([1e-4, 0.05, 0.4])), **sides)
    else:
        stream = IncrementalSVD(case.rank, **sides)
    if case.how == "turns":
        # single rows and columns beside what came before, so that both sides grow in turn
        i = j = 1
        stream.update(A[:1, :1])
        while i < A.shape[0] or j < A.shape[1]:
            step = int(rng.integers(1, 9))
            if (rng.random() < 0.5 and i < A.shape[0]) or j == A.shape[1]:
                stream.update(A[i : i + step, :j], axis=0)
                i = min(i + step, A.shape[0])
            else:
                stream.update(A[:i, j : j + step], axis=1)
                j = min(j + step, A.shape[1])
        return stream.result()
    axis: Literal[0, 1] = 0 if case.how == "rows" else 1
    parts = np.array_split(A, int(rng.integers(1, 6)), axis=axis)
    if case.how == "tree":
        streams = [copy.copy(stream).update(part, axis=1) for part in parts]
        for other in streams[1:]:
            streams[0].merge(other)
        return streams[0].result()
    for part in parts:
        one = IncrementalSVD(case.rank, **sides) if case.how != "error" else None
        stream = (
            stream.update(part, axis=axis)
            if one is None
            else stream.merge(one.update(part, axis=axis))
        )
    return stream.result()


def _subject(case: Any) -> SVDResult:
    """Stream a case and return the result: what users may replace."""
    return _grown(case)


def _mutant(change: Callable[[Any], dict[str, Any]]) -> Callable[[Any], SVDResult]:
    def mutant(case: Any) -> SVDResult:
        result = _grown(case)
        wrong = {
            name: dataclasses.replace(getattr(result.certificate, name), value=value)
            for name, value in change(result).items()
        }
        assert result.certificate is not None
        certificate = dataclasses.replace(result.certificate, **wrong)
        return SVDResult(*result, certificate=certificate, info=result.info)

    return mutant


@claim(
    "svd-incremental-certificate",
    source="T1 and T2 with rounding; proof in docs/theory/svd.md",
    kind="always",
    domain="stream",
    subject=_subject,
    cases=_pieces,
    mutants={
        "nine tenths of the error": _mutant(
            lambda r: {"frobenius_error": 0.9 * float(r.certificate.frobenius_error)}
        ),
        "the last cut only": _mutant(
            lambda r: {"frobenius_error": 0.5 * float(r.certificate.spectral_error)}
        ),
        "S is sigma": _mutant(lambda r: {"sigma_upper": np.asarray(r.S, dtype=float)}),
        "S is a lower end": _mutant(
            lambda r: {"sigma_lower": 1.001 * np.asarray(r.S, dtype=float)}
        ),
    },
    tight=0.99,
    budget=3.0,
    max_cases=MANY,
    full_cases=FULL,
)
def certificate(case: Any, subject: Any) -> list[Observation]:
    """The carried errors and the enclosure are never on the wrong side, after turns and merges"""
    result = subject(case)
    known = result.certificate
    wide = np.clongdouble if case.A.dtype.kind == "c" else np.longdouble
    unit = np.longdouble(2.0**-case.exponent)
    U, S, Vh = (np.asarray(x).astype(wide) for x in result)
    E = np.asarray(case.A * unit - (U * (S * unit)) @ Vh)
    error = float(np.sqrt(np.sum(np.abs(E) ** 2)))
    plain = (case.A * unit).astype("D" if case.A.dtype.kind == "c" else "d")
    sigma = values(plain)
    k = S.size
    slack = 60.0 * EPS * float(sigma[0])

    def entry(name: str) -> np.ndarray:
        return np.atleast_1d(np.asarray(getattr(known, name).value) * float(unit))

    spectral = norm2(E.astype(plain.dtype))
    exact = known.frobenius_error.kind == "exact"
    room = float(np.finfo(case.A.dtype).eps) * frobenius(sigma)
    room *= 300.0 * float(np.sqrt(max(case.A.shape)))  # what rounding adds in a few merges
    found = [
        Observation(error, float(entry("frobenius_error")[0]), note="frobenius"),
        Observation(spectral, float(entry("spectral_error")[0]) + slack, note="spectral"),
    ]
    if exact:
        found.append(
            Observation(float(entry("frobenius_error")[0]), 1.001 * error + room, note="equal")
        )
    if k:
        over = int(np.argmax(sigma[:k] - entry("sigma_upper")))
        under = int(np.argmax(entry("sigma_lower") - sigma[:k]))
        upper, lower = float(entry("sigma_upper")[over]), float(entry("sigma_lower")[under])
        found.append(Observation(float(sigma[over]), upper + slack, note="upper"))
        found.append(Observation(lower, float(sigma[under]) + slack, note="lower"))
    if k < sigma.size:
        beyond = float(entry("complement_norm")[0]) + slack
        found.append(Observation(float(sigma[k]), beyond, note="beyond"))
    return found
