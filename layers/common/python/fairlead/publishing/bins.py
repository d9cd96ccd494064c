"""Bins and categories: how a column of values is counted, and where a later value falls.

Numbers are binned by quantiles, because bins that expect equal counts need no assumption about a shape and give every
bin the same say (Mann and Wald, Annals of Mathematical Statistics 13, 1942). Values that fill a bin alone get a bin of
their own first, so that many zeros never hide among small numbers; the rest between them is shared out evenly. Edges
lie halfway between values that were seen, so rounding moves no value across one. No bin expects fewer than five rows,
as the chi-square tests on it ask (Cochran, Annals of Mathematical Statistics 23, 1952).
"""

import itertools

import numpy as np
import numpy.typing as npt

from fairlead.model.baseline import Categories, Numbers
from fairlead.model.signature import Scalar

BINS = 10
FEWEST_A_BIN = 5
MOST_CATEGORIES = 50
LONGEST_CATEGORY = 200

Floats = npt.NDArray[np.float64]


def place(seen: Numbers, values: Floats) -> npt.NDArray[np.intp]:
    """Bin of each value; the values must not be missing."""
    return np.searchsorted(np.array(seen.edges), values, side="right")


def numbers(values: Floats) -> Numbers:
    """Bin numbers by their quantiles; missing values are left out, infinite ones fall into the outer bins."""
    present = values[~np.isnan(values)]
    finite = present[np.isfinite(present)]
    if len(finite) == 0:
        return Numbers(edges=(), counts=(len(present),))
    distinct, counts = np.unique(finite, return_counts=True)
    edges = _edges(distinct, counts)
    binned = np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1)
    return Numbers(
        edges=tuple(edges.tolist()), counts=tuple(binned.tolist()), low=float(distinct[0]), high=float(distinct[-1])
    )


def _edges(distinct: Floats, counts: npt.NDArray[np.intp]) -> Floats:
    """Edges between the bins of ascending distinct values that were met so often."""
    total = int(counts.sum())
    bins = max(1, min(BINS, total // FEWEST_A_BIN))
    heavy = counts * bins >= total
    starts = _changes(heavy)
    cuts = set(starts.tolist())
    for begin, end in itertools.pairwise([0, *starts.tolist(), len(distinct)]):
        if begin < end and not heavy[begin]:
            cuts |= {begin + at for at in _even_cuts(counts[begin:end], total / bins)}
    places = np.array(sorted(cuts - {0}), dtype=np.intp)
    below, above = distinct[places - 1], distinct[places]
    middle = below / 2 + above / 2  # halves first: the sum of two large numbers may be infinite
    edges: Floats = np.where((below < middle) & (middle <= above), middle, above)
    return edges


def _changes(heavy: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Places where a heavy value stands beside another, or where heavy and light values meet."""
    return np.flatnonzero(heavy[1:] | heavy[:-1]) + 1


def _even_cuts(counts: npt.NDArray[np.intp], size: float) -> list[int]:
    """Places that share these values out into parts of about `size` rows."""
    cumulated = np.cumsum(counts)
    parts = round(float(cumulated[-1]) / size)
    wanted = cumulated[-1] * np.arange(1, parts) / max(1, parts)
    found = np.searchsorted(cumulated, wanted - 0.5) + 1
    return [int(at) for at in np.unique(found) if at < len(counts)]


def categories(values: list[Scalar], counts: npt.NDArray[np.intp]) -> Categories:
    """Keep the commonest categories of those that were met; the others, and very long names, are counted together."""
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda at: (-counts[at], str(values[at])))
    kept = [at for at in order if len(str(values[at])) <= LONGEST_CATEGORY][:MOST_CATEGORIES]
    return Categories(
        values=tuple(values[at] for at in kept),
        counts=tuple(int(counts[at]) for at in kept),
        other=int(counts.sum() - counts[kept].sum()),
    )
