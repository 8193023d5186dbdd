"""Orthogonal matching pursuit of many targets: samples among themselves, or in a dictionary."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.progress import Progress
from linsub._core.threads import run_parts
from linsub.clustering.samples import as_samples, slack_of, squared_residuals
from linsub.clustering.self_expression import SelfExpression, SelfExpressionCertificate
from linsub.clustering.unit_rows import UnitRows, as_unit_rows
from linsub.errors import InvalidInputError
from linsub.results import Info, Record

__all__ = ["SparseCodes", "batch_omp", "self_expressive_omp"]

_SELECTIONS = ("omp", "ols")

# Targets that a thread takes at a time: enough to pay for its workspace, few enough to share. It
# does not depend on the number of threads: products of other sizes round differently.
_TARGETS = 64

# Targets that go through the atoms together in the direct layout.
_TILE = 8

# Correlations that are held at a time at most (64 MB), where they are not the Gram matrix itself.
_ENTRIES = 1 << 23

# Up to so many samples a Gram matrix may be formed (800 MB).
_GRAM_LAST = 10_000

# What a squared residual of a unit target loses: through the Gram matrix, and by itself.
_RESOLUTION = 4.0 * float(np.finfo(np.float64).eps)
_DIRECT_RESOLUTION = (8.0 * float(np.finfo(np.float64).eps)) ** 2

_ENDINGS = ("tolerance", "n_nonzero", "exhausted", "resolution")
_TOLERANCE, _RESOLVED = 0, 3


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
        Correlations from the Gram matrix of all samples, where residuals below 3e-8 of a sample
        count as 0, or from the samples themselves, where those below 2e-15 do.
    n_threads : int, optional
        The result does not depend on it.

    Returns
    -------
    SelfExpression
        C in CSR. ``info.details["status"]`` says for each sample how it ended: 0 within `tol`, 1
        with `n_nonzero` others, 2 without another one that would help, 3 above `tol` but with a
        residual that the layout cannot tell from 0. A sample that is 0 has no entries.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Also where rows are so far apart in size that a coefficient overflows or underflows.

    Notes
    -----
    *Algorithm.* You, Robinson and Vidal 2016, with a stopping rule that does not depend on the
    scale. Gram layout: a progressive Cholesky factor (Rubinstein, Zibulevsky and Elad 2008); direct
    layout: Gram-Schmidt, twice, of the samples that single precision does not rule out. Of equal
    correlations the first sample joins; one that depends on those before is passed over. *Cost.*
    ``2 N^2 D`` flops for the Gram matrix and ``2 N^2 k^2`` after it, or ``2 N^2 D k``, whichever is
    less. *Accuracy.* Residuals are measured from the samples where they are given (claim
    ``clustering-omp``).

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
    given = _as_gram(X, gram) if X is None or gram is not None else None
    rows = _by_diagonal(*given) if given is not None else as_unit_rows(X, "X")
    n = rows.size.size
    most = max(n - 1, 1) if given is not None else max(min(n - 1, rows.unit.shape[1]), 1)
    k = min(scalars.as_integer(n_nonzero, name="n_nonzero", low=1), most)
    rule = _rule(np.arange(n), rows, k, tol, selection, n_threads)
    chosen = _layout(None if given is not None else rows.unit.shape, k, layout)
    if chosen == "gram":
        G = _cosines(given[0], rows) if given is not None else rows.unit @ rows.unit.T
        index, value, info = rule.by_gram(G, lambda first, stop: G[first:stop])
    else:
        index, value, info = rule.directly(rows.unit)
    C = _codes(index, value, info, n)
    if given is None:
        residual = _rest(rows.unit, C, rows.unit)
    else:
        residual = _residual_by_gram(G, C, (rows.size > 0.0).astype(np.float64), rows.dtype)
    return SelfExpression(
        _of_sizes(C, rows, rows, rows.dtype),
        _sized(residual, rows).astype(rows.dtype),
        certificate=SelfExpressionCertificate(),
        info=_info(f"{selection}, {chosen}", info, residual, rule.tol),
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
    for the products and ``2 t n k^2`` after them. *Accuracy.* Residuals decay with
    the inradius of the atoms (claim ``clustering-omp-decay``); few atoms that are incoherent are
    found (claim ``clustering-omp-recovery``).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.clustering import batch_omp
    >>> batch_omp(np.eye(3), np.array([[3.0, 0, 1]]), 1).codes.toarray().tolist()
    [[3.0, 0.0, 0.0]]
    """
    atoms, targets = as_unit_rows(D, "D"), as_unit_rows(Y, "Y")
    U, V = atoms.unit, targets.unit
    if U.shape[1] != V.shape[1]:
        raise InvalidInputError(f"Y has {V.shape[1]} columns and D has {U.shape[1]}")
    n = U.shape[0]
    k = min(scalars.as_integer(n_nonzero, name="n_nonzero", low=1), *U.shape)
    rule = _rule(np.full(V.shape[0], -1), targets, k, tol, selection, n_threads)
    index, value, info = rule.by_gram(U @ U.T, lambda first, stop: V[first:stop] @ U.T)
    C = _codes(index, value, info, n)
    residual = _rest(V, C, U)
    dtype = np.result_type(atoms.dtype, targets.dtype)
    return SparseCodes(
        _of_sizes(C, targets, atoms, dtype),
        _sized(residual, targets).astype(dtype),
        info=_info(f"{selection}, gram", info, residual, rule.tol),
    )


