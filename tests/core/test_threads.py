"""Thread counts: what is asked is what runs, and the setting of BLAS is left alone."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from linsub._core import threads
from linsub.errors import InvalidInputError

ROOT = Path(__file__).parents[2]


def blas_threads():
    return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]


def test_limit_blas_ends_with_the_block():
    before = blas_threads()
    with threads.limit_blas(1):
        assert set(blas_threads()) <= {1}
    assert blas_threads() == before


def test_limit_blas_ends_with_an_exception():
    before = blas_threads()
    with pytest.raises(RuntimeError, match="inside"), threads.limit_blas(1):
        raise RuntimeError("inside")
    assert blas_threads() == before


@pytest.mark.parametrize("n_threads", [0, -1])
def test_counts_below_one_are_refused(n_threads):
    with pytest.raises(InvalidInputError, match="n_threads"):
        threads.limit_blas(n_threads)
    with pytest.raises(InvalidInputError, match="n_threads"):
        threads.run_parts([], n_threads)


def test_limit_reaches_the_blas_that_scipy_brings_later():
    script = """
        from linsub._core import threads
        with threads.limit_blas(2):
            pass
        import scipy.linalg
        from threadpoolctl import threadpool_info
        with threads.limit_blas(1):
            found = [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]
        print(set(found))
    """
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(line[8:] for line in script.splitlines())],
        capture_output=True, text=True, env=environment, timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "{1}", done.stderr


def test_info_names_the_processors_and_blas():
    found = threads.info()
    assert found["processors"] == threads.available() >= 1
    assert len(found["blas"]) == len(threads.blas_info())


def test_architecture_is_one_of_the_loaded():
    known = [str(lib.get("architecture", "")) for lib in threads.blas_info()]
    assert threads.blas_architecture() in [*known, ""]


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_every_task_runs_once(n_threads):
    counts = np.zeros(20, int)

    def task(i):
        counts[i] += 1

    threads.run_parts([lambda i=i: task(i) for i in range(20)], n_threads)
    assert (counts == 1).all()


def test_one_thread_is_the_caller():
    seen = []
    threads.run_parts([lambda: seen.append(threading.get_ident())] * 3, 1)
    assert set(seen) == {threading.get_ident()}


def test_two_threads_work_at_the_same_time():
    barrier = threading.Barrier(2)  # one thread alone would wait here for ever
    threads.run_parts([lambda: barrier.wait(60), lambda: barrier.wait(60)], 2)


@pytest.mark.parametrize("n_threads", [1, 3])
def test_the_first_failure_is_raised(n_threads):
    def fail(text):
        raise ValueError(text)

    with pytest.raises(ValueError, match="first"):
        threads.run_parts([lambda: None, lambda: fail("first"), lambda: fail("second")], n_threads)


def test_no_thread_is_left_behind():
    before = threading.active_count()
    threads.run_parts([lambda: None] * 4, 4)
    assert threading.active_count() == before
