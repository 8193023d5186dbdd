"""The SVD of what can be seen once: sketches of both sides and of the core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub._core.dense import norms
from linsub._core.dense.qr import qr
from linsub._core.dense.svd import svd
from linsub._core.dense.triangular import solve
from linsub._core.operators import view
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.results import Bound, Info
from linsub.sketching import GaussianSketch
from linsub.svd import bounds
from linsub.svd.certificate import unscaled
from linsub.svd.norm_bound import FROBENIUS_PROBES
from linsub.svd.result import SVDCertificate, SVDResult
from linsub.svd.rounding import product_rounding

__all__ = ["single_pass_svd"]


class _Sketch:
    """Y = A Omega, X = Upsilon A, Z = Phi A Psi and Theta A, updated by blocks of rows.

    All of scale * A: `scale` is a power of two, that of the largest block so far.
    """

    def __init__(
        self, shape: tuple[int, int], dtype: np.dtype, width: int, core: int, streams: Streams
    ) -> None:
        m, n = shape
        self.shape, self.dtype, self.streams = shape, dtype, streams
        self.width, self.core = width, core
        self.Omega = self.test_matrix(n, width, (0, 0), (0, n))
        self.Psi = self.test_matrix(n, core, (0, 1), (0, n))
        self.Y = np.zeros((m, width), dtype, order="F")
        self.X = np.zeros((width, n), dtype)
        self.Z = np.zeros((core, core), dtype)
        self.T = np.zeros((FROBENIUS_PROBES, n), dtype)
        self.norm = 0.0
        self.rows = 0
        self.scale = 0.0  # until a block comes that is not zero

    def rescale(self, scale: float) -> None:
        """Make room for a block that asks for this scale."""
        if self.scale == 0.0:
            self.scale = scale
        if scale < self.scale:
            ratio = scale / self.scale
            for sketch in (self.Y, self.X, self.Z, self.T):
                sketch *= sketch.dtype.type(ratio)
            self.norm *= ratio
            self.scale = scale

    def left(self, which: int, rows: tuple[int, int]) -> np.ndarray:
        """Rows of the transposed left maps: Upsilon^H, Phi^H (sketch) or Theta^H (probe)."""
        m = self.shape[0]
        if which == 2:
            size = (m, FROBENIUS_PROBES)
            return self.streams.gaussian("probe", size, self.dtype, (1, which), rows=rows)
        return self.test_matrix(m, (self.width, self.core)[which], (1, which), rows)

    def test_matrix(
        self, n: int, columns: int, block: tuple[int, int], rows: tuple[int, int]
    ) -> np.ndarray:
        """Return rows of an (n, columns) Gaussian test matrix."""
        if columns == 0:  # of rank 0, or of an empty matrix: a sketch has an output at least
            return np.zeros((rows[1] - rows[0], 0), self.dtype)
        sketch = GaussianSketch(n, columns, rng=self.streams, block=block)
        return sketch.part(*rows).test_matrix(self.dtype)

    def update(self, block: np.ndarray, norm: float) -> None:
        rows = (self.rows, self.rows + block.shape[0])
        self.Y[rows[0] : rows[1]] = block @ self.Omega
        self.X += self.left(0, rows).conj().T @ block
        self.Z += (self.left(1, rows).conj().T @ block) @ self.Psi
        self.T += self.left(2, rows).conj().T @ block
        self.norm = float(np.hypot(self.norm, norm))
        self.rows = rows[1]

    def finish(self, rank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return U, S, V of Q C P^H with C = (Phi Q)^+ Z ((Psi^H P)^+)^H, cut at `rank`."""
        Q, _ = qr(self.Y)
        P, _ = qr(np.asfortranarray(self.X.conj().T))
        PhiQ = self.left(1, (0, self.shape[0])).conj().T @ Q
        PsiP = self.Psi.conj().T @ P
        C = _lstsq(PhiQ, self.Z)
        C = _lstsq(PsiP, C.conj().T).conj().T
        U, S, Vh = svd(C)
        return Q @ U[:, :rank], S[:rank].copy(), P @ Vh[:rank].conj().T


