from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from linsub._core.scalars import as_choice, as_flag, as_integer, as_real
from linsub.errors import InvalidInputError, InvalidTypeError


@pytest.mark.parametrize(
    "value", [3, np.int8(3), np.uint64(3), np.array(3), np.array(3, dtype="i2")], ids=repr
)
def test_integers_come_back_as_int(value):
    result = as_integer(value, name="rank", low=0, high=3)
    assert result == 3
    assert type(result) is int


def test_integer_out_of_range_states_the_range():
    with pytest.raises(InvalidInputError, match=r"^rank must satisfy 0 <= rank <= 10, got 11$"):
        as_integer(11, name="rank", low=0, high=10)
    with pytest.raises(InvalidInputError, match=r"^rank must satisfy 0 <= rank, got -1$"):
        as_integer(-1, name="rank", low=0)
    with pytest.raises(InvalidInputError, match=r"^rank must satisfy rank <= 10, got 11$"):
        as_integer(11, name="rank", high=10)
    assert as_integer(-(10**30), name="x") == -(10**30)


@pytest.mark.parametrize("value", [True, np.True_, np.array(False)])
def test_a_bool_is_no_integer_and_no_real(value):
    with pytest.raises(InvalidTypeError, match="rank must be an integer, got the bool"):
        as_integer(value, name="rank")
    with pytest.raises(InvalidTypeError, match="tol must be a real number, got the bool"):
        as_real(value, name="tol")


@pytest.mark.parametrize("value", [3.0, np.float32(3), np.array(3.0), np.inf, Fraction(3), "3"])
def test_other_numbers_are_refused_with_a_way_out(value):
    with pytest.raises(InvalidTypeError, match=r"rank must be an integer.*pass int\(rank\)"):
        as_integer(value, name="rank")


@pytest.mark.parametrize("value", [None, "three", [3], np.array([3]), 3 + 0j, object()])
def test_what_is_no_integer_is_refused(value):
    with pytest.raises(InvalidTypeError, match="rank must be an integer, got"):
        as_integer(value, name="rank")


@pytest.mark.parametrize(
    "value", [0.5, np.float32(0.5), np.float16(0.5), np.array(0.5), Fraction(1, 2)], ids=repr
)
def test_reals_come_back_as_float(value):
    result = as_real(value, name="tol", low=0, high=1)
    assert result == 0.5
    assert type(result) is float


def test_ends_of_a_range():
    assert as_real(1, name="error", low=0, high=1) == 1.0
    with pytest.raises(InvalidInputError, match=r"^error must satisfy 0 <= error < 1, got 1$"):
        as_real(1, name="error", low=0, high=1, include=(True, False))
    with pytest.raises(InvalidInputError, match=r"^energy must satisfy 0 < energy <= 1, got 0$"):
        as_real(0.0, name="energy", low=0, high=1, include=(False, True))
    with pytest.raises(InvalidInputError, match=r"^tol must satisfy 0 <= tol, got -1e-300$"):
        as_real(-1e-300, name="tol", low=0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.float32("nan"), 10**400])
def test_reals_are_finite(value):
    with pytest.raises(InvalidInputError, match="tol must be finite, got"):
        as_real(value, name="tol")


@pytest.mark.parametrize("value", [None, "small", [0.5], np.array([0.5]), Decimal("0.5")])
def test_what_is_no_real_is_refused(value):
    with pytest.raises(InvalidTypeError, match="tol must be a real number, got"):
        as_real(value, name="tol")


def test_way_out_of_text_and_complex():
    with pytest.raises(InvalidTypeError, match=r"pass float\(tol\)"):
        as_real("1e-3", name="tol")
    with pytest.raises(InvalidTypeError, match=r"pass its real part or abs\(tol\)"):
        as_real(1 + 0j, name="tol")


def test_arrays_are_described_by_shape():
    with pytest.raises(InvalidTypeError, match=r"got an array of shape \(1000, 2\)$"):
        as_integer(np.zeros((1000, 2)), name="rank")


def test_choice():
    choices = ("auto", "lanczos", "golub-kahan")
    assert as_choice("lanczos", name="method", choices=choices) == "lanczos"
    assert type(as_choice(np.str_("auto"), name="method", choices=choices)) is str
    with pytest.raises(InvalidInputError, match="got 'lanczo'; did you mean 'lanczos'"):
        as_choice("lanczo", name="method", choices=choices)
    with pytest.raises(InvalidInputError, match="did you mean 'golub-kahan'"):
        as_choice("Golub_Kahan", name="method", choices=choices)
    with pytest.raises(InvalidInputError, match=r"'auto', 'lanczos', 'golub-kahan', got 'zzz'$"):
        as_choice("zzz", name="method", choices=iter(choices))
    with pytest.raises(InvalidTypeError, match=r"must be one of .* got None"):
        as_choice(None, name="method", choices=choices)
    with pytest.raises(InvalidInputError, match=r"got 'x{56}\.\.\.$"):
        as_choice("x" * 1000, name="method", choices=choices)


def test_flag():
    assert as_flag(np.True_, name="certify") is True
    assert as_flag(np.array(False), name="certify") is False
    for value in (0, 1, "yes", None, np.array([True])):
        with pytest.raises(InvalidTypeError, match="certify must be True or False, got"):
            as_flag(value, name="certify")


def test_integers_too_long_to_print_still_get_a_message():
    with pytest.raises(InvalidInputError, match="tol must be finite, got an integer of"):
        as_real(10**9000, name="tol")
    with pytest.raises(InvalidInputError, match="rank <= 3, got an integer of"):
        as_integer(10**9000, name="rank", high=3)
