"""What all results share: the record, the bound, the certificate and the run's info.

A function of linsub returns one :class:`Record`. It unpacks like NumPy's named tuples
(``U, S, Vh = truncated_svd(A, 10)``) and carries two attributes that are not fields:
``certificate`` (what is known about the error) and ``info`` (what the run did).
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import numpy as np

__all__ = ["Bound", "Certificate", "Info", "Kind", "Origin", "Record"]

Kind = Literal["exact", "bound", "probabilistic", "estimate"]
Origin = Literal["recomputed", "carried"]

_KINDS = ("exact", "bound", "probabilistic", "estimate")
_ORIGINS = ("recomputed", "carried")


@dataclasses.dataclass(frozen=True, eq=False)
class Bound:
    """A number (or an array of numbers) together with what it says and how surely.

    Parameters
    ----------
    value : float or ndarray
        The number, its rounding term included.
    kind : {"exact", "bound", "probabilistic", "estimate"}
        ``exact``: equal to the quantity up to rounding. ``bound``: never on the wrong
        side of it. ``probabilistic``: on the wrong side with probability at most
        `failure_prob`. ``estimate``: no guarantee.
    of : str
        The quantity, as a formula: ``"||A - U S Vh||_F"``.
    failure_prob : float, optional
        Positive for ``probabilistic`` only.
    origin : {"recomputed", "carried"}, optional
        ``recomputed`` from the input and the output alone, or ``carried`` by the
        state of an algorithm whose input is gone.
    """

    value: Any
    kind: Kind
    of: str
    failure_prob: float = 0.0
    origin: Origin = "recomputed"

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, got {self.kind!r}")
        if self.origin not in _ORIGINS:
            raise ValueError(f"origin must be one of {_ORIGINS}, got {self.origin!r}")
        if (self.kind == "probabilistic") != (self.failure_prob > 0.0):
            raise ValueError(
                f"failure_prob={self.failure_prob} does not fit kind={self.kind!r}: "
                "it is positive for 'probabilistic' and zero for the others"
            )

    def __float__(self) -> float:
        return float(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        relation = {"exact": "=", "bound": "<=", "probabilistic": "<=", "estimate": "~"}[self.kind]
        if self.of.endswith(">="):  # a lower bound says so in its formula
            relation = ""
        value = np.asarray(self.value)
        if value.ndim == 0:
            text = f"{float(value):.3e}"
        elif value.size == 0:
            text = "(empty)"
        else:
            text = f"[{value.flat[0]:.3e} ... {value.flat[-1]:.3e}]"
        surety = f" (fails with p <= {self.failure_prob:.0e})" if self.failure_prob else ""
        return " ".join(part for part in (self.of, relation, text) if part) + surety


@dataclasses.dataclass(frozen=True, eq=False)
class Certificate:
    """A set of bounds about one result. A field that is unknown is None, never True.

    Each family derives its own, with one field a quantity.
    """

    def bounds(self) -> Iterator[tuple[str, Bound]]:
        """Yield ``(name, bound)`` for every bound that is known."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Bound):
                yield field.name, value

    def __str__(self) -> str:
        rows = [(name, str(bound)) for name, bound in self.bounds()]
        width = max((len(name) for name, _ in rows), default=0)
        lines = [f"  {name:<{width}}  {text}" for name, text in rows]
        return "\n".join([f"{type(self).__name__}:", *lines])


@dataclasses.dataclass(frozen=True)
class Info:
    """What a run did.

    Parameters
    ----------
    method : str
        The engine that produced the result.
    products : int
        Matrix-vector products with A or A^H, counted one a column.
    passes : int
        Times that A was read from beginning to end.
    converged : bool
        Whether the stopping criterion of `method` was met.
    iterations : int
        Steps of the engine; 0 for a direct method.
    notes : tuple of str
        What a careful user should know: fallbacks taken, restarts, injected probes.
    details : dict
        Figures that belong to one engine only.
    """

    method: str
    products: int = 0
    passes: int = 0
    converged: bool = True
    iterations: int = 0
    notes: tuple[str, ...] = ()
    details: dict[str, Any] = dataclasses.field(default_factory=dict)


class Record(tuple[Any, ...]):
    """A named tuple with the attributes ``certificate`` and ``info``.

    A subclass lists its fields in ``_fields``. Rebuilding a record from its fields
    alone, ``type(r)(*r)``, as tree libraries do, gives a record whose certificate is
    None: nothing is known about fields that may have been changed.
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    certificate: Any
    info: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for index, name in enumerate(cls._fields):
            setattr(cls, name, property(operator.itemgetter(index)))
        type.__setattr__(cls, "__match_args__", cls._fields)

    def __new__(
        cls, *fields: Any, certificate: Any = None, info: Any = None, **named: Any
    ) -> Record:
        names = cls._fields
        values = list(fields)
        for name in names[len(values) :]:
            if name not in named:
                break
            values.append(named.pop(name))
        if named or len(values) != len(names):
            raise TypeError(f"{cls.__name__} takes exactly the fields {', '.join(names)}")
        self = super().__new__(cls, values)
        self.certificate = certificate
        self.info = info
        return self

    @classmethod
    def _make(cls, values: Any) -> Record:
        return cls(*values)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **changes: Any) -> Record:
        """Return a record with some fields replaced and no certificate."""
        fields = self._asdict()
        unknown = set(changes) - set(fields)
        if unknown:
            raise ValueError(f"{type(self).__name__} has no field {sorted(unknown)}")
        return type(self)(**{**fields, **changes})

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return tuple(self), {"certificate": self.certificate, "info": self.info}

    def __getstate__(self) -> None:
        return None

    def __repr__(self) -> str:
        parts = []
        for name, value in self._asdict().items():
            shape = getattr(value, "shape", None)
            if shape is not None and len(shape) > 0:
                parts.append(f"{name}=<{'x'.join(map(str, shape))} {value.dtype}>")
            else:
                parts.append(f"{name}={value!r}")
        method = f", method={self.info.method!r}" if self.info is not None else ""
        certified = "" if self.certificate is None else ", certified"
        return f"{type(self).__name__}({', '.join(parts)}{method}{certified})"
