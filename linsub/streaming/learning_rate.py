"""Rates of Oja's rule, as functions of the number of the row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["RATES", "LearningRate", "as_learning_rate"]

RATES = ("constant", "inverse", "adagrad", "doubling")

LearningRate = str | Callable[[int], float]


def as_learning_rate(rule: Any, eta0: Any, beta: Any) -> tuple[LearningRate, float | None, float]:
    """Return the rule and its two numbers, or say what does not fit."""
    if not callable(rule):
        rule = scalars.as_choice(rule, name="learning_rate", choices=RATES)
    beta = scalars.as_real(beta, name="beta", low=0.0)
    if callable(rule) or rule == "adagrad":
        if eta0 is not None and callable(rule):
            raise InvalidInputError(f"eta0={eta0!r} has no use beside a function; let it scale")
        scale = None if eta0 is None else scalars.as_real(eta0, name="eta0", low=0.0)
        return rule, scale, beta
    if eta0 is None:
        raise InvalidInputError(
            f"learning_rate={rule!r} needs eta0: a rate in units of one over a squared row norm, "
            "or pass learning_rate='adagrad', which needs none"
        )
    return rule, scalars.as_real(eta0, name="eta0", low=0.0), beta


def rates(rule: LearningRate, eta0: float | None, beta: float, first: int, n: int) -> np.ndarray:
    """Return the rates of rows number `first` to ``first + n - 1``, the first row being 1."""
    t = np.arange(first, first + n, dtype=np.float64)
    if callable(rule):
        return _called(rule, first, n)
    assert eta0 is not None
    if rule == "constant":
        return np.full(n, eta0)
    if rule == "inverse":
        return eta0 / (beta + t)
    length = np.exp2(np.frexp(t)[1] - 1.0)  # of the block that row t lies in
    return np.asarray(eta0 * (1.0 + np.log(length)) / length)


def _called(rule: Callable[[int], float], first: int, n: int) -> np.ndarray:
    found = np.empty(n)
    for i in range(n):
        value = rule(first + i)
        try:
            found[i] = scalars.as_real(value, name="learning_rate", low=0.0)
        except (InvalidInputError, InvalidTypeError) as error:
            raise type(error)(f"learning_rate({first + i}) is no rate: {error}") from error
    return found
