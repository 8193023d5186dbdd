"""Calls of the functions of pairs of subspaces."""

from typing import Any

import numpy as np

from linsub import geometry
from tests.geometry.calls import Call

RECORDS = {
    "AngleCertificate",
    "CSResult",
    "OverlapMoments",
    "PrincipalVectors",
    "Subspace",
    "SubspaceOverlap",
}


def _matrices() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {"A": rng.standard_normal((9, 3)), "B": rng.standard_normal((9, 4))}


def _bases() -> dict[str, np.ndarray]:
    """Orthonormal bases that single precision holds exactly; cosines sqrt(1/2), 1/2 and 0."""
    X, Y = np.zeros((9, 3)), np.zeros((9, 3))
    X[[0, 1, 4], [0, 1, 2]] = 1.0
    Y[:4, 0], Y[4:8, 1], Y[8, 2] = 0.5, 0.5, 1.0
    return {"X": X, "Y": Y}


def _sharing() -> dict[str, np.ndarray]:
    made = _matrices()
    made["B"][:, 0] = made["A"] @ [1.0, -1.0, 2.0]
    return made


def _projector(Q: Any) -> np.ndarray:
    return np.asarray(Q @ np.conj(Q).T)


def _vectors(A: Any, B: Any) -> tuple[Any, ...]:
    angles, left, right = geometry.principal_vectors(A, B)
    return angles, _projector(left), _projector(right)


def _cs(X: Any, Y: Any) -> tuple[Any, ...]:
    Ux, c, s, V, Qs, angles = geometry.cs_decomposition(X, Y)
    return _projector(Ux), c, s, _projector(V), _projector(Qs), angles


def _shared(A: Any, B: Any) -> Any:
    return _projector(geometry.subspace_intersection(A, B, atol=1e-5).basis)


def _sum(A: Any, B: Any) -> Any:
    return _projector(geometry.subspace_sum(A, B, atol=1e-5).basis)


CALLS = [
    Call("cs_decomposition", _cs, _bases),
    Call("principal_angles", geometry.principal_angles, _matrices),
    Call("principal_vectors", _vectors, _matrices),
    Call("subspace_distance", geometry.subspace_distance, _matrices),
    Call(
        "subspace_overlap",
        lambda A, B: [geometry.subspace_overlap(A, B, kind) for kind in ("mso", "min", "energy")],
        _matrices,
    ),
    Call("subspace_intersection", _shared, _sharing),
    Call("subspace_sum", _sum, _sharing),
    Call(
        "subspace_complement",
        lambda A: _projector(geometry.subspace_complement(A).basis),
        lambda: {"A": _matrices()["A"]},
    ),
    Call("random_overlap_moments", lambda: geometry.random_overlap_moments(9, 3, 4), dict),
]
