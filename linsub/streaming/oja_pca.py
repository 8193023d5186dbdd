"""Oja's rule for several components, with rates that follow a rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import locked
from linsub._core.dense import norms
from linsub._core.random import RNGLike
from linsub.results import Info
from linsub.streaming.basis_result import BasisResult, basis_result
from linsub.streaming.learning_rate import LearningRate, as_learning_rate, rates
from linsub.streaming.oja_rule import run_oja
from linsub.streaming.row_stream import RowStream, State, dense_panels, orthonormal_rows, shift
from linsub.streaming.rows import NanPolicy

__all__ = ["OjaPCA"]

# The components are made orthonormal before their condition number can exceed exp(7) = 1100,
# which costs three digits of sixteen of the last ones, and 700 rows pay for one QR where
# eta ||a||^2 is 0.01.
_STRAIN = 7.0

# A coefficient above 2^64 divides the components instead of multiplying the rows.
_LARGE = 64

_ADAGRAD_BATCH = 32


class OjaPCA(RowStream):
    """Leading eigenvectors of ``A^T A`` by Oja's rule, row after row.

    ``V <- (I + eta_t a_t a_t^T) V`` for the columns of V, made orthonormal from left to right when
    they must be.

    Parameters
    ----------
    n_components : int, optional
    learning_rate : {"adagrad", "constant", "inverse", "doubling"} or callable, optional
        Rates of the row number t = 1, 2, ...: ``eta0``; ``eta0 / (beta + t)``;
        ``eta0 (1 + ln L) / L`` in the block of L = 1, 2, 4, 8, ... rows that t lies in, for
        streams whose length is not known; a function of t. With ``adagrad`` each component is
        moved by its gradient over the root of the sum of its squared gradients, which needs no
        rate and does not depend on the unit of the rows.
    eta0 : float, optional
        In units of one over a squared row norm, from 0; with ``adagrad`` a factor, 1 by default.
    beta : float, optional
    batch : int, optional
        Rows that meet the same V, 1 by default and 32 with ``adagrad``: ``V <- V + X^T diag(eta) X
        V``, which is not the product of their factors. Rows of a batch that is not full wait.
    start : array_like of shape (n_components, d), optional
        Where to begin; by default random directions.
    nan_policy : {"raise", "omit"}, optional
        ``omit`` drops rows that are not finite; they do not count.
    rng : {None, int, Generator}, optional

    Attributes
    ----------
    n_rows, n_features : int

    Raises
    ------
    InvalidInputError, InvalidTypeError

    See Also
    --------
    oja : the bare rule for one vector.
    HistoryPCA : needs no rate.

    Notes
    -----
    *Algorithm.* Oja 1982; for several components with the QR factorization, which is done before
    their condition number exceeds 1100: the spans do not depend on when. A row with
    ``eta ||a||^2 > 1000`` is taken exactly, by one reflection. ``adagrad`` is AdaOja with
    ``b_0 = 0`` instead of 1e-5, so that it has no unit. *Cost.* 4 n d k flops, and 4 d k^2 a QR.
    *Accuracy.* Error laws for independent rows: claims ``streaming-oja-decaying``,
    ``streaming-oja-constant``. Nothing is certified but orthogonality; `deviations` come from how
    much the components grew (from the rows as they met them, for batches), the time before they
    had converged included.

    References
    ----------
    Oja, J. Math. Biol. 15 (1982); Jain et al., COLT 2016, arXiv 1602.06929; Henriksen and Ward,
    "AdaOja", arXiv 1905.12115; Kumar et al. on blocks that double.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import OjaPCA
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((2000, 5)) * [5.0, 3.0, 1.0, 1.0, 1.0]
    >>> pca = OjaPCA(2, "inverse", eta0=1.0, beta=20.0, rng=0)
    >>> components, deviations = pca.update(X[:1500]).update(X[1500:]).result()
    >>> bool(abs(components[0, 0]) > 0.99 and abs(components[1, 1]) > 0.99)
    True
    """

    _KIND = "oja-pca"
    _OPTIONS = ("learning_rate", "eta0", "beta", "batch")

    def __init__(
        self,
        n_components: int = 1,
        learning_rate: LearningRate = "adagrad",
        *,
        eta0: float | None = None,
        beta: float = 0.0,
        batch: int | None = None,
        start: Any = None,
        nan_policy: NanPolicy = "raise",
        rng: RNGLike = None,
    ) -> None:
        super().__init__(n_components, start=start, nan_policy=nan_policy, rng=rng)
        self.learning_rate, self.eta0, self.beta = as_learning_rate(learning_rate, eta0, beta)
        if batch is None:
            batch = _ADAGRAD_BATCH if self.learning_rate == "adagrad" else 1
        self.batch = scalars.as_integer(batch, name="batch", low=1)

    def result(self) -> BasisResult:
        """Return the components so far; the stream can go on.

        Rows that wait count as a last batch, on a copy.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        state = dict(self._known())
        n = state["rows"]
        if self._in_batches:
            if state["waiting"]:
                self._step(state, state["buffer"][: state["waiting"]])
            mean = state["energy"] / max(n, 1)
            deviations = shift(np.sqrt(np.maximum(mean, 0.0)), state["exponent"])
        else:
            self._renewed(state)
            total = state["total"]
            growth = state["growth"]
            # Not the root of the quotient, which overflows for rates near the smallest numbers.
            size = np.sqrt(np.maximum(growth, 0.0))
            deviations = size / math.sqrt(total) if total > 0.0 else 0.0 * growth
        details = {"rows": n, "learning_rate": self.learning_rate, "batch": self.batch}
        return basis_result(state["V"], deviations, self._home, Info("oja", details=details))

    # ------------------------------------------------------------------ private

    @property
    def _in_batches(self) -> bool:
        return self.batch > 1 or self.learning_rate == "adagrad"

    def _fresh(self, d: int) -> State:
        k = self.n_components
        if self._in_batches:
            nothing = np.zeros(k)
            waiting = {"buffer": np.empty((0, d)), "waiting": 0, "energy": nothing}
            ours = {"gradients": nothing} if self.learning_rate == "adagrad" else {"stepped": 0}
            return {**waiting, **ours}
        # The logarithm of how much the components grew, and the sum of the rates.
        return {"growth": np.zeros(k), "total": 0.0, "strain": 0.0, "squares": 1.0}

    def _rates(self, first: int, n: int) -> np.ndarray:
        return rates(self.learning_rate, self.eta0, self.beta, first, n)

    def _absorb(self, state: State, rows: Any) -> bool:
        n = rows.shape[0]
        if self._in_batches:
            for batch in self._batches(state, rows, self.batch):
                if batch is None:
                    return False
                self._step(state, batch)
            state["rows"] += n
            return True
        eta = self._rates(state["rows"] + 1, n)
        if self.n_components == 1:
            V = state["V"].copy()
            found = run_oja(rows, eta, V[0], state["squares"], state["exponent"], state["rows"])
            bad, state["squares"], state["exponent"] = found
            state["V"] = V
            fine = bad < 0
        else:
            fine = self._absorb_components(state, rows, eta)
        state["rows"] += n
        # One by one, so that the sum does not depend on the blocks.
        for rate in eta:
            state["total"] += float(rate)
        return fine

    def _absorb_components(self, state: State, rows: Any, eta: np.ndarray) -> bool:
        from linsub.streaming._kernels import oja as kernel

        state["V"] = state["V"].copy()
        first = 0
        for panel in dense_panels(rows):
            X = locked(panel.astype(np.float64, copy=False))
            i, part = 0, eta[first : first + X.shape[0]]
            status = kernel.STRAINED
            while status != kernel.DONE:
                status, i, state["strain"] = kernel.oja_components(
                    X, part, state["V"], i, state["strain"], _STRAIN
                )
                if status == kernel.BAD:
                    return False
                if status != kernel.DONE:
                    self._renewed(state)
                if status == kernel.STEEP:
                    _steep_row(state, X[i], float(part[i]))
                    i += 1
            first += X.shape[0]
        return True

    def _renewed(self, state: State) -> None:
        """Make the components orthonormal and count how much they grew."""
        V, sizes = orthonormal_rows(state["V"])
        state["growth"] = state["growth"] + _log(sizes) + state["exponent"] * math.log(2.0)
        state["V"], state["strain"], state["exponent"], state["squares"] = V, 0.0, 0, 1.0

    def _step(self, state: State, batch: np.ndarray) -> None:
        """Let one batch act on V."""
        quadratic = ("energy", "gradients") if self.learning_rate == "adagrad" else ("energy",)
        X, V = self._scaled(state, batch, quadratic), state["V"]
        Y = X @ V.T
        state["energy"] = state["energy"] + np.sum(np.square(Y), axis=0)
        if self.learning_rate == "adagrad":
            G = Y.T @ X / batch.shape[0]
            size = np.hypot(state["gradients"], np.sqrt(np.sum(np.square(G), axis=1)))
            state["gradients"] = size
            factor = (1.0 if self.eta0 is None else self.eta0) / np.where(size > 0.0, size, 1.0)
            V = V + factor[:, None] * G
        else:
            done = state["stepped"]
            eta = self._rates(done + 1, batch.shape[0])
            state["stepped"] = done + batch.shape[0]
            top = float(eta.max())
            mantissa, e = math.frexp(top)
            G = (Y * (eta / top if top > 0.0 else eta)[:, None]).T @ X
            t, down = _coefficient(mantissa, e + 2 * state["exponent"], norms.max_abs(G))
            V = shift(V, -down) + t * G
        state["V"] = orthonormal_rows(V)[0]


