"""What the streams that can be merged share: one state, replaced as a whole, and its boundary."""

from __future__ import annotations

from typing import Any, ClassVar

from linsub._core import arrays, scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.streaming.result import EigResult
from linsub.streaming.rows import NanPolicy, as_rows

__all__ = ["MergeableStream"]


class MergeableStream:
    """Base of the sketches of rows; subclasses say what rows and other states do to the state.

    The state has ``n_samples``, ``n_omitted`` and ``copied()``, and is None before the first block.
    """

    # What the messages call it.
    _NOUN: ClassVar[str]

    def __init__(self, n_features: int | None, nan_policy: NanPolicy) -> None:
        self._width = (
            None if n_features is None else scalars.as_integer(n_features, name="n_features", low=1)
        )
        self.nan_policy: NanPolicy = scalars.as_choice(  # type: ignore[assignment]
            nan_policy, name="nan_policy", choices=("raise", "omit")
        )
        self._state: Any = None
        self._home = arrays.Home()
        self._cache: dict[str, Any] = {}

    @staticmethod
    def _length(state: Any) -> int:
        """Return the length of a row of a state."""
        raise NotImplementedError

    @property
    def n_features(self) -> int | None:
        """Length of a row; None before it is known."""
        return self._width if self._state is None else self._length(self._state)

    @property
    def n_samples(self) -> int:
        """Rows seen, without those that were omitted."""
        return 0 if self._state is None else int(self._state.n_samples)

    @property
    def n_omitted(self) -> int:
        """Rows dropped by ``nan_policy="omit"``."""
        return 0 if self._state is None else int(self._state.n_omitted)

    def _rows(self, X: Any) -> tuple[Any, int]:
        """Return a block of rows as the algorithms want it, and how many were omitted."""
        rows = as_rows(X, self.n_features, nan_policy=self.nan_policy)
        given = X.shape[0] if hasattr(X, "shape") else len(X)
        return rows, int(given) - int(rows.shape[0])

    def _check_merge(
        self, other: Any, kind: type[MergeableStream], options: tuple[str, ...], way_out: str = ""
    ) -> None:
        """Raise unless `other` is of the kind and agrees in the options and the width."""
        if not isinstance(other, kind):
            raise InvalidTypeError(
                f"other must be a {kind.__name__}, got {type(other).__name__}; append rows "
                "with update()"
            )
        for name in options:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                raise InvalidInputError(
                    f"other has {name}={theirs!r} and this {self._NOUN} has {name}={mine!r}"
                    f"{way_out}"
                )
        if None not in (self.n_features, other.n_features) and self.n_features != other.n_features:
            raise InvalidInputError(
                f"other has n_features={other.n_features} and this {self._NOUN} has "
                f"n_features={self.n_features}"
            )

    def _handed_over(self, found: EigResult) -> EigResult:
        """Return a top eigenvector in the caller's own array type."""
        vector, *rest = found
        return EigResult(
            self._home.give_back(vector), *rest, certificate=found.certificate, info=found.info
        )

    def _commit(self, state: Any, home: arrays.Home) -> None:
        # All that is known of the rows is in the state: an interrupt changes it whole or not.
        self._cache, self._home = {}, home
        self._state = state

    def __getstate__(self) -> dict[str, Any]:
        # Without the room for rows that are still to come, and without what can be found again.
        state = None if self._state is None else self._state.copied()
        return {**self.__dict__, "_state": state, "_cache": {}}
