"""Reflectors: orthogonality, products, gradients, frames and moments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from linsub.geometry import Reflectors, bounds, householder_vector
from linsub.verify import Observation, Sample, claim

DTYPES = (np.float64, np.float32, np.complex128, np.complex64)
_KINDS = ("gaussian", "nearly parallel", "equal", "many short", "trapezoid", "graded")

# Draws of a frame in each case; a sign that is always the same is found in a tenth of them.
_DRAWS = 200


def gaussian(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    G = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        G = G + 1j * rng.standard_normal(shape)
    return G.astype(dtype)


def _wide(A: Any) -> np.ndarray:
    A = np.asarray(A)
    return np.asarray(A.astype(np.clongdouble if A.dtype.kind == "c" else np.longdouble))


def eps_of(dtype: Any) -> float:
    return float(np.finfo(dtype).eps)


def _vectors(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype, kind = DTYPES[index % 4], _KINDS[index // 4 % len(_KINDS)]
    n = int(rng.integers(1, 41))
    k = int(rng.integers(1, 81))
    if kind == "many short":
        n, k = 50, 2000
    V = gaussian(rng, (n, k), dtype)
    if kind == "nearly parallel":
        V = gaussian(rng, (n, 1), dtype) + V * V.dtype.type(eps_of(dtype) ** 0.5)
    elif kind == "equal":
        V = np.repeat(V[:, :1], k, axis=1)
    elif kind == "trapezoid":
        V = np.tril(V)
    elif kind == "graded":
        high = 30.0 if dtype in (np.float32, np.complex64) else 290.0
        V = V * 10.0 ** rng.uniform(-high, high, k)
    V = V.astype(dtype)
    return {"V": V, "dtype": V.dtype, "label": f"{kind} {n}x{k} {V.dtype}", "size": float(k)}


def _few(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    """Reflectors that are worth a product one by one in extended precision."""
    found = dict(_vectors(index, rng))
    found["V"] = found["V"][:, :80]
    return found


def _scaled(V: np.ndarray) -> np.ndarray:
    exponents = np.frexp(np.abs(V).max(axis=0, initial=0.0))[1]
    return np.asarray(_wide(V) * np.ldexp(np.longdouble(1.0), -exponents))


def one_by_one(V: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Return H_1 ... H_k X in extended precision."""
    V, Y = _scaled(V), _wide(X)
    for j in range(V.shape[1])[::-1]:
        v = V[:, j]
        squares = np.square(np.abs(v)).sum()
        if squares > 0:
            Y = Y - 2 / squares * np.outer(v, v.conj() @ Y)
    return np.asarray(Y)


def _dense(V: np.ndarray) -> np.ndarray:
    return np.asarray(Reflectors(V).to_dense())


def _reversed(V: np.ndarray) -> np.ndarray:
    return _dense(V[:, ::-1])


def _rounded_tau(V: np.ndarray) -> np.ndarray:
    """tau in half precision: each factor is off by 1e-4."""
    W = _scaled(V).astype(V.dtype)
    Q = np.eye(V.shape[0], dtype=V.dtype)
    for j in range(V.shape[1])[::-1]:
        v = W[:, j]
        squares = float(np.square(np.abs(v)).sum())
        if squares > 0.0:
            Q = Q - v.dtype.type(np.float16(2.0 / squares)) * np.outer(v, v.conj() @ Q)
    return Q


def _without_coupling(V: np.ndarray) -> np.ndarray:
    """I - V diag(tau) V^H: T without what is above its diagonal."""
    W = _scaled(V).astype(V.dtype)
    squares = np.square(np.abs(W)).sum(axis=0)
    tau = np.where(squares > 0, 2 / np.where(squares > 0, squares, 1), 0)
    return np.asarray(np.eye(V.shape[0], dtype=V.dtype) - (W * tau) @ W.conj().T).astype(V.dtype)


def _transposed_tail(V: np.ndarray) -> np.ndarray:
    return np.concatenate([_dense(V[:, :1]), np.zeros((V.shape[0], 0), V.dtype)], axis=1)


