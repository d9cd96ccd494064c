"""Every error a person or a calling application can meet, grouped by what they can do about it.

Messages begin lower case, name the thing, end without a full stop; `hint` says what to do next.
Two modules print them: `fairlead_cli.errors` for operators, `fairlead.api.http` for HTTP callers.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

MOST_ROWS_NAMED = 8
"""Rows that one error names, where finding each costs calls of the estimator."""


def one_line(error: BaseException, limit: int = 300, *, named: bool = False) -> str:
    """Return an error's text on one line of at most `limit` characters, behind its type's name where `named`.

    An error without a text gives its type's name.
    """
    kind, text = type(error).__name__, " ".join(str(error).split())
    return (f"{kind}: {text}" if named and text else text or kind)[:limit]


class FairleadError(Exception):
    """The root: `code` is stable and machine-readable, `status` is the HTTP answer, `exit_code` the command line's."""

    code = "error"
    status = 500
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object: code, message, hint where there is one, and the facts of its class."""
        return {"code": self.code, "message": str(self)} | ({"hint": self.hint} if self.hint else {})


# --- the caller of the endpoint sent something wrong ------------------------------------------------


class FieldError(TypedDict):
    """One wrong value: zero-based `row`, `field` (empty for the row itself), what was expected and what came."""

    row: int
    field: str
    expected: str
    got: str


class RequestError(FairleadError):
    """The request cannot be answered as it stands; sending it again unchanged will not help."""

    code = "bad_request"
    status = 400


class NotJsonError(RequestError):
    """The body is not JSON."""

    code = "not_json"


class NoSuchPathError(RequestError):
    """Nothing answers at this method and path."""

    code = "not_found"
    status = 404


class NoSuchVersionError(RequestError):
    """The version asked for is not there, or no longer; `versions` are those that are, None where that is not known."""

    code = "no_such_version"
    status = 404

    def __init__(self, message: str, *, versions: Sequence[int] | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.versions = versions


class NotServedError(RequestError):
    """The version is there, but a pin cannot have it: `detail` says why."""

    code = "version_not_served"
    status = 409


class TooLargeError(RequestError):
    """The body, or the answer it asks for, is over the limit."""

    code = "too_large"
    status = 413


class MediaTypeError(RequestError):
    """The content type is not JSON."""

    code = "unsupported_media_type"
    status = 415


class RowsError(RequestError):
    """The body is JSON but its rows are not what they must be."""

    code = "invalid_rows"
    status = 422

    def __init__(self, message: str, *, errors: Sequence[FieldError] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object, with each wrong value."""
        return super().document() | {"errors": self.errors}


class InstancesError(RowsError):
    """The rows are not of this model's signature."""

    code = "invalid_instances"


class RowNotAnswerableError(RowsError):
    """Rows fit the signature, but the model has no answer to them: the estimator refuses them, or answers no number.

    An engine raises it for a batch: `positions` are those of the refused rows it knows, zero-based and ascending;
    `reason` completes "the model has no answer: …". `fields` names, by position, a field whose value is the cause and
    what came in it.
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


class OutcomesError(RowsError):
    """The rows are no outcomes."""

    code = "invalid_outcomes"


class UnavailableError(FairleadError):
    """Not now: the same request may be sent again after `retry_after` seconds."""

    code = "unavailable"
    status = 503

    def __init__(self, message: str, *, retry_after: int = 1, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class ModelUnavailableError(UnavailableError):
    """No model can answer now; `version` is set where it is not the live one."""

    code = "model_unavailable"

    def __init__(self, message: str, *, retry_after: int = 1, version: int | None = None, hint: str = "") -> None:
        super().__init__(message, retry_after=retry_after, hint=hint)
        self.version = version


class LedgerUnavailableError(UnavailableError):
    """Outcomes cannot be written now; those that were are known, so all of them may be sent again."""

    code = "ledger_unavailable"


class InternalError(FairleadError):
    """A defect of ours met this request; the log has the cause."""

    code = "internal"


# --- the publisher's material was refused -----------------------------------------------------------


class RefusedError(FairleadError):
    """Publishing was refused; nothing was written that counts as a version. `findings` are the checks behind it."""

    code = "refused"
    exit_code = 3

    def __init__(self, message: str, *, findings: Sequence[Any] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)

    def document(self) -> dict[str, Any]:
        """Return the error as a JSON object, with its findings."""
        return super().document() | ({"findings": self.findings} if self.findings else {})


class ModelFileError(RefusedError):
    """The model file cannot be trusted, read or used."""

    code = "model_file"


class DataError(RefusedError):
    """The rows do not fit: unreadable file, missing target, wrong columns."""

    code = "data"


class EngineError(RefusedError):
    """No engine serves this estimator with the same answers."""

    code = "engine"


# --- registry, releases, settings -------------------------------------------------------------------


class SettingsError(FairleadError):
    """A setting is missing or malformed."""

    code = "settings"
    exit_code = 2


class NotFoundError(FairleadError):
    """The registry or the stack has no such thing."""

    code = "not_found"
    status = 404
    exit_code = 6


class IntegrityError(FairleadError):
    """Bytes are not what their digest says: they are never used."""

    code = "integrity"
    status = 503


class SchemaError(FairleadError):
    """A manifest was written by a Fairlead this one does not understand."""

    code = "schema"
    status = 503


class StorageError(FairleadError):
    """The registry could not be reached or refused the call."""

    code = "storage"
    status = 503


class ReleaseError(FairleadError):
    """A release or rollback cannot go on; `live` stands where it stood unless the message says otherwise."""

    code = "release"
    exit_code = 4


class CallError(FairleadError):
    """The endpoint refused or failed a call; `problem` is the problem document that it answered, empty for none."""

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
