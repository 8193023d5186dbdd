"""The record, the bound, the certificate: what survives, what is forgotten, what is shown."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest

from linsub.errors import ConvergenceError, InvalidInputError, LinsubError, NonFiniteError
from linsub.results import Bound, Certificate, Info, Record
from linsub.svd import (
    SVDCertificate,
    SVDResult,
    split_svd,
    truncated_svd,
    weighted_svd,
)


def matrix(m=30, n=20):
    return np.random.default_rng(0).standard_normal((m, n))


RECORDS = {
    "truncated": (lambda: truncated_svd(matrix(), 3, rng=0), ("U", "S", "Vh")),
    "split": (lambda: split_svd(matrix(), 3, rng=0), ("left", "right", "residual")),
    "weighted": (
        lambda: weighted_svd(matrix(), 3, row_weights=np.ones(30), rng=0),
        ("left", "right"),
    ),
}


@pytest.fixture(params=sorted(RECORDS))
def record(request):
    return RECORDS[request.param][0]()


@pytest.fixture(params=sorted(RECORDS))
def named(request):
    make, fields = RECORDS[request.param]
    return make(), fields


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_record_unpacks_and_names_its_fields(named):
    record, fields = named
    assert record._fields == fields == record.__match_args__
    assert len(tuple(record)) == len(fields)
    for value, name in zip(record, fields, strict=True):
        assert getattr(record, name) is value
        assert record[fields.index(name)] is value
        assert record._asdict()[name] is value
    assert isinstance(record.certificate, SVDCertificate)
    assert isinstance(record.info, Info)


def test_fields_cannot_be_set(named):
    record, fields = named
    with pytest.raises(AttributeError):
        setattr(record, fields[0], None)


@pytest.mark.parametrize(
    "clone",
    [
        *(lambda r, p=p: pickle.loads(pickle.dumps(r, p)) for p in (2, 3, 4, 5)),
        copy.copy,
        copy.deepcopy,
    ],
    ids=["pickle2", "pickle3", "pickle4", "pickle5", "copy", "deepcopy"],
)
def test_copies_keep_certificate_and_info(record, clone):
    twin = clone(record)
    assert type(twin) is type(record)
    assert same(twin, record)
    assert str(twin.certificate) == str(record.certificate)
    assert [name for name, _ in twin.certificate.bounds()] == [
        name for name, _ in record.certificate.bounds()
    ]
    assert twin.info.method == record.info.method
    assert twin.info.products == record.info.products


def test_deepcopy_shares_no_memory(record):
    twin = copy.deepcopy(record)
    assert not any(np.shares_memory(a, b) for a, b in zip(twin, record, strict=True))


@pytest.mark.parametrize(
    "rebuild",
    [
        lambda r: type(r)(*r),
        lambda r: type(r)._make(list(r)),
        lambda r: type(r)(**r._asdict()),
        lambda r: r._replace(),
        lambda r: map_tree(lambda leaf: leaf + 0, r),
    ],
    ids=["call", "make", "named", "replace", "tree"],
)
def test_a_record_rebuilt_from_its_fields_knows_nothing(record, rebuild):
    """Somebody may have changed the fields: what was proved of the old ones is void."""
    twin = rebuild(record)
    assert type(twin) is type(record)
    assert same(twin, record)
    assert twin.certificate is None
    assert twin.info is None


def map_tree(function, node):
    """Rebuild a named tuple as JAX, optree and torch.utils._pytree do."""
    assert isinstance(node, tuple)
    assert hasattr(node, "_fields")
    return type(node)(*(function(child) for child in node))


def test_replace_changes_one_field_and_refuses_unknown_ones(record):
    name = record._fields[0]
    changed = record._replace(**{name: record[0] * 2})
    assert np.array_equal(changed[0], record[0] * 2)
    assert same(changed[1:], record[1:])
    with pytest.raises(ValueError, match="no field \\['X'\\]"):
        record._replace(X=1)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((), {}), ((1,), {}), ((1, 2, 3, 4), {}), ((1, 2, 3), {"U": 1}), ((1, 2), {"W": 3})],
)
def test_a_record_takes_exactly_its_fields(args, kwargs):
    with pytest.raises(TypeError, match="exactly the fields U, S, Vh"):
        SVDResult(*args, **kwargs)


def test_a_record_can_be_matched_by_position():
    match truncated_svd(matrix(), 2, rng=0):
        case SVDResult(U, S, Vh):
            assert U.shape == (30, 2)
            assert S.shape == (2,)
            assert Vh.shape == (2, 20)
        case _:
            pytest.fail("the record did not match its own class")


def test_printing_shows_shapes_and_not_numbers():
    record = truncated_svd(matrix(), 2, rng=0)
    text = repr(record)
    assert text == (
        "SVDResult(U=<30x2 float64>, S=<2 float64>, Vh=<2x20 float64>, "
        f"method={record.info.method!r}, certified)"
    )
    assert repr(SVDResult(*record)) == text[: text.index(", method")] + ")"


class Pair(Record):
    _fields = ("a", "b")


def test_a_record_of_scalars_prints_them():
    assert repr(Pair(1, "x")) == "Pair(a=1, b='x')"
    assert repr(Pair(a=np.float64(1.5), b=None)) == "Pair(a=np.float64(1.5), b=None)"


# Bounds and certificates.


@pytest.mark.parametrize("kind", ["exact", "bound", "estimate"])
def test_only_a_probabilistic_bound_may_fail(kind):
    assert Bound(1.0, kind, "x").failure_prob == 0.0
    with pytest.raises(ValueError, match="failure_prob"):
        Bound(1.0, kind, "x", 1e-6)
    with pytest.raises(ValueError, match="failure_prob"):
        Bound(1.0, "probabilistic", "x")


def test_kind_and_origin_are_checked():
    with pytest.raises(ValueError, match="kind must be one of"):
        Bound(1.0, "certain", "x")
    with pytest.raises(ValueError, match="origin must be one of"):
        Bound(1.0, "bound", "x", origin="guessed")


def test_a_bound_is_a_number_where_one_is_needed():
    bound = Bound(2.5, "bound", "||A||_F")
    assert float(bound) == 2.5
    assert np.asarray(bound) == 2.5
    assert np.asarray(bound, dtype=np.float32).dtype == np.float32
    many = Bound(np.array([3.0, 1.0]), "bound", "sigma_i(A)")
    assert np.array_equal(np.asarray(many), [3.0, 1.0])
    assert np.array_equal(np.maximum(many, 2.0), [3.0, 2.0])


def test_the_array_of_a_bound_is_a_copy():
    bound = Bound(np.array([3.0, 1.0]), "bound", "sigma_i(A)")
    np.array(bound)[0] = 7.0
    assert bound.value[0] == 3.0


def test_a_bound_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Bound(1.0, "bound", "x").value = 2.0


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(2.0, "bound", "||A||"), "||A|| <= 2.000e+00"),
        (Bound(2.0, "exact", "||A||"), "||A|| = 2.000e+00"),
        (Bound(2.0, "estimate", "||A||"), "||A|| ~ 2.000e+00"),
        (
            Bound(2.0, "probabilistic", "||A||", 1e-6),
            "||A|| <= 2.000e+00 (fails with p <= 1e-06)",
        ),
        (Bound(2.0, "bound", "sigma >="), "sigma >= 2.000e+00"),
        (Bound(np.array([2.0, 1.0]), "bound", "s"), "s <= [2.000e+00 ... 1.000e+00]"),
        (Bound(np.zeros(0), "bound", "s"), "s <= (empty)"),
    ],
)
def test_a_bound_prints_as_a_formula(bound, text):
    assert str(bound) == text


def test_a_certificate_lists_what_it_knows():
    bound = Bound(1.0, "bound", "||A - U S Vh||_F")
    certificate = SVDCertificate(frobenius_error=bound)
    assert list(certificate.bounds()) == [("frobenius_error", bound)]
    assert str(certificate) == "SVDCertificate:\n  frobenius_error  ||A - U S Vh||_F <= 1.000e+00"
    assert str(Certificate()) == "Certificate:"


def test_what_a_certificate_does_not_know_is_none():
    certificate = SVDCertificate()
    assert list(certificate.bounds()) == []
    assert certificate.relative_error is None
    assert certificate.complete is None
    norm = Bound(2.0, "exact", "||A||_F")
    assert SVDCertificate(frobenius_norm=norm).relative_error is None
    assert SVDCertificate(frobenius_error=norm).relative_error is None
    assert SVDCertificate(complement_norm=norm).complete is None
    assert SVDCertificate(sigma_lower=Bound(np.ones(2), "bound", "s")).complete is None


def test_derived_entries():
    def certificate(complement, error=1.0, norm=2.0):
        return SVDCertificate(
            frobenius_error=Bound(error, "bound", "e"),
            frobenius_norm=Bound(norm, "exact", "n"),
            sigma_lower=Bound(np.array([3.0, 2.0]), "bound", "s"),
            complement_norm=Bound(complement, "bound", "c"),
        )

    assert certificate(1.9).relative_error == 0.5
    assert certificate(1.9, 0.0, 0.0).relative_error == 0.0
    assert certificate(1.9).complete is True
    assert certificate(2.0).complete is None  # a tie decides nothing
    assert certificate(2.1).complete is None
    everything = dataclasses.replace(certificate(0.0), sigma_lower=Bound(np.zeros(0), "bound", "s"))
    assert everything.complete is True


def test_probabilities_count_once_and_not_below_the_largest():
    certificate = SVDCertificate(
        spectral_error=Bound(1.0, "probabilistic", "a", 1e-6),
        complement_norm=Bound(1.0, "probabilistic", "b", 1e-3),
        frobenius_norm=Bound(1.0, "exact", "c"),
    )
    assert certificate.failure_prob == 1e-3
    assert SVDCertificate().failure_prob == 0.0


# Errors travel between processes too.


def test_errors_are_the_built_in_ones_as_well():
    assert issubclass(NonFiniteError, ValueError)
    assert issubclass(ConvergenceError, np.linalg.LinAlgError)
    assert issubclass(InvalidInputError, LinsubError)


def test_a_convergence_error_keeps_its_result_through_pickle():
    result = truncated_svd(matrix(), 2, rng=0)
    error = pickle.loads(pickle.dumps(ConvergenceError("too few steps", result)))
    assert str(error) == "too few steps"
    assert same(error.result, result)
    assert error.result.certificate is not None
    assert ConvergenceError("nothing").result is None