def _layout(shape: tuple[int, ...] | None, k: int, layout: str) -> str:
    """Return the layout, for samples of a shape or for a Gram matrix that was passed."""
    scalars.as_choice(layout, name="layout", choices=("auto", "gram", "direct"))
    if shape is None:
        if layout == "direct":
            raise InvalidInputError("layout='direct' needs the samples themselves; pass X")
        return "gram"
    if layout != "auto":
        return layout
    n, d = shape
    # Row operations of a target; those of the Gram layout come from memory, not from the cache,
    # which is worth 9 more a step, and the Gram matrix itself is a product at the speed of BLAS.
    return "gram" if n <= _GRAM_LAST and d / 4.0 + k * (k / 2.0 + 9.0) < d * k else "direct"


def _as_gram(X: Any, gram: Any) -> tuple[np.ndarray, np.dtype]:
    """Return a Gram matrix at its own scale: one for all entries would lose the small rows."""
    dtype = as_samples(X, gram).dtype
    G = arrays.as_matrix(gram, name="gram").astype(np.float64)
    least = int(np.argmin(G.diagonal()))
    if G[least, least] < 0.0:
        raise InvalidInputError(
            f"gram[{least}, {least}] is negative and is a squared norm; pass X @ X.T"
        )
    return 0.5 * G + 0.5 * G.T, dtype


def _by_diagonal(gram: np.ndarray, dtype: np.dtype) -> UnitRows:
    """Return the sizes of samples that are known by their Gram matrix, and no directions."""
    size, exponent = np.frexp(np.sqrt(gram.diagonal()))
    return UnitRows(np.empty((size.size, 0)), size, exponent.astype(np.int64), dtype)


def _cosines(gram: np.ndarray, rows: UnitRows) -> np.ndarray:
    size = np.where(rows.size > 0.0, np.ldexp(rows.size, rows.exponent), 1.0)
    with np.errstate(over="ignore"):
        G = np.asarray(gram / size[:, None] / size)
    present = rows.size > 0.0
    over = np.abs(G) > (present[:, None] & present) * (1.0 + slack_of(rows.dtype))
    if over.any():
        i, j = np.unravel_index(int(np.argmax(over)), over.shape)
        raise InvalidInputError(
            f"gram is not positive semidefinite: gram[{i}, {j}] is larger than the geometric mean "
            f"of gram[{i}, {i}] and gram[{j}, {j}]; pass X @ X.T"
        )
    return G


def _rule(
    owner: np.ndarray, rows: UnitRows, k: int, tol: Any, selection: Any, n_threads: Any
) -> _Targets:
    tol = scalars.as_real(tol, name="tol", low=0.0, high=1.0, include=(True, False))
    ols = scalars.as_choice(selection, name="selection", choices=_SELECTIONS) == "ols"
    threads = scalars.as_integer(n_threads, name="n_threads", low=1)
    return _Targets(owner, rows, tol, k, ols, threads)


