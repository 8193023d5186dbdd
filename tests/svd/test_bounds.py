"""The formulas against brute force: matrices made by NumPy, enumeration, long arithmetic.

Each inequality is also tried with its constant, its power or its index changed, and must
then fail somewhere: an experiment that cannot fail shows nothing.
"""

import itertools

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.svd import bounds

spectra = hnp.arrays(np.float64, st.integers(0, 9), elements=st.floats(0.0, 1e9)).map(
    lambda s: np.sort(s)[::-1]
)
seeds = st.integers(0, 2**32 - 1)


def haar(rng, m, n, kind=float):
    G = rng.standard_normal((m, n)).astype(kind)
    if kind is complex:
        G = G + 1j * rng.standard_normal((m, n))
    return np.linalg.qr(G)[0]


def matrix(rng, m, n, kind=float, decay=None):
    decay = rng.uniform(0.3, 1.0) if decay is None else decay
    k = min(m, n)
    return (haar(rng, m, k, kind) * decay ** np.arange(k)) @ haar(rng, n, k, kind).conj().T


def values(A):
    return np.linalg.svd(A, compute_uv=False)


def norm2(A):
    return float(np.linalg.norm(A, 2)) if min(A.shape) else 0.0


def holds_and_breaks(trial, count=200):
    """Run trials of (measured, bound, wrong bound): the bound holds, the wrong one does not."""
    rows = np.array([trial(np.random.default_rng((7, i))) for i in range(count)])
    measured, bound, wrong = rows.T
    slack = 1e-12 * np.maximum(np.abs(measured), np.abs(bound))
    assert (measured <= bound + slack).all()
    assert (measured > wrong + slack).any()


# ------------------------------------------------------------------ low rank and Weyl


@given(spectra, st.integers(0, 12), st.sampled_from([1.0, 1.5, 2.0, 3.0, np.inf]))
def test_tail_is_the_schatten_norm_of_the_rest(sigma, k, p):
    rest = [mpmath.mpf(float(x)) for x in sigma[k:]]
    if p == np.inf:
        expected = max(rest, default=mpmath.mpf(0))
    else:
        expected = sum((x**p for x in rest), mpmath.mpf(0)) ** (1 / mpmath.mpf(p))
    assert bounds.tail(sigma, k, p) == pytest.approx(float(expected), rel=1e-13, abs=0.0)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_tails_survive_every_scale(scale):
    sigma = scale * np.array([4.0, 3.0, 2.0, 1e-9])
    assert bounds.tails(sigma) == pytest.approx(
        scale * np.array([np.sqrt(29.0), np.sqrt(13.0), 2.0, 1e-9, 0.0]), rel=1e-13
    )
    assert bounds.tail(sigma, 1) == pytest.approx(scale * np.sqrt(13.0), rel=1e-13)


def test_no_grid_of_rank_one_matrices_beats_the_tail():
    A = np.array([[2.0, 1.0], [0.5, -1.0]])
    turns = np.linspace(0.0, np.pi, 181)
    units = np.stack([np.cos(turns), np.sin(turns)])
    fit = np.einsum("im,ij,jn->mn", units, A, units)  # the best factor for each pair
    error = np.sqrt((A**2).sum() - fit**2).min()
    best = bounds.tail(values(A), 1)
    assert best <= error <= best * (1 + 1e-3)
    assert error < bounds.tail(values(A), 0)


def test_weyl_and_mirsky():
    def trial(rng, p):
        shape = rng.integers(1, 7, 2)
        A, E = rng.standard_normal(shape), rng.standard_normal(shape)
        s, t = values(A), values(A + E)
        size = bounds.schatten(values(E), p)
        return bounds.mirsky(s, t, p), size, 0.9 * size

    for p in (1.0, 2.0, 3.5, np.inf):
        holds_and_breaks(lambda rng, p=p: trial(rng, p))
    lower, upper = bounds.weyl([3.0, 1.0], 2.0)
    assert lower.tolist() == [1.0, 0.0]
    assert upper.tolist() == [5.0, 3.0]
    assert bounds.weyl([1.0], np.inf)[1][0] == np.inf


def test_mirsky_holds_in_every_ky_fan_norm():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        A, E = rng.standard_normal((2, 5, 4))
        difference = values(A) - values(A + E)
        for k in range(1, 5):
            assert bounds.ky_fan(difference, k) <= bounds.ky_fan(values(E), k) + 1e-12


