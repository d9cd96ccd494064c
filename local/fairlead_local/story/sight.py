"""What the story sees: the same overview as `fairlead monitor`, at the cloud's time, and what retraining made."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fairlead.alarms import Alarms
from fairlead.journal import Journal
from fairlead.ledger.reading import LedgerReader
from fairlead.manifest import Manifest
from fairlead.monitoring.overview import Overview, look
from fairlead.objects import S3Objects
from fairlead.registry import Registry
from fairlead_local.cloud import LocalCloud

HOURS = 8


class Sight:
    """One model of one stack on a cloud; methods may be called by several threads."""

    def __init__(self, cloud: LocalCloud, *, stack: str, model: str, outputs: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._stack = stack
        self._model = model
        objects = S3Objects(cloud.client("s3"), outputs["BucketName"])
        self.registry = Registry(objects)
        self._objects = objects
        self._ledger = LedgerReader(cloud.client("dynamodb"), outputs["LedgerTable"])
        self._alarms = Alarms(cloud.client("cloudwatch"))

    def now(self) -> datetime:
        """The cloud's time."""
        return datetime.fromtimestamp(self._cloud.now(), UTC)

    def journal(self) -> Journal:
        """A reader of the journal of one's own: it remembers what it read."""
        return Journal(self._objects)

    def overview(self) -> Overview:
        """What `fairlead monitor` would show at the cloud's time; raises FairleadError."""
        return look(
            self._model,
            self.now(),
            HOURS,
            registry=self.registry,
            ledger=self._ledger,
            journal=self.journal(),
            alarms=self._alarms.named(f"{self._stack}-"),
        )

    def retrained(self, after: int) -> Manifest | None:
        """The first version after this one that the stack's own retraining made."""
        newer = [version for version in self.registry.versions(self._model) if version > after]
        made = (self.registry.manifest(self._model, version)[0] for version in newer)
        return next((one for one in made if f":function:{self._stack}-retrain" in one.created_by), None)
