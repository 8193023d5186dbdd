"""Check what a plain install puts on the disk, and print what importing it costs."""

import subprocess
import sys
from importlib.metadata import files

installed = files("linsub") or []
tops = sorted({path.parts[0] for path in installed})
if [top for top in tops if top != "linsub" and not top.endswith(".dist-info")]:
    sys.exit(f"the wheel installs more than linsub: {tops}")
names = {path.as_posix() for path in installed}
missing = {"linsub/py.typed"} - names
if missing or not any(name.startswith("linsub/testing/data/") for name in names):
    sys.exit(f"the wheel lacks {missing or 'linsub/testing/data'}")

TIMER = "import numpy, time; t = time.perf_counter(); import linsub; print(time.perf_counter() - t)"


def seconds() -> float:
    """Return what `import linsub` takes in a fresh interpreter that has NumPy."""
    return float(subprocess.check_output([sys.executable, "-c", TIMER], cwd="/"))


best = min(seconds() for _ in range(5))
print(f"{len(names)} files; import linsub takes {best * 1e3:.1f} ms over NumPy (best of 5)")
if best > 0.15:
    sys.exit("importing linsub takes more than 0.15 s over NumPy")
