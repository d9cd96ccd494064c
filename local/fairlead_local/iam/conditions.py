"""The Condition element of a policy statement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import operator
from collections.abc import Callable, Iterable
from typing import Any

from fairlead_local.iam.wildcards import Context, arn_matches, matches


class UnsupportedError(Exception):
    """A condition that the local cloud cannot evaluate."""


Test = Callable[[str, str, Context], bool]  # wanted, given, context


def _numeric(compare: Callable[[float, float], bool]) -> Test:
    def test(wanted: str, given: str, _: Context) -> bool:
        try:
            return compare(float(given), float(wanted))
        except ValueError:
            return False

    return test


def _equal(wanted: str, given: str, context: Context) -> bool:
    return matches(wanted, given, context) if "${" in wanted else wanted == given


TESTS: dict[str, Test] = {
    "stringequals": _equal,
    "stringequalsignorecase": lambda wanted, given, context: _equal(wanted.lower(), given.lower(), context),
    "stringlike": matches,
    "bool": lambda wanted, given, _: wanted.lower() == given.lower(),
    "arnequals": arn_matches,
    "arnlike": arn_matches,
    "numericequals": _numeric(operator.eq),
    "numericlessthan": _numeric(operator.lt),
    "numericlessthanequals": _numeric(operator.le),
    "numericgreaterthan": _numeric(operator.gt),
    "numericgreaterthanequals": _numeric(operator.ge),
}
NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
}


def hold(condition: dict[str, dict[str, Any]], context: Context, known: Callable[[str], bool]) -> bool:
    """Return whether all conditions hold; raises UnsupportedError for an unknown operator or key."""
    for name, keys in condition.items():
        for key, wanted in keys.items():
            if not known(key.lower()):
                raise UnsupportedError(f"the condition key {key}")
            if not _holds(name, [_text(value) for value in listed(wanted)], context.get(key.lower()), context):
                return False
    return True


def listed(value: Any) -> Iterable[Any]:
    """Return a list; a policy may write a single value without brackets."""
    return value if isinstance(value, list) else [value]


def _holds(name: str, wanted: list[str], given: tuple[str, ...] | None, context: Context) -> bool:
    quantifier, _, bare = name.lower().rpartition(":")
    if bare == "null":
        return (given is None) == (wanted == ["true"])
    if bare.endswith("ifexists"):
        bare = bare.removesuffix("ifexists")
        if given is None:
            return True
    negated = bare in NEGATED
    test = TESTS.get(NEGATED.get(bare, bare))
    if test is None or quantifier not in ("", "forallvalues", "foranyvalue"):
        raise UnsupportedError(f"the condition operator {name}")
    if given is None:
        return quantifier == "forallvalues" or (negated and not quantifier)
    fits = [any(test(value, one, context) for value in wanted) != negated for one in given]
    # Without a quantifier, a negated test must hold for each value.
    return all(fits) if quantifier == "forallvalues" or (negated and not quantifier) else any(fits)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
