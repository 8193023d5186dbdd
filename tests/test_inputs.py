"""Every public function against every odd and every bad input.

The table of functions is in tests/public_table.py. Equal results are equal to rounding:
the difference over ``norm * max(m, n) * eps`` stays below 30, LAPACK's line.
"""

import contextlib
import hashlib
import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from linsub import svd
from linsub.errors import InvalidInputError, InvalidTypeError, LinsubError, NonFiniteError
from linsub.testing.ratios import PASS
from tests.public_table import (
    BAD,
    FORMS,
    FUNCTIONS,
    LAYOUTS,
    Repeating,
    example,
    matrices,
    operator,
    ratio,
)

NAMED = {function.name: function for function in FUNCTIONS}
RANKED = [function for function in FUNCTIONS if function.ranked]

every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=repr)


def digest(A):
    """Return a hash of all the memory that belongs to A."""
    if isinstance(A, np.ndarray):
        return hashlib.sha256(A.tobytes()).hexdigest()
    if sparse.issparse(A) and hasattr(A, "data") and A.format not in ("lil", "dok"):
        parts = [
            getattr(A, name)
            for name in ("data", "indices", "indptr", "row", "col", "offsets")
            if hasattr(A, name)
        ]
        return [digest(np.asarray(part)) for part in parts]
    if sparse.issparse(A):
        return digest(A.toarray())
    if isinstance(A, list | tuple):
        return [digest(part) for part in A]
    return None


def test_the_table_holds_every_public_function():
    rows = {name.split("-")[0] for name in NAMED}
    public = {name for name in svd.__all__ if name[0].islower()}
    assert public - rows == {"energy_rank"}, "energy_rank takes a vector and is tested below"


@every_function
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_does_not_matter(function, layout, tmp_path):
    A = example()
    wanted = function.values(function.call(A))
    B = LAYOUTS[layout](A, tmp_path)
    before = digest(B)
    found = function.values(function.call(B))
    assert ratio(found, wanted, max(A.shape), np.finfo(float).eps) < PASS
    assert digest(B) == before


@every_function
@pytest.mark.parametrize("form", FORMS)
def test_the_form_does_not_matter_or_is_refused(function, form):
    needed, make = FORMS[form]
    A = example()
    B = make(A)
    before = digest(B)
    if needed not in function.takes:
        way_out = {"sparse": "toarray", "operator": r"@ np\.eye"}.get(needed, "A|blocks")
        with pytest.raises((InvalidTypeError, InvalidInputError), match=way_out) as caught:
            function.call(B)
        assert str(caught.value).startswith(function.argument)
        return
    if function.name == "truncated_svd-error" and needed == "operator":
        pytest.skip("an operator's error has tests of its own")
    if function.name == "low_rank_error" and needed == "operator":
        return  # from probes, hence not equal; tests/svd/test_low_rank_error.py has it
    options = {"rank": 3} if function.ranked else {}
    wanted = function.values(function.call(A, **options))
    found = function.values(function.call(B, **options))
    if function.name == "low_rank_error-spectral":  # the probes may be on the other side
        assert 0.5 * wanted[0] <= found[0] <= 2 * wanted[0]
    else:
        assert ratio(found, wanted, max(A.shape), np.finfo(float).eps) < PASS
    assert digest(B) == before


@every_function
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("dtype", "fdFD")
def test_the_input_is_never_modified(function, dtype, order):
    A = example(dtype=dtype)
    A = np.array(A * A.dtype.type(2.0**60 if dtype in "fF" else 2.0**400), order=order)
    before = digest(A)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function.call(A)
    assert digest(A) == before


@every_function
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_the_dtype_is_kept(function, dtype):
    A = example(dtype=dtype)
    options = {"dtype": dtype} if function.name == "single_pass_svd" else {}
    result = function.call(A, **options)
    if not isinstance(result, tuple):
        return
    for name, field in result._asdict().items():
        wanted = A.real.dtype if name == "S" else A.dtype
        assert field.dtype == wanted, name
        assert field.dtype.isnative


@every_function
@pytest.mark.parametrize("code", ["i1", "i4", "i8", "u2", "u8", "?"])
def test_integers_and_bools_are_float64(function, code):
    A = np.random.default_rng(0).integers(0, 2, (40, 24)).astype(code)
    found = function.call(A)
    wanted = function.call(A.astype(float))
    assert ratio(function.values(found), function.values(wanted), 40, np.finfo(float).eps) == 0.0
    if isinstance(found, tuple):
        assert all(field.dtype == np.float64 for field in found)
    if "sparse" in function.takes:
        as_sparse = function.values(function.call(sparse.csr_array(A)))
        if function.name != "low_rank_error-spectral":
            error = ratio(as_sparse, function.values(wanted), 40, np.finfo(float).eps)
            assert error < PASS