def test_hoffman_wielandt_holds_both_ways_and_is_attained():
    for seed in range(100):
        rng = np.random.default_rng(seed)
        A, B = rng.standard_normal((2, 5, 3))
        low, high = bounds.hoffman_wielandt(values(A), values(B))
        assert low - 1e-12 <= np.linalg.norm(A - B) <= high + 1e-12
    rng = np.random.default_rng(0)
    U, V = haar(rng, 5, 3), haar(rng, 4, 3)
    s, t = np.array([3.0, 2.0, 1.0]), np.array([5.0, 0.5, 0.25])
    A, B = (U * s) @ V.T, (U * t) @ V.T
    low, high = bounds.hoffman_wielandt(s, t)
    assert np.linalg.norm(A - B) == pytest.approx(low)
    assert np.linalg.norm(A + B) == pytest.approx(high)
    # the pairing matters: matching large with small is no bound
    assert np.linalg.norm(A - B) < np.linalg.norm(s - t[::-1])


@given(spectra, st.floats(0.0, 1.0))
def test_rank_rules_are_smallest_and_agree(sigma, error):
    exact = [mpmath.mpf(float(x)) ** 2 for x in sigma]
    total = sum(exact, mpmath.mpf(0))

    def meets(r, slack):
        rest = sum(exact[r:], mpmath.mpf(0))
        return rest <= (mpmath.mpf(error) * (1 + slack)) ** 2 * total

    r = bounds.rank_for_error(sigma, error)
    assert meets(r, 1e-12)
    assert r == 0 or not meets(r - 1, -1e-12)


def test_energy_and_error_name_the_same_rank():
    sigma = np.sqrt(np.array([90.0, 5.0, 3.0, 1.5, 0.5]))
    assert bounds.rank_for_energy(sigma, 0.9) == 1
    assert bounds.rank_for_energy(sigma, 0.99) == 4
    assert bounds.rank_for_error(sigma, 0.1) == 4
    assert bounds.rank_for_error(sigma, 0.0) == 5
    assert bounds.rank_for_error(sigma, 1.0) == 0


# ------------------------------------------------------------------ Gram matrices


@pytest.mark.parametrize("kind", [np.float32, np.complex64])
def test_gram_rounding_bounds_the_rounding_of_a_gram_matrix(kind):
    eps = float(np.finfo(kind).eps)
    worst = 0.0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        m, n = rng.integers(1, 200), rng.integers(1, 8)
        A = rng.uniform(0.5, 1.0, (m, n)).astype(kind)
        if np.dtype(kind).kind == "c":
            A += (1j * rng.uniform(0.5, 1.0, (m, n))).astype(kind)
        G = np.zeros((n, n), kind)
        for row in A:  # plain left-to-right summation, the worst order
            G = (G + np.outer(row.conj(), row)).astype(kind)
        wide = A.astype(np.complex128)
        error = norm2(G - wide.conj().T @ wide)
        bound = bounds.gram_rounding(
            m, np.linalg.norm(wide), eps, complex_entries=np.dtype(kind).kind == "c"
        )
        assert error <= bound
        worst = max(worst, error / bound)
    assert worst > 0.01  # not vacuous


def test_gram_rounding_has_limits():
    assert bounds.gram_rounding(0, 1.0, 1e-16) == 0.0
    assert bounds.gram_rounding(10**8, 1.0, 1e-7) == np.inf
    assert bounds.gram_rounding(3, 1.0, 2.0**-52) >= 3 * 2.0**-53


def test_sigma_from_a_perturbed_gram_matrix():
    def trial(rng):
        A = matrix(rng, 8, 5, decay=0.2)
        s = values(A)
        G = A.T @ A
        E = rng.standard_normal((5, 5)) * 10.0 ** rng.uniform(-8, -2)
        E = (E + E.T) / 2
        found = np.sqrt(np.maximum(np.linalg.eigvalsh(G + E)[::-1], 0.0))
        i = rng.integers(5)
        d = norm2(E)
        right = bounds.gram_sigma_error(s, d)[i]
        return abs(found[i] - s[i]), right + 1e-15, min(d, right)  # d, as if not squared

    holds_and_breaks(trial)
    assert bounds.gram_sigma_error([2.0, 0.0], 1e-8) == pytest.approx([5e-9, 1e-4])
    assert bounds.gram_sigma_error([1.0], 0.0)[0] == 0.0


