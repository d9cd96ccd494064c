"""Row digests: 64 bits that identify a row's inputs, so that rows are recognised later without being stored.

A digest depends on names and values, not on the order of columns, the file format or the machine. Whole numbers of any
type are equal, other numbers are rounded to float32, and missing is one value. Two different rows share a digest with a
probability of 2⁻⁶⁴; for a million rows against a million that is one in ten million.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from fairlead.errors import IntegrityError
from fairlead.gate.evidence import Column, Digests
from fairlead.model.signature import Signature
from fairlead.publishing.evidence.columns import Columns, blocks

MISSING = np.uint64(0x9E3779B97F4A7C15)


def row_digests(columns: Sequence[Column], rows: int) -> Digests:
    """Return the digest of each row over these columns."""
    digests = np.zeros(rows, dtype=np.uint64)
    for column in columns:
        digests += _mixed(_bits(column) ^ _text_bits(column.name))
    return _mixed(digests)


def digests_of(signature: Signature, X: Any) -> Digests:
    """Return the digest of each row over a signature's inputs; a version stores those of its training rows."""
    parts = []
    for rows in blocks(signature, X):
        columns = Columns(signature, len(rows))
        columns.add(rows)
        parts.append(row_digests(columns.done(), len(rows)))
    return np.concatenate(parts)


def text_digests(texts: Sequence[str]) -> Digests:
    """Return the digest of each string, such as the groups of a grouped split."""
    known = {text: _text_bits(text) for text in set(texts)}
    return np.array([known[text] for text in texts], dtype=np.uint64)


def pack(digests: Digests) -> bytes:
    """Return digests as a blob: sorted, without duplicates, eight little-endian bytes each."""
    return np.unique(digests).astype("<u8").tobytes()


def unpack(blob: bytes) -> Digests:
    """Return the digests in a blob; raises IntegrityError if its size is not a multiple of eight."""
    if len(blob) % 8:
        raise IntegrityError(f"row digests take eight bytes each, the blob has {len(blob):,}")
    return np.frombuffer(blob, dtype="<u8").astype(np.uint64)


def _bits(column: Column) -> Digests:
    if column.levels is None:
        values = column.values
        whole = np.floor(values) == values
        rounded = np.where(whole, values, values.astype(np.float32).astype(np.float64)) + 0.0  # -0.0 becomes 0.0
        bits: Digests = np.where(np.isnan(values), MISSING, rounded.view(np.uint64))
        return bits
    levels = [_level_bits(level) for level in column.levels]
    table: Digests = np.array([*levels, MISSING], dtype=np.uint64)
    found: Digests = table[column.values]  # code -1 is the last
    return found


def _level_bits(level: str | int) -> np.uint64:
    """Return the bits of a level; an integer category counts as the number it may be in another version's signature."""
    if isinstance(level, str):
        return _text_bits(level)
    return np.float64(level).view(np.uint64)


def _text_bits(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def _mixed(values: Digests) -> Digests:
    """Apply the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): each bit affects all others."""
    values = values + MISSING
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Digests = values ^ (values >> np.uint64(31))
    return mixed
