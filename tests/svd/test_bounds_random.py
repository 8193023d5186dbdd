"""The formulas for random probes and sketches, against laws, enumeration and experiments.

Experiments have fixed seeds, so that a run that passed passes again. Where the mean of
draws is compared with a bound, the margin is many standard errors.
"""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from linsub.errors import InvalidInputError
from linsub.svd import bounds

seeds = st.integers(0, 2**32 - 1)


def haar(rng, m, n):
    return np.linalg.qr(rng.standard_normal((m, n)))[0]


def lanczos(eigenvalues, W, steps):
    """Coefficients of Lanczos on diag(eigenvalues) from each column, by long arithmetic."""
    mpmath.mp.dps = 60
    alphas, betas = np.zeros((steps, W.shape[1])), np.zeros((steps, W.shape[1]))
    for j, w in enumerate(W.T):
        c = [mpmath.mpf(float(x)) for x in eigenvalues]
        q = [mpmath.mpf(float(x)) for x in w]
        size = mpmath.sqrt(sum(x * x for x in q))
        q, old, beta = [x / size for x in q], [mpmath.mpf(0)] * len(q), mpmath.mpf(0)
        for i in range(steps):
            z = [a * x for a, x in zip(c, q, strict=True)]
            alpha = sum(x * y for x, y in zip(q, z, strict=True))
            z = [x - alpha * y - beta * o for x, y, o in zip(z, q, old, strict=True)]
            beta = mpmath.sqrt(sum(x * x for x in z))
            if beta < mpmath.mpf(10) ** -40:
                beta = mpmath.mpf(0)
            alphas[i, j], betas[i, j] = float(alpha), float(beta)
            if beta == 0:
                break
            old, q = q, [x / beta for x in z]
    return alphas, betas, np.linalg.norm(W, axis=0)


# ------------------------------------------------------------------ the law of the probes


@given(st.integers(1, 20), st.floats(1e-12, 0.9), st.booleans())
def test_the_constant_and_the_probability_are_inverse(probes, delta, complex_probes):
    c = bounds.probe_constant(probes, delta, complex_probes=complex_probes)
    again = bounds.probe_failure(probes, c, complex_probes=complex_probes)
    assert again == pytest.approx(delta, rel=1e-9)


@pytest.mark.parametrize("probes", [1, 2, 8])
def test_the_constant_is_that_of_the_normal_law(probes):
    c = bounds.probe_constant(probes, 1e-3)
    one = float(mpmath.erf(mpmath.mpf(c) / mpmath.sqrt(2)))
    assert one**probes == pytest.approx(1e-3)
    rng = np.random.default_rng(0)
    c = bounds.probe_constant(probes, 0.2)
    largest = np.abs(rng.standard_normal((100_000, probes))).max(axis=1)
    assert np.mean(largest < c) == pytest.approx(0.2, abs=0.006)
    c = bounds.probe_constant(probes, 0.2, complex_probes=True)
    pair = rng.standard_normal((2, 100_000, probes)) * np.sqrt(0.5)
    assert np.mean(np.hypot(*pair).max(axis=1) < c) == pytest.approx(0.2, abs=0.006)


def test_the_older_lemma_is_a_weaker_case():
    for probes in range(1, 13):
        older = 10.0 * np.sqrt(2.0 / np.pi)
        assert 1.0 / bounds.probe_constant(probes, 10.0**-probes) <= older
    assert 1.0 / bounds.probe_constant(3, 1e-3) > 0.9 * older


def test_powered_norms():
    rng = np.random.default_rng(1)
    s = 0.7 ** np.arange(20)
    W = rng.standard_normal((20, 4))
    c = float(np.abs(W[0]).max())  # the largest c for which the event holds
    for q in (1, 2, 3, 8, 40):
        powered = np.linalg.norm(s[:, None] ** q * W, axis=0)
        assert bounds.powered_norm(powered, c, q) >= s[0] * (1 - 1e-14)
    assert bounds.powered_norm(powered, c, q) <= 1.1 * s[0]
    assert bounds.powered_norm(powered * 0.01, c) < s[0]
    # without the root, or with a c above the event, it is no bound
    assert bounds.powered_norm(np.linalg.norm(0.1 * s[:, None] * W[:, :1]), 40 * c) < 0.1


