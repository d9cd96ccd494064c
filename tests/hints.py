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
            for node in _messages(path.read_text()):
                for found in QUOTED.finditer(text_of(node)):
                    words = next(filter(None, found.groups())).replace('"…"', "why").split()
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", tuple(SAMPLES.get(word, word) for word in words)


def text_of(node: ast.AST) -> str:
    """Return a message as it is printed, with a sample for each value."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(text_of, node.values))
    if isinstance(node, ast.FormattedValue):
        source = ast.unparse(node.value)
        if source == "which":
            return "churn 1"
        return "churn" if source.endswith("model") or not NUMBERS.search(source) else "1"
    return ""


def _messages(source: str) -> list[ast.JoinedStr | ast.Constant]:
    """Return the texts of a module without its docstrings; a part of an f-string is no text of its own."""
    if "fairlead " not in source:
        return []
    nodes = list(ast.walk(ast.parse(source)))
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = [node for node in nodes if isinstance(node, ast.JoinedStr | ast.Constant)]
    return [node for node in texts if id(node) not in parts | docstrings]
