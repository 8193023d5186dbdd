"""Nothing may depend on the unit of A: powers of two change the exponents of results alone."""

import numpy as np
import pytest
from scipy import sparse

from linsub.testing.ratios import PASS
from tests.public_table import FUNCTIONS, example, operator, ratio

every_function = pytest.mark.parametrize("function", FUNCTIONS, ids=repr)
takes_operators = pytest.mark.parametrize(
    "function",
    [f for f in FUNCTIONS if "operator" in f.takes and f.name != "truncated_svd-error"],
    ids=repr,
)


@every_function
@pytest.mark.parametrize("exponent", [-900, -500, -40, 40, 500, 900])
def test_powers_of_two_change_nothing_but_the_exponent(function, exponent):
    A = example()
    plain = function.call(A)
    scaled = function.call(np.ldexp(A, exponent))
    for x, y in zip(function.values(scaled), function.values(plain), strict=True):
        assert np.array_equal(x, np.ldexp(y, exponent))
    if isinstance(plain, int):
        assert plain == scaled
    if hasattr(plain, "certificate"):
        certificates_differ_by(plain.certificate, scaled.certificate, exponent)


def certificates_differ_by(plain, scaled, exponent):
    for (name, one), (_, two) in zip(plain.bounds(), scaled.bounds(), strict=True):
        power = 0 if name == "orthogonality" else exponent
        assert one.kind == two.kind
        assert np.array_equal(np.asarray(two), np.ldexp(np.asarray(one), power)), name


@every_function
@pytest.mark.parametrize("exponent", [-90, -40, 40, 90])
def test_powers_of_two_in_single_precision(function, exponent):
    A = example(dtype="f4")
    options = {"dtype": "f4"} if function.name == "single_pass_svd" else {}
    plain = function.call(A, **options)
    scaled = function.call(np.ldexp(A, exponent), **options)
    for x, y in zip(function.values(scaled), function.values(plain), strict=True):
        # Entries near the bottom of the range are rounded by the ldexp itself.
        assert ratio((x,), (np.ldexp(y, exponent),), 40, 2.0**-23) < PASS
    if isinstance(plain, tuple) and exponent > 0 and "S" in plain._fields:
        assert np.array_equal(scaled.S, np.ldexp(plain.S, exponent))


@takes_operators
@pytest.mark.parametrize("exponent", [-900, 900])
def test_powers_of_two_of_an_operator(function, exponent):
    if function.name == "numerical_rank":
        pytest.skip("its result has no unit")
    A = example()
    plain = function.values(function.call(operator(A)))
    scaled = function.values(function.call(operator(np.ldexp(A, exponent))))
    for x, y in zip(scaled, plain, strict=True):
        assert ratio((np.ldexp(x, -exponent),), (y,), 40, np.finfo(float).eps) < PASS


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if "sparse" in f.takes], ids=repr)
@pytest.mark.parametrize("exponent", [-900, 900])
def test_powers_of_two_of_a_sparse_matrix(function, exponent):
    A = example()
    A[np.abs(A) < 0.02] = 0.0
    plain = function.values(function.call(sparse.csr_array(A)))
    scaled = function.values(function.call(sparse.csr_array(np.ldexp(A, exponent))))
    for x, y in zip(scaled, plain, strict=True):
        assert np.array_equal(x, np.ldexp(y, exponent))
