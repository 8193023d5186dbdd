"""Valid calls of the public names about reflectors."""

import numpy as np

from linsub.geometry import HouseholderProjector, Reflectors, householder_vector
from tests.calls import Call

RECORDS = {"ProjectorCertificate"}


def _made(seed, **shapes):
    def arrays():
        rng = np.random.default_rng(seed)
        return {name: rng.standard_normal(shape) for name, shape in shapes.items()}

    return arrays


# Exactly orthonormal, and exactly unitary, in single precision too.
SIGNS = np.array([[1.0, 1.0], [1.0, -1.0]])


def _frame():
    return {"Q": np.kron(SIGNS, SIGNS)[:, :3] / 2.0}


def _packed():
    V = np.kron(SIGNS, np.kron(SIGNS, SIGNS))[:, 1:4] + 0.0
    V[0] *= -1.0
    return {"V": V, "tau": np.full(3, 0.25), "signs": np.array([1.0, -1.0])}


Q = Reflectors(np.random.default_rng(0).standard_normal((6, 4)), signs=[1.0, -1.0, 1.0])
P = HouseholderProjector(2).fit(np.random.default_rng(1).standard_normal((6, 5)))


def _from_qr(A):
    made = Reflectors.from_qr(A, pivoting=True)
    return made.columns(4), made.R, made.permutation


def _fit(W):
    made = HouseholderProjector(2).fit(W)
    return made.matrix(), made.residual_, made.gap_


def _given(x):
    """None is the default of optional arguments, so that here it stands for what is refused."""
    return "None" if x is None else x


CALLS = [
    Call("householder_vector", householder_vector, _made(0, x=6)),
    Call(
        "Reflectors",
        lambda V, tau, signs: Reflectors(V, _given(tau), signs=_given(signs)).to_dense(),
        _packed,
    ),
    Call("Reflectors.apply", Q.apply, _made(1, C=(6, 3))),
    Call("Reflectors.vjp", Q.vjp, _made(2, X=(6, 3), G=(6, 3))),
    Call("Reflectors.from_qr", _from_qr, _made(3, A=(6, 4))),
    Call("Reflectors.from_orthonormal", lambda Q: Reflectors.from_orthonormal(Q).V, _frame),
    Call("HouseholderProjector.fit", _fit, _made(4, W=(6, 5))),
    Call("HouseholderProjector.apply", P.apply, _made(5, x=(5, 3))),
    Call("HouseholderProjector.vjp", lambda G: P.vjp(G), _made(6, G=(6, 5))),
    Call(
        "HouseholderProjector.vjp", lambda G, x: P.vjp(G, _given(x)), _made(7, G=(6, 3), x=(5, 3))
    ),
    Call(
        "HouseholderProjector.from_reflectors",
        lambda Vu, Vv: HouseholderProjector.from_reflectors(Vu, Vv).matrix(),
        _made(8, Vu=(6, 2), Vv=(5, 2)),
    ),
]
