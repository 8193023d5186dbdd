"""Whether the columns of U are orthonormal, at the price of a few products with it."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.cholesky import cholesky_qr2
from linsub._core.random import Streams
from linsub.errors import InvalidInputError

__all__ = ["orthonormal_columns", "unit_columns"]

# Up to here the Gram matrix itself costs no more than what else is done.
_GRAM = 2.0e6

# Gaussian probes z: E ||(U^H U - I) z||^2 = ||U^H U - I||_F^2. That all of four see less than a
# thirtieth of a defect of rank one has a probability below 1e-6.
_PROBES = 4
_UNSEEN = 30.0


def unit_columns(U: np.ndarray, name: str) -> float:
    """Return a measure of ||U^H U - I||_F; raise if it is beyond what float rounding explains.

    Notes
    -----
    The law of a sample moves by at most about m ||U^H U - I||_F in total variation.
    """
    N, m = U.shape
    if m == 0:
        return 0.0
    if float(N) * m * m <= _GRAM:
        defect = float(np.linalg.norm(U.conj().T @ U - np.eye(m)))
    else:
        Z = Streams(0).gaussian("probe", (m, _PROBES), U.dtype)
        beyond = U.conj().T @ (U @ Z) - Z
        defect = float(np.linalg.norm(beyond) / np.sqrt(_PROBES))
    tol = 100.0 * np.sqrt(m) * float(np.finfo(U.dtype).eps) / 1.0
    if float(N) * m * m > _GRAM:
        tol /= _UNSEEN / 10.0
    if not defect <= tol:
        raise InvalidInputError(
            f"the columns of {name} are not orthonormal: ||U^H U - I||_F is {defect:.3g} where "
            f"rounding explains {tol:.1g}; pass orthonormal='qr', or "
            f"np.linalg.qr({name})[0], for the law of its range"
        )
    return defect


def orthonormal_columns(U: np.ndarray, how: str, name: str = "U") -> np.ndarray:
    """Return U itself, checked or taken on trust, or an orthonormal basis of its range."""
    if how == "qr":
        return cholesky_qr2(U)[0]
    if how == "check":
        unit_columns(U, name)
    return U
