"""Perturbation bounds of spectra and subspaces, evaluated on a user's own two matrices."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from linsub._core import arrays, scalars
from linsub.errors import InvalidInputError, InvalidTypeError
from linsub.geometry import bounds
from linsub.geometry.perturbation_pair import Pair, unscaled
from linsub.results import Info, Record

__all__ = ["BoundReport", "perturbation_bounds"]

_Found = tuple[float, float, float]


class BoundReport(Record):
    """Each theorem's two sides on one pair of matrices, in the order of `kinds`.

    Attributes
    ----------
    lhs : ndarray (count,)
        What is bounded, measured.
    rhs : ndarray (count,)
        The bound, with the rounding of both sides; infinity where the theorem says nothing.
    holds : tuple of bool or None
        ``lhs <= rhs``, and None where the theorem says nothing. A False is a defect, of
        linsub or of what was passed without a check for nan.
    gap : ndarray (count,)
        The gap that divides, in the unit of A (of A^2 for ``"yws_left"`` and ``"yws_right"``);
        infinity where there is nothing to separate, nan for theorems without a gap.
    slack : ndarray (count,)
        ``rhs - lhs``.
    kinds : tuple of str
    """

    _fields = ("lhs", "rhs", "holds", "gap", "slack")
    lhs: np.ndarray
    rhs: np.ndarray
    holds: tuple[bool | None, ...]
    gap: np.ndarray
    slack: np.ndarray

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the theorems; none in a report rebuilt from its fields."""
        return tuple(self.info.details["kinds"]) if self.info is not None else ()

    def __str__(self) -> str:
        sides = (np.asarray(x).tolist() for x in (self.lhs, self.rhs, self.gap))
        names = self.kinds or ("",) * len(self.holds)
        rows = zip(names, *sides, self.holds, strict=True)
        lines = [f"  {'kind':<20}{'lhs':>12}{'rhs':>12}{'gap':>12}  holds"]
        lines += [f"  {n:<20}{x:>12.3e}{y:>12.3e}{g:>12.3e}  {h}" for n, x, y, g, h in rows]
        return "\n".join(["BoundReport:", *lines])


