"""Products of reflectors as panels in the compact WY form, applied by matrix products.

``H_1 ... H_b = I - V T V^H`` with ``T^{-1} = striu(V^H V) + diag(1/tau)`` (Puglisi 1992).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.wy import apply_wy, exact_gram, gram

__all__ = [
    "WIDTH",
    "Panel",
    "apply_panels",
    "make_panels",
    "scaled_columns",
    "shifted_columns",
    "unitarity_defect",
]

# Reflectors in a panel: wide enough for products at their full rate, narrow enough that the
# triangles cost little. 32 was slower by a tenth on 4096 x 512, 128 no faster.
WIDTH = 64

# A column joins a panel while the cosines with those that are in it add up to no more. Rounding in
# a panel grows with the number of its nearly parallel columns, and these are rare in panels
# of 64 random ones of length 20 and more; equal columns come in panels of 12.
_COHERENCE = 12.0

# Up to this sum ||V T||^2 is some ten at most, and the plain Gram matrix, at a third of the cost,
# leaves Q as orthogonal as the exact one (measured on 300 random vectors of length 2000: 0.012
# of the bound with it, 0.014 without).
_INCOHERENT = 1.0

# Zero rows of a panel are left out where that saves so much of all work. It needs rows of C
# that lie together, hence a copy of C that does not have them so.
_WORTH_TRIMMING = 0.2


class Panel(NamedTuple):
    """Consecutive reflectors, on the rows where they are not zero.

    `inverse` is T^{-1}; where it is None all tau are 0, and the panel is the identity.
    """

    columns: np.ndarray
    rows: slice
    V: np.ndarray
    tau: np.ndarray
    inverse: np.ndarray | None

    def cast(self, dtype: np.dtype, conjugate: bool) -> Panel:
        """Return the panel in another dtype, or its complex conjugate."""

        def change(x: np.ndarray) -> np.ndarray:
            x = np.asarray(x.astype(dtype, order="F", copy=False))
            return x.conj() if conjugate and dtype.kind == "c" else x

        inverse = None if self.inverse is None else change(self.inverse)
        return self._replace(V=change(self.V), tau=change(self.tau), inverse=inverse)


def scaled_columns(V: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return W, exponents e and norms with V = W 2^e and norms of W's columns in [1/2, 1), or 0."""
    n, k = V.shape
    if n == 0 or k == 0:
        return np.array(V, order="F"), np.zeros(k, np.int64), np.zeros(k)
    sizes = norms.column_norms(V)
    exponents = np.frexp(sizes)[1].astype(np.int64)
    # Powers of two and their products are exact well within the range of the type.
    safe = 0.75 * np.finfo(V.dtype).maxexp
    if np.isfinite(sizes).all() and np.abs(exponents).max() < safe:
        W = np.multiply(V, np.ldexp(V.dtype.type(1).real, -exponents), order="F")
        return W, exponents, np.ldexp(sizes, -exponents)
    peaks = np.abs(V.real).max(axis=0)
    if V.dtype.kind == "c":
        peaks = np.maximum(peaks, np.abs(V.imag).max(axis=0))
    first = np.frexp(peaks)[1].astype(np.int64)
    W = shifted_columns(V, -first)
    sizes = norms.column_norms(W)
    second = np.frexp(sizes)[1].astype(np.int64)
    return shifted_columns(W, -second), first + second, np.ldexp(sizes, -second)


def shifted_columns(V: np.ndarray, exponents: Any) -> np.ndarray:
    """Return V 2^exponents, F-ordered; what leaves the range goes to 0 or infinity."""
    with np.errstate(under="ignore", over="ignore"):
        out = np.empty(V.shape, V.dtype, order="F")
        if V.dtype.kind == "c":
            out.real, out.imag = np.ldexp(V.real, exponents), np.ldexp(V.imag, exponents)
        else:
            out[...] = np.ldexp(V, exponents)
    return out


