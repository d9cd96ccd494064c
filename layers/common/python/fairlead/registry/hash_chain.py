"""Hash chains of numbered, create-once objects: which objects belong to the chain, and which is its head. No I/O.

Each link names the link that it follows by number and SHA-256. A role that may write into a chain's folder can create
any object under any number, and no role may delete it. So an object counts only if the chain reaches it.
"""

from collections.abc import Iterable, Sequence
from itertools import count, pairwise
from typing import NamedTuple

FAR = 1_000
"""Largest allowed gap in the numbers. Objects beyond a larger gap are far ahead, and ignored."""


class Link(NamedTuple):
    """One readable object, and the links that it follows by number and SHA-256, nearest first.

    A further one replaces the nearest if that was damaged or deleted since. A link with `first` may begin a chain.
    """

    number: int
    sha256: str
    before: tuple[tuple[int, str], ...]
    first: bool


def near(numbers: Sequence[int]) -> list[int]:
    """Return the ascending numbers up to the first gap of more than FAR."""
    holes = (index for index, (one, next_) in enumerate(pairwise([0, *numbers])) if next_ - one > FAR)
    return list(numbers[: next(holes, None)])


def longest(links: Iterable[Link], *, whole: bool) -> tuple[int, int]:
    """Return the last number of the longest chain and its length; zeros without a chain.

    `links` are ascending: the newest ones, or the `whole` folder, where a chain begins with a link that may be first. A
    link that follows an older one, as if those in between did not exist, never replaces the links that follow them.
    """
    lengths: dict[tuple[int, str], int] = {}
    best, most = 0, 0
    for link in links:
        known = [(lengths[one], further) for further, one in enumerate(link.before) if one in lengths]
        length = known[0][0] + known[0][1] if known else 0
        if length or not whole or link.first:
            lengths[link.number, link.sha256] = length + 1
            if length >= most:
                best, most = link.number, length + 1
    return best, most


def free(numbers: Iterable[int], head: int) -> int:
    """Return the lowest number above the head that is not taken."""
    taken = set(numbers)
    return next(number for number in count(head + 1) if number not in taken)
