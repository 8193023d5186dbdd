"""Two matrices in one unit, their spectra and subspaces: what perturbation bounds are made of."""

from __future__ import annotations

import functools

import numpy as np

from linsub._core.dense import norms
from linsub._core.dense.eigh import eigh
from linsub._core.dense.svd import svd
from linsub.geometry.basis import powers_of_two
from linsub.geometry.cs import angles_of

__all__ = ["Pair", "unscaled"]

_EPS = float(np.finfo(np.float64).eps)

# A spectrum is that of a matrix within _STEP sqrt(n) eps ||A||_F, and computed bases and angles
# are off by as much relative to 1: a few times what LAPACK does in fact.
_STEP = 8.0

# Entries that differ from those of A^H by this many roundings of the type, times sqrt(n), are
# what a product like Q diag(w) Q^H leaves.
_SYMMETRIC = 10.0


class Pair:
    """A and B in double precision over one power of two, and what follows from them.

    The matrices whose spectra are computed differ from A and B by `rounding` together, in the
    Frobenius norm; every theorem is about those two.
    """

    def __init__(self, A: np.ndarray, B: np.ndarray, k: int, norm: float) -> None:
        kind = np.complex128 if "c" in (A.dtype.kind, B.dtype.kind) else np.float64
        self.eps = max(float(np.finfo(X.dtype).eps) for X in (A, B))
        self.k, self.norm = k, norm
        peak = max(norms.max_abs(A), norms.max_abs(B))
        self.exponent = int(np.frexp(peak)[1]) if peak else 0
        self.A, self.B = (powers_of_two(X.astype(kind), -self.exponent) for X in (A, B))
        self.m, self.n = A.shape
        self.hermitian = self.m == self.n and all(self._is_hermitian(X) for X in (self.A, self.B))
        self.rounding = _STEP * float(np.sqrt(max(A.shape))) * _EPS * self._sizes
        if self.hermitian:
            for name in ("A", "B"):
                X = getattr(self, name)
                skew = 0.5 * (X - X.conj().T)
                self.rounding += norms.frobenius(skew)
                setattr(self, name, X - skew)
        self.E = self.B - self.A
        # Of an angle, and of a norm of k sines.
        self.angle = _STEP * float(np.sqrt(max(A.shape) * k)) * _EPS

    def _is_hermitian(self, X: np.ndarray) -> bool:
        off = norms.frobenius(X - X.conj().T)
        return off <= _SYMMETRIC * float(np.sqrt(self.n)) * self.eps * norms.frobenius(X)

    @property
    def _sizes(self) -> float:
        return norms.frobenius(self.A) + norms.frobenius(self.B)

    def size(self, X: np.ndarray) -> float:
        """||X|| in the norm that was asked for."""
        return norms.frobenius(X) if self.norm == 2.0 else norms.spectral(X)

    def of(self, values: np.ndarray) -> float:
        """The norm of a matrix with these singular values."""
        x = np.abs(values)
        return norms.frobenius(x) if self.norm == 2.0 else float(x.max(initial=0.0))

    @functools.cached_property
    def spectral(self) -> float:
        return norms.spectral(self.E)

    @functools.cached_property
    def frobenius(self) -> float:
        return norms.frobenius(self.E)

    @functools.cached_property
    def eig_a(self) -> tuple[np.ndarray, np.ndarray]:
        return eigh(self.A)

    @functools.cached_property
    def eig_b(self) -> tuple[np.ndarray, np.ndarray]:
        return eigh(self.B)

    @functools.cached_property
    def svd_a(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return svd(self.A)

    @functools.cached_property
    def svd_b(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return svd(self.B)

    @functools.cached_property
    def spectra(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of a Hermitian pair, singular values of another, descending."""
        if self.hermitian:
            return self.eig_a[0], self.eig_b[0]
        return self.svd_a[1], self.svd_b[1]

    @functools.cached_property
    def angles(self) -> np.ndarray:
        """Between the eigenvectors of the k largest eigenvalues."""
        return angles_of(self.eig_a[1][:, : self.k], self.eig_b[1][:, : self.k])

    @functools.cached_property
    def left(self) -> np.ndarray:
        """Between the left singular vectors of the k largest singular values."""
        return angles_of(self.svd_a[0][:, : self.k], self.svd_b[0][:, : self.k])

    @functools.cached_property
    def right(self) -> np.ndarray:
        """Between the right ones."""
        Va, Vb = (triple[2][: self.k].conj().T for triple in (self.svd_a, self.svd_b))
        return angles_of(Va, Vb)

    @functools.cached_property
    def residual(self) -> np.ndarray:
        """B X - X diag(lambda) for the eigenpairs of A."""
        w, V = self.eig_a
        X = V[:, : self.k]
        return np.asarray(self.B @ X - X * w[: self.k])

    @functools.cached_property
    def blocks(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Eigenvalues of X^H B X and W^H B W, and W^H B X, for X of A and its complement W."""
        V = self.eig_a[1]
        X, W = V[:, : self.k], V[:, self.k :]
        BX = self.B @ X
        inner = X.conj().T @ BX
        outer = W.conj().T @ self.B @ W
        ritz, rest = (
            eigh(0.5 * (M + M.conj().T))[0] if M.size else np.zeros(0) for M in (inner, outer)
        )
        return ritz, rest, W.conj().T @ BX

    @functools.cached_property
    def triple_residuals(self) -> tuple[np.ndarray, np.ndarray]:
        """A V~ - U~ S~ and A^H U~ - V~ S~ for the leading triple of B."""
        U, S, Vh = self.svd_b
        k = self.k
        U, S, V = U[:, :k], S[:k], Vh[:k].conj().T
        return self.A @ V - U * S, self.A.conj().T @ U - V * S


def unscaled(value: float, exponent: int) -> float:
    """Return value 2^exponent; infinity where it is too large for a number."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.ldexp(value, exponent))
