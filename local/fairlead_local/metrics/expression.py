"""Metric math as text made a tree.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html: names of metrics and
expressions begin in lower case, functions are upper case.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))"
)
SYNONYMS = {"&&": "AND", "||": "OR"}
# From the loosest to the tightest.
LEVELS = (("OR",), ("AND",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))


class ExpressionError(ValueError):
    """An expression that cannot be read or worked out."""


@dataclass(frozen=True)
class Number:
    """A scalar."""

    value: float


@dataclass(frozen=True)
class Text:
    """A string, as METRICS("…") takes it."""

    value: str


@dataclass(frozen=True)
class Name:
    """The id of a metric or of another expression."""

    id: str


@dataclass(frozen=True)
class Many:
    """An array of time series."""

    items: tuple["Node", ...]


@dataclass(frozen=True)
class Call:
    """A function, or an operator by its sign; unary minus has one argument."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | Text | Name | Many | Call


def parse(text: str) -> Node:
    """The tree; raises ExpressionError."""
    reader = _Reader(_tokens(text))
    tree = reader.level(0)
    if reader.next is not None:
        raise ExpressionError(f"unexpected {reader.next}")
    return tree


def names(node: Node) -> set[str]:
    """The ids a tree refers to."""
    match node:
        case Name(found):
            return {found}
        case Many(children) | Call(_, children):
            return {name for child in children for name in names(child)}
        case _:
            return set()


def _leaf(word: str) -> Node:
    if word[0].isdigit() or word[0] == ".":
        return Number(float(word))
    if word[0].islower():
        return Name(word)
    # Bare upper-case words are what some functions take: REPEAT, LINEAR, DESC.
    if word[0] in "\"'" or word[0].isupper():
        return Text(word.strip("\"'"))
    raise ExpressionError(f"unexpected {word}")


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while text[place:].strip():
        match = TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"cannot read {text[place:].strip()!r}")
        token = match[0].strip()
        found.append(SYNONYMS.get(token, token))
        place = match.end()
    return found


class _Reader:
    """Recursive descent; `next` is the token not yet taken."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def next(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def level(self, number: int) -> Node:
        if number == len(LEVELS):
            return self._unary()
        left = self.level(number + 1)
        while self.next in LEVELS[number]:
            sign = self._take()
            left = Call(sign, (left, self.level(number + 1)))
        return left

    def _unary(self) -> Node:
        if self.next == "-":
            self._take()
            return Call("-", (self._unary(),))
        base = self._primary()
        if self.next == "^":
            self._take()
            return Call("^", (base, self._unary()))
        return base

    def _primary(self) -> Node:
        word = self._take()
        if word == "(":
            inside = self.level(0)
            self._expect(")")
            return inside
        if word == "[":
            return Many(self._list("]"))
        if word[0].isupper() and self.next == "(":
            self._take()
            return Call(word, self._list(")"))
        return _leaf(word)

    def _list(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while self.next != end:
            if items:
                self._expect(",")
            items.append(self.level(0))
        self._take()
        return tuple(items)

    def _expect(self, wanted: str) -> None:
        found = self._take()
        if found != wanted:
            raise ExpressionError(f"expected {wanted}, found {found}")

    def _take(self) -> str:
        token = self.next
        if token is None:
            raise ExpressionError("it ends too early")
        self._place += 1
        return token
