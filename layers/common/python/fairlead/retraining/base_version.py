"""The champion as a teacher: its estimator, what it learnt, and the policy that judged it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from fairlead.errors import NotFoundError
from fairlead.gate.evidence import Digests
from fairlead.gate.policy import Policy
from fairlead.publishing.evidence import digests_of, unpack
from fairlead.publishing.input import tables, training_rows
from fairlead.publishing.input.training_rows import TrainingRows
from fairlead.publishing.signature.infer import to_rows
from fairlead.registry.store import Registry
from fairlead.retraining.refit import champion_estimator, unfitted
from fairlead.retraining.types import RetrainingError, Row

TIME = "the time of the prediction"
"""What parts the rows: the ledger's knowledge, not a column."""


class Champion:
    """One version of the registry, its blobs checked by digest; raises RefusedError where it cannot be fitted anew."""

    def __init__(self, registry: Registry, model: str, version: int) -> None:
        self._registry = registry
        self._manifest, _ = registry.manifest(model, version)
        self.signature = self._manifest.signature
        self.refit = unfitted(champion_estimator(registry, self._manifest), self._manifest)

    def training_rows(self, path: Path | None) -> TrainingRows:
        """Return what it learnt: from a file, or as it was kept; raises RetrainingError, DataError."""
        if path is not None:
            return self._brought(path)
        blob = self._manifest.blobs.get(training_rows.BLOB)
        if blob is None:
            raise RetrainingError(
                f"version {self._manifest.version} did not keep its training rows",
                hint="bring them (--local --train train.csv), or publish with --keep-training-rows from now on",
            )
        try:
            return training_rows.decode(self._registry.blob(blob))
        except NotFoundError as error:
            raise RetrainingError(
                f"the training rows of version {self._manifest.version} were erased",
                hint="bring those that may be used: --local --train train.csv",
            ) from error

    def digests(self, rows: Sequence[Row]) -> Digests:
        """Name rows by their inputs."""
        if not rows:
            return np.zeros(0, dtype=np.uint64)
        return digests_of(self.signature, self.refit.frame(rows))

    def learnt(self, before: TrainingRows) -> Digests:
        """Name all that it has learnt: by its own list, and by the rows at hand."""
        listed = self._manifest.blobs.get("training_rows")
        known = np.zeros(0, dtype=np.uint64) if listed is None else unpack(self._registry.blob(listed))
        return np.concatenate([self.digests(before.rows), known])

    def policy(self) -> Policy:
        """Return what judged it, which judges its successor, told that held-out rows are later than those learnt.

        The gate refuses held-out rows unlike the training rows, unless time parts them: then inputs may have moved.
        """
        blob = self._manifest.blobs.get("policy")
        policy = Policy() if blob is None else msgspec.json.decode(self._registry.blob(blob), type=Policy)
        inputs = {field.name for field in self.signature.inputs}
        group = policy.split.group if policy.split.group in inputs else None  # another column is not captured
        parted = msgspec.structs.replace(policy.split, time=policy.split.time or TIME, group=group)
        return msgspec.structs.replace(policy, split=parted)

    def _brought(self, path: Path) -> TrainingRows:
        output = self.signature.output
        X, y = tables.split_target(tables.read_table(path), output.target, path)
        rows = to_rows(self.signature, X)
        names = tuple(field.name for field in self.signature.inputs)
        return TrainingRows(
            fields=names, rows=rows, target=training_rows.targets(output, y, len(rows)), ids=[""] * len(rows)
        )