# ------------------------------------------------------------------ residuals


def hermitian(A):
    m, n = A.shape
    return np.block([[np.zeros((m, m)), A], [A.conj().T, np.zeros((n, n))]])


@given(seeds, st.booleans())
def test_one_triplet_is_near_a_singular_value_or_no_larger_than_its_residual(seed, wide):
    rng = np.random.default_rng(seed)
    m, n = sorted(rng.integers(1, 6, 2))[:: -1 if wide else 1]
    A = rng.standard_normal((m, n))
    u, v = haar(rng, m, 1)[:, 0], haar(rng, n, 1)[:, 0]
    s = float(rng.uniform(0.0, 3.0))
    r = bounds.triplet_radius(np.linalg.norm(A @ v - s * u), np.linalg.norm(A.T @ u - s * v))
    near = np.abs(values(A) - s).min() <= r + 1e-12
    assert near or (s <= r + 1e-12 and m != n)


def test_the_second_case_of_one_triplet_is_real():
    A = np.array([[1.0], [0.0]])
    u, v, s = np.array([0.0, 1.0]), np.array([1.0]), 0.0
    r = bounds.triplet_radius(np.linalg.norm(A @ v - s * u), np.linalg.norm(A.T @ u - s * v))
    assert r == pytest.approx(np.sqrt(0.5))
    assert np.abs(values(A) - s).min() > r  # "some singular value is near" alone is false
    assert bounds.triplet_radius(0.0, 0.0) == 0.0
    assert bounds.triplet_radius(3e200, 4e200) == pytest.approx(5e200 / np.sqrt(2))


def ritz(rng, kind=float):
    """A Rayleigh-Ritz triple of a random matrix, with all that the theorems speak of."""
    m, n = rng.integers(3, 9, 2)
    k = int(rng.integers(1, min(m, n)))
    A = matrix(rng, m, n, kind)
    U, V = haar(rng, m, k, kind), haar(rng, n, k, kind)
    for _ in range(int(rng.integers(0, 6))):
        V = np.linalg.qr(A.conj().T @ U)[0]
        U = np.linalg.qr(A @ V)[0]
    P, S, Qh = np.linalg.svd(U.conj().T @ A @ V)
    U, V = U @ P, V @ Qh.conj().T
    E = A - U @ (U.conj().T @ A)
    right, left = norm2(A @ V - U * S), norm2(A.conj().T @ U - V * S)
    return A, U, S, V, right, left, norm2(E - (E @ V) @ V.conj().T), E


@pytest.mark.parametrize("kind", [float, complex])
def test_sigma_upper_is_an_upper_bound_and_the_power_of_the_residual_matters(kind):
    def trial(rng):
        A, _, S, _, right, left, eta, _ = ritz(rng, kind)
        i = rng.integers(S.size)
        r = max(right, left)
        sigma = values(A)[i]
        assert sigma >= S[i] - 1e-12
        wrong = max(S[i], eta) + r**3 / (1.0 + r)  # a higher power than the theorem's
        return sigma, bounds.sigma_upper(S, r, eta)[i], wrong

    holds_and_breaks(trial)


def test_sigma_upper_is_attained_and_never_above_its_relatives():
    for s, r, eta in itertools.product([0.0, 0.3, 1.0, 2.0], [0.0, 0.1, 1.0], [0.0, 0.5, 3.0]):
        upper = bounds.sigma_upper([s], r, eta)[0]
        assert upper == pytest.approx(norm2(np.array([[s, r], [r, eta]])), abs=1e-15)
        assert upper <= bounds.sigma_linear([s], r, eta)[1][0] + 1e-15
        quadratic = bounds.sigma_quadratic([s], r, eta)[0]
        if s > eta:
            assert upper == pytest.approx(s + quadratic)
        else:
            assert quadratic == np.inf


def test_quadratic_and_linear_enclosures():
    def trial(rng, radius, wrong):
        A, _, S, _, right, left, eta, _ = ritz(rng)
        i = rng.integers(S.size)
        r = max(right, left)
        return abs(values(A)[i] - S[i]), radius(S, r, eta)[i], wrong(S, r, eta)[i]

    def linear(S, r, eta):
        return np.maximum(bounds.sigma_linear(S, r, eta)[1] - S, r)

    holds_and_breaks(lambda rng: trial(rng, bounds.sigma_quadratic, lambda S, r, eta: 0 * S))
    # without max(S_i, eta) a value at the cut is missed by more than r
    holds_and_breaks(lambda rng: trial(rng, linear, lambda S, r, eta: 0 * S + r))


