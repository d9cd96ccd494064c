"""Counts of the confusion matrix."""

import numpy as np

from fairlead.gate.evidence import Codes, Evidence, classes_of
from fairlead.html.formatting import class_name
from fairlead.publishing.report.facts import Confusion

MOST_CLASSES = 12
OTHERS = "others"
UNKNOWN = "not known to the model"


def confusion(evidence: Evidence) -> Confusion | None:
    """Return the counts of true and answered classes; of more than MOST_CLASSES the rare ones become one.

    None if rows have no class.
    """
    output = evidence.signature.output
    target, labels, classes = evidence.held_out.target, evidence.predicted.labels, classes_of(output)
    if target is None or labels is None or not classes:
        return None
    names = [class_name(label, output) for label in classes]
    size = len(classes)
    if size > MOST_CLASSES:
        target, labels, names = _fewer(target, labels, names)
        size = len(names)
    table = np.zeros((size + 1, size), dtype=np.int64)
    answered = labels >= 0
    np.add.at(table, (target[answered], labels[answered]), 1)  # an unknown class, -1, counts in the last row
    unknown = bool(table[-1].any())
    return Confusion(
        truths=(*names, UNKNOWN) if unknown else tuple(names),
        answers=tuple(names),
        counts=tuple(tuple(row) for row in (table if unknown else table[:-1]).tolist()),
    )


def _fewer(target: Codes, labels: Codes, names: list[str]) -> tuple[Codes, Codes, list[str]]:
    """Keep the most common classes; all others become one."""
    counts = np.bincount(target[target >= 0], minlength=len(names))
    kept = np.sort(np.argsort(-counts, kind="stable")[: MOST_CLASSES - 1])
    place = np.full(len(names) + 1, len(kept), dtype=np.int32)
    place[kept], place[-1] = np.arange(len(kept)), -1
    return place[target], place[labels], [*(names[code] for code in kept), OTHERS]
