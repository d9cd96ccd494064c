"""A function that keeps the events it is called with."""

import json
from pathlib import Path
from typing import Any

from tests.local.support import archive, create

KEEPS = """
import json, os, pathlib, uuid
def handler(event, context):
    pathlib.Path(os.environ["KEPT"], f"{uuid.uuid4()}.json").write_text(json.dumps(event))
"""


def create_listener(functions: Any, name: str, folder: Path) -> str:
    """Create the function, which writes each event to a file of the folder; return its ARN."""
    environment = {"Variables": {"KEPT": str(folder)}}
    create(functions, name, Code={"ZipFile": archive(app=KEEPS)}, Environment=environment)
    return f"arn:aws:lambda:us-east-1:123456789012:function:{name}"


def kept(folder: Path) -> list[Any]:
    """Return the events so far; a file that is still empty is being written."""
    return [json.loads(path.read_text()) for path in folder.glob("*.json") if path.stat().st_size]
