"""Typed errors from the endpoint's answers."""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from fairlead.errors import (
    CallDeniedError,
    CallError,
    CallRowsError,
    CallUnavailableError,
    FairleadError,
    FieldError,
    SettingsError,
)

TEMPORARY = frozenset({429, 502, 503, 504})
CREDENTIALS = {
    "InvalidSignatureException": "the secret access key does not belong to the access key, or this clock is wrong: "
    "`aws sts get-caller-identity` shows which",
    "UnrecognizedClientException": "AWS knows no such access key here: `aws sts get-caller-identity` shows whose "
    "credentials are used; the local cloud makes new ones at each start, so `source .fairlead/local.env` again",
    "ExpiredTokenException": "the session token has expired: sign in again (`aws sso login`)",
    "MissingAuthenticationTokenException": "API Gateway knows no such path: the address must be the stack's "
    "output ApiUrl, with the stage",
}
"""Hints by API Gateway's x-amzn-ErrorType, for refusals that no IAM policy can fix."""


class Reply(msgspec.Struct, frozen=True):
    """A response of the endpoint, whole."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    def problem(self) -> dict[str, Any]:
        """Return the problem document; a body of another kind is its `detail`."""
        try:
            return msgspec.json.decode(self.data, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {"detail": self.data[:200].decode(errors="replace")} if self.data else {}

    def is_temporary(self) -> bool:
        """Return whether a later attempt may succeed.

        API Gateway answers 500 where Lambda throttled the function: then it asks to come back, or names no Fairlead
        code.
        """
        if self.status == 500:
            return "Retry-After" in self.headers or "code" not in self.problem()
        return self.status in TEMPORARY

    def retry_after(self) -> float:
        """Return the seconds that the endpoint, or a proxy before it, asks to wait; 0 where it does not say.

        Seconds or a date: RFC 9110, section 10.2.3.
        """
        asked = self.headers.get("Retry-After", "")
        if asked.isdecimal():
            return float(asked)
        try:
            return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
        except (ValueError, OverflowError):
            return 0.0


def refusal(reply: Reply, what: str, *, first_row: int, who: Callable[[], str]) -> FairleadError:
    """Return the error for a reply that is no answer to `what` (method and URL); `who` finds the caller's ARN."""
    problem = reply.problem()
    detail = str(problem.get("detail") or problem.get("message") or problem.get("Message") or "no reason given")
    detail = detail.partition("\n")[0].strip()  # API Gateway appends the canonical request to it
    kind = reply.headers.get("x-amzn-ErrorType", "").partition(":")[0]
    if kind in CREDENTIALS:
        return SettingsError(f"{what} refused your credentials: {detail}", hint=CREDENTIALS[kind])
    hint = str(problem.get("hint", ""))
    if reply.status == 422:
        return _rows_refused(problem, what, detail, hint=hint, first_row=first_row)
    said = f"{what} answered {reply.status}: {detail}"
    if reply.status in (401, 403):
        policy = "FeedbackPolicyArn" if what.endswith("/feedback") else "CallerPolicyArn"
        hint = f"you are {who()}: it needs the policy in the stack's output {policy}"
        return CallDeniedError(said, problem=problem, hint=hint)
    return (CallUnavailableError if reply.is_temporary() else CallError)(said, problem=problem, hint=hint)


def _named_errors(problem: dict[str, Any]) -> list[FieldError]:
    """Return the wrong values that a problem names; none where another server made it."""
    try:
        return msgspec.convert(problem.get("errors") or [], list[FieldError])
    except msgspec.ValidationError:
        return []


def _rows_refused(problem: dict[str, Any], what: str, detail: str, *, hint: str, first_row: int) -> CallRowsError:
    """Count rows from the caller's first: the endpoint knows only those of one request."""
    named = _named_errors(problem)
    errors: list[FieldError] = [wrong | {"row": wrong["row"] + first_row} for wrong in named]
    if errors:
        first, more = errors[0], f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        where = f"row {first['row']}" + (f", field {first['field']!r}" if first["field"] else "")
        detail = f"{where}: expected {first['expected']}, got {first['got']}{more}"
    return CallRowsError(f"{what} answered 422: {detail}", problem=problem | {"errors": errors}, hint=hint)
