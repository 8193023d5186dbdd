"""The formulas of bases and projectors at values that are known."""

import numpy as np
import pytest

from linsub.errors import InvalidInputError
from linsub.geometry import bounds


def test_distances_to_isometries():
    assert bounds.polar_distance([3.0, 1.0]) == 2.0
    assert bounds.polar_distance([3.0, 1.0], 1) == pytest.approx(np.sqrt(5.0))
    assert bounds.polar_distance([3.0, 1.0], 0) == pytest.approx(np.sqrt(10.0))
    assert bounds.polar_distance([1.0, 0.5], flipped=True) == 1.5
    assert bounds.polar_distance([]) == 0.0
    assert bounds.polar_distance([1e300, 1e300]) == pytest.approx(np.sqrt(2) * 1e300)
    assert bounds.polar_enclosure(3.0, 2.0, 0.0) == (1.0, 3.0)
    assert bounds.polar_perturbation(1.0, 0.5, 0.5) == 2.0
    assert bounds.polar_perturbation(1.0, 0.0, 0.0) == np.inf


def test_projectors():
    assert bounds.oblique_norm(0.5) == 2.0
    assert bounds.oblique_norm(0.0) == np.inf
    assert bounds.projector_difference([0.0, np.pi / 6], 2, 2) == pytest.approx(0.5)
    assert bounds.projector_difference([], 0, 0) == 0.0
    assert bounds.projector_difference([0.1], 1, 2) == 1.0
    found = bounds.projector_eigenvalues([np.pi / 6], 2, 1, 4)
    np.testing.assert_allclose(found, [1.0, 0.5, 0.0, -0.5], atol=1e-15)
    np.testing.assert_allclose(bounds.projector_eigenvalues([0.0], 1, 2, 3), [0.0, 0.0, -1.0])


def test_procrustes():
    assert bounds.procrustes_residual(3.0, 4.0, [12.0, 0.0]) == 1.0
    assert bounds.procrustes_residual(3.0, 4.0, [12.0, 0.0], scale=True) == 0.0
    assert bounds.procrustes_residual(1.0, 1.0, [1.0], flipped=True) == 2.0
    assert bounds.procrustes_residual(1.0, 1.0, [1.0], flipped=True, scale=True) == 1.0
    assert bounds.procrustes_residual(0.0, 2.0, [0.0], scale=True) == 2.0
    # rounding of the trace gives no root of a negative number
    assert bounds.procrustes_residual(1.0, 1.0, [1.0 + 1e-15]) == 0.0


def test_energies():
    s = np.array([10.0, 1.0, 0.1]) / np.sqrt(101.01)
    assert [bounds.energy_additions(s, e) for e in (0.0, 0.98, 0.9901, 0.999, 1.0)] == [
        0,
        1,
        2,
        2,
        3,
    ]
    assert bounds.energy_additions(0.1 * s, 0.98) == 0
    assert bounds.energy_additions([], 1.0) == 0
    assert bounds.energy_additions([1.0, 1e-20], 1.0) == 2


def test_roundings_grow_with_sizes():
    assert bounds.orthogonality_rounding(100, 5, 1e-16) == pytest.approx(2e-14, rel=1e-12, abs=0.0)
    assert bounds.orthogonality_rounding(0, 0, 1e-16) == 0.0
    assert bounds.rounded_basis(100, 4, 1e-7) == pytest.approx(2e-7, rel=1e-4)
    assert bounds.rounded_basis(100, 4, 2.0**-52) == bounds.orthogonality_rounding(100, 4, 2**-52)
    assert bounds.complement_rounding(100, 4, 2.0, 1e-16) == pytest.approx(
        1.6e-14, rel=1e-12, abs=0.0
    )


@pytest.mark.parametrize("bad", [[-1.0], [np.nan], [1.0, 2.0], [[1.0]], [np.inf]])
def test_what_is_no_spectrum_is_refused(bad):
    with pytest.raises(InvalidInputError, match="sigma"):
        bounds.polar_distance(bad)
    with pytest.raises(InvalidInputError, match="sigma"):
        bounds.energy_additions(bad, 0.5)


def test_angles_ascend():
    with pytest.raises(InvalidInputError, match="angles must ascend"):
        bounds.projector_difference([1.0, 0.5], 2, 2)


@pytest.mark.parametrize("rank", [-1, 3])
def test_ranks_lie_in_their_range(rank):
    with pytest.raises(InvalidInputError, match="rank is"):
        bounds.polar_distance([1.0, 0.5], rank)
