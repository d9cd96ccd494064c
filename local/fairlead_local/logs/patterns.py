"""Filter patterns: terms of unstructured log events, or conditions on JSON ones.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from collections.abc import Callable

from fairlead_local.errors import ServiceError
from fairlead_local.logs import conditions

Matches = Callable[[str], bool]
LENGTH_LIMIT = 1024
TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_]+))(?=\s|$)')


def read(text: str) -> Matches:
    """What a pattern says of a message; raises InvalidParameterException for one that is none, or not known here."""
    pattern = text.strip()
    if len(text) > LENGTH_LIMIT:
        raise invalid(f"a filter pattern has at most {LENGTH_LIMIT} characters")
    if pattern.startswith("{"):
        return _json(pattern)
    if pattern.startswith("["):
        raise invalid("the local cloud does not know patterns for space-delimited events ([…])")
    return _terms(pattern)


def _json(pattern: str) -> Matches:
    try:
        holds = conditions.read(pattern)
    except ValueError as error:
        raise invalid(f"Invalid filter pattern: {error}") from error

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return isinstance(event, dict) and holds(event)

    return matches


def _terms(pattern: str) -> Matches:
    found: dict[str, list[str]] = {"": [], "-": [], "?": []}
    place = 0
    while place < len(pattern):
        term = TERM.match(pattern, place)
        if term is None:
            rest = pattern[place:].split(maxsplit=1)[0]
            raise invalid(f"Invalid character(s) in term '{rest}'; the local cloud knows no regular expressions (%…%)")
        found[term[1]].append(term[3] or re.sub(r"\\(.)", r"\1", term[2]))
        place = term.end()
    wanted, unwanted, either = found[""], found["-"], found["?"]
    if either and (wanted or unwanted):
        raise invalid("the local cloud does not know ?terms beside others")
    return lambda message: (
        all(term in message for term in wanted)
        and not any(term in message for term in unwanted)
        and (not either or any(term in message for term in either))
    )


def invalid(message: str) -> ServiceError:
    """InvalidParameterException."""
    return ServiceError("InvalidParameterException", message)
