"""The ratios pass sound factorizations at every scale, and see broken ones."""

import numpy as np
import pytest

from linsub.testing import gallery, ratios

SCALES = {"f": (1e-36, 1.0, 1e36), "d": (1e-300, 1e-160, 1.0, 1e160, 1e300)}
MATRICES = [(dtype, scale) for dtype in "fdFD" for scale in SCALES["f" if dtype in "fF" else "d"]]


def svd(dtype, scale, m=12, n=8):
    A = gallery.matrix("gaussian", m, n, dtype=dtype, scale=scale, rng=0)
    return A, *np.linalg.svd(A, full_matrices=False)


@pytest.mark.parametrize(("dtype", "scale"), MATRICES)
def test_svd_ratios_pass_numpy(dtype, scale):
    found = ratios.svd_ratios(*svd(dtype, scale))
    assert found.passed
    assert 0 < found.worst < 10


SVD_MUTANTS = {
    "residual": lambda U, S, Vh, eps: (U, S * (1 + 1000 * eps), Vh),
    "orth_u": lambda U, S, Vh, eps: (U * (1 + 1000 * eps), S, Vh),
    "orth_v": lambda U, S, Vh, eps: (U, S, Vh + 1000 * eps),
    "order": lambda U, S, Vh, eps: (U[:, ::-1], S[::-1], Vh[::-1]),
}


@pytest.mark.parametrize(("dtype", "scale"), MATRICES)
@pytest.mark.parametrize("field", SVD_MUTANTS)
def test_svd_ratios_see(field, dtype, scale):
    A, U, S, Vh = svd(dtype, scale)
    eps = np.finfo(A.dtype).eps
    found = ratios.svd_ratios(A, *SVD_MUTANTS[field](U, S, Vh, eps))
    assert getattr(found, field) >= ratios.PASS
    assert not found.passed


def test_more_broken_factorizations_are_seen():
    A, U, S, Vh = svd("d", 1.0)
    assert not ratios.svd_ratios(A, U, -S, -Vh).passed  # negative
    assert not ratios.svd_ratios(A, U[:, :7], S[:7], Vh[:7]).passed  # one short
    assert not ratios.svd_ratios(A, U, np.zeros_like(S), Vh).passed
    assert not ratios.svd_ratios(0 * A, U, S, Vh).passed
    C, U, S, Vh = svd("D", 1.0)
    assert not ratios.svd_ratios(C, U, S, Vh.conj()).passed


@pytest.mark.parametrize("which", [0, 1, 2])
def test_nan_never_passes(which):
    A, *factors = svd("d", 1.0)
    factors[which].flat[1] = np.nan
    found = ratios.svd_ratios(A, *factors)
    assert found.worst > 1e10
    assert not found.passed


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 2), (1, 1), (4, 1), (1, 4)])
def test_small_shapes(shape):
    for A in (np.zeros(shape), np.ones(shape)):
        assert ratios.svd_ratios(A, *np.linalg.svd(A, full_matrices=False)).passed
        assert ratios.qr_ratios(A, *np.linalg.qr(A)).passed


def test_whole_numbers_are_judged_in_double_precision():
    A = np.arange(12).reshape(4, 3)
    assert ratios.svd_ratios(A, *np.linalg.svd(A, full_matrices=False)).passed
    assert ratios.qr_ratios(A, *np.linalg.qr(A)).passed
    single = np.linalg.svd(A.astype(np.float32), full_matrices=False)
    assert not ratios.svd_ratios(A, *single).passed


@pytest.mark.parametrize(("dtype", "scale"), MATRICES)
def test_qr_ratios(dtype, scale):
    A = gallery.matrix("gaussian", 12, 8, dtype=dtype, scale=scale, rng=0)
    Q, R = np.linalg.qr(A)
    eps = np.finfo(A.dtype).eps
    assert ratios.qr_ratios(A, Q, R).passed
    assert ratios.qr_ratios(A, Q, R * (1 + 1000 * eps)).residual >= ratios.PASS
    assert ratios.qr_ratios(A, Q * (1 + 1000 * eps), R).orthogonality >= ratios.PASS
    broken = R.copy()
    broken[2, 0] = np.finfo(A.dtype).tiny
    assert ratios.qr_ratios(A, Q, broken).triangle >= ratios.PASS
    broken[2, 0] = np.nan
    assert not ratios.qr_ratios(A, Q, broken).passed


@pytest.mark.parametrize(("dtype", "scale"), MATRICES)
def test_eigh_ratios(dtype, scale):
    B = gallery.matrix("gaussian", 9, dtype=dtype, scale=scale / 4, rng=0)
    A = B + B.conj().T
    w, V = np.linalg.eigh(A)
    eps = np.finfo(A.dtype).eps
    assert ratios.eigh_ratios(A, w, V, descending=False).passed
    assert ratios.eigh_ratios(A, w[::-1][:3], V[:, ::-1][:, :3]).passed
    assert ratios.eigh_ratios(A, w, V).order >= ratios.PASS
    shifted = w + 1000 * eps * np.abs(w).max()
    assert ratios.eigh_ratios(A, shifted, V, descending=False).residual >= ratios.PASS
    skew = V + 1000 * eps
    assert ratios.eigh_ratios(A, w, skew, descending=False).orthogonality >= ratios.PASS


@pytest.mark.parametrize(("dtype", "scale"), MATRICES)
def test_singular_value_ratio(dtype, scale):
    A, _, S, _ = svd(dtype, scale)
    peak = np.abs(A).max()
    truth = np.linalg.svd((A / peak).astype("D"), compute_uv=False) * float(peak)
    assert ratios.singular_value_ratio(S, truth) < ratios.PASS
    eps = np.finfo(A.dtype).eps
    off = S.copy()
    off[-1] += 1000 * eps * S[0]
    assert ratios.singular_value_ratio(off, truth) >= ratios.PASS
    off[-1] = np.nan
    assert ratios.singular_value_ratio(off, truth) == np.inf
    assert ratios.singular_value_ratio(np.zeros(0), np.zeros(0)) == 0.0
    with pytest.raises(ValueError, match="one shape"):
        ratios.singular_value_ratio(S, truth[:-1])


def test_the_unit_is_eps():
    # An error of exactly t eps ||A||_1 has the ratio t / max(m, n).
    A = np.eye(8)
    U, S, Vh = np.eye(8), np.ones(8), np.eye(8)
    eps = np.finfo(float).eps
    found = ratios.svd_ratios(A, U, S + 64 * eps, Vh)
    assert found.residual == pytest.approx(8.0)
    assert ratios.orthogonality_ratio(np.eye(5) * (1 + 10 * eps)) == pytest.approx(4.0)
    assert ratios.singular_value_ratio(S + 16 * eps, S) == pytest.approx(2.0)


def test_worst_does_not_step_over_nan():
    assert ratios.SVDRatios(1.0, np.nan, 2.0, 0.0).worst == np.inf
    assert ratios.SVDRatios(1.0, 3.0, 2.0, 0.0).worst == 3.0
    assert not ratios.QRRatios(np.nan, 0.0, 0.0).passed
