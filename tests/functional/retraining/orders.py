"""Retraining orders in production of a penguins model, and their results."""

from typing import Any

import msgspec
import pytest

from fairlead.model.manifest import Blob, Manifest, encode
from fairlead.registry.store import Registry
from fairlead.retraining.retrain import Retrained, Retraining
from fairlead.retraining.types import RetrainingError, RetrainingOrder
from testkit.memory import Memory
from tests.production import (
    HOUR,
    NOW,
    Production,
)

DAY = 24 * HOUR


def order(**change: Any) -> RetrainingOrder:
    given: dict[str, Any] = {"model": "penguins", "now": NOW, "by": "arn:user/ada", "why": "accuracy fell"}
    return RetrainingOrder(**(given | change))


def retrained(registry: Registry, production: Production, **change: Any) -> Retrained:
    done = Retraining(registry, production.ledger).retrain(order(**change))
    assert isinstance(done, Retrained)
    return done


def refusal(registry: Registry, production: Production, **change: Any) -> RetrainingError:
    with pytest.raises(RetrainingError) as caught:
        Retraining(registry, production.ledger).retrain(order(**change))
    assert registry.versions("penguins") == [1]
    assert caught.value.hint
    return caught.value


def refusing(error: RetrainingError) -> list[str]:
    return [one.finding for one in error.findings if one.refuses]


def changed(registry: Registry, memory: Memory, **change: Any) -> None:
    """Version 1 as another publisher would have made it."""
    manifest = registry.manifest("penguins", 1)[0]
    memory.objects["models/penguins/versions/1.json"] = encode(msgspec.structs.replace(manifest, **change))


def without(manifest: Manifest, name: str) -> dict[str, Blob]:
    return {key: blob for key, blob in manifest.blobs.items() if key != name}
