"""concatenated_svd and grouped_svd: best of their rank, and certificates never below the truth."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import linsub
from linsub.concat import concatenated_svd, grouped_svd
from linsub.errors import ConvergenceError, InvalidInputError, InvalidTypeError, NumericalError
from linsub.svd import SVDCertificate, SVDResult, truncated_svd
from linsub.testing import load_image, ratios
from tests.concat.collections_of_matrices import joined, ranked
from tests.svd_truth import violations

METHODS = ("auto", "gram", "qr", "operator")
EPS = np.finfo(float).eps


def plain(result):
    """The result with the certificate that every truncated SVD has."""
    entries = {k: b for k, b in result.certificate.bounds() if not k.startswith("block")}
    return SVDResult(*result, certificate=SVDCertificate(**entries), info=result.info)


def block_errors(blocks, left, parts):
    """Frobenius norms of A_i - left parts_i in extended precision, and of A_i."""
    errors, norms = [], []
    for A, part in zip(blocks, parts, strict=True):
        wide = np.clongdouble if A.dtype.kind == "c" else np.longdouble
        E = A.astype(wide) - left.astype(wide) @ part.astype(wide)
        errors.append(float(np.sqrt(np.sum(np.abs(E) ** 2))))
        norms.append(float(np.sqrt(np.sum(np.abs(A.astype(wide)) ** 2))))
    return np.array(errors), np.array(norms)


@given(case=ranked(), method=st.sampled_from(METHODS), seed=st.integers(0, 99))
def test_the_certificate_is_never_below_the_truth(case, method, seed):
    blocks, rank = case
    before = [A.copy() for A in blocks]
    result = concatenated_svd(blocks, rank, method=method, rng=seed)
    M = np.concatenate(blocks, axis=1)
    assert all(np.array_equal(A, B) for A, B in zip(blocks, before, strict=True))
    U, S, Vh = result
    assert U.dtype == Vh.dtype == blocks[0].dtype
    assert S.dtype == M.real.dtype
    assert U.shape == (M.shape[0], rank)
    assert Vh.shape == (rank, M.shape[1])
    if not np.isfinite(S).all():
        return  # the norm exceeds the largest number of the type
    assert violations(M, plain(result)) == []
    wide = np.clongdouble if M.dtype.kind == "c" else np.longdouble
    left = U.astype(wide) * S.astype(wide)
    errors, norms = block_errors(
        blocks, left, [Vh[:, result.columns(i)] for i in range(len(blocks))]
    )
    certificate = result.certificate
    said = np.asarray(certificate.block_errors.value)
    tiny = 1e-300 if M.dtype.char in "dD" else 0.0
    assert np.all(errors <= said + tiny)
    assert np.all(said <= 1.01 * errors + 100 * EPS * norms + tiny)
    if 1e-290 < norms.max(initial=0.0) < 1e290:
        assert np.allclose(certificate.block_norms.value, norms, rtol=1e-6)


@given(case=ranked(), method=st.sampled_from(METHODS))
def test_it_is_the_truncated_svd_of_the_concatenation(case, method):
    blocks, rank = case
    M, exponent = joined(blocks)
    result = concatenated_svd(blocks, rank, method=method, rng=0)
    U, S, Vh = result
    eps = float(np.finfo(blocks[0].dtype).eps)
    sigma = np.linalg.svd(M, compute_uv=False) if M.size else np.zeros(0)
    top = float(sigma.max(initial=0.0))
    room = ratios.PASS * eps * max(*M.shape, 1)
    scaled = np.ldexp(S.astype(float), -exponent)
    if np.isfinite(scaled).all():
        # what is subnormal in the type has lost digits
        lost = float(np.ldexp(np.finfo(S.dtype).tiny, -exponent))
        assert np.all(np.abs(scaled - sigma[:rank]) <= room * top + lost)
    assert np.all(S[:-1] >= S[1:])
    wide = U.astype(complex)
    assert np.linalg.norm(wide.conj().T @ wide - np.eye(rank)) <= room
    assert np.linalg.norm(Vh.astype(complex) @ Vh.conj().T.astype(complex) - np.eye(rank)) <= room
    rest = np.linalg.norm(M - wide @ (wide.conj().T @ M))
    assert rest <= np.linalg.norm(sigma[rank:]) + room * top * np.sqrt(max(rank, 1))


@given(case=ranked())
def test_a_group_has_one_basis_and_certified_errors(case):
    blocks, rank = case
    if not np.isfinite(concatenated_svd(blocks, rank, certify=False, rng=0).S).all():
        with pytest.raises(NumericalError, match="power of two"):
            grouped_svd(blocks, rank, rng=0)
        return
    U, factors = result = grouped_svd(blocks, rank, rng=0)
    assert len(factors) == len(blocks)
    assert all(C.shape == (rank, A.shape[1]) for C, A in zip(factors, blocks, strict=True))
    assert all(C.dtype == U.dtype == blocks[0].dtype for C in factors)
    errors, norms = block_errors(blocks, U, factors)
    said = np.asarray(result.certificate.block_errors.value)
    tiny = 1e-300 if U.dtype.char in "dD" else 0.0
    assert np.all(errors <= said + tiny)
    assert np.all(said <= 1.01 * errors + 100 * EPS * norms + tiny)
    whole = float(result.certificate.frobenius_error)
    assert whole == pytest.approx(np.hypot.reduce(said), abs=tiny, rel=1e-12)
    if 1e-290 < norms.max(initial=0.0) < 1e290:
        relative = result.certificate.relative_block_errors
        assert np.all(relative[norms == 0.0] == 0.0)
        assert np.allclose(relative * norms, said, rtol=1e-6, atol=tiny)


@pytest.mark.parametrize("method", METHODS)
def test_every_engine_is_taken(method):
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((150, 150)))[0] * 0.6 ** np.arange(150)
    blocks = [basis @ rng.standard_normal((150, 40)) for _ in range(5)]
    result = concatenated_svd(blocks, 8, method=method, rng=0)
    wanted = {"auto": "gram", "operator": "operator, lanczos"}.get(method, method)
    assert result.info.method == wanted
    best = truncated_svd(np.concatenate(blocks, axis=1), 8, rng=0)
    assert np.allclose(result.S, best.S, rtol=1e-12)
    assert np.allclose(np.abs(np.sum(result.U * best.U, axis=0)), 1.0)
    assert float(result.certificate.frobenius_error) == pytest.approx(
        float(best.certificate.frobenius_error), rel=1e-9
    )
    assert result.certificate.complete
    assert result.info.converged


@pytest.mark.parametrize("dtype", "fdFD")
@pytest.mark.parametrize("method", ["gram", "qr"])
def test_residuals_are_rounding(dtype, method):
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((30, 30)))[0] * 0.5 ** np.arange(30)
    blocks = [basis @ rng.standard_normal((30, 8)) for _ in range(3)]
    if dtype in "FD":
        blocks = [A + 1j * A[::-1, ::-1] for A in blocks]
    result = concatenated_svd([A.astype(dtype) for A in blocks], 5, method=method)
    room = ratios.PASS * np.finfo(dtype).eps * np.sqrt(30) * result.S[0]
    assert np.all(result.certificate.residuals.value <= room)
    lower, upper = result.certificate.sigma_lower.value, result.certificate.sigma_upper.value
    assert np.all(upper - lower <= 10 * room)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tol", [0.05, 0.5])
def test_the_certificate_of_an_iteration_that_stopped_early(seed, tol):
    """U is then far from the singular vectors, and sigma_i from S_i."""
    rng = np.random.default_rng(seed)
    blocks = [rng.standard_normal((150, 50)) for _ in range(4)]
    result = concatenated_svd(blocks, 6, method="operator", tol=tol, rng=seed)
    M = np.concatenate(blocks, axis=1)
    sigma = np.linalg.svd(M, compute_uv=False)
    assert np.any((1 - 1e-6) * sigma[:6] > result.S)
    assert violations(M, plain(result)) == []


def test_tall_collections_go_to_the_operator(monkeypatch):
    from linsub.concat import concatenated as module

    monkeypatch.setattr(module, "_GRAM_HEIGHT", 100)
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((200, 40)) / np.arange(1, 41) for _ in range(5)]
    assert concatenated_svd(blocks, 5, rng=0).info.method == "operator, lanczos"
    assert concatenated_svd(blocks, 90, rng=0).info.method == "qr"  # no room for a Krylov basis


@pytest.mark.parametrize("dtype", "fdFD")
def test_where_squaring_would_lose_the_small_values_qr_takes_over(dtype):
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((30, 30)))[0]
    M = (Q * 10.0 ** -np.arange(30.0)) @ np.linalg.qr(rng.standard_normal((50, 30)))[0].T
    blocks = np.array_split(M.astype(dtype), 7, axis=1)
    rank = 10 if dtype in "dD" else 6
    result = concatenated_svd(blocks, rank, rng=0)
    assert result.info.method == "qr"
    assert "squaring" in result.info.notes[0]
    wanted = np.linalg.svd(np.concatenate(blocks, axis=1).astype(complex), compute_uv=False)
    eps = np.finfo(dtype).eps
    assert np.all(np.abs(result.S - wanted[:rank]) <= 30 * eps * wanted[:rank] + 1e-14)
    assert violations(np.concatenate(blocks, axis=1), plain(result)) == []


def test_errors_are_formed_and_not_subtracted():
    """A rest of 1e-11 of the norm, which a difference of squares cannot see."""
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.standard_normal((50, 3)))[0]
    blocks = [basis @ rng.standard_normal((3, 20)) for _ in range(4)]
    blocks[2] = blocks[2] + 1e-11 * rng.standard_normal((50, 20))
    result = grouped_svd(blocks, 3)
    said = np.asarray(result.certificate.block_errors.value)
    errors, norms = block_errors(blocks, result.U, result.factors)
    assert said == pytest.approx(errors, rel=1e-3)
    assert np.all(said < 1e-10 * norms)
    assert said[2] > 2 * said[[0, 1, 3]].max()


def test_copies_scale_the_values_by_the_root_of_their_number():
    A = load_image()[:, :30]
    one, nine = concatenated_svd([A], 5), concatenated_svd([A] * 9, 5)
    assert np.allclose(nine.S, 3 * one.S, rtol=1e-13)
    assert np.allclose(
        np.asarray(nine.certificate.block_errors.value), one.certificate.block_errors
    )


def test_the_order_of_the_blocks_only_permutes():
    blocks = np.array_split(load_image(), 9, axis=1)
    one = concatenated_svd(blocks, 6)
    two = concatenated_svd(blocks[::-1], 6)
    assert np.allclose(one.S, two.S, rtol=1e-13)
    assert np.allclose(one.reconstruct(2), two.reconstruct(6), atol=1e-9)
    assert np.allclose(one.reconstruct(-1), two.reconstruct(0), atol=1e-9)


@given(case=ranked(dtypes="dD"), power=st.sampled_from([-300, 250]))
def test_a_power_of_two_changes_nothing_else(case, power):
    blocks, rank = case
    sizes = [np.abs(A[A != 0]) for A in blocks]
    sizes = np.concatenate(sizes) if sizes else np.zeros(0)
    if sizes.size and not (sizes.min() > 1e-160 and sizes.max() < 1e160):
        return
    one = concatenated_svd(blocks, rank, method="qr", rng=0)
    two = concatenated_svd([A * 2.0**power for A in blocks], rank, method="qr", rng=0)
    assert np.array_equal(one.U, two.U)
    assert np.array_equal(one.Vh, two.Vh)
    assert np.array_equal(np.ldexp(one.S, power), two.S)


# Lazy, sparse, mapped, foreign.


def test_lazy_sparse_and_mapped_blocks_give_the_same(tmp_path):
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((40, 15)) * (rng.random((40, 15)) < 0.3) for _ in range(6)]
    np.save(tmp_path / "stack.npy", np.stack(blocks))
    mapped = np.load(tmp_path / "stack.npy", mmap_mode="r")
    wanted = concatenated_svd(blocks, 4)
    for given_blocks in (
        mapped,
        list(mapped),
        [sparse.csr_array(A) for A in blocks],
        [sparse.coo_matrix(A) for A in blocks],
        [lambda A=A: A for A in blocks],
        [lambda A=A: sparse.csc_array(A) for A in blocks],
        [np.asfortranarray(A) for A in blocks],
        [np.ascontiguousarray(A[::-1])[::-1] for A in blocks],
    ):
        found = concatenated_svd(given_blocks, 4)
        assert np.allclose(found.S, wanted.S, rtol=1e-13)
        assert np.allclose(found.reconstruct(3), wanted.reconstruct(3), atol=1e-12)


@pytest.mark.parametrize("method", ["gram", "operator"])
@pytest.mark.parametrize("function", [concatenated_svd, grouped_svd])
def test_a_collection_larger_than_memory(function, method):
    """What is held is the result, a few panels and the Gram matrix: not the blocks."""
    m, width, count = 400, 500, 30

    def load(i):
        return lambda: (
            np.random.default_rng(i).standard_normal((m, width))
            / np.arange(1, m + 1)[:, None] ** 1.5
        )

    blocks = [load(i) for i in range(count)]
    function(blocks[:2], 4, method=method, rng=0)  # imports are not the call's own
    tracemalloc.start()
    result = function(blocks, 4, method=method, rng=0)
    high = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    whole = 8 * m * width * count
    factors = 8 * 4 * width * count
    assert high < whole / 4
    # a block and its random parts, the panels, m x m for the Gram matrix or the Krylov basis
    assert high < 8 * (5 * m * width + 5 * m * m) + 12 * factors
    assert result.certificate.block_errors.value.shape == (count,)
    if method == "gram":
        assert result.info.passes == 4


def test_the_number_of_readings_is_what_info_says():
    reads = [0]

    def block():
        reads[0] += 1
        return np.random.default_rng(0).standard_normal((30, 9)) / np.arange(1, 10)

    for method in METHODS:
        for certify in (True, False):
            reads[0] = 0
            result = concatenated_svd([block], 3, method=method, certify=certify, rng=0)
            assert result.info.passes == reads[0]
            assert (result.certificate is None) == (not certify)


@pytest.mark.parametrize("method", ["gram", "qr"])
def test_a_callable_that_returns_other_numbers_is_found_out(method):
    rng = np.random.default_rng(0)
    blocks = [np.eye(6), lambda: rng.standard_normal((6, 5))]
    for function in (concatenated_svd, grouped_svd):
        with pytest.raises(InvalidInputError, match=r"blocks\[1\] did not repeat itself.*norm"):
            function(blocks, 2, method=method)


def test_progress_is_shown_on_a_terminal_only(monkeypatch, capsys):
    from linsub._core import progress as module

    shown = []
    monkeypatch.setattr(module, "_is_terminal", lambda stream: True)
    monkeypatch.setattr(module, "_INTERVAL", 0.0)
    monkeypatch.setattr(module.Progress, "_write", lambda self, line: shown.append(line))
    concatenated_svd([np.eye(3)] * 4, 2)
    text = "\n".join(shown)
    for label in ("reading blocks", "Gram matrix", "right factors", "certificate"):
        assert label in text
    monkeypatch.undo()
    concatenated_svd([np.eye(3)] * 4, 2)
    assert capsys.readouterr() == ("", "")


# Edges, records and refusals.


@pytest.mark.parametrize("function", [concatenated_svd, grouped_svd])
@pytest.mark.parametrize(
    "shapes", [[(0, 3)], [(3, 0)], [(0, 0)], [(3, 0), (3, 2), (3, 0)], [(1, 1)]]
)
def test_empty_blocks(function, shapes):
    blocks = [np.ones(shape) for shape in shapes]
    m, n = shapes[0][0], sum(w for _, w in shapes)
    for rank in range(min(m, n) + 1):
        result = function(blocks, rank)
        assert result.U.shape == (m, rank)
        assert np.isfinite(float(result.certificate.frobenius_error))
        for i, A in enumerate(blocks):
            assert result.reconstruct(i).shape == A.shape
    assert np.asarray(result.certificate.block_errors.value).shape == (len(blocks),)


@pytest.mark.parametrize("method", METHODS)
def test_zeros_have_an_orthonormal_frame(method):
    result = concatenated_svd([np.zeros((4, 3)), np.zeros((4, 2))], 3, method=method)
    assert np.array_equal(result.U.T @ result.U, np.eye(3))
    assert result.S.tolist() == [0.0] * 3
    assert float(result.certificate.frobenius_error) == 0.0
    assert result.certificate.relative_error == 0.0


def test_norms_beyond_the_largest_number():
    blocks = [np.full((4, 3), 1.7e308), np.full((4, 3), 1e308)]
    result = concatenated_svd(blocks, 1)
    assert np.isfinite(result.U).all()
    assert float(result.certificate.block_errors.value.max()) < 1e295
    with pytest.raises(NumericalError, match="power of two"):
        grouped_svd(blocks, 1)


def test_records_unpack_pickle_and_know_their_blocks():
    blocks = [np.arange(6.0).reshape(2, 3), np.eye(2)]
    result = concatenated_svd(blocks, 2)
    U, S, Vh = result
    assert np.allclose((U * S) @ Vh, np.concatenate(blocks, axis=1))
    assert result.columns(1) == slice(3, 5)
    assert result.columns(-2) == slice(0, 3)
    again = pickle.loads(pickle.dumps(result))
    assert np.array_equal(again.reconstruct(1), result.reconstruct(1))
    with pytest.raises(InvalidInputError, match="-2 <= i <= 1"):
        result.columns(2)
    bare = type(result)(*result)
    assert bare.certificate is None
    with pytest.raises(InvalidInputError, match="widths"):
        bare.columns(0)
    group = grouped_svd(blocks, 1)
    assert group.compression_ratio == 10 / 7
    assert grouped_svd(blocks, 0).compression_ratio == np.inf
    assert np.allclose(group.reconstruct(0), group.U @ group.factors[0])


def test_without_a_certificate():
    result = concatenated_svd([np.eye(3)], 2, certify=False)
    assert result.certificate is None
    with pytest.raises(InvalidTypeError, match="certify"):
        concatenated_svd([np.eye(3)], 2, certify=1)


@pytest.mark.parametrize("function", [concatenated_svd, grouped_svd])
@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"rank": 4}, InvalidInputError, "0 <= rank <= 3, got 4"),
        ({"rank": -1}, InvalidInputError, "rank"),
        ({"rank": 2.0}, InvalidTypeError, r"int\(rank\)"),
        ({"rank": True}, InvalidTypeError, "bool"),
        ({"method": "lapack"}, InvalidInputError, "method must be one of 'auto'"),
        ({"method": "grams"}, InvalidInputError, "did you mean 'gram'"),
        ({"method": None}, InvalidTypeError, "method"),
        ({"tol": -1.0}, InvalidInputError, "tol"),
        ({"failure_prob": 0.0}, InvalidInputError, "failure_prob"),
        ({"rng": -1}, InvalidInputError, "rng"),
        ({"rng": "seed"}, (InvalidInputError, InvalidTypeError), "rng"),
    ],
)
def test_bad_arguments(function, options, error, text):
    with pytest.raises(error, match=text):
        function([np.eye(3), np.eye(3)], **{"rank": 2, **options})


def test_an_iteration_that_ends_too_early_says_so():
    rng = np.random.default_rng(0)
    blocks = [rng.standard_normal((200, 200)) for _ in range(2)]
    with pytest.raises(ConvergenceError):
        concatenated_svd(blocks, 5, method="operator", tol=1e-300, rng=0)


def test_torch_tensors_go_out_in_kind():
    torch = pytest.importorskip("torch")
    blocks = [torch.ones((4, 3), dtype=torch.float64), torch.eye(4, dtype=torch.float64)]
    result = concatenated_svd(blocks, 2)
    assert all(isinstance(field, torch.Tensor) for field in result)
    assert isinstance(result.reconstruct(0), torch.Tensor)
    group = grouped_svd(blocks, 2)
    assert all(isinstance(C, torch.Tensor) for C in group.factors)
    with pytest.raises(InvalidTypeError, match=r"blocks\[1\].*detach"):
        concatenated_svd([blocks[0], blocks[1].requires_grad_()], 2)


def test_the_package_offers_it():
    assert linsub.concatenated_svd is concatenated_svd
    assert linsub.concat.grouped_svd is grouped_svd


@pytest.mark.parametrize(
    ("large", "small", "dtype"),
    [(1.0, 1e-165, "d"), (1e300, 1e-10, "d"), (1e200, 1e-130, "D"), (1e30, 1e-20, "f")],
)
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_blocks_that_vanish_beside_others_keep_their_errors(large, small, dtype, rank):
    rng = np.random.default_rng(rank)
    blocks = [(rng.standard_normal((4, 3)) * size).astype(dtype) for size in (large, small)]
    for result in (grouped_svd(blocks, rank), concatenated_svd(blocks, rank)):
        back = np.asarray(result.reconstruct(1)).astype("D")
        true = np.linalg.norm((blocks[1].astype("D") - back) / small) * small
        certified = result.certificate.block_errors.value[1]
        assert true <= certified <= 3 * np.linalg.norm(blocks[1].astype("D") / small) * small
        norm = np.linalg.norm(blocks[1].astype("D") / small) * small
        assert result.certificate.block_norms.value[1] == pytest.approx(norm)
