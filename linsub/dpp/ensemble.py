"""L-ensembles: random subsets S with P(S) = det L_S / det(I + L)."""

from __future__ import annotations

import math
from typing import Any, overload

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, as_vector
from linsub._core.dense import norms
from linsub._core.dense.determinants import cholesky_lower, log_volume, split_range
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub._core.random import RNGLike, Streams
from linsub.dpp.conditioning import given_excluded, given_included, marginal_spectrum
from linsub.dpp.dense_sampler import DenseSampler
from linsub.dpp.kernel_checks import as_hermitian, as_indices, semidefinite_eigh, widened
from linsub.dpp.orthonormality import unit_columns
from linsub.dpp.projection import projection_sample
from linsub.dpp.spectrum import Spectrum, reach_size, squared_sizes
from linsub.errors import InvalidInputError, InvalidTypeError

__all__ = ["LEnsemble"]

METHODS = ("auto", "spectral", "sequential")

# From here on one Cholesky factorization and a pass over the items beat an eigendecomposition.
_DENSE_FROM = 200

# A Cholesky factorization of L + c I says that L is semidefinite to rounding: c over the
# tolerance times the largest entry.
_LIFT = 4.0

# What the eigenvalues that count as zero could add to the expected size, at most, for a law that
# does not ask which of them are zero.
_UNSEEN = 1e-5