@every_function
def test_half_precision_is_computed_in_single(function):
    A = example(dtype="f4").astype("f2")
    options = {"dtype": "f4"} if function.name == "single_pass_svd" else {}
    found = function.call(A, **options)
    wanted = function.call(A.astype("f4"), **options)
    assert ratio(function.values(found), function.values(wanted), 40, 1e-7) == 0.0
    if isinstance(found, tuple):
        assert all(field.dtype == np.float32 for field in found)


@every_function
@pytest.mark.parametrize("label", [label for label, _ in matrices()])
def test_the_edges_of_what_there_is(function, label):
    A = dict(matrices())[label]
    options = {"dtype": A.dtype} if function.name == "single_pass_svd" else {}
    result = function.call(A, **options)
    for value in function.values(result):
        assert np.isfinite(value).all() or not np.isfinite(np.linalg.norm(A / 2))
    if not isinstance(result, tuple):
        return
    m, n = A.shape
    assert result[0].shape[0] == m
    assert result._asdict()["Vh" if "Vh" in result._fields else "right"].shape[1] == n
    assert str(result.certificate)
    assert repr(result)


@pytest.mark.parametrize("function", RANKED, ids=repr)
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (1, 1), (1, 6), (6, 1), (9, 7)])
@pytest.mark.parametrize("end", ["none", "all"])
def test_rank_zero_and_full_rank(function, shape, end):
    A = example(*shape)
    rank = 0 if end == "none" else min(shape)
    result = function.call(A, rank=rank)
    left, right = np.asarray(result[0]), np.asarray(result[1 if len(result) < 3 else -1])
    assert left.shape == (shape[0], rank)
    if function.name == "split_svd":
        right = np.asarray(result.right)
    assert right.shape == (rank, shape[1])
    if function.name == "single_pass_svd" or 0 in shape:
        return
    product = function.values(result)[0 if function.name in ("split_svd", "weighted_svd") else 1]
    target = A if end == "all" else np.zeros(shape)
    error = float(np.abs(product - target).max(initial=0.0))
    assert error <= PASS * max(shape) * np.finfo(float).eps


@pytest.mark.parametrize("function", RANKED, ids=repr)
@pytest.mark.parametrize(
    ("rank", "error", "text"),
    [
        (25, InvalidInputError, "0 <= rank <= 24, got 25"),
        (-1, InvalidInputError, "0 <= rank <= 24, got -1"),
        (10**30, InvalidInputError, "rank <= 24"),
        (3.0, InvalidTypeError, r"pass int\(rank\)"),
        (np.nan, InvalidTypeError, "rank must be an integer"),
        (True, InvalidTypeError, "bool"),
        ("3", InvalidTypeError, "rank must be an integer"),
        ([3], InvalidTypeError, "rank must be an integer"),
        (np.array([3]), InvalidTypeError, "rank must be an integer"),
    ],
)
def test_bad_ranks(function, rank, error, text):
    with pytest.raises(error, match=text):
        function.call(example(), rank=rank)


@pytest.mark.parametrize("function", RANKED, ids=repr)
def test_ranks_of_numpy_integers(function):
    for rank in (np.int8(2), np.uint64(2), np.array(2)):
        assert function.call(example(), rank=rank)[0].shape == (40, 2)


@every_function
@pytest.mark.parametrize("case", BAD)
def test_bad_inputs_are_refused_by_name(function, case):
    make, text = BAD[case]
    with pytest.raises((InvalidTypeError, InvalidInputError), match=text) as caught:
        function.call(make())
    assert function.argument in str(caught.value)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.name != "numerical_rank"], ids=repr)
def test_one_axis_is_not_two(function):
    with pytest.raises(InvalidInputError, match=r"shape \(5,\)"):
        function.call(np.ones(5))
    if "sparse" in function.takes:
        with pytest.raises(InvalidInputError, match=r"2-D|shape"):
            function.call(sparse.coo_array(np.ones(5)))


@every_function
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("layout", ["F", "strided", "reversed", "big-endian", "lists"])
def test_the_first_bad_entry_is_named(function, value, layout, tmp_path):
    A = example()
    A[17, 4] = A[30, 2] = value
    with pytest.raises(NonFiniteError, match=r"\[17, 4\] is .*2 of 960 entries are not") as caught:
        function.call(LAYOUTS[layout](A, tmp_path))
    assert str(caught.value).startswith(function.argument)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "sparse" in f.takes], ids=repr)
