"""Who may import whom: facts know no outside, stories know no transport, functions know no functions."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/common/python/fairlead"
ROOMS = [
    {"errors", "settings"},
    {  # facts and rules, no I/O
        *(
            "signature",
            "manifest",
            "requests",
            "body_rows",
            "matrix",
            "ranges",
            "gate",
            "baseline",
            "binning",
            "strategies",
        ),
        *("moves", "standings", "healing", "hash_chain", "journal_chain", "drift", "policy", "compatibility"),
    },
    {
        "aws",
        "answer_rows",
        "objects",
        "coldread",
        "process_age",
        "registry",
        "chain",
        "retiring",
        *("journal", "journal_tail"),
        "stack",
        "function",
        "health",
        "releases",
        "deployments",
        "canary",
        "traffic",
        *("means", "cold_start", "releasing", "rolling_back", "ending_service", "pruning", "watching"),
        "calling",
        "engines",
        "golden",
        *("asking", "wire", "hooks"),
        "capture",
        "ledger",
        *("set_aside", "alarms", "people"),
        *("invoking", "reports"),
        "quality",
        "telemetry",
    },
    {  # stories
        *("serving", "pinning", "api", "publishing", "retraining", "trial", "verifying", "recording", "monitoring"),
        *(
            "comparing",
            "responding",
            "candidates",
            "shadowing",
            "known",
            "scoring",
            "collecting",
            "redriving",
            "outcomes",
        ),
    },
]
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
HEAVY = {"boto3", "botocore", "joblib", "onnx", "onnxruntime", "pandas", "pyarrow", "scipy", "skl2onnx", "sklearn"}


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str | None:
    """The room of `fairlead.<room>[.…]`; None outside the package."""
    parts = module.split(".")
    return parts[1] if parts[0] == "fairlead" and len(parts) > 1 and parts[1] in LEVEL else None


def own(path: Path) -> str:
    """The room that a file of the package is in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def test_every_room_has_a_level() -> None:
    assert {own(path) for path in FILES} - set(LEVEL) == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_its_own_level_and_those_below(path: Path) -> None:
    level = LEVEL[own(path)]
    above = {module for module in imports(path) if (other := room(module)) and LEVEL[other] > level}
    assert above == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_package_knows_no_edge(path: Path) -> None:
    assert not [module for module in imports(path) if module.split(".")[0] in {"fairlead_cli", "fairlead_local"}]


@pytest.mark.parametrize(
    "path", [path for path in FILES if LEVEL[own(path)] <= 1], ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_facts_and_rules_have_no_outside(path: Path) -> None:
    outside = HEAVY | {"os", "http", "urllib", "subprocess", "socket", "time"}
    assert not {module.split(".")[0] for module in imports(path)} & outside


def test_functions_never_import_each_other_nor_anything_heavy() -> None:
    for path in (ROOT / "functions").rglob("*.py"):
        named = set(imports(path))
        assert not {module for module in named if module.startswith(("functions", "fairlead_cli", "fairlead_local"))}
        assert not {module.split(".")[0] for module in named} & HEAVY