def perturbation_bounds(
    A: Any,
    B: Any,
    k: int,
    *,
    kind: str | Iterable[str] | None = None,
    norm: Any = 2,
    check_finite: bool = True,
) -> BoundReport:
    """Evaluate theorems about how spectra and leading subspaces move from A to B.

    With ``E = B - A``, theorem by theorem: what is bounded, the bound, and the gap in it.

    Parameters
    ----------
    A, B : array_like of shape (m, n)
        Real or complex, of one shape.
    k : int
        Size of the subspaces, from 1 to min(m, n): eigenvectors of the k largest eigenvalues, or
        singular vectors of the k largest singular values. With k = n there is nothing to
        separate: the angles are 0, the gap is infinite and the bound is rounding.
    kind : str or iterable of str, optional
        Names from the table in Notes. By default all that apply: all of them if A and B are
        Hermitian (to rounding), those about singular values otherwise.
    norm : {2, "fro"}, optional
        The norm of the theorems that hold in every unitarily invariant one.
    check_finite : bool, optional
        Refuse nan and inf.

    Returns
    -------
    BoundReport
        ``lhs, rhs, holds, gap, slack`` and ``.kinds``.

    Raises
    ------
    InvalidInputError, InvalidTypeError, NonFiniteError
        Among them a kind that needs Hermitian matrices where they are not.

    Notes
    -----
    *Algorithm.* Theta are the angles between the leading subspaces of A and of B, X and W the
    leading eigenvectors of A and the others. Values are eigenvalues for a Hermitian pair.

    =====================  ==================================================================
    ``weyl``               ``max |lambda_i(B) - lambda_i(A)| <= ||E||_2``
    ``mirsky``             ``||lambda(B) - lambda(A)|| <= ||E||``
    ``wedin``              ``max(||sin U||, ||sin V||) <= max(||R||, ||S||) / d``
    ``wedin_frobenius``    the root of the sum of the squares of both, Frobenius norm
    ``yws_left``           ``||sin U||_F``, by the singular values of A alone
    ``yws_right``          ``||sin V||_F``, likewise
    ``hoffman_wielandt``   Hermitian: ``||lambda(B) - lambda(A)||_2 <= ||E||_F``
    ``davis_kahan``        Hermitian: ``||sin Theta|| <= ||B X - X L|| / d``, the gap between
                           ``lambda_k(A)`` and ``lambda_{k+1}(B)``
    ``separation``         the same, d the least distance of the two sets, which may be
                           interlaced: times pi/2 for norm 2
    ``tan``                ``||tan Theta|| <= ||W^H B X|| / d``: the Ritz values of B on X,
                           above ``lambda_{k+1}(B)``
    ``sin2``               ``||sin 2 Theta|| <= 2 ||E|| / d``, the gap of A alone
    ``tan2``               ``||tan 2 Theta|| <= 2 ||W^H B X|| / d``, d between ``X^H B X`` and
                           ``W^H B W``: E beyond the blocks of A, whatever it is within them
    ``yws``                ``||sin Theta||_F <= 2 min(k^(1/2) ||E||_2, ||E||_F) / gap(A)``
    ``yws_basis``          ``min ||V(B) O - V(A)||_F``, sqrt(2) times as large
    =====================  ==================================================================

    *Cost.* O(m n min(m, n)): at most two eigendecompositions and two SVDs.
    *Accuracy.* Angles come from sines and cosines alike, right to a few eps. Computed spectra and
    bases belong to matrices within ``8 n^(1/2) eps (||A||_F + ||B||_F)`` of A and B: that much is
    added to each norm and taken from each gap. Claims ``geometry-weyl``,
    ``geometry-davis-kahan``, ``geometry-wedin`` and the others of the page for the theorems,
    ``geometry-bound-report`` for this function.

    References
    ----------
    Davis and Kahan, SIAM J. Numer. Anal. 7 (1970); Wedin, BIT 12 (1972); Yu, Wang and
    Samworth, Biometrika 102 (2015), theorem 3 with its convention corrected.

    Examples
    --------
    >>> import numpy as np
    >>> from linsub.geometry import perturbation_bounds
    >>> t = 0.1
    >>> Q = np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]])
    >>> A = np.diag([1.0, 0.0])
    >>> report = perturbation_bounds(A, Q @ A @ Q.T, 1, kind=("davis_kahan", "yws"))
    >>> report.lhs.round(6).tolist(), report.rhs.round(6).tolist()
    ([0.099833, 0.099833], [0.099833, 0.199667])
    >>> report.holds
    (True, True)
    """
    given = A
    A = arrays.as_matrix(A, name="A", check_finite=check_finite)
    B = arrays.as_matrix(B, name="B", check_finite=check_finite)
    if A.shape != B.shape:
        raise InvalidInputError(f"A has shape {A.shape} and B {B.shape}; they must be equal")
    if min(A.shape) == 0:
        raise InvalidInputError(f"A has shape {A.shape}: an empty matrix has no subspaces")
    k = scalars.as_integer(k, name="k", low=1, high=min(A.shape))
    pair = Pair(A, B, k, _norm(norm))
    kinds = _kinds(kind, pair.hermitian)
    lhs, rhs, gap = (np.zeros(len(kinds)) for _ in range(3))
    with np.errstate(over="ignore", under="ignore"):
        for i, name in enumerate(kinds):
            lhs[i], rhs[i], gap[i] = _KINDS[name].measure(pair)
    holds = tuple(None if y == np.inf else bool(x <= y) for x, y in zip(lhs, rhs, strict=True))
    with np.errstate(invalid="ignore"):
        slack = np.asarray(rhs - lhs)
    back = arrays.home(given)
    return BoundReport(
        back.give_back(lhs),
        back.give_back(rhs),
        holds,
        back.give_back(gap),
        back.give_back(slack),
        info=Info(
            method="eigh" if pair.hermitian else "svd",
            passes=1,
            details={
                "kinds": kinds,
                "hermitian": pair.hermitian,
                "rounding": unscaled(pair.rounding, pair.exponent),
            },
        ),
    )


