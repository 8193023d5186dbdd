"""perturbation_bounds: equality cases, references, scales, ties, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import perturbation_bounds
from linsub.testing.gallery import subspace_pair

SYMMETRIC = ("hoffman_wielandt", "davis_kahan", "tan", "sin2", "tan2", "separation", "yws")


def value(report, kind, field="lhs"):
    return getattr(report, field)[report.kinds.index(kind)]


def rotated(theta):
    Q = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    A = np.diag([1.0, 0.0])
    return A, Q @ A @ Q.T


@pytest.mark.parametrize("theta", [1e-12, 1e-6, 0.1, 0.7])
@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1.0, 1e300])
def test_a_rotation_attains_sin_theta_and_wedin(theta, scale):
    A, B = rotated(theta)
    report = perturbation_bounds(scale * A, scale * B, 1)
    for kind in ("davis_kahan", "wedin", "separation"):
        factor = np.pi / 2 if kind == "separation" else 1.0
        assert value(report, kind) == pytest.approx(np.sin(theta), abs=4e-16)
        assert value(report, kind, "rhs") / factor == pytest.approx(np.sin(theta), abs=2e-13)
        assert value(report, kind, "gap") == pytest.approx(scale, rel=1e-12)
    assert value(report, "sin2") == pytest.approx(np.sin(2 * theta), abs=4e-16)
    # both eigenvalues stay as they are
    assert value(report, "weyl") <= 4e-16 * scale
    assert all(report.holds)


@pytest.mark.parametrize("theta", [1e-10, 1e-3, 0.3, 0.7])
def test_an_off_diagonal_perturbation_attains_tan_two_theta(theta):
    A, t = np.diag([1.0, 0.0]), np.tan(2 * theta) / 2
    report = perturbation_bounds(A, A + np.array([[0.0, t], [t, 0.0]]), 1, kind="tan2")
    assert report.lhs[0] == pytest.approx(np.tan(2 * theta), rel=1e-12, abs=1e-15)
    assert report.rhs[0] == pytest.approx(np.tan(2 * theta), rel=1e-10, abs=1e-13)
    assert report.holds == (True,)


def test_the_counterexample_of_yu_wang_and_samworth():
    A, B = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    report = perturbation_bounds(A, B, 1, kind=("yws_left", "yws_right"))
    np.testing.assert_array_equal(report.lhs, [1.0, 1.0])
    np.testing.assert_allclose(report.rhs, 6.0, rtol=1e-12)
    assert report.holds == (True, True)
    np.testing.assert_array_equal(report.gap, 1.0)


@pytest.mark.parametrize("dtype", [np.float64, np.complex128])
def test_the_left_side_is_the_angles_that_were_put_in(dtype):
    theta = np.array([1e-9, 1e-4, 0.5, 1.5])
    X, Y = subspace_pair(12, theta, rng=1, dtype=dtype)
    A, B = X @ X.conj().T, Y @ Y.conj().T
    report = perturbation_bounds(A, B, 4, norm="fro")
    found = perturbation_bounds(A, B, 4)
    assert value(found, "davis_kahan") == pytest.approx(np.sin(1.5), abs=2e-15)
    assert value(report, "davis_kahan") == pytest.approx(np.linalg.norm(np.sin(theta)), abs=4e-15)
    basis = 2 * np.linalg.norm(np.sin(theta / 2))
    assert value(report, "yws_basis") == pytest.approx(basis, abs=4e-15)
    assert value(report, "tan") == pytest.approx(np.linalg.norm(np.tan(theta)), rel=1e-12)
    both = np.sqrt(2) * np.linalg.norm(np.sin(theta))
    assert value(report, "wedin_frobenius") == pytest.approx(both, abs=6e-15)


def test_tiny_sines_keep_their_digits():
    theta = 1e-13
    A, B = rotated(theta)
    report = perturbation_bounds(A, B, 1, kind="davis_kahan")
    assert report.lhs[0] == pytest.approx(theta, rel=1e-2)


@st.composite
def pairs(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    m = draw(st.integers(1, 7))
    hermitian = draw(st.booleans())
    n = m if hermitian else draw(st.integers(1, 7))
    imaginary = draw(st.booleans())
    values = draw(st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.0, -1.0, 1e-8, 1 + 1e-12]),
                           min_size=min(m, n), max_size=min(m, n)))  # fmt: skip

    def normal(a, b):
        X = rng.standard_normal((a, b))
        return X + 1j * rng.standard_normal((a, b)) if imaginary else X

    U = np.linalg.qr(normal(m, m))[0]
    V = U if hermitian else np.linalg.qr(normal(n, n))[0]
    A = (U[:, : min(m, n)] * values) @ V[:, : min(m, n)].conj().T
    E = draw(st.sampled_from([0.0, 1e-17, 1e-12, 1e-6, 1e-2, 1.0, 1e6])) * normal(m, n)
    if hermitian:
        E = E + E.conj().T
        A = 0.5 * (A + A.conj().T)
    scale = draw(st.sampled_from([1.0, 1e-300, 1e-160, 1e160, 1e290]))
    return A * scale, (A + E) * scale, draw(st.integers(1, min(m, n)))


@given(pairs(), st.sampled_from([2, "fro"]))
def test_no_theorem_is_violated(made, norm):
    A, B, k = made
    report = perturbation_bounds(A, B, k, norm=norm)
    for kind, lhs, rhs, holds in zip(
        report.kinds, report.lhs, report.rhs, report.holds, strict=True
    ):
        assert holds is not False, (kind, lhs, rhs)
        assert (holds is None) == (rhs == np.inf)
        assert lhs >= 0
        assert not np.isnan(rhs)
    assert set(SYMMETRIC) <= set(report.kinds) or not report.info.details["hermitian"]


def test_the_whole_space_has_nothing_to_separate():
    rng = np.random.default_rng(0)
    G = rng.standard_normal((4, 4))
    report = perturbation_bounds(G + G.T, G + G.T + np.eye(4), 4, kind=("davis_kahan", "yws"))
    np.testing.assert_array_equal(report.gap, np.inf)
    assert report.lhs.max() < 1e-14
    assert report.rhs.max() < 1e-12


def test_equal_matrices_and_zeros():
    for A in (np.zeros((3, 3)), np.eye(3), np.diag([2.0, 1.0, 0.0]), np.zeros((2, 5))):
        report = perturbation_bounds(A, A, 1)
        assert all(holds is not False for holds in report.holds)
        assert value(report, "weyl") == 0.0
    assert perturbation_bounds([[2.0]], [[3.0]], 1).holds.count(False) == 0


def test_a_tie_gives_infinity():
    report = perturbation_bounds(np.eye(3), np.diag([1.0, 1.0, 1.5]), 1, kind=("sin2", "yws"))
    np.testing.assert_array_equal(report.rhs, np.inf)
    np.testing.assert_array_equal(report.gap, 0.0)
    assert report.holds == (None, None)


def test_kinds_come_back_in_the_given_order():
    A, B = rotated(0.2)
    report = perturbation_bounds(A, B, 1, kind=("yws", "weyl", "davis_kahan"))
    assert report.kinds == ("yws", "weyl", "davis_kahan")
    lhs, rhs, _, gap, slack = report
    np.testing.assert_array_equal(slack, rhs - lhs)
    assert np.isnan(gap[1])
    assert "davis_kahan" in str(report)


def test_a_report_without_names_prints():
    report = perturbation_bounds(*rotated(0.2), 1, kind=("yws", "weyl"))
    rebuilt = type(report)(*report)
    assert rebuilt.kinds == ()
    assert str(rebuilt).count("\n") == str(report).count("\n") == 3
    assert str(perturbation_bounds(*rotated(0.2), 1, kind=())).count("\n") == 1


def test_matrices_that_are_symmetric_to_rounding_are_taken_as_such():
    rng = np.random.default_rng(0)
    Q, _ = np.linalg.qr(rng.standard_normal((30, 30)))
    A = (Q * np.arange(30.0)) @ Q.T
    assert not np.array_equal(A, A.T)
    assert perturbation_bounds(A, A, 3).info.details["hermitian"]
    single = A.astype(np.float32)
    assert perturbation_bounds(single, single, 3).info.details["hermitian"]


def test_what_is_taken_for_symmetric_counts_as_rounding():
    skew = np.zeros((4, 4), dtype=np.float32)
    skew[0, 1], skew[1, 0] = 4e-7, -4e-7
    A = np.eye(4, dtype=np.float32) + skew
    report = perturbation_bounds(A, A, 1)
    assert report.info.details["hermitian"]
    assert report.info.details["rounding"] >= 2.0 * np.linalg.norm(skew.astype(float))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "davis_kahan"}, "davis_kahan.*not Hermitian.*wedin"),
        ({"kind": "wedinn"}, "wedin"),
        ({"norm": "nuc"}, "norm"),
        ({"norm": True}, "norm"),
        ({"k": 0}, "k"),
        ({"k": 4}, "k"),
        ({"B": np.ones((3, 4))}, r"shape \(4, 3\).*\(3, 4\)"),
        ({"A": np.zeros((0, 3)), "B": np.zeros((0, 3))}, "empty"),
    ],
)
def test_what_does_not_fit_is_refused(options, words):
    given = {"A": np.ones((4, 3)), "B": np.ones((4, 3)), "k": 1, **options}
    with pytest.raises(InvalidInputError, match=words):
        perturbation_bounds(**given)


def test_a_kind_that_is_no_name():
    with pytest.raises(InvalidTypeError, match="kind"):
        perturbation_bounds(np.eye(2), np.eye(2), 1, kind=3)


@pytest.mark.parametrize("delta", [1e-3, 1e-8])
def test_an_exchange_attains_yu_wang_and_samworth(delta):
    A, B = np.diag([1.0, 0.0]), np.diag([0.5 - delta, 0.5 + delta])
    report = perturbation_bounds(A, B, 1, kind=("yws", "yws_basis"))
    np.testing.assert_allclose(report.lhs, [1.0, np.sqrt(2.0)], rtol=1e-14)
    np.testing.assert_allclose(report.rhs, report.lhs * (1.0 + 2.0 * delta), rtol=1e-12)
    assert report.holds == (True, True)