@pytest.mark.parametrize("format", ["csr", "csc", "coo", "lil", "bsr"])
def test_the_first_bad_stored_entry_is_named(function, format):
    A = example()
    A[17, 4] = np.nan
    A[3, 20] = np.inf
    with pytest.raises(NonFiniteError, match=r"\[(17, 4|3, 20)\] is (nan|inf) \(2 of"):
        function.call(sparse.coo_array(A).asformat(format))


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "blocks" in f.takes], ids=repr)
def test_a_bad_block_is_named(function):
    A = example()
    A[17, 4] = np.nan
    with pytest.raises(NonFiniteError, match=r"\[block 1\]\[8, 4\] is nan \(1 of"):
        function.call(np.split(A, (9, 25)))
    with pytest.raises(InvalidInputError, match=r"\[block 1\] has 5 columns"):
        function.call([np.ones((3, 4)), np.ones((3, 5))])
    with pytest.raises(LinsubError, match=r"\[block 1\]|rectangular"):
        function.call([np.ones((3, 4)), np.ones(4)])
    with pytest.raises(LinsubError):
        function.call([np.ones((3, 4)), np.ones((3, 4), object)])
    with pytest.raises(LinsubError):
        function.call(Repeating(lambda: iter([])))


class Fickle:
    """Row blocks that are others from the second reading on."""

    def __init__(self, first, later):
        self.readings = 0
        self.first, self.later = first, later

    def __iter__(self):
        self.readings += 1
        return iter(self.first if self.readings <= 2 else self.later)


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "blocks" in f.takes], ids=repr)
@pytest.mark.parametrize(
    "later",
    [
        [example()[:9]],
        [example(), example()],
        [example()[:, :20]],
        [],
    ],
    ids=["shorter", "longer", "narrower", "empty"],
)
def test_blocks_that_change_between_readings_are_refused(function, later):
    with pytest.raises(InvalidInputError, match="did not repeat itself"):
        function.call(Fickle([example()], later))


takes_operators = pytest.mark.parametrize(
    "function",
    [f for f in FUNCTIONS if "operator" in f.takes and f.name != "truncated_svd-error"],
    ids=repr,
)


@takes_operators
def test_operators_that_break_their_promise(function):
    A = example()
    with pytest.raises(NonFiniteError, match="returned nan or inf"):
        function.call(operator(A, matvec=lambda x: np.full(40, np.nan)))
    with pytest.raises(LinsubError, match="complex dtype"):
        function.call(operator(A, matmat=lambda X: A @ X + 1j))
    if function.name not in ("low_rank_error", "numerical_rank"):  # they need no adjoint
        with pytest.raises(InvalidTypeError, match="rmatvec"):
            function.call(LinearOperator(A.shape, matvec=lambda x: A @ x, dtype=float))


class Wrong:
    """Products of the wrong shape, which SciPy's class would have caught."""

    shape = (40, 24)
    dtype = np.dtype(float)

    def matvec(self, x):
        return np.ones(7)

    rmatvec = matvec

    def matmat(self, X):
        return np.ones((7, X.shape[1]))

    rmatmat = matmat


class WrongVectors:
    shape = (40, 24)
    dtype = np.dtype(float)

    def matvec(self, x):
        return np.ones(7)

    rmatvec = matvec


@takes_operators
@pytest.mark.parametrize("kind", [Wrong, WrongVectors])
def test_products_of_the_wrong_shape_are_named(function, kind):
    with pytest.raises(InvalidInputError, match=r"returned shape \(7"):
        function.call(kind())


@takes_operators
def test_an_operator_of_a_dtype_that_cannot_be_used(function):
    A = example()
    with pytest.raises(InvalidTypeError, match="longdouble|extended precision"):
        function.call(operator(A, dtype=np.longdouble))


# Seeds.

random_functions = pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.random], ids=repr)


def fields(result):
    return [np.asarray(x) for x in result] if isinstance(result, tuple) else [np.asarray(result)]


@random_functions
@pytest.mark.parametrize("seed", [0, 7, [1, 2], np.random.SeedSequence(3)], ids=repr)
def test_one_seed_one_result(function, seed):
    A = example()
    one, two = function.call(A, rng=seed), function.call(A, rng=seed)
    assert all(np.array_equal(x, y) for x, y in zip(fields(one), fields(two), strict=True))
    if hasattr(one, "certificate"):
        assert str(one.certificate) == str(two.certificate)


