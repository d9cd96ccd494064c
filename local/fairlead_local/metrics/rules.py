"""The rule of a composite alarm: ALARM(…), OK(…), INSUFFICIENT_DATA(…), TRUE, FALSE, NOT, AND, OR, parentheses.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html. An alarm is meant by its
name or ARN, quoted or bare.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fairlead_local.metrics.queries import invalid

TOKEN = re.compile(r"""\s*(?:(?P<text>"[^"]*"|'[^']*')|(?P<sign>[()])|(?P<word>[^\s()"']+))""")
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
StateOf = Callable[[str], str]


@dataclass(frozen=True)
class Rule:
    """A rule: whether it holds, given each alarm's state by name, and the names it speaks of."""

    holds: Callable[[StateOf], bool]
    names: frozenset[str] = frozenset()


def parse(text: str) -> Rule:
    """The rule; raises ServiceError for what is none."""
    reader = _Reader(text)
    rule = reader.either()
    if reader.next:
        raise reader.unexpected()
    return rule


class _Reader:
    """Recursive descent; NOT binds tighter than AND, AND tighter than OR."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [match[0].strip() for match in TOKEN.finditer(text)]
        self._place = 0
        if TOKEN.sub("", text).strip():
            raise invalid(f"AlarmRule must not contain syntax errors: an open quotation in {text!r}")

    @property
    def next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def either(self) -> Rule:
        rule = self._both()
        while self.next == "OR":
            self._take()
            rule = _or(rule, self._both())
        return rule

    def unexpected(self) -> Exception:
        found = f"unexpected {self.next}" if self.next else "it ends too early"
        return invalid(f"AlarmRule must not contain syntax errors: {found} in {self._text!r}")

    def _both(self) -> Rule:
        rule = self._single()
        while self.next == "AND":
            self._take()
            rule = _and(rule, self._single())
        return rule

    def _single(self) -> Rule:
        match self.next:
            case "NOT":
                self._take()
                return _not(self._single())
            case "(":
                self._take()
                rule = self.either()
                self._expect(")")
                return rule
            case "TRUE" | "FALSE" as word:
                self._take()
                return Rule(lambda _: word == "TRUE")
            case word if word in STATES:
                return self._state(self._take())
        raise self.unexpected()

    def _state(self, wanted: str) -> Rule:
        self._expect("(")
        if self.next in ("", "(", ")"):
            raise self.unexpected()
        name = self._take().strip("\"'").rpartition(":alarm:")[2]
        self._expect(")")
        return Rule(lambda state_of: state_of(name) == wanted, frozenset({name}))

    def _expect(self, wanted: str) -> None:
        if self.next != wanted:
            raise self.unexpected()
        self._take()

    def _take(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]


def _and(left: Rule, right: Rule) -> Rule:
    return Rule(lambda state_of: left.holds(state_of) and right.holds(state_of), left.names | right.names)


def _or(left: Rule, right: Rule) -> Rule:
    return Rule(lambda state_of: left.holds(state_of) or right.holds(state_of), left.names | right.names)


def _not(rule: Rule) -> Rule:
    return Rule(lambda state_of: not rule.holds(state_of), rule.names)
