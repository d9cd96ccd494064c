"""Every error that operators, publishers or HTTP callers can get, grouped by the action that it asks for.

Messages begin in lower case, name the failing thing and end without a full stop; `hint` says what to do next.
Two modules print them: `fairlead_cli.errors` for operators, `fairlead.api.http` for HTTP callers.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict

PUBLISH_PACKAGES = frozenset(
    {"joblib", "numpy", "onnx", "onnxruntime", "pandas", "pyarrow", "scipy", "skl2onnx", "sklearn"}
)
"""The packages of the extra `publish`, by the names under which they are imported."""

MOST_ROWS_NAMED = 8
"""Rows that one error names at most: finding each costs calls of the estimator."""


def one_line(error: BaseException, limit: int = 300, *, named: bool = False) -> str:
    """Return an error's text on one line of at most `limit` characters; `named` puts its type's name in front.

    An error without text returns its type's name.
    """
    kind, text = type(error).__name__, " ".join(str(error).split())
    return (f"{kind}: {text}" if named and text else text or kind)[:limit]


class FairleadError(Exception):
    """The base class: `code` is stable and machine-readable, `status` the HTTP status, `exit_code` the command's."""

    code = "error"
    status = 500
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        if hint:
            self.add_note(f"hint: {hint}")

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython prints instead of a traceback."""
        return [f"error: {self}", *([f"hint: {self.hint}"] if self.hint else [])]

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object: code, message, hint if there is one, and the members of its class."""
        return {"code": self.code, "message": str(self)} | ({"hint": self.hint} if self.hint else {})


# --- the caller's request is invalid ----------------------------------------------------------------


class FieldError(TypedDict):
    """One wrong value: zero-based `row`, `field` (empty for the row itself), expected and received value as text."""

    row: int
    field: str
    expected: str
    got: str


class RequestError(FairleadError):
    """The request is invalid; the same request fails again."""

    code = "bad_request"
    status = 400


class NotJsonError(RequestError):
    """The body is not JSON."""

    code = "not_json"


class NoSuchPathError(RequestError):
    """There is no route for this method and path."""

    code = "not_found"
    status = 404


class NoSuchModelError(RequestError):
    """The path names a model that is not live."""

    code = "no_such_model"
    status = 404


