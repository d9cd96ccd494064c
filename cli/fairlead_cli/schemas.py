"""JSON Schemas (2020-12) of what commands print with --json, derived from the documents' types."""

from typing import Any

import msgspec

from fairlead_cli.documents import DOCUMENTS, ErrorDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(command: str) -> dict[str, Any]:
    """Return the schema of everything that a command prints with --json, its error too; KeyError for no command."""
    found, definitions = msgspec.json.schema_components(
        (*DOCUMENTS[command], ErrorDocument), ref_template="#/$defs/{name}"
    )
    for definition in definitions.values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    title = f"fairlead {command} --json"
    return {"$schema": DIALECT, "title": title, "anyOf": list(found), "$defs": definitions}
