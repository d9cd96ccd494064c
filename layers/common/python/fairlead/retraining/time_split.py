"""What is learnt and what judges: the newest labelled rows judge, and nothing they hold was learnt by either model.

Held-out rows are the newest because the next rows to be answered are newer still: a random share would let a model be
judged by rows between those it learnt. They are production's alone: the champion has learnt its own training rows, so
beside it those judge nobody. Of the newest rows, what the champion has learnt is left out for the same reason.
"""

import itertools
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from fairlead.gate.evidence import Digests
from fairlead.retraining.types import Labelled


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to learn, rows to be judged by (both oldest first), and how many were left out.

    `known` were learnt by the champion already, by their prediction's id; `repeated` are like a row on the other side.
    """

    learn: list[Labelled]
    judge: list[Labelled]
    known: int = 0
    repeated: int = 0


def split(rows: Sequence[Labelled], digests: Digests, learnt: Digests, ids: Iterable[str], *, share: float) -> Split:
    """Split rows (oldest first), of which the last `share` judge; rows of one request stay together.

    `digests` name the rows' inputs; `learnt` and `ids` are inputs and predictions that the champion was fitted on.
    """
    already = set(ids)
    fresh = [place for place, one in enumerate(rows) if one.id not in already]
    border = _border([rows[place].request for place in fresh], share)
    older, newer = fresh[:border], fresh[border:]
    judge = [place for place, known in zip(newer, np.isin(digests[newer], learnt), strict=True) if not known]
    learn = [place for place, same in zip(older, np.isin(digests[older], digests[judge]), strict=True) if not same]
    return Split(
        learn=[rows[place] for place in learn],
        judge=[rows[place] for place in judge],
        known=len(rows) - len(fresh),
        repeated=len(fresh) - len(judge) - len(learn),
    )


def _border(requests: Sequence[str], share: float) -> int:
    """Where the newest share begins: the beginning of a request, the nearest one before that leaves something older."""
    wanted = round(len(requests) * (1 - share))
    begins = [0, *(place + 1 for place, (one, other) in enumerate(itertools.pairwise(requests)) if one != other)]
    return min(begins, key=lambda place: (place == 0, abs(place - wanted)))
