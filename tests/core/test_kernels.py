"""The loops themselves: every tail, as machine code and as plain Python."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from linsub._core import panels
from linsub._core._kernels import skinny

ROOT = Path(__file__).parents[2]
ENGINES = {"kernels": skinny, "panels": panels}


def case(m, n, b, dtype="float64", extra=0, seed=0):
    """Small integers, so that sums are exact in any order; rows of X may be too long."""
    rng = np.random.default_rng(seed)
    A = rng.integers(-4, 5, (m, n)).astype(dtype)
    Xt, Yt = (rng.integers(-4, 5, (b, size)).astype(dtype) for size in (n + extra, m))
    Zt = rng.integers(-4, 5, (b, n)).astype(dtype)
    return A, Xt, Yt, Zt


def run_all(engine, m, n, b, dtype, start=0, stop=None, panel=8, extra=0):
    stop = m if stop is None else stop
    A, Xt, Yt, Zt = case(m, n, b, dtype, extra)
    rows = slice(start, stop)
    ax, ya = Xt[:, :n] @ A[rows].T, Yt[:, rows] @ A[rows]

    out = Yt.copy()
    engine.forward(A, Xt, out, start, stop, panel)
    assert np.array_equal(out[:, rows], ax)
    assert np.array_equal(out[:, :start], Yt[:, :start])
    assert np.array_equal(out[:, stop:], Yt[:, stop:])

    if hasattr(engine, "backward"):
        out = Zt.copy()
        engine.backward(A, Yt, out, start, stop, panel)
        assert np.array_equal(out, Zt + ya)

    W, Z = Yt.copy(), Zt.copy()
    engine.normal(A, Xt, W, Z, start, stop, panel)
    assert np.array_equal(W[:, rows], ax)
    assert np.array_equal(Z, Zt + ax @ A[rows])

    W, Z = np.zeros_like(Yt), Zt.copy()
    engine.both(A, Xt, W, Yt, Z, start, stop, panel)
    assert np.array_equal(W[:, rows], ax)
    assert np.array_equal(Z, Zt + ya)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("m", [0, 1, 3, 4, 5, 7, 8, 31, 33])
def test_rows_in_fours_and_tails(m, dtype, engine):
    for n in (1, 2, 7, 8, 9, 15, 17, 40):
        run_all(engine, m, n, 3, dtype)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [1023, 1024, 1025, 2047, 2049, 4097])
def test_stretches(n, dtype, engine):
    run_all(engine, 9, n, 6, dtype, extra=8)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
@pytest.mark.parametrize("panel", [1, 2, 3, 4, 5, 30, 100])
def test_panels_and_parts(panel, engine):
    run_all(engine, 30, 21, 12, "float64", start=5, stop=28, panel=panel)
    run_all(engine, 30, 21, 3, "float64", start=8, stop=8, panel=panel)


def test_panels_cut_long_rows():
    run_all(panels, 20, 20000, 8, "float64")
    blocks = list(panels._blocks(np.empty((40, 20000)), 8, 0, 40))
    assert [rows for rows, _ in blocks] == [slice(0, 16), slice(16, 32), slice(32, 40)]
    for rows, spans in blocks:
        assert spans[0].start == 0
        assert spans[-1].stop == 20000
        assert all(p.stop == q.start for p, q in itertools.pairwise(spans))
        for span in spans:
            work = (rows.stop - rows.start) * (span.stop - span.start) * 8
            assert work <= panels.SMALL_GEMM


def test_kernels_as_plain_python():
    """What is compiled is valid Python, so that it can be stepped through and covered."""
    script = """
        import numpy as np
        from linsub._core._kernels import skinny
        assert type(skinny.normal).__name__ == "function"
        from tests.core.test_kernels import run_all
        for dtype in ("float64", "float32"):
            run_all(skinny, 11, 9, 6, dtype)
            run_all(skinny, 5, 2060, 3, dtype)
        A, X = np.ones((5, 5)), np.ones((3, 5))
        A[4, 4] = np.nan
        Y = np.empty((3, 5))
        skinny.forward(A, X, Y, 0, 5, 4)
        assert np.isnan(Y[:, 4]).all() and np.isfinite(Y[:, :4]).all()
        print("same")
    """
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(line[8:] for line in script.splitlines())],
        capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    assert done.stdout.strip() == "same", done.stderr


@pytest.mark.parametrize("engine", ENGINES.values(), ids=list(ENGINES))
def test_inf_minus_inf_is_nan(engine):
    A = np.ones((6, 20))
    A[2, 3], A[2, 11], A[5, 4] = np.inf, -np.inf, np.inf
    Yt = np.empty((3, 6))
    with np.errstate(invalid="ignore"):
        engine.forward(A, np.ones((3, 20)), Yt, 0, 6, 4)
        assert np.isnan(Yt[:, 2]).all()
        assert np.isposinf(Yt[:, 5]).all()
        assert np.isfinite(Yt[:, [0, 1, 3, 4]]).all()
