"""Dtypes by name: numbers, booleans and text of bounded width, and records of them. Never objects."""

import re
import sys
from typing import Any

import numpy as np

from fairlead.errors import ModelFileError

PLAIN = re.compile(r"<(b1|[iu][1248]|f[248]|U\d{1,5})")
RECORD = re.compile(r"\d{1,4}(\|\w{1,40} <(b1|[iu][1248]|f[48]) \d{1,4}){1,40}")


def make_dtype(code: str) -> np.dtype[Any]:
    """Make the dtype of a code: `<f8`, or a record as `itemsize|name <i8 offset|…`; raises ModelFileError."""
    if PLAIN.fullmatch(code):
        return np.dtype(code)
    if not RECORD.fullmatch(code):
        raise ModelFileError(f"an array of {code[:60]!r}, where numbers, booleans or text were expected")
    size, *members = code.split("|")
    names, formats, offsets = zip(*(member.split(" ") for member in members), strict=True)
    try:
        return np.dtype(
            {"names": names, "formats": formats, "offsets": [int(o) for o in offsets], "itemsize": int(size)}
        )
    except (ValueError, TypeError) as error:
        raise ModelFileError("an array of records whose fields do not fit") from error


def check_elements(array: np.ndarray[Any, Any]) -> None:
    """Raise ModelFileError for bytes that are no boolean or no character: numpy does not check them."""
    bytes_of, characters = array.view(np.uint8) if array.dtype.kind == "b" else None, None
    if array.dtype.kind == "U" and array.dtype.itemsize:
        characters = array.view(np.uint32)
    if (bytes_of is not None and bytes_of.max() > 1) or (characters is not None and characters.max() > sys.maxunicode):
        raise ModelFileError("an array with elements that no such array has")
