"""The JSON documents that commands print with --json, where no room of the package has the type already.

`fairlead schema COMMAND` derives its JSON Schema from these types; their docstrings are its descriptions.
"""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

import msgspec

from fairlead.batch.estimate import Estimate
from fairlead.errors import FieldError
from fairlead.fleet.summary import Fleet
from fairlead.gate.findings import Verdict
from fairlead.journal.records import Record
from fairlead.model.manifest import EngineName, Finding, Forced, Manifest, Metric
from fairlead.model.release import Release
from fairlead.model.signature import Scalar
from fairlead.monitoring.overview import Overview
from fairlead.monitoring.shadow import Shadowed
from fairlead.monitoring.tuning import Tuned
from fairlead.registry.retirements import Retirement
from fairlead.releases.facade import Status
from fairlead.releases.prune import Plan
from fairlead.releases.release import Released
from fairlead_cli.doctor.diagnosis import Diagnosis


class Failure(TypedDict):
    """The reason of a failure. `hint` says what to do next, `errors` name wrong rows, `findings` are the gate's."""

    code: str
    message: str
    hint: NotRequired[str]
    errors: NotRequired[list[FieldError]]
    findings: NotRequired[tuple[Finding, ...]]


class ErrorDocument(TypedDict):
    """The error document of every command."""

    error: Failure


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project that was written: its folder, and the names in it."""

    folder: str
    written: list[str]


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment that was added to a samconfig.toml; its stack has its name."""

    environment: str
    file: str


class LatestVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A model and its newest version; None if nothing under its name is a version."""

    model: str
    latest: int | None


class ListedVersion(TypedDict):
    """A version. `role` is live, previous or empty. One whose manifest is damaged has `error` in place of the facts."""

    version: int
    role: Literal["", "live", "previous"]
    retired: bool
    error: NotRequired[str]
    created: NotRequired[datetime]
    created_by: NotRequired[str]
    engine: NotRequired[EngineName]
    rows: NotRequired[dict[str, int]]
    metrics: NotRequired[dict[str, Metric]]
    forced: NotRequired[Forced | None]
    own_code: NotRequired[str | None]
    digest: NotRequired[str]


class PublishedVersion(Manifest, frozen=True, kw_only=True):
    """A version's manifest, and its digest."""

    digest: str


class ShownVersion(PublishedVersion, frozen=True, kw_only=True):
    """A version's manifest, its digest, and its retirement; None if it is not retired."""

    retired: Retirement | None


class ReportFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file that the report or the model card was written to; its SHA-256."""

    model: str
    version: int
    file: str
    sha256: str


class ApiPage(msgspec.Struct, frozen=True, kw_only=True):
    """The file that the API documentation was written to; the SHA-256 of the OpenAPI document in it."""

    model: str
    version: int
    file: str
    openapi_sha256: str


class ExportedFolder(msgspec.Struct, frozen=True, kw_only=True):
    """The folder that a version was exported to."""

    model: str
    version: int
    format: str
    folder: str


class WholeRecord(Record, frozen=True, kw_only=True, omit_defaults=False):
    """A record of the journal, with every member."""


class LabelledRecord(WholeRecord, frozen=True, kw_only=True):
    """A record of the journal; `record` is its label: its number, behind `retrain/` if that function wrote it."""

    record: str


class HistoryRecord(LabelledRecord, frozen=True, kw_only=True):
    """A labelled record; `forced` and `own_code` are of the version it names, None for none."""

    forced: Forced | None
    own_code: str | None


class JournalCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The number of the newest record, and what is wrong with the journal and the aliases: with --verify."""

    newest: int
    problems: list[str]


class WasLive(msgspec.Struct, frozen=True, kw_only=True):
    """The live release at a moment: `answered` is whether it was the model in question. `weights` are by release."""

    at: datetime
    answered: bool
    live: Release
    weights: dict[str, float]
    since: datetime
    record: WholeRecord


class Monitored(Overview, frozen=True, kw_only=True):
    """Quality, drift, alarms and journal of a model; `live` is None if another model is live."""

    # The overview pairs a record with its label.
    records: tuple[LabelledRecord, ...]  # type: ignore[assignment]


