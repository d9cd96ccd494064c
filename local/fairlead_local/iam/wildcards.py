"""IAM's wildcards and policy variables, as regular expressions."""

import functools
import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERAL = {"*", "?", "$"}
Context = Mapping[str, tuple[str, ...]]  # condition keys in lower case; an absent key has no entry


def matches(pattern: str, value: str, context: Context, *, insensitive: bool = False) -> bool:
    """Return whether `value` matches: `*` any text, `?` one character, `${aws:username}` the value in the context."""
    expression = _compiled(pattern, insensitive) if "${" not in pattern else _filled(pattern, context, insensitive)
    return expression is not None and expression.fullmatch(value) is not None


def arn_matches(pattern: str, value: str, context: Context) -> bool:
    """Compare two ARNs part by part: a wildcard does not match a colon, except in the last part."""
    wanted, given = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(given) == 6 and all(
        matches(part, other, context) for part, other in zip(wanted, given, strict=True)
    )


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str, insensitive: bool) -> re.Pattern[str]:
    return re.compile(_expression(pattern), _flags(insensitive=insensitive))


def _filled(pattern: str, context: Context, insensitive: bool) -> re.Pattern[str] | None:
    """Return the pattern with its variables filled in; None if a variable has no value or several."""
    written, end = "", 0
    for variable in VARIABLE.finditer(pattern):
        name = variable[1].strip()
        values = (name,) if name in LITERAL else context.get(name.lower(), ())
        if len(values) != 1:
            return None
        written += _expression(pattern[end : variable.start()]) + re.escape(values[0])
        end = variable.end()
    return re.compile(written + _expression(pattern[end:]), _flags(insensitive=insensitive))


def _flags(*, insensitive: bool) -> re.RegexFlag:
    return re.DOTALL | (re.IGNORECASE if insensitive else re.NOFLAG)


def _expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
