"""Sampling from a vector through one that dominates it: rejection, and sums of vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_vector, check_all_finite
from linsub._core.dense import norms
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.results import Bound, Info
from linsub.sensitivity import bounds
from linsub.sensitivity.access_result import EstimateCertificate, SampledEstimate
from linsub.sensitivity.forest import Forest, as_indices, as_size
from linsub.sensitivity.query_vector import SampleQueryVector

__all__ = ["OversampledVector"]

# |v_i| may exceed its dominating entry by the rounding of a sum of that many squares.
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)

# Proposals drawn at once.
_BATCH = 1 << 18

# Tries that nobody waits for.
_MOST = 1 << 40

# Tries beyond phi (2 k + 60) for k samples have a probability below 1e-13, by Chernoff's bound.
_SPARE = 60.0


class Proposal(Protocol):
    """What proposes: it draws i with probability ``|w_i|^2 / ||w||^2`` and knows |w_i|.

    Norm and magnitudes are over 2^exponent.
    """

    size: int

    @property
    def norm(self) -> float: ...

    @property
    def exponent(self) -> int: ...

    def magnitude(self, i: np.ndarray) -> np.ndarray: ...

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray: ...


class _Tree:
    """A vector with a tree of its own, which may still change."""

    def __init__(self, vector: SampleQueryVector) -> None:
        self.vector = vector
        self.size = vector.size

    @property
    def norm(self) -> float:
        return self.vector.scaled_norm[0]

    @property
    def exponent(self) -> int:
        return self.vector.scaled_norm[1]

    def magnitude(self, i: np.ndarray) -> np.ndarray:
        return _magnitudes(np.asarray(self.vector.query(i)), self.exponent)

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray:
        return np.asarray(self.vector.quantile(generator.random(count)))


class _Mixture:
    """The vector of ``sqrt(T sum_t |lambda_t w_{t,i}|^2)``, drawn part by part."""

    exponent = 0

    def __init__(self, parts: list[Proposal], sizes: np.ndarray) -> None:
        self.parts, self.sizes = parts, sizes
        self.size = parts[0].size
        with np.errstate(over="ignore"):
            self._weights = sizes * np.array([_unscaled(p.norm, p) for p in parts])
        if not np.isfinite(self._weights).all():
            raise InvalidInputError(
                "coefficients times vectors exceed the largest number; divide both by powers of two"
            )
        peak = float(self._weights.max(initial=0.0))
        with np.errstate(under="ignore"):
            masses = np.square(self._weights / peak) if peak > 0.0 else self._weights
        self._norm = math.sqrt(len(parts)) * norms.frobenius(self._weights)
        self._forest = Forest.single(masses)

    @property
    def norm(self) -> float:
        return self._norm

    def magnitude(self, i: np.ndarray) -> np.ndarray:
        found = np.array(
            [a * _unscaled(p.magnitude(i), p) for a, p in zip(self.sizes, self.parts, strict=True)]
        )
        return math.sqrt(len(self.parts)) * norms.column_norms(found.reshape(len(self.parts), -1))

    def draw(self, count: int, generator: np.random.Generator) -> np.ndarray:
        which, _ = self._forest.at(generator.random(count))
        found = np.empty(count, np.int64)
        for t in range(len(self.parts)):
            mine = np.flatnonzero(which == t)
            if mine.size:
                found[mine] = self.parts[t].draw(mine.size, generator)
        return found


class OversampledVector:
    """A vector that is sampled through another one that dominates it, entry by entry.

    With ``|w_i| >= |v_i|`` and ``phi = ||w||^2 / ||v||^2``, index i of w is accepted with
    probability ``|v_i|^2 / |w_i|^2``: the accepted ones follow ``|v_i|^2 / ||v||^2`` exactly,
    after phi tries on average.

    Parameters
    ----------
    Q : array_like of shape (n,), SampleQueryVector or callable
        v, or a function that returns its entries at an array of indices.
    SQ : SampleQueryVector
        w.
    phi : float, optional
        ``||w||^2 / ||v||^2``, or a number above it. Without it all of v is queried once.

    Attributes
    ----------
    size : int
    phi : float
    proposal_norm : float
        ``||w||``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Where an entry of v is larger than that of w, also while sampling.

    Notes
    -----
    *Algorithm.* Rejection; lemmas 3.5 and 3.6 of Chia and others. *Cost.* phi tries a sample,
    each of one draw of w and one query of both. *Accuracy.* Claims ``sensitivity-oversampled``
    and ``sensitivity-norm-tries``.

    References
    ----------
    Chia, Gilyen, Li, Lin, Tang and Wang, JACM 69 (2022), arXiv 1910.06151.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.sensitivity import OversampledVector, SampleQueryVector
    >>> w = SampleQueryVector([2.0, 2.0, 2.0])
    >>> v = OversampledVector([1.0, 0.0, 2.0], w)
    >>> round(v.phi, 12), v.probability([0, 1, 2]).round(12).tolist()
    (2.4, [0.2, 0.0, 0.8])
    >>> v.sample(4, rng=0).shape
    (4,)
    """

    def __init__(self, Q: Any, SQ: SampleQueryVector, phi: float | None = None) -> None:
        if not isinstance(SQ, SampleQueryVector):
            raise InvalidTypeError(
                f"SQ is a {type(SQ).__name__}; pass SampleQueryVector(w), w the vector that "
                "dominates"
            )
        self._start(_queries(Q, SQ.size), _Tree(SQ), phi)

    def _start(
        self, query: Callable[[np.ndarray], np.ndarray], proposal: Proposal, phi: float | None
    ) -> None:
        self._query, self._proposal = query, proposal
        if phi is None:
            everything = np.arange(proposal.size)
            self.acceptance(everything)  # refuses what is not dominated
            size = norms.frobenius(_magnitudes(query(everything), proposal.exponent))
            if not size > 0.0:
                raise InvalidInputError("v is zero: there is no index to draw")
            phi = max(1.0, (proposal.norm / size) ** 2)
            if not math.isfinite(phi):
                raise InvalidInputError("phi is not finite: v is too small beside the vector SQ")
        self.phi = scalars.as_real(phi, name="phi", low=1.0)

    @classmethod
    def combination(
        cls, vectors: Sequence[Any], coefficients: Any, *, phi: float | None = None
    ) -> OversampledVector:
        """Return sampling access to ``sum_t coefficients[t] vectors[t]``.

        ``w_i = sqrt(T sum_t |coefficients[t] w_{t,i}|^2)`` dominates it. Columns of a matrix with
        the entries of x for coefficients give access to the product ``V x``.

        Parameters
        ----------
        vectors : sequence of SampleQueryVector or OversampledVector
            T of them, of one size.
        coefficients : array_like
            As many numbers.
        phi : float, optional
            As for the class; ``T sum_t phi_t ||coefficients[t] v_t||^2 / ||v||^2`` is its value.
        """
        given = list(vectors)
        lam = as_vector(coefficients, name="coefficients", size=len(given))
        if not given:
            raise InvalidInputError("vectors is empty; pass one at least")
        for t, vector in enumerate(given):
            if not isinstance(vector, SampleQueryVector | OversampledVector):
                raise InvalidTypeError(
                    f"vectors[{t}] is a {type(vector).__name__}; pass SampleQueryVector objects"
                )
            if vector.size != given[0].size:
                raise InvalidInputError(
                    f"vectors[{t}] has {vector.size} entries and vectors[0] has {given[0].size}"
                )
        parts: list[Proposal] = [
            v._proposal if isinstance(v, OversampledVector) else _Tree(v) for v in given
        ]

        def query(i: np.ndarray) -> np.ndarray:
            found = sum(a * np.asarray(v.query(i)) for a, v in zip(lam, given, strict=True))
            return np.asarray(found)

        self = cls.__new__(cls)
        self._start(query, _Mixture(parts, np.abs(lam).astype(np.float64)), phi)
        return self

    @property
    def size(self) -> int:
        return self._proposal.size

    @property
    def proposal_norm(self) -> float:
        """``||w||``."""
        with np.errstate(over="ignore", under="ignore"):
            return float(_unscaled(self._proposal.norm, self._proposal))

    def query(self, i: Any) -> Any:
        """Return ``v_i``, for an index or an array of them."""
        at = as_indices(i, self.size)
        return self._query(at.reshape(-1)).reshape(at.shape)[()]

    def proposal_probability(self, i: Any) -> Any:
        """Return ``|w_i|^2 / ||w||^2``, of the shape of i."""
        at = as_indices(i, self.size)
        found = np.square(self._proposal.magnitude(at.reshape(-1)) / self._proposal.norm)
        return found.reshape(at.shape)[()]

    def acceptance(self, i: Any) -> Any:
        """Return ``|v_i|^2 / |w_i|^2``, of the shape of i; 0 where w_i = 0."""
        at = as_indices(i, self.size)
        flat = at.reshape(-1)
        large = self._proposal.magnitude(flat)
        exponent = self._proposal.exponent
        small = _magnitudes(self._query(flat), exponent)
        beyond = small > large * (1.0 + _ROUNDING)
        if beyond.any():
            t = int(np.argmax(beyond))
            with np.errstate(over="ignore", under="ignore"):
                v, w = np.ldexp(small[t], exponent), np.ldexp(large[t], exponent)
            raise InvalidInputError(
                f"|v[{flat[t]}]| is {v:.17g} and SQ has {w:.17g} there: SQ must dominate v in "
                "every entry"
            )
        ratio = np.divide(small, large, out=np.zeros_like(small), where=large > 0.0)
        with np.errstate(under="ignore"):
            return np.square(np.minimum(ratio, 1.0)).reshape(at.shape)[()]

    def probability(self, i: Any) -> Any:
        """Return ``|v_i|^2 / ||v||^2``, of the shape of i, if `phi` is exact."""
        return self.proposal_probability(i) * self.acceptance(i) * self.phi

    def sample(self, size: int | None = None, *, rng: RNGLike = None) -> Any:
        """Draw indices independently, i with probability ``|v_i|^2 / ||v||^2``.

        Parameters
        ----------
        size : int, optional
            How many; by default one index is returned by itself.
        rng : None, int, Generator, ..., optional
            Seed or generator, as taken by :func:`numpy.random.default_rng`.

        Returns
        -------
        int, or ndarray of shape (size,), int64

        Raises
        ------
        NumericalError
            If far more tries fail than `phi` allows.
        """
        count = as_size(size)
        wanted = 1 if count is None else count
        generator = Streams(rng).generator("sample")
        found = np.empty(0, np.int64)
        left = int(min(self.phi * (2.0 * wanted + _SPARE), 1e15))
        while found.size < wanted:
            if left <= 0:
                raise NumericalError(
                    f"only {found.size} of {wanted} samples were accepted in as many tries as "
                    f"phi = {self.phi:.6g} allows: phi is too small; leave it out to have it found"
                )
            batch = int(min(1.1 * self.phi * (wanted - found.size) + 16.0, _BATCH))
            proposed = self._proposal.draw(batch, generator)
            kept = generator.random(batch) < self.acceptance(proposed)
            found = np.concatenate([found, proposed[kept]])
            left -= batch
        return int(found[0]) if count is None else found[:wanted]

    def estimate_norm(
        self, *, error: float = 0.1, failure_prob: float = 0.05, rng: RNGLike = None
    ) -> SampledEstimate:
        """Estimate ``||v||`` to a relative error, with a probability of failure.

        Parameters
        ----------
        error : float
            Relative, in (0, 1).
        failure_prob : float
            In (0, 1).
        rng : None, int, Generator, ..., optional

        Returns
        -------
        SampledEstimate
        """
        nu = scalars.as_real(error, name="error", low=0.0, high=1.0, include=(False, False))
        delta = scalars.as_real(
            failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
        )
        tries = bounds.norm_tries(self.phi, nu, delta)
        if tries > _MOST:
            raise InvalidInputError(
                f"error={nu:g} and failure_prob={delta:g} need {tries:.3g} tries at phi = "
                f"{self.phi:.3g}; ask for less, or take a vector SQ that is nearer to v"
            )
        generator = Streams(rng).generator("sample", 1)
        total = 0.0
        for first in range(0, tries, _BATCH):
            batch = min(_BATCH, tries - first)
            total += float(self.acceptance(self._proposal.draw(batch, generator)).sum())
        value = self.proposal_norm * math.sqrt(total / tries)
        limit = Bound(nu / (1.0 - nu) * value, "probabilistic", "|value - ||v|||", delta)
        return SampledEstimate(
            value,
            certificate=EstimateCertificate(error_bound=limit),
            info=Info(method="rejection", details={"draws": tries}),
        )

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"OversampledVector(size={self.size}, phi={self.phi:.6g})"


def _magnitudes(x: np.ndarray, exponent: int) -> np.ndarray:
    """Return |x| over 2^exponent, in double precision."""
    wide = x.astype(np.complex128 if x.dtype.kind == "c" else np.float64, copy=False)
    return np.asarray(np.abs(norms.ldexp(wide, -exponent)))


def _unscaled(x: Any, proposal: Proposal) -> Any:
    return np.ldexp(x, proposal.exponent)


def _queries(Q: Any, n: int) -> Callable[[np.ndarray], np.ndarray]:
    if isinstance(Q, SampleQueryVector):
        if Q.size != n:
            raise InvalidInputError(f"Q has {Q.size} entries and SQ has {n}")
        return lambda i: np.asarray(Q.query(i))
    if not callable(Q):
        v = np.array(as_vector(Q, name="Q", size=n))
        return lambda i: v[i]

    def query(i: np.ndarray) -> np.ndarray:
        found = np.asarray(Q(i))
        if found.shape != i.shape or found.dtype.kind not in "fciub":
            raise InvalidInputError(
                f"Q returned shape {found.shape} and dtype {found.dtype} for indices of shape "
                f"{i.shape}; it must return one number for each"
            )
        check_all_finite(found, name="Q(i)")
        return found

    return query
