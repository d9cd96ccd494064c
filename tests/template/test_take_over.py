"""A stack takes over the registry bucket and the ledger of a deleted one, by parameters."""

import json
from typing import Any

from tests.template.stack import translate

OLD = {"RegistryBucket": "fairlead-registry-k3b9", "LedgerTable": "fairlead-Ledger-X7"}
REPLACED = {"Registry", "RegistryPolicy", "Ledger"}


def text(values: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in values.items() if name not in REPLACED}, sort_keys=True)


def test_bucket_and_table_that_are_taken_over_replace_new_ones_everywhere() -> None:
    made, taken = translate(), translate(**OLD)

    assert not REPLACED & taken.resources.keys()
    for new, old in ((made.resources, taken.resources), (made.outputs, taken.outputs)):
        given = text(new).replace("<Registry>", OLD["RegistryBucket"]).replace("<Ledger>", OLD["LedgerTable"])
        assert given == text(old)
    assert taken.outputs["BucketName"] == OLD["RegistryBucket"]
    assert taken.outputs["LedgerTable"] == OLD["LedgerTable"]


def test_each_is_taken_over_alone() -> None:
    assert REPLACED - translate(RegistryBucket="old-bucket").resources.keys() == {"Registry", "RegistryPolicy"}
    assert REPLACED - translate(LedgerTable="old-table").resources.keys() == {"Ledger"}
