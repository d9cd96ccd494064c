"""JSON as the clients of other protocols write it: with bare NaN. Everything else is as strict as for /predict."""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fairlead.errors import FieldError, InstancesError, NotJsonError
from fairlead.model.signature import Field


def decode(body: bytes | str) -> Any:
    """Return a document; raises NotJsonError, also for two members of one name, which decoders accept silently."""
    try:
        return _DECODER.decode(body.decode() if isinstance(body, bytes) else body)
    except UnicodeError as error:
        raise NotJsonError(f"the body is not UTF-8: {error}") from error
    except RecursionError as error:
        raise NotJsonError("the body is nested too deeply") from error
    except ValueError as error:
        raise NotJsonError(f"the body is not JSON: {error}") from error


def without_nan(fields: Sequence[Field], instances: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows with None for NaN where it can mean missing; raises InstancesError elsewhere, and for infinities."""
    nullable = {field.name: field.nullable for field in fields}
    for row, instance in enumerate(instances):
        for name, value in instance.items():
            if isinstance(value, float) and not math.isfinite(value):
                if not math.isnan(value) or not nullable.get(name, False):
                    raise _not_finite(row, name, value)
                instance[name] = None
        yield instance


def _not_finite(row: int, name: str, value: float) -> InstancesError:
    got = "NaN" if math.isnan(value) else "an infinity"
    fault = FieldError(row=row, field=name[:100], expected="a finite number", got=got)
    return InstancesError(f"row {row}, field {name[:100]!r}: expected a finite number, got {got}", errors=[fault])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object has two members of one name")
    return members


def _integer(digits: str) -> int | float:
    """Return an integer of fewer than 300 digits, else a float: Python refuses to read longer ones."""
    return int(digits) if len(digits) < 300 else float(digits)


_DECODER = json.JSONDecoder(parse_int=_integer, object_pairs_hook=_once)
