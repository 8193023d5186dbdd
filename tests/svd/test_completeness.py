"""A multiplicity is never missed: a Krylov space of b vectors holds b copies and no more."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import aslinearoperator

from linsub._core.operators import view
from linsub._core.random import Streams
from linsub.errors import ConvergenceError
from linsub.svd import completeness, norm_bound, truncated_svd
from linsub.testing import gallery, ratios
from tests.svd_truth import violations

KRYLOV = ("lanczos", "golub-kahan")

FORMS = {
    "dense": np.array,
    "F": np.asfortranarray,
    "sparse": sparse.csr_array,
    "operator": aslinearoperator,
    "blocks": lambda A: np.array_split(A, 3),
}


def leading(A, rank):
    return np.linalg.svd(A, compute_uv=False)[:rank]


def right(A, result):
    """Whether the values are those of A, to the error that the tolerance leaves."""
    sigma = leading(A, len(result.S))
    assert violations(A, result) == []
    return bool(np.abs(result.S - sigma).max() <= 1e-7 * sigma[0])


@pytest.mark.parametrize("method", KRYLOV)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("block", [1, 2, 8])
@pytest.mark.parametrize("multiplicity", [5, 12, 40])
def test_a_multiple_leading_value(method, form, block, multiplicity):
    sigma = np.concatenate([np.full(multiplicity, 3.0), 1.0 / np.arange(1.0, 80.0 - multiplicity)])
    A = gallery.with_spectrum(sigma, 110, 90, rng=0)
    result = truncated_svd(FORMS[form](A), 10, method=method, block=block, rng=0)
    assert right(A, result)


@pytest.mark.parametrize("method", KRYLOV)
@pytest.mark.parametrize("rank", [10, 12, 15])
def test_a_multiplicity_below_the_top(method, rank):
    """The leading values converge first; the copies of the second are what is missed."""
    sigma = np.concatenate([[9.0, 7.0], np.full(12, 3.0), np.linspace(1.0, 0.1, 60)])
    A = gallery.with_spectrum(sigma, 100, 90, rng=1)
    for block in (1, 3, 8):
        assert right(A, truncated_svd(A, rank, method=method, block=block, rng=0))


@pytest.mark.parametrize("method", ["auto", *KRYLOV])
@pytest.mark.parametrize("rank", [1, 3, 10, 30])
@pytest.mark.parametrize("form", ["dense", "sparse", "operator"])
def test_the_identity(method, rank, form):
    A = np.eye(120, 100)
    result = truncated_svd(FORMS[form](A), rank, method=method, rng=0)
    assert ratios.singular_value_ratio(result.S, np.ones(rank), shape=A.shape) < ratios.PASS
    assert ratios.orthogonality_ratio(result.U) < ratios.PASS
    assert ratios.orthogonality_ratio(result.Vh.T) < ratios.PASS


@pytest.mark.parametrize("method", KRYLOV)
@pytest.mark.parametrize("block", [1, 2, 4])
def test_copies_of_a_block_diagonal_matrix(method, block):
    """Each singular value six times, exactly."""
    piece = gallery.matrix("polynomial", 20, 15, cond=1e2, rng=0)
    A = np.kron(np.eye(6), piece)
    assert right(A, truncated_svd(A, 14, method=method, block=block, rng=0, maxiter=1000))


@pytest.mark.parametrize("name", ["star", "complete", "grid", "cycle"])
def test_graph_laplacians(name):
    """Sparse matrices whose multiplicities come from symmetry."""
    L = gallery.graph_laplacian(name, 100)
    for method in ("auto", "lanczos"):
        result = truncated_svd(L, 8, method=method, block=2, rng=0, maxiter=2000)
        assert right(L.toarray(), result)


@given(
    seed=st.integers(0, 2**20),
    copies=st.integers(1, 30),
    place=st.integers(0, 6),
    rank=st.integers(1, 12),
    block=st.integers(1, 8),
    method=st.sampled_from(KRYLOV),
)
def test_any_multiplicity_at_any_place(seed, copies, place, rank, block, method):
    rest = 2.0 ** -np.arange(1.0, 30.0)
    sigma = np.sort(np.concatenate([rest, np.full(copies, 1.5 * 2.0 ** -(place + 1.0))]))[::-1]
    A = gallery.with_spectrum(sigma, 70, 62, rng=seed)
    result = truncated_svd(A, rank, method=method, block=block, rng=seed)
    assert right(A, result)


def test_the_check_is_what_finds_them(monkeypatch):
    """Without it a result of residual 1e-15 is wrong, so that the tests above can fail."""
    sigma = np.concatenate([np.full(12, 3.0), 0.7 ** np.arange(60.0)])
    A = gallery.with_spectrum(sigma, 100, 90, rng=0)
    options = {"method": "golub-kahan", "block": 4, "rng": 0, "certify": False}
    assert np.allclose(truncated_svd(A, 10, **options).S, 3.0)
    monkeypatch.setattr(completeness, "complete", lambda op, factors, *_, **__: (factors, None, ""))
    blind = truncated_svd(A, 10, **options)
    assert blind.info.converged
    assert not np.allclose(blind.S, 3.0)
    residual = np.linalg.norm(A @ blind.Vh.T - blind.U * blind.S, axis=0)
    assert residual.max() < 1e-7


def test_what_was_found_is_told():
    sigma = np.concatenate([np.full(12, 3.0), 0.7 ** np.arange(60.0)])
    A = gallery.with_spectrum(sigma, 100, 90, rng=0)
    info = truncated_svd(A, 10, method="golub-kahan", block=4, rng=0).info
    assert any("missed singular value was found" in note for note in info.notes)


def test_a_search_that_ends_too_early_is_an_error(monkeypatch):
    monkeypatch.setattr(completeness, "ROUNDS", 1)
    A = gallery.with_spectrum([*np.full(50, 3.0), *(0.9 ** np.arange(60.0))], 140, 120, rng=0)
    with pytest.raises(ConvergenceError, match="after 1 rounds") as caught:
        truncated_svd(A, 30, method="golub-kahan", block=1, rng=0)
    assert caught.value.result.S.shape == (30,)
    assert violations(A, caught.value.result) == []


# The two-sided bound on a norm that all this rests on.


@given(
    seed=st.integers(0, 2**20),
    name=st.sampled_from(["gaussian", "polynomial", "flat", "geometric", "low_rank", "step"]),
    dtype=st.sampled_from("fdFD"),
    probes=st.integers(1, 5),
    steps=st.integers(1, 6),
)
def test_the_norm_lies_between_its_bounds(seed, name, dtype, probes, steps):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 30, size=2)
    A = gallery.matrix(name, m, n, cond=1e5, dtype=dtype, rng=seed)
    found = norm_bound.deflated_norm(
        view(A),
        np.zeros((n, 0), dtype),
        streams=Streams(seed),
        probes=probes,
        steps=steps,
        failure_prob=1e-6,
    )
    norm = float(np.linalg.norm(A.astype("D"), 2))
    rounding = 30 * max(m, n) * np.finfo(dtype).eps * norm
    assert found.lower <= norm + rounding
    assert found.upper >= norm - rounding
    if found.lower > 0:
        x = found.vectors.astype("D")
        quotients = np.linalg.norm(A.astype("D") @ x, axis=0) / np.linalg.norm(x, axis=0)
        assert abs(quotients.max() - found.lower) <= 1e-3 * found.lower


def test_the_upper_bound_fails_as_rarely_as_it_says():
    """2000 trials at p = 0.05: more than 140 failures have a probability below 1e-4."""
    A = gallery.with_spectrum(np.linspace(1.0, 0.5, 40), 40, 40, rng=0)
    op, empty = view(A), np.zeros((40, 0))
    failures = sum(
        norm_bound.deflated_norm(
            op, empty, streams=Streams(seed), probes=1, steps=1, failure_prob=0.05
        ).upper
        < 1.0 - 1e-12
        for seed in range(2000)
    )
    assert failures <= 140
