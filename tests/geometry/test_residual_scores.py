"""Scores of strange samples: definitions, samples far from the origin, and the digits table."""

import numpy as np
import pytest
from scipy.stats import rankdata

from linsub.errors import InvalidInputError, InvalidTypeError, NumericalError
from linsub.geometry import pca_model
from linsub.testing import load_digits

# AUROC of the residual, of Hotelling's T2 and of both together: table 4 of the notes.
TABLE = {
    (5, 0.99): (0.9601, 0.5759, 0.9601),
    (10, 0.99): (0.9759, 0.8096, 0.9759),
    (40, 0.90): (0.9938, 0.9127, 0.9942),
    (40, 0.99): (0.9867, 0.9886, 0.9882),
    (None, 0.80): (0.9958, 0.8612, 0.9961),
    (None, 0.99): (0.9848, 0.9952, 0.9909),
}


def _auroc(normal, strange):
    ranks = rankdata(np.concatenate([normal, strange]))[len(normal) :]
    return (ranks.sum() - len(strange) * (len(strange) + 1) / 2) / (len(normal) * len(strange))


def test_the_table_on_digits():
    digits = load_digits()
    X, y = digits.data.astype(float), digits.target
    for (shot, energy), expected in TABLE.items():
        found = []
        for digit in range(10):
            members = np.random.default_rng(100 + digit).permutation(np.flatnonzero(y == digit))
            half = len(members) // 2
            model = pca_model(X[members[: shot or half]], energy=energy)
            kinds = (("residual", None), ("t2", 1e-6), ("ppca", 1e-3))
            found.append(
                [
                    _auroc(
                        model.scores(X[members[half:]], kind, floor=floor),
                        model.scores(X[y != digit], kind, floor=floor),
                    )
                    for kind, floor in kinds
                ]
            )
        np.testing.assert_allclose(np.mean(found, axis=0), expected, atol=1e-4)


def test_scores_are_mahalanobis_distances():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 5)) * [5.0, 3.0, 1.0, 0.5, 0.2]
    model = pca_model(X, rank=2)
    w, V = np.linalg.eigh(np.cov(X.T))
    w, V = w[::-1], V[:, ::-1]
    noise = w[2:].mean()
    C = (V[:, :2] * w[:2]) @ V[:, :2].T + noise * V[:, 2:] @ V[:, 2:].T
    Z = rng.standard_normal((4, 5)) - X.mean(0)
    given = Z + X.mean(0)
    expected = np.einsum("ij,jk,ik->i", Z, np.linalg.inv(C), Z)
    np.testing.assert_allclose(model.scores(given, "ppca"), expected, rtol=1e-10)
    np.testing.assert_allclose(model.scores(given), ((Z @ V[:, 2:]) ** 2).sum(1), rtol=1e-10)
    np.testing.assert_allclose(
        model.scores(given, "t2"), ((Z @ V[:, :2]) ** 2 / w[:2]).sum(1), rtol=1e-10
    )
    assert model.noise == pytest.approx(noise)


def test_far_samples_keep_their_residual():
    """The difference of squares would give 8 for .5."""
    X = np.outer(np.arange(4.0), [1.0, 1.0])
    model = pca_model(X)
    far = 1e8 * np.array([1.0, 1.0]) + 0.5 * np.array([1.0, -1.0])
    assert model.scores([far])[0] == pytest.approx(0.5, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_scale_is_no_matter(scale):
    X = np.random.default_rng(1).standard_normal((20, 4))
    plain, scaled = pca_model(X, rank=2), pca_model(X * scale, rank=2)
    for kind, power in (("residual", 2), ("t2", 0), ("ppca", 0)):
        np.testing.assert_allclose(
            scaled.scores(X * scale, kind) / scale**power, plain.scores(X, kind), rtol=1e-9
        )


def test_edges():
    one = pca_model([[1.0, 2.0]])
    assert one.scores([[1.0, 2.0], [1.0, 3.0]]).tolist() == [0.0, 1.0]
    assert pca_model(np.ones((3, 2)), rank=2).scores([[1.0, 1.0]], "ppca")[0] == 0.0
    whole = pca_model(np.random.default_rng(2).standard_normal((9, 3)), energy=1.0)
    assert whole.variances.size == 3
    assert whole.noise < 1e-25
    single = pca_model(np.float32([[1, 2], [3, 4]]), rank=1)
    assert single.scores(np.float32([[2, 3]])).shape == (1,)


def test_what_does_not_fit_is_named():
    X = np.random.default_rng(3).standard_normal((6, 3))
    model = pca_model(X, rank=1)
    for call, message in (
        (lambda: pca_model(X, rank=4), "rank"),
        (lambda: pca_model(X, energy=0.0), "energy"),
        (lambda: pca_model(X, energy=0.5, rank=1), "not both"),
        (lambda: pca_model(np.ones((0, 3))), "nothing to fit"),
        (lambda: model.scores(X[:, :2]), "2 features"),
        (lambda: model.scores(X, "other"), "kind"),
        (lambda: model.scores(X, floor=0.0), "floor"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            call()
    with pytest.raises(InvalidTypeError, match="complex"):
        model.scores(X + 0j)
    with pytest.raises(NumericalError, match="score"):
        model.scores(X * 1e300)
    with pytest.raises(NumericalError, match="variance"):
        pca_model(X * 1e200)


def test_variances_that_vanish_in_the_type_are_refused():
    """Scores of T2 would be 0 or wrong by any factor; they were 1e-292 in place of 2.5."""
    X = np.random.default_rng(0).standard_normal((10, 4))
    with pytest.raises(NumericalError, match="multiply X"):
        pca_model(X * 1e-300)
    np.testing.assert_allclose(
        pca_model(X * 2.0**-500).scores(X * 2.0**-500, "t2"), pca_model(X).scores(X, "t2")
    )
