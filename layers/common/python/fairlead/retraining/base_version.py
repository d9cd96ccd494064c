"""The version that a retraining starts from (the champion): its estimator, its training rows and its gate policy."""

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
"""The order of the split: the ledger's timestamp, not a column."""


class Champion:
    """One version of the registry, its manifest and blobs checked by digest.

    Raises RefusedError if it cannot be refitted, and IntegrityError if the manifest's digest is not `sha256`.
    """

    def __init__(self, registry: Registry, model: str, version: int, sha256: str) -> None:
        self._registry = registry
        self._manifest, _ = registry.manifest(model, version, sha256=sha256)
        self.signature = self._manifest.signature
        self.refit = unfitted(champion_estimator(registry, self._manifest), self._manifest)

    def training_rows(self, path: Path | None) -> TrainingRows:
        """Return its training rows, from a file or as published with it; raises RetrainingError, DataError."""
        if path is not None:
            return self._brought(path)
        blob = self._manifest.blobs.get(training_rows.BLOB)
        if blob is None:
            raise RetrainingError(
                f"version {self._manifest.version} was published without its training rows",
                hint="provide them with --local --train train.csv, or publish with --keep-training-rows in future",
            )
        try:
            return training_rows.decode(self._registry.blob(blob))
        except NotFoundError as error:
            raise RetrainingError(
                f"the training rows of version {self._manifest.version} were erased",
                hint="provide rows that may be used, with --local --train train.csv",
            ) from error

    def digests(self, rows: Sequence[Row]) -> Digests:
        """Return the digests of the rows' inputs."""
        if not rows:
            return np.zeros(0, dtype=np.uint64)
        return digests_of(self.signature, self.refit.frame(rows))

    def learnt(self, before: TrainingRows) -> Digests:
        """Return the digests of all rows that it was fitted on: from its manifest, and from the given rows."""
        listed = self._manifest.blobs.get("training_rows")
        known = np.zeros(0, dtype=np.uint64) if listed is None else unpack(self._registry.blob(listed))
        return np.concatenate([self.digests(before.rows), known])

    def policy(self) -> Policy:
        """Return its gate policy for its successor, with a split by time.

        The gate refuses held-out rows unlike the training rows, unless the split is by time: then inputs may drift.
        """
        blob = self._manifest.blobs.get("policy")
        policy = Policy() if blob is None else msgspec.json.decode(self._registry.blob(blob), type=Policy)
        inputs = {field.name for field in self.signature.inputs}
        group = (
            policy.split.group if policy.split.group in inputs else None
        )  # a column outside the signature is not captured
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
