"""The memory size that the live version needs: its own golden rows, sent to it as a caller sends them."""

from itertools import cycle, islice

import msgspec

from fairlead.api import predictions
from fairlead.aws.lambda_function import Configuration
from fairlead.aws.release_client import ReleaseClient, ReleaseReply
from fairlead.errors import ReleaseError
from fairlead.model.digest import unprefixed
from fairlead.model.golden import Golden
from fairlead.model.release import Release
from fairlead.monitoring.memory_steps import MemoryStep, recommended, share, steps
from fairlead.registry.store import Registry


class Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """The measured release, and every memory size with times and costs.

    `memory` is the release's size, `used_mb` the most that a call used, both in MB. `measured_share` is the share of
    a vCPU with which the calls were measured. `recommended` is a size in MB, None if none fits.
    """

    release: Release
    rows: int
    calls: int
    memory: int
    used_mb: int
    architecture: str
    measured_share: float
    steps: tuple[MemoryStep, ...]
    recommended: int | None


def tuned(
    registry: Registry,
    release: Release,
    configuration: Configuration,
    client: ReleaseClient,
    *,
    rows: int,
    calls: int,
    slowest_ms: float,
    whole_core: bool,
) -> Tuned:
    """Call a release `calls` times with `rows` of its golden rows; return time and cost by memory size.

    With `whole_core` the function has a whole core whatever its memory is, as in the local cloud. Raises ReleaseError
    if the release does not answer, or if its log has no report.
    """
    body = _body(registry, release, rows)
    client.post("/predict", body)  # the first call may start a process
    replies = [_answered(client.post("/predict", body)) for _ in range(calls)]
    memory = int(configuration.shape["MemorySize"])
    measured = 1.0 if whole_core else share(memory)
    used = max(reply.memory_mb or 0 for reply in replies)
    architecture = str(configuration.shape.get("Architectures", ["x86_64"])[0])
    found = steps(
        [reply.duration_ms or 0.0 for reply in replies],
        measured_share=measured,
        used_mb=used,
        slowest_ms=slowest_ms,
        architecture=architecture,
    )
    best = recommended(found)
    return Tuned(
        release=release,
        rows=rows,
        calls=calls,
        memory=memory,
        used_mb=used,
        architecture=architecture,
        measured_share=measured,
        steps=found,
        recommended=best.memory if best else None,
    )


def _body(registry: Registry, release: Release, rows: int) -> bytes:
    facts, _ = registry.manifest(release.model or "", release.version, sha256=unprefixed(release.digest))
    golden = msgspec.json.decode(registry.blob(facts.blobs["golden"]), type=Golden)
    chosen = list(islice(cycle(golden.rows), rows))
    return msgspec.json.encode({"instances": predictions.instances(facts.signature, chosen)})


def _answered(reply: ReleaseReply) -> ReleaseReply:
    if reply.status != 200:
        raise ReleaseError(f"the release refuses its own golden rows: {reply.problem}")
    if reply.duration_ms is None:
        raise ReleaseError("the calls' log has no report", hint="set the function's system log level to INFO")
    return reply