# ------------------------------------------------------------------ the Christoffel bound


def best_polynomial(eigenvalues, w, x, degree):
    """min ||p(C) w|| over polynomials of that degree with p(x) = 1, by long arithmetic."""
    mpmath.mp.dps = 60
    c = [mpmath.mpf(float(e)) - mpmath.mpf(x) for e in eigenvalues]
    # p(y) = 1 + sum_j a_j (y - x)^j: a least squares problem for a
    M = mpmath.matrix(len(c), degree)
    b = mpmath.matrix(len(c), 1)
    for i, (y, size) in enumerate(zip(c, w, strict=True)):
        b[i] = -mpmath.mpf(float(size))
        for j in range(degree):
            M[i, j] = y ** (j + 1) * mpmath.mpf(float(size))
    a = mpmath.lu_solve(M.T * M, M.T * b)
    r = M * a - b
    return float(mpmath.sqrt(sum(y * y for y in r)))


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_christoffel_bound_is_where_the_best_polynomial_equals_c(steps):
    rng = np.random.default_rng(steps)
    eigenvalues = np.sort(rng.uniform(0.0, 1.0, 9))[::-1]
    W = rng.standard_normal((9, 1))
    c = 0.3 * float(np.linalg.norm(W))
    a, b, norms = lanczos(eigenvalues, W, steps)
    x = bounds.christoffel_bound(a, b, norms, c)
    assert best_polynomial(eigenvalues, W[:, 0], x, steps) == pytest.approx(c, rel=1e-9)


@given(seeds, st.integers(1, 4), st.integers(1, 5))
def test_christoffel_bound_holds_on_the_event_and_is_sharp(seed, probes, steps):
    rng = np.random.default_rng(seed)
    eigenvalues = rng.uniform(0.3, 1.0) ** np.arange(12)
    W = rng.standard_normal((12, probes))
    c = float(np.abs(W[0]).max())
    data = lanczos(eigenvalues, W, steps)
    assert bounds.christoffel_bound(*data, c) >= eigenvalues[0] * (1 - 1e-13)
    # the powered bound of as many products is never smaller
    powered = np.linalg.norm(eigenvalues[:, None] ** steps * W, axis=0)
    for level in (c, 0.1 * c, 1e-3 * c):
        bound = bounds.christoffel_bound(*data, level)
        assert bound <= bounds.powered_norm(powered, level, 2 * steps) ** 2 * (1 + 1e-12)


def test_christoffel_bound_fails_when_c_is_above_the_event():
    below = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        eigenvalues = 0.95 ** np.arange(15)
        W = rng.standard_normal((15, 2))
        data = lanczos(eigenvalues, W, 3)
        below += bounds.christoffel_bound(*data, 2.5 * np.abs(W[0]).max()) < 1.0 - 1e-12
    assert below > 30


def test_christoffel_bound_tightens_with_steps_and_with_c():
    rng = np.random.default_rng(4)
    eigenvalues = 1.0 / np.arange(1, 31)
    W = rng.standard_normal((30, 3))
    a, b, norms = lanczos(eigenvalues, W, 12)
    found = [bounds.christoffel_bound(a[:t], b[:t], norms, 0.05) for t in range(1, 13)]
    assert (np.diff(found) <= 1e-14).all()
    assert found[-1] == pytest.approx(1.0, rel=1e-3)
    found = [bounds.christoffel_bound(a[:3], b[:3], norms, c) for c in (1e-9, 1e-6, 1e-3, 0.3)]
    assert (np.diff(found) < 0.0).all()


def test_an_exhausted_krylov_space_gives_its_ritz_value():
    a, b, norms = lanczos([3.0, 2.0, 1.0], np.array([[1.0], [2.0], [0.5]]), 3)
    assert b[2, 0] == 0.0
    assert bounds.christoffel_bound(a, b, norms, 1e-6) == pytest.approx(3.0, rel=1e-13)
    # what stands behind the end does not count
    a, b = np.append(a, [[99.0]], 0), np.append(b, [[5.0]], 0)
    assert bounds.christoffel_bound(a, b, norms, 1e-6) == pytest.approx(3.0, rel=1e-13)
    # neither does a probe that failed for certain: its own bound is a Ritz value
    assert bounds.christoffel_bound([2.0], [1.0], [0.1], 5.0) == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-290, 1e-100, 1.0, 1e100, 1e290])