def test_ritz_enclosure_needs_the_square_of_eta():
    def trial(rng):
        A = matrix(rng, 7, 5)
        U = haar(rng, 7, 2)
        S = values(U.T @ A)
        eta = norm2(A - U @ (U.T @ A))
        i = rng.integers(2)
        lower, upper = bounds.sigma_enclosure(S, eta)
        assert lower[i] <= values(A)[i] + 1e-12
        return values(A)[i], upper[i], np.sqrt(S[i] ** 2 + eta**2 / 2)

    holds_and_breaks(trial)
    tight = np.array([[1.0], [2.0]])
    assert bounds.sigma_enclosure([1.0], 2.0)[1][0] == pytest.approx(values(tight)[0])


def test_spectral_error_of_a_triple():
    def trial(rng):
        A, U, S, V, right, left, eta, _ = ritz(rng)
        error = norm2(A - (U * S) @ V.T)
        return error, bounds.triple_spectral_error(eta, right, left), eta

    holds_and_breaks(trial)

    def one_sided(rng):
        A, U, S, V, right, _, _, _ = ritz(rng)
        U = U + 0.1 * rng.standard_normal(U.shape)  # only V need be orthonormal
        right = norm2(A @ V - U * S)
        eta = norm2(A - (A @ V) @ V.T)
        error = norm2(A - (U * S) @ V.T)
        return error, bounds.one_sided_spectral_error(eta, right), max(eta, right)

    holds_and_breaks(one_sided)


def test_frobenius_error_needs_both_terms():
    for seed in range(50):
        A, U, S, V, *_ = ritz(np.random.default_rng(seed), complex)
        S = S * 1.1
        kept = U.conj().T @ A
        mismatch = np.linalg.norm(kept - S[:, None] * V.conj().T)
        truth = np.linalg.norm(A - (U * S) @ V.conj().T)
        norm = np.linalg.norm(A)
        error = bounds.triple_frobenius_error(norm, np.linalg.norm(kept), mismatch)
        assert error == pytest.approx(truth)
        assert bounds.triple_frobenius_error(norm, np.linalg.norm(kept)) < truth * (1 - 1e-6)


def test_remaining_error_of_blocks_and_its_floor():
    rng = np.random.default_rng(3)
    A = matrix(rng, 9, 6)
    Q = haar(rng, 9, 4)
    blocks = [np.linalg.norm(Q[:, :2].T @ A), np.linalg.norm(Q[:, 2:].T @ A)]
    truth = np.linalg.norm(A - Q @ (Q.T @ A))
    assert bounds.remaining_error(np.linalg.norm(A), blocks) == pytest.approx(truth)
    U, V = haar(rng, 9, 3), haar(rng, 6, 3)
    B = U.T @ A @ V
    assert bounds.remaining_error(np.linalg.norm(A), np.linalg.norm(B)) == pytest.approx(
        np.linalg.norm(A - U @ B @ V.T)
    )
    assert bounds.remaining_error(2.0, [3.0]) == 0.0
    assert bounds.remaining_error(0.0, []) == 0.0
    assert bounds.subtraction_floor(2.0, 0.5e-16) == pytest.approx(2e-8)


def test_polar_factors_are_near_and_the_product_moves_little():
    def trial(rng):
        U, V = (haar(rng, 6, 3) + 0.05 * rng.standard_normal((6, 3)) for _ in range(2))
        S = np.sort(rng.uniform(0.1, 2.0, 3))[::-1]
        d, e = (norm2(Q.T @ Q - np.eye(3)) for Q in (U, V))
        polar = []
        for Q in (U, V):
            P, _, Rh = np.linalg.svd(Q, full_matrices=False)
            polar.append(P @ Rh)
        moved = norm2((U * S) @ V.T - (polar[0] * S) @ polar[1].T)
        return moved, bounds.orthogonality_correction(S[0], d, e), S[0] * d * e

    holds_and_breaks(trial)
    assert bounds.orthogonality_correction(1.0, 1.0, 0.0) == np.inf
    assert bounds.orthogonality_correction(1.0, 0.0, 0.0) == 0.0


# ------------------------------------------------------------------ splits and weights


