"""Filter patterns: the empty one, and JSON events with a text property: `{ $.event = "capture" }`.

Other patterns are refused by name.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from collections.abc import Callable

from fairlead_local.errors import ServiceError

Matches = Callable[[str], bool]
EQUALS = re.compile(r'\{\s*\$\.([A-Za-z0-9_-]+)\s*=\s*"([^"\\*]*)"\s*\}')


def read(text: str) -> Matches:
    """Return a function that matches messages; raises InvalidParameterException for an unsupported pattern."""
    pattern = text.strip()
    if not pattern:
        return lambda _: True
    found = EQUALS.fullmatch(pattern)
    if found is None:
        raise invalid(f'the local cloud supports the filter patterns "" and {{ $.name = "text" }} only, not {pattern}')
    name, wanted = found.groups()
    return lambda message: _property(message, name) == wanted


def invalid(message: str) -> ServiceError:
    """InvalidParameterException."""
    return ServiceError("InvalidParameterException", message)


def _property(message: str, name: str) -> object:
    try:
        event = json.loads(message)
    except ValueError:
        return None
    return event.get(name) if isinstance(event, dict) else None
