"""History PCA: power steps on new rows and on what is remembered of the old ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike
from linsub.results import Info
from linsub.streaming.basis_result import BasisResult, basis_result
from linsub.streaming.row_stream import RowStream, State, shift
from linsub.streaming.rows import NanPolicy

__all__ = ["HistoryPCA"]


class HistoryPCA(RowStream):
    """Leading eigenvectors of ``A^T A`` by power steps that remember, without a step size.

    ``S = (n_old / n) V^T diag(lambda) V C + X^T X C / n`` is made orthonormal, for the rows X of a
    batch and the current C; ``lambda_j = ||S_j||``.

    Parameters
    ----------
    n_components : int, optional
    batch : int, optional
        Rows that are taken at once. Those of a batch that is not full wait.
    sweeps : int, optional
        Power steps a batch.
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
    BlockPowerPCA, OjaPCA

    Notes
    -----
    *Algorithm.* Yang, Hsieh and Wang 2018; a short last batch counts by its rows. *Cost.* 4 n d k
    flops a sweep and ``(6 d k^2)`` a batch. *Accuracy.* Exact from the second batch on where the
    rows have rank `n_components` at most. Where what is remembered points the wrong way
    nothing leads out of it: a few heavy rows among many light ones are lost, as in every method
    without a certificate. `deviations` are the algorithm's own ``sqrt(lambda_j)``.

    References
    ----------
    Yang, Hsieh and Wang, "History PCA: a new algorithm for streaming PCA", arXiv 1802.05447.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import HistoryPCA
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((2000, 5)) * [5.0, 3.0, 1.0, 1.0, 1.0]
    >>> components, deviations = HistoryPCA(2, rng=0).update(X).result()
    >>> bool(abs(components[0, 0]) > 0.99 and abs(deviations[0] - 5.0) < 0.3)
    True
    """

    _KIND = "history-pca"
    _OPTIONS = ("batch", "sweeps")

    def __init__(
        self,
        n_components: int = 1,
        *,
        batch: int = 64,
        sweeps: int = 1,
        start: Any = None,
        nan_policy: NanPolicy = "raise",
        rng: RNGLike = None,
    ) -> None:
        super().__init__(n_components, start=start, nan_policy=nan_policy, rng=rng)
        self.batch = scalars.as_integer(batch, name="batch", low=1)
        self.sweeps = scalars.as_integer(sweeps, name="sweeps", low=1)

    def result(self) -> BasisResult:
        """Return the components so far; the stream can go on.

        Rows that wait count as a last batch, on a copy.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        state = dict(self._known())
        if state["waiting"]:
            self._step(state, state["buffer"][: state["waiting"]])
        details = {"rows": state["rows"], "batch": self.batch, "sweeps": self.sweeps}
        deviations = shift(np.sqrt(state["values"]), state["exponent"])
        info = Info("history", details=details)
        return basis_result(state["V"], deviations, self._home, info)

    def _fresh(self, d: int) -> State:
        k = self.n_components
        return {"buffer": np.empty((0, d)), "waiting": 0, "values": np.zeros(k), "taken": 0}

    def _absorb(self, state: State, rows: Any) -> bool:
        for batch in self._batches(state, rows, self.batch):
            if batch is None:
                return False
            self._step(state, batch)
        state["rows"] += rows.shape[0]
        return True

    def _step(self, state: State, batch: np.ndarray) -> None:
        X = self._scaled(state, batch, ("values",))
        old, values, n = state["V"], state["values"], state["taken"] + batch.shape[0]
        weight = state["taken"] / n
        current = old
        for _ in range(self.sweeps):
            S = weight * ((current @ old.T) * values) @ old + (X @ current.T).T @ X / n
            sizes = np.sqrt(np.sum(np.square(S), axis=1))
            if sizes.any():
                current = self._renewed_rows(S, state)
            state["values"] = sizes
        state["V"], state["taken"] = current, n
