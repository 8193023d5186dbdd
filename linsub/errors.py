"""Exceptions and warnings.

Every message names the argument, the value that was met and the way out, as in
``A[17, 4] is nan (1 of 12000 entries is not finite)``.
Each class also derives from the built-in or NumPy class that a caller would already
be catching, so ``except ValueError`` and ``except np.linalg.LinAlgError`` keep working.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "AccuracyWarning",
    "ConvergenceError",
    "ConvergenceWarning",
    "Interrupted",
    "InvalidInputError",
    "InvalidTypeError",
    "LinsubError",
    "MissingExtraError",
    "NonFiniteError",
    "NumericalError",
    "RankDeficientError",
]


class LinsubError(Exception):
    """Base class of every exception that linsub raises on purpose."""


class InvalidInputError(LinsubError, ValueError):
    """An argument has an acceptable type and an unacceptable value."""


class InvalidTypeError(LinsubError, TypeError):
    """An argument has a type (or dtype, or device) that cannot be used."""


class NonFiniteError(InvalidInputError):
    """An array holds nan or inf; the message gives the first index and the count."""


class MissingExtraError(LinsubError, ImportError):
    """An optional dependency is absent; the message holds the install line."""


class NumericalError(LinsubError, np.linalg.LinAlgError):
    """A computation could not be completed to the accuracy that was asked for."""


class ConvergenceError(NumericalError):
    """An iteration stopped before its tolerance was met.

    Attributes
    ----------
    result : record or None
        The best result so far, with its certificate: what was computed is not lost.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.args[0], self.result))


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during long work that can hand over what was done.

    Attributes
    ----------
    result : record or None
        The best result so far; None if nothing came to an end.
    """

    def __init__(self, message: str, result: Any = None) -> None:
        super().__init__(message)
        self.result = result or None

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.args[0], self.result))


class RankDeficientError(NumericalError):
    """A factorization needs full rank and the matrix does not have it."""


class AccuracyWarning(RuntimeWarning):
    """A result is less accurate than usual, and its certificate says by how much."""


class ConvergenceWarning(RuntimeWarning):
    """An iteration stopped early and the caller asked for a warning instead of an error."""
