"""The package keeps to its layers; and the checker notices when it does not."""

from pathlib import Path

import pytest

from tests.architecture import FAMILIES, missing_rooms, violations

ROOT = Path(__file__).parents[1]


def project():
    folders = ("linsub", "tests", "benchmarks", "examples")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files}


def test_the_package_keeps_to_its_layers_and_sizes():
    found = violations(project())
    assert not found, "\n".join(found)


def test_every_family_has_its_rooms():
    assert not missing_rooms(set(project()))


def test_the_order_of_families_has_no_circle():
    settled = set()
    while len(settled) < len(FAMILIES):
        free = {name for name, uses in FAMILIES.items() if name not in settled and uses <= settled}
        assert free, f"a circle among {sorted(set(FAMILIES) - settled)}"
        settled |= free


TREE = {
    "linsub/__init__.py": "if TYPE_CHECKING:\n    from linsub._core.jit import warmup",
    "linsub/errors.py": "",
    "linsub/results.py": "import numpy",
    "linsub/_core/__init__.py": "",
    "linsub/_core/jit.py": "def f():\n    import numba",
    "linsub/_core/arrays.py": "from linsub.errors import LinsubError",
    "linsub/_core/dense/qr.py": "import scipy.linalg\nimport numpy as np\nnp.linalg.qr",
    "linsub/_core/_kernels/skinny.py": "from linsub._core.jit import njit\nimport numpy, math",
    "linsub/svd/__init__.py": "from linsub.svd.truncated import truncated_svd",
    "linsub/svd/truncated.py": "from .lanczos import lanczos\nfrom .._core import arrays",
    "linsub/svd/lanczos.py": "def f():\n    from linsub.svd._kernels.givens import g",
    "linsub/svd/_kernels/__init__.py": "",
    "linsub/svd/_kernels/givens.py": "from linsub._core.jit import njit\nfrom . import other",
    "linsub/svd/_kernels/other.py": "import math",
    "linsub/svd/bounds.py": "import math\nfrom scipy import special\nimport scipy.special",
    "linsub/svd/claims.py": "from linsub.svd import bounds, truncated_svd\nfrom linsub import svd",
    "linsub/sketching/__init__.py": "",
    "linsub/geometry/__init__.py": "",
    "linsub/geometry/angles.py": "from linsub.svd import truncated_svd\nimport scipy.sparse",
    "linsub/verify/runner.py": "from linsub._core.progress import Progress\nimport linsub",
    "linsub/verify/__init__.py": "from linsub.testing import gallery\nfrom .runner import run",
    "linsub/testing/gallery.py": "import numpy",
    "linsub/testing/__init__.py": "",
    "linsub/sklearn/svd.py": "import sklearn\nfrom linsub.svd import truncated_svd",
    "linsub/bench/peers.py": "def f():\n    import scipy.linalg, matplotlib",
}


def test_a_good_tree_passes():
    assert violations(TREE) == []


