"""Imports follow the rows: a room imports rooms of lower rows only, never one of its own row."""

import ast
import functools
from collections import Counter
from pathlib import Path

import pytest

from tests.unit.project.circles import circle

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "layers/common/python/fairlead"
COMMANDS = ROOT / "cli/fairlead_cli"
ROWS = [
    {"errors", "prices"},
    {"auth", "settings", "model"},
    {"engines", "telemetry", "aws", "html", "gate", "drift", "client"},
    {"api", "registry", "quality"},
    {"journal", "serving", "publishing", "feedback"},
    {"batch", "releases", "verification", "monitoring", "scoring"},
    {"automation", "fleet", "notebook", "retraining"},
]
CLI_ROWS = [
    {
        "clock",
        "application",
        "completion",
        "openapi_page",
        "predictions_format",
        "samconfig",
        "starter",
        "tables",
        "version_files",
    },
    {"options", "output", "overview", "publish_options", "predictions_file", "rows", "stack", "times"},
    {
        "errors",
        "deployment_view",
        "doctor",
        "findings",
        "journal_view",
        "outcomes_file",
        "prediction_run",
    },
    {"manifest_view", "documents"},
    {"console", "schemas"},
    {"commands"},
    {"main"},
]
# Rules without I/O, beside the rooms `model`, `gate` and `drift`.
RULES = {
    *(
        "api/field_errors",
        "api/json_reader",
        "api/instances",
        "automation/response_policy",
        "engines/row_packing",
        "journal/alias_state",
    ),
    *("journal/chain", "journal/reconcile", "journal/records", "publishing/bins", "registry/hash_chain"),
    *("releases/strategies", "serving/range_check", "errors"),
}
HEAVY = {"boto3", "botocore", "joblib", "onnx", "onnxruntime", "pandas", "pyarrow", "scipy", "skl2onnx", "sklearn"}
OUTSIDE = HEAVY | {"os", "http", "urllib", "subprocess", "socket", "time"}


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Return every module that a file imports, also inside functions."""
    nodes = list(ast.walk(tree(path)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [(node.module, node.names) for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return frozenset(
        plain
        | {module for module, _ in froms}
        | {f"{module}.{alias.name}" for module, names in froms for alias in names}
    )


@functools.cache
def modules(package: Path) -> tuple[Path, ...]:
    return tuple(sorted(path for path in package.rglob("*.py") if path != package / "__init__.py"))


@functools.cache
def rooms_of(package: Path) -> frozenset[str]:
    return frozenset(room(path, package) for path in modules(package))


def room(path: Path, package: Path) -> str:
    """The folder or module at the package's top that a file belongs to."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def imported_rooms(path: Path, package: Path) -> set[str]:
    """Rooms of the package that a file imports, its own left out."""
    names = {parts[1] for name in imports(path) if (parts := name.split("."))[0] == package.name and len(parts) > 1}
    return set(names & rooms_of(package) - {room(path, package)})


def through_the_front(path: Path, package: Path) -> set[str]:
    """Return the names that a file takes from the package itself, instead of from a room.

    `fairlead` offers names of its highest rows, and `import fairlead.prices` binds `fairlead` with all of them.
    """
    nodes = list(ast.walk(tree(path)))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == package.name]
    return {one for one in plain if one.split(".")[0] == package.name} | (
        {alias.name for node in froms for alias in node.names} - rooms_of(package)
    )


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


HOUSES = [(PACKAGE, ROWS), (COMMANDS, CLI_ROWS)]
ROOMS = [pytest.param(one, package, rows, id=one) for package, rows in HOUSES for one in sorted(rooms_of(package))]
EACH_ROW = [pytest.param(package, row, id=" ".join(sorted(row))) for package, rows in HOUSES for row in rows]


@pytest.mark.parametrize(("package", "rows"), HOUSES, ids=["fairlead", "fairlead_cli"])
def test_every_room_is_in_one_row(package: Path, rows: list[set[str]]) -> None:
    named = [one for row in rows for one in row]
    assert len(named) == len(set(named))
    assert set(named) == rooms_of(package)


