"""Peak memory of a call, in a process of its own."""

import numpy as np
import pytest

from linsub.bench import Probe, peak_memory
from linsub.bench.contenders import LAPACK, svd_probes
from linsub.errors import NumericalError


def test_an_allocation_is_seen():
    peak = peak_memory(Probe("linsub.bench.memory:allocate", {"megabytes": 50}))
    assert 50_000_000 <= peak.added < 60_000_000


def test_what_was_there_before_does_not_count():
    held = np.ones(10_000_000)  # the parent's memory is not the child's
    peak = peak_memory(Probe("linsub.bench.memory:allocate", {"megabytes": 1}))
    assert peak.added < held.nbytes // 4


def test_a_solver_is_measured_without_its_matrix(tmp_path):
    A = np.random.default_rng(0).standard_normal((800, 600))
    probe = svd_probes(tmp_path, A, 3, [LAPACK], "dense")["numpy gesdd"]
    added = peak_memory(probe).added
    # gesdd copies A and returns U and Vh; its work space is of the same size.
    assert A.nbytes < added < 20 * A.nbytes


def test_a_child_that_fails_says_why():
    with pytest.raises(NumericalError, match="TypeError"):
        peak_memory(Probe("linsub.bench.memory:allocate", {"megabytes": "many"}))
    with pytest.raises(NumericalError, match="took more than"):
        peak_memory(Probe("linsub.bench.memory:allocate", {"megabytes": 1}), timeout=1e-3)
