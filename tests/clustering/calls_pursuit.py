"""Calls of greedy codes, for tests/test_family_inputs.py."""

import numpy as np

from linsub import clustering
from tests.calls import Call

RECORDS = ("SparseCodes",)


def _rows(n, d, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def _dense(result):
    C, residual = result
    return C.toarray(), residual


CALLS = [
    Call(
        f"self_expressive_omp.{layout}",
        lambda X, layout=layout: _dense(
            clustering.self_expressive_omp(X, n_nonzero=2, layout=layout)
        ),
        lambda: {"X": _rows(9, 4)},
        complex=False,
    )
    for layout in ("gram", "direct")
] + [
    Call(
        "self_expressive_omp.given",
        lambda gram: _dense(clustering.self_expressive_omp(gram=gram, n_nonzero=2)),
        lambda: {"gram": _rows(9, 4) @ _rows(9, 4).T},
        complex=False,
    ),
    Call(
        "batch_omp",
        lambda D, Y: _dense(clustering.batch_omp(D, Y, 2)),
        lambda: {"D": _rows(8, 4), "Y": _rows(5, 4, 1)},
        complex=False,
    ),
]
