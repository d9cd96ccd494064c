"""Rules for the source of a package, read and never executed: it is Python, and it imports what the layer has.

The import rule finds an oversight early and names its line; it is no security boundary. Packed code is code execution,
and the layer process proves that it runs there.
"""

import ast
import sys
import warnings
from collections.abc import Iterable, Iterator

from fairlead.engines.layer_modules import IMPORTABLE
from fairlead.engines.model_code.package import CodePackage
from fairlead.errors import ModelCodeError

CONVERTER = "fairlead_onnx"
"""The method by which a class, and the attribute by which a function, writes itself as ONNX nodes."""
MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception"})
"""Exceptions whose handlers make an import optional."""


def check_source(package: CodePackage) -> None:
    """Raise ModelCodeError with file and line for a syntax error, or an import of a module that the layer lacks."""
    for path in sorted(package.files):
        tree = _parsed(package, path)
        for line, module in _imports(tree.body):
            top = module.partition(".")[0]
            if top != package.name and top not in sys.stdlib_module_names and top not in IMPORTABLE:
                raise ModelCodeError(
                    f"{path}, line {line}: the sklearn layer has no module {top[:60]}",
                    hint=f"a package may import itself, the standard library and {', '.join(sorted(IMPORTABLE))}; "
                    f"put an optional import into try: … except ImportError: …",
                )


def modules_of_others(package: CodePackage) -> set[str]:
    """Return the modules outside of the package that its files import, wherever the statements stand."""
    nodes = [node for path in package.files for node in ast.walk(_parsed(package, path))]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name for name in plain | froms if not package.holds(name)}


def offers_converter(package: CodePackage) -> bool:
    """Return whether any file defines or sets the converter's name."""
    names: set[str] = set()
    for path in package.files:
        for node in ast.walk(_parsed(package, path)):
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Name):
                names.add(node.id)
    return CONVERTER in names


def _parsed(package: CodePackage, path: str) -> ast.Module:
    try:
        source = package.files[path].decode("utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, path)
            compile(source, path, "exec", dont_inherit=True)
    except UnicodeDecodeError as error:
        raise ModelCodeError(f"{path} is not UTF-8: byte {error.start}", hint="save it as UTF-8") from error
    except SyntaxError as error:
        raise ModelCodeError(
            f"{path}, line {error.lineno or 1}: {error.msg}", hint=f"it must be Python {sys.version.split()[0]}"
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ModelCodeError(f"{path} cannot be compiled: {error}"[:200]) from error
    return tree


def _imports(body: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield the line and name of each module that is imported, without optional imports and those for type checks."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                yield node.lineno, node.module or ""
        elif isinstance(node, ast.Try) and _is_optional(node):
            yield from _imports([*node.handlers, *node.orelse, *node.finalbody])
        elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from _imports(node.orelse)
        else:
            yield from _imports(ast.iter_child_nodes(node))


def _is_optional(node: ast.Try) -> bool:
    caught = {name for handler in node.handlers if handler.type for name in _names(handler.type)}
    return bool(caught & MISSING)


def _names(node: ast.expr) -> Iterator[str]:
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
