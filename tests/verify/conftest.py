from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linsub.verify import cases, registry
from tests.verify import toys

ROOT = Path(__file__).resolve().parents[2]

DRIVER = """
import sys
from linsub.verify import cases, registry
from tests.verify import toys
cases.case_for = lambda domain, seed, index: toys.matrix_case(seed, index)
registry._DISCOVERY = False
{setup}
from linsub.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, registry.Claim]]:
    """An empty registry, and small Gaussian matrices in the place of the gallery."""
    monkeypatch.setattr(
        cases, "case_for", lambda domain, seed, index: toys.matrix_case(seed, index)
    )
    with registry.isolated() as claims:
        yield claims


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own, on toy claims."""

    def call(
        *arguments: object, setup: str = "toys.register_norm()", cwd: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        return subprocess.run(
            [sys.executable, "-c", DRIVER.format(setup=setup), *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call
