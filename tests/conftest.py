"""Settings that must be in force before NumPy is imported, and the Hypothesis profiles."""

import os
import signal

# BLAS threads make times erratic and sums differ in their last bits. Worker processes
# inherit this. A test that is about threads sets its own number.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")  # no window, also where there is a display

from hypothesis import settings  # noqa: E402

# No deadline: the first call of a kernel compiles it. `dev` and `ci` draw the same examples
# each time, so that a run that passed passes again; `nightly` is for hunting.
settings.register_profile("dev", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=2000, deadline=None, derandomize=False)
settings.load_profile(os.environ.get("LINSUB_HYPOTHESIS", "ci" if os.environ.get("CI") else "dev"))


def pytest_configure(config):
    # A command in the background of a script ignores SIGINT, and its children inherit that:
    # the tests of interrupts would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