@dataclasses.dataclass(frozen=True)
class _Targets:
    """What the kernels are told of the targets, and their workspace."""

    owner: np.ndarray  # the atom that a target must not use, or -1
    rows: UnitRows
    tol: float
    k: int
    ols: bool
    n_threads: int

    def by_gram(
        self, G: np.ndarray, correlations: Callable[[int, int], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from linsub.clustering._kernels.omp import omp_gram

        n, least = G.shape[0], self._least(_RESOLUTION)

        def run(first: int, stop: int, out: Any) -> None:
            work = np.empty((3, n))
            P, L, z = np.empty((self.k, n)), np.zeros((self.k, self.k)), np.zeros((2, self.k))
            H = np.ascontiguousarray(correlations(first, stop))
            omp_gram(
                G, H, self.owner[first:stop], self.k, least[first:stop], self.ols,
                P, work, work[0].view(np.int64), L, z, *(part[first:stop] for part in out),
            )  # fmt: skip

        return self._all(run, n)

    def directly(self, atoms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from linsub.clustering._kernels.omp import STRETCH, omp_direct

        n, d = atoms.shape
        columns = np.ascontiguousarray(atoms.T) if self.ols else np.empty((d, 0))
        single = np.ascontiguousarray(atoms.T, dtype=np.float32)
        least = self._least(_DIRECT_RESOLUTION)

        def run(first: int, stop: int, out: Any) -> None:
            T, k = min(_TILE, stop - first), self.k
            new, scratch = np.empty(STRETCH), np.empty((2, STRETCH + 1), dtype=np.float32)
            inverse, mask = np.empty((T, n)), np.empty((T, n), dtype=np.float32)
            Q, L, z = np.empty((T, k + 1, d)), np.zeros((T, k, k)), np.zeros((T, k))
            omp_direct(
                columns, single, atoms, self.rows.unit[first:stop], self.owner[first:stop], k,
                least[first:stop], self.ols, new, scratch, scratch[0].view(np.int32), inverse,
                mask, np.empty((T, d), dtype=np.float32), Q, L, z,
                np.zeros((T, 3), dtype=np.int64), np.zeros((T, 2)),
                *(part[first:stop] for part in out),
            )  # fmt: skip

        return self._all(run, n)

    def _least(self, resolution: float) -> np.ndarray:
        """Return the squared residual to stop at; 1 for targets that are 0, which end at once."""
        return np.asarray(np.where(self.rows.size > 0.0, max(self.tol**2, resolution), 1.0))

    def _all(self, run: Any, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        t = self.owner.size
        index = np.zeros((t, self.k), dtype=np.int64)
        value, info = np.zeros((t, self.k)), np.zeros((t, 2), dtype=np.int64)
        step = max(1, min(_TARGETS, _ENTRIES // n))
        with Progress(t, "pursuit") as progress:

            def part(first: int) -> None:
                stop = min(t, first + step)
                run(first, stop, (index, value, info))
                progress.advance(stop - first)

            tasks = [lambda first=first: part(first) for first in range(0, t, step)]
            run_parts(tasks, self.n_threads)
        return index, value, info


def _codes(index: np.ndarray, value: np.ndarray, info: np.ndarray, n: int) -> Any:
    """Return the codes in CSR, columns ascending."""
    t, k = index.shape
    kept = np.arange(k) < info[:, :1]
    row = np.repeat(np.arange(t), info[:, 0])
    codes: Any = sparse.csr_array((value[kept], (row, index[kept])), shape=(t, n))
    codes.sort_indices()
    return codes


def _of_sizes(C: Any, rows: UnitRows, columns: UnitRows, dtype: np.dtype) -> Any:
    """Return codes of the atoms as they came from those of unit atoms and targets."""
    scaled: Any = C.copy()
    row, column = np.repeat(np.arange(C.shape[0]), np.diff(C.indptr)), C.indices
    near = C.data * rows.size[row] / columns.size[column]
    with np.errstate(over="ignore", under="ignore"):
        scaled.data = np.ldexp(near, rows.exponent[row] - columns.exponent[column]).astype(dtype)
    lost = ~np.isfinite(scaled.data) | ((scaled.data == 0.0) & (near != 0.0))
    if lost.any():
        at = int(np.argmax(lost))
        raise InvalidInputError(
            f"a coefficient of row {row[at]} is about 2^{rows.exponent[row[at]]} / "
            f"2^{columns.exponent[column[at]]}, which {np.dtype(dtype)} cannot hold; bring the "
            "rows to sizes that are less far apart: directions are compared anyway"
        )
    return scaled


def _sized(residual: np.ndarray, rows: UnitRows) -> np.ndarray:
    return np.asarray(np.ldexp(residual * rows.size, rows.exponent))


def _rest(targets: np.ndarray, C: Any, atoms: np.ndarray) -> np.ndarray:
    """Return the norms of the residuals."""
    rest = targets - C @ atoms
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", rest, rest)))


def _residual_by_gram(G: np.ndarray, C: Any, squares: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return ``(g_ii - 2 c g_i + c G c^T)^(1/2)``, which sees no less than 1e-8."""
    found, sizes = squares.copy(), squares.copy()
    for i in range(C.shape[0]):
        span = slice(C.indptr[i], C.indptr[i + 1])
        at, c = C.indices[span], C.data[span]
        found[i] += c @ (G[np.ix_(at, at)] @ c - 2.0 * G[i, at])
        sizes[i] += np.abs(c).sum()
    return np.asarray(np.sqrt(squared_residuals(found, sizes, slack_of(dtype))))


def _info(method: str, info: np.ndarray, residual: np.ndarray, tol: float) -> Info:
    """Say how the targets ended, by the residuals as they were measured in the end."""
    status = np.where(info[:, 1] == _TOLERANCE, _RESOLVED, info[:, 1])
    status = np.where(residual <= tol, _TOLERANCE, status)
    counts = np.bincount(status, minlength=len(_ENDINGS))
    notes = tuple(
        f"{count} ended by {name}" for name, count in zip(_ENDINGS, counts, strict=True) if count
    )
    return Info(method=method, notes=notes, details={"status": status})
