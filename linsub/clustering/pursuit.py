"""Orthogonal matching pursuit of many targets: samples among themselves, or in a dictionary."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.threads import run_parts
from linsub.clustering.samples import Samples, as_samples
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Info, Record

__all__ = ["SparseCodes", "batch_omp", "self_expressive_omp"]

_SELECTIONS = ("omp", "ols")

# Targets that a thread takes at a time: enough to pay for its workspace, few enough to share.
_TARGETS = 64

# Correlations that are held at a time (64 MB), where they are not the Gram matrix itself.
_ENTRIES = 1 << 23

# Up to so many samples a Gram matrix may be formed (800 MB).
_GRAM_LAST = 10_000

# The Gram matrix loses what is below it in a squared residual; unit targets.
_RESOLUTION = 4.0 * float(np.finfo(np.float64).eps)

_ENDINGS = ("tolerance", "n_nonzero", "exhausted")


class SparseCodes(Record):
    """Sparse codes in a dictionary: ``codes, residual = batch_omp(D, Y, 5)``.

    Attributes
    ----------
    codes : csr_array of shape (t, n)
        ``y_i ~ sum_j codes_ij d_j``.
    residual : ndarray of shape (t,)
        ``||y_i - sum_j codes_ij d_j||``.
    certificate : None
    info : Info
    """

    _fields = ("codes", "residual")
    codes: Any
    residual: np.ndarray
    certificate: None
    info: Info | None


def self_expressive_omp(
    X: Any = None,
    *,
    gram: Any = None,
    n_nonzero: int = 5,
    tol: float = 1e-6,
    selection: Literal["omp", "ols"] = "omp",
    layout: Literal["auto", "gram", "direct"] = "auto",
    n_threads: int = 1,
) -> SelfExpression:
    """Represent each sample by few others, chosen greedily (SSC-OMP).

    Starting from nothing, the sample whose direction correlates most with the residual joins, and
    all coefficients are fitted again, until ``||r_i|| <= tol ||x_i||``.

    Parameters
    ----------
    X : array_like of shape (N, D), optional
        Rows are samples, of any sizes: directions are compared. Give `X` or `gram`.
    gram : array_like of shape (N, N), optional
        ``X X^T``, or a sum of such. Residuals below 3e-8 of a sample are not seen.
    n_nonzero : int, optional
        Other samples at most, from 1; not more than the dimension of the subspaces.
    tol : float, optional
        In [0, 1).
    selection : {"omp", "ols"}, optional
        Orthogonal least squares takes the sample that lowers the residual most.
    layout : {"auto", "gram", "direct"}, optional
        Correlations from the Gram matrix of all samples, or from the samples themselves.
    n_threads : int, optional
        The result does not depend on it.

    Returns
    -------
    SelfExpression
        C in CSR. ``info.details["status"]`` says for each sample how it ended: 0 within `tol`, 1
        with `n_nonzero` others, 2 without another one that would help. A sample that is 0 has no
        entries.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    Notes
    -----
    *Algorithm.* You, Robinson and Vidal 2016, with a stopping rule that does not depend on the
    scale. Gram layout: a progressive Cholesky factor (Rubinstein, Zibulevsky and Elad 2008); direct
    layout: Gram-Schmidt, twice. Of equal correlations the first sample joins; one that depends on
    those before is passed over. *Cost.* ``2 N^2 D`` flops for the Gram matrix and ``2 N^2 k^2``
    after it, or ``2 N^2 D k``, whichever is less. *Accuracy.* Residuals are measured
    from the samples where they are given (claim ``clustering-omp``).

    References
    ----------
    You, Robinson and Vidal, CVPR (2016), arXiv 1507.01238; Rubinstein, Zibulevsky and Elad, Report
    CS-2008-08, Technion (2008).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import self_expressive_omp
    >>> X = np.array([[1.0, 0], [0, 1], [3, 4]])
    >>> self_expressive_omp(X, n_nonzero=2).C.toarray()[2].round(12).tolist()
    [3.0, 4.0, 0.0]
    """
    samples = as_samples(X, gram)
    n = samples.size
    k = min(scalars.as_integer(n_nonzero, name="n_nonzero", low=1), max(n - 1, 1))
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    ols = scalars.as_choice(selection, name="selection", choices=_SELECTIONS) == "ols"
    chosen = _layout(samples, k, layout)
    sizes = _sizes(samples)
    targets = _Targets(np.arange(n), sizes > 0.0, tol, k, ols, n_threads)
    if chosen == "gram":
        G = _unit_gram(samples, sizes)
        index, value, info = targets.by_gram(G, lambda first, stop: G[first:stop])
    else:
        index, value, info = targets.directly(samples.unit, samples.unit)
    C = _codes(index, value, info, n)
    if samples.X is not None:
        rest = samples.unit - C @ samples.unit
        residual = np.sqrt(np.einsum("ij,ij->i", rest, rest))
    else:
        residual = _residual_by_gram(G, C, (sizes > 0.0).astype(np.float64))
    scaled = _of_sizes(C, sizes, sizes)
    return SelfExpression(
        scaled.astype(samples.dtype),
        np.ldexp(residual * sizes, -samples.exponent).astype(samples.dtype),
        certificate=SelfExpressionCertificate(),
        info=_info(f"{selection}, {chosen}", info),
    )


def batch_omp(
    D: Any,
    Y: Any,
    n_nonzero: int,
    *,
    tol: float = 1e-6,
    selection: Literal["omp", "ols"] = "omp",
    n_threads: int = 1,
) -> SparseCodes:
    """Code targets by few atoms of a dictionary each, chosen greedily.

    Parameters
    ----------
    D : array_like of shape (n, d)
        Rows are atoms, of any sizes: directions are compared.
    Y : array_like of shape (t, d)
        Rows are targets.
    n_nonzero : int
        Atoms of a target at most, from 1.
    tol : float, optional
        In [0, 1): a target ends where ``||r|| <= tol ||y||``.
    selection : {"omp", "ols"}, optional
    n_threads : int, optional

    Returns
    -------
    SparseCodes

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    self_expressive_omp : samples by each other.

    Notes
    -----
    *Algorithm.* As :func:`self_expressive_omp` in the Gram layout. *Cost.* ``2 d n (n + t)`` flops
    for the products and ``2 t n k^2`` after them.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import batch_omp
    >>> batch_omp(np.eye(3), np.array([[3.0, 0, 1]]), 1).codes.toarray().tolist()
    [[3.0, 0.0, 0.0]]
    """
    atoms, targets = _given(D, "D"), _given(Y, "Y")
    if atoms.X.shape[1] != targets.X.shape[1]:  # type: ignore[union-attr]
        raise InvalidInputError(
            f"Y has {targets.X.shape[1]} columns and D has {atoms.X.shape[1]}"  # type: ignore[union-attr]
        )
    n = atoms.size
    k = min(scalars.as_integer(n_nonzero, name="n_nonzero", low=1), n)
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    ols = scalars.as_choice(selection, name="selection", choices=_SELECTIONS) == "ols"
    U, V = atoms.unit, targets.unit
    sizes = _sizes(targets)
    runs = _Targets(np.full(targets.size, -1), sizes > 0.0, tol, k, ols, n_threads)
    index, value, info = runs.by_gram(U @ U.T, lambda first, stop: V[first:stop] @ U.T)
    C = _codes(index, value, info, n)
    rest = V - C @ U
    residual = np.ldexp(np.sqrt(np.einsum("ij,ij->i", rest, rest)) * sizes, -targets.exponent)
    scaled = _of_sizes(C, sizes, _sizes(atoms), targets.exponent - atoms.exponent)
    dtype = np.result_type(atoms.dtype, targets.dtype)
    return SparseCodes(
        scaled.astype(dtype), residual.astype(dtype), info=_info(f"{selection}, gram", info)
    )


def _given(A: Any, name: str) -> Samples:
    matrix = arrays.as_matrix(A, name=name)
    if matrix.dtype.kind == "c":
        raise InvalidTypeError(f"{name} is complex; sparse codes are of real targets")
    if 0 in matrix.shape:
        raise InvalidInputError(f"{name} has shape {matrix.shape}: there is nothing in it")
    return as_samples(matrix)


def _layout(samples: Samples, k: int, layout: str) -> str:
    scalars.as_choice(layout, name="layout", choices=("auto", "gram", "direct"))
    if samples.X is None:
        if layout == "direct":
            raise InvalidInputError("layout='direct' needs the samples themselves; pass X")
        return "gram"
    if layout != "auto":
        return layout
    # The Gram matrix is a product at the speed of BLAS, a fifth of the cost of a step.
    by_gram = samples.X.shape[1] / 5.0 + k
    return "gram" if by_gram < samples.X.shape[1] and samples.size <= _GRAM_LAST else "direct"


def _sizes(samples: Samples) -> np.ndarray:
    """Return the norms of the samples in their scale."""
    if samples.X is None:
        return np.asarray(np.sqrt(samples.squares))
    return norms.column_norms(samples.X.T)


def _unit_gram(samples: Samples, sizes: np.ndarray) -> np.ndarray:
    if samples.X is not None:
        return np.asarray(samples.unit @ samples.unit.T)
    inverse = np.where(sizes > 0.0, 1.0 / np.where(sizes > 0.0, sizes, 1.0), 0.0)
    return np.asarray(samples.gram * inverse[:, None] * inverse)


@dataclasses.dataclass(frozen=True)
class _Targets:
    """What the kernels are told of the targets, and their workspace."""

    owner: np.ndarray
    present: np.ndarray  # whether a target is not 0
    tol: float
    k: int
    ols: bool
    n_threads: int

    def by_gram(
        self, G: np.ndarray, correlations: Callable[[int, int], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from linsub.clustering._kernels.omp import omp_gram

        n = G.shape[0]

        def run(first: int, stop: int, work: Any, out: Any) -> None:
            P, L, z = np.empty((self.k, n)), np.zeros((self.k, self.k)), np.zeros(self.k)
            H = np.ascontiguousarray(correlations(first, stop))
            parts = [part[first:stop] for part in out]
            omp_gram(
                G, H, self.owner[first:stop], self.k, self._least(first, stop), self.ols,
                P, work, work[0].view(np.int64), L, z, *parts,
            )  # fmt: skip

        return self._all(run, n)

    def directly(
        self, atoms: np.ndarray, targets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from linsub.clustering._kernels.omp import omp_direct

        n, d = atoms.shape
        columns = np.ascontiguousarray(atoms.T)

        def run(first: int, stop: int, work: Any, out: Any) -> None:
            Q, L, z = np.empty((self.k + 1, d)), np.zeros((self.k, self.k)), np.zeros(self.k)
            parts = [part[first:stop] for part in out]
            omp_direct(
                columns, atoms, targets[first:stop], self.owner[first:stop], self.k,
                self._least(first, stop), self.ols, work,
                work[0].view(np.int64), Q, L, z, *parts,
            )  # fmt: skip

        return self._all(run, n)

    def _least(self, first: int, stop: int) -> np.ndarray:
        """Return the squared residual to stop at; 1 for targets that are 0, which end at once."""
        return np.asarray(np.where(self.present[first:stop], max(self.tol**2, _RESOLUTION), 1.0))

    def _all(self, run: Any, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        t = self.owner.size
        index = np.zeros((t, self.k), dtype=np.int64)
        value, info = np.zeros((t, self.k)), np.zeros((t, 2), dtype=np.int64)
        threads = scalars.as_integer(self.n_threads, name="n_threads", low=1)
        step = max(1, min(_TARGETS * max(1, _ENTRIES // (n * _TARGETS)), -(-t // threads)))

        def part(first: int) -> None:
            run(first, min(t, first + step), np.empty((3, n)), (index, value, info))

        run_parts([lambda first=first: part(first) for first in range(0, t, step)], threads)  # type: ignore[misc]
        return index, value, info


def _codes(index: np.ndarray, value: np.ndarray, info: np.ndarray, n: int) -> Any:
    """Return the codes in CSR, columns ascending."""
    t, k = index.shape
    kept = np.arange(k) < info[:, :1]
    row = np.repeat(np.arange(t), info[:, 0])
    codes: Any = sparse.csr_array((value[kept], (row, index[kept])), shape=(t, n))
    codes.sort_indices()
    return codes


def _of_sizes(C: Any, rows: np.ndarray, columns: np.ndarray, exponent: int = 0) -> Any:
    """Return codes of the atoms as they came from those of unit atoms and targets."""
    scaled: Any = C.copy()
    size = np.repeat(rows, np.diff(C.indptr))
    # The quotient first near 1, then by its power of two: sizes may be 1e-300 and 1e300.
    fraction, power = np.frexp(size)
    below, lower = np.frexp(columns[C.indices])
    with np.errstate(over="ignore", under="ignore"):
        scaled.data = np.ldexp(C.data * fraction / below, power - lower - exponent)
    return scaled


def _residual_by_gram(G: np.ndarray, C: Any, squares: np.ndarray) -> np.ndarray:
    """Return ``(g_ii - 2 c g_i + c G c^T)^(1/2)``, which sees no less than 1e-8."""
    found = squares.copy()
    for i in range(C.shape[0]):
        span = slice(C.indptr[i], C.indptr[i + 1])
        at, c = C.indices[span], C.data[span]
        found[i] += c @ (G[np.ix_(at, at)] @ c - 2.0 * G[i, at])
    return np.asarray(np.sqrt(np.maximum(found, 0.0)))


def _info(method: str, info: np.ndarray) -> Info:
    counts = np.bincount(info[:, 1], minlength=len(_ENDINGS))
    notes = tuple(
        f"{count} ended by {name}" for name, count in zip(_ENDINGS, counts, strict=True) if count
    )
    return Info(method=method, notes=notes, details={"status": info[:, 1]})