def test_principal_update_residual_is_the_least_squares_one():
    rng = np.random.default_rng(5)
    U, V, D = haar(rng, 6, 3), haar(rng, 5, 3), rng.standard_normal((6, 5))
    frames = np.stack([np.outer(U[:, i], V[:, i]).ravel() for i in range(3)], axis=1)
    fit, squares, *_ = np.linalg.lstsq(frames, D.ravel())
    delta = np.einsum("ji,jk,ki->i", U, D, V)
    assert delta == pytest.approx(fit)
    assert bounds.principal_update_residual(np.linalg.norm(D), delta) == pytest.approx(
        np.sqrt(squares[0])
    )
    assert bounds.principal_update_residual(0.0, np.zeros(3)) == 0.0


def test_energies_add_exactly_when_the_parts_are_orthogonal():
    rng = np.random.default_rng(6)
    X, Y = rng.standard_normal((2, 4, 3))
    inner = float((X * Y).sum())
    sizes = np.linalg.norm(X), np.linalg.norm(Y)
    assert bounds.energy_of_sum(*sizes, inner) == pytest.approx(np.linalg.norm(X + Y))
    assert bounds.energy_of_sum(*sizes) != pytest.approx(np.linalg.norm(X + Y), rel=1e-3)
    Q = haar(rng, 4, 2)
    X, Y = Q @ (Q.T @ X), Y - Q @ (Q.T @ Y)
    assert bounds.energy_of_sum(np.linalg.norm(X), np.linalg.norm(Y)) == pytest.approx(
        np.linalg.norm(X + Y)
    )
    assert bounds.energy_of_sum(3e200, 4e200) == pytest.approx(5e200)


def test_no_matrix_of_the_rank_beats_the_weighted_error():
    rng = np.random.default_rng(8)
    A = rng.standard_normal((6, 4))
    L = np.diag([0.0, 1.0, 3.0, 0.1, 2.0, 1.0])
    best = bounds.weighted_error(values(L @ A), 2)
    V = np.linalg.svd(L @ A)[2][:2].T
    assert np.linalg.norm(L @ (A - A @ V @ V.T)) == pytest.approx(best)
    for _ in range(200):
        X = rng.standard_normal((6, 2)) @ rng.standard_normal((2, 4))
        assert np.linalg.norm(L @ (A - X)) >= best
    plain = np.linalg.svd(A)[2][:2].T
    assert np.linalg.norm(L @ (A - A @ plain @ plain.T)) > best * 1.01


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: bounds.tail([1.0, 2.0], 0), InvalidInputError, "must descend"),
        (lambda: bounds.tail([1.0, -2.0], 0), InvalidInputError, "not negative"),
        (lambda: bounds.tail([[1.0]], 0), InvalidInputError, "vector"),
        (lambda: bounds.tail([1j], 0), InvalidTypeError, "complex128"),
        (lambda: bounds.tail([1.0], -1), InvalidInputError, "k must be at least 0"),
        (lambda: bounds.tail([1.0], 0.5), InvalidTypeError, "k must be an integer"),
        (lambda: bounds.schatten([1.0], 0.5), InvalidInputError, "p must be at least 1"),
        (lambda: bounds.weyl([1.0], np.nan), InvalidInputError, "norm"),
        (lambda: bounds.mirsky([1.0], [1.0, 0.0]), InvalidInputError, "fill up with zeros"),
        (lambda: bounds.rank_for_error([1.0], 2.0), InvalidInputError, "error must be"),
        (lambda: bounds.rank_for_energy([1.0], -1.0), InvalidInputError, "energy must be"),
        (lambda: bounds.sigma_upper([1.0], -1.0, 0.0), InvalidInputError, "r must not"),
        (lambda: bounds.orthogonality_correction(np.inf, 0.0, 0.0), InvalidInputError, "finite"),
    ],
)
def test_what_has_no_meaning_is_refused(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_unknown_norms_say_nothing():
    assert bounds.sigma_upper([1.0, 0.5], np.inf, 0.0).tolist() == [np.inf, np.inf]
    assert bounds.sigma_quadratic([1.0], np.inf, 0.0)[0] == np.inf
    assert bounds.sigma_quadratic([1.0], 0.0, 0.5)[0] == 0.0
    assert bounds.triple_spectral_error(np.inf, 0.0, 0.0) == np.inf
    assert bounds.triplet_radius(np.inf, 0.0) == np.inf
    assert bounds.tails([]).tolist() == [0.0]
    assert bounds.tail([], 0) == 0.0