def unitarity_defect(squares: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Return ||H_j^H H_j - I||_2 of each reflector, from ||v_j||^2 and tau, in float64."""
    wide = tau.astype(np.complex128)
    with np.errstate(over="ignore", invalid="ignore"):
        defect = np.abs(np.square(np.abs(wide)) * squares - 2.0 * wide.real) * squares
    return np.where(squares > 0.0, defect, 0.0)


def make_panels(V: np.ndarray, tau: np.ndarray, follows: bool, width: int = WIDTH) -> list[Panel]:
    """Cut reflectors with scaled columns into panels; reflectors with tau = 0 go by themselves.

    With `follows`, tau is 2 / ||v||^2 but for its rounding, and is taken from V.
    """
    n = V.shape[0]
    # Zero columns are not there at all. What has tau = 0 keeps its place, where its gradient is.
    there = np.flatnonzero((V != 0.0).any(axis=0))
    cuts = [there[cut] for cut in _cuts(tau[there] != 0.0, width)]
    rows = [_span(V[:, columns]) for columns in cuts]
    kept = sum(span.stop - span.start for span in rows)
    if kept > (1.0 - _WORTH_TRIMMING) * n * len(rows):
        rows = [slice(0, n)] * len(rows)
    return [
        panel
        for c, r in zip(cuts, rows, strict=True)
        for panel in _panels(np.asfortranarray(V[r][:, c]), tau[c], c, r, follows)
    ]


def _cuts(active: np.ndarray, width: int) -> Iterator[slice]:
    start = 0
    while start < active.size:
        ahead = active[start : start + width]
        changes = np.flatnonzero(ahead != ahead[0])
        stop = start + (int(changes[0]) if changes.size else ahead.size)
        yield slice(start, stop)
        start = stop


def _span(V: np.ndarray) -> slice:
    if V.size and V[0].any() and V[-1].any():
        return slice(0, V.shape[0])
    filled = np.flatnonzero((V != 0.0).any(axis=1))
    return slice(int(filled[0]), int(filled[-1]) + 1) if filled.size else slice(0, 0)


def _panels(
    V: np.ndarray, tau: np.ndarray, columns: np.ndarray, rows: slice, follows: bool
) -> Iterator[Panel]:
    if not tau.any():
        yield Panel(columns, rows, V, tau, None)
        return
    # P is as unitary as T^{-1} + T^{-H} is the Gram matrix, times up to four times the number of
    # reflectors where they are nearly parallel: it is rounded once, its diagonal like the rest.
    products = gram(V)
    cosines = _cosines(products)
    if cosines.sum(axis=0).max(initial=0.0) > _INCOHERENT:
        products = exact_gram(V)
    inverse = products.copy(order="F")  # below the diagonal it is zero
    np.fill_diagonal(inverse, products.diagonal().real / 2 if follows else 1.0 / tau)
    for cut in _coherent(cosines):
        part = np.asfortranarray(V[:, cut])
        yield Panel(columns[cut], rows, part, tau[cut], np.asfortranarray(inverse[cut, cut]))


def _cosines(products: np.ndarray) -> np.ndarray:
    """Return the strictly upper part of |cos(v_i, v_j)|, from the Gram matrix."""
    sizes = np.sqrt(products.diagonal().real)
    cosines = np.abs(products) / (sizes[:, None] * sizes)
    np.fill_diagonal(cosines, 0.0)
    return np.asarray(cosines)


def _coherent(cosines: np.ndarray) -> Iterator[slice]:
    """Cut columns with these cosines so that in no panel too many are nearly parallel."""
    start = 0
    if cosines.sum(axis=0).max(initial=0.0) > _COHERENCE:
        for j in range(1, len(cosines)):
            if cosines[start:j, j].sum() > _COHERENCE:
                yield slice(start, j)
                start = j
    yield slice(start, len(cosines))


def apply_panels(panels: Sequence[Panel], C: np.ndarray, *, adjoint: bool = False) -> None:
    """Overwrite C with P_1 ... P_m C, or with its adjoint's product, P_m^H ... P_1^H C.

    C is C-ordered, or F-ordered where no panel leaves out rows; in the dtype of the panels.
    """
    for panel in panels if adjoint else reversed(panels):
        if panel.inverse is not None:
            apply_wy(panel.V, panel.inverse, C[panel.rows], adjoint=adjoint)
