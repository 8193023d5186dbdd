"""Volume sampling of rows, and least squares from few responses."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import as_matrix, as_vector, as_vector_or_matrix
from linsub._core.dense import norms, triangular
from linsub._core.dense import svd as dense_svd
from linsub._core.dense.full_rank import basis, weighted_solve
from linsub._core.random import RNGLike, Streams
from linsub.dpp.bounds.volume import volume_loss_factor
from linsub.dpp.indices import as_subsets
from linsub.dpp.orthonormality import survey
from linsub.dpp.projection import draw_many
from linsub.errors import InvalidInputError, InvalidTypeError, NonFiniteError, NumericalError
from linsub.results import Bound, Certificate, Info, Record

__all__ = [
    "VolumeLstsqCertificate",
    "VolumeLstsqResult",
    "volume_logpmf",
    "volume_lstsq",
    "volume_sample",
]


@dataclasses.dataclass(frozen=True, eq=False)
class VolumeLstsqCertificate(Certificate):
    """What is known of a least-squares fit from few responses. Unknown is None.

    Attributes
    ----------
    error_factor : Bound
        Of ``E ||X coef - y||^2 / min_w ||X w - y||^2``, the expectation over the choice of rows.
    sigma_min : Bound
        The smallest singular value of the rows of an orthonormal basis that were drawn, with
        their weights: errors e of the responses move ``X coef`` by at most
        ``||sqrt(w) e|| / sigma_min``.
    """

    error_factor: Bound | None = None
    sigma_min: Bound | None = None


class VolumeLstsqResult(Record):
    """Least squares from few responses: ``coef, indices, weights = volume_lstsq(X, y, size)``.

    Attributes
    ----------
    coef : ndarray of shape (d,) or (d, c)
    indices : ndarray of int64 of shape (size,)
        The rows whose responses were used; repeated ones with ``kind="rescaled"``.
    weights : ndarray of shape (size,)
        Of the squared residuals.
    certificate : VolumeLstsqCertificate
    """

    _fields = ("coef", "indices", "weights")
    coef: np.ndarray
    indices: np.ndarray
    weights: np.ndarray
    certificate: VolumeLstsqCertificate | None
    info: Info | None


def volume_sample(
    X: Any,
    size: int,
    *,
    n_samples: int | None = None,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> np.ndarray:
    """Draw S of `size` rows with P(S) proportional to det(X_S^H X_S).

    Parameters
    ----------
    X : array_like of shape (n, d)
        Of rank d, real or complex; the law does not change when X is multiplied from the right.
    size : int
        d to n.
    n_samples : int, optional
        How many independent samples to return; by default a single one, without the first axis.
    rng : None, int or numpy.random.Generator, optional
        What :func:`numpy.random.default_rng` takes. Sample i is the same whatever `n_samples` is.
    check_finite : bool, optional
        Name the first entry that is nan or infinite.

    Returns
    -------
    ndarray of int64 of shape (size,) or (n_samples, size)
        Distinct rows; the first d are a sample of the projection DPP of the range of X.

    Raises
    ------
    InvalidInputError
        If `size` is out of range, or X has not rank d.
    NonFiniteError, InvalidTypeError
        If X is no finite matrix.

    Notes
    -----
    *Algorithm*: by Cauchy and Binet, det(X_S^H X_S) is the sum of ``|det X_T|^2`` over the
    T in S with d rows: d rows of the projection DPP of the range, and ``size - d`` of the others,
    chosen uniformly. Nothing is rejected and nothing downdated, as it is in reverse
    iterative sampling (Derezinski & Warmuth 2018).

    *Cost*: a QR factorization, ``4 n d^2`` flops at most for well-conditioned X, and that of
    :func:`projection_dpp` for each sample.

    *Accuracy*: exact up to rounding: ``dpp-volume-law``, ``dpp-volume-inclusion``.

    References
    ----------
    Derezinski, Warmuth, "Reverse iterative volume sampling for linear regression", Journal of
    Machine Learning Research 19 (2018).

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import volume_sample
    >>> X = np.vander(np.linspace(-1, 1, 30), 3)
    >>> S = volume_sample(X, 6, rng=0)
    >>> len(set(S.tolist()))
    6
    """
    X = as_matrix(X, name="X", check_finite=check_finite)
    size = _size(size, X.shape)
    if n_samples is not None:
        n_samples = scalars.as_integer(n_samples, name="n_samples", low=0)
    count = 1 if n_samples is None else n_samples
    found = _volume_rows(basis(X, "X"), size, Streams(rng), count)
    return found[0] if n_samples is None else found


def _volume_rows(Q: np.ndarray, size: int, streams: Streams, count: int) -> np.ndarray:
    """Return samples (count, size) for the range of orthonormal columns Q."""
    n, d = Q.shape
    found = np.empty((count, size), np.int64)
    found[:, :d] = draw_many(Q, survey(Q)[0], streams, count)
    if size > d:
        for i in range(count):
            rest = np.delete(np.arange(n), found[i, :d])
            found[i, d:] = streams.generator("shuffle", i).permutation(rest)[: size - d]
    return found


def volume_logpmf(X: Any, S: Any, *, check_finite: bool = True) -> Any:
    """Return log P(S) under volume sampling: log of det(X_S^H X_S) / (C(n-d, s-d) det(X^H X)).

    Parameters
    ----------
    X : array_like of shape (n, d)
        Of rank d.
    S : array_like of int of shape (s,) or (k, s)
        Rows of X, d <= s <= n, or k sets of them.
    check_finite : bool, optional

    Returns
    -------
    float, or ndarray of shape (k,)
        -inf where rows are repeated or dependent, that is where the probability is zero.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        If X has not rank d, or S holds no indices of its rows, or too few.

    Notes
    -----
    *Algorithm*: singular values of the rows of an orthonormal basis, whose determinants are
    never formed from a Gram matrix. *Accuracy*: ``dpp-volume-law``.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import volume_logpmf
    >>> X = np.array([[1.0], [2.0], [2.0]])
    >>> np.exp(volume_logpmf(X, [[0], [1], [2]])).round(12).tolist()
    [0.111111111111, 0.444444444444, 0.444444444444]
    """
    X = as_matrix(X, name="X", check_finite=check_finite)
    n, d = X.shape
    sets, single = as_subsets(S, n)
    s = _size(sets.shape[1], X.shape, "the number of rows in S")
    Q = basis(X, "X").astype(np.complex128 if X.dtype.kind == "c" else np.float64)
    distinct = (np.diff(np.sort(sets, axis=1), axis=1) > 0).all(axis=1)
    # log of C(n - d, s - d), whose terms may overflow.
    choices = float(np.log1p((n - s) / np.arange(1.0, s - d + 1)).sum())
    found = np.full(sets.shape[0], -np.inf)
    with np.errstate(divide="ignore"):
        for k in np.flatnonzero(distinct):
            found[k] = 2.0 * np.log(dense_svd.singular_values(Q[sets[k]])).sum() - choices
    return float(found[0]) if single else found


def _size(size: Any, shape: tuple[int, int], name: str = "size") -> int:
    n, d = shape
    if d > n:
        raise InvalidInputError(
            f"X has shape {shape}: with more columns than rows no set of rows has a volume; "
            "pass a basis of fewer columns"
        )
    return scalars.as_integer(size, name=name, low=d, high=n)


def volume_lstsq(
    X: Any,
    y: Any,
    size: int,
    *,
    kind: str = "ordinary",
    density: Any = None,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> VolumeLstsqResult:
    """Solve min ||X w - y|| from `size` responses only, without bias and with a known loss.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Of rank d, real or complex.
    y : array_like of shape (n,) or (n, c), or callable
        The responses; or ``y(rows)``, which is called once with the distinct rows that were
        drawn, in ascending order, and returns their responses. Of an array only these are read.
    size : int
        d to n; with ``kind="rescaled"`` d or more.
    kind : {"ordinary", "rescaled"}, optional
        ``ordinary``: a set S with P(S) proportional to det(X_S^H X_S), and no weights.
        ``rescaled``: rows with replacement and weights ``1/density``, the law of
        Derezinski, Warmuth & Hsu and of Nouy & Michel; better for many more rows than columns,
        where some rows have much of the leverage.
    density : array_like of shape (n,), optional
        For ``rescaled``: the law of the rows beyond the first d, not negative, and positive
        wherever X has a row that is not zero; any scale. By default the leverages.
    rng : None, int or numpy.random.Generator, optional
    check_finite : bool, optional

    Returns
    -------
    VolumeLstsqResult

    Raises
    ------
    InvalidInputError
        If `size` or `density` is out of range, X has not rank d, or y has another length.
    NonFiniteError, InvalidTypeError
        If X or one of the responses is not finite, or of a type that cannot be used.
    NumericalError
        If the coefficients are larger than any number.

    Notes
    -----
    *Algorithm*: :func:`volume_sample`, or d rows of the projection DPP with ``size - d``
    independent ones of `density`, in random order; then least squares by an SVD in an
    orthonormal basis of the range of X.

    *Cost*: a QR factorization of X, a sample, and an SVD of ``size x d`` numbers.

    *Accuracy*: ``E coef`` is the solution for all responses (``dpp-volume-unbiased``), and the
    expected loss at most ``1 + d (n - size)/(n - d)`` times the least one
    (``dpp-volume-loss``), or d + 1 times for ``rescaled`` (``dpp-rescaled-loss``): in the
    certificate as ``error_factor``. A single draw may be far worse for `size` near d, where the
    loss has a heavy tail; ``sigma_min`` tells. For `size` > n/2 and hard data ordinary volume
    sampling stays a constant factor off (Derezinski, Warmuth and Hsu).

    References
    ----------
    Derezinski, Warmuth, "Reverse iterative volume sampling for linear regression", Journal of
    Machine Learning Research 19 (2018); Derezinski, Warmuth, Hsu, "Leveraged volume sampling for
    linear regression", NeurIPS 2018, arXiv 1802.06749; Nouy, Michel, "Weighted least-squares
    approximation with determinantal point processes and generalized volume sampling", arXiv
    2312.14057.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.dpp import volume_lstsq
    >>> x = np.linspace(-1, 1, 1000)
    >>> X = np.stack([np.ones_like(x), x], axis=1)
    >>> coef, rows, weights = volume_lstsq(X, lambda rows: 2 + 3 * x[rows], 5, rng=0)
    >>> coef.round(12).tolist(), rows.size
    ([2.0, 3.0], 5)
    """
    kind = scalars.as_choice(kind, name="kind", choices=("ordinary", "rescaled"))
    X = as_matrix(X, name="X", check_finite=check_finite)
    n, d = X.shape
    streams = Streams(rng)
    if kind == "ordinary":
        if density is not None:
            raise InvalidInputError("density belongs to kind='rescaled'; ordinary draws have none")
        size = _size(size, X.shape)
        Q = basis(X, "X")
        S = _volume_rows(Q, size, Streams(streams.generator("sample")), 1)[0]
        weights = np.ones(size)
        factor = volume_loss_factor(n, d, size)
    else:
        _size(d, X.shape)
        size = scalars.as_integer(size, name="size", low=d)
        Q = basis(X, "X")
        S, weights = rescaled_rows(Q, size, density, streams, 0)
        factor = d + 1.0
    responses = _responses(y, S, n, check_finite)
    b, beta = norms.near_one(responses)
    fit, sigma = weighted_solve(Q[S], b, weights)
    coef = _coefficients(X, Q, fit, beta).astype(np.result_type(X.dtype, responses.dtype))
    certificate = VolumeLstsqCertificate(
        error_factor=Bound(factor, "bound", "E ||X coef - y||^2 / min ||X w - y||^2"),
        sigma_min=Bound(sigma[-1] if d else np.inf, "exact", "sigma_min(sqrt(w) Q_S)"),
    )
    return VolumeLstsqResult(
        coef, S, weights, certificate=certificate, info=Info(kind, details={"rows": n})
    )


def _coefficients(X: np.ndarray, Q: np.ndarray, fit: np.ndarray, beta: int) -> np.ndarray:
    """Return c with X c = 2^-beta Q fit, for the basis Q of the range of X."""
    peaks = np.array([norms.max_abs(column) for column in X.T])
    p = -np.frexp(peaks)[1].astype(np.int64)
    # X = Q R, and R = Q^H X; with columns near 1 no product leaves the range of numbers.
    R = np.triu(Q.conj().T @ norms.ldexp(X, p))
    c = triangular.solve(np.asfortranarray(R.astype(fit.dtype)), fit)
    with np.errstate(over="ignore", under="ignore"):
        coef = norms.ldexp(c.T, p - beta).T
    if not np.isfinite(coef).all():
        raise NumericalError(
            f"coef exceeds the largest {coef.dtype}: y is that much larger than X; multiply X by "
            "a power of two first"
        )
    return coef


def rescaled_rows(
    Q: np.ndarray, size: int, density: Any, streams: Streams, index: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows with replacement by the rescaled law, and their weights ``1/density``."""
    n, d = Q.shape
    leverages, _ = survey(Q)
    if density is None:
        q = leverages
    else:
        given = as_vector(density, name="density", size=n)
        if given.dtype.kind == "c":
            raise InvalidTypeError("density is complex; pass its real part, probabilities are real")
        q = given.astype(np.float64)
        if q.size and q.min() < 0.0:
            i = int(q.argmin())
            raise InvalidInputError(f"density[{i}] is {q[i]:.3g}; probabilities are not negative")
        q = _over_its_largest(q)
        short = (q < np.finfo(np.float64).tiny) & (leverages > 0.0)
        if short.any():
            i = int(np.argmax(short))
            raise InvalidInputError(
                f"density[{i}] is {given[i]:.3g}, at most 2^-1022 of the largest, but row {i} of X "
                f"has leverage {leverages[i]:.3g}: it must be positive wherever X has a row that "
                "is not zero, and its weight must be a number"
            )
    q = _over_its_largest(q)
    cdf = np.cumsum(q)
    if size == 0:
        return np.empty(0, np.int64), np.empty(0)
    if not (n and cdf[-1] > 0.0):
        raise InvalidInputError("density has no mass; rows cannot be drawn from it")
    fixed = draw_many(Q, leverages, streams, 1, first=index)[0]
    generator = streams.generator("shuffle", index)
    free = np.searchsorted(cdf, generator.random(size - d) * cdf[-1], side="right")
    last = int(np.flatnonzero(q)[-1])
    S = generator.permutation(np.concatenate([fixed, np.minimum(free, last)]))
    return S.astype(np.int64), cdf[-1] / q[S]


def _over_its_largest(q: np.ndarray) -> np.ndarray:
    with np.errstate(under="ignore"):
        return np.asarray(q / q.max()) if q.size and q.max() > 0.0 else q


def _responses(y: Any, S: np.ndarray, n: int, check_finite: bool) -> np.ndarray:
    """Return the responses of the rows S, reading or asking for no others."""
    rows, back = np.unique(S, return_inverse=True)
    if callable(y) and not hasattr(y, "shape"):
        name, given = "y(rows)", y(rows.copy())
        length = rows.size
    else:
        name, given, length = "y", y, n
    values = as_vector_or_matrix(given, name=name, check_finite=False)
    if values.shape[0] != length:
        raise InvalidInputError(f"{name} must have {length} rows, got shape {values.shape}")
    values = values if name != "y" else values[rows]
    if check_finite and not np.isfinite(values).all():
        k = int(np.argmin(np.isfinite(values).reshape(rows.size, -1).all(axis=1)))
        raise NonFiniteError(f"{name} of the row {rows[k]}, which was drawn, is {values[k]}")
    return values[back]
