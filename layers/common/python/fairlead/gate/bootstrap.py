"""A vectorised bootstrap of bounded memory: every figure is a function of sums, and the sums are resampled.

A replicate draws blocks with replacement and adds up the blocks' sums. Replicates × blocks is one matrix, computed
once; each sum over rows costs one pass over them. Up to MOST_BLOCKS rows a block is a row, which is Efron's bootstrap.
Above, rows are assigned at random to MOST_BLOCKS equal blocks. Block sums of independent rows are independent.
Resampling them estimates the same variance; the standard error has a relative error of about 1/sqrt(2 × MOST_BLOCKS) =
1.6 %. Time grows with the rows, and memory does not grow with rows × replicates.

Sources: Chamandy, Muralidharan, Najmi, Naidu, "Estimating Uncertainty for Massive Data Streams" (2012) for resampling
counts on sums; Kleiner et al., "A scalable bootstrap for massive data" (JRSS B 76, 2014) for subsets.
"""

import functools

import numpy as np
import numpy.typing as npt

from fairlead.gate.evidence import Floats

MOST_BLOCKS = 2000
REPLICATES = 1000
SEED = 20_240_229


class Resample:
    """A set of replicates for a number of rows; figures computed with the same set are paired."""

    def __init__(self, rows: int, *, replicates: int = REPLICATES, seed: int = SEED) -> None:
        self.rows = rows
        self._blocks = min(rows, MOST_BLOCKS)
        self._block, self._weights = _drawn(rows, replicates, seed)

    def total(self, values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> Floats:
        """Return sums of one value for each row: element 0 over the rows themselves, the others over each replicate."""
        sums: Floats = np.asarray(values, dtype=np.float64)
        if self._block is not None:
            sums = np.bincount(self._block, weights=sums, minlength=self._blocks)
        drawn: Floats = self._weights @ sums
        return drawn

    def size(self) -> Floats:
        """Return the rows in each replicate: constant if blocks are rows, nearly constant otherwise."""
        return self.total(np.ones(self.rows))


@functools.lru_cache(maxsize=2)  # the checks of a gate resample the same rows, and drawing takes longer than adding up
def _drawn(rows: int, replicates: int, seed: int) -> tuple[npt.NDArray[np.int32] | None, Floats]:
    """Return each row's block, None if a row is a block, and each block's weight in the rows and each replicate."""
    generator, blocks = np.random.default_rng(seed), min(rows, MOST_BLOCKS)
    # A permutation, because rows may be sorted by time or target.
    block = (generator.permutation(rows) % MOST_BLOCKS).astype(np.int32) if rows > MOST_BLOCKS else None
    drawn = generator.multinomial(blocks, np.full(blocks, 1 / blocks), size=replicates)
    return block, np.vstack([np.ones(blocks), drawn])


def interval(replicates: Floats, confidence: float) -> tuple[float, float] | None:
    """Return the two-sided percentile interval of `replicates[1:]`; None if the figure is not defined."""
    drawn = replicates[1:]
    finite = drawn[np.isfinite(drawn)]
    if len(finite) < len(drawn) / 2 or not np.isfinite(replicates[0]):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)


def standard_error(replicates: Floats) -> float:
    """Return the standard deviation of the finite replicates; 0 if there are fewer than two."""
    drawn = replicates[1:]
    finite = drawn[np.isfinite(drawn)]
    return float(finite.std(ddof=1)) if len(finite) > 1 else 0.0
