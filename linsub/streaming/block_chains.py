"""Power iterations over blocks of a stream, and what the next block says of their vectors."""

from __future__ import annotations

import numpy as np

from linsub._core.dense.eigh import eigh
from linsub._core.random import Streams
from linsub.streaming.rate_grid import normalized

__all__ = ["BlockChains"]

# A block ends when it has this share of all light mass: blocks grow like a geometric series,
# and neither the length of the stream nor its norm need be known.
_SHARE = 1.0 / 3.0

# A last block below this share is too small to step with.
_LEAST_SHARE = 0.2

# Directions of the span of the chains below this share of its Gram matrix are rounding.
_INDEPENDENT = 1e-10


class BlockChains:
    """Chains ``z <- M_block z``, a fresh one with each block, and guests that are only watched.

    Attributes
    ----------
    Z : ndarray (d, k)
        Columns of norm 1, fixed during a block.
    guests : ndarray (d, g)
        Further vectors fixed during the block: they are measured and take no steps.
    gram, fourth : ndarray (k + g, k + g), (k + g,)
        ``W^T M_block W``, and sums of ``<a, w>^4`` over the rows of the block.
    scores, guest_scores : ndarray (k,), (g,)
        Estimates of ``||A w||^2`` by the block before, of what the columns descend from; nan for
        those that descend from nothing.
    """

    def __init__(self, d: int, limit: int, streams: Streams) -> None:
        self.d, self.limit, self.streams = d, limit, streams
        self.started = self.blocks = 0
        self.Z = self._fresh()
        self.guests = np.zeros((d, 0))
        self.product = np.zeros((d, 1))
        self.gram = np.zeros((1, 1))
        self.fourth = np.zeros(1)
        self.scores, self.guest_scores = np.full(1, np.nan), np.zeros(0)
        self.mass = self.block_mass = 0.0
        self.block_rows = 0

    def copy(self) -> BlockChains:
        """Return chains that go on from here on their own; arrays are never written to."""
        made = BlockChains.__new__(BlockChains)
        made.__dict__.update(vars(self))
        return made

    def _fresh(self) -> np.ndarray:
        z = self.streams.generator("start", (0, self.started)).standard_normal((self.d, 1))
        self.started += 1
        return np.asarray(z / np.linalg.norm(z))

    def rescale(self, p: int) -> None:
        """Go over to rows that are 2^p times as large."""
        for name in ("product", "gram", "scores", "guest_scores", "mass", "block_mass"):
            setattr(self, name, np.ldexp(getattr(self, name), 2 * p))
        self.fourth = np.ldexp(self.fourth, 4 * p)

    def absorb(self, X: np.ndarray, squares: np.ndarray) -> None:
        """Take light rows into the block."""
        Y = X @ self.watched()
        self.product = self.product + X.T @ Y
        self.gram = self.gram + Y.T @ Y
        self.fourth = self.fourth + np.square(np.square(Y)).sum(axis=0)
        mass = float(squares.sum())
        self.block_mass, self.mass = self.block_mass + mass, self.mass + mass
        self.block_rows += X.shape[0]

    def is_complete(self) -> bool:
        """Tell whether the block is large enough for a step."""
        least = max(32, self.d // 4)
        return self.block_mass >= _SHARE * self.mass > 0.0 and self.block_rows >= least

    def watched(self) -> np.ndarray:
        """Return W, the chains and the guests of this block."""
        return np.hstack([self.Z, self.guests])

    def is_large(self) -> bool:
        """Tell whether the block so far says more than the one before it."""
        return self.block_mass >= _LEAST_SHARE * self.mass > 0.0 or self.blocks == 0

    def measured(self, heavy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return estimates of ``||A w||^2`` for W from this block, and their standard errors."""
        exact = np.square(heavy @ self.watched()).sum(axis=0)
        if self.block_mass == 0.0:
            return exact, np.full(exact.size, np.inf)
        weight, sums = self.mass / self.block_mass, self.gram.diagonal()
        spread = np.maximum(self.fourth - np.square(sums) / max(self.block_rows, 1), 0.0)
        return exact + weight * sums, weight * np.sqrt(spread)

    def ahead(self, heavy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the estimates of chains and guests: of the last block if this one is small."""
        if not self.is_large():
            return self.scores, self.guest_scores
        found, k = self.measured(heavy)[0], self.Z.shape[1]
        return found[:k], found[k:]

    def stepped(self, heavy: np.ndarray) -> np.ndarray:
        """Return the chains after a step with this block, if it is large enough."""
        return self._step(heavy) if self.is_large() else self.Z

    def _weight(self) -> float:
        return self.mass / self.block_mass if self.block_mass > 0.0 else 0.0

    def _step(self, heavy: np.ndarray) -> np.ndarray:
        k = self.Z.shape[1]
        step = self._weight() * self.product[:, :k] + heavy.T @ (heavy @ self.Z)
        return normalized(step.T)

    def combined(self, heavy: np.ndarray) -> list[np.ndarray]:
        """Return the best combination of W by this block, and the same after a step.

        Rayleigh and Ritz with rows that W has not seen: the number of coefficients is small
        beside that of the rows. What single chains have picked up of v_1 adds up.
        """
        W = self.watched()
        values, V = eigh(W.T @ W)
        kept = values > _INDEPENDENT * values[0]
        basis = V[:, kept] / np.sqrt(values[kept])  # W basis is orthonormal
        HW = heavy @ W
        _, y = eigh(basis.T @ (self._weight() * self.gram + HW.T @ HW) @ basis, 1)
        y = basis @ y[:, 0]
        step = self._weight() * (self.product @ y) + heavy.T @ (HW @ y)
        return [normalized(x[None, :])[:, 0] for x in (W @ y, step)]

    def _kept(self, scores: np.ndarray, room: int) -> np.ndarray:
        """Return the best half of the chains that may stay, and the youngest."""
        # The score of a young chain is that of a random vector: it would never grow old.
        room = max(0, room)
        best = np.argsort(-scores, kind="stable")[: room // 2]
        young = np.setdiff1d(np.arange(scores.size), best)
        return np.sort(np.concatenate([best, young[young.size - (room - best.size) :]]))

    def turn(
        self, heavy: np.ndarray, guests: np.ndarray, shift: int, seeds: list[np.ndarray]
    ) -> None:
        """Begin the next block: step, watch these guests, and start from seeds and afresh.

        Guest j descends from the guest ``j + shift`` of this block.
        """
        k = self.Z.shape[1]
        measured, Z = self.measured(heavy)[0], self._step(heavy)
        scores, others = measured[:k], measured[k + shift :]
        new = [x[:, None] for x in (*seeds, self._fresh()[:, 0])][-self.limit :]
        if k + len(new) > self.limit:
            kept = self._kept(scores, self.limit - len(new))
            Z, scores = Z[:, kept], scores[kept]
        self.Z, self.guests = np.hstack([Z, *new]), guests
        self.scores = np.concatenate([scores, np.full(len(new), np.nan)])
        self.guest_scores = np.full(guests.shape[1], np.nan)
        self.guest_scores[: others.size] = others[: guests.shape[1]]
        width = self.Z.shape[1] + guests.shape[1]
        self.product = np.zeros((self.d, width))
        self.gram, self.fourth = np.zeros((width, width)), np.zeros(width)
        self.block_mass, self.block_rows = 0.0, 0
        self.blocks += 1
