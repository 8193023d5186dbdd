"""The records of the family and their certificates."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from linsub._core import scalars
from linsub.errors import InvalidInputError
from linsub.results import Bound, Certificate, Info, Record
from linsub.svd import SVDCertificate

__all__ = [
    "ConcatBounds",
    "ConcatBoundsCertificate",
    "ConcatSVDCertificate",
    "ConcatSVDResult",
    "GroupedSVDResult",
    "PerturbationBounds",
    "PerturbationCertificate",
]


@dataclasses.dataclass(frozen=True, eq=False)
class ConcatBoundsCertificate(Certificate):
    """What is known about a concatenation M without its SVD. Unknown is None.

    Attributes
    ----------
    error_lower, error_upper : Bound
        An enclosure of E_r(M), which has no unit.
    sigma_lower, sigma_upper : Bound of shape (k,)
        An enclosure of sigma_i(M), in the unit of the blocks.
    frobenius_norm : Bound
        ||M||_F.
    """

    error_lower: Bound | None = None
    error_upper: Bound | None = None
    sigma_lower: Bound | None = None
    sigma_upper: Bound | None = None
    frobenius_norm: Bound | None = None


class ConcatBounds(Record):
    """The relative error of a joint truncation, from both sides.

    ``lower <= E_r([A_1 ... A_N]) <= upper``.

    Attributes
    ----------
    lower, upper : float
        Relative Frobenius errors in [0, 1].
    certificate : ConcatBoundsCertificate
    """

    _fields = ("lower", "upper")
    lower: float
    upper: float
    certificate: ConcatBoundsCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class PerturbationCertificate(Certificate):
    """What the enclosure of the perturbed singular values rests on. Unknown is None.

    Attributes
    ----------
    sigma_lower, sigma_upper : Bound of shape (k,)
        The enclosure itself.
    gram_shift : Bound
        The most that the Gram matrix moves, Delta of the theorem.
    perturbation_norm : Bound
        ||[E_1 ... E_N]||_2.
    """

    sigma_lower: Bound | None = None
    sigma_upper: Bound | None = None
    gram_shift: Bound | None = None
    perturbation_norm: Bound | None = None


class PerturbationBounds(Record):
    """The singular values of perturbed blocks side by side, each from both sides.

    ``lower_k <= sigma_k([A_1 + E_1 ... A_N + E_N]) <= upper_k``.

    Attributes
    ----------
    lower, upper : ndarray of shape (min(m, n),)
    certificate : PerturbationCertificate
    """

    _fields = ("lower", "upper")
    lower: np.ndarray
    upper: np.ndarray
    certificate: PerturbationCertificate | None
    info: Info | None


@dataclasses.dataclass(frozen=True, eq=False)
class ConcatSVDCertificate(SVDCertificate):
    """An :class:`~linsub.svd.SVDCertificate` of the concatenation, and what each block loses.

    Attributes
    ----------
    block_errors : Bound of shape (N,)
        The Frobenius error of each block; their squares add up to that of the whole.
    block_norms : Bound of shape (N,)
        ||A_i||_F.
    """

    block_errors: Bound | None = None
    block_norms: Bound | None = None

    @property
    def relative_block_errors(self) -> np.ndarray | None:
        """Each block's error over its norm; 0 for a block of zeros."""
        if self.block_errors is None or self.block_norms is None:
            return None
        errors, norms = np.asarray(self.block_errors.value), np.asarray(self.block_norms.value)
        return np.asarray(np.divide(errors, norms, out=np.zeros_like(errors), where=norms > 0))


def block_index(i: Any, count: int) -> int:
    """Return the index of one of `count` blocks; -1 is the last one."""
    return scalars.as_integer(i, name="i", low=-count, high=count - 1) % max(count, 1)


class ConcatSVDResult(Record):
    """The truncated SVD of a concatenation; unpacks as ``U, S, Vh``.

    ``[A_1 ... A_N] ~ U diag(S) Vh``.

    Attributes
    ----------
    U : array of shape (m, k)
    S : array of shape (k,)
        Descending.
    Vh : array of shape (k, n)
        Its columns belong to the blocks from left to right.
    certificate : ConcatSVDCertificate
    """

    _fields = ("U", "S", "Vh")
    U: Any
    S: Any
    Vh: Any
    certificate: ConcatSVDCertificate | None
    info: Info | None

    def columns(self, i: int) -> slice:
        """The columns of `Vh` that belong to block i.

        Raises
        ------
        InvalidInputError
            If there is no such block, or the record was rebuilt from its fields alone and
            no longer knows the widths.
        """
        if self.info is None:
            raise InvalidInputError(
                "this record was rebuilt from its fields and does not know the widths of the "
                "blocks; split Vh by them"
            )
        widths = self.info.details["widths"]
        index = block_index(i, len(widths))
        start = sum(widths[:index])
        return slice(start, start + widths[index])

    def reconstruct(self, i: int) -> Any:
        """The approximation ``U diag(S) Vh[:, columns]`` of block i, in the unit of the blocks.

        The product is rounded to the type of the factors; ``block_errors`` are those of the
        exact product.
        """
        return (self.U * self.S) @ self.Vh[:, self.columns(i)]


class GroupedSVDResult(Record):
    """One orthonormal basis for all blocks and a factor for each; unpacks as ``U, factors``.

    ``A_i ~ U factors[i]``.

    Attributes
    ----------
    U : array of shape (m, k)
        Orthonormal columns.
    factors : list of arrays (k, n_i)
        ``U^H A_i``.
    certificate : ConcatSVDCertificate
        Its ``block_errors`` are those of ``||A_i - U factors[i]||_F``.
    """

    _fields = ("U", "factors")
    U: Any
    factors: list[Any]
    certificate: ConcatSVDCertificate | None
    info: Info | None

    def reconstruct(self, i: int) -> Any:
        """The approximation ``U @ factors[i]`` of block i.

        The product is rounded to the type of the factors; ``block_errors`` are those of the
        exact product.
        """
        return self.U @ self.factors[block_index(i, len(self.factors))]

    @property
    def compression_ratio(self) -> float:
        """Numbers in the blocks over numbers in the factors: m n / (k (m + n))."""
        m, k = self.U.shape
        n = sum(factor.shape[1] for factor in self.factors)
        stored = k * (m + n)
        return m * n / stored if stored else float("inf") if m * n else 1.0