def test_christoffel_bound_at_every_scale(scale):
    a, b = np.array([[1.0, 2.0], [0.5, 1.0]]), np.array([[0.3, 1e-12], [0.2, 0.1]])
    plain = bounds.christoffel_bound(a, b, [3.0, 4.0], 0.1)
    assert bounds.christoffel_bound(scale * a, scale * b, [3.0, 4.0], 0.1) == pytest.approx(
        scale * plain, rel=1e-13
    )


def test_christoffel_bound_of_odd_coefficients():
    assert bounds.christoffel_bound([0.0], [0.0], 1.0, 0.1) == 0.0
    assert bounds.christoffel_bound([1.0], [1e-300], 1.0, 1e-8) == pytest.approx(1.0, rel=1e-12)
    assert bounds.christoffel_bound([np.nan], [1.0], 1.0, 0.1) == np.inf
    assert bounds.christoffel_bound([1.0], [np.inf], 1.0, 0.1) == np.inf
    assert bounds.christoffel_bound([[1.0, 0.0]], [[0.5, 0.0]], [1.0, 0.0], 0.5) > 1.0
    for call in (
        lambda: bounds.christoffel_bound([1.0], [1.0], 1.0, 0.0),
        lambda: bounds.christoffel_bound([1.0], [-1.0], 1.0, 0.1),
        lambda: bounds.christoffel_bound([1.0, 2.0], [1.0], 1.0, 0.1),
        lambda: bounds.christoffel_bound([], [], 1.0, 0.1),
        lambda: bounds.christoffel_bound(np.ones((2, 0)), np.ones((2, 0)), np.ones(0), 0.1),
    ):
        with pytest.raises(InvalidInputError):
            call()


# ------------------------------------------------------------------ Lanczos without probes


def test_the_three_forms_of_the_lanczos_bound_agree():
    assert bounds.lanczos_steps(10_000, 0.05, 1e-6) == 43
    assert bounds.lanczos_steps(10_000, 0.5, 1e-6) == 14
    for n, e, delta in ((10, 0.1, 1e-3), (10_000, 0.05, 1e-6), (500, 0.9, 1e-9)):
        t = bounds.lanczos_steps(n, e, delta)
        assert bounds.lanczos_failure(n, t, e) <= delta * (1 + 1e-12)
        assert t == 1 or bounds.lanczos_failure(n, t - 1, e) > delta
        assert bounds.lanczos_slack(n, t, delta) <= e * (1 + 1e-12)
    assert bounds.lanczos_norm(4.0, 100, 1, 1e-6) == np.inf
    assert bounds.lanczos_norm(0.0, 100, 40, 1e-6) == 0.0
    slack = bounds.lanczos_slack(100, 40, 1e-6)
    assert bounds.lanczos_norm(4.0, 100, 40, 1e-6) == pytest.approx(2.0 / np.sqrt(1.0 - slack))


def test_lanczos_fails_no_more_often_than_said():
    """Flat spectra with one value above are the hard case of few steps."""
    rng = np.random.default_rng(2)
    n, t = 30, 3
    eigenvalues = np.append(1.0, np.linspace(0.0, 0.9, n - 1))
    worst = 0.0
    for slack in (0.15, 0.3, 0.5):
        thetas = []
        for _ in range(400):
            basis, T = rng.standard_normal((n, 1)), []
            K = np.concatenate([eigenvalues[:, None] ** j * basis for j in range(t)], axis=1)
            Q = np.linalg.qr(K)[0]
            T = Q.T @ (eigenvalues[:, None] * Q)
            thetas.append(np.linalg.eigvalsh(T)[-1])
        rate = np.mean(np.array(thetas) < 1.0 - slack)
        bound = bounds.lanczos_failure(n, t, slack)
        assert rate <= bound
        worst = max(worst, rate / bound)
    assert worst > 0.02


# ------------------------------------------------------------------ Frobenius probes


