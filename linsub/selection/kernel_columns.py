"""The Nystroem approximation of a positive semidefinite matrix from k of its columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub._core.arrays import Home, as_matrix, as_vector, home
from linsub._core.dense import norms
from linsub._core.dense.cholesky import cholesky_r
from linsub._core.dense.eigh import eigh
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.selection import bounds
from linsub.selection.leading_subspace import (
    EPS,
    SMALL,
    check_rank,
    leading_subspace,
    widened,
)
from linsub.selection.partial_cholesky import partial_cholesky
from linsub.selection.result import NystroemCertificate, NystroemResult

__all__ = ["nystroem"]

METHODS = ("auto", "arp", "volume", "rpcholesky")


def nystroem(
    A: Any,
    k: int,
    *,
    diagonal: Any = None,
    method: str = "auto",
    rng: RNGLike = None,
    check_finite: bool = True,
) -> NystroemResult:
    """Approximate a positive semidefinite matrix from k columns: ``A ~ A_:S A_SS^+ A_S:``.

    ``A ~ F F^H``, with ``tr(A - F F^H)`` known from the diagonal.

    Parameters
    ----------
    A : array_like of shape (N, N), or callable
        Hermitian and positive semidefinite; or ``A(indices)``, which returns the columns
        ``A[:, indices]``, so that no more than about k of them are ever evaluated.
    k : int
        Number of columns, at most the numerical rank of A.
    diagonal : array_like of shape (N,), optional
        The diagonal of A; needed when A is callable, and then only.
    method : {"auto", "arp", "volume", "rpcholesky"}
        ``arp``: S from the projection DPP of the k leading eigenvectors; the mean trace error is
        at most k + 1 times the least. ``volume``: S with probability proportional to det A_SS; the
        mean is known exactly, and at most k + 1 times the least. ``rpcholesky``: each column in
        proportion to what is left of the diagonal. ``auto``: ``arp`` for a matrix, ``rpcholesky``
        for a callable, for which the others are not possible.
    rng : None, int, Generator, ..., optional
        Seed or generator, as taken by :func:`numpy.random.default_rng`.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    NystroemResult
        ``F, indices``, with ``certificate`` (:class:`~linsub.selection.NystroemCertificate`).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Also when A is not Hermitian or not positive semidefinite beyond rounding (of a function,
        as far as its columns show), `diagonal` is not that of A, or k exceeds its numerical rank.

    Notes
    -----
    *Algorithm.* Given S, ``F = A_:S V diag(w)^(-1/2)`` from the eigenvalues w of A_SS above
    rounding. ``rpcholesky`` is Chen and others' randomly pivoted Cholesky in the blocked form with
    rejection of Epperly and others, whose law is the same; columns that were rejected
    have been evaluated. *Cost.* ``arp``: the
    leading eigenvectors by :func:`linsub.svd.truncated_svd`, 8 N^2 k flops and a Cholesky
    factorization that shows A to be positive; ``volume``: an eigendecomposition; ``rpcholesky``:
    2 N k^2 flops and between k and a few times k columns of A. *Accuracy.* Claim
    ``selection-nystroem``. The trace error is not negative and, the approximation being below A
    in the order of matrices, bounds every norm of the error.

    References
    ----------
    Cortinovis and Kressner, arXiv 2412.13992; Chen, Epperly, Tropp and Webber, arXiv 2207.06503;
    Epperly, Tropp and Webber, arXiv 2410.03969.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.selection import nystroem
    >>> x = np.linspace(0.0, 1.0, 200)
    >>> kernel = lambda S: np.exp(-4.0 * (x[:, None] - x[S]) ** 2)
    >>> F, indices = found = nystroem(kernel, 10, diagonal=np.ones(200), rng=0)
    >>> F.shape, found.certificate.relative_error < 1e-6
    ((200, 10), True)
    """
    method = scalars.as_choice(method, name="method", choices=METHODS)
    streams = Streams(rng)
    if callable(A) and not hasattr(A, "__array__"):
        return _from_columns(A, k, diagonal, method, streams, check_finite)
    if diagonal is not None:
        raise InvalidInputError("diagonal is given and A is a matrix, which has one; leave it out")
    given = as_matrix(A, check_finite=check_finite)
    if given.shape[0] != given.shape[1]:
        raise InvalidInputError(f"A has shape {given.shape} and a kernel matrix is square")
    B, alpha = widened(given)
    tol = max(1, len(B)) * float(np.finfo(given.dtype).eps)
    B = _hermitian(B, tol)
    k = scalars.as_integer(k, name="k", low=0, high=len(B))
    d = B.diagonal().real.copy()
    _check_diagonal(d, "A's diagonal")
    if method == "rpcholesky":
        if not _is_positive(B, tol, norms.max_abs(d)):
            _spectrum(B, tol)
        F, S, looked = partial_cholesky(lambda S: B[:, S], d, k, tol, streams)
        info = Info(method=method, products=looked)
        return _result(F, S, d, given.dtype, alpha, home(A), info, None, tol)
    S, expected = _by_spectrum(B, k, tol, "volume" if method == "volume" else "arp", streams)
    F = _factor(B[:, S], S, tol)
    return _result(F, S, d, given.dtype, alpha, home(A), Info(method=method), expected, tol)


def _hermitian(B: np.ndarray, tol: float) -> np.ndarray:
    gap = norms.max_abs(B - B.conj().T)
    size = norms.max_abs(B)
    if gap > 10.0 * tol * size:
        raise InvalidInputError(
            f"A is not Hermitian: |A - A^H| is up to {gap / size:.2g} of the largest entry; pass "
            "(A + A.conj().T) / 2"
        )
    return np.asarray((B + B.conj().T) / 2)


def _check_diagonal(d: np.ndarray, name: str) -> None:
    if d.size and d.min() < 0.0:
        i = int(np.argmin(d))
        raise InvalidInputError(f"A is not positive semidefinite: {name} has {d[i]:.3g} at [{i}]")


def _check_block(core: np.ndarray, d: np.ndarray, S: np.ndarray, tol: float) -> None:
    """Refuse columns whose rows S are not Hermitian, or do not have the given diagonal."""
    floor = tol * float(d.max(initial=0.0))
    off = np.abs(core.diagonal() - d[S])
    if not off.max(initial=0.0) <= floor:
        i = int(S[int(np.argmax(off))])
        raise InvalidInputError(
            f"diagonal[{i}] is off the entry of A(indices) there by {off.max() / d.max():.2g} of "
            "the largest; pass the diagonal of the same A"
        )
    gap = float(np.abs(core - core.conj().T).max(initial=0.0))
    if not gap <= floor:
        raise InvalidInputError(
            f"A is not Hermitian: |A - A^H| is up to {gap / d.max():.2g} of the largest entry in "
            "the rows and columns that were looked at"
        )


def _is_positive(B: np.ndarray, tol: float, size: float) -> bool:
    """Return whether a Cholesky factorization shows it, to rounding; `size` at most lambda_1."""
    return cholesky_r(B + 10.0 * tol * size * np.eye(len(B))) is not None


def _spectrum(B: np.ndarray, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """Return all eigenvalues and vectors, or say which is negative."""
    w, V = eigh(B)
    if w.size and w[-1] < -10.0 * tol * max(w[0], 0.0):
        raise InvalidInputError(
            f"A is not positive semidefinite: its least eigenvalue is {w[-1] / w[0]:.3g} of the "
            "largest; add a multiple of the identity"
        )
    return np.maximum(w, 0.0), V


def _by_spectrum(
    B: np.ndarray, k: int, tol: float, method: str, streams: Streams
) -> tuple[np.ndarray, Bound]:
    generator = streams.generator("sample")
    if method == "arp" and len(B) > SMALL:
        V = leading_subspace(B, k, tol, streams)
        size = norms.frobenius(B @ V[:, :1]) if k else norms.max_abs(B)
        if _is_positive(B, tol, size):
            return _by_projection(B, V, generator)
    w, V = _spectrum(B, tol)
    check_rank(w, k, tol)
    if method == "arp":
        return _by_projection(B, np.ascontiguousarray(V[:, :k]), generator)
    mean = bounds.volume_error(np.sqrt(w), k) ** 2
    S = np.zeros(0, np.int64)
    if k:
        from linsub.dpp import KDPP, LEnsemble

        keep = w > tol * w[0]
        S = np.asarray(KDPP(LEnsemble.from_eigh(w[keep], V[:, keep]), k).sample(rng=generator))
    return S, Bound(mean, "exact", "E tr(A - F F^H)")


def _by_projection(
    B: np.ndarray, V: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, Bound]:
    """Draw from the projection DPP of V, whose factor is over tr(B) - tr(V^H B V) for any V."""
    from linsub.dpp import projection_dpp

    S = projection_dpp(V, orthonormal="assume", rng=generator)
    # The trace of (I - V V^H) B (I - V V^H), and what the difference may have cancelled.
    trace = float(np.trace(B).real)
    left = max(trace - float(np.vdot(V, B @ V).real), 0.0)
    left += bounds.subset_rounding(V.shape[1], 0.0, trace, EPS)
    return S, Bound(bounds.subset_factor(V.shape[1]) ** 2 * left, "bound", "E tr(A - F F^H)")


def _factor(columns: np.ndarray, S: np.ndarray, tol: float) -> np.ndarray:
    """Return F with F F^H = A_:S A_SS^+ A_S:, of the eigenvalues of A_SS above rounding."""
    core = columns[S]
    w, V = eigh((core + core.conj().T) / 2)
    rank = int(np.count_nonzero(w > tol * w[0])) if w.size and w[0] > 0.0 else 0
    return np.asarray((columns @ V[:, :rank]) / np.sqrt(w[:rank]))


def _from_columns(
    A: Callable[..., Any],
    k: Any,
    diagonal: Any,
    method: str,
    streams: Streams,
    check_finite: bool,
) -> NystroemResult:
    if method not in ("auto", "rpcholesky"):
        raise InvalidInputError(
            f"method={method!r} needs all of A, and A is a function; take method='rpcholesky'"
        )
    if diagonal is None:
        raise InvalidTypeError("diagonal is None and A is a function: pass the diagonal of A too")
    d = as_vector(diagonal, name="diagonal", check_finite=check_finite)
    if d.dtype.kind == "c":
        raise InvalidTypeError(
            "diagonal is complex and that of a Hermitian A is real; pass its real"
        )
    _check_diagonal(d, "diagonal")
    dtype, d = d.dtype, d.astype(np.float64)
    k = scalars.as_integer(k, name="k", low=0, high=d.size)
    alpha = norms.power_of_two_scale(norms.max_abs(d), d.dtype)
    scaled = d * alpha
    seen: set[np.dtype] = set()

    def columns(S: np.ndarray) -> np.ndarray:
        found = as_matrix(A(S.copy()), name="A(indices)", check_finite=check_finite)
        if found.shape != (d.size, S.size):
            raise InvalidInputError(
                f"A(indices) has shape {found.shape} for {S.size} indices; it must return the "
                f"columns of A, ({d.size}, {S.size})"
            )
        wide = found.astype(np.complex128 if found.dtype.kind == "c" else np.float64)
        with np.errstate(over="ignore", under="ignore"):
            wide = np.asarray(wide * alpha)
        seen.add(found.real.dtype)
        eps = max(float(np.finfo(x).eps) for x in (dtype, found.dtype))
        _check_block(wide[S], scaled, S, float(np.sqrt(eps)))
        return wide

    tol = max(1, d.size) * float(np.finfo(dtype).eps)
    F, S, looked = partial_cholesky(columns, scaled, k, tol, streams)
    if np.dtype(np.float32) in seen:  # the diagonal may be known better than the columns
        dtype = np.dtype(np.float32)
        tol = max(1, d.size) * float(np.finfo(dtype).eps)
    info = Info(method="rpcholesky", products=looked)
    return _result(F, S, scaled, dtype, alpha, Home(), info, None, tol)


def _result(
    F: np.ndarray,
    S: np.ndarray,
    d: np.ndarray,
    dtype: np.dtype,
    alpha: float,
    place: Home,
    info: Info,
    expected: Bound | None,
    tol: float,
) -> NystroemResult:
    kind = "c" if F.dtype.kind == "c" else "f"
    single = dtype in (np.dtype(np.float32), np.dtype(np.complex64))
    target = np.dtype(
        {("c", True): "c8", ("c", False): "c16", ("f", True): "f4"}.get((kind, single), "f8")
    )
    with np.errstate(over="ignore", under="ignore"):
        F = np.asarray(F / np.sqrt(alpha)).astype(target, copy=False)
        wide = F.astype(np.complex128 if kind == "c" else np.float64) * np.sqrt(alpha)
    fit = np.square(np.abs(wide)).sum(axis=1)
    trace = float(d.sum())
    left = float((d - fit).sum())
    worst = float((d - fit).min(initial=0.0))
    if worst < -100.0 * max(tol, len(S) * float(np.finfo(target).eps)) * float(d.max(initial=0.0)):
        raise InvalidInputError(
            f"A is not positive semidefinite: what its columns leave of the diagonal is "
            f"{worst / float(d.max()):.2g} of its largest entry"
        )
    # What F has lost by rounding to its type counts too: F F^H may then exceed A, and the trace
    # alone would not bound the error.
    rounding = bounds.subset_rounding(len(S), 1.0, trace, float(np.finfo(target).eps))
    with np.errstate(over="ignore", under="ignore"):
        if expected is not None:
            value = (float(expected) + rounding) / alpha
            expected = Bound(value, expected.kind, expected.of)
        certificate = NystroemCertificate(
            trace_error=Bound((max(left, 0.0) + rounding) / alpha, "exact", "tr(A - F F^H)"),
            expected_error=expected,
            trace=Bound(trace / alpha, "exact", "tr(A)"),
        )
    return NystroemResult(place.give_back(F), S, certificate=certificate, info=info)