class CodeStorage(msgspec.Struct, frozen=True, kw_only=True):
    """Lambda's code storage of the account and region, in bytes."""

    used: int
    limit: int


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and whether it was carried out; `code_storage` is None if it could not be read."""

    applied: bool
    plan: Plan
    code_storage: CodeStorage | None


class Explained(TypedDict):
    """The reasons of a prediction: its output, the mean that contributions start from, and contributions by field."""

    output: Scalar
    base: float
    contributions: dict[str, float]
    standard_errors: NotRequired[dict[str, float]]


class Prediction(TypedDict):
    """The prediction of a row; the model's task says which members it has. `explanation` with --explain."""

    id: str
    value: NotRequired[float | dict[str, float]]
    label: NotRequired[Scalar]
    probabilities: NotRequired[dict[str, float]]
    score: NotRequired[float]
    explanation: NotRequired[Explained]


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The version and the releases that answered a file; `release` is the last one."""

    model: str
    version: int
    digest: str
    release: str
    releases: list[str]
    rows: int


class Predictions(Answered, frozen=True, kw_only=True):
    """Predictions in the file's order, and what answered."""

    predictions: list[Prediction]


class PredictionsFile(Answered, frozen=True, kw_only=True):
    """The file that --output wrote; `resumed_at` is the number of rows of the run that was continued."""

    resumed_at: int
    file: str


class JobResult(TypedDict):
    """A job that is done: `rows` = `answered` + `refused`, and the folder of its results.

    `longest` is the most lines of a refused CSV row; `missing_columns` are those of the signature that no input has.
    """

    job: str
    model: str
    version: int
    digest: str
    rows: int
    answered: int
    refused: int
    longest: int
    missing_columns: list[str]
    chunks: int
    results: str


class RefusedOutcome(TypedDict):
    """An outcome that was not counted: its row in the file, and why."""

    row: int
    prediction_id: str
    status: Literal["conflict", "invalid"]
    detail: NotRequired[str]


class ReportedOutcomes(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of outcomes that were sent, and of rows `without` one; `refused` are those that were not counted."""

    sent: int
    without: int
    recorded: int
    accepted: int
    duplicate: int
    conflict: int
    invalid: int
    refused: list[RefusedOutcome]


class Redriven(TypedDict):
    """Counts of dead letters: processed now, failed again, not begun, and what they held."""

    Redriven: int
    RedriveFailed: int
    Left: int
    Captured: int
    Duplicates: int
    Scored: int
    PoisonRecords: int
    FailedRetrainings: int


class RetrainedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The version that `retrain --local` published: rows learnt, rows judged, the version compared with, findings."""

    result: Literal["published"] = "published"
    model: str
    version: int
    digest: str
    champion: int
    learnt: int
    held_out: int
    created_by: str
    engine: EngineName
    next: str
    findings: tuple[Finding, ...]


class RetrainingStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The call of the retrain function that was started: its request id."""

    result: Literal["started"] = "started"
    function: str
    request: str


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of `fairlead doctor`; `ok` is whether the exit code is 0."""

    stack: str
    ok: bool
    checks: list[Diagnosis]


class CloudClock(msgspec.Struct, frozen=True, kw_only=True):
    """The time of the local cloud's clock, in seconds since 1970."""

    now: float


DOCUMENTS: dict[str, tuple[Any, ...]] = {
    "init": (Project,),
    "validate": (Verdict,),
    "publish": (PublishedVersion,),
    "versions": (list[LatestVersion], list[ListedVersion]),
    "show": (ShownVersion,),
    "report": (ReportFile,),
    "docs": (ApiPage,),
    "export": (ExportedFolder,),
    "shadow": (Shadowed,),
    "release": (Released, None),
    "tune": (Tuned,),
    "status": (Status,),
    "monitor": (Monitored,),
    "fleet": (Fleet,),
    "fleet add": (Environment,),
    "rollback": (Released,),
    "history": (list[HistoryRecord], JournalCheck),
    "who-was-live": (WasLive,),
    "retire": (Retirement,),
    "retrain": (RetrainedVersion, RetrainingStarted),
    "prune": (Pruned,),
    "predict": (Predictions, PredictionsFile),
    "batch": (JobResult, Estimate),
    "feedback": (ReportedOutcomes,),
    "redrive": (Redriven,),
    "doctor": (Examined,),
    "schema": (dict[str, Any],),
    "local advance": (CloudClock,),
    "error": (),
}
"""By command, what it can print if it succeeds; `error` is what each can print if it fails."""