@given(st.integers(1, 40), st.floats(1e-12, 0.9), st.booleans())
def test_frobenius_bound_solves_the_lower_tail(probes, delta, complex_probes):
    bound = bounds.frobenius_from_probes(1.0, probes, delta, complex_probes=complex_probes)
    x = 1.0 / (probes * bound**2)
    assert 0.0 < x < 1.0
    power = probes if complex_probes else probes / 2
    assert power * (np.log(x) + 1.0 - x) == pytest.approx(np.log(delta), rel=1e-9, abs=1e-9)
    if x > 1e-3:
        tail = bounds.chi_square_lower_tail(probes, 1.0 - x, complex_probes=complex_probes)
        assert tail == pytest.approx(delta, rel=1e-6)


@pytest.mark.parametrize("probes", [1, 4, 16])
@pytest.mark.parametrize("e", [0.1, 0.5, 0.9])
def test_chernoff_is_above_the_exact_law_and_a_smaller_exponent_is_not(probes, e):
    exact_low = special.gammainc(probes / 2, probes * (1 - e) / 2)
    exact_high = special.gammaincc(probes / 2, probes * (1 + e) / 2)
    assert exact_low <= bounds.chi_square_lower_tail(probes, e)
    assert exact_high <= bounds.chi_square_upper_tail(probes, e)
    # mixtures of chi-squares are lighter than one alone
    rng = np.random.default_rng(probes)
    weights = np.array([0.5, 0.3, 0.2])
    draws = (rng.chisquare(probes, (20_000, 3)) @ weights) / probes
    assert np.mean(draws <= 1 - e) <= bounds.chi_square_lower_tail(probes, e) + 0.01
    assert np.mean(draws >= 1 + e) <= bounds.chi_square_upper_tail(probes, e) + 0.01


def test_the_exponent_of_chernoff_is_half_the_probes():
    exact = special.gammaincc(8.0, 8.0 * 2.0)  # 16 real probes
    wrong = bounds.chi_square_upper_tail(16, 1.0, complex_probes=True)
    assert wrong < exact <= bounds.chi_square_upper_tail(16, 1.0)
    assert stats.chi2(16).sf(32.0) == pytest.approx(exact)


def test_frobenius_bound_at_its_ends():
    assert bounds.frobenius_from_probes(0.0, 4, 1e-6) == 0.0
    assert bounds.frobenius_from_probes(1.0, 1, 1e-200) > 1e199
    assert bounds.frobenius_from_probes(1.0, 16, 1e-6) == pytest.approx(0.9437, abs=1e-3)
    assert bounds.frobenius_from_probes(3e200, 16, 1e-6) > 1e200
    with pytest.raises(InvalidInputError, match="failure_prob"):
        bounds.frobenius_from_probes(1.0, 4, 0.0)
    with pytest.raises(InvalidInputError, match="norm"):
        bounds.frobenius_from_probes(-1.0, 4, 0.1)


# ------------------------------------------------------------------ leave one out


def test_leave_one_out_is_the_distance_of_each_column_from_the_others():
    rng = np.random.default_rng(9)
    for kind in (float, complex):
        Y = rng.standard_normal((7, 4)).astype(kind)
        if kind is complex:
            Y += 1j * rng.standard_normal((7, 4))
        R = np.linalg.qr(Y)[1]
        squares = []
        for j in range(4):
            rest = np.delete(Y, j, axis=1)
            squares.append(np.linalg.norm(Y[:, j] - rest @ np.linalg.pinv(rest) @ Y[:, j]) ** 2)
        assert bounds.leave_one_out(R) == pytest.approx(np.sqrt(np.mean(squares)))
        assert bounds.leave_one_out(1e200 * R) == pytest.approx(1e200 * np.sqrt(np.mean(squares)))
    assert bounds.leave_one_out(np.diag([1.0, 0.0])) == 0.0
    assert bounds.leave_one_out(np.zeros((0, 0))) == 0.0
    with pytest.raises(InvalidInputError, match="square"):
        bounds.leave_one_out(np.ones((2, 3)))


