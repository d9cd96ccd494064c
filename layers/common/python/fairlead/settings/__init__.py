"""Settings, read from environment variables once at an edge and passed on; no other module reads os.environ."""

from fairlead.settings.automation import Releasing, Responding, Retraining, releasing, responding, retraining
from fairlead.settings.batch import Batch, batch
from fairlead.settings.feedback import Collecting, Keeping, Monitoring, collecting, keeping, monitoring, redriving
from fairlead.settings.releases import (
    Moving,
    Operator,
    Recording,
    Verifying,
    moving,
    operator,
    recording,
    stack,
    verifying,
)
from fairlead.settings.serving import ALLOW_CODE, DEFAULT_MEMORY, Serving, bucket, serving

__all__ = [
    "ALLOW_CODE",
    "DEFAULT_MEMORY",
    "Batch",
    "Collecting",
    "Keeping",
    "Monitoring",
    "Moving",
    "Operator",
    "Recording",
    "Releasing",
    "Responding",
    "Retraining",
    "Serving",
    "Verifying",
    "batch",
    "bucket",
    "collecting",
    "keeping",
    "monitoring",
    "moving",
    "operator",
    "recording",
    "redriving",
    "releasing",
    "responding",
    "retraining",
    "serving",
    "stack",
    "verifying",
]
