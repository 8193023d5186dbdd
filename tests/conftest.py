"""Settings that must be in force before NumPy is imported, and the Hypothesis profiles."""

import os

# BLAS threads make times erratic and sums differ in their last bits. Worker processes
# inherit this. A test that is about threads sets its own number.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")  # no window, also where there is a display

from hypothesis import settings  # noqa: E402

# No deadline: the first call of a kernel compiles it. Fixed seeds unless asked otherwise,
# so that a run that passed passes again; `fresh` is for hunting.
settings.register_profile("default", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("fresh", max_examples=500, deadline=None, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