def test_leave_one_out_is_unbiased_for_one_column_fewer():
    rng = np.random.default_rng(10)
    s = 0.8 ** np.arange(25)
    estimate, truth, same = [], [], []
    for _ in range(3000):
        Omega = rng.standard_normal((25, 6))
        Q, R = np.linalg.qr(s[:, None] * Omega)
        estimate.append(bounds.leave_one_out(R) ** 2)
        fewer = np.linalg.qr(s[:, None] * Omega[:, :5])[0]
        truth.append((s**2).sum() - np.linalg.norm(fewer * s[:, None]) ** 2)
        same.append((s**2).sum() - np.linalg.norm(Q * s[:, None]) ** 2)
    error = 5 * np.std(np.subtract(estimate, truth)) / np.sqrt(3000)
    assert np.mean(estimate) == pytest.approx(np.mean(truth), abs=error)
    assert abs(np.mean(estimate) - np.mean(same)) > 5 * error  # not for as many columns


# ------------------------------------------------------------------ range finders


def range_errors(s, columns, power, draws, rng, size=2):
    out = []
    for _ in range(draws):
        Q = np.linalg.qr(s[:, None] ** power * rng.standard_normal((s.size, columns)))[0]
        E = np.diag(s) - Q @ (Q.T * s)
        out.append(np.linalg.norm(E, size) if size != "fro" else np.linalg.norm(E))
    return np.array(out)


SPECTRA = {
    "geometric": 0.9 ** np.arange(40),
    "inverse": 1.0 / np.arange(1, 41),
    "flat": np.ones(40),
    "step": np.append(np.ones(8), 0.05 * np.ones(32)),
}


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("power", [1, 2, 3])
def test_expected_errors_of_range_finders(name, power):
    s, rng = SPECTRA[name], np.random.default_rng(power)
    frobenius = range_errors(s, 12, power, 100, rng, "fro") ** 2
    assert frobenius.mean() <= bounds.rangefinder_frobenius(s, 12, power=power) * (1 + 1e-9)
    spectral = range_errors(s, 12, power, 100, rng)
    assert spectral.mean() <= bounds.rangefinder_power(s, 12, power)
    assert spectral.mean() <= s[0] * bounds.subspace_iteration_factor(8, 12, 40, power)


def test_the_minimum_over_ranks_is_the_best_single_one():
    s = SPECTRA["inverse"]
    singles = [bounds.rangefinder_frobenius(s, 12, rank=r) for r in range(11)]
    assert bounds.rangefinder_frobenius(s, 12) == min(singles)
    assert singles[10] == pytest.approx((1 + 10 / 1) * (s[10:] ** 2).sum())  # Theorem 10.5
    singles = [bounds.rangefinder_spectral(s, 12, rank=r) for r in range(11)]
    assert bounds.rangefinder_spectral(s, 12) == min(singles)
    k, p = 8, 4
    assert singles[8] == pytest.approx(
        (1 + np.sqrt(k / (p - 1))) * s[8] + np.e * np.sqrt(k + p) / p * np.sqrt((s[8:] ** 2).sum())
    )
    assert bounds.rangefinder_frobenius(s[:5], 12) == 0.0
    assert bounds.rangefinder_power(np.zeros(3), 4, 3) == 0.0


def test_the_factor_of_oversampling_is_sharp():
    """One direction of noise: E ||F||^2 is tail^2 k / (p - 1), and k / p is too small."""
    s = np.append(np.full(6, 1e4), np.full(30, 1.0))
    draws = range_errors(s, 8, 1, 4000, np.random.default_rng(0), "fro") ** 2
    k, p, rest = 6, 2, 30.0
    # with s_k >> s_{k+1} the error is tail^2 (1 + k/(p-1)) less what the 2 others capture
    assert draws.mean() > (1 + 0.5 * k / p) * rest
    assert draws.mean() <= bounds.rangefinder_frobenius(s, 8, rank=6) * 1.1


def test_truncation_to_the_split_rank_keeps_the_bound():
    s, rng, errors = SPECTRA["geometric"], np.random.default_rng(5), []
    for _ in range(100):
        Q = np.linalg.qr(s[:, None] ** 2 * rng.standard_normal((40, 12)))[0]
        U, t, Vh = np.linalg.svd(Q.T * s)
        errors.append(np.linalg.norm(np.diag(s) - (Q @ U[:, :2] * t[:2]) @ Vh[:2]) ** 2)
    assert np.mean(errors) <= bounds.rangefinder_frobenius(s, 12, power=2, rank=2)
    assert np.mean(errors) > bounds.rangefinder_frobenius(s, 12, power=2)  # not the minimum


