import itertools
from typing import get_args

import numpy as np
import pytest

from linsub._core import random
from linsub._core.random import Streams
from linsub.errors import InvalidInputError, InvalidTypeError

PURPOSES = get_args(random.Purpose)
DTYPES = ("f4", "f8", "c8", "c16")


def overlap(X, Y):
    """Return how many values two arrays share."""
    return np.intersect1d(X.ravel(), Y.ravel()).size


def test_every_purpose_has_its_own_number():
    assert set(random._PURPOSE_IDS) == set(PURPOSES)
    assert len(set(random._PURPOSE_IDS.values())) == len(PURPOSES)


@pytest.mark.parametrize(
    "make",
    [
        lambda: None,
        lambda: 5,
        lambda: np.int32(5),
        lambda: [1, 2, 3],
        lambda: np.random.SeedSequence(5),
        lambda: np.random.PCG64DXSM(5),
        lambda: np.random.default_rng(5),
        lambda: np.random.RandomState(5),
    ],
    ids=["None", "int", "numpy int", "ints", "SeedSequence", "BitGenerator", "Generator", "legacy"],
)
def test_accepts_what_default_rng_accepts(make):
    streams = Streams(make())
    assert 0 <= streams.entropy < 2**128
    if make() is not None:
        assert Streams(make()).entropy == streams.entropy


@pytest.mark.parametrize("rng", [True, np.False_, np.array([True]), [True], (1, False)])
def test_refuses_bools_that_numpy_reads_as_seeds(rng):
    with pytest.raises(InvalidTypeError, match=r"rng must not .*bool"):
        Streams(rng)


@pytest.mark.parametrize("rng", [1.5, np.float64(1), "seed", b"1", {}, object(), [1.5]])
def test_refuses_other_types_by_name(rng):
    with pytest.raises(InvalidTypeError, match=r"rng must be .* pass None"):
        Streams(rng)


@pytest.mark.parametrize("rng", [-1, [1, -2]])
def test_refuses_negative_seeds(rng):
    with pytest.raises(InvalidInputError, match="rng must be non-negative, got"):
        Streams(rng)


def test_none_gives_fresh_streams():
    assert Streams().entropy != Streams().entropy