@pytest.mark.parametrize(
    ("path", "source", "message"),
    [
        ("linsub/errors.py", "import linsub.results, scipy", "bottom may not import scipy"),
        ("linsub/results.py", "from linsub import _core", "bottom may not import linsub._core"),
        ("linsub/results.py", "import threadpoolctl", "bottom may not import threadpoolctl"),
        ("linsub/_core/arrays.py", "import numba", "core may not import numba"),
        ("linsub/_core/arrays.py", "from numba import njit", "core may not import numba"),
        ("linsub/_core/arrays.py", "import linsub.svd", "core may not import linsub.svd"),
        ("linsub/_core/arrays.py", "from ..svd import x", "core may not import linsub.svd"),
        ("linsub/_core/arrays.py", "import scipy.linalg", "core may not import scipy.linalg"),
        ("linsub/_core/arrays.py", "from scipy.linalg import qr", "may not import scipy.linalg.qr"),
        ("linsub/_core/arrays.py", "from scipy import linalg", "may not import scipy.linalg"),
        ("linsub/_core/arrays.py", "import scipy\nscipy.linalg.qr", "may not import scipy.linalg"),
        ("linsub/_core/arrays.py", "def f():\n import scipy.linalg", "may not import scipy.linalg"),
        ("linsub/_core/arrays.py", "class A:\n import numba", "may not import numba"),
        ("linsub/_core/arrays.py", "__import__('numba')", "may not import numba"),
        (
            "linsub/svd/lanczos.py",
            "import importlib\nimportlib.import_module('numba')",
            "algorithm may not import numba",
        ),
        ("linsub/_core/arrays.py", "from linsub._core import jit", "inside the function"),
        ("linsub/__init__.py", "from linsub._core.jit import warmup", "inside the function"),
        ("linsub/_core/arrays.py", "from ._kernels.skinny import f", "inside the function"),
        ("linsub/svd/lanczos.py", "from linsub.svd._kernels import givens", "inside the function"),
        ("linsub/svd/lanczos.py", "import numpy as np\nnp.linalg.svd(1)", "LAPACK is called"),
        ("linsub/svd/lanczos.py", "from numpy import linalg\nlinalg.qr(1)", "LAPACK is called"),
        ("linsub/svd/lanczos.py", "import sklearn", "algorithm may not import sklearn"),
        ("linsub/svd/lanczos.py", "import requests", "algorithm may not import requests"),
        ("linsub/svd/lanczos.py", "import linsub", "algorithm may not import linsub"),
        ("linsub/svd/lanczos.py", "import linsub.svd.claims", "may not import linsub.svd.claims"),
        ("linsub/svd/lanczos.py", "from . import claims", "may not import linsub.svd.claims"),
        ("linsub/svd/lanczos.py", "import linsub.verify", "may not import linsub.verify"),
        ("linsub/svd/lanczos.py", "from linsub import geometry", "may not import linsub.geometry"),
        ("linsub/sketching/a.py", "from linsub import svd", "may not import linsub.svd"),
        (
            "linsub/geometry/angles.py",
            "from linsub.svd.lanczos import lanczos",
            "algorithm may not import linsub.svd.lanczos",
        ),
        (
            "linsub/geometry/angles.py",
            "def f():\n    from linsub.svd._kernels.givens import g",
            "may not import linsub.svd._kernels.givens",
        ),
        ("linsub/svd/bounds.py", "from linsub.svd import lanczos", "bounds may not import"),
        ("linsub/svd/bounds.py", "from linsub._core.dense import qr", "bounds may not import"),
        ("linsub/svd/bounds.py", "import scipy.sparse", "bounds may not import scipy.sparse"),
        ("linsub/svd/bounds.py", "import numpy as np\nnp.linalg.svd(1)", "LAPACK is called"),
        ("linsub/svd/_kernels/givens.py", "import numba", "kernel may not import numba"),
        ("linsub/svd/_kernels/givens.py", "import os", "kernel may not import os"),
        ("linsub/svd/_kernels/givens.py", "import linsub.errors", "kernel may not import"),
        ("linsub/svd/_kernels/givens.py", "from linsub._core import arrays", "kernel may not"),
        (
            "linsub/svd/_kernels/givens.py",
            "from linsub._core._kernels import skinny",
            "kernel may not import linsub._core._kernels",
        ),
        ("linsub/svd/claims.py", "from linsub.svd import lanczos", "claims may not import"),
        ("linsub/svd/claims.py", "from linsub._core.random import Streams", "claims may not"),
        ("linsub/svd/claims.py", "from linsub.verify.runner import run", "claims may not import"),
        ("linsub/verify/runner.py", "from linsub._core.dense import qr", "upper may not import"),
        ("linsub/verify/runner.py", "from linsub.svd.lanczos import lanczos", "upper may not"),
        ("linsub/verify/runner.py", "from linsub.svd import bounds", "upper may not import"),
        ("linsub/sklearn/svd.py", "import numba", "upper may not import numba"),
        ("linsub/testing/gallery.py", "import hypothesis", "upper may not import hypothesis"),
        ("linsub/svd/utils.py", "", "name it after what it does"),
        ("linsub/_core/_helpers.py", "", "name it after what it does"),
        ("linsub/numerics/qr.py", "", "is in no layer"),
        ("linsub/extra.py", "", "is in no layer"),
        ("linsub/svd/lanczos.py", "\n" * 500, "500 lines, a file stays under 500"),
        ("tests/test_long.py", "\n" * 500, "500 lines, a file stays under 500"),
        ("linsub/svd/lanczos.py", "def f():\n" + " x = 1\n" * 59, "f has 60 lines"),
        ("linsub/svd/_kernels/givens.py", "def f():\n" + " x = 1\n" * 79, "f has 80 lines"),
    ],
)
def test_the_checker_notices(path, source, message):
    found = violations({**TREE, path: source})
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith(path)


def test_docstrings_do_not_count():
    text = 'def f():\n    """\n' + "\n" * 600 + '    """\n' + "    x = 1\n" * 57
    assert violations({"linsub/svd/lanczos.py": text}) == []
    kernel = "def f():\n" + "    x = 1\n" * 78
    assert violations({"linsub/svd/_kernels/givens.py": kernel}) == []


def test_missing_rooms_are_noticed():
    good = {"linsub/svd/__init__.py", "linsub/svd/bounds.py", "linsub/svd/claims.py"}
    assert missing_rooms({*good, "tests/svd/test_truncated.py"}) == []
    assert missing_rooms(good) == ["tests/svd/ has no tests"]
    assert missing_rooms({"linsub/svd/lanczos.py", "tests/svd/test_x.py"}) == [
        "linsub/svd/__init__.py is missing",
        "linsub/svd/bounds.py is missing",
        "linsub/svd/claims.py is missing",
    ]
