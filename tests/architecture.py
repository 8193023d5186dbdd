"""The layers and size limits of docs/dev/design.md, as a checker of source texts.

It reads the source and runs none of it, so imports inside functions and imports that are
only for types count like any other.
"""

import ast
import dataclasses
import sys
from collections.abc import Iterator, Mapping

# Which other families a family may use, by their public names.
FAMILIES: dict[str, set[str]] = {
    "sketching": set(),
    "svd": {"sketching"},
    "concat": {"svd"},
    "geometry": {"svd"},
    "dpp": {"svd"},
    "selection": {"svd", "dpp"},
    "sensitivity": {"sketching", "svd"},
    "design": {"dpp", "sensitivity"},
    "streaming": {"svd", "geometry"},
    "clustering": {"svd", "geometry"},
    "svt": {"svd"},
    "spaces": {"geometry"},
    "tensor": {"svd"},
    "inverse": {"svd"},
}
UPPER = {"bench", "sklearn", "testing", "verify"}
FORBIDDEN_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}

# What the upper layer may use of _core: the boundary and the plumbing, but nothing of the
# linear algebra, so that nothing is judged by the code that it consists of.
PLUMBING = {"arrays", "jit", "parallel", "progress", "random", "scalars", "state", "threads"}

# Other packages, by the only places that may import them.
GUESTS = {
    "numba": ("linsub/_core/jit.py",),
    "threadpoolctl": ("linsub/_core/threads.py", "linsub/bench/", "linsub/verify/"),
    "dask": ("linsub/_core/",),
    "matplotlib": ("linsub/bench/", "linsub/verify/"),
    "sklearn": ("linsub/sklearn/",),
    "hypothesis": ("linsub/testing/strategies.py",),
}
# The benchmark times SciPy itself, and `info` reports on the BLAS that it loads.
SCIPY_LINALG = ("linsub/_core/dense/", "linsub/bench/", "linsub/verify/info.py")
# Of numpy.linalg outside of _core/dense: what calls no LAPACK.
LINALG_FREE = {"LinAlgError", "norm"}

FILE_LINES, FUNCTION_LINES, KERNEL_LINES = 500, 60, 80


@dataclasses.dataclass(frozen=True)
class Import:
    """One imported module (or name of a module), with where it stands."""

    module: str
    line: int
    delayed: bool  # within a function, or for type checkers only


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a file stands: its kind and, for a family's file, the family."""

    kind: str
    family: str = ""


def place(path: str) -> Place:
    """Return the place of a path such as ``linsub/svd/lanczos.py``."""
    parts = path.removesuffix(".py").split("/")[1:]
    if "_kernels" in parts:
        return Place("kernel", parts[0])
    if len(parts) == 1:
        kinds = {"errors": "bottom", "results": "bottom", "__init__": "root", "__main__": "upper"}
        return Place(kinds.get(parts[0], "unknown"))
    if parts[0] == "_core":
        return Place("core")
    if parts[0] in UPPER:
        return Place("upper", parts[0])
    if parts[0] not in FAMILIES:
        return Place("unknown")
    special = {"bounds": "bounds", "claims": "claims", "__init__": "family"}
    return Place(special.get(parts[1], "algorithm"), parts[0])


def imports(tree: ast.Module, path: str, modules: set[str]) -> Iterator[Import]:
    """Yield what a file imports, as absolute names; modules of the tree as such."""
    package = path.removesuffix(".py").split("/")[:-1]

    def visit(node: ast.AST, inside: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, inside)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                known = full in modules or base.startswith(("scipy", "numpy"))
                yield Import(full if known else base, node.lineno, inside)
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"import_module", "__import__"} and node.args:
                if isinstance(node.args[0], ast.Constant):
                    yield Import(str(node.args[0].value), node.lineno, True)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "scipy.linalg":
            yield Import("scipy.linalg", node.lineno, inside)
        delays = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        )
        for child in ast.iter_child_nodes(node):
            yield from visit(child, inside or delays)

    yield from visit(tree, False)


def module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def may_import(path: str, target: str) -> bool:
    """Return whether the file at `path` may import the module `target`."""
    here = place(path)
    top = target.split(".")[0]
    if top == "linsub":
        return _may_import_own(here, target.split(".")[1:])
    if here.kind == "kernel":
        return top in {"__future__", "math", "numpy"}
    if top in sys.stdlib_module_names or top == "numpy":
        return True
    if top in GUESTS:
        return path.startswith(GUESTS[top])
    if top != "scipy" or here.kind == "bottom":
        return False
    if target == "scipy.linalg" or target.startswith("scipy.linalg."):
        return path.startswith(SCIPY_LINALG)
    if here.kind == "bounds":
        return target.startswith("scipy.special")
    return True