def _lstsq(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Return A^+ B for a tall A of full column rank, by QR and never by a pseudo-inverse."""
    Q, R = qr(A)
    return np.asarray(solve(R, Q.conj().T @ B))


def single_pass_svd(
    blocks: Iterable[Any],
    shape: tuple[int, int],
    rank: int,
    *,
    width: int | None = None,
    core: int | None = None,
    dtype: Any = np.float64,
    failure_prob: float = 1e-6,
    rng: RNGLike = None,
    check_finite: bool = True,
) -> SVDResult:
    """Truncated SVD of a matrix that can be seen once, as blocks of rows.

    Parameters
    ----------
    blocks : iterable of array_like or sparse (w_i, n)
        The rows of A from top to bottom; a one-shot iterator will do. Any w_i >= 0.
    shape : tuple of int
        (m, n): the number of rows must be known before the first one comes.
    rank : int
        From 0 to min(m, n).
    width : int, optional
        Columns of the two range sketches, at least `rank`; default ``4 rank + 1``, at
        most min(m, n).
    core : int, optional
        Side of the core sketch, at least `width`; default ``2 width + 1``, at most
        min(m, n) where that is larger than `width`.
    dtype : dtype, optional
        Of the sketches and of the result; complex blocks need a complex one.
    failure_prob, rng, check_finite
        As in :func:`truncated_svd`.

    Returns
    -------
    SVDResult
        Its certificate is *carried*: it comes from a sketch of its own, updated in the
        same pass, since A is gone. Residuals are unknown (None).

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError

    See Also
    --------
    truncated_svd : where A can be read twice; its squared error is about 3 times smaller.

    Notes
    -----
    *Algorithm.* Tropp, Yurtsever, Udell and Cevher (2019), algorithm 4.2, with Gaussian
    maps that are generated by blocks and never stored on the long side. *Cost.* One pass;
    2 m n (2 width + core + 16) flops; (m + n) width + n core + core^2 numbers.
    *Accuracy.* ``E ||A - A^||_F^2 <= (s - 1)/(s - k - 1) min_r (k + r - 1)/(k - r - 1)
    tail_r^2`` for width k and core s before the cut at `rank` (claim
    ``svd-single-pass``). The error of the result itself is measured by 16 independent
    probes: an unbiased estimate, and a bound that fails with probability `failure_prob`.

    References
    ----------
    Tropp, Yurtsever, Udell and Cevher, SIAM J. Sci. Comput. 41 (2019), arXiv 1902.08651.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.svd import single_pass_svd
    >>> A = np.outer(np.arange(1.0, 31.0), np.ones(20))
    >>> stream = (A[i : i + 7] for i in range(0, 30, 7))
    >>> U, S, Vh = single_pass_svd(stream, A.shape, 1, rng=0)
    >>> bool(np.allclose(U * S @ Vh, A))
    True
    """
    m, n = _check_shape(shape)
    short = min(m, n)
    rank = scalars.as_integer(rank, name="rank", low=0, high=short)
    try:
        kind = arrays.canonical_dtype(np.dtype(dtype), name="the result")
    except TypeError as error:
        raise InvalidTypeError(f"dtype={dtype!r} names no dtype: {error}") from error
    if width is None:
        width = min(4 * rank + 1, short)
    width = scalars.as_integer(width, name="width", low=min(rank, short), high=short)
    if core is None:
        core = max(min(2 * width + 1, max(short, 1)), width)
    core = scalars.as_integer(core, name="core", low=width)
    failure_prob = scalars.as_real(
        failure_prob, name="failure_prob", low=0.0, high=1.0, include=(False, False)
    )
    streams = Streams(rng)
    sketch = _Sketch((m, n), kind, width, core, streams)
    if not isinstance(blocks, Iterable):
        raise InvalidTypeError(f"blocks must be an iterable of 2-D arrays, got {blocks!r}")
    for i, block in enumerate(blocks):
        _feed(sketch, block, i, check_finite)
    if sketch.rows != m:
        raise InvalidInputError(
            f"the blocks held {sketch.rows} rows and shape={shape} promised {m}; "
            "nothing is returned, since the sketch of the missing rows is unknown"
        )
    U, S, V = (
        sketch.finish(rank)
        if width
        else (np.zeros((m, 0), kind), np.zeros(0, kind).real, np.zeros((n, 0), kind))
    )
    scale = sketch.scale or 1.0
    certificate = unscaled(_certificate(sketch, U, S, V, failure_prob), scale)
    with np.errstate(over="ignore", under="ignore"):
        S = S / S.dtype.type(scale)
    info = Info(
        method="single-pass",
        products=2 * width + core + FROBENIUS_PROBES,
        passes=1,
        details={"width": width, "core": core, "error_probes": FROBENIUS_PROBES},
    )
    from linsub.svd.engines import fix_signs

    U, V = fix_signs(U, V)
    return SVDResult(U, S, np.ascontiguousarray(V.conj().T), certificate=certificate, info=info)


def _check_shape(shape: Any) -> tuple[int, int]:
    if not isinstance(shape, tuple | list) or len(shape) != 2:
        raise InvalidInputError(f"shape must be (m, n), got {shape!r}")
    m = scalars.as_integer(shape[0], name="shape[0]", low=0)
    n = scalars.as_integer(shape[1], name="shape[1]", low=0)
    return m, n


def _feed(sketch: _Sketch, block: Any, index: int, check_finite: bool) -> None:
    name = f"blocks[{index}]"
    part = view(block, name=name, check_finite=check_finite)
    rows, n = part.shape
    if n != sketch.shape[1]:
        raise InvalidInputError(f"{name} has {n} columns and shape promised {sketch.shape[1]}")
    if sketch.rows + rows > sketch.shape[0]:
        raise InvalidInputError(
            f"{name} ends at row {sketch.rows + rows} and shape promised {sketch.shape[0]} rows"
        )
    if part.dtype.kind == "c" and sketch.dtype.kind != "c":
        raise InvalidInputError(f"{name} is complex; pass dtype=complex")
    if part.kind == "operator":
        raise InvalidTypeError(
            f"{name} is a LinearOperator and its entries are needed; pass {name} @ np.eye({n})"
        )
    if part.frobenius():
        sketch.rescale(part.scale)
    ratio = (sketch.scale or 1.0) / part.scale
    for _, piece in part.row_blocks():
        data = (piece * piece.dtype.type(ratio)).astype(sketch.dtype, copy=False)
        sketch.update(data, norms.frobenius(data))


def _certificate(
    sketch: _Sketch, U: np.ndarray, S: np.ndarray, V: np.ndarray, failure_prob: float
) -> SVDCertificate:
    """Measure Theta (A - U S V^H), which the pass has kept, and bound everything by it."""
    m, n = sketch.shape
    eps = float(np.finfo(sketch.dtype).eps)
    norm = sketch.norm
    left = sketch.left(2, (0, m)).conj().T
    E = sketch.T - ((left @ U) * S) @ V.conj().T
    probed = bounds.frobenius_from_probes(
        norms.frobenius(E), FROBENIUS_PROBES, failure_prob, complex_probes=sketch.dtype.kind == "c"
    )
    error = probed + product_rounding(max(m, n), eps) * norm
    s = S.astype(np.float64)

    def carried(value: Any, of: str) -> Bound:
        return Bound(value, "probabilistic", of, failure_prob, "carried")

    # Rounding of the products, and of the turn to a real pivot that follows.
    rounding = (2.0 * np.sqrt(max(m, n)) + 8.0 * np.sqrt(S.size)) * eps
    drift = rounding + max(norms.frobenius(Q.conj().T @ Q - np.eye(Q.shape[1])) for Q in (U, V))
    return SVDCertificate(
        frobenius_error=carried(error, "||A - U S Vh||_F"),
        spectral_error=carried(error, "||A - U S Vh||_2"),
        sigma_lower=carried(np.maximum(s - error, 0.0), "sigma_i(A) >="),
        sigma_upper=carried(s + error, "sigma_i(A)"),
        complement_norm=carried(error, "sigma_{k+1}(A)"),
        orthogonality=Bound(drift, "bound", "max(||U^H U - I||_2, ||Vh Vh^H - I||_2)"),
        frobenius_norm=Bound(norm, "exact", "||A||_F", origin="carried"),
    )