def _norm(norm: Any) -> float:
    """Return p of the Schatten norm."""
    if isinstance(norm, str) and norm == "fro":
        return 2.0
    if not isinstance(norm, bool | str) and np.ndim(norm) == 0 and norm == 2:
        return np.inf
    raise InvalidInputError(f"norm must be 2 or 'fro', got {norm!r}")


def _kinds(kind: Any, hermitian: bool) -> tuple[str, ...]:
    if kind is None:
        return tuple(name for name, made in _KINDS.items() if hermitian or not made.hermitian)
    if isinstance(kind, str):
        kind = (kind,)
    try:
        asked = tuple(kind)
    except TypeError:
        raise InvalidTypeError(
            f"kind must be a name or several, got {type(kind).__name__}; names: {', '.join(_KINDS)}"
        ) from None
    names = tuple(scalars.as_choice(name, name="kind", choices=_KINDS) for name in asked)
    for name in names:
        if _KINDS[name].hermitian and not hermitian:
            raise InvalidInputError(
                f"kind={name!r} is about eigenvectors of Hermitian matrices, and A or B is not "
                "Hermitian; use 'wedin' or 'yws_right', or pass (A + A^H)/2"
            )
    return names


@dataclasses.dataclass(frozen=True)
class _Kind:
    """``measure(pair)`` returns lhs, rhs and gap, the first two with their unit."""

    measure: Callable[[Pair], _Found]
    hermitian: bool = False


def _spectrum(p: Pair, size: float, order: float) -> _Found:
    first, second = p.spectra
    moved = np.abs(second - first)
    lhs = float(moved.max()) if order == np.inf else float(np.linalg.norm(moved))
    rhs = size + p.rounding
    return unscaled(lhs, p.exponent), unscaled(rhs, p.exponent), np.nan


def _weyl(p: Pair) -> _Found:
    return _spectrum(p, p.spectral, np.inf)


def _mirsky(p: Pair) -> _Found:
    return _spectrum(p, p.size(p.E), p.norm)


def _hoffman_wielandt(p: Pair) -> _Found:
    return _spectrum(p, p.frobenius, 2.0)


def _turn(p: Pair, lhs: float, rhs: float, gap: float, steepness: float = 1.0) -> _Found:
    """Add the rounding of the measured side, `steepness` times that of the angles."""
    return lhs, rhs + steepness * p.angle, unscaled(gap, p.exponent)


def _davis_kahan(p: Pair) -> _Found:
    kept, other = p.eig_a[0][: p.k], p.eig_b[0][p.k :]
    rhs = bounds.davis_kahan(p.size(p.residual), kept, other, rounding=p.rounding)
    return _turn(p, p.of(np.sin(p.angles)), rhs, bounds.interval_gap(kept, other))


def _separation(p: Pair) -> _Found:
    kept, other = p.eig_a[0][: p.k], p.eig_b[0][p.k :]
    size = p.size(p.residual)
    rhs = bounds.general_separation(size, kept, other, norm=p.norm, rounding=p.rounding)
    return _turn(p, p.of(np.sin(p.angles)), rhs, bounds.distance_gap(kept, other))


def _tan(p: Pair) -> _Found:
    ritz, _, coupling = p.blocks
    other = p.eig_b[0][p.k :]
    rhs = bounds.davis_kahan_tan(p.size(coupling), ritz, other, rounding=p.rounding)
    lhs = np.tan(p.angles)
    worst = float(lhs.max(initial=0.0))
    return _turn(p, p.of(lhs), rhs, bounds.one_sided_gap(ritz, other), 1.0 + worst * worst)


def _sin2(p: Pair) -> _Found:
    kept, other = p.eig_a[0][: p.k], p.eig_a[0][p.k :]
    rhs = bounds.davis_kahan_double_sin(p.size(p.E), kept, other, rounding=p.rounding)
    return _turn(p, p.of(np.sin(2.0 * p.angles)), rhs, bounds.interval_gap(kept, other), 2.0)


