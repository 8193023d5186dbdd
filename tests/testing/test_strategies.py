"""The strategies draw what they say, shrink well, and refute a poor algorithm."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import find, given, settings

from linsub.errors import InvalidInputError, MissingExtraError
from linsub.testing import ratios, strategies


@given(A=strategies.matrices(layouts="CFSNR"))
def test_matrices_are_finite_and_within_bounds(A):
    assert A.ndim == 2
    assert max(A.shape) <= 13
    assert A.dtype.char in "fdFD"
    assert np.isfinite(A).all()


@given(A=strategies.matrices())
def test_numpys_svd_passes(A):
    assert ratios.svd_ratios(A, *np.linalg.svd(A, full_matrices=False)).passed


def by_squaring(A):
    """Return singular values the careless way."""
    with np.errstate(over="ignore", invalid="ignore"):
        w = np.linalg.eigvalsh(A.conj().T @ A)[::-1][: min(A.shape)]
    return np.sqrt(np.maximum(w, 0))


def test_squaring_is_refuted_and_shrinks_small():
    def broken(A):
        S = np.linalg.svd(A, compute_uv=False)
        return ratios.singular_value_ratio(by_squaring(A), S) >= ratios.PASS

    # By its accuracy alone, not by the scales.
    scaled = strategies.matrices(scales=(1.0,), min_side=1, dtypes="d")
    found = find(scaled, broken, settings=settings(max_examples=300, database=None))
    # Which matrix is the smallest that fails depends on the rounding of the BLAS at hand: 3 x 4
    # with one build, 4 x 5 with another; without shrinking it is up to 12 x 12.
    assert max(found.shape) <= 6


@pytest.mark.parametrize(
    "condition",
    [
        lambda A: A.size == 0,
        lambda A: A.size and float(np.abs(A).max()) > 1e290,
        lambda A: A.size and 0 < float(np.abs(A).max()) < 1e-290,
        lambda A: not A.flags.writeable,
        lambda A: A.size > 4 and not A.flags.forc,
        lambda A: A.dtype.char == "F",
        lambda A: min(A.shape) == 12,
        lambda A: A.shape[0] > 3 * A.shape[1] > 0,
    ],
)
def test_hard_examples_are_within_reach(condition):
    find(strategies.matrices(), condition, settings=settings(max_examples=2000, database=None))


@given(A=strategies.matrices(modes=("geometric",), dtypes="f", scales=(1.0,), layouts="F"))
def test_choices_are_kept(A):
    assert A.dtype == np.float32
    assert A.flags.f_contiguous
    assert A.size == 0 or np.linalg.norm(A, 2) == pytest.approx(1.0, rel=1e-5)


@given(
    shape=strategies.shapes(5, 1), layout=strategies.layouts("CF"), rank=strategies.ranks((4, 3))
)
def test_shapes_layouts_ranks(shape, layout, rank):
    assert all(1 <= side <= 5 for side in shape)
    assert layout in "CF"
    assert 0 <= rank <= 3


def test_unknown_modes_are_named():
    with pytest.raises(InvalidInputError, match="modes must be among .* got \\['khan'\\]"):
        strategies.matrices(modes=("khan",))


def test_the_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingExtraError, match=r"pip install \"linsub\[test\]\""):
        strategies.matrices()


def test_gallery_and_strategies_import_without_hypothesis():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from linsub.testing import gallery, ratios, strategies, load_digits\n"
        "print(len(gallery.names()))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