class NoSuchVersionError(RequestError):
    """The version does not exist or is retired; `versions` are those that exist, None if they are not known."""

    code = "no_such_version"
    status = 404

    def __init__(self, message: str, *, versions: Sequence[int] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.versions = versions


class NotServedError(RequestError):
    """The version exists but cannot be pinned; the message says why."""

    code = "version_not_served"
    status = 409


class NotAcceptableError(RequestError):
    """No type that the Accept header names can be answered."""

    code = "not_acceptable"
    status = 406


class TooLargeError(RequestError):
    """The body, or the answer to it, exceeds the limit."""

    code = "too_large"
    status = 413


class MediaTypeError(RequestError):
    """The content type is not JSON."""

    code = "unsupported_media_type"
    status = 415


class RowsError(RequestError):
    """The body is JSON, but its rows are invalid; `errors` lists them."""

    code = "invalid_rows"
    status = 422

    def __init__(self, message: str, *, errors: Sequence[FieldError] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object, with each wrong value."""
        return super().document() | {"errors": self.errors}


class InstancesError(RowsError):
    """The rows do not match the model's signature."""

    code = "invalid_instances"


class RowNotAnswerableError(RowsError):
    """Rows match the signature, but the model has no answer: the estimator refuses them, or answers no finite number.

    An engine raises it for a batch: `positions` are the known refused rows, zero-based and ascending; `reason`
    completes "the model has no answer: …". `fields` maps a position to (field, received value) of the cause.
    """

    code = "row_not_answerable"

    def __init__(
        self, positions: Sequence[int], reason: str, *, fields: Mapping[int, tuple[str, str]] | None = None
    ) -> None:
        named = fields or {}
        errors = [
            _unanswerable(position, reason, *named.get(position, ("", ""))) for position in positions[:MOST_ROWS_NAMED]
        ]
        field = f", field {errors[0]['field']!r}" if errors[0]["field"] else ""
        more = f" (and {len(positions) - 1} more)" if len(positions) > 1 else ""
        super().__init__(f"row {positions[0]}{field}: the model has no answer: {reason}{more}", errors=errors)
        self.positions = tuple(positions)
        self.reason = reason


def _unanswerable(row: int, reason: str, field: str, got: str) -> FieldError:
    expected = "a value that the model can answer" if field else "a row that the model can answer"
    return FieldError(row=row, field=field, expected=expected, got=got or reason)


class NotExplainableError(RequestError):
    """The request asks for reasons that this version does not give; the message says why."""

    code = "not_explainable"
    status = 422


class OutcomesError(RowsError):
    """The rows are not outcomes."""

    code = "invalid_outcomes"


class UnavailableError(FairleadError):
    """A temporary failure: the same request may be sent again after `retry_after` seconds."""

    code = "unavailable"
    status = 503

    def __init__(self, message: str, *, retry_after: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ModelUnavailableError(UnavailableError):
    """No model can answer now; `version` is the pinned version, None for live."""

    code = "model_unavailable"

    def __init__(self, message: str, *, retry_after: int = 1, version: int | None = None, hint: str = "") -> None:
        super().__init__(message, retry_after=retry_after, hint=hint)
        self.version = version


class ExplanationUnavailableError(UnavailableError):
    """The version's explanation cannot be read now; predictions without reasons are answered."""

    code = "explanation_unavailable"


class LedgerUnavailableError(UnavailableError):
    """Outcomes cannot be written now; writing is idempotent, so the caller may send all of them again."""

    code = "ledger_unavailable"


class InternalError(FairleadError):
    """Fairlead failed on this request by a defect; the log has the traceback."""

    code = "internal"


class NotAdditiveError(InternalError):
    """An exact explanation does not add up to the prediction, so neither is answered."""

    code = "not_additive"


# --- the publisher's model or data was refused ------------------------------------------------------


class RefusedError(FairleadError):
    """Publishing was refused and no version was written; `findings` are the checks that refused."""

    code = "refused"
    exit_code = 3

    def __init__(self, message: str, *, findings: Sequence[Any] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object, with its findings."""
        return super().document() | ({"findings": self.findings} if self.findings else {})


class ModelFileError(RefusedError):
    """The model file is not safe, not readable, or not usable."""

    code = "model_file"


class ModelCodeError(RefusedError):
    """The package of own code cannot be part of a version, or cannot be imported."""

    code = "model_code"


class DataError(RefusedError):
    """The rows do not fit the model: unreadable file, missing target, wrong columns."""

    code = "data"


class EngineError(RefusedError):
    """No engine gives this estimator's answers."""

    code = "engine"


# --- registry, releases, settings -------------------------------------------------------------------


class SettingsError(FairleadError):
    """A setting is missing or malformed."""

    code = "settings"
    exit_code = 2


class MissingPackageError(SettingsError):
    """A package is not installed; the message has the command that installs it."""

    code = "missing_package"


@contextmanager
def naming_missing_packages() -> Iterator[None]:
    """Translate the import error of a package of the extra `publish` to MissingPackageError."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PUBLISH_PACKAGES:
            raise
        raise MissingPackageError(
            f"this needs {package}, which is not installed: pip install 'fairlead[publish]'"
        ) from error


class NotFoundError(FairleadError):
    """The named thing does not exist in the registry or in the stack."""

    code = "not_found"
    status = 404
    exit_code = 6


class IntegrityError(FairleadError):
    """Bytes do not match their digest; they are not used."""

    code = "integrity"
    status = 503


class SchemaError(FairleadError):
    """A stored document has a schema number that this Fairlead does not read."""

    code = "schema"
    status = 503


class StorageError(FairleadError):
    """An AWS service did not answer, or refused the call."""

    code = "storage"
    status = 503


class ReleaseError(FairleadError):
    """A release or rollback stopped; `live` is unchanged unless the message says otherwise."""

    code = "release"
    exit_code = 4


class CallError(FairleadError):
    """The endpoint refused a call or failed; `problem` is its problem document, empty for none."""

    code = "call"
    exit_code = 5

    def __init__(self, message: str, *, problem: Mapping[str, Any] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problem = problem or {}
        self.code = str(self.problem.get("code", CallError.code))
        self.errors: list[FieldError] = list(self.problem.get("errors") or ())

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object, with each wrong value."""
        return super().document() | ({"errors": self.errors} if self.errors else {})


class CallRowsError(CallError):
    """The endpoint refused rows; `errors` names row and field, the row counted from the first row of the table."""


class CallDeniedError(CallError):
    """The caller's AWS identity may not call this route; the hint names the identity and the policy it needs."""


class CallUnavailableError(CallError):
    """The endpoint was throttled, unavailable or silent until the deadline: the same call may succeed later."""
