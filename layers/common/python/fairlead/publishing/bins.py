"""Bins and categories: count a column of values, and find the bin of a later value.

Numbers are binned by quantiles: bins of equal expected counts assume no distribution and weigh equally (Mann and Wald,
Annals of Mathematical Statistics 13, 1942). A value frequent enough to fill a bin gets a bin of its own first, so many
zeros are not counted with small numbers. The other values are divided evenly. Edges lie halfway between seen values,
so rounding moves no value across an edge. No bin expects fewer than five rows, as chi-square tests require (Cochran,
Annals of Mathematical Statistics 23, 1952).
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
    """Return the bin of each value, shape (values,); no value may be missing."""
    return np.searchsorted(np.array(seen.edges), values, side="right")


def numbers(values: Floats) -> Numbers:
    """Bin numbers by their quantiles; missing values are left out, infinite values fall into the outer bins."""
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
    """Return the edges between the bins; `distinct` values ascend, and `counts` says how often each occurs."""
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
    middle = below / 2 + above / 2  # halved before the sum: two large numbers may add up to infinity
    edges: Floats = np.where((below < middle) & (middle <= above), middle, above)
    return edges


def _changes(heavy: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return the places before which a new bin starts: next to each heavy value, which fills a bin alone."""
    return np.flatnonzero(heavy[1:] | heavy[:-1]) + 1


def _even_cuts(counts: npt.NDArray[np.intp], size: float) -> list[int]:
    """Return the places that cut these values into parts of about `size` rows."""
    cumulated = np.cumsum(counts)
    parts = round(float(cumulated[-1]) / size)
    wanted = cumulated[-1] * np.arange(1, parts) / max(1, parts)
    found = np.searchsorted(cumulated, wanted - 0.5) + 1
    return [int(at) for at in np.unique(found) if at < len(counts)]


def categories(values: list[Scalar], counts: npt.NDArray[np.intp]) -> Categories:
    """Count categories: the most frequent by name, the others and very long names together as `other`."""
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda at: (-counts[at], str(values[at])))
    kept = [at for at in order if len(str(values[at])) <= LONGEST_CATEGORY][:MOST_CATEGORIES]
    return Categories(
        values=tuple(values[at] for at in kept),
        counts=tuple(int(counts[at]) for at in kept),
        other=int(counts.sum() - counts[kept].sum()),
    )
