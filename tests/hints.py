"""The commands that messages name, found in the source: hints, `next:` lines and help."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("layers/common/python/fairlead", "cli", "functions", "local/fairlead_local")
QUOTED = re.compile(r"`(fairlead [^`]+)`|next: (fairlead [^\n,;]+)|, then (fairlead [^\n,;`]+)")
SAMPLES = {"VERSION": "1", "NAME": "churn", "MODEL": "churn", "N": "1", "FILE": "model.joblib", "RELEASE": "r2"}
NUMBERS = re.compile(r"(?i)version|number|latest|keep|^to$|\.release\b")


def commands() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield where each command is named, and its words with a sample for each value."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text())
            skipped = set(_parts_and_docstrings(tree))
            for node in ast.walk(tree):
                if id(node) in skipped or not isinstance(node, ast.JoinedStr | ast.Constant):
                    continue
                for found in QUOTED.finditer(spelt(node)):
                    words = next(filter(None, found.groups())).replace('"…"', "why").split()
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", tuple(SAMPLES.get(word, word) for word in words)


def spelt(node: ast.AST) -> str:
    """Return a message as it is printed, with a sample for each value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(spelt, node.values))
    if isinstance(node, ast.FormattedValue):
        source = ast.unparse(node.value)
        if source == "which":
            return "churn 1"
        return "churn" if source.endswith("model") or not NUMBERS.search(source) else "1"
    return ""


def _parts_and_docstrings(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from map(id, node.values)
        elif isinstance(node, ast.Expr):
            yield id(node.value)
