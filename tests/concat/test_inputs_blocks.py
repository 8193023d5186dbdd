"""Every function of collections against every odd and every bad block.

The forms and the bad inputs are those of tests/public_table.py, each as one block among
others. Equal results are equal to rounding, LAPACK's line.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from linsub import concat
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError
from linsub.testing.ratios import PASS
from tests.public_table import BAD, FORMS, LAYOUTS, example, ratio

EPS = np.finfo(float).eps
M, N, RANK = 40, 24, 3


@dataclasses.dataclass(frozen=True)
class Function:
    """A row: ``call(blocks, **options)``, and result -> arrays of degree 1 in the blocks, or 0."""

    name: str
    call: Callable[..., Any]
    values: Callable[[Any], tuple[np.ndarray, ...]]

    def __repr__(self) -> str:
        return self.name


def _product(result: Any) -> tuple[np.ndarray, ...]:
    return (np.asarray(result[1]), *(np.asarray(result.reconstruct(i)) for i in range(3)))


def _group(result: Any) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(result.U) @ np.asarray(C) for C in result.factors)


def _number(result: Any) -> tuple[np.ndarray, ...]:
    return (np.asarray(float(result)),)


def _pair(result: Any) -> tuple[np.ndarray, ...]:
    return tuple(np.asarray(x, dtype=float) for x in result)


def _ranked(function: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    return lambda blocks, **options: function(blocks, **{"rank": RANK, **fixed, **options})


FUNCTIONS = (
    Function("concatenated_svd", _ranked(concat.concatenated_svd), _product),
    Function("concatenated_svd-qr", _ranked(concat.concatenated_svd, method="qr"), _product),
    Function(
        "concatenated_svd-operator",
        _ranked(concat.concatenated_svd, method="operator", rng=0, tol=1e-13),
        _product,
    ),
    Function("grouped_svd", _ranked(concat.grouped_svd), _group),
    Function("concat_svd_bounds", _ranked(concat.concat_svd_bounds), _pair),
    Function("concat_weyl_bound", _ranked(concat.concat_weyl_bound), _number),
    Function("concat_residual_bound", _ranked(concat.concat_residual_bound), _number),
    Function(
        "concat_perturbation_bound",
        lambda blocks, **options: concat.concat_perturbation_bound(blocks, [1e-3] * 3, **options),
        _pair,
    ),
    Function(
        "cluster_matrices",
        _ranked(concat.cluster_matrices, error=0.3),
        lambda result: (np.asarray(result.labels), np.asarray(result.ranks)),
    ),
)

every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=repr)


def among(block: Any, dtype: Any = float) -> list[Any]:
    """Return a collection with `block` in the middle."""
    return [example(M, 5, dtype), block, example(M, 1, dtype)]


def test_the_table_holds_every_public_function():
    rows = {function.name.split("-")[0] for function in FUNCTIONS}
    assert rows == {name for name in concat.__all__ if name[0].islower()}


@every_function
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_layout_does_not_matter(function, layout, tmp_path):
    A = example()
    wanted = function.values(function.call(among(A)))
    B = LAYOUTS[layout](A, tmp_path)
    before = np.array(B, copy=True)
    found = function.values(function.call(among(B)))
    assert ratio(found, wanted, M, EPS) < PASS
    assert np.array_equal(np.asarray(B), before)


@every_function
@pytest.mark.parametrize("form", FORMS)
def test_the_form_does_not_matter_or_is_refused(function, form):
    needed, make = FORMS[form]
    A = example()
    B = make(A)
    if needed not in ("sparse", "dask") and form != "one block":
        with pytest.raises((InvalidTypeError, InvalidInputError), match=r"blocks\[1\]"):
            function.call(among(B))
        return
    if form == "one block":
        with pytest.raises(InvalidInputError, match=r"blocks\[1\] must be 2-D"):
            function.call(among(B))
        return
    wanted = function.values(function.call(among(A)))
    for given in (B, lambda: B):
        found = function.values(function.call(among(given)))
        assert ratio(found, wanted, M, EPS) < PASS


@every_function
@pytest.mark.parametrize("case", [case for case in BAD if case != "function"])
def test_bad_blocks_are_refused_by_name(function, case):
    make, text = BAD[case]
    with pytest.raises((InvalidTypeError, InvalidInputError), match=text) as caught:
        function.call(among(make()))
    assert "blocks[1]" in str(caught.value)
    bad = make()
    with pytest.raises((InvalidTypeError, InvalidInputError), match=r"blocks\[1\]"):
        function.call(among(lambda: bad))


@every_function
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("layout", ["F", "strided", "big-endian", "lists"])
def test_the_block_and_the_entry_are_named(function, value, layout, tmp_path):
    A = example()
    A[17, 4] = A[30, 2] = value
    text = r"^blocks\[1\]\[17, 4\] is .*2 of 960 entries are not"
    with pytest.raises(NonFiniteError, match=text):
        function.call(among(LAYOUTS[layout](A, tmp_path)))
    with pytest.raises(NonFiniteError, match=text):
        function.call(among(lambda: A))


@every_function
def test_heights_that_differ_are_named(function):
    with pytest.raises(InvalidInputError, match=r"blocks\[1\] has 39 rows, blocks\[0\] has 40"):
        function.call(among(example(39, 24)))


@every_function
@pytest.mark.parametrize("blocks", [[], None, np.ones((3, 3)), {}, "A", iter([np.eye(3)])])
def test_what_is_no_collection_is_refused(function, blocks):
    with pytest.raises((InvalidTypeError, InvalidInputError), match="blocks"):
        function.call(blocks)


@every_function
@pytest.mark.parametrize("dtype", "fdFD")
def test_blocks_of_other_types_are_widened_and_none_is_modified(function, dtype):
    blocks = among(example(dtype=dtype), "f")
    before = [A.copy() for A in blocks]
    found = function.values(function.call(blocks))
    wide = np.result_type("f", dtype)
    wanted = function.values(function.call([A.astype(wide) for A in blocks]))
    assert all(np.array_equal(A, B) for A, B in zip(blocks, before, strict=True))
    assert ratio(found, wanted, M, EPS) < PASS


@every_function
@pytest.mark.parametrize("code", ["i1", "i4", "i8", "u2", "u8", "?"])
def test_integers_and_bools_are_float64(function, code):
    A = np.random.default_rng(0).integers(0, 2, (M, N)).astype(code)
    found = function.values(function.call(among(A)))
    wanted = function.values(function.call(among(A.astype(float))))
    assert ratio(found, wanted, M, EPS) < PASS


@every_function
def test_a_generator_of_callables_is_not_needed(function):
    """Blocks that are loaded when they are indexed: a sequence of the user's own."""
    blocks = among(example())

    class Loader:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return blocks[i]

    wanted = function.values(function.call(blocks))
    assert ratio(function.values(function.call(Loader())), wanted, M, EPS) < PASS


@every_function
def test_array_api_arrays_are_taken(function):
    xp = pytest.importorskip("array_api_strict")
    blocks = among(example())
    wanted = function.values(function.call(blocks))
    found = function.values(function.call([xp.asarray(A) for A in blocks]))
    assert ratio(found, wanted, M, EPS) < PASS


def test_array_api_arrays_go_out_in_kind():
    xp = pytest.importorskip("array_api_strict")
    blocks = [xp.asarray(A) for A in among(example())]
    result = concat.concatenated_svd(blocks, RANK)
    assert all(type(field) is type(blocks[0]) for field in result)
    group = concat.grouped_svd(blocks, RANK)
    assert all(type(C) is type(blocks[0]) for C in (group.U, *group.factors))


@every_function
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_without_the_check_it_ends(function, value):
    A = example()
    A[17, 4] = value
    with np.errstate(all="ignore"):
        try:
            function.call(among(A), check_finite=False)
        except (np.linalg.LinAlgError, InvalidInputError):
            return  # an end, too
