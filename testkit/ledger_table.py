"""The ledger's table as template.yaml has it, for a client of moto or of the local cloud."""

from functools import cache
from pathlib import Path
from typing import Any

from fairlead_local.cloudformation import templates

TEMPLATE = Path(__file__).parents[1] / "template.yaml"
SCHEMA = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def create_table(client: Any, name: str) -> None:
    """Create a table with the keys and the index of the template's ledger."""
    client.create_table(TableName=name, **_schema())


@cache
def _schema() -> dict[str, Any]:
    properties = templates.parse(TEMPLATE.read_text())["Resources"]["Ledger"]["Properties"]
    return {name: properties[name] for name in SCHEMA}
