"""A release on trial: predict's own handler with real models, right and wrong in every way that a check is for."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.release_client import ReleaseClient
from fairlead.errors import EngineError
from fairlead.journal.records import Described
from fairlead.model import manifest
from fairlead.model.digest import sha256_of
from fairlead.model.manifest import Finding
from fairlead.publishing.publish import Published, publish
from fairlead.verification.trial import latency_check
from fairlead.verification.trial.trial import Budget, Trial
from testkit import penguins
from tests.functional.conftest import Load, Store, make_store
from tests.functional.releases_here import FUNCTION, Answer, Release, ReleasesHere, edited

CHECKS = ["release", "manifest", "contents", "identity", "golden rows", "latency", "cold start", "compatibility"]


@pytest.fixture(scope="session")
def breaking(shelf: Store, again: Published) -> Published:
    """The version after that, which no longer takes `year`, as was asked for."""
    return without_year(shelf)


def without_year(store: Store) -> Published:
    train, held_out = (part.drop(columns="year") for part in penguins.split())
    estimator = penguins.unfitted().fit(train.drop(columns=penguins.TARGET), train[penguins.TARGET])
    return publish(
        estimator,
        name="penguins",
        X=held_out.drop(columns=penguins.TARGET),
        y=held_out[penguins.TARGET],
        registry=store.registry,
        allow_breaking=True,
    )


@pytest.fixture
def here(load_app: Load) -> ReleasesHere:
    return ReleasesHere(load_app)


def tried(
    here: ReleasesHere,
    store: Store,
    published: Published,
    *,
    after: str = "1",
    target: str = "8",
    budget: Budget | None = None,
) -> dict[str, Finding]:
    """The findings of a trial, by check."""
    facts = published.manifest
    described = Described(model=facts.model, version=facts.version, target=target, after=after)
    trial = Trial(
        described,
        PredictFunction(here.client, FUNCTION),
        ReleaseClient(here.client, FUNCTION, target),
        store.registry,
        budget or Budget(latency_ms=250, cold_start_ms=2000),
        sleep=lambda _: None,
    )
    findings = list(trial.findings())
    assert len({finding.check for finding in findings}) == len(findings)
    return {finding.check: finding for finding in findings}


def refused(findings: dict[str, Finding]) -> list[str]:
    return [check for check, finding in findings.items() if finding.refuses]


@pytest.fixture
def release(here: ReleasesHere, shelf: Store, published: Published, again: Published) -> Release:
    """Release 8 of version 2; 7 of version 1 and 1 without a model are there too."""
    here.publish("1", shelf.env)
    here.publish("7", shelf.released(published))
    return here.publish("8", shelf.released(again))


def test_a_good_release_passes_every_check_and_is_only_read_and_called(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    findings = tried(here, shelf, again, after="7")
    assert list(findings) == CHECKS
    assert {finding.verdict for finding in findings.values()} == {"pass"}
    assert findings["golden rows"].figures["rows"] > 10
    assert findings["golden rows"].figures["differing"] == 0
    assert (findings["latency"].figure, findings["cold start"].figure) == ("3.0 ms", "400 ms")
    assert findings["compatibility"].figures["rows"] > 10
    assert set(here.operations) == {"GetFunctionConfiguration", "Invoke"}
    assert here.releases["7"].calls == []  # callers are on it


def flip(body: Answer) -> None:
    body["predictions"][4]["label"] = "Gentoo" if body["predictions"][4]["label"] != "Gentoo" else "Adelie"


def nudge(by: float) -> Callable[[Answer], None]:
    def change(body: Answer) -> None:
        body["predictions"][0]["probabilities"]["Adelie"] += by

    return change


def test_one_wrong_answer_refuses_the_release_and_names_the_row(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    def change(body: Answer) -> None:
        if len(body["predictions"]) > 4:
            flip(body)

    release.answers["/predict"] = edited(change)
    findings = tried(here, shelf, again)
    assert refused(findings) == ["golden rows"]
    assert findings["golden rows"].figure.startswith("1 of ")
    assert findings["golden rows"].detail.startswith("row 4: expected ")
    assert list(findings) == CHECKS


@pytest.mark.parametrize(("by", "refuses"), [(1e-6, []), (1e-3, ["golden rows"])])
def test_figures_may_differ_by_another_processors_rounding(
    here: ReleasesHere, release: Release, shelf: Store, again: Published, by: float, refuses: list[str]
) -> None:
    release.answers["/predict"] = edited(nudge(by))
    assert refused(tried(here, shelf, again)) == refuses


@pytest.mark.parametrize(
    ("member", "value"),
    [("digest", "sha256:" + "0" * 64), ("version", 1), ("model", "owls"), ("release", "7")],
)
@pytest.mark.parametrize(("path", "check"), [("/health", "identity"), ("/predict", "golden rows")])
def test_an_answer_of_another_release_fails_its_check(
    here: ReleasesHere,
    release: Release,
    shelf: Store,
    again: Published,
    member: str,
    value: Any,
    path: str,
    check: str,
) -> None:
    release.answers[path] = edited(lambda body: body.update({member: value}))
    findings = tried(here, shelf, again)
    assert refused(findings) == [check]
    assert "was invoked, but release" in findings[check].finding
    assert (list(findings)[-1] == check) == (
        path == "/health"
    )  # a release with another identity is not checked further


def failing(status: int) -> Callable[[Answer], Answer]:
    return lambda answer: {**answer, "statusCode": status, "body": json.dumps({"detail": "broken", "code": "internal"})}


@pytest.mark.parametrize("status", [500, 503, 422, 302])
def test_any_other_status_than_200_refuses_the_release(
    here: ReleasesHere, release: Release, shelf: Store, again: Published, status: int
) -> None:
    release.answers["/predict"] = failing(status)
    findings = tried(here, shelf, again, after="7")
    assert refused(findings) == ["golden rows", "latency", "compatibility"]
    assert f"HTTP {status} internal: broken" in findings["golden rows"].finding


def test_a_release_that_cannot_load_its_model_is_asked_again_and_then_refused(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    release.answers["/health"] = failing(503)
    findings = tried(here, shelf, again)
    assert refused(findings) == ["identity"]
    assert list(findings)[-1] == "identity"
    assert release.calls == ["GET /health"] * 3


def test_a_release_that_loads_at_the_second_try_passes(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    def first_fails(answer: Answer) -> Answer:
        return failing(503)(answer) if release.calls.count("GET /health") == 1 else answer

    release.answers["/health"] = first_fails
    assert refused(tried(here, shelf, again)) == []


def test_crash_refuses_the_release_with_the_runtimes_error(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    release.fault = "RequestId: 1 Error: Runtime exited with error: signal: killed"
    findings = tried(here, shelf, again)
    assert refused(findings) == ["identity"]
    assert "Runtime.ExitError: RequestId: 1" in findings["identity"].finding
    assert release.calls == ["GET /health"]


def test_a_release_that_stops_answering_is_not_asked_on(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    def hang(answer: Answer) -> Answer:
        release.hangs = True
        return answer

    release.answers["/model"] = hang
    findings = tried(here, shelf, again)
    assert refused(findings) == ["golden rows"]
    assert list(findings)[-1] == "golden rows"
    assert "Read timeout" in findings["golden rows"].finding


def test_a_slow_release_is_refused(here: ReleasesHere, release: Release, shelf: Store, again: Published) -> None:
    release.duration_ms = 251.0
    findings = tried(here, shelf, again)
    assert refused(findings) == ["latency"]
    assert (findings["latency"].figure, findings["latency"].threshold) == ("251.0 ms", "at most 250 ms")


def test_without_the_runtimes_report_the_round_trip_counts(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    """Calls take 20 ms here, whatever the report would have said."""
    here.reports = False
    findings = tried(here, shelf, again, budget=Budget(latency_ms=19, cold_start_ms=2000))
    assert refused(findings) == ["latency"]
    assert findings["latency"].detail.endswith("with the round trip")


def test_a_cold_start_over_its_budget_refuses_the_release(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    release.init_ms = 2001.0
    findings = tried(here, shelf, again)
    assert refused(findings) == ["cold start"]
    assert findings["cold start"].figure == "2001 ms"


def told(release: Release, start: object) -> None:
    """Let a warm environment say how long its own start took."""
    release.environments = 1
    release.answers["/health"] = edited(lambda body: body.update(start_ms=start))


@pytest.mark.parametrize(("start", "verdict"), [(431.5, "pass"), (2000, "pass"), (2000.1, "fail")])
def test_a_warm_environment_says_how_long_its_own_start_took_and_none_is_forced(
    here: ReleasesHere, release: Release, shelf: Store, again: Published, start: float, verdict: str
) -> None:
    """Calls at once would take environments from callers, of whom an account may have ten."""
    told(release, start)
    finding = tried(here, shelf, again)["cold start"]
    assert (finding.verdict, finding.figures["milliseconds"]) == (verdict, start)
    assert finding.detail == "reported by the environment itself"
    assert release.most_busy == release.environments == 1


def test_a_start_in_the_platform_report_wins_over_start_ms(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    told(release, 9_999.0)
    release.environments = 0
    assert tried(here, shelf, again)["cold start"].figures["milliseconds"] == 400


@pytest.mark.parametrize("start", [None, "long"])
def test_a_start_that_cannot_be_seen_is_said_and_refuses_nothing(
    here: ReleasesHere, release: Release, shelf: Store, again: Published, start: object
) -> None:
    told(release, start)
    findings = tried(here, shelf, again)
    assert refused(findings) == []
    assert findings["cold start"].verdict == "inconclusive"


def broken_store(s3_url: str) -> tuple[Store, Published]:
    store = make_store(s3_url)
    return store, penguins.publish(store.registry)


@pytest.mark.parametrize("damage", ["deleted", "edited"])
@pytest.mark.parametrize(("what", "check"), [("manifest", "manifest"), ("golden", "contents"), ("onnx", "contents")])
def test_frozen_digest_must_match_the_registry(
    here: ReleasesHere, s3_url: str, what: str, check: str, damage: str
) -> None:
    """The release answers well all the while: it loaded before."""
    store, published = broken_store(s3_url)
    here.publish("1", store.env)
    here.publish("8", store.released(published))
    key = "models/penguins/versions/1.json"
    if what != "manifest":
        key = f"blobs/sha256/{published.manifest.blobs[what].sha256}"
    where = {"Bucket": store.env["FAIRLEAD_BUCKET"], "Key": key}
    data = store.client.get_object(**where)["Body"].read()
    if damage == "deleted":
        store.client.delete_object(**where)
    else:
        store.client.put_object(**where, Body=data.replace(b"Adelie", b"Gentoo") + b" ")
    findings = tried(here, store, published)
    assert refused(findings) == [check]
    assert list(findings)[-1] == check
    assert here.releases["8"].calls == []


@pytest.mark.parametrize(("damage", "verdict"), [("deleted", "inconclusive"), ("edited", "fail")])
def test_an_unloaded_blob_may_be_missing_but_not_changed(
    here: ReleasesHere, s3_url: str, damage: str, verdict: str
) -> None:
    """A missing golden blob may have been erased for privacy; a changed one was tampered with."""
    store, published = broken_store(s3_url)
    here.publish("1", store.env)
    here.publish("8", store.released(published))
    name = next(one for one in published.manifest.blobs if one not in {"onnx", "golden"})
    where = {
        "Bucket": store.env["FAIRLEAD_BUCKET"],
        "Key": f"blobs/sha256/{published.manifest.blobs[name].sha256}",
    }
    store.client.delete_object(**where) if damage == "deleted" else store.client.put_object(**where, Body=b"other")

    found = tried(here, store, published)["contents"]

    assert found.verdict == verdict
    assert name in found.detail or verdict == "fail"


def test_a_graph_that_may_not_be_loaded_is_refused_although_its_digest_is_right(
    here: ReleasesHere, shelf: Store, again: Published, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher names any bytes in a manifest."""

    def refuse(_: bytes) -> None:
        raise EngineError("the graph uses operators of 'evil', which are not allowed")

    monkeypatch.setattr("fairlead.verification.trial.contents_check.check_graph", refuse)
    findings = tried(here, shelf, again)
    assert refused(findings) == ["contents"]
    assert "operators of 'evil'" in findings["contents"].finding
    assert release.calls == []