@random_functions
def test_a_generator_is_advanced_and_none_is_taken(function):
    rng = np.random.default_rng(0)
    state = str(rng.bit_generator.state)
    function.call(example(), rng=rng)
    assert str(rng.bit_generator.state) != state
    function.call(example(), rng=None)


@random_functions
@pytest.mark.parametrize("seed", [True, False, -1, 1.5, "seed", np.True_], ids=repr)
def test_bad_seeds(function, seed):
    with pytest.raises((InvalidTypeError, InvalidInputError), match="rng must"):
        function.call(example(), rng=seed)


# Arrays of other libraries.


@every_function
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_array_api_arrays_go_out_in_kind(function, dtype):
    xp = pytest.importorskip("array_api_strict")
    A = xp.asarray(example(dtype=dtype))
    options = {"dtype": dtype} if function.name == "single_pass_svd" else {}
    if function.name == "single_pass_svd":
        result = svd.single_pass_svd([A], (40, 24), 3, rng=0, **options)
    else:
        result = function.call(A, **options)
    if isinstance(result, tuple) and function.in_kind:
        assert all(type(field) is type(A) for field in result)
        assert result[0].dtype == A.dtype
    wanted = function.values(function.call(example(dtype=dtype), **options))
    eps = np.finfo(dtype).eps
    assert ratio(function.values(result), wanted, 40, eps) < PASS


@every_function
def test_torch_tensors_go_out_in_kind(function):
    torch = pytest.importorskip("torch")
    A = torch.from_numpy(example())
    result = function.call(A)
    if isinstance(result, tuple) and function.in_kind:
        assert all(isinstance(field, torch.Tensor) for field in result)
    with pytest.raises(InvalidTypeError, match="detach"):
        function.call(A.clone().requires_grad_())
    with pytest.raises(InvalidTypeError, match="bfloat16"):
        function.call(A.to(torch.bfloat16))
    with pytest.raises(InvalidInputError, match="stack"):
        function.call(torch.ones((2, 4, 3)))


@every_function
def test_jax_arrays_go_out_in_kind(function):
    jax = pytest.importorskip("jax")
    result = function.call(jax.numpy.asarray(example()))
    if isinstance(result, tuple) and function.in_kind:
        assert all(isinstance(field, jax.Array) for field in result)


# Without the check nothing is promised but an end.


@pytest.mark.parametrize(
    "function", [f for f in FUNCTIONS if f.name.startswith(("trunc", "rand", "low"))], ids=repr
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_without_the_check_it_ends(function, value):
    A = example()
    A[17, 4] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(np.linalg.LinAlgError):  # an end, too
            function.call(A, check_finite=False)


# The one function of a vector.


@pytest.mark.parametrize(
    ("S", "error", "text"),
    [
        ([1.0, np.nan], NonFiniteError, r"S\[1\] is nan \(1 of 2"),
        ([1.0, -1.0], InvalidInputError, "not negative"),
        ([1.0, 1j], InvalidInputError, "real"),
        (np.ones((2, 2)), InvalidInputError, r"\(2, 2\)"),
        (1.0, InvalidInputError, r"\(\)"),
        (None, (InvalidInputError, InvalidTypeError), "S"),
        ("ab", (InvalidInputError, InvalidTypeError), "S"),
        (["a", "b"], InvalidTypeError, "not numeric"),
        (np.ma.masked_less([1.0, 2.0], 1.5), InvalidTypeError, "masked"),
        (np.ones(3, np.longdouble), InvalidTypeError, "extended"),
        (iter([1.0]), InvalidTypeError, "one-shot"),
        (sparse.csr_array(np.eye(2)), InvalidTypeError, "toarray"),
    ],
)
def test_bad_spectra(S, error, text):
    with pytest.raises(error, match=text):
        svd.energy_rank(S, 0.5)


def test_spectra_of_every_layout():
    S = np.array([4.0, 2.0, 1.0, 0.5])
    for given in (S, S[::-1], list(S), tuple(S), S.astype(">f8"), S.astype("f4"), S.astype("f2")):
        assert svd.energy_rank(given, 0.9) == 2
    assert svd.energy_rank([], 0.9) == 0
    assert svd.energy_rank(np.array([4, 2, 1]), 1.0) == 3
    for exponent in (-900, 900):
        assert svd.energy_rank(np.ldexp(S, exponent), 0.9) == 2