@claim(
    "geometry-reflectors-unitary",
    source="definition; the constant is measured, Higham 2002, lemma 19.3 proves a larger one",
    kind="always",
    domain="sampler",
    subject=_dense,
    cases=_vectors,
    mutants={"tau in half precision": _rounded_tau, "T without coupling": _without_coupling},
    slack="50 sqrt(k) u is a measured constant with room; what is proved grows with k n u",
    budget=0.5,
    min_cases=24,
)
def unitary(case: Any, subject: Any) -> Observation:
    """||Q^H Q - I||_2 <= 50 sqrt(k) u for k reflectors of any kind and scale"""
    Q = subject(case.V)
    wide = Q.astype(np.complex128 if Q.dtype.kind == "c" else np.float64)
    off = wide.conj().T @ wide - np.eye(Q.shape[0])
    k, eps = case.V.shape[1], eps_of(case.V.dtype)
    return Observation(float(np.linalg.norm(off, 2)), bounds.reflector_rounding(k, eps))


@claim(
    "geometry-reflectors-product",
    source="Schreiber & Van Loan 1989; Puglisi 1992",
    kind="always",
    domain="sampler",
    subject=_dense,
    cases=_few,
    mutants={
        "the other way round": _reversed,
        "T without coupling": _without_coupling,
        "the first reflector alone": _transposed_tail,
    },
    slack="the same measured constant as for orthogonality",
    budget=0.5,
    min_cases=24,
)
def product(case: Any, subject: Any) -> Observation:
    """panels of reflectors are the product H_1 ... H_k, one by one in extended precision"""
    exact = one_by_one(case.V, np.eye(case.V.shape[0]))
    off = np.abs(_wide(subject(case.V)) - exact)
    k, eps = case.V.shape[1], eps_of(case.V.dtype)
    measured = float(np.sqrt((off**2).sum()))
    return Observation(measured, np.sqrt(case.V.shape[0]) * bounds.reflector_rounding(k, eps))


