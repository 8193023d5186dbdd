"""The block power method: one power step a block of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.random import RNGLike
from linsub.results import Info
from linsub.streaming.basis_result import BasisResult, basis_result
from linsub.streaming.row_stream import RowStream, State, shift
from linsub.streaming.rows import NanPolicy

__all__ = ["BlockPowerPCA"]

# Rows that are multiplied at once, so that products do not depend on how blocks are split.
_PANEL = 64

# A block that grows has this share of all rows before it, and at least so many rows.
_GROWTH, _LEAST = 0.5, 64

# A last block counts from this share of a whole one on: fewer rows say less than is known.
_ENOUGH = 0.4


class BlockPowerPCA(RowStream):
    """Leading eigenvectors of ``A^T A`` by one power step a block of rows.

    ``V <- orth(X^T X V)``, each time for the rows X of a new block.

    Parameters
    ----------
    n_components : int, optional
    block_size : int, optional
        Rows a block; those above 64 end at a multiple of it. By default blocks grow, each
        half as long as all rows before it, which needs no n: the number of steps is the logarithm
        of n, and the last block has a third of all rows.
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
    HistoryPCA : uses the rows of all blocks.

    Notes
    -----
    *Algorithm.* Mitliagkas, Caramanis and Jain 2013; Hardt and Price 2014 (a power step with the
    noise of the block). The order of the rows must be random. *Cost.* 4 n d k flops, 2 d k
    numbers. *Accuracy.* The error of the last block. On a stream of one block it is an exact power
    step. `deviations` are Rayleigh quotients of components on rows that they were not
    made from: for rows in random order they are not biased upwards.

    References
    ----------
    Mitliagkas, Caramanis and Jain, NeurIPS 2013, arXiv 1307.0032; Hardt and Price, NeurIPS 2014,
    arXiv 1311.2495.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.streaming import BlockPowerPCA
    >>> rng = np.random.default_rng(0)
    >>> X = rng.standard_normal((3000, 5)) * [5.0, 2.0, 1.0, 1.0, 1.0]
    >>> components, _ = BlockPowerPCA(rng=0).update(X).result()
    >>> bool(components[0, 0] > 0.99)
    True
    """

    _KIND = "block-power-pca"
    _OPTIONS = ("block_size",)

    def __init__(
        self,
        n_components: int = 1,
        *,
        block_size: int | None = None,
        start: Any = None,
        nan_policy: NanPolicy = "raise",
        rng: RNGLike = None,
    ) -> None:
        super().__init__(n_components, start=start, nan_policy=nan_policy, rng=rng)
        self.block_size = (
            None if block_size is None else scalars.as_integer(block_size, name="block_size", low=1)
        )

    def result(self) -> BasisResult:
        """Return the components so far; the stream can go on.

        A block that is not full counts, on a copy, if it has 40 % of its rows or is the first.

        Raises
        ------
        InvalidInputError
            If there was no block yet.
        """
        state = dict(self._known())
        if state["waiting"]:
            self._add(state, state["buffer"][: state["waiting"]])
        if state["held"] >= _ENOUGH * state["wanted"] or (state["held"] and not state["steps"]):
            self._step(state)
        details = {"rows": state["rows"], "steps": state["steps"]}
        deviations = shift(np.sqrt(np.maximum(state["values"], 0.0)), state["exponent"])
        info = Info("block power", iterations=state["steps"], details=details)
        return basis_result(state["V"], deviations, self._home, info)

    def _fresh(self, d: int) -> State:
        k = self.n_components
        return {
            "buffer": np.empty((0, d)),
            "waiting": 0,
            "values": np.zeros(k),
            "sum": np.zeros((k, d)),
            "held": 0,
            "taken": 0,
            "steps": 0,
            "wanted": self.block_size or _LEAST,
        }

    def _absorb(self, state: State, rows: Any) -> bool:
        for panel in self._batches(state, rows, min(self.block_size or _PANEL, _PANEL)):
            if panel is None:
                return False
            self._add(state, panel)
            if state["held"] >= state["wanted"]:
                self._step(state)
        state["rows"] += rows.shape[0]
        return True

    def _add(self, state: State, panel: np.ndarray) -> None:
        X = self._scaled(state, panel, ("values", "sum"))
        state["sum"] = state["sum"] + (X @ state["V"].T).T @ X
        state["held"] += panel.shape[0]

    def _step(self, state: State) -> None:
        S, V = state["sum"], state["V"]
        if S.any():
            state["values"] = np.sum(S * V, axis=1) / state["held"]
            state["V"] = self._renewed_rows(S, state)
        state["taken"] += state["held"]
        state["sum"], state["held"], state["steps"] = np.zeros_like(S), 0, state["steps"] + 1
        if self.block_size is None:
            state["wanted"] = max(_LEAST, int(_GROWTH * state["taken"]))