class LEnsemble:
    """The random subset S of N items with P(S) = det L_S / det(I + L).

    Made by :meth:`from_kernel`, :meth:`from_features`, :meth:`from_marginal` or
    :meth:`from_eigh`; it never changes, and threads may share it. L is Hermitian and positive
    semidefinite, real or complex. ``K = L (I + L)^-1`` is its marginal kernel:
    P(A within S) = det K_A.

    Notes
    -----
    *Algorithm.* L is kept as eigenvalues and vectors, of features as their singular values: the
    Gram matrix would square their range. A sample is a choice of vectors, each with probability
    lambda / (1 + lambda), and a sample of the projection process of those (Hough, Krishnapur,
    Peres & Virag 2006), whose proposals come from a column of its own each: after one pass over
    V no draw looks at all items (:func:`projection_dpp` has the rest). A dense kernel of more
    than 200 items is not decomposed for a sample: with I + L = C C^H, one item after another
    from the last is in S with probability ``1 - (1 + x^H H^-1 x) / c_jj^2``, x the entries of
    column j at the items already in S, H what rows of C up to there make of them less I.
    *Cost.* A sample of m items by "spectral": O(r + m^3 + m log m log N); by "sequential"
    N^3 / 3 flops once and about 3 N m^2 a sample. Each is made of numbers of its own: sample i
    is the same whatever `n_samples` is.
    *Accuracy.* ``dpp-ensemble-law``, ``dpp-ensemble-size``, ``dpp-ensemble-marginals``,
    ``dpp-ensemble-mixture``, ``dpp-conditioning``, ``dpp-features``, ``dpp-sequential``.

    References
    ----------
    Kulesza & Taskar, arXiv 1207.6083; Poulson, arXiv 1905.00165; Barthelme, Tremblay & Amblard,
    arXiv 2210.17358.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import LEnsemble
    >>> ensemble = LEnsemble.from_features(np.eye(4)[:, :2])
    >>> ensemble.expected_size, ensemble.rank
    (1.0, 2)
    >>> [sorted(S.tolist()) for S in ensemble.sample(3, rng=0)]
    [[0], [0, 1], []]
    """

    def __init__(
        self,
        spectrum: Spectrum | None,
        V: np.ndarray | None,
        *,
        kernel: np.ndarray | None = None,
        tol: float = 0.0,
    ) -> None:
        if not (isinstance(spectrum, Spectrum) or isinstance(kernel, np.ndarray)):
            raise InvalidTypeError(
                "an LEnsemble is made by from_kernel, from_features, from_marginal or from_eigh"
            )
        self._parts = None if spectrum is None or V is None else (spectrum, _locked(V))
        self._kernel, self._tol = kernel, tol
        self._cdf: np.ndarray | None = None
        self._dense: DenseSampler | None = None
        source = kernel if V is None else V
        assert source is not None
        self._N = int(source.shape[0])

    @classmethod
    def from_kernel(cls, L: Any, tol: float | None = None) -> LEnsemble:
        """Make the ensemble of a Hermitian positive semidefinite L (N, N).

        Parameters
        ----------
        L : array_like (N, N)
        tol : float, optional
            Eigenvalues up to `tol` times the largest one are zero, and down to minus that
            forgiven; N eps by default.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        matrix, eps = as_hermitian(L, "L")
        N = matrix.shape[0]
        tolerance = _tolerance(tol, N * eps)
        if N > _DENSE_FROM and tol is None and _is_tame(matrix, tolerance):
            shift = _LIFT * tolerance * float(np.max(matrix.diagonal().real, initial=0.0))
            lifted = np.conjugate(matrix).T  # itself, in Fortran order without a transposition
            lifted.flat[:: N + 1] += shift
            if cholesky_lower(lifted, overwrite=True) is not None:
                return cls(None, None, kernel=_locked(matrix), tol=tolerance)
        return cls(*_nonzero(*semidefinite_eigh(matrix, tolerance, "L"), tolerance), tol=tolerance)

    @classmethod
    def from_features(cls, B: Any, tol: float | None = None) -> LEnsemble:
        """Make the ensemble of L = B B^H from features B (N, r), one row an item.

        Parameters
        ----------
        B : array_like (N, r)
        tol : float, optional
            Singular values up to `tol` times the largest one are zero; max(N, r) eps by default.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        given = as_matrix(B, name="B")
        tolerance = _tolerance(tol, max(given.shape, default=0) * float(np.finfo(given.dtype).eps))
        wide = widened(given)
        alpha = norms.power_of_two_scale(norms.max_abs(wide), wide.dtype, always=True)
        U, S, _ = svd(wide * alpha)
        keep = tolerance * (S[0] if S.size else 0.0) < S
        return cls(Spectrum(S[keep], 2, -2.0 * math.log(alpha)), U[:, keep], tol=tolerance**2)

    @classmethod
    def from_marginal(cls, K: Any, tol: float | None = None) -> LEnsemble:
        """Make the process with the marginal kernel K (N, N), 0 <= K <= I.

        Eigenvalues 1, for which no L exists, are welcome: their vectors are in every choice.

        Parameters
        ----------
        K : array_like (N, N)
        tol : float, optional
            Eigenvalues within `tol` of 0 or 1 are 0 or 1; N eps by default, at least 8 eps.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        matrix, eps = as_hermitian(K, "K")
        tolerance = _tolerance(tol, max(matrix.shape[0], 8) * eps)
        w, V = eigh(matrix)
        for i in (0, -1) if w.size else ():
            if not -4.0 * tolerance <= w[i] <= 1.0 + 4.0 * tolerance:
                raise InvalidInputError(
                    f"K has the eigenvalue {float(w[i]):.6g}; those of a marginal kernel are in "
                    "[0, 1] (a likelihood kernel goes to LEnsemble.from_kernel)"
                )
        keep = w > tolerance
        return cls(marginal_spectrum(w[keep], tolerance), V[:, keep], tol=tolerance)

    @classmethod
    def from_eigh(cls, lam: Any, V: Any) -> LEnsemble:
        """Make the ensemble of L = V diag(lam) V^H from orthonormal columns V (N, r).

        Parameters
        ----------
        lam : array_like (r,)
            Not negative, in any order.
        V : array_like (N, r)

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
        """
        vectors = as_matrix(V, name="V")
        values = as_vector(lam, name="lam", size=vectors.shape[1])
        if values.dtype.kind == "c":
            if np.any(values.imag):
                raise InvalidTypeError("lam is complex; eigenvalues of a Hermitian L are real")
            values = values.real
        if values.size and values.min() < 0.0:
            i = int(np.argmin(values))
            raise InvalidInputError(f"lam[{i}] is {values[i]:.6g}; all must be non-negative")
        if vectors.shape[1] > vectors.shape[0]:
            raise InvalidInputError(f"V has shape {vectors.shape}: its columns are not orthonormal")
        unit_columns(vectors, "V")
        order = np.argsort(-values.astype(np.float64), kind="stable")
        ordered = values[order].astype(np.float64), widened(vectors)[:, order]
        return cls(*_nonzero(*ordered, 0.0, 0.0))

    @property
    def spectrum(self) -> Spectrum:
        """The positive eigenvalues of L at any scale."""
        return self._spectral()[0]

    @property
    def eigvals(self) -> np.ndarray:
        """The positive eigenvalues of L, descending; inf where K has eigenvalue 1."""
        return self.spectrum.values()

    @property
    def eigvecs(self) -> np.ndarray:
        """The eigenvectors (N, rank) of `eigvals`, read-only."""
        return self._spectral()[1]

    @property
    def n_items(self) -> int:
        """N, the number of items."""
        return self._N

    @property
    def rank(self) -> int:
        """The rank of L, which no sample exceeds."""
        return self.spectrum.size

    @property
    def tol(self) -> float:
        """Up to this multiple of the largest one eigenvalues of L counted as zero."""
        return self._tol

    @property
    def expected_size(self) -> float:
        """E|S| = sum lambda / (1 + lambda)."""
        return math.fsum(self.spectrum.inclusion())

    @property
    def var_size(self) -> float:
        """Var |S| = sum lambda / (1 + lambda)^2."""
        return math.fsum(self.spectrum.inclusion() * self.spectrum.exclusion())

    def size_pmf(self) -> np.ndarray:
        """Return P(|S| = k) for k from 0 to the rank."""
        from linsub.dpp._kernels.poisson_binomial import size_law

        law = np.zeros(self.rank + 1)
        size_law(self.spectrum.inclusion(), self.spectrum.exclusion(), law)
        return law

    def marginals(self, S: Any = None) -> Any:
        """Return P(i in S) for all items (N,); or P(A within S) = det K_A for a set A.

        Parameters
        ----------
        S : sequence of int, optional
            The set A.
        """
        spectrum, V = self._spectral()
        if S is None:
            return squared_sizes(V) @ spectrum.inclusion()
        rows = V[as_indices(S, self._N, "S")]
        return math.exp(2.0 * log_volume(rows * np.sqrt(spectrum.inclusion())))

    def marginal_kernel(self) -> np.ndarray:
        """Return K = L (I + L)^-1 as an array (N, N)."""
        spectrum, V = self._spectral()
        F = V * np.sqrt(spectrum.inclusion())
        return np.asarray(F @ F.conj().T)

    def logpmf(self, S: Any) -> float:
        """Return log P(S), -inf for what cannot be drawn.

        Parameters
        ----------
        S : sequence of int
            Distinct items in any order.
        """
        spectrum, _ = self._spectral()
        finite = spectrum.logs()[spectrum.certain :]
        return self._log_det(as_indices(S, self._N, "S")) - math.fsum(np.logaddexp(0.0, finite))

    def _log_det(self, S: np.ndarray, shift: float = 0.0) -> float:
        """Return log det of (e^shift L)_S; for infinite eigenvalues the leading coefficient."""
        spectrum, V = self._spectral()
        first = spectrum.certain
        if S.size < first:
            return -math.inf
        rows = V[S]
        roots, unit = spectrum.beyond(first).roots(shift)
        finite, unit = rows[:, first:] * roots, (S.size - first) * unit
        if first == 0:
            return 2.0 * log_volume(finite) + unit
        R, beyond = split_range(rows[:, :first])
        pivots = np.abs(R.diagonal())
        if not pivots.min() > 0.0:
            return -math.inf
        return 2.0 * float(np.log(pivots).sum() + log_volume(beyond.conj().T @ finite)) + unit

    def scale_to(self, expected_size: float) -> LEnsemble:
        """Return the ensemble of alpha L whose expected size is the one wanted.

        Parameters
        ----------
        expected_size : float
            Between the number of eigenvalues 1 of K and the rank, both excluded.
        """
        spectrum, V = self._spectral()
        first = spectrum.certain
        size = scalars.as_real(expected_size, name="expected_size")
        if not first < size < self.rank:
            raise InvalidInputError(
                f"expected_size is {size:g} and must be in ({first}, {self.rank}): multiples of L "
                f"have at most its rank {self.rank}"
            )
        shift = reach_size(spectrum.logs()[first:], size - first)
        return LEnsemble(spectrum.scaled(shift), V)

    def condition(self, include: Any = (), exclude: Any = ()) -> LEnsemble:
        """Return the process given that S has all of `include` and none of `exclude`.

        Parameters
        ----------
        include, exclude : sequence of int

        Returns
        -------
        LEnsemble
            Of the same N items: those of `include` are in every sample, those of `exclude` in
            none.

        Raises
        ------
        InvalidInputError
            If the condition has probability 0.
        """
        inside = as_indices(include, self._N, "include")
        outside = as_indices(exclude, self._N, "exclude")
        both = np.intersect1d(inside, outside)
        if both.size:
            raise InvalidInputError(f"include and exclude both have {both[0]}")
        parts = self._spectral()
        if outside.size:
            parts = given_excluded(*parts, outside)
        if inside.size:
            parts = given_included(*parts, inside)
        return LEnsemble(*parts)

    @overload
    def sample(
        self, n_samples: None = None, *, rng: RNGLike = None, method: str = "auto"
    ) -> np.ndarray: ...

    @overload
    def sample(
        self, n_samples: int, *, rng: RNGLike = None, method: str = "auto"
    ) -> list[np.ndarray]: ...

    def sample(
        self, n_samples: int | None = None, *, rng: RNGLike = None, method: str = "auto"
    ) -> np.ndarray | list[np.ndarray]:
        """Draw S with P(S) = det L_S / det(I + L).

        Parameters
        ----------
        n_samples : int, optional
            How many; without it one sample, and no list.
        rng : optional
            A seed or a generator.
        method : {"auto", "spectral", "sequential"}
            By a choice of eigenvectors, or item by item. "auto" takes "sequential" for a kernel
            of more than 200 items that :meth:`from_kernel` was given, unless it is so large that
            rounding counts beside I.

        Returns
        -------
        ndarray of int64, or list of them
            Indices in the order in which they were chosen.

        Raises
        ------
        InvalidInputError, InvalidTypeError
        """
        how = scalars.as_choice(method, name="method", choices=METHODS)
        if n_samples is not None:
            n_samples = scalars.as_integer(n_samples, name="n_samples", low=0)
        streams = Streams(rng)
        if how == "auto":
            how = "spectral" if self._kernel is None else "sequential"
        draw = self._spectral_sample if how == "spectral" else self._sequential_sample
        drawn = [
            draw(streams.generator("sample", i))
            for i in range(1 if n_samples is None else n_samples)
        ]
        return drawn[0] if n_samples is None else drawn

    def _spectral_sample(self, generator: np.random.Generator) -> np.ndarray:
        chosen = np.flatnonzero(generator.random(self.rank) < self.spectrum.inclusion())
        return self.sample_columns(chosen, generator)

    def sample_columns(self, columns: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Draw from the projection process of some of the eigenvectors."""
        V = self._spectral()[1]
        if self._cdf is None:
            self._cdf = _locked(np.cumsum(squared_sizes(V).T, axis=1))
        return projection_sample(V, np.empty(0), self._cdf, generator, columns=columns)[0]

    def _sequential_sample(self, generator: np.random.Generator) -> np.ndarray:
        if self._dense is None:
            if self._kernel is not None:
                self._dense = DenseSampler.of_likelihood(self._kernel)
            else:
                self._dense = DenseSampler.of_marginal(self.marginal_kernel())
        return self._dense.sample(generator)[0]

    def _spectral(self) -> tuple[Spectrum, np.ndarray]:
        if self._parts is None:
            assert self._kernel is not None
            # What the Cholesky factorization forgave is forgiven here.
            found = semidefinite_eigh(self._kernel, _LIFT * self._tol, "L")
            spectrum, V = _nonzero(*found, self._tol)
            self._parts = (spectrum, _locked(V))
        return self._parts

    def __reduce__(self) -> tuple[Any, ...]:
        # By the constructor, which locks the arrays that come out of a pickle.
        return _restored, (*(self._parts or (None, None)), self._kernel, self._tol)

    def __repr__(self) -> str:
        if self._parts is None:
            return f"LEnsemble({self._N} items)"
        return f"LEnsemble({self._N} items, rank {self.rank}, E|S| = {self.expected_size:.6g})"


def _restored(
    spectrum: Spectrum | None, V: np.ndarray | None, kernel: np.ndarray | None, tol: float
) -> LEnsemble:
    kept = None if kernel is None else _locked(kernel)
    return LEnsemble(spectrum, V, kernel=kept, tol=tol)


def _locked(A: np.ndarray) -> np.ndarray:
    """Return A in C order, not to be written to."""
    A = np.ascontiguousarray(A)
    if not A.flags.owndata:
        A = A.copy()
    A.flags.writeable = False
    return A


def _tolerance(tol: Any, default: float) -> float:
    return default if tol is None else scalars.as_real(tol, name="tol", low=0.0, high=1.0)


def _nonzero(w: np.ndarray, V: np.ndarray, shift: float, tol: float) -> tuple[Spectrum, np.ndarray]:
    keep = w > tol * (max(float(w[0]), 0.0) if w.size else 0.0)
    return Spectrum(w[keep], 1, shift), V[:, keep]


def _is_tame(L: np.ndarray, tol: float) -> bool:
    """Whether the rounding of I + L, and what it does to each eigenvalue, counts for nothing."""
    with np.errstate(over="ignore"):
        return bool(L.shape[0] * tol * norms.one_norm(L) <= _UNSEEN)
