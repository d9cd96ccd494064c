"""The rule of a composite alarm: `ALARM("one") OR ALARM("another")`. Any other word of a rule is refused by name.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html. An alarm is meant by its
name or ARN, quoted or bare.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fairlead_local.cloudwatch.metric_queries import invalid

TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|[()]|[^\s()"']+)""")
StateOf = Callable[[str], str]


@dataclass(frozen=True)
class Rule:
    """The alarms a rule speaks of by name."""

    names: frozenset[str]

    def holds(self, state_of: StateOf) -> bool:
        """Whether any of them is in ALARM, given each alarm's state by name."""
        return any(state_of(name) == "ALARM" for name in self.names)


def parse(text: str) -> Rule:
    """The rule; raises ServiceError for what is none, and for what the local cloud does not know."""
    if TOKEN.sub("", text).strip():
        raise _invalid("an open quotation", text)
    tokens, names = TOKEN.findall(text), set()
    while True:
        head, tokens = tokens[:4], tokens[4:]
        names.add(_name(head, text))
        if not tokens:
            return Rule(frozenset(names))
        joint, *tokens = tokens
        if joint != "OR":
            raise _invalid(f"the local cloud joins alarms by OR only, not by {joint}", text)


def _name(head: list[str], text: str) -> str:
    """The alarm's name in `ALARM ( name )`."""
    if not head:
        raise _invalid("it ends too early", text)
    if head[0] != "ALARM":
        raise _invalid(f"the local cloud knows ALARM(…) only, not {head[0]}", text)
    if len(head) < 4 or (head[1], head[3]) != ("(", ")") or head[2] in "()":
        raise _invalid("ALARM takes one alarm", text)
    return head[2].strip("\"'").rpartition(":alarm:")[2]


def _invalid(reason: str, text: str) -> Exception:
    return invalid(f"AlarmRule must not contain syntax errors: {reason} in {text!r}")
