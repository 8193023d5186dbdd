"""The fields that spaces are over: the reals, the rationals, and GF(p)."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["RATIONAL", "REAL", "Field", "as_field", "is_prime"]

# A product of two residues and a third one must fit into 64 bits.
_LARGEST = 2**31


class Field(NamedTuple):
    """A field by its name; p is 0 where it is not GF(p)."""

    name: str
    p: int = 0

    @property
    def exact(self) -> bool:
        return self.name != "real"

    @property
    def given(self) -> str | int:
        """What a user passes to mean this field."""
        return self.p or self.name


REAL = Field("real")
RATIONAL = Field("rational")


def as_field(field: Any) -> Field:
    """Return the field that the caller means: "real", "rational" or a prime p.

    Raises
    ------
    InvalidTypeError, InvalidInputError
    """
    if isinstance(field, str):
        name = scalars.as_choice(field, name="field", choices=("real", "rational"))
        return REAL if name == "real" else RATIONAL
    if isinstance(field, float | np.floating):
        raise InvalidTypeError(f"field must be 'real', 'rational' or a prime, got {field!r}")
    p = scalars.as_integer(field, name="field")
    if p >= _LARGEST:
        raise InvalidInputError(
            f"field={p} is no prime below 2**31, where residues are multiplied in 64 bits; "
            "for larger ones use python-flint, or field='rational' if that will do"
        )
    if not is_prime(p):
        raise InvalidInputError(
            f"field={p} is not prime, and the integers modulo {p} are no field; "
            "pass 'real', 'rational' or a prime (fields of prime powers are not supported)"
        )
    return Field(f"GF({p})", p)


@functools.cache
def is_prime(p: int) -> bool:
    """Tell whether p < 2**31 is prime, by trial division."""
    if p < 4:
        return p > 1
    if p % 2 == 0:
        return False
    divisor = 3
    while divisor * divisor <= p:
        if p % divisor == 0:
            return False
        divisor += 2
    return True
