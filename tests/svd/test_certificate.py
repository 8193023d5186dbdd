"""No entry of a certificate is ever on the wrong side of the truth.

The truth is computed in extended precision (tests/svd_truth.py); what is allowed on top is
the rounding of the reference singular values alone.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

from linsub.svd import SVDCertificate, SVDResult, truncated_svd
from linsub.testing import gallery
from linsub.testing.strategies import matrices
from tests.svd_truth import truth, violations

seeds = st.integers(0, 2**20)

FORMS = {
    "dense": np.array,
    "sparse": sparse.csr_array,
    "operator": aslinearoperator,
    "blocks": lambda A: np.array_split(A, 3),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("certify", [True, "tight"])
@given(A=matrices(max_side=24, min_side=1), data=st.data())
def test_over_the_strategies(form, certify, A, data):
    rank = data.draw(st.integers(0, min(A.shape)))
    method = data.draw(st.sampled_from(["auto", "gram", "lanczos", "golub-kahan", "subspace"]))
    result = truncated_svd(
        FORMS[form](A), rank, method=method, block=1, certify=certify, rng=0, on_fail="return"
    )
    assert violations(A, result) == []


@pytest.mark.parametrize("tol", [0.3, 1e-2, 1e-5])
@given(seed=seeds)
def test_of_a_result_that_is_far_from_converged(tol, seed):
    """The certificate does not rest on convergence: crude triplets get crude bounds."""
    rng = np.random.default_rng(seed)
    A = gallery.matrix(str(rng.choice(["gaussian", "polynomial", "flat"])), 50, 40, rng=seed)
    result = truncated_svd(
        A, 5, method="lanczos", block=2, tol=tol, maxiter=4, rng=seed, on_fail="return"
    )
    assert violations(A, result) == []


@given(seed=seeds)
def test_over_the_digits_of_single_precision(seed):
    rng = np.random.default_rng(seed)
    cond = 10.0 ** rng.integers(0, 8)
    A = gallery.matrix("geometric", 60, 45, cond=cond, dtype="f", rng=seed)
    method = str(rng.choice(["lanczos", "golub-kahan", "subspace", "gram"]))
    result = truncated_svd(A, 4, method=method, block=2, rng=seed, on_fail="return")
    assert result.certificate.residuals.value.dtype == np.float64
    assert violations(A, result) == []


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(SVDCertificate)])
def test_a_certificate_that_lies_is_found_out(field):
    """The judge of these tests can see: each entry, moved by a little, is a violation."""
    A = gallery.matrix("polynomial", 30, 20, cond=1e3, rng=0)
    result = truncated_svd(A, 4, rng=0)
    assert violations(A, result) == []
    known = truth(A, result)
    unit = np.ldexp(1.0, known.exponent)
    lies = {
        "residuals": 0.999 * known.residuals * unit,
        "frobenius_error": 0.999 * known.frobenius_error * unit,
        "spectral_error": 0.999 * known.spectral_error * unit,
        "sigma_lower": 1.001 * known.sigma[:4] * unit,
        "sigma_upper": 0.999 * known.sigma[:4] * unit,
        "complement_norm": 0.999 * known.complement * unit,
        "orthogonality": 0.999 * known.orthogonality,
        "frobenius_norm": 1.001 * known.norm * unit,
    }
    bound = getattr(result.certificate, field)
    for value in (lies[field], np.asarray(bound.value) * np.nan):
        lie = dataclasses.replace(bound, value=value)
        certificate = dataclasses.replace(result.certificate, **{field: lie})
        found = violations(A, SVDResult(*result, certificate=certificate, info=result.info))
        assert len(found) >= 1
        assert found[0].startswith(field)


def test_bounds_are_tight_where_the_spectrum_decays():
    A = gallery.with_spectrum(0.5 ** np.arange(40.0), 60, 50, rng=0)
    for method in ("lapack", "lanczos", "golub-kahan", "subspace"):
        result = truncated_svd(A, 8, method=method, block=2, rng=0)
        certificate, known = result.certificate, truth(A, result)
        unit = np.ldexp(1.0, known.exponent)
        tail = np.sqrt(np.sum(known.sigma[8:] ** 2)) * unit
        assert float(certificate.frobenius_error) <= 1.001 * tail
        assert float(certificate.spectral_error) <= 1.8 * known.sigma[8] * unit
        assert float(certificate.complement_norm) <= 1.8 * known.sigma[8] * unit
        width = np.asarray(certificate.sigma_upper) - np.asarray(certificate.sigma_lower)
        assert np.all(width <= 1e-6 * known.sigma[0] * unit)
        assert certificate.complete is True


def test_tight_is_not_looser_and_costs_more():
    A = gallery.matrix("arithmetic", 200, 150, cond=1e2, rng=0)
    plain = truncated_svd(A, 5, method="lanczos", rng=0, certify=True)
    tight = truncated_svd(A, 5, method="lanczos", rng=0, certify="tight")
    assert np.array_equal(plain.S, tight.S)
    assert float(tight.certificate.complement_norm) < float(plain.certificate.complement_norm)
    assert tight.info.products > plain.info.products


def test_without_a_certificate():
    A = gallery.matrix("polynomial", 200, 150, rng=0)
    plain = truncated_svd(A, 5, rng=0, certify=False)
    assert plain.certificate is None
    certified = truncated_svd(A, 5, rng=0)
    assert np.array_equal(plain.S, certified.S)
    assert plain.info.products <= certified.info.products


@pytest.mark.parametrize("failure_prob", [0.5, 1e-3, 1e-12])
def test_the_failure_probability_is_stated_and_bought(failure_prob):
    A = gallery.matrix("arithmetic", 200, 150, cond=1e1, rng=0)
    result = truncated_svd(A, 5, method="lanczos", failure_prob=failure_prob, rng=0)
    assert result.certificate.failure_prob == failure_prob
    assert result.certificate.complement_norm.kind == "probabilistic"
    assert violations(A, result) == []


def test_surer_is_looser():
    A = gallery.matrix("arithmetic", 200, 150, cond=1e1, rng=0)
    norms = [
        float(
            truncated_svd(A, 5, method="lanczos", failure_prob=p, rng=0).certificate.complement_norm
        )
        for p in (0.5, 1e-3, 1e-9)
    ]
    assert norms[0] < norms[1] < norms[2]


@given(seed=seeds)
def test_an_exact_matrix_of_low_rank_has_no_error_but_rounding(seed):
    rng = np.random.default_rng(seed)
    m, n, k = rng.integers(30, 60), rng.integers(30, 60), int(rng.integers(1, 6))
    A = rng.standard_normal((m, k)) @ rng.standard_normal((k, n))
    result = truncated_svd(A, k, method="lanczos", block=3, rng=seed)
    assert violations(A, result) == []
    relative = result.certificate.relative_error
    assert relative <= 30 * max(m, n) * np.finfo(float).eps
    assert result.certificate.complete is True


def test_a_tie_at_the_cut_is_not_called_complete():
    result = truncated_svd(np.eye(60), 3, rng=0)
    assert result.certificate.complete is None


@pytest.mark.parametrize("method", ["auto", "lanczos", "golub-kahan"])
def test_the_zero_matrix_is_known_exactly(method):
    result = truncated_svd(np.zeros((70, 66)), 4, method=method, rng=0)
    assert np.array_equal(result.S, np.zeros(4))
    certificate = result.certificate
    for name in ("frobenius_error", "spectral_error", "complement_norm", "frobenius_norm"):
        assert float(getattr(certificate, name)) == 0.0
    assert certificate.relative_error == 0.0
    assert violations(np.zeros((70, 66)), result) == []


@pytest.mark.parametrize(("dtype", "unit"), [("f", 1e-21), ("d", 1e-200)])
def test_a_block_of_zeros_beside_tiny_ones(dtype, unit):
    """Each block has a scale of its own; that of zeros is far from that of the others."""
    A = gallery.matrix("polynomial", 90, 80, rng=0).astype(dtype) * np.array(unit, dtype)
    A[:40] = 0.0
    result = truncated_svd([A[:40], A[40:]], 4, method="lanczos", rng=0)
    assert violations(A, result) == []


@given(seed=seeds)
def test_the_truth_itself(seed):
    """The reference of these tests against what is known in closed form."""
    rng = np.random.default_rng(seed)
    sigma = np.sort(rng.integers(1, 100, 8).astype(float))[::-1]
    k = int(rng.integers(0, 8))
    assume(k < 8)
    A = np.zeros((12, 9))
    A[range(8), range(8)] = sigma
    eye = np.eye(12)
    known = truth(A, (eye[:, :k], sigma[:k], np.eye(9)[:k]))
    unit = np.ldexp(1.0, known.exponent)
    assert np.allclose(known.sigma[:8] * unit, sigma, rtol=1e-15)
    assert np.isclose(known.frobenius_error * unit, np.linalg.norm(sigma[k:]), rtol=1e-15)
    assert np.isclose(known.spectral_error * unit, sigma[k], rtol=1e-15)
    assert np.isclose(known.complement * unit, sigma[k], rtol=1e-15)
    assert known.orthogonality == 0.0
    assert not known.residuals.any()
