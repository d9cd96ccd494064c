"""The bootstrap, vectorised and bounded: every figure is a function of sums, and sums are resampled.

A replicate draws blocks with replacement and adds up the blocks' sums; replicates × blocks is one matrix, made once,
and each sum over rows costs one pass over them. Up to MOST_BLOCKS rows a block is a row, which is Efron's bootstrap.
Above, rows are dealt at random into MOST_BLOCKS equal blocks: block sums of independent rows are independent, so their
resampling estimates the same variance, with a relative error of its own of about 1/sqrt(2 × MOST_BLOCKS) = 1.6 % in the
standard error. Time grows with the rows and memory does not grow with rows × replicates: that is the point that
Chamandy, Muralidharan, Najmi, Naidu, "Estimating Uncertainty for Massive Data Streams" (2012) make for resampling
counts on sums, and Kleiner et al., "A scalable bootstrap for massive data" (JRSS B 76, 2014) for subsets.
"""

import numpy as np
import numpy.typing as npt

from fairlead.gate.evidence import Floats

MOST_BLOCKS = 2000
REPLICATES = 1000
SEED = 20_240_229


class Resample:
    """One set of replicates for a number of rows; figures that share it are paired."""

    def __init__(self, rows: int, *, replicates: int = REPLICATES, seed: int = SEED) -> None:
        generator = np.random.default_rng(seed)
        self.rows = rows
        self._blocks = min(rows, MOST_BLOCKS)
        # A permutation, because rows may come sorted by time or target.
        self._block: npt.NDArray[np.int32] | None = None
        if rows > MOST_BLOCKS:
            self._block = (generator.permutation(rows) % MOST_BLOCKS).astype(np.int32)
        drawn = generator.multinomial(self._blocks, np.full(self._blocks, 1 / self._blocks), size=replicates)
        self._weights = np.vstack([np.ones(self._blocks), drawn])

    def total(self, values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> Floats:
        """Sum of one value a row: element 0 over the rows themselves, the others over each replicate."""
        sums: Floats = np.asarray(values, dtype=np.float64)
        if self._block is not None:
            sums = np.bincount(self._block, weights=sums, minlength=self._blocks)
        drawn: Floats = self._weights @ sums
        return drawn

    def size(self) -> Floats:
        """Rows in each replicate: constant where blocks are rows, nearly so otherwise."""
        return self.total(np.ones(self.rows))


def interval(replicates: Floats, confidence: float) -> tuple[float, float] | None:
    """Two-sided percentile interval of `replicates[1:]`; None where the figure does not exist."""
    drawn = replicates[1:]
    finite = drawn[np.isfinite(drawn)]
    if len(finite) < len(drawn) / 2 or not np.isfinite(replicates[0]):
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(finite, [tail, 1 - tail])
    return float(low), float(high)


def standard_error(replicates: Floats) -> float:
    """Standard deviation of the replicates that exist; 0 where fewer than two do."""
    drawn = replicates[1:]
    finite = drawn[np.isfinite(drawn)]
    return float(finite.std(ddof=1)) if len(finite) > 1 else 0.0