@pytest.mark.parametrize(("own", "package", "rows"), ROOMS)
def test_a_room_imports_only_rooms_of_lower_rows(own: str, package: Path, rows: list[set[str]]) -> None:
    row = next(number for number, rooms in enumerate(rows) if own in rooms)
    lower = {one for rooms in rows[:row] for one in rooms}
    files = [path for path in modules(package) if room(path, package) == own]
    assert {name(path): wrong for path in files if (wrong := imported_rooms(path, package) - lower)} == {}


@pytest.mark.parametrize("package", [PACKAGE, COMMANDS], ids=["fairlead", "fairlead_cli"])
def test_a_room_imports_nothing_that_the_package_offers(package: Path) -> None:
    assert {name(path): wrong for path in modules(package) if (wrong := through_the_front(path, package))} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from fairlead import release", {"release"}),
        ("from fairlead import Client, prices", {"Client"}),
        ("from fairlead import *", {"*"}),
        ("import fairlead\n\nfairlead.release", {"fairlead"}),
        ("import fairlead as front", {"fairlead"}),
        ("import fairlead.prices\n\nfairlead.release", {"fairlead.prices"}),
        ("def late():\n    from fairlead import Client", {"Client"}),
        ("from fairlead import prices\nfrom fairlead.errors import FairleadError\nimport json", set()),
    ],
)
def test_a_name_that_the_package_offers_is_found_in_a_room(source: str, found: set[str], tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(source)
    assert through_the_front(planted, PACKAGE) == found


@pytest.mark.parametrize("package", [PACKAGE, COMMANDS], ids=["fairlead", "fairlead_cli"])
def test_modules_import_each_other_in_no_circle(package: Path) -> None:
    assert circle(package) == []


@pytest.mark.parametrize(
    "back",
    [
        "import house.room.first",
        "from house.room.first import First",
        "def late():\n    from house.room import first",
        "if TYPE_CHECKING:\n    from house.room.first import First",
    ],
)
def test_a_circle_is_found(back: str, tmp_path: Path) -> None:
    planted = {"first": "from house.room.second import Second", "second": "import house.third", "__init__": ""}
    package = tmp_path / "house"
    (package / "room").mkdir(parents=True)
    for stem, source in planted.items():
        (package / "room" / f"{stem}.py").write_text(source)
    (package / "third.py").write_text("import json")
    assert circle(package) == []
    (package / "third.py").write_text(back)
    assert set(circle(package)) == {"house.room.first", "house.room.second", "house.third"}


def test_a_command_imports_no_other_command() -> None:
    for path in (COMMANDS / "commands").glob("*.py"):
        assert [one for one in imports(path) if one.startswith("fairlead_cli.commands")] == [], path


@pytest.mark.parametrize(("package", "rooms"), EACH_ROW)
def test_no_file_name_repeats_inside_a_row(package: Path, rooms: set[str]) -> None:
    names = Counter(path.stem for path in modules(package) if room(path, package) in rooms)
    assert [one for one, times in names.items() if times > 1 and one != "__init__"] == []


@pytest.mark.parametrize(("package", "rooms"), EACH_ROW)
def test_no_public_class_name_repeats_inside_a_row(package: Path, rooms: set[str]) -> None:
    bodies = (tree(path).body for path in modules(package) if room(path, package) in rooms)
    classes = Counter(node.name for body in bodies for node in body if isinstance(node, ast.ClassDef))
    assert [one for one, times in classes.items() if times > 1 and not one.startswith("_")] == []


def test_every_package_has_a_docstring() -> None:
    packages = PACKAGE.rglob("__init__.py")
    assert [name(path) for path in packages if not ast.get_docstring(tree(path))] == []


def test_the_package_docstring_maps_every_room() -> None:
    text = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text())) or ""
    mapped = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    assert set(mapped) == {one for row in ROWS for one in row}


def test_the_package_imports_no_edge() -> None:
    edges = {"fairlead_cli", "fairlead_local"}
    assert [name(path) for path in modules(PACKAGE) if {one.split(".")[0] for one in imports(path)} & edges] == []


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
        named = imports(path)
        assert not {module for module in named if module.startswith(("functions", "fairlead_cli", "fairlead_local"))}
        assert not {module.split(".")[0] for module in named} & HEAVY


def test_benchmarks_import_no_tests() -> None:
    for path in [*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "testkit").rglob("*.py")]:
        assert not [module for module in imports(path) if module.split(".")[0] == "tests"], path
