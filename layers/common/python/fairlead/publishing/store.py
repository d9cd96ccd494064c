"""Store a proved candidate: blobs first, the manifest last. An interrupted process leaves no version."""

import subprocess
from datetime import UTC, datetime

import msgspec

from fairlead.api import openapi
from fairlead.api.response_size import most_rows
from fairlead.engines.model_code.package import encode as encode_package
from fairlead.model import baseline, explanation
from fairlead.model.baseline import Baseline
from fairlead.model.manifest import CODE, SCHEMA, Blob, Forced, Manifest, Metric, Parent, decode, encode
from fairlead.publishing import report
from fairlead.publishing.baseline import baseline_of, with_importances
from fairlead.publishing.cluster_metric import adjusted_rand
from fairlead.publishing.environment import environment
from fairlead.publishing.evidence import pack
from fairlead.publishing.input import training_rows
from fairlead.publishing.input.estimator_checks import libraries
from fairlead.publishing.input.inputs import Progress, PublishInputs
from fairlead.publishing.prove import Proved
from fairlead.publishing.report import ReportFacts, model_card
from fairlead.registry.store import Registry


class Published(msgspec.Struct, frozen=True):
    """A new version: its manifest, and the manifest's SHA-256 as 64 hexadecimal digits."""

    manifest: Manifest
    sha256: str

    @property
    def version(self) -> int:
        """The number of the version."""
        return self.manifest.version


def store(
    name: str,
    inputs: PublishInputs,
    proved: Proved,
    *,
    forced: Forced | None,
    registry: Registry,
    by: str,
    progress: Progress,
) -> Published:
    """Store a proved candidate as the next version of model `name`."""
    evidence, choice = proved.evidence, proved.choice
    reference = baseline_of(choice.signature, evidence.held_out, evidence.predicted)
    observed = report.gather(evidence, reference, choice.serving, proved.explanation.explainer, progress=progress)
    if observed.importances:
        reference = with_importances(reference, {one.name: one.mean for one in observed.importances.inputs})
    progress("storing blobs")
    blobs = {key: registry.put_blob(content) for key, content in _contents(inputs, proved, reference).items()}

    def build(version: int, parent: Parent | None) -> Manifest:
        draft = _manifest(name, version, parent, inputs, proved, blobs=blobs, forced=forced, by=by)
        facts = ReportFacts(
            manifest=draft, verdict=proved.verdict, baseline=reference, observed=observed, forced=forced
        )
        pages = {
            "report": report.render(facts).encode(),
            "card": model_card.render(facts).encode(),
            "openapi": _openapi(draft, proved),
        }
        written = {key: registry.put_blob(page) for key, page in pages.items()}
        made = msgspec.structs.replace(draft, blobs=blobs | written)
        decode(encode(made))  # an unreadable manifest would block every later version of the model
        return made

    progress("writing report and manifest")
    return Published(*registry.commit(name, build))


def _openapi(draft: Manifest, proved: Proved) -> bytes:
    facts = {"model": draft.model, "version": draft.version, "explanation": draft.explanation}
    made = openapi.document(draft.signature, facts, proved.golden, most_rows=most_rows(draft.signature))
    return msgspec.json.encode(made)


def _contents(inputs: PublishInputs, proved: Proved, reference: Baseline) -> dict[str, bytes]:
    contents = {
        "estimator": proved.data,
        "golden": msgspec.json.encode(proved.golden),
        "baseline": baseline.encode(reference),
        "policy": proved.policy.canonical(),
        proved.choice.engine.blob: proved.choice.blob,  # the blob that was proved serves
    }
    if proved.explanation.blob is not None:
        contents[explanation.BLOB] = explanation.encode(proved.explanation.blob)
    if inputs.code:
        contents[CODE] = encode_package(inputs.code.package)
    learnt = proved.evidence.training
    if learnt is not None and learnt.digests is not None:
        contents["training_rows"] = pack(learnt.digests)
    if inputs.keep:
        contents[training_rows.BLOB] = training_rows.training_blob(inputs, proved.choice.signature)
    return contents


def _manifest(
    name: str,
    version: int,
    parent: Parent | None,
    inputs: PublishInputs,
    proved: Proved,
    *,
    blobs: dict[str, Blob],
    forced: Forced | None,
    by: str,
) -> Manifest:
    choice, evidence, verdict = proved.choice, proved.evidence, proved.verdict
    rows = {"held_out": evidence.held_out.count}
    if evidence.training is not None:
        rows["train"] = evidence.training.count
    return Manifest(
        schema=SCHEMA,
        model=name,
        version=version,
        created=datetime.now(UTC),
        created_by=by,
        git_commit=_git_commit(),
        parent=parent,
        signature=choice.signature,
        engine=choice.engine,
        parity=choice.parity,
        metrics=_metrics(inputs, proved),
        rows=rows,
        blobs=blobs,
        environment=environment(libraries(inputs.estimator)),
        recipe=proved.recipe,
        findings=verdict.findings,
        policy=verdict.policy,
        forced=forced,
        champion=None if evidence.champion is None else evidence.champion.version,
        walls=inputs.walls,
        source=inputs.source,
        explanation=proved.explanation.facts,
        package=inputs.code.package.name if inputs.code else "",
    )


def _metrics(inputs: PublishInputs, proved: Proved) -> dict[str, Metric]:
    """Return the gate's metrics. A clustering has none there: its labels are compared with the target, if given."""
    if proved.choice.signature.output.task != "clustering" or inputs.y is None:
        return proved.verdict.metrics
    return {"adjusted_rand": adjusted_rand(inputs.y, proved.evidence.predicted.labels)}


def _git_commit() -> str | None:
    """Return the current commit of the working folder, None outside a repository."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S607 - the user's own git
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
