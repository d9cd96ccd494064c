"""Counts the terms of texts as scikit-learn's CountVectorizer does, with the standard library and numpy.

ONNX's text operators lower-case by the machine's locale and use other regular expressions. So the onnx engine counts
here, and its graph begins with the counts. The graph's metadata holds vocabulary and settings.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np

COUNTING_KEY, MOST_ROWS_KEY = "fairlead.counting", "fairlead.most_rows"
MISSING = "\ue000fairlead.missing\ue000"
"""A missing string's text inside a graph: private-use characters, which the engine never passes as a value."""

_SPACES = re.compile(r"\s\s+")
T = TypeVar("T", str, list[str])


class Counting(msgspec.Struct, frozen=True, kw_only=True):
    """One fitted vectorizer's settings, with CountVectorizer's names; `vocabulary` is in column order."""

    vocabulary: tuple[str, ...]
    analyzer: Literal["word", "char", "char_wb"]
    lowercase: bool
    strip_accents: Literal["ascii", "unicode"] | None
    token_pattern: str
    ngram_range: tuple[int, int]
    stop_words: tuple[str, ...]
    binary: bool


def read_countings(metadata: Mapping[str, str]) -> dict[str, Counting]:
    """Return the vectorizers of a graph's metadata, by the name of the input tensor that each fills."""
    return msgspec.json.decode(metadata.get(COUNTING_KEY, "{}"), type=dict[str, Counting])


class Counter:
    """Counts the terms of a vocabulary in texts."""

    def __init__(self, counting: Counting) -> None:
        self._columns = {term: column for column, term in enumerate(counting.vocabulary)}
        self._binary = counting.binary
        self._lowercase = counting.lowercase
        self._strip = _STRIP[counting.strip_accents]
        self._terms = _terms(counting)

    def count(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        """Return the counts as doubles, shape (texts, vocabulary)."""
        matrix = np.zeros((len(texts), len(self._columns)))
        find = self._columns.get
        for row, text in zip(matrix, texts, strict=True):
            prepared = self._strip(text.lower() if self._lowercase else text)
            for term in self._terms(prepared):
                column = find(term)
                if column is not None:
                    row[column] += 1.0
        return np.minimum(matrix, 1.0) if self._binary else matrix


def _terms(counting: Counting) -> Callable[[str], Iterable[str]]:
    shortest, longest = counting.ngram_range
    if counting.analyzer == "char":
        return lambda text: _runs(_SPACES.sub(" ", text), shortest, longest)
    if counting.analyzer == "char_wb":
        return lambda text: _within_words(_SPACES.sub(" ", text), shortest, longest)
    tokens = re.compile(counting.token_pattern).findall
    stop = frozenset(counting.stop_words)
    if (shortest, longest) == (1, 1):
        return lambda text: (token for token in tokens(text) if token not in stop)
    return lambda text: (
        " ".join(run) for run in _runs([token for token in tokens(text) if token not in stop], shortest, longest)
    )


def _runs(sequence: T, shortest: int, longest: int) -> Iterable[T]:
    """Yield every run of `shortest` to `longest` consecutive elements."""
    for length in range(shortest, min(longest, len(sequence)) + 1):
        for start in range(len(sequence) - length + 1):
            yield sequence[start : start + length]


def _within_words(text: str, shortest: int, longest: int) -> Iterable[str]:
    """Yield runs of characters inside each word padded by spaces; a word shorter than a run is yielded once."""
    for word in text.split():
        padded = f" {word} "
        for length in range(shortest, longest + 1):
            yield padded[:length]
            if length >= len(padded):
                break
            for start in range(1, len(padded) - length + 1):
                yield padded[start : start + length]


def _strip_ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ASCII", "ignore").decode("ASCII")


def _strip_unicode(text: str) -> str:
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


_STRIP: dict[str | None, Callable[[str], str]] = {None: str, "ascii": _strip_ascii, "unicode": _strip_unicode}
