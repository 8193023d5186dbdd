"""What `import linsub` loads, and that every public name is there."""

import importlib
import importlib.resources
import json
import pkgutil
import subprocess
import sys

import pytest

import linsub

LOADED = """
import json, sys
import numpy
before = set(sys.modules)
{statement}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(statement):
    """Return the modules that a statement loads in a fresh interpreter that has NumPy."""
    script = LOADED.format(statement=statement)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_import_loads_nothing_heavy():
    loaded = loaded_by("import linsub")
    assert "linsub" in loaded
    # Not even SciPy: whoever imports linsub for one function pays for that function.
    foreign = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert foreign == {"linsub"}
    assert "linsub._core.jit" not in loaded


def test_the_check_notices_what_is_loaded():
    assert "scipy.linalg" in loaded_by("import linsub, scipy.linalg")


def test_listing_the_names_loads_nothing_heavy():
    loaded = loaded_by("import linsub; dir(linsub); linsub.__all__; linsub.__version__")
    assert not loaded & {"numba", "scipy", "scipy.linalg", "sklearn", "matplotlib"}


@pytest.mark.parametrize("name", getattr(linsub, "__all__", []))
def test_public_names_resolve(name):
    assert getattr(linsub, name) is not None
    assert name in dir(linsub)


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = linsub.no_such_name


def modules():
    found = pkgutil.walk_packages(linsub.__path__, "linsub.", onerror=lambda name: None)
    return sorted(module.name for module in found if not module.name.endswith("__main__"))


@pytest.mark.parametrize("name", modules())
def test_every_module_imports_and_keeps_its_promises(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        assert getattr(module, public) is not None


def test_is_marked_as_typed():
    assert importlib.resources.files("linsub").joinpath("py.typed").is_file()