def test_a_deployment_that_says_another_version_than_the_release_froze_is_refused(
    here: ReleasesHere, release: Release, shelf: Store, published: Published
) -> None:
    findings = tried(here, shelf, published, target="8")
    assert refused(findings) == ["release"]
    assert "was deployed as penguins version 1" in findings["release"].finding
    assert release.calls == []


def test_a_release_that_does_not_exist_is_refused(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    assert refused(tried(here, shelf, again, target="9")) == ["release"]


# --- compatibility -------------------------------------------------------------------------------------------------


def test_the_first_release_has_no_callers_to_break(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    found = tried(here, shelf, again, after="1")["compatibility"]
    assert (found.verdict, found.finding) == ("not applicable", "first release: it has no callers yet")


def test_new_code_on_the_same_version_is_compatible_with_itself(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    here.publish("9", shelf.released(again))
    found = tried(here, shelf, again, after="8", target="9")["compatibility"]
    assert (found.verdict, found.finding) == ("pass", "release 8 holds the same version")


def test_another_model_is_not_compared(here: ReleasesHere, release: Release, shelf: Store, again: Published) -> None:
    here.releases["7"].env["FAIRLEAD_MODEL"] = "owls"
    found = tried(here, shelf, again, after="7")["compatibility"]
    assert (found.verdict, found.finding) == ("not applicable", "callers of owls now reach penguins")


def test_a_break_that_was_asked_for_is_noted(
    here: ReleasesHere, release: Release, shelf: Store, breaking: Published
) -> None:
    here.publish("9", shelf.released(breaking))
    findings = tried(here, shelf, breaking, after="8", target="9")
    assert refused(findings) == []
    found = findings["compatibility"]
    assert (found.verdict, found.figure) == ("warn", "broken on purpose")
    assert "unknown field" in found.detail
    assert f"version {breaking.manifest.version} has 1 breaking, allowed when published" in found.detail


def test_a_break_asked_for_in_a_version_that_was_skipped_is_found_in_the_chain(here: ReleasesHere, s3_url: str) -> None:
    store, first = broken_store(s3_url)
    without_year(store)
    third = without_year(store)
    assert all(finding.figure != "1 breaking" for finding in third.manifest.findings)
    here.publish("7", store.released(first))
    here.publish("8", store.released(third))
    found = tried(here, store, third, after="7")["compatibility"]
    assert found.verdict == "warn"
    assert "version 2 has 1 breaking" in found.detail


def test_a_breaking_change_without_permission_refuses_the_release(here: ReleasesHere, s3_url: str) -> None:
    store, first = broken_store(s3_url)
    second = silently(store, without_year(store))
    here.publish("7", store.released(first))
    here.publish("8", store.released(second))
    findings = tried(here, store, second, after="7")
    assert refused(findings) == ["compatibility"]
    assert "field 'year'" in findings["compatibility"].detail


def silently(store: Store, published: Published) -> Published:
    """The same version with no finding on its contract, as one from before the gate."""
    facts = msgspec.structs.replace(published.manifest, findings=())
    data = manifest.encode(facts)
    key = f"models/{facts.model}/versions/{facts.version}.json"
    store.client.put_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key=key, Body=data)
    return msgspec.structs.replace(published, manifest=facts, sha256=sha256_of(data))


def test_an_older_version_is_not_excused_by_the_break_it_was_itself(here: ReleasesHere, s3_url: str) -> None:
    """Version 2 broke with 1 on purpose; it is released again after 3, whose callers send `year` once more."""
    store, _ = broken_store(s3_url)
    second, third = without_year(store), penguins.publish(store.registry)
    here.publish("9", store.released(third))
    here.publish("10", store.released(second))
    findings = tried(here, store, second, after="9", target="10")
    assert refused(findings) == ["compatibility"]
    assert "field 'year'" in findings["compatibility"].detail


def test_failing_on_old_rows_is_never_on_purpose(
    here: ReleasesHere, release: Release, shelf: Store, breaking: Published
) -> None:
    new = here.publish("9", shelf.released(breaking))
    new.answers["/predict"] = lambda answer: failing(500)(answer) if answer["statusCode"] == 422 else answer
    findings = tried(here, shelf, breaking, after="8", target="9")
    assert refused(findings) == ["compatibility"]
    assert "HTTP 500" in findings["compatibility"].finding


def test_old_rows_need_a_well_formed_answer_and_not_an_equal_one(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    """From the trial of the old rows on: swapped labels are another opinion, a missing label is no answer."""

    def old_rows() -> bool:
        return release.calls.count("POST /predict") > 1 + latency_check.WARM_CALLS

    release.answers["/predict"] = edited(lambda body: flip(body) if old_rows() else None)
    assert refused(tried(here, shelf, again, after="7")) == []
    release.calls.clear()
    release.answers["/predict"] = edited(lambda body: body["predictions"][4].pop("label") if old_rows() else None)
    assert refused(tried(here, shelf, again, after="7")) == ["compatibility"]


@pytest.mark.parametrize("what", ["manifest", "golden"])
def test_damage_to_the_version_before_does_not_hold_up_the_way_out(here: ReleasesHere, s3_url: str, what: str) -> None:
    store = make_store(s3_url)
    first, second = without_year(store), penguins.publish(store.registry)
    here.publish("7", store.released(first))
    here.publish("8", store.released(second))
    assert tried(here, store, second, after="7")["compatibility"].verdict == "pass"
    key = "models/penguins/versions/1.json"
    if what == "golden":
        key = f"blobs/sha256/{first.manifest.blobs['golden'].sha256}"
    store.client.delete_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key=key)
    findings = tried(here, store, second, after="7")
    assert refused(findings) == []
    assert findings["compatibility"].verdict == "inconclusive"
