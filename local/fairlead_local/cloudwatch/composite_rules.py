"""Rules of composite alarms: `ALARM("one") OR ALARM("another")`. Other words are refused by name.

An alarm is given by name or ARN, quoted or not.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fairlead_local.cloudwatch.metric_queries import invalid

TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|[()]|[^\s()"']+)""")
StateOf = Callable[[str], str]


@dataclass(frozen=True)
class Rule:
    """The names of the alarms in a rule."""

    names: frozenset[str]

    def holds(self, state_of: StateOf) -> bool:
        """Return whether any of them is in ALARM; `state_of` returns an alarm's state."""
        return any(state_of(name) == "ALARM" for name in self.names)


def parse(text: str) -> Rule:
    """Return the rule; raises ServiceError for an invalid or unsupported one."""
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
            raise _invalid(f"the local cloud supports OR only, not {joint}", text)


def _name(head: list[str], text: str) -> str:
    """Return the alarm's name from the tokens `ALARM ( name )`."""
    if not head:
        raise _invalid("it ends too early", text)
    if head[0] != "ALARM":
        raise _invalid(f"the local cloud supports ALARM(…) only, not {head[0]}", text)
    if len(head) < 4 or (head[1], head[3]) != ("(", ")") or head[2] in "()":
        raise _invalid("ALARM takes one alarm", text)
    return head[2].strip("\"'").rpartition(":alarm:")[2]


def _invalid(reason: str, text: str) -> Exception:
    return invalid(f"AlarmRule must not contain syntax errors: {reason} in {text!r}")
