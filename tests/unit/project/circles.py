"""Modules of a package that import each other in a circle, also inside functions and for types alone."""

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


def circle(package: Path) -> list[str]:
    """Return the modules of one circle, the first again at its end; empty where there is none."""
    modules = {_dotted(path, package): path for path in package.rglob("*.py") if path != package / "__init__.py"}
    graph = {name: set(_imported(path, modules)) for name, path in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _dotted(path: Path, package: Path) -> str:
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path, modules: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [one if one in modules else node.module for one in whole]
        yield from (one for one in names if one in modules)
