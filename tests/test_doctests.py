"""Every example in a docstring, in the README and in the documentation's pages runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import linsub

ROOT = Path(__file__).parents[1]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def modules():
    found = pkgutil.walk_packages(linsub.__path__, "linsub.", onerror=lambda name: None)
    names = [module.name for module in found if not module.name.endswith("__main__")]
    return ["linsub", *sorted(names)]


@pytest.mark.parametrize("name", modules())
def test_docstrings(name):
    failures, _ = doctest.testmod(importlib.import_module(name), optionflags=FLAGS)
    assert failures == 0


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_pages(path):
    text = path.read_text("utf-8")
    # Only what stands in a block of Python, so that prose may hold an arrow prompt.
    blocks = re.findall(r"^```(?:python|pycon)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    source = "\n".join(block for block in blocks if ">>>" in block)
    parsed = doctest.DocTestParser().get_doctest(source, {}, path.name, str(path), 0)
    assert doctest.DocTestRunner(optionflags=FLAGS).run(parsed).failed == 0


def test_readme_examples(capsys):
    examples = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.S | re.M
    )
    assert len(examples) == 2
    for example, word in zip(examples, ("frobenius_error", "KSubspaces"), strict=True):
        if "linsub.sklearn" in example:
            pytest.importorskip("sklearn")
        exec(compile(example, "README.md", "exec"), {})
        assert word in capsys.readouterr().out
