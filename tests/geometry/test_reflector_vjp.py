"""The gradients of reflectors and projectors against derivatives in extended precision."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.geometry import HouseholderProjector, Reflectors
from tests.geometry.exact_reflectors import derivative, gaussian, product, wide
from tests.geometry.test_reflectors import signs_of, vectors


def inner(A, B):
    return np.real(np.vdot(wide(A), wide(B)))


def unitary_tau(rng, V, dtype):
    """Return tau with |tau|^2 ||v||^2 = 2 Re tau, complex where V is, and zero now and then."""
    squares = (np.abs(V) ** 2).sum(axis=0)
    phase = np.exp(1j * rng.uniform(-1, 1, V.shape[1])) if dtype in "FD" else 1.0
    tau = 2 * np.real(phase) * phase / np.where(squares > 0, squares, 1)
    tau[rng.random(tau.size) < 0.2] = 0
    return tau.astype(dtype)


@given(
    seed=st.integers(0, 2**20), n=st.integers(1, 8), k=st.integers(0, 90),
    m=st.integers(0, 4), dtype=st.sampled_from("dD"),
    kind=st.sampled_from(("gaussian", "parallel", "equal", "trapezoid")), given_tau=st.booleans(),
    turned=st.sampled_from(("", "H", "T", "HT")),
)  # fmt: skip
def test_the_gradient_is_the_derivative(seed, n, k, m, dtype, kind, given_tau, turned):
    rng = np.random.default_rng(seed)
    V = vectors(rng, kind, n, k, dtype)
    tau = unitary_tau(rng, V, dtype) if given_tau else None
    signs = signs_of(rng, n // 2, dtype)
    Q = Reflectors(V, tau, signs=signs)
    for step in turned:
        Q = getattr(Q, step)
    X, G, dX = (gaussian(rng, (n, m), dtype) for _ in range(3))
    dV = gaussian(rng, (n, k), dtype)
    dV[:, (V == 0).all(axis=0)] = 0  # there is no derivative at a zero vector
    dtau = None if tau is None else gaussian(rng, k, dtype)
    gX, gV, gtau = Q.vjp(X, G)
    assert gV.shape == V.shape
    assert (gtau is None) == (tau is None)
    # The derivative of Q itself, then of what it was turned into.
    E = np.eye(n, dtype=dtype)
    dQ = derivative(V, tau, E, signs, dV, dtau, 0 * E)
    exact = product(V, tau, E, signs)
    for step in turned:
        dQ, exact = (dQ.conj().T, exact.conj().T) if step == "H" else (dQ.T, exact.T)
    found = inner(gX, dX) + inner(gV, dV) + (0 if tau is None else inner(gtau, dtau))
    true = inner(G, dQ @ wide(X) + exact @ wide(dX))
    size = np.linalg.norm(X) * np.linalg.norm(G) + np.linalg.norm(G) * np.linalg.norm(dX)
    size = size * (1 + np.linalg.norm(dV) + (0 if tau is None else np.linalg.norm(dtau * V**2)))
    sizes = np.sqrt((np.abs(V) ** 2).sum(axis=0))
    least = sizes[sizes > 0].min(initial=1.0)
    assert abs(found - true) <= 1e-12 * size / least * (1 + k)


@given(seed=st.integers(0, 2**20), dtype=st.sampled_from("fdFD"), k=st.integers(1, 70))
def test_only_the_direction_of_a_vector_counts(seed, dtype, k):
    rng = np.random.default_rng(seed)
    V = gaussian(rng, (9, k), dtype)
    X, G = gaussian(rng, (9, 3), dtype), gaussian(rng, (9, 3), dtype)
    gX, gV, gtau = Reflectors(V).vjp(X, G)
    assert gtau is None
    assert gV.dtype == gX.dtype == np.dtype(dtype)
    along = np.abs((V.conj() * gV).sum(axis=0))
    limit = 200 * np.finfo(dtype).eps * np.linalg.norm(X) * np.linalg.norm(G)
    assert (along <= limit).all()
    # powers of two change the gradient by their inverses, exactly
    scales = 2.0 ** rng.integers(-30, 31, k)
    _, moved, _ = Reflectors((V * scales).astype(dtype)).vjp(X, G)
    np.testing.assert_array_equal(moved * scales.astype(dtype), gV)


def test_vectors_are_columns():
    rng = np.random.default_rng(0)
    Q = Reflectors(rng.standard_normal((5, 3)))
    x, g = rng.standard_normal((2, 5))
    gx, gV, _ = Q.vjp(x, g)
    wide_gx, wide_gV, _ = Q.vjp(x[:, None], g[:, None])
    assert gx.shape == (5,)
    np.testing.assert_array_equal(gx, wide_gx[:, 0])
    np.testing.assert_array_equal(gV, wide_gV)


def test_a_zero_vector_has_no_gradient_and_a_zero_tau_has():
    rng = np.random.default_rng(1)
    V = rng.standard_normal((4, 3))
    X, G = rng.standard_normal((2, 4, 2))
    V[:, 1] = 0
    assert (Reflectors(V).vjp(X, G)[1][:, 1] == 0).all()
    V[:, 1] = [1.0, 2.0, 3.0, 4.0]
    tau = 2 / (V**2).sum(axis=0)
    tau[1] = 0
    _, gV, gtau = Reflectors(V, tau).vjp(X, G)
    assert (gV[:, 1] == 0).all()
    inside = product(V[:, 2:], None, X)
    after = product(V[:, :1], None, G)  # its own inverse
    exact = -np.sum((V[:, 1] @ inside) * (V[:, 1] @ after))
    assert abs(gtau[1] - exact) <= 1e-13 * abs(exact)


def test_what_the_inputs_were_is_kept():
    rng = np.random.default_rng(0)
    X, G = rng.standard_normal((2, 6, 3))
    kept = X.copy(), G.copy()
    Q = Reflectors(rng.standard_normal((6, 80)), signs=[-1.0])
    Q.vjp(X, G)
    Q.H.vjp(X, G)
    np.testing.assert_array_equal((X, G), kept)


@pytest.mark.parametrize("dtype", ["d", "D"])
@pytest.mark.parametrize("through", ["matrix", "apply", "vector"])
def test_the_gradient_of_a_projector(dtype, through):
    rng = np.random.default_rng(4)
    m, n, k, r = 7, 5, 4, 3
    Vu, Vv, dVu, dVv = (gaussian(rng, (s, k), dtype) for s in (m, n, m, n))
    signs = signs_of(rng, r, dtype), signs_of(rng, r, dtype)
    P = HouseholderProjector.from_reflectors(Vu, Vv, rank=r, signs=signs)

    def side(V, s, n):
        return product(V, None, np.eye(n, r), s)

    def change(V, s, dV, n):
        E = np.eye(n, r, dtype=dtype)
        return derivative(V, None, E, s, dV, None, 0 * E)

    U, Z = side(Vu, signs[0], m), side(Vv, signs[1], n)
    dP = change(Vu, signs[0], dVu, m) @ Z.conj().T + U @ change(Vv, signs[1], dVv, n).conj().T
    if through == "matrix":
        G = gaussian(rng, (m, n), dtype)
        gVu, gVv = P.vjp(G)
        found, true = inner(gVu, dVu) + inner(gVv, dVv), inner(G, dP)
    else:
        shape = (2,) if through == "apply" else ()
        G = gaussian(rng, (m, *shape), dtype)
        x, dx = (gaussian(rng, (n, *shape), dtype) for _ in range(2))
        gVu, gVv, gx = P.vjp(G, x)
        assert gx.shape == x.shape
        found = inner(gVu, dVu) + inner(gVv, dVv) + inner(gx, dx)
        true = inner(G, dP @ wide(x) + U @ (Z.conj().T @ wide(dx)))
    assert abs(found - true) <= 1e-12 * (1 + abs(true))