def _coefficient(mantissa: float, exponent: int, size: float) -> tuple[float, int]:
    """Return t and p: ``V + c G`` is a multiple of ``2^-p V + t G``, c = mantissa 2^exponent."""
    if mantissa == 0.0 or size == 0.0:
        return 0.0, 0
    over = exponent + math.frexp(size)[1] - _LARGE
    if over <= 0:
        return math.ldexp(mantissa, exponent), 0
    return math.ldexp(mantissa, exponent - over - _LARGE), over + _LARGE


def _log(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.log(np.maximum(x, np.finfo(np.float64).tiny)))


def _steep_row(state: State, x: np.ndarray, eta: float) -> None:
    """Apply ``I + eta x x^T`` to orthonormal components, however large ``eta ||x||^2`` is.

    A reflection H of the components leaves only one of them not orthogonal to x. That one alone
    grows, and stays orthogonal to the others: V' = H diag(r, 1, ..., 1) Q with orthonormal rows
    of Q, of which only the small factor needs a QR.
    """
    V = state["V"]
    p = int(np.frexp(norms.max_abs(x))[1])
    x = np.ldexp(x, -p)
    w = V @ x
    size = float(np.sqrt(w @ w))
    if size == 0.0 or eta == 0.0:
        return
    h = w / size
    sign = -1.0 if h[0] > 0.0 else 1.0
    u = h.copy()
    u[0] -= sign  # H = I - 2 u u^T / u^T u takes h to sign e_1
    H = np.eye(h.size) - 2.0 * np.outer(u, u) / float(u @ u)
    Q = H @ V
    mantissa, e = math.frexp(eta)
    m, s = math.frexp(size)
    t, down = _coefficient(mantissa * m, e + s + 2 * p, 1.0)
    grown = shift(Q[0], -down) + sign * t * x
    r = float(np.sqrt(grown @ grown))
    Q[0] = grown / r
    # Beyond 2^900 the ratio of the sizes is infinite in double precision.
    D = np.concatenate([[math.ldexp(r, min(down, 900))], np.ones(h.size - 1)])
    small, sizes = orthonormal_rows(H * D)
    growth = _log(sizes)
    growth[0] += max(down - 900, 0) * math.log(2.0)
    state["V"], state["growth"] = small @ Q, state["growth"] + growth
