"""moto's answers of DynamoDB without a search for each kind of value that an attribute might have.

An attribute is a structure with ten members, one for each kind of value. moto looks for each by up to six names.
"""

from typing import Any

from moto.core.serialize import BaseJSONSerializer

PLAIN = ("S", "N", "BOOL", "NULL")
"""The kinds of value that go out as they are kept."""
SHAPE = "AttributeValue"


def patch_answers() -> None:
    """Write plain attributes as they are; what is answered stays."""
    whole = BaseJSONSerializer._serialize_type_structure
    if getattr(whole, "mended", False):
        return

    def structure(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == SHAPE and _plain(value):
            self._default_serialize(serialized, dict(value), shape, key)
        else:
            whole(self, serialized, value, shape, key)

    structure.mended = True  # type: ignore[attr-defined]
    BaseJSONSerializer._serialize_type_structure = structure  # type: ignore[method-assign]


def _plain(value: Any) -> bool:
    if type(value) is not dict or len(value) != 1:
        return False
    [(kind, content)] = value.items()
    if kind == "L":
        return all(map(_plain, content))
    if kind == "M":
        return all(map(_plain, content.values()))
    return kind in PLAIN and type(content) in (str, bool)
