"""What the one-pass bases share: rows in any blocks, all or nothing, saved and resumed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import numpy as np

from linsub._core import arrays, scalars
from linsub._core import state as files
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.streaming.oja_rule import kernel_rows
from linsub.streaming.rows import NanPolicy, as_rows

__all__ = ["RowStream", "State", "dense_panels", "orthonormal_rows", "shift"]

_VERSION = 1

# Up to this, 2^p is a normal number.
_PLAIN = 1000

# Rows of a sparse block that are made dense at a time.
_DENSE_ROWS = 256

State = dict[str, Any]


class RowStream:
    """Base of the classes that turn rows into a basis; subclasses say what a row does to it.

    The state is one flat dict, replaced as a whole when a block is done: no array in it is ever
    changed, but for rows that wait behind the ``waiting`` ones in ``buffer``.
    """

    _KIND: ClassVar[str]
    _OPTIONS: ClassVar[tuple[str, ...]]

    def __init__(
        self, n_components: int, *, start: Any, nan_policy: NanPolicy, rng: RNGLike
    ) -> None:
        self.n_components = scalars.as_integer(n_components, name="n_components", low=1)
        self.nan_policy: NanPolicy = scalars.as_choice(  # type: ignore[assignment]
            nan_policy, name="nan_policy", choices=("raise", "omit")
        )
        self._streams = Streams(rng)
        self._start = None if start is None else self._as_start(start)
        self._home = arrays.Home()
        self._state: State | None = None

    # ------------------------------------------------------------------ growing

    def update(self, X: Any) -> Self:
        """Take in a block of rows.

        Parameters
        ----------
        X : array_like or sparse, (b, d)
            Any b, 0 too; how rows are split into blocks makes no difference, not in the last
            bit. Never modified.

        Returns
        -------
        object
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            The state is then what it was before.
        """
        known = None if self._state is None else self.n_features
        rows = kernel_rows(X, known, nan_policy=self.nan_policy)
        state = dict(self._begun(rows.shape[1]) if self._state is None else self._state)
        if not self._absorb(state, rows):
            rows = as_rows(X, known, nan_policy=self.nan_policy)
            state = dict(self._begun(rows.shape[1]) if self._state is None else self._state)
            self._absorb(state, rows)
        if self._state is None:
            self._home = arrays.home(X)
        self._state = state
        return self

    @property
    def n_features(self) -> int:
        """Length of a row; 0 before the first block."""
        return 0 if self._state is None else int(self._state["V"].shape[1])

    @property
    def n_rows(self) -> int:
        """Number of rows so far, those that were omitted not counted."""
        return 0 if self._state is None else int(self._state["rows"])

    def _known(self) -> State:
        if self._state is None:
            raise InvalidInputError("there is no block yet: call update() first")
        return self._state

    # ------------------------------------------------------------------ for subclasses

    def _fresh(self, d: int) -> State:
        """Return what the state has at the beginning, beside ``V``, ``rows`` and ``exponent``."""
        raise NotImplementedError

    def _absorb(self, state: State, rows: Any) -> bool:
        """Put rows into a state that is ours to fill; False where a row is not finite."""
        raise NotImplementedError

    def _begun(self, d: int) -> State:
        k = self.n_components
        if k > d:
            raise InvalidInputError(
                f"n_components={k} and rows have {d} entries; pass n_components={d} at most"
            )
        if self._start is None:
            start = self._streams.gaussian("start", (d, k)).T
        else:
            start = self._start
            if start.shape[1] != d:
                raise InvalidInputError(f"start has shape {start.shape} and rows have {d} entries")
        V, _ = orthonormal_rows(start)
        return {"V": V, "rows": 0, "exponent": 0, "seen": False, **self._fresh(d)}

    def _as_start(self, start: Any) -> np.ndarray:
        V = arrays.as_matrix(start, name="start")
        if V.dtype.kind == "c":
            raise InvalidTypeError("start is complex and streams are real; pass a real start")
        if V.shape[0] != self.n_components:
            raise InvalidInputError(
                f"start has shape {V.shape}; it needs n_components={self.n_components} rows"
            )
        V = np.array([shift(row, -_exponent(row)) for row in V.astype(np.float64)])
        _, R = orthonormal_rows(V)
        if not np.all(np.abs(R) > V.shape[1] * np.finfo(np.float64).eps):
            raise InvalidInputError("start has dependent rows; pass independent ones, or None")
        return V

    def _batches(self, state: State, rows: Any, size: int) -> Iterator[np.ndarray | None]:
        """Yield batches of so many rows as they get full; None where a row is not finite.

        What is left waits in ``buffer``. A batch is always a whole array of its own, so that
        products of it do not depend on where it came from.
        """
        buffer, filled = state["buffer"], state["waiting"]
        d = state["V"].shape[1]
        first, n = 0, rows.shape[0]
        while first < n:
            take = min(size - filled, n - first)
            if buffer.shape[0] < size:
                wider = np.empty((size, d))
                wider[:filled] = buffer[:filled]
                buffer = wider
            part: Any = rows[first : first + take]
            buffer[filled : filled + take] = (
                part if isinstance(part, np.ndarray) else part.toarray()
            )
            with np.errstate(invalid="ignore"):
                if not np.isfinite(norms.max_abs(buffer[filled : filled + take])):
                    yield None
                    return
            first, filled = first + take, filled + take
            if filled == size:
                yield buffer
                buffer, filled = np.empty((0, d)), 0
        state["buffer"], state["waiting"] = buffer, filled

    def _scaled(self, state: State, batch: np.ndarray, quadratic: tuple[str, ...]) -> np.ndarray:
        """Return the batch over a power of two that keeps the largest entry so far near 1.

        The entries of the state named in `quadratic`, which go as its square, follow.
        """
        own = _exponent(batch)
        if not state["seen"] and batch.any():
            state["seen"], state["exponent"] = True, own
        elif state["seen"] and own > state["exponent"] and batch.any():
            for name in quadratic:
                state[name] = shift(state[name], 2 * (state["exponent"] - own))
            state["exponent"] = own
        return np.asarray(shift(batch, -state["exponent"]))

    def _renewed_rows(self, S: np.ndarray, state: State) -> np.ndarray:
        """Return orthonormal rows for S; random ones where it has not k directions.

        What LAPACK would put there are axes, to which a stream may be orthogonal.
        """
        V, sizes = orthonormal_rows(S)
        lost = sizes <= S.shape[1] * np.finfo(np.float64).eps * sizes.max(initial=0.0)
        if not lost.any():
            return V
        fill = self._streams.gaussian("start", S.shape[::-1], block=(1, state["taken"])).T
        found = np.concatenate([V[~lost], fill[lost]])
        order = np.argsort(np.concatenate([np.flatnonzero(~lost), np.flatnonzero(lost)]))
        renewed, _ = orthonormal_rows(found)
        return np.asarray(renewed[order])

    # ------------------------------------------------------------------ saving

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the stream to a file that :meth:`load` goes on from, to the last bit."""
        files.check_writable(path, "path")
        content = {name: getattr(self, name) for name in self._OPTIONS}
        content |= {"n_components": self.n_components, "nan_policy": self.nan_policy}
        content["entropy"] = self._streams.entropy
        if self._start is not None:
            content["start"] = self._start
        for name, value in (self._state or {}).items():
            if name == "buffer":
                value = value[: self._known()["waiting"]]
            content[f"state_{name}"] = value
        files.save(path, self._KIND, _VERSION, content)

    @classmethod
    def load(cls, path: str | os.PathLike[str], **replaced: Any) -> Self:
        """Read a stream that :meth:`save` wrote.

        Parameters
        ----------
        path : path
        **replaced : object
            Options that a file cannot hold, such as a learning rate that is a function.

        Raises
        ------
        InvalidInputError
            If the file holds something else, or is damaged.
        """
        _, content = files.load(path, cls._KIND, {_VERSION})
        try:
            options = {name: content[name] for name in (*cls._OPTIONS, "nan_policy")}
            stream = cls(content["n_components"], **{**options, **replaced})
            stream._streams = Streams.replay(content["entropy"])
            stream._start = content.get("start")
        except KeyError as error:
            raise InvalidInputError(f"{path} is damaged: it has no {error}") from error
        found = {
            name.removeprefix("state_"): value
            for name, value in content.items()
            if name.startswith("state_")
        }
        stream._state = found or None
        return stream

    def __copy__(self) -> Self:
        # The room for rows that wait must not be shared.
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        if self._state is not None:
            twin._state = dict(self._state)
            if "buffer" in self._state:
                twin._state["buffer"] = self._state["buffer"].copy()
        return twin

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_components={self.n_components}, "
            f"n_features={self.n_features}, n_rows={self.n_rows})"
        )


def orthonormal_rows(V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with the span of each leading set of rows of V, and their sizes beyond it."""
    Q, R = qr(V.T)
    sizes = R.diagonal()
    # Continuous where V is: LAPACK's own signs are not.
    return np.ascontiguousarray(Q.T * np.where(sizes < 0.0, -1.0, 1.0)[:, None]), np.abs(sizes)


def shift(X: Any, p: Any) -> Any:
    """Return 2^p X; numbers that get too small become 0."""
    with np.errstate(under="ignore", over="ignore"):
        if np.abs(p).max(initial=0) < _PLAIN:
            return X * np.ldexp(1.0, p)  # the same bits at a tenth of the time
        return np.ldexp(X, p)


def _exponent(X: np.ndarray) -> int:
    return int(np.frexp(norms.max_abs(X))[1])


def dense_panels(rows: Any) -> Iterator[np.ndarray]:
    """Yield the rows in dense panels; a dense block is one."""
    if isinstance(rows, np.ndarray):
        yield rows
        return
    for first in range(0, rows.shape[0], _DENSE_ROWS):
        yield rows[first : first + _DENSE_ROWS].toarray()
