"""Conditions on JSON log events: `{ ($.a = "x*") && ($.b[0].c >= 1.5 || $.d NOT EXISTS) }`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events:
&& binds more strongly than ||. A comparison holds for a property that is there with a text, a number or a boolean; for
one that is not there only NOT EXISTS holds. `[*]` and `.*` in a selector mean any of them.
"""

import json
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Holds = Callable[[dict[str, Any]], bool]
SELECTOR = r"\$(?:\.(?:[A-Za-z0-9_-]+|\*)|\[(?:\d+|\*)\])+"
TOKEN = re.compile(
    rf"\s*(?:(?P<mark>\(|\)|&&|\|\||\{{|\}}|!=|<=|>=|=|<|>)|(?P<selector>{SELECTOR})"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[A-Za-z0-9_.*:/+-]+))'
)
STEP = re.compile(r"\.([A-Za-z0-9_-]+|\*)|\[(\d+|\*)\]")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A piece of a pattern: its kind (mark, selector, quoted, bare or end) and its text."""

    kind: str
    text: str


def read(pattern: str) -> Holds:
    """The condition between the braces; raises ValueError for what is none."""
    reader = _Reader(list(_tokens(pattern)))
    reader.expect("{")
    holds = reader.either()
    reader.expect("}")
    if reader.next().kind != "end":
        raise ValueError("there is more after the closing brace")
    return holds


class _Reader:
    """Recursive descent over tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = [*tokens, Token("end", "the end")]
        self._place = 0

    def next(self) -> Token:
        token = self._tokens[self._place]
        self._place += 1
        return token

    def took(self, mark: str) -> bool:
        found = self._tokens[self._place] == Token("mark", mark)
        self._place += found
        return found

    def expect(self, mark: str) -> None:
        if not self.took(mark):
            raise ValueError(f"{mark} expected before {self._tokens[self._place].text}")

    def either(self) -> Holds:
        parts = [self._both()]
        while self.took("||"):
            parts.append(self._both())
        return lambda event: any(part(event) for part in parts)

    def _both(self) -> Holds:
        parts = [self._one()]
        while self.took("&&"):
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> Holds:
        if self.took("("):
            inner = self.either()
            self.expect(")")
            return inner
        token = self.next()
        if token.kind != "selector":
            raise ValueError(f"a selector ($.…) expected, not {token.text}")
        path = [name or place for name, place in STEP.findall(token.text)]
        test = self._test()
        if test is None:
            return lambda event: not list(_values(event, path))
        return lambda event: any(test(value) for value in _values(event, path))

    def _test(self) -> Callable[[Any], bool] | None:
        """What a property's value is held to; None for that there is none."""
        sign = self.next()
        if (sign.kind, sign.text) in (("bare", "IS"), ("bare", "NOT")):
            return self._word(sign.text)
        if sign.kind != "mark" or sign.text not in {"=", "!=", *ORDER}:
            raise ValueError(f"a comparison expected, not {sign.text}")
        value = self.next()
        if value.kind not in ("quoted", "bare"):
            raise ValueError(f"a value expected, not {value.text}")
        if sign.text in ORDER:
            return _ordered(sign.text, value)
        equal = _equal(value)
        return equal if sign.text == "=" else lambda given: _is_scalar(given) and not equal(given)

    def _word(self, first: str) -> Callable[[Any], bool] | None:
        second = self.next().text
        if (first, second) == ("NOT", "EXISTS"):
            return None
        words = {"NULL": None, "TRUE": True, "FALSE": False}
        if first == "NOT" or second not in words:
            raise ValueError(f"{first} {second} is none of IS NULL, IS TRUE, IS FALSE and NOT EXISTS")
        return lambda given: given is words[second]


def value(event: dict[str, Any], selector: str) -> Any:
    """What one selector without `*` means in an event; None for nothing. Raises ValueError for what is no selector."""
    if not re.fullmatch(SELECTOR, selector) or "*" in selector:
        raise ValueError(f"{selector} is no selector ($.…)")
    return next(iter(_values(event, [name or place for name, place in STEP.findall(selector)])), None)


def _tokens(pattern: str) -> Iterable[Token]:
    place, text = 0, pattern.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise ValueError(f"not understood from {text[place:].lstrip()[:20]} on")
        kind = str(found.lastgroup)
        yield Token(kind, found[kind])
        place = found.end()


def _values(value: Any, path: list[str]) -> Iterable[Any]:
    """What a selector means in an event: nothing, one value, or several where it holds a `*`."""
    if not path:
        return [value]
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        inner = list(value.values()) if step == "*" else [value[step]] if step in value else []
    elif isinstance(value, list):
        inner = value if step == "*" else value[int(step) : int(step) + 1] if step.isdecimal() else []
    else:
        inner = []
    return [found for one in inner for found in _values(one, rest)]


def _equal(value: Token) -> Callable[[Any], bool]:
    number = value.kind == "bare" and NUMBER.fullmatch(value.text)
    parts = re.split(r"(?<!\\)\*", value.text)
    wanted = re.compile(".*".join(re.escape(re.sub(r"\\(.)", r"\1", part)) for part in parts), re.DOTALL)

    def equal(given: Any) -> bool:
        if number and _is_number(given):
            return bool(given == float(value.text))
        return _is_scalar(given) and wanted.fullmatch(_text(given)) is not None

    return equal


def _ordered(sign: str, value: Token) -> Callable[[Any], bool]:
    if value.kind != "bare" or not NUMBER.fullmatch(value.text):
        raise ValueError(f"{sign} compares numbers, and {value.text} is none")
    bound = float(value.text)
    return lambda given: _is_number(given) and ORDER[sign](given, bound)


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _is_scalar(given: Any) -> bool:
    return isinstance(given, str | int | float)


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)
