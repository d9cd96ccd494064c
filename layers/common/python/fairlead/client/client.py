"""`Client`: a table in, predictions out."""

from collections.abc import Iterable, Iterator
from typing import Any

from fairlead.client.endpoint import DEADLINE, Answer, Endpoint
from fairlead.client.results import IDENTITY, Predictions
from fairlead.client.tables import instances, is_frame
from fairlead.errors import CallError, CallRowsError, DataError

PARALLEL = 4
MOST_STARTS = 3
ADDRESS = "is the address the stack's output ApiUrl?"


class Client:
    """Asks one endpoint, `url`, which is the stack's output ApiUrl: `Client("https://…/prod").predict(frame)`.

    Calls are signed with the credentials of `session`, a boto3 or botocore session; the default one reads the
    environment, AWS_PROFILE, SSO, roles, container and instance. A request has `deadline` seconds for its answer, all
    attempts together: throttled, unavailable and silent endpoints are asked again, after Retry-After and a random
    pause. A large table goes in several requests, at most `parallel` at a time. Threads may share a client.
    """

    def __init__(self, url: str, *, session: Any = None, deadline: float = DEADLINE, parallel: int = PARALLEL) -> None:
        self._endpoint = Endpoint(url, session=session, deadline=deadline, parallel=parallel)
        self._names: dict[int | None, list[str]] = {}

    def describe(self, version: int | None = None) -> dict[str, Any]:
        """Return the public part of the live version's manifest, or of version `version`: signature, metrics, limits.

        Raises CallError.
        """
        return self._endpoint.describe(version)

    def predict(self, rows: Any, *, version: int | None = None, explain: bool = False) -> Predictions:
        """Return predictions for a DataFrame (pandas, polars), an Arrow table, an array or a list of rows.

        Columns, or the keys of a row, are the model's fields; rows without names have the fields' order. NaN and None
        mean missing. One version answers all rows: the live one, or `version` where it is given. With `explain` the
        reasons of each prediction come too, as `explanations`.

        Raises DataError for rows that JSON cannot represent, CallRowsError for rows that the model refuses, naming row
        and field, CallDeniedError, CallUnavailableError at the deadline, else CallError; SettingsError without
        credentials.
        """
        if isinstance(rows, Iterator):
            rows = list(rows)
        pinned = version
        for _ in range(MOST_STARTS):
            try:
                answers, pinned = self._answers(rows, pinned, explain=explain)
            except CallError as error:
                older = older_version(error, pinned) if version is None and pinned else None
                if older is None:
                    raise
                pinned = older
            else:
                if answers:
                    return Predictions(answers, index=rows.index if is_frame(rows) else None)
        raise CallError(f"the live release changed {MOST_STARTS} times meanwhile", hint="ask again, or pin a version")

    def feedback(
        self, ids: Iterable[str], actual: Iterable[Any], *, comments: Iterable[str | None] | None = None
    ) -> list[dict[str, Any]]:
        """Report the outcomes of predictions by their ids; return one result per outcome, in order.

        An outcome is a label, a number, or numbers by name for several targets. A result has `prediction_id`, `status`
        (recorded, accepted, duplicate, conflict or invalid) and, for the last, `detail`. The call is idempotent.

        Raises CallRowsError for malformed outcomes, naming the row, ValueError for lists of different lengths, and what
        `predict` raises.
        """
        outcomes = [{"prediction_id": one, "actual": outcome} for one, outcome in zip(ids, actual, strict=True)]
        if comments is not None:
            said = [{"comment": comment} if comment else {} for comment in comments]
            outcomes = [outcome | comment for outcome, comment in zip(outcomes, said, strict=True)]
        return [result for answer in self._endpoint.report(outcomes) for result in answer["results"]]

    def _answers(self, rows: Any, version: int | None, *, explain: bool) -> tuple[list[Answer], int | None]:
        """Return the answers, all of one version; none, and the older version to pin, where two versions answered.

        That happens while a release replaces the live one. Another model has versions of its own: none to pin.
        """
        answers: list[Answer] = []
        try:
            sent = instances(rows, lambda: self._fields(version))
            for answer in self._endpoint.predict(sent, version=version, explain=explain):
                if not _is_answer(answer):
                    raise CallError("the answer has no predictions", hint=ADDRESS)
                answers.append(answer)
                if any(answer[fact] != answers[0][fact] for fact in IDENTITY):
                    one_model = answer["model"] == answers[0]["model"]
                    return [], min(answer["version"], answers[0]["version"]) if one_model else None
        except CallRowsError:
            self._names.pop(version, None)  # another version may be live now
            raise
        if not answers:
            raise DataError("there are no rows to predict")
        return answers, version

    def _fields(self, version: int | None) -> list[str]:
        """Return the model's field names in order, read once."""
        if version not in self._names:
            try:
                self._names[version] = [field["name"] for field in self.describe(version)["signature"]["inputs"]]
            except (KeyError, TypeError) as error:
                raise CallError("the answer has no signature", hint=ADDRESS) from error
        return self._names[version]


def _is_answer(answer: Answer) -> bool:
    """Return whether a response is the endpoint's: an identity, and an id in each prediction."""
    return (
        answer.keys() >= {*IDENTITY, "release", "predictions"}
        and type(answer["version"]) is int
        and all(isinstance(one, dict) and "id" in one for one in answer["predictions"])
    )


def older_version(error: CallError, pinned: int) -> int | None:
    """Return the version to start again with where a release answered that it does not know the pinned one."""
    if error.code != "no_such_version":
        return None
    listed = error.problem.get("versions")
    known = [one for one in listed if type(one) is int and one < pinned] if isinstance(listed, list) else []
    return max(known, default=None)
