"""Columns of Python values, None for missing ones, as bytes of CSV or JSON lines."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Columns = dict[str, list[Any]]
QUOTED = re.compile(r'[",\r\n]')
_encoder = msgspec.json.Encoder(enc_hook=str, decimal_format="number")


def csv_lines(block: Mapping[str, Sequence[Any]], *, header: bool) -> bytes:
    """Return rows as pandas' `to_csv` writes them: floats by their shortest digits, quotes where they are needed."""
    lines = map(",".join, zip(*map(_texts, block.values()), strict=True))
    head = [",".join(map(_quoted, block))] if header else []
    return ("\n".join([*head, *lines]) + "\n").encode()


def json_lines(block: Mapping[str, Sequence[Any]]) -> bytes:
    """Return rows as JSON, one object on each line."""
    return _encoder.encode_lines([dict(zip(block, row, strict=True)) for row in zip(*block.values(), strict=True)])


def _texts(values: Sequence[Any]) -> Sequence[str]:
    """Return a column's values as CSV."""
    kinds = set(map(type, values))
    if kinds == {float}:
        return _floats(values)
    if kinds == {str}:
        return [_quoted(value) for value in values] if QUOTED.search("\0".join(values)) else values
    return ["" if value is None else _quoted(str(value)) for value in values]


def _floats(values: Sequence[float]) -> list[str]:
    """Return floats as `repr` writes them: msgspec is several times faster, and differs where exponents begin."""
    texts = _encoder.encode(values).decode()[1:-1].split(",")
    return [
        repr(value) if "e" in text or "0.0000" in text or text == "null" else text
        for text, value in zip(texts, values, strict=True)
    ]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if QUOTED.search(text) else text