def test_the_inverse_moments_behind_the_deviation_bounds():
    for p in range(4, 60):
        moment = special.gammaln(0.5) - special.gammaln((p + 1) / 2) - p / 2 * np.log(2)
        assert np.exp(2 / p * moment) <= 3 / (p + 1)
    rng = np.random.default_rng(3)
    k, p, t = 5, 4, 1.5
    G = rng.standard_normal((5000, k, k + p))
    small = np.linalg.svd(G, compute_uv=False)
    assert np.mean(np.sqrt((small**-2).sum(1)) > t * np.sqrt(3 * k / (p + 1))) <= t**-p
    assert np.mean(1 / small[:, -1] > t * np.e * np.sqrt(k + p) / (p + 1)) <= t ** -(p + 1)


def test_deviation_bounds():
    s, rng, u, t = SPECTRA["geometric"], np.random.default_rng(6), 2.0, 1.5
    failure = bounds.deviation_failure(4, u, t)
    assert failure == pytest.approx(2 * 1.5**-4 + np.exp(-2.0))
    frobenius = range_errors(s, 12, 1, 300, rng, "fro")
    spectral = range_errors(s, 12, 1, 300, rng)
    assert np.mean(frobenius > bounds.rangefinder_frobenius_deviation(s, 8, 12, u, t)) <= failure
    assert np.mean(spectral > bounds.rangefinder_spectral_deviation(s, 8, 12, u, t)) <= failure
    assert np.mean(frobenius > bounds.tail(s, 8)) > failure  # the optimum alone is no bound
    assert bounds.deviation_failure(4, 1.0, 1.0) == 1.0
    with pytest.raises(InvalidInputError, match="u and t"):
        bounds.deviation_failure(4, 0.5, 1.0)
    with pytest.raises(InvalidInputError, match="rank"):
        bounds.rangefinder_frobenius_deviation(s, 9, 12, u, t)


# ------------------------------------------------------------------ one pass


@pytest.mark.parametrize("name", SPECTRA)
def test_expected_errors_of_one_pass(name):
    s, rng = SPECTRA[name], np.random.default_rng(8)
    n, k, rows = s.size, 7, 15
    three, nystrom, finder = [], [], []
    for _ in range(150):
        Q = np.linalg.qr(s[:, None] * rng.standard_normal((n, k)))[0]
        P = np.linalg.qr(s[:, None] * rng.standard_normal((n, k)))[0]
        Phi, Psi = rng.standard_normal((2, rows, n))
        C = np.linalg.pinv(Phi @ Q) @ (Phi * s) @ Psi.T @ np.linalg.pinv(Psi @ P).T
        three.append(np.linalg.norm(np.diag(s) - Q @ C @ P.T) ** 2)
        nystrom.append(np.linalg.norm(np.diag(s) - Q @ np.linalg.pinv(Phi @ Q) @ (Phi * s)) ** 2)
        finder.append(np.linalg.norm(np.diag(s) - Q @ (Q.T * s)) ** 2)
    assert np.mean(three) <= bounds.single_pass(s, k, rows)
    assert np.mean(nystrom) <= bounds.generalized_nystrom(s, k, rows)
    factor = 1 + k / (rows - k - 1)
    if name == "flat":  # an equality; heavy tails need many draws elsewhere
        assert np.mean(nystrom) == pytest.approx(factor * np.mean(finder), rel=0.1)
    # without the factor of the oblique projection it is no bound
    assert np.mean(nystrom) > 1.2 * np.mean(finder)


def test_the_constants_of_one_pass():
    s = SPECTRA["inverse"]
    rest = bounds.tails(s)
    expected = min((6 + r) / (6 - r) * rest[r] ** 2 for r in range(6)) * 14 / 7
    assert bounds.single_pass(s, 7, 15) == pytest.approx(expected)
    expected = min((7 + r) / (7 - r) * rest[r] ** 2 for r in range(7)) * 15 / 8
    assert bounds.single_pass(s, 7, 15, complex_sketch=True) == pytest.approx(expected)
    with pytest.raises(InvalidInputError, match="core"):
        bounds.single_pass(s, 7, 14)
    assert bounds.truncated_after(0.5, 2.0) == 3.0
