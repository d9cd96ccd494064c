"""Filter patterns: all events, or JSON events one of whose properties is a text: `{ $.event = "capture" }`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html knows many more, which are refused.
"""

import json
import re
from collections.abc import Callable

from fairlead_local.errors import ServiceError

Matches = Callable[[str], bool]
EQUALS = re.compile(r'\{\s*\$\.([A-Za-z0-9_-]+)\s*=\s*"([^"\\*]*)"\s*\}')


def read(text: str) -> Matches:
    """What a pattern says of a message; raises InvalidParameterException for one that is none, or not known here."""
    pattern = text.strip()
    if not pattern:
        return lambda _: True
    found = EQUALS.fullmatch(pattern)
    if found is None:
        raise invalid(
            f'the local cloud knows no filter patterns but the empty one and {{ $.name = "text" }}: {pattern}'
        )
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
