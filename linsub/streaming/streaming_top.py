"""The top eigenvector of rows that arrive once, with a bound on its error or a plain no."""

from __future__ import annotations

import os
from typing import Any, Literal

import numpy as np
from scipy import sparse

from linsub._core import arrays, scalars
from linsub._core.progress import Progress
from linsub._core.random import RNGLike, Streams
from linsub.errors import InvalidInputError
from linsub.results import Bound, Info
from linsub.streaming.oja_rule import signed
from linsub.streaming.result import EigCertificate, EigResult
from linsub.streaming.rows import NanPolicy, as_rows
from linsub.streaming.top_choice import Answer, choose
from linsub.streaming.top_state import Settings, TopState

__all__ = ["Method", "Order", "StreamingTopEigenvector"]

Method = Literal["auto", "covariance", "fd", "block_power", "oja_grid"]
Order = Literal["random", "adversarial"]

_METHODS = ("auto", "covariance", "fd", "block_power", "oja_grid")
_LARGEST = float(np.finfo(np.float64).max)


class StreamingTopEigenvector:
    """The top eigenvector of ``M = A^T A`` for rows of A that arrive once.

    Every method hands out the same record: a vector, an interval that contains lambda_1, and a
    bound on the sine between the vector and v_1 that no order of the rows can break. Where nothing
    below 1 can be proved the status is ``uncertified``, and the vector is a guess.

    Parameters
    ----------
    n_features : int, optional
        d, the length of a row; by default that of the first block.
    method : {"auto", "covariance", "fd", "block_power", "oja_grid"}, optional
        ``covariance`` keeps M itself, d^2 numbers, and is exact. The others keep a few hundred
        rows: ``fd`` a sketch by Frequent Directions and the heaviest rows; ``block_power`` power
        iterations over blocks of rows in random order, beside the heaviest rows; ``oja_grid``
        Oja's rule at many rates. ``auto`` is ``covariance`` where d is at most
        `covariance_limit`, and all of the others together above that.
    order : {"random", "adversarial"}, optional
        Whether later rows may be used to judge what earlier ones gave. That decides only between
        vectors of which nothing is proved; certificates never rest on it. Where rows do not look
        randomly ordered it is not done, whatever was said.
    sketch_size : int, optional
        l, of the sketch. All methods but ``covariance`` take their certificate from it; 0 for none.
    heavy_rows : int, optional
        How many rows may be kept as they are.
    heavy_threshold : float, optional
        Only rows with at least this multiple of ``||A||_F^2 / d``.
    n_rates, n_chains, n_sampled : int, optional
        Rates of Oja's rule, power iterations, and sampled rows that judge vectors in any order.
    covariance_limit : int, optional
        The largest d at which ``auto`` keeps M: by default 4000, 128 MB.
    nan_policy : {"raise", "omit"}, optional
        ``omit`` drops rows with entries that are not finite.
    rng : optional
        What :func:`numpy.random.default_rng` takes.

    Attributes
    ----------
    n_samples : int
        Rows so far.
    n_features : int or None

    Notes
    -----
    *Algorithm.* After Kacham and Woodruff [1]_ (heavy rows, power iterations over blocks, fresh
    chains) and Price and Xun [2]_ (a grid of rates, chosen by its own growth). The bodies of the
    two papers were not available: structure is from their abstracts, and all constants are ours.
    Further ours: blocks that grow like a geometric series instead of guesses of ``||A||_F``;
    averages of Oja's iterates; a sample of rows by their squares, which estimates ``||A v||^2`` in
    any order and shows that an order is not random; certificates by Frequent Directions.

    *Cost.* With ``covariance`` 2 d^2 operations a row (a symmetric product would need half);
    with all parts some (l + 4 n_rates + 4 n_chains) d and a product of matrices for the sketch.
    Up to about d = 1000 ``covariance`` is faster than the sketch too.

    *Accuracy.* ``streaming-top-certificate``, ``streaming-growth``, ``streaming-heavy-row``,
    ``streaming-hard-rate``; rounding is in all bounds, to worst cases, in double precision.

    References
    ----------
    .. [1] P. Kacham and D. Woodruff, "Approximating the top eigenvector in random order streams",
       NeurIPS 2024, arXiv 2412.11963
    .. [2] E. Price and Z. Xun, "Spectral guarantees for adversarial streaming PCA", FOCS 2024,
       arXiv 2408.10332

    Examples
    --------
    >>> from linsub.streaming import StreamingTopEigenvector
    >>> from linsub.testing import gallery
    >>> A = gallery.spiked(5000, 40, 8.0, rng=0)
    >>> stream = StreamingTopEigenvector(method="fd", rng=0)
    >>> for i in range(0, 5000, 700):
    ...     _ = stream.update(A[i : i + 700])
    >>> vector, value, sin_bound, status = stream.result()
    >>> v1 = np.linalg.svd(A, full_matrices=False)[2][0]
    >>> status, bool(np.sqrt(1 - (vector @ v1) ** 2) <= sin_bound < 0.1)
    ('certified', True)
    """

    def __init__(
        self,
        n_features: int | None = None,
        method: Method = "auto",
        *,
        order: Order = "random",
        sketch_size: int = 32,
        heavy_rows: int = 32,
        heavy_threshold: float = 0.2,
        n_rates: int = 16,
        n_chains: int = 24,
        n_sampled: int = 256,
        covariance_limit: int = 4000,
        nan_policy: NanPolicy = "raise",
        rng: RNGLike = None,
    ) -> None:
        integer = scalars.as_integer
        self.n_features = (
            None if n_features is None else integer(n_features, name="n_features", low=1)
        )
        self.method = scalars.as_choice(method, name="method", choices=_METHODS)
        self.order = scalars.as_choice(order, name="order", choices=("random", "adversarial"))
        self.sketch_size = integer(sketch_size, name="sketch_size", low=0)
        if self.method == "fd" and self.sketch_size == 0:
            raise InvalidInputError("sketch_size is 0 and method='fd' is nothing but a sketch")
        self.heavy_rows = integer(heavy_rows, name="heavy_rows", low=0)
        self.heavy_threshold = scalars.as_real(
            heavy_threshold, name="heavy_threshold", low=0.0, include=(False, True)
        )
        self.n_rates = integer(n_rates, name="n_rates", low=1)
        self.n_chains = integer(n_chains, name="n_chains", low=2)
        self.n_sampled = integer(n_sampled, name="n_sampled", low=2)
        self.covariance_limit = integer(covariance_limit, name="covariance_limit", low=0)
        self._nan_policy = nan_policy
        self.nan_policy = scalars.as_choice(
            nan_policy, name="nan_policy", choices=("raise", "omit")
        )
        self._streams = Streams(rng)
        self._home = arrays.Home()
        # One attribute, replaced as a whole: an update that fails or is interrupted leaves it.
        self._kept: tuple[TopState | None, np.ndarray] = (None, np.zeros((0, 0)))

    @property
    def n_samples(self) -> int:
        """Rows so far."""
        state, waiting = self._kept
        return (0 if state is None else state.n_rows) + int(waiting.shape[0])

    def update(self, X: Any) -> StreamingTopEigenvector:
        """Append rows.

        Parameters
        ----------
        X : array_like or sparse, (b, d)
            Any b, 0 too; how the rows are split into blocks does not change the result.

        Returns
        -------
        StreamingTopEigenvector
            Itself.

        Raises
        ------
        InvalidInputError, InvalidTypeError, NonFiniteError
            Before anything changes; an interrupted update has no effect either.
        """
        rows = as_rows(X, self.n_features, nan_policy=self._nan_policy)
        home = arrays.Home() if sparse.issparse(X) else arrays.home(X)
        state, waiting = self._kept
        d, b = rows.shape[1], rows.shape[0]
        state = self._begin(d) if state is None else state
        chunk = state.chunk
        if waiting.shape[0] + b >= chunk:
            state = state.copy()
        first, held = 0, waiting.shape[0]
        with Progress(held + b, "rows") as progress:
            while held + b - first >= chunk:
                stop = first + chunk - held
                part = _dense(rows[first:stop])
                state.absorb(np.concatenate([waiting, part]) if held else part)
                first, held, waiting = stop, 0, waiting[:0]
                progress.advance(chunk)
        rest = np.array(_dense(rows[first:]))
        waiting = np.concatenate([waiting, rest]) if held else rest
        self.n_features, self._home, self._kept = d, home, (state, waiting)
        return self

    def result(self) -> EigResult:
        """Return the top eigenvector as far as the rows so far tell.

        Raises
        ------
        InvalidInputError
            Before the first update.
        """
        state = self._flushed()
        answer = choose(state, self.order)
        vector = signed(answer.chosen.vector.copy())
        certificate = _certificate(answer, 2 * (state.exponent or 0))
        sine = float(answer.chosen.sine)
        assert certificate.value_lower is not None
        assert certificate.value_upper is not None
        details = {
            "n_samples": state.n_rows,
            "candidate": answer.chosen.name,
            "norm_sq": _ldexp(state.total, 2 * (state.exponent or 0), 0.0),
            "order_doubt": answer.details.get("suspicion", 0.0),
        }
        info = Info(state.settings.method, passes=1, notes=answer.notes, details=details)
        return EigResult(
            self._home.give_back(vector),
            np.array([float(certificate.value_lower), float(certificate.value_upper)]),
            sine,
            "certified" if sine < 1.0 else "uncertified",
            certificate=certificate,
            info=info,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the stream to a file that :meth:`load` goes on from, to the last bit."""
        from linsub.streaming.top_file import write

        write(self, path)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> StreamingTopEigenvector:
        """Read a stream that :meth:`save` wrote.

        Raises
        ------
        InvalidInputError
            If the file holds something else, or is damaged.
        """
        from linsub.streaming.top_file import read

        found: StreamingTopEigenvector = read(path)
        return found

    def _begin(self, d: int) -> TopState:
        return TopState(d, self._settings(d), self._streams)

    def _settings(self, d: int) -> Settings:
        method = self.method
        if method == "auto":
            method = "covariance" if d <= self.covariance_limit else "combined"
        return Settings(
            method,
            self.sketch_size,
            self.heavy_rows,
            self.heavy_threshold,
            self.n_rates,
            self.n_chains,
            self.n_sampled,
        )

    def _flushed(self) -> TopState:
        """Return the state with the waiting rows taken in."""
        state, waiting = self._kept
        if state is None:
            raise InvalidInputError("there is no row yet: call update() first")
        if waiting.shape[0]:
            state = state.copy()
            state.absorb(waiting)
        return state


def _dense(rows: Any) -> np.ndarray:
    return rows if isinstance(rows, np.ndarray) else np.asarray(rows.toarray())


def _ldexp(x: float, p: int, toward: float) -> float:
    """Return ``2^p x``, never beyond on the side of `toward`."""
    with np.errstate(over="ignore", under="ignore"):
        y = float(np.ldexp(x, p))
    if y == np.inf and toward == 0.0:
        return _LARGEST
    if x == 0.0:
        return 0.0
    return float(np.nextafter(y, toward)) if abs(y) < 1e-300 else y


def _certificate(answer: Answer, p: int) -> EigCertificate:
    sine = float(answer.chosen.sine)
    return EigCertificate(
        sine=Bound(sine, "bound", "sin(v, v_1)", origin="carried") if sine < 1.0 else None,
        value_lower=Bound(_ldexp(answer.lower, p, 0.0), "bound", "lambda_1 >=", origin="carried"),
        value_upper=Bound(_ldexp(answer.upper, p, np.inf), "bound", "lambda_1", origin="carried"),
        second_upper=Bound(_ldexp(answer.second, p, np.inf), "bound", "lambda_2", origin="carried"),
    )