def test_known_answers():
    # Seeded results are part of what users rely on: a change here changes all of them.
    streams = Streams(0)
    assert streams.entropy == 91803661523391550284602498432050037343
    raw = streams.generator("probe").bit_generator.random_raw(2)
    assert raw.tolist() == [15681921959314496387, 14664542595168740206]
    G = streams.gaussian("sketch", (3, 2))
    expected = [
        [1.3227212741959729, -0.09122279634685775],
        [0.31027541836477185, 0.9391995399166849],
        [-0.10002237440312364, 0.2109120291888652],
    ]
    np.testing.assert_allclose(G, expected, rtol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_reproducible_exactly(dtype):
    one = Streams(3).gaussian("sketch", (700, 5), dtype, block=(2, 1))
    two = Streams(3).gaussian("sketch", (700, 5), dtype, block=(2, 1))
    assert one.tobytes() == two.tobytes()
    assert one.dtype == np.dtype(dtype)
    assert one.flags.f_contiguous


def test_replay_gives_the_same_streams():
    streams = Streams(11)
    again = Streams.replay(streams.entropy)
    assert (again.gaussian("start", (9, 3)) == streams.gaussian("start", (9, 3))).all()
    assert eval(repr(streams)).entropy == streams.entropy
    with pytest.raises(InvalidInputError, match="entropy must be in"):
        Streams.replay(2**128)


def test_a_generator_is_advanced_so_that_a_second_call_differs():
    rng = np.random.default_rng(1)
    assert Streams(rng).entropy != Streams(rng).entropy


@pytest.mark.parametrize("dtype", DTYPES)
def test_entries_do_not_depend_on_the_shape(dtype):
    streams = Streams(5)
    whole = streams.gaussian("sketch", (1000, 12), dtype)
    for n, width in itertools.product((0, 1, 255, 256, 257, 999), (0, 1, 11)):
        assert (streams.gaussian("sketch", (n, width), dtype) == whole[:n, :width]).all()


@pytest.mark.parametrize("cuts", [[1000], [1, 999], [256, 512], [100, 300, 301, 900]])
def test_entries_do_not_depend_on_the_split(cuts):
    streams = Streams(5)
    whole = streams.gaussian("sketch", (1000, 4))
    edges = [0, *cuts, 1000]
    parts = [streams.gaussian("sketch", (1000, 4), rows=pair) for pair in itertools.pairwise(edges)]
    assert (np.concatenate(parts) == whole).all()


def test_single_precision_is_the_rounded_double_precision_operator():
    streams = Streams(5)
    for single, double in (("f4", "f8"), ("c8", "c16")):
        wide = streams.gaussian("sketch", (300, 3), double)
        assert (streams.gaussian("sketch", (300, 3), single) == wide.astype(single)).all()


def test_purposes_and_blocks_share_no_value():
    streams = Streams(0)
    blocks = [0, 1, (0, 0), (0, 1), (1, 0)]
    drawn = [streams.gaussian(p, (300, 4), block=b) for p in PURPOSES for b in blocks]
    for X, Y in itertools.combinations(drawn, 2):
        assert overlap(X, Y) == 0


def test_purposes_are_uncorrelated():
    streams = Streams(0)
    X = np.stack([streams.gaussian(p, (5000, 4)).ravel() for p in PURPOSES])
    # The correlation of n independent pairs is normal with deviation 1/sqrt(n).
    correlation = np.corrcoef(X) - np.eye(len(PURPOSES))
    assert np.abs(correlation).max() < 5 / np.sqrt(X.shape[1])


@pytest.mark.parametrize(
    "make",
    [lambda: 0, lambda: np.random.SeedSequence(0), lambda: np.random.default_rng(0)],
    ids=["int", "SeedSequence", "Generator"],
)
def test_trap_of_equal_seeds(make):
    """The vectors that build an answer and its probes differ when both were given seed 0."""
    sketch = Streams(make()).gaussian("sketch", (400, 8))
    probe = Streams(make()).gaussian("probe", (400, 8))
    assert overlap(sketch, probe) == 0
    own = np.random.default_rng(make()).standard_normal((400, 8))
    for purpose in PURPOSES:
        assert overlap(Streams(make()).gaussian(purpose, (400, 8)), own) == 0
        plain = Streams(make()).generator(purpose).standard_normal((400, 8))
        assert overlap(plain, own) == 0
        assert overlap(plain, Streams(make()).gaussian(purpose, (400, 8))) == 0


def test_the_probe_sees_what_the_sketch_cannot():
    # A = I - P with P onto the sketch's span: the sketch calls A zero, a probe does not.
    n = 60
    Q, _ = np.linalg.qr(Streams(0).gaussian("sketch", (n, 6)))
    E = np.eye(n) - Q @ Q.T
    same = np.linalg.norm(E @ Streams(0).gaussian("sketch", (n, 6)))
    other = np.linalg.norm(E @ Streams(0).gaussian("probe", (n, 6)))
    assert same < 1e-12
    assert other > 10


@pytest.mark.parametrize("dtype", DTYPES)
def test_moments(dtype):
    G = Streams(9).gaussian("sketch", (4096, 16), dtype).astype(complex)
    size = G.size
    # Five deviations: |z|^2 has variance 2 (real) or 1 (complex).
    assert abs(np.mean(np.abs(G) ** 2) - 1) < 5 * np.sqrt(2 / size)
    assert abs(G.mean()) < 5 * np.sqrt(2 / size)
    if np.dtype(dtype).kind == "c":
        assert abs(np.mean(G**2)) < 5 * np.sqrt(2 / size)  # circular
    columns = np.abs(np.corrcoef(G.T) - np.eye(16)).max()
    assert columns < 6 / np.sqrt(4096)


def test_refuses_what_it_cannot_draw():
    streams = Streams(0)
    with pytest.raises(InvalidInputError, match=r"purpose must be one of sketch.*got 'noise'"):
        streams.generator("noise")
    with pytest.raises(InvalidInputError, match="block must be in"):
        streams.generator("sketch", -1)
    with pytest.raises(InvalidInputError, match="block must be in"):
        streams.generator("sketch", (0, 2**32))
    with pytest.raises(InvalidTypeError, match="dtype must be float32"):
        streams.gaussian("sketch", (2, 2), "i8")
    for shape, rows in (((-1, 2), None), ((2, -1), None), ((4, 2), (3, 2)), ((4, 2), (0, 5))):
        with pytest.raises(InvalidInputError, match=r"rows .* are not within"):
            streams.gaussian("sketch", shape, rows=rows)
