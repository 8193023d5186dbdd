"""Subspace tracking: PAST, OPAST and GROUSE."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from linsub._core import scalars
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub._core.dense.triangular import solve
from linsub._core.random import RNGLike
from linsub.errors import InvalidInputError
from linsub.results import Info
from linsub.streaming.basis_result import BasisResult, basis_result
from linsub.streaming.row_stream import RowStream, State, dense_panels, orthonormal_rows, shift
from linsub.streaming.rows import NanPolicy

__all__ = ["SubspaceTracker"]

_METHODS = ("past", "opast", "grouse")

# Rows after which a basis that is orthonormal by construction is made so again: rounding of
# 500 rows is some 1e-15.
_RENEW = 512

# A row more than 2^200 above the first counts as 2^200 above it: either outweighs all others.
_HIGHEST = 200

# Of a row along or beyond the subspace, less than this multiple of sqrt(d) eps is rounding.
_NOTHING = 4.0


class SubspaceTracker(RowStream):
    """A subspace that follows the rows of a stream, O(d k) a row.

    Parameters
    ----------
    n_components : int, optional
    method : {"opast", "past", "grouse"}, optional
        ``past`` and ``opast`` minimize ``sum_i forgetting^(t-i) ||a_i - V^T y_i||^2`` with each y_i
        frozen when it was met; the basis of ``opast`` is orthonormal all the time.
        ``grouse`` turns the subspace along the geodesic towards each row.
    forgetting : float, optional
        In (0, 1], for ``past`` and ``opast``: what older rows are multiplied by at each row.
    step : float, optional
        In (0, 1], for ``grouse``: the share of the angle to the row by which it turns; after a
        step of 1 the row lies in the subspace.
    start : array_like of shape (n_components, d), optional
        Where to begin; by default random directions.
    nan_policy : {"raise", "omit"}, optional
        ``omit`` drops rows that are not finite.
    rng : {None, int, Generator}, optional

    Attributes
    ----------
    n_rows, n_features : int

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    linsub.svd.SlidingWindowSVD : the last rows, with certificates, at a higher price.
    linsub.geometry.rank_one_geodesic_step : one step, of any size.

    Notes
    -----
    *Algorithm.* Yang 1995 (PAST), with the inverse correlation as the square of a root (Potter), so
    that it stays positive; Abed-Meraim, Chkeif and Hua 2000 (OPAST): the same step, and the
    inverse square root of ``I + ||p||^2 g g^T`` in closed form; Balzano, Nowak and Recht 2010
    (GROUSE). GROUSE leaves the subspace where a row lies in it or is orthogonal to it (there
    is no direction to turn). Rows are scaled by the first that is not zero. *Cost.* 8 n d k
    flops; twice that to be orthonormal. *Accuracy.* ``V V^T = I`` to rounding after any number of
    rows (claim ``streaming-tracker-orthonormal``); a row is contained after a whole
    step (claim ``streaming-grouse``). `deviations` are those of the rows' coordinates as they
    were met, under the weights of the method; None for ``grouse``, which does not
    know how long rows are.

    References
    ----------
    Yang, "Projection approximation subspace tracking", IEEE Trans. Signal Process. 43 (1995);
    Abed-Meraim, Chkeif and Hua, IEEE Signal Process. Lett. 7 (2000); Balzano, Nowak and Recht,
    Allerton 2010, arXiv 1006.4046.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import SubspaceTracker
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((500, 2)) @ np.eye(6)[:2]
    >>> components, _ = SubspaceTracker(2, forgetting=0.95, rng=0).update(X).result()
    >>> bool(abs(components[:, 2:]).max() < 1e-6)
    True
    """

    _KIND = "subspace-tracker"
    _OPTIONS = ("method", "forgetting", "step")

    def __init__(
        self,
        n_components: int = 1,
        method: Literal["opast", "past", "grouse"] = "opast",
        *,
        forgetting: float = 1.0,
        step: float = 1.0,
        start: Any = None,
        nan_policy: NanPolicy = "raise",
        rng: RNGLike = None,
    ) -> None:
        super().__init__(n_components, start=start, nan_policy=nan_policy, rng=rng)
        self.method = scalars.as_choice(method, name="method", choices=_METHODS)
        ends = (False, True)
        self.forgetting = scalars.as_real(
            forgetting, name="forgetting", low=0.0, high=1.0, include=ends
        )
        self.step = scalars.as_real(step, name="step", low=0.0, high=1.0, include=ends)
        if self.method == "grouse" and self.forgetting != 1.0:
            raise InvalidInputError(
                f"forgetting={self.forgetting:g} has no meaning for method='grouse'; pass step="
            )
        if self.method != "grouse" and self.step != 1.0:
            raise InvalidInputError(
                f"step={self.step:g} has no meaning for method={self.method!r}; pass forgetting="
            )

    def result(self) -> BasisResult:
        """Return the subspace as it is; the stream can go on.

        Returns
        -------
        BasisResult
            With ``past`` and ``opast`` along the principal directions of the coordinates.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        state = self._known()
        V, deviations = state["V"], None
        details = {"rows": state["rows"], "turned": state["turned"]}
        if self.method == "past":
            V = orthonormal_rows(V)[0]
        if self.method != "grouse":
            # P^-1 = S^-T S^-1 is the correlation of the coordinates.
            _, S, Uh = svd(_inverse(state["S"]))
            V = Uh @ V
            weight = math.sqrt(state["weight"])
            deviations = shift(S / weight, state["exponent"]) if weight else 0.0 * S
        return basis_result(V, deviations, self._home, Info(self.method, details=details))

    def _fresh(self, d: int) -> State:
        return {"S": np.eye(self.n_components), "weight": 0.0, "turned": 0}

    def _absorb(self, state: State, rows: Any) -> bool:
        state["V"], state["S"] = state["V"].copy(), state["S"].copy()
        for panel in dense_panels(rows):
            with np.errstate(invalid="ignore"):
                if not np.isfinite(norms.max_abs(panel)):
                    return False
            self._follow(state, self._rescaled(state, panel))
        return True

    def _rescaled(self, state: State, X: np.ndarray) -> np.ndarray:
        """Return the rows that are not zero near 1, at one scale where sizes count."""
        state["rows"] += X.shape[0]
        peaks = np.abs(X).max(axis=1, initial=0.0).astype(np.float64)
        X, peaks = X[peaks > 0.0].astype(np.float64), peaks[peaks > 0.0]
        own = np.frexp(peaks)[1]
        if not state["seen"] and own.size:
            state["seen"], state["exponent"] = True, int(own[0])
        if self.method == "grouse":
            return np.asarray(shift(X, -own[:, None]))
        above = np.maximum(own - state["exponent"] - _HIGHEST, 0)
        return np.asarray(shift(X, -(state["exponent"] + above)[:, None]))

    def _follow(self, state: State, X: np.ndarray) -> None:
        from linsub.streaming._kernels.tracking import grouse_rows, past_rows

        d, first = X.shape[1], 0
        nothing = _NOTHING * math.sqrt(d) * float(np.finfo(np.float64).eps)
        while first < X.shape[0]:
            stop = min(X.shape[0], first + _RENEW - state["turned"] % _RENEW)
            part = X[first:stop]
            if self.method == "grouse":
                grouse_rows(part, state["V"], self.step, nothing)
            else:
                orthonormal = self.method == "opast"
                past_rows(part, state["V"], state["S"], self.forgetting, orthonormal, nothing)
                for _ in range(len(part)):
                    state["weight"] = self.forgetting * state["weight"] + 1.0
            state["turned"] += stop - first
            first = stop
            if state["turned"] % _RENEW == 0 and self.method != "past":
                state["V"] = orthonormal_rows(state["V"])[0]


def _inverse(S: np.ndarray) -> np.ndarray:
    """Return S^-1 to the accuracy of each row, whatever the sizes of the columns of S."""
    sizes = norms.column_norms(S)
    eps = float(np.finfo(np.float64).eps)
    # Rows of sizes beyond the digits of a double can cancel a column wholly.
    least = eps * float(sizes[sizes > 0.0].min(initial=1.0))
    sizes = np.where(sizes > 0.0, sizes, least)
    Q, R = qr(S / sizes)
    lost = np.flatnonzero(np.abs(R.diagonal()) < eps)
    R[lost, lost] = eps
    return np.asarray(solve(R, Q.T) / sizes[:, None])
