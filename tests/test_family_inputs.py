"""Every public function of the younger families against every odd or bad array."""

import importlib

import numpy as np
import pytest

from linsub.errors import InvalidInputError, InvalidTypeError, LinsubError, NonFiniteError
from tests.calls import calls, leaves, records

FAMILIES = (
    "geometry",
    "dpp",
    "selection",
    "design",
    "sketching",
    "sensitivity",
    "streaming",
    "clustering",
    "svt",
    "spaces",
    "tensor",
    "inverse",
)
CALLS = [made for family in FAMILIES for made in calls(family)]
ARGUMENTS = [(made, name) for made in CALLS for name in made.arrays()]
NAMES = [f"{made.name}-{name}" for made, name in ARGUMENTS]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_public_name_has_a_call(family):
    covered = {made.name.partition(".")[0] for made in calls(family)} | records(family)
    assert covered == set(importlib.import_module(f"linsub.{family}").__all__)


@pytest.mark.parametrize(("made", "name"), ARGUMENTS, ids=NAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_entries_that_are_not_finite_are_named(made, name, bad):
    arrays = made.arrays()
    arrays[name][(-1,) * arrays[name].ndim] = bad
    with pytest.raises(NonFiniteError, match=name):
        made.call(**arrays)


@pytest.mark.parametrize(("made", "name"), ARGUMENTS, ids=NAMES)
@pytest.mark.parametrize("ndim", [0, 3])
def test_other_dimensions_are_refused(made, name, ndim):
    arrays = made.arrays()
    arrays[name] = np.ones((2,) * ndim)
    with pytest.raises((InvalidInputError, InvalidTypeError), match=name):
        made.call(**arrays)


@pytest.mark.parametrize(("made", "name"), ARGUMENTS, ids=NAMES)
@pytest.mark.parametrize("bad", ["text", None, object()], ids=["text", "None", "object"])
def test_what_is_no_array_is_refused(made, name, bad):
    arrays = made.arrays()
    arrays[name] = bad
    with pytest.raises(LinsubError, match=name):
        made.call(**arrays)


@pytest.mark.parametrize(("made", "name"), ARGUMENTS, ids=NAMES)
def test_masked_arrays_are_refused(made, name):
    arrays = made.arrays()
    arrays[name] = np.ma.masked_array(arrays[name])
    with pytest.raises(InvalidTypeError, match=name):
        made.call(**arrays)


@pytest.mark.parametrize("made", CALLS, ids=[made.name for made in CALLS])
def test_layouts_give_the_same_and_inputs_stay_as_they_are(made):
    before = made.arrays()
    plain = leaves(made.call(**made.arrays()))
    assert plain
    for change in (np.asfortranarray, _strided, _reversed, _read_only, _list):
        given = {name: change(x) for name, x in made.arrays().items()}
        found = leaves(made.call(**given))
        assert len(found) == len(plain)
        for x, y in zip(found, plain, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-11, err_msg=change.__name__)
        for name, x in given.items():
            np.testing.assert_array_equal(np.asarray(x), before[name])


@pytest.mark.parametrize("made", CALLS, ids=[made.name for made in CALLS])
def test_single_precision_is_near_to_double(made):
    double = leaves(made.call(**_rounded(made)))
    single = leaves(made.call(**{k: x.astype(np.float32) for k, x in _rounded(made).items()}))
    assert len(single) == len(double)
    for x, y in zip(single, double, strict=True):
        if np.isfinite(y).all():
            np.testing.assert_allclose(x, y, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("made", CALLS, ids=[made.name for made in CALLS])
def test_complex_arrays_are_taken_or_refused_by_name(made):
    arrays = {name: x + 0j for name, x in made.arrays().items()}
    if not made.complex:
        with pytest.raises(InvalidTypeError, match="complex"):
            made.call(**arrays)
        return
    for x, y in zip(leaves(made.call(**arrays)), leaves(made.call(**made.arrays())), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-10)


def _rounded(made):
    return {name: x.astype(np.float32).astype(float) for name, x in made.arrays().items()}


def _strided(x):
    wide = np.zeros(tuple(2 * n for n in x.shape))
    part = wide[(slice(None, None, 2),) * x.ndim]
    part[...] = x
    return part


def _reversed(x):
    return np.ascontiguousarray(x[::-1])[::-1]


def _read_only(x):
    x = x.copy()
    x.flags.writeable = False
    return x


def _list(x):
    return x.tolist()
