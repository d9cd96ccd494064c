"""A room of the local cloud imports only rooms of lower rows, and two modules of the product."""

import ast
import functools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.project.circles import circle

LOCAL = Path(__file__).parents[3] / "local"
PACKAGE = LOCAL / "fairlead_local"
ROWS = (
    {"account", "aws_variants", "clock", "drain_queue", "errors", "http_body", "http_message", "times"},
    {"clients", "control_client", "faults", "moto_server", "protocols"},
    {"folder", "service"},
    {"cloud", "cloudwatch", "codedeploy", "dynamodb", "iam", "stepfunctions"},
    {"lambda_", "shell"},
    {"apigateway", "eventbridge", "kept_state", "lambda_runtime", "logs"},
    {"cloudformation", "control", "left_out", "router"},
    {"wiring"},
    {"server"},
    {"__main__", "demo"},
)
ROW = {room: number for number, rooms in enumerate(ROWS) for room in rooms}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
# Each service's handlers are in a module of this name, its docstring in the other.
EVERYWHERE = {"service.py", "__init__.py"}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module(path: Path) -> str:
    return ".".join(path.relative_to(LOCAL).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(path): path for path in FILES}


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Return the modules that a file imports, also inside functions."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (one if one in MODULES or node.module in ("fairlead", "fairlead_local") else node.module
                        for one in named)  # fmt: skip


def test_every_room_has_a_row() -> None:
    assert {room(path) for path in FILES} == set(ROW)


def imported_rooms(path: Path) -> set[str]:
    return {one.split(".")[1] for one in imports(path) if one.startswith("fairlead_local.")} - {room(path)}


@pytest.mark.parametrize("own", sorted(ROW))
def test_a_room_imports_rooms_of_lower_rows_alone(own: str) -> None:
    named = {module(path): imported_rooms(path) for path in FILES if room(path) == own}
    assert [(path, one) for path, rooms in named.items() for one in rooms if ROW[one] >= ROW[own]] == []


def test_modules_import_each_other_in_no_circle() -> None:
    assert circle(PACKAGE) == []


def test_the_emulator_imports_errors_and_aws_of_the_product_alone() -> None:
    named = [(module(path), one.split(".")) for path in FILES if room(path) != "demo" for one in imports(path)]
    product = [(path, parts) for path, parts in named if parts[0] in {"fairlead", "fairlead_cli", "functions"}]
    assert [one for one in product if one[1][:2] not in (["fairlead", "aws"], ["fairlead", "errors"])] == []


@pytest.mark.parametrize("rooms", ROWS, ids=lambda rooms: " ".join(sorted(rooms)))
def test_no_file_name_and_no_public_class_name_repeats_in_a_row(rooms: set[str]) -> None:
    paths = [path for path in FILES if room(path) in rooms]
    files = Counter(path.name for path in paths if path.name not in EVERYWHERE)
    classes = Counter(
        node.name
        for path in paths
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in (files + classes).items() if count > 1] == []
