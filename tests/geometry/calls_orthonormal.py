"""Valid calls of the orthonormal bases and projectors."""

import numpy as np

from linsub.geometry import (
    OrthoBasis,
    complement_projection,
    nearest_orthogonal,
    oblique_projector,
    orth,
    orthonormality_defect,
    polar_basis,
    procrustes,
)
from tests.calls import Call


def _normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def _frame(seed, n, k):
    return np.linalg.qr(_normal(seed, n, k))[0]


def _square():
    # well away from singular: the polar factor must not depend on the last digit
    return _normal(3, 5, 5) + 4.0 * np.eye(5)


def _basis(X):
    """Return a basis of the type of what it will be given, which is not known to be good."""
    kind = getattr(X, "dtype", np.dtype(float))
    kind = kind if kind in (np.float32, np.complex128) else np.float64
    basis = OrthoBasis(9, kind)
    basis.extend(_normal(1, 9, 3).astype(kind))
    return basis


def _extended(X):
    basis = _basis(X)
    added = basis.extend(X, energy=0.9)
    return added, basis.Q @ basis.Q.conj().T


def _span(Q):
    Q = np.asarray(Q)
    return Q @ Q.conj().T


def _orth(A):
    Q, rank = orth(A)
    return _span(Q), rank


def _polar_basis(blocks):
    Q, rank = polar_basis([blocks, _normal(9, 8, 2)])
    return _span(Q), rank


CALLS = [
    Call("orth", _orth, lambda: {"A": _normal(0, 9, 4)}),
    Call("orthonormality_defect", orthonormality_defect, lambda: {"Q": _frame(2, 7, 3) * 1.1}),
    Call("OrthoBasis.extend", _extended, lambda: {"X": _normal(2, 9, 4)}),
    Call("OrthoBasis.project", lambda X: _basis(X).project(X), lambda: {"X": _normal(2, 9, 2)}),
    Call("OrthoBasis.reject", lambda X: _basis(X).reject(X), lambda: {"X": _normal(2, 9, 2)}),
    Call(
        "complement_projection",
        lambda G, U: complement_projection(G, U),
        lambda: {"G": _normal(4, 7, 6), "U": _frame(5, 7, 2)},
    ),
    Call(
        "complement_projection",
        lambda G, U, V: complement_projection(G, U, V, mode="core"),
        lambda: {"G": _normal(4, 7, 6), "U": _frame(5, 7, 2), "V": _frame(6, 6, 3)},
    ),
    Call(
        "oblique_projector",
        lambda X, Y: [oblique_projector(X, Y).norm, oblique_projector(X, Y).to_dense()],
        lambda: {"X": _normal(0, 7, 3), "Y": _normal(0, 7, 3) + 0.5 * _normal(1, 7, 3)},
    ),
    Call(
        "ObliqueProjector.apply",
        lambda Z: oblique_projector(_normal(0, 7, 3), _normal(1, 7, 3)) @ Z,
        lambda: {"Z": _normal(2, 7, 2)},
    ),
    Call("nearest_orthogonal", nearest_orthogonal, lambda: {"A": _square()[:, :3]}),
    Call("nearest_orthogonal", lambda A: nearest_orthogonal(A, rank=2).Q, lambda: {"A": _square()}),
    Call(
        "nearest_orthogonal",
        lambda A: nearest_orthogonal(A, det=-1).Q,
        lambda: {"A": _square()},
        complex=False,
    ),
    Call(
        "procrustes",
        lambda A, B: procrustes(A, B, scale=True),
        lambda: {"A": _normal(7, 12, 3), "B": _normal(8, 12, 3)},
    ),
    Call("polar_basis", _polar_basis, lambda: {"blocks": _normal(7, 8, 3)}),
]
RECORDS = {
    "NearestCertificate",
    "NearestOrthogonal",
    "ObliqueProjector",
    "OrthResult",
    "OrthogonalityCertificate",
    "OrthonormalityDefect",
    "PolarBasis",
    "PolarBasisCertificate",
    "ProcrustesCertificate",
    "ProcrustesResult",
}
