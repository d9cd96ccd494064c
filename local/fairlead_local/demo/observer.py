"""The overview of `fairlead monitor` at the cloud's time, and the versions that retraining published."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from fairlead.aws.cloudwatch_alarms import Alarms
from fairlead.aws.s3 import S3Objects
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.journal.journal import Journal
from fairlead.model.manifest import Manifest
from fairlead.monitoring import ViewReader
from fairlead.monitoring.overview import Overview, read_overview
from fairlead.registry.store import Registry
from fairlead_local.cloud import LocalCloud

HOURS = 8
FRESH = 5.0
"""Seconds of real time for which an overview is recent."""


class Observer:
    """Observes one model of one stack; thread-safe."""

    def __init__(self, cloud: LocalCloud, *, stack: str, model: str, outputs: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._stack = stack
        self._model = model
        objects = S3Objects(cloud.client("s3"), outputs["BucketName"])
        self.registry = Registry(objects)
        self._objects = objects
        self._ledger = LedgerReader(cloud.client("dynamodb"), outputs["LedgerTable"])
        self._view_reader = ViewReader(self._ledger, self.registry)
        self._journal = self.journal()
        self._alarms = Alarms(cloud.client("cloudwatch"))
        self._lock = threading.Lock()
        self._last: tuple[float, Overview] | None = None

    def now(self) -> datetime:
        """Return the cloud's time."""
        return datetime.fromtimestamp(self._cloud.now(), UTC)

    def journal(self) -> Journal:
        """Return a journal reader with a position of its own."""
        return Journal(self._objects, self._stack)

    def overview(self) -> Overview:
        """Return the overview at the cloud's time; raises FairleadError."""
        with self._lock:
            return self._read()

    def recent(self) -> Overview:
        """Return the last overview, or a new one if it is too old; raises FairleadError."""
        with self._lock:
            seen, found = self._last or (0.0, None)
            return found if found and time.monotonic() - seen < FRESH else self._read()

    def _read(self) -> Overview:
        found = read_overview(
            self._model,
            self.now(),
            HOURS,
            registry=self.registry,
            ledger=self._ledger,
            journal=self._journal,
            alarms=self._alarms.of_stack(self._stack),
            view_reader=self._view_reader,
        )
        self._last = (time.monotonic(), found)
        return found

    def retrained(self, after: int) -> Manifest | None:
        """Return the first later version that the stack's own retraining published."""
        newer = [version for version in self.registry.versions(self._model) if version > after]
        made = (self.registry.manifest(self._model, version)[0] for version in newer)
        return next((one for one in made if f":function:{self._stack}-retrain" in one.created_by), None)
