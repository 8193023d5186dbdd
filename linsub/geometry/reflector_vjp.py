"""The gradient of a product of reflectors, in closed form: matrix products and no loop.

For one panel ``Y = X - V W``, ``W = T V^H X``, and ``G = dL/dY``, with ``Z = T^H V^H G``,
``D = Z W^H`` and ``L = striu(D)``:

    dL/dX = G - V Z,   dL/dV = -(G W^H + X Z^H) + V (L + L^H),   dL/d(1/tau) = diag(D).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from linsub._core.dense.triangular import solve
from linsub.geometry.reflector_panels import Panel, apply_panels

__all__ = ["product_vjp"]


def product_vjp(
    panels: Sequence[Panel], X: np.ndarray, G: np.ndarray, shape: tuple[int, int], follows: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return dL/dX, dL/dV of the given `shape` and dL/dtau, for Y = P_1 ... P_m X.

    With `follows`, tau is 2 / ||v||^2 and its change counts in dL/dV.

    Notes
    -----
    The panels are walked from the left. The input of each is its output times P^H, so that no
    intermediate is stored: ``X = Y + V W`` with ``W = -T^H V^H Y``, since P is unitary.
    """
    gV, gtau = np.zeros(shape, X.dtype, order="F"), np.zeros(shape[1], X.dtype)
    # Both are overwritten.
    Y, G = np.array(X, order="C"), np.array(G, order="C")
    apply_panels(panels, Y)
    for panel in panels:
        columns, rows = panel.columns, panel.rows
        V, Vh = panel.V, panel.V.conj().T
        if panel.inverse is None:
            if not follows:
                gtau[columns] = -((Vh @ Y[rows]).conj() * (Vh @ G[rows])).sum(axis=1)
            continue
        W = -solve(panel.inverse, Vh @ Y[rows], adjoint=True)
        Z = solve(panel.inverse, Vh @ G[rows], adjoint=True)
        Y[rows] += V @ W
        D = Z @ W.conj().T
        L = np.triu(D, 1)
        middle = L + L.conj().T
        if follows:
            np.fill_diagonal(middle, D.diagonal().real)
        else:
            gtau[columns] = -D.diagonal() * np.square(1.0 / panel.tau).conj()
        # All rows: a zero of v stays one only where the caller keeps it.
        gV[:, columns] = -(G @ W.conj().T) - Y @ Z.conj().T
        gV[rows, columns] += V @ middle
        G[rows] -= V @ Z
    return G, gV, gtau
