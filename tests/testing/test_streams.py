"""Streams of the gallery."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.testing import gallery


@pytest.mark.parametrize("kind", gallery.STREAMS)
@pytest.mark.parametrize(("n", "d"), [(0, 3), (1, 1), (7, 1), (40, 12)])
def test_each_stream_has_its_shape_and_is_the_same_again(kind, n, d):
    A = gallery.stream(kind, n, d, rng=1)
    assert A.shape == (n, d)
    assert np.isfinite(A).all()
    np.testing.assert_array_equal(A, gallery.stream(kind, n, d, rng=1))


def test_a_turn_keeps_the_spectrum():
    plain = gallery.stream("heavy", 60, 9, rotate=False, rng=2)
    turned = gallery.stream("heavy", 60, 9, rng=2)
    np.testing.assert_allclose(
        np.linalg.svd(turned, compute_uv=False), np.linalg.svd(plain, compute_uv=False), atol=1e-13
    )


def test_an_unknown_kind_is_refused():
    with pytest.raises(InvalidInputError, match="kind"):
        gallery.stream("calm", 3, 3)
