"""The parser of metric math: numbers, ids, arithmetic, comparisons, and the functions in FUNCTIONS.

Ids begin in lower case, functions are upper case. Other functions, signs and words are refused by name.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import re
from dataclasses import dataclass

FUNCTIONS = ("FILL", "IF")
TOKEN = re.compile(r"\s*(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_][A-Za-z0-9_]*|==|!=|<=|>=|[-+*/<>(),])")
# Operators by precedence, lowest first.
LEVELS = (("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))


class ExpressionError(ValueError):
    """An expression cannot be parsed or computed."""


@dataclass(frozen=True)
class Number:
    """A scalar."""

    value: float


@dataclass(frozen=True)
class Name:
    """The id of a metric or of another expression."""

    id: str


@dataclass(frozen=True)
class Call:
    """A function, or an operator by its sign; unary minus has one argument."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Name | Call


def parse(text: str) -> Node:
    """Return the syntax tree; raises ExpressionError."""
    reader = _Reader(text)
    tree = reader.level(0)
    if reader.next:
        raise ExpressionError(f"unexpected {reader.next}")
    return tree


class _Reader:
    """A recursive-descent parser that reads token by token, so that an unknown function fails before its arguments."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self.next = self._token()

    def level(self, number: int) -> Node:
        if number == len(LEVELS):
            return self._unary()
        left = self.level(number + 1)
        while self.next in LEVELS[number]:
            sign = self._take()
            left = Call(sign, (left, self.level(number + 1)))
        return left

    def _unary(self) -> Node:
        if self.next != "-":
            return self._primary()
        self._take()
        return Call("-", (self._unary(),))

    def _primary(self) -> Node:
        word = self.next
        if word and word[0].isupper() and word not in FUNCTIONS:
            raise ExpressionError(f"the local cloud does not support the function {word}")
        self._take()
        if word == "(":
            inside = self.level(0)
            self._expect(")")
            return inside
        if word in FUNCTIONS:
            self._expect("(")
            return Call(word, self._arguments())
        if word[0].islower():
            return Name(word)
        if word[0].isdigit() or word[0] == ".":
            return Number(float(word))
        raise ExpressionError(f"unexpected {word}")

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        while self.next != ")":
            if found:
                self._expect(",")
            found.append(self.level(0))
        self._take()
        return tuple(found)

    def _expect(self, wanted: str) -> None:
        found = self._take()
        if found != wanted:
            raise ExpressionError(f"expected {wanted}, found {found}")

    def _take(self) -> str:
        token = self.next
        if not token:
            raise ExpressionError("it ends too early")
        self.next = self._token()
        return token

    def _token(self) -> str:
        """Return the next token; "" at the end."""
        rest = self._text[self._place :].strip()
        if not rest:
            return ""
        found = TOKEN.match(self._text, self._place)
        if found is None:
            raise ExpressionError(f"the local cloud does not support {rest!r}")
        self._place = found.end()
        return found[0].strip()