def _compact_wy(V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    W, T = Reflectors(V).compact_wy()
    return np.asarray(W), np.asarray(T)


def _moved_wy(V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    W, T = _compact_wy(V)
    return W, T * T.dtype.type(1.0 + 1e-3)


def _lower_wy(V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    W, T = _compact_wy(V)
    return W, np.diag(T.diagonal())


def _wy_vectors(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype = DTYPES[index % 4]
    n, k = int(rng.integers(1, 41)), int(rng.integers(1, 41))
    V = gaussian(rng, (n, k), dtype)
    return {"V": V, "dtype": V.dtype, "label": f"{n}x{k} {V.dtype}", "size": float(k)}


@claim(
    "geometry-reflectors-wy",
    source="Puglisi 1992; Joffrain, Low, Quintana-Orti, van de Geijn & Van Zee 2006",
    kind="exact",
    domain="sampler",
    subject=_compact_wy,
    cases=_wy_vectors,
    mutants={"T off by a thousandth": _moved_wy, "T without coupling": _lower_wy},
    budget=0.3,
    min_cases=12,
)
def wy_identity(case: Any, subject: Any) -> list[Observation]:
    """T + T^H = T W^H W T^H, that is T^{-1} + T^{-H} = W^H W, and I - W T W^H is the product"""
    W, T = (_wide(x) for x in subject(case.V))
    n, k = W.shape
    left, right = T + T.conj().T, T @ (W.conj().T @ W) @ T.conj().T
    exact = one_by_one(case.V, np.eye(n))
    size = float(np.sqrt((np.abs(T) ** 2).sum()))
    return [
        Observation(_frobenius(left - right), 0.0, scale=k * size**2, note="identity"),
        Observation(
            _frobenius(np.eye(n) - W @ T @ W.conj().T - exact), 0.0, scale=k * size, note="product"
        ),
    ]


def _frobenius(A: np.ndarray) -> float:
    return float(np.sqrt((np.abs(A) ** 2).sum()))


def _holes(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    n, k = int(rng.integers(1, 13)), int(rng.integers(0, 31))
    V = rng.standard_normal((n, k))
    V[:, rng.random(k) < 0.3] = 0.0
    return {"V": V, "label": f"{n}x{k}", "size": float(max(k, 1))}


@claim(
    "geometry-reflectors-det",
    source="det(I - 2 v v^T / v^T v) = -1",
    kind="exact",
    domain="sampler",
    subject=_dense,
    cases=_holes,
    mutants={
        "one more": lambda V: _dense(np.concatenate([V, np.ones((len(V), 1))], axis=1)),
        "the determinant made 1": lambda V: _dense(V) * _signed_column(V),
    },
    eps_multiple=1000.0,
    budget=0.3,
    min_cases=12,
)
def determinant(case: Any, subject: Any) -> Observation:
    """det(H_1 ... H_k) = (-1)^(number of vectors that are not zero)"""
    count = int(np.count_nonzero(case.V.any(axis=0)))
    Q = np.asarray(subject(case.V))
    return Observation(float(_determinant(Q)), float((-1) ** count))


def _signed_column(V: np.ndarray) -> np.ndarray:
    signs = np.ones(V.shape[0])
    signs[0] = _determinant(_dense(V))
    return signs


def _determinant(Q: np.ndarray) -> float:
    """By elimination with partial pivoting, which stands apart from reflectors."""
    A, found = np.array(Q, dtype=np.longdouble), np.longdouble(1.0)
    for j in range(A.shape[0]):
        i = j + int(np.argmax(np.abs(A[j:, j])))
        if i != j:
            A[[i, j]] = A[[j, i]]
            found = -found
        found = found * A[j, j]
        A[j + 1 :] -= np.outer(A[j + 1 :, j] / A[j, j], A[j])
    return float(found)


def _gradients(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype = DTYPES[index % 4]
    n, k, m = (int(x) for x in (rng.integers(2, 13), rng.integers(2, 100), rng.integers(1, 5)))
    V = gaussian(rng, (n, k), dtype)
    return {
        "V": V,
        "X": gaussian(rng, (n, m), dtype),
        "G": gaussian(rng, (n, m), dtype),
        "dV": gaussian(rng, (n, k), dtype),
        "dX": gaussian(rng, (n, m), dtype),
        "dtype": V.dtype,
        "label": f"{k} of length {n}, {m} columns, {V.dtype}",
        "size": float(k),
    }


def _vjp(V: np.ndarray, X: np.ndarray, G: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    gX, gV, _ = Reflectors(V).vjp(X, G)
    return np.asarray(gX), np.asarray(gV)


def _fixed_tau(V: np.ndarray, X: np.ndarray, G: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    tau = (2.0 / np.square(np.abs(V)).sum(axis=0)).astype(V.dtype)
    gX, gV, _ = Reflectors(V, tau).vjp(X, G)
    return np.asarray(gX), np.asarray(gV)


def _not_transposed(V: np.ndarray, X: np.ndarray, G: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(Reflectors(V) @ G), _vjp(V, X, G)[1]


def _exchanged(V: np.ndarray, X: np.ndarray, G: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return _vjp(V, X, G)[0], _vjp(V, G, X)[1]


def tangent(V: np.ndarray, X: np.ndarray, dV: np.ndarray, dX: np.ndarray) -> np.ndarray:
    """Return the derivative of H_1 ... H_k X along (dV, dX), by the rule of products."""
    V, Y, dV, dY = (_wide(x) for x in (V, X, dV, dX))
    for j in range(V.shape[1])[::-1]:
        v, dv = V[:, j], dV[:, j]
        squares = np.square(np.abs(v)).sum()
        tau = 2 / squares
        dtau = -2 * tau / squares * np.real(v.conj() @ dv)
        row = v.conj() @ Y
        change = dtau * np.outer(v, row) + tau * (np.outer(dv, row) + np.outer(v, dv.conj() @ Y))
        dY = dY - tau * np.outer(v, v.conj() @ dY) - change
        Y = Y - tau * np.outer(v, row)
    return np.asarray(dY)


def inner(A: np.ndarray, B: np.ndarray) -> float:
    return float(np.real(np.vdot(_wide(A), _wide(B))))


@claim(
    "geometry-reflectors-vjp",
    source="proof in docs/theory/geometry.md",
    kind="exact",
    domain="sampler",
    subject=_vjp,
    cases=_gradients,
    mutants={
        "tau held fixed": _fixed_tau,
        "Q for its transpose": _not_transposed,
        "X and G exchanged": _exchanged,
    },
    budget=0.5,
    min_cases=16,
)
def gradient(case: Any, subject: Any) -> Observation:
    """<gX, dX> + <gV, dV> = <G, dY> along any (dX, dV)"""
    gX, gV = subject(case.V, case.X, case.G)
    true = inner(case.G, tangent(case.V, case.X, case.dV, case.dX))
    sizes = np.linalg.norm(case.V, axis=0)
    moved = float(np.linalg.norm(case.dX)) + float(np.linalg.norm(case.X)) * float(
        np.linalg.norm(np.linalg.norm(case.dV, axis=0) / sizes)
    )
    scale = float(np.linalg.norm(case.G)) * moved * np.sqrt(case.V.shape[1])
    return Observation(inner(gX, case.dX) + inner(gV, case.dV), true, scale=scale)


def _frames(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype, kind = DTYPES[index % 4], ("random", "minus identity", "permutation")[index // 4 % 3]
    n = int(rng.integers(1, 61))
    k = int(rng.integers(1, n + 1))
    if kind == "random":
        F = np.linalg.qr(gaussian(rng, (n, k), dtype).astype(np.complex128))[0]
        F = F if np.dtype(dtype).kind == "c" else np.linalg.qr(F.real)[0]
    elif kind == "minus identity":
        F = -np.eye(n, k)
    else:
        F = np.eye(n)[:, rng.permutation(n)[:k]] * rng.choice([-1.0, 1.0], k)
    F = F.astype(dtype)
    return {"F": F, "dtype": F.dtype, "label": f"{kind} {n}x{k} {F.dtype}", "size": float(n)}


def _columns(F: np.ndarray) -> np.ndarray:
    return np.asarray(Reflectors.from_orthonormal(F).columns(F.shape[1]))


def _no_signs(F: np.ndarray) -> np.ndarray:
    return np.asarray(Reflectors(Reflectors.from_orthonormal(F).V).columns(F.shape[1]))


def packed(F: np.ndarray) -> np.ndarray:
    """LAPACK's packed factors read as vectors, as HouseholderGAN's initialization does."""
    Q = Reflectors.from_qr(F)
    k = F.shape[1]
    V = np.array(Q.V)
    V[np.arange(k), np.arange(k)] = -np.asarray(Q.signs) * np.asarray(Q.R).diagonal()
    return np.asarray(Reflectors(V).columns(k))


@claim(
    "geometry-reflectors-frame",
    source="Ballard, Demmel, Grigori, Jacquelin, Knight & Nguyen 2015",
    kind="always",
    domain="sampler",
    subject=_columns,
    cases=_frames,
    mutants={"signs forgotten": _no_signs, "packed factors as vectors": packed},
    slack="8 sqrt(n) k eps is a measured constant with room",
    budget=0.3,
    min_cases=16,
)
def frame(case: Any, subject: Any) -> Observation:
    """k reflectors and k signs reach any orthonormal frame of k columns"""
    off = _frobenius(_wide(subject(case.F)) - _wide(case.F))
    n, k = case.F.shape
    return Observation(off, bounds.frame_rounding(n, k, eps_of(case.F.dtype)))


def _sizes(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    n = (2, 3, 5, 8)[index // 2 % 4]
    k = int(rng.integers(1, n + 1))
    dtype = (np.float64, np.complex128)[index % 2]
    return {"n": n, "k": k, "dtype": np.dtype(dtype), "label": f"{n}x{k} {np.dtype(dtype)}"}


def _haar(n: int, k: int, dtype: Any, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(Reflectors.random(n, k, rng=rng, dtype=dtype).columns(k))


def _lapack(n: int, k: int, dtype: Any, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(np.linalg.qr(gaussian(rng, (n, k), dtype))[0])


def _uniform_entries(n: int, k: int, dtype: Any, rng: np.random.Generator) -> np.ndarray:
    """The QR factorization of entries that are +-1, which is not rotation invariant."""
    A = rng.choice([-1.0, 1.0], (n, k)) + 0.2 * gaussian(rng, (n, k), dtype)
    Q, R = np.linalg.qr(A.astype(dtype))
    d = R.diagonal()
    return np.asarray(Q * (d / np.abs(d)))


@claim(
    "geometry-reflectors-haar",
    source="Stewart 1980; Diaconis & Shahshahani 1987",
    kind="expectation",
    domain="sampler",
    subject=_haar,
    cases=_sizes,
    mutants={"LAPACK's signs": _lapack, "entries of one size": _uniform_entries},
    slack="equalities: each mean is bounded from both sides",
    budget=1.0,
    min_cases=8,
    max_cases=8,
    full_cases=64,
)
def haar(case: Any, subject: Any) -> list[Sample]:
    """E q = 0, E |q|^2 = 1/n and E |q|^4 = 3 / (n (n + 2)), complex 2 / (n (n + 1))"""
    rng, n, k = case.rng, case.n, case.k
    found = np.array([subject(n, k, case.dtype, rng) for _ in range(_DRAWS)])
    # A modulus may exceed 1 by rounding.
    found = found / np.maximum(np.abs(found), 1.0)
    q = found[:, 0, 0]
    second, fourth = bounds.haar_moments(n, complex_entries=case.dtype.kind == "c")
    last = np.abs(found[:, n - 1, k - 1])
    samples = [
        Sample(np.maximum(1.0 + q.real, 0.0), 1.0, note="q from above"),
        Sample(np.maximum(1.0 - q.real, 0.0), 1.0, note="q from below"),
    ]
    for size, note in ((np.abs(q), "first"), (last, "last")):
        for power, mean in ((2, second), (4, fourth)):
            x = np.minimum(size**power, 1.0)
            samples.append(Sample(x, mean, note=f"{note}, power {power}, from above"))
            samples.append(Sample(1.0 - x, 1.0 - mean, note=f"{note}, power {power}, from below"))
    return samples


def _single_vectors(index: int, rng: np.random.Generator) -> Mapping[str, Any]:
    dtype = DTYPES[index % 4]
    n = int(rng.integers(1, 21))
    x = gaussian(rng, (n,), dtype) * 10.0 ** rng.uniform(-30.0, 30.0)
    x[1:] *= 10.0 ** -rng.uniform(0.0, 12.0)
    x = x.astype(dtype)
    return {"x": x, "positive": bool(index // 4 % 2), "dtype": x.dtype, "label": f"{n} {x.dtype}"}


def _subtracted(x: np.ndarray, *, positive: bool) -> tuple[np.ndarray, Any, Any]:
    """x - ||x|| e_1 with its cancellation."""
    v = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)
    beta = float(np.linalg.norm(v)) if positive or v[0].real < 0 else -float(np.linalg.norm(v))
    v[0] -= v.dtype.type(beta)
    if v[0] == 0:
        return np.eye(1, x.size, dtype=x.dtype)[0], x.dtype.type(0), beta
    return (v / v[0]).astype(x.dtype), x.dtype.type(-v[0] / beta), beta


def _wrong_side(x: np.ndarray, *, positive: bool) -> tuple[Any, Any, Any]:
    v, tau, beta = householder_vector(x, positive=positive)
    return v, tau, -beta


@claim(
    "geometry-householder-vector",
    source="LAPACK larfg and larfgp; Demmel, Hoemmen, Hida & Riedy 2009",
    kind="exact",
    domain="sampler",
    subject=householder_vector,
    cases=_single_vectors,
    mutants={"a difference that cancels": _subtracted, "beta of the other sign": _wrong_side},
    budget=0.3,
    min_cases=24,
)
def reflector(case: Any, subject: Any) -> list[Observation]:
    """H^H x = beta e_1, H^H H = I and |beta| = ||x||"""
    v, tau, beta = (_wide(part) for part in subject(case.x, positive=case.positive))
    x = _wide(case.x)
    norm = np.sqrt(np.square(np.abs(x)).sum())
    y = x - np.conj(tau) * v * (v.conj() @ x)
    y[0] -= beta
    squares = np.square(np.abs(v)).sum()
    defect = np.abs(np.square(np.abs(tau)) * squares - 2 * np.real(tau)) * squares
    return [
        Observation(_frobenius(y) / float(norm), 0.0, note="image"),
        Observation(float(defect), 0.0, note="unitary"),
        Observation(abs(float(beta)) / float(norm), 1.0, note="size"),
    ]
