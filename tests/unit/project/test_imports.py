"""Imports follow the rows: a room imports rooms of lower rows only, never one of its own row."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "layers/common/python/fairlead"
COMMANDS = ROOT / "cli/fairlead_cli"
ROWS = [
    {"errors"},
    {"auth", "settings", "model"},
    {"engines", "telemetry", "aws", "html", "gate", "drift"},
    {"api", "registry", "quality"},
    {"journal", "serving", "publishing", "feedback"},
    {"releases", "verification", "monitoring"},
    {"automation", "retraining"},
]
CLI_ROWS = [
    {"clock"},
    {"options", "output", "publish_options", "predictions_file", "rows", "stack", "times"},
    {
        "errors",
        "deployment_view",
        "doctor",
        "findings",
        "journal_view",
        "manifest_view",
        "outcomes_file",
        "prediction_run",
    },
    {"commands"},
    {"main"},
]
# Rules without I/O, beside the rooms `model`, `gate` and `drift`.
RULES = {
    *("api/json_reader", "api/instances", "automation/response_policy", "engines/row_packing", "journal/alias_state"),
    *("journal/chain", "journal/reconcile", "journal/records", "publishing/bins", "registry/hash_chain"),
    *("releases/strategies", "serving/range_check", "errors"),
}
HEAVY = {"boto3", "botocore", "joblib", "onnx", "onnxruntime", "pandas", "pyarrow", "scipy", "skl2onnx", "sklearn"}
OUTSIDE = HEAVY | {"os", "http", "urllib", "subprocess", "socket", "time"}


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*.py") if path != package / "__init__.py")


def room(path: Path, package: Path) -> str:
    """The folder or module at the package's top that a file belongs to."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def imported_rooms(path: Path, package: Path) -> set[str]:
    """Rooms of the package that a file imports, its own left out."""
    names = {parts[1] for name in imports(path) if (parts := name.split("."))[0] == package.name and len(parts) > 1}
    return names & {room(one, package) for one in modules(package)} - {room(path, package)}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


HOUSES = [(PACKAGE, ROWS), (COMMANDS, CLI_ROWS)]
FILES = [pytest.param(path, package, rows, id=name(path)) for package, rows in HOUSES for path in modules(package)]


@pytest.mark.parametrize(("package", "rows"), HOUSES, ids=["fairlead", "fairlead_cli"])
def test_every_room_stands_in_one_row(package: Path, rows: list[set[str]]) -> None:
    named = [one for row in rows for one in row]
    assert len(named) == len(set(named))
    assert set(named) == {room(path, package) for path in modules(package)}


@pytest.mark.parametrize(("path", "package", "rows"), FILES)
def test_a_room_imports_only_rooms_of_lower_rows(path: Path, package: Path, rows: list[set[str]]) -> None:
    row = next(number for number, rooms in enumerate(rows) if room(path, package) in rooms)
    lower = {one for rooms in rows[:row] for one in rooms}
    assert imported_rooms(path, package) - lower == set()


def test_a_command_imports_no_other_command() -> None:
    for path in (COMMANDS / "commands").glob("*.py"):
        assert [one for one in imports(path) if one.startswith("fairlead_cli.commands")] == [], path


@pytest.mark.parametrize("rooms", ROWS, ids=lambda rooms: " ".join(sorted(rooms)))
def test_no_file_name_repeats_inside_a_row(rooms: set[str]) -> None:
    names = Counter(path.stem for path in modules(PACKAGE) if room(path, PACKAGE) in rooms)
    assert [one for one, times in names.items() if times > 1 and one != "__init__"] == []


@pytest.mark.parametrize("rooms", ROWS, ids=lambda rooms: " ".join(sorted(rooms)))
def test_no_public_class_name_repeats_inside_a_row(rooms: set[str]) -> None:
    trees = (ast.parse(path.read_text()) for path in modules(PACKAGE) if room(path, PACKAGE) in rooms)
    classes = Counter(node.name for tree in trees for node in tree.body if isinstance(node, ast.ClassDef))
    assert [one for one, times in classes.items() if times > 1 and not one.startswith("_")] == []


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_package_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_the_package_docstring_maps_every_room() -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text())) or ""
    mapped = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    assert set(mapped) == {one for row in ROWS for one in row}


@pytest.mark.parametrize("path", modules(PACKAGE), ids=name)
def test_the_package_imports_no_edge(path: Path) -> None:
    assert not [module for module in imports(path) if module.split(".")[0] in {"fairlead_cli", "fairlead_local"}]


def test_rules_do_no_io() -> None:
    pure = [
        path
        for path in modules(PACKAGE)
        if room(path, PACKAGE) in {"model", "gate", "drift"} or str(path.relative_to(PACKAGE).with_suffix("")) in RULES
    ]
    assert len(pure) > len(RULES)
    assert [name(path) for path in pure if {module.split(".")[0] for module in imports(path)} & OUTSIDE] == []


def test_functions_never_import_each_other_nor_anything_heavy() -> None:
    for path in (ROOT / "functions").rglob("*.py"):
        named = set(imports(path))
        assert not {module for module in named if module.startswith(("functions", "fairlead_cli", "fairlead_local"))}
        assert not {module.split(".")[0] for module in named} & HEAVY


def test_benchmarks_import_no_tests() -> None:
    for path in [*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "testkit").rglob("*.py")]:
        assert not [module for module in imports(path) if module.split(".")[0] == "tests"], path
