"""The library in several threads, in forked and spawned processes, and after an interrupt."""

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from linsub.svd import low_rank_error, truncated_svd

ROOT = Path(__file__).parents[1]
TIMEOUT = 120  # seconds; a deadlock must end as a failure

# One case an engine; they differ in the kernels and in the LAPACK routines that they call.
CASES = {
    "lanczos": ((300, 240), {"rank": 8, "method": "lanczos"}),
    "golub-kahan": ((300, 240), {"error": 0.7}),
    "gram": ((900, 100), {"rank": 30}),
    "lapack": ((60, 50), {"rank": 10, "method": "lapack"}),
}


def solve(label, seed=0):
    """Return the bytes of a result: module level, so that spawned processes find it."""
    (m, n), what = CASES[label]
    A = np.random.default_rng(seed).standard_normal((m, n)) / np.sqrt(np.arange(1, n + 1))
    with threadpool_limits(1):
        U, S, Vh = result = truncated_svd(A, rng=seed, **what)
        error = low_rank_error(A, U, S, Vh, norm="spectral", rng=seed)
    assert result.info.method == label
    certificate = result.certificate
    numbers = (U, S, Vh, certificate.sigma_lower, certificate.sigma_upper, error)
    return b"".join(np.asarray(x).tobytes() for x in numbers)


def tasks():
    return [(label, seed) for seed in range(3) for label in CASES]


@pytest.fixture(scope="module")
def serial():
    """The answers of one thread; computed first, so that the parent has used the library."""
    return {task: solve(*task) for task in tasks()}


def test_threads_agree_with_serial(serial):
    # The limit is one of the whole process: set once, before the threads begin.
    with threadpool_limits(1), ThreadPoolExecutor(4) as pool:
        futures = {task: pool.submit(solve, *task) for task in tasks() * 2}
        answers = {task: future.result(TIMEOUT) for task, future in futures.items()}
    assert answers == serial


def test_threads_share_one_matrix():
    A = np.random.default_rng(3).standard_normal((400, 300))
    before = A.copy()
    barrier = threading.Barrier(4)

    def work(_):
        barrier.wait(TIMEOUT)
        return truncated_svd(A, 6, rng=1)

    with threadpool_limits(1), ThreadPoolExecutor(4) as pool:
        results = [future.result(TIMEOUT) for future in [pool.submit(work, i) for i in range(4)]]
    for other in results[1:]:
        assert all(np.array_equal(x, y) for x, y in zip(results[0], other, strict=True))
    assert np.array_equal(A, before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
# Python 3.12 warns of any fork beside threads, NumPy's own included: that it works is the point.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_fork_after_use(serial):
    child = os.fork()
    if child == 0:  # nothing but os._exit may leave this branch
        code = 1
        try:
            code = 0 if all(solve(*task) == answer for task, answer in serial.items()) else 2
        finally:
            os._exit(code)
    assert _wait(child) == 0


def _wait(child):
    """Return the exit code of a child; kill it, and fail, when it takes too long."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail(f"the child did not end in {TIMEOUT} s")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_process_pool(serial, method):
    if method == "forkserver":
        pytest.skip("the same as fork, from a parent that has used nothing")
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(2, mp_context=context)
    try:
        labels = list(CASES)
        futures = [pool.submit(solve, label) for label in labels]
        for label, future in zip(labels, futures, strict=True):
            assert future.result(TIMEOUT) == serial[label, 0]
    finally:
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.join(10)
            if process.is_alive():
                process.kill()


def run(script, variables=(), **options):
    places = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in places if p)}
    environment.update(variables)
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **options,
    )  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_fork_while_threads_compute():
    """A lock that a thread holds when another forks stays locked in the child.

    Kernels are compiled before: while numba compiles, it holds such a lock.
    """
    script = """
        import os, sys, threading, warnings
        import numpy as np
        from linsub.svd import truncated_svd
        warnings.simplefilter("ignore", DeprecationWarning)
        A = np.random.default_rng(0).standard_normal((300, 200))
        expected = truncated_svd(A, 5, rng=0).S
        stop = threading.Event()
        def work():
            while not stop.is_set():
                truncated_svd(A, 5, rng=0)
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        codes = []
        for _ in range(5):
            child = os.fork()
            if child == 0:
                S = truncated_svd(A, 5, rng=0).S
                os._exit(0 if np.allclose(S, expected, rtol=1e-12) else 3)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        stop.set()
        for thread in threads:
            thread.join()
        print(codes)
    """
    process = run(script, start_new_session=True)
    try:
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        pytest.fail("a child of a process with running threads did not end")
    assert process.returncode == 0, err
    assert out.strip() == "[0, 0, 0, 0, 0]"


FIRST_USE = """
    import threading
    import numpy as np
    from linsub.svd import truncated_svd
    A = np.random.default_rng(0).standard_normal((300, 200))
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(truncated_svd(A, 5, rng=0)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(all(np.array_equal(x, y) for a in answers for x, y in zip(answers[0], a)), len(answers))
"""


@pytest.mark.parametrize("cache", ["none", "shared"])
def test_first_use_in_threads_and_processes(cache, tmp_path):
    """Kernels are compiled by whoever comes first, two processes at a time on one new cache."""
    folder = tmp_path / "cache"
    variables = {"LINSUB_CACHE": "0"} if cache == "none" else {"LINSUB_CACHE_DIR": str(folder)}
    processes = [run(FIRST_USE, {"OPENBLAS_NUM_THREADS": "1", **variables}) for _ in range(2)]
    try:
        for process in processes:
            out, err = process.communicate(timeout=TIMEOUT)
            assert process.returncode == 0, err
            assert out.split() == ["True", "4"]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
def test_interrupt_leaves_the_library_usable():
    """Ctrl-C during a long run raises KeyboardInterrupt soon; the next call is right."""
    script = """
        import signal, time
        import numpy as np
        from linsub.svd import truncated_svd
        signal.signal(signal.SIGINT, signal.default_int_handler)
        A = np.random.default_rng(0).standard_normal((300, 200))
        expected = truncated_svd(A, 5, rng=0)
        H = np.random.default_rng(1).standard_normal((1500, 1500))
        print("ready", flush=True)
        started = time.perf_counter()
        try:
            while time.perf_counter() - started < 60:
                truncated_svd(H, 60, tol=1e-14, rng=0, on_fail="return")
            print("never interrupted")
        except KeyboardInterrupt:
            print("interrupted")
        again = truncated_svd(A, 5, rng=0)
        print(all(np.array_equal(x, y) for x, y in zip(expected, again)))
    """
    process = run(script)
    try:
        assert process.stdout.readline().strip() == "ready", process.stderr.read()
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        out, err = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("the interrupted process did not end")
    assert process.returncode == 0, err
    assert out.split() == ["interrupted", "True"]
    assert time.monotonic() - sent < 30
