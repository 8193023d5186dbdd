"""Valid calls of the public names of linsub.selection."""

import numpy as np

from linsub import selection
from tests.calls import Call

RECORDS = {
    "CURResult",
    "MaxvolCertificate",
    "MaxvolResult",
    "NystroemCertificate",
    "NystroemResult",
    "RRQRCertificate",
    "RRQRResult",
    "RowSubset",
    "SelectionCertificate",
}


def _matrix(m=12, n=9):
    rng = np.random.default_rng(3)
    U = np.linalg.qr(rng.standard_normal((m, n)))[0]
    V = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return U * 2.0 ** -np.arange(n) @ V.T


def _kernel():
    x = np.linspace(0.0, 1.0, 10) ** 1.5
    return np.exp(-12.0 * np.abs(x[:, None] - x))


def _rows(method, **options):
    def call(A):
        return selection.row_subset(A, 3, method=method, rng=1, **options)

    return Call("row_subset", call, lambda: {"A": _matrix()})


def _columns(diagonal):
    def kernel(S):
        return np.asarray(_kernel()[:, S])

    return selection.nystroem(kernel, 4, diagonal=diagonal, rng=1)


def _nystroem(method):
    def call(A):
        F, S = selection.nystroem(A, 4, method=method, rng=1)
        return F @ F.conj().T, S  # F itself is known up to a rotation

    return Call("nystroem", call, lambda: {"A": _kernel()})


CALLS = [
    *(_rows(method) for method in ("arp", "osinsky", "volume", "cpqr", "srrqr")),
    _rows("osinsky", interp="projection"),
    Call(
        "row_subset",
        lambda A: selection.row_subset(A, 3, Q=np.linalg.svd(_matrix())[0][:, :3], rng=1),
        lambda: {"A": _matrix()},
    ),
    Call("strong_rrqr", lambda A: selection.strong_rrqr(A, 3), lambda: {"A": _matrix()}),
    Call("maxvol", lambda U: selection.maxvol(U), lambda: {"U": _matrix()[:, :4]}),
    Call("cur", lambda A: selection.cur(A, 3, rng=1), lambda: {"A": _matrix()}),
    Call("cur", lambda A: selection.cur(A, 3, method="osinsky"), lambda: {"A": _matrix()}),
    *(_nystroem(method) for method in ("arp", "volume", "rpcholesky")),
    Call("nystroem", _columns, lambda: {"diagonal": np.ones(10)}, complex=False),
]