def _tan2(p: Pair) -> _Found:
    ritz, rest, coupling = p.blocks
    # The leading eigenvectors of B belong to X only where the Ritz values of X are above.
    gap = float(ritz.min() - rest.max()) if rest.size else np.inf
    rhs = bounds.davis_kahan_double_tan(p.size(coupling), ritz, rest, rounding=p.rounding)
    lhs = np.where(p.angles < 0.25 * np.pi, np.tan(2.0 * p.angles), np.inf)
    worst = float(lhs.max(initial=0.0))
    steepness = 2.0 * (1.0 + worst * worst) if worst < np.inf else 2.0
    return _turn(p, p.of(lhs), rhs if gap > 0.0 else np.inf, gap, steepness)


def _yws(p: Pair) -> _Found:
    w = p.eig_a[0]
    rhs = bounds.yu_wang_samworth(p.spectral, p.frobenius, w, 1, p.k, rounding=p.rounding)
    return _turn(p, float(np.linalg.norm(np.sin(p.angles))), rhs, bounds.block_gap(w, 1, p.k))


def _yws_basis(p: Pair) -> _Found:
    w = p.eig_a[0]
    rhs = bounds.yu_wang_samworth_basis(p.spectral, p.frobenius, w, 1, p.k, rounding=p.rounding)
    lhs = 2.0 * float(np.linalg.norm(np.sin(0.5 * p.angles)))
    return _turn(p, lhs, rhs, bounds.block_gap(w, 1, p.k))


def _wedin_parts(p: Pair) -> tuple[np.ndarray, np.ndarray]:
    return p.svd_b[1][: p.k], p.svd_a[1][p.k :]


def _wedin(p: Pair) -> _Found:
    kept, other = _wedin_parts(p)
    size = max(p.size(R) for R in p.triple_residuals)
    rhs = bounds.wedin(size, kept, other, rounding=p.rounding)
    lhs = max(p.of(np.sin(angles)) for angles in (p.left, p.right))
    return _turn(p, lhs, rhs, bounds.wedin_gap(kept, other))


def _wedin_frobenius(p: Pair) -> _Found:
    kept, other = _wedin_parts(p)
    size = float(np.linalg.norm([np.linalg.norm(R) for R in p.triple_residuals]))
    rhs = bounds.wedin(size, kept, other, rounding=2.0 * p.rounding)
    lhs = float(np.linalg.norm(np.sin(np.append(p.left, p.right))))
    return _turn(p, lhs, rhs, bounds.wedin_gap(kept, other), 2.0)


def _yws_singular(p: Pair, angles: np.ndarray, dim: int) -> _Found:
    s = p.svd_a[1]
    rhs = bounds.yu_wang_samworth_singular(
        p.spectral, p.frobenius, s, 1, p.k, dim, rounding=p.rounding
    )
    difference, total = bounds.singular_block_gap(s, 1, p.k, dim)
    gap = unscaled(unscaled(difference * total, p.exponent), p.exponent)
    # The squares have a unit of their own, which _turn does not know.
    return float(np.linalg.norm(np.sin(angles))), rhs + p.angle, gap


def _yws_left(p: Pair) -> _Found:
    return _yws_singular(p, p.left, p.m)


def _yws_right(p: Pair) -> _Found:
    return _yws_singular(p, p.right, p.n)


_KINDS: dict[str, _Kind] = {
    "weyl": _Kind(_weyl),
    "mirsky": _Kind(_mirsky),
    "hoffman_wielandt": _Kind(_hoffman_wielandt, hermitian=True),
    "davis_kahan": _Kind(_davis_kahan, hermitian=True),
    "tan": _Kind(_tan, hermitian=True),
    "sin2": _Kind(_sin2, hermitian=True),
    "tan2": _Kind(_tan2, hermitian=True),
    "separation": _Kind(_separation, hermitian=True),
    "wedin": _Kind(_wedin),
    "wedin_frobenius": _Kind(_wedin_frobenius),
    "yws": _Kind(_yws, hermitian=True),
    "yws_basis": _Kind(_yws_basis, hermitian=True),
    "yws_left": _Kind(_yws_left),
    "yws_right": _Kind(_yws_right),
}
