"""Sphinx configuration. The API pages are made from the packages' own ``__all__``."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import linsub  # noqa: E402

project = "linsub"
author = "The linsub developers"
copyright = "The linsub developers"
version = release = linsub.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4

html_theme = "pydata_sphinx_theme"
html_title = f"linsub {release}"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings say more: shapes and ranges
autodoc_member_order = "bysource"
# Attributes are fields that autodoc lists already: name them once.
napoleon_use_ivar = True
napoleon_google_docstring = False
napoleon_use_rtype = False
# Words of a type, as the p of "array of shape (n, p)", are looked up like names; where several
# records have an attribute of that name there is nothing to choose, and nothing to link to.
suppress_warnings = ["ref.python"]

# Families in an order for reading: what is used comes before what uses it. The
# packages that are not families follow.
FAMILIES = [
    *("svd", "sketching", "concat", "geometry", "dpp", "selection", "design", "sensitivity"),
    *("streaming", "clustering", "svt", "spaces", "tensor", "inverse"),
]
OTHERS = ["results", "errors", "verify", "testing", "bench", "sklearn"]


def _exists(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _public(name: str) -> list[str]:
    return list(getattr(importlib.import_module(name), "__all__", []))


def _section(
    name: str, title: str, underline: str, without: frozenset[str] = frozenset()
) -> list[str]:
    """Return the reST lines that list the public names of a module."""
    module = importlib.import_module(name)
    lines = [title, underline * len(title), ""]
    summary = (module.__doc__ or "").strip().split("\n\n")[0]
    lines += [_without_pipes(line) for line in summary.splitlines()] + [""]
    members = [f"   {name}.{member}" for member in _public(name) if member not in without]
    # Constants and submodules have no page of their own.
    members = [line for line in members if callable(_resolve(line.strip()))]
    if members:
        lines += [".. autosummary::", "   :toctree: .", "   :nosignatures:", "", *members, ""]
    return lines


def _resolve(path: str) -> object:
    module, _, member = path.rpartition(".")
    return getattr(importlib.import_module(module), member)


def _parts(package: str) -> list[str]:
    """Return the public submodules of a package that is no family, and `bounds` of one."""
    if package.split(".")[-1] in FAMILIES:
        return [f"{package}.bounds"] if _exists(f"{package}.bounds") else []
    if package != "linsub.testing":
        return []
    path = importlib.import_module(package).__path__
    names = [module.name for module in pkgutil.iter_modules(path)]
    return [f"{package}.{name}" for name in names if not name.startswith("_")]


def _write_api() -> None:
    folder = HERE / "api" / "generated"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in [*FAMILIES, *OTHERS]:
        package = f"linsub.{name}"
        if not _exists(package):
            continue
        lines = _section(package, package, "=")
        for part in _parts(package):
            lines += _section(part, part, "-")
        (folder / f"index-{name}.rst").write_text("\n".join(lines), "utf-8")
    # The families' names, which are at the root too, are listed where they belong.
    elsewhere = {
        member
        for name in FAMILIES
        if _exists(f"linsub.{name}")
        for member in _public(f"linsub.{name}")
    }
    lines = _section("linsub", "linsub", "=", frozenset(elsewhere))
    (folder / "index-0.rst").write_text("\n".join(lines), "utf-8")


def _without_pipes(line: str) -> str:
    """Escape | outside of literals: ||A|| is a norm and no substitution."""
    pieces = line.split("``")
    return "``".join(
        piece if index % 2 else piece.replace("|", "\\|") for index, piece in enumerate(pieces)
    )


def _escape_norms(app, what, name, obj, options, lines: list[str]) -> None:
    """Apply :func:`_without_pipes` to a docstring, except to its examples and literal blocks."""
    literal: int | None = None  # the indentation of the line that opened a block
    for index, line in enumerate(lines):
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if literal is not None and text and indent <= literal:
            literal = None
        if literal is None and text and not text.startswith((">>>", "...")):
            lines[index] = _without_pipes(line)
            if text.endswith("::"):
                literal = indent


def _skip_described(app, what, name, obj, skip, options) -> bool | None:
    """Skip a property that its class describes among the attributes already."""
    getter = getattr(obj, "fget", None)
    if not isinstance(obj, property) or not hasattr(getter, "__qualname__"):
        return None
    owner = getter.__qualname__.rpartition(".")[0]
    described = getattr(sys.modules[getter.__module__], owner, None)
    attributes = ((described and described.__doc__) or "").partition("Attributes\n")[2]
    listed = re.findall(r"^\s*([\w, ]+?)\s*(?::.*)?$", attributes, re.MULTILINE)
    return True if any(name in line.split(", ") for line in listed) else None


def _skip_routing(app, what, name, obj, skip, options) -> bool | None:
    """Skip the methods that scikit-learn generates for its routing of metadata."""
    return True if re.fullmatch(r"set_\w+_request", name.rpartition(".")[2]) else None


def setup(app) -> None:
    """Hook into the reading of docstrings, before napoleon does."""
    app.connect("autodoc-process-docstring", _escape_norms, priority=100)
    app.connect("autodoc-skip-member", _skip_described)
    app.connect("autodoc-skip-member", _skip_routing)


_write_api()
