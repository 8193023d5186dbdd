"""The small examples of the papers: under a hundred lines, public names only, and they hold."""

import ast
import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples" / "papers"
EXAMPLES = sorted(FOLDER.glob("*.py"))


def _loaded(path):
    spec = importlib.util.spec_from_file_location(f"paper_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_holds(path, capsys):
    """Each asserts its own statements."""
    tree = ast.parse(path.read_text("utf-8"))
    main = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "main")
    assert sum(isinstance(n, ast.Assert) for n in ast.walk(main)) >= 2
    _loaded(path).main()
    assert capsys.readouterr().out.count("\n") >= 2


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_is_short_and_uses_public_names(path):
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 100
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("linsub"):
            assert node.module.count(".") == 1
            names = {alias.name for alias in node.names}
            assert names <= set(importlib.import_module(node.module).__all__)


@pytest.mark.parametrize(
    "path", [p for p in EXAMPLES if "--save" in p.read_text("utf-8")], ids=lambda path: path.stem
)
def test_its_picture_is_not_blank(path, tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.image

    target = tmp_path / "picture.png"
    _loaded(path).main(save=str(target))
    picture = matplotlib.image.imread(target)[..., :3]
    assert 0.005 < (picture.min(axis=2) < 0.9).mean() < 0.95


def test_every_example_is_on_the_page_of_papers():
    page = (FOLDER.parents[1] / "docs" / "papers.md").read_text("utf-8")
    assert [path.stem for path in EXAMPLES if f"examples/papers/{path.name}" not in page] == []