def _may_import_own(here: Place, parts: list[str]) -> bool:
    """Decide about ``linsub.<parts>``."""
    first = parts[0] if parts else ""
    if first in {"errors", "results"}:
        return here.kind != "kernel"
    if here.kind == "bounds":  # a package of files by topic
        return parts[:2] == [here.family, "bounds"]
    if here.kind in {"bottom", "unknown"}:
        return False
    if here.kind == "kernel":
        return parts == ["_core", "jit"] or (first == here.family and "_kernels" in parts[1:])
    if here.kind == "core":
        return first == "_core"
    if here.kind == "root":
        return True
    if here.kind in {"algorithm", "family"}:
        if first == here.family:
            return len(parts) > 1 and parts[1] != "claims"
        return first == "_core" or (first in FAMILIES[here.family] and len(parts) == 1)
    # claims and the upper layer: public names
    if first == "_core":
        return here.kind == "upper" and len(parts) > 1 and parts[1] in PLUMBING
    if first in FAMILIES:
        if here.kind == "claims" and parts[:2] == [here.family, "claims"]:
            return True  # a package of files by topic
        return len(parts) == 1 or (here.kind == "claims" and parts == [here.family, "bounds"])
    if first in UPPER:
        # The modules of `testing` are public: gallery, ratios, strategies.
        return len(parts) == 1 or first in {here.family, "testing"}
    return first == ""


def violations(sources: Mapping[str, str]) -> list[str]:
    """Return what is wrong with a package given as path -> source text.

    Paths are relative to the root of the project; those outside of ``linsub/`` are held
    to the size limits only.
    """
    modules = {module_name(path) for path in sources}
    found: list[str] = []
    for path, text in sorted(sources.items()):
        tree = ast.parse(text, path)
        found += _sizes(path, text, tree)
        if path.startswith("linsub/"):
            found += _layers(path, tree, modules)
    return found


def _layers(path: str, tree: ast.Module, modules: set[str]) -> Iterator[str]:
    here = place(path)
    if here.kind == "unknown":
        yield f"{path}: is in no layer; give it a place in tests/architecture.py"
    if path.removesuffix(".py").split("/")[-1].strip("_") in FORBIDDEN_NAMES:
        yield f"{path}: name it after what it does"
    for item in imports(tree, path, modules):
        if not may_import(path, item.module):
            yield f"{path}:{item.line}: {here.kind} may not import {item.module}"
        elif here.kind != "kernel" and not item.delayed and _loads_numba(item.module):
            yield f"{path}:{item.line}: import {item.module} inside the function that uses it"
    if here.kind in {"algorithm", "bounds", "core"} and not path.startswith("linsub/_core/dense/"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) in LINALG_MODULES:
                if node.attr not in LINALG_FREE:
                    yield f"{path}:{node.lineno}: LAPACK is called through linsub._core.dense"


LINALG_MODULES = {"np.linalg", "numpy.linalg", "linalg"}


def _loads_numba(module: str) -> bool:
    return module == "linsub._core.jit" or "_kernels" in module.split(".")


def _sizes(path: str, text: str, tree: ast.Module) -> Iterator[str]:
    lines = len(text.splitlines()) - sum(
        _docstring_lines(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    if lines >= FILE_LINES:
        yield f"{path}: {lines} lines, a file stays under {FILE_LINES}"
    limit = KERNEL_LINES if "/_kernels/" in path else FUNCTION_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1 - _docstring_lines(node)
            if lines >= limit:
                yield f"{path}:{node.lineno}: {node.name} has {lines} lines, the limit is {limit}"


def _docstring_lines(node: ast.AST) -> int:
    body = getattr(node, "body", [])
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        if isinstance(body[0].value.value, str):
            return int(body[0].end_lineno or 0) - body[0].lineno + 1
    return 0


def missing_rooms(paths: set[str]) -> list[str]:
    """Return the files that a family lacks, given all paths of the project."""
    found = []
    for family in sorted(FAMILIES):
        if not any(path.startswith(f"linsub/{family}/") for path in paths):
            continue  # not built yet
        for room in ("__init__.py", "bounds.py", "claims.py"):
            package = f"linsub/{family}/{room.removesuffix('.py')}/__init__.py"
            if f"linsub/{family}/{room}" not in paths and package not in paths:
                found.append(f"linsub/{family}/{room} is missing")
        if not any(path.startswith(f"tests/{family}/test_") for path in paths):
            found.append(f"tests/{family}/ has no tests")
    return found
