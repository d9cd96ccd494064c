"""Split of labelled rows by time: the newest are held out, and neither model was fitted on a held-out row.

The newest rows are held out because future rows are newer still; a random split would test a model on rows between its
training rows. Only production rows are held out, because the champion was fitted on its own training rows. For the same
reason, newest rows that the champion was fitted on are left out.
"""

import itertools
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from fairlead.gate.evidence import Digests
from fairlead.retraining.types import Labelled


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to fit on (`learn`) and held-out rows (`judge`), both oldest first, and how many rows were left out.

    `known` rows are the champion's training rows, by prediction id; `repeated` rows equal a row on the other side.
    """

    learn: list[Labelled]
    judge: list[Labelled]
    known: int = 0
    repeated: int = 0


def split(rows: Sequence[Labelled], digests: Digests, learnt: Digests, ids: Iterable[str], *, share: float) -> Split:
    """Split rows (oldest first) and hold out the last `share` (0–1); rows of one request stay together.

    `digests` are of the rows' inputs; `learnt` and `ids` are digests and prediction ids of the champion's own rows.
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
    """Return the index where the newest share begins: the start of the request nearest to it, not the first one."""
    wanted = round(len(requests) * (1 - share))
    begins = [0, *(place + 1 for place, (one, other) in enumerate(itertools.pairwise(requests)) if one != other)]
    return min(begins, key=lambda place: (place == 0, abs(place - wanted)))
