"""Trials of a release: predict's own handler with real models, correct ones and one fault for each check."""

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.errors import EngineError
from fairlead.publishing.publish import Published
from fairlead.verification.trial.trial import Budget
from tests.functional.conftest import Store
from tests.functional.releases_here import Answer, Release, ReleasesHere, edited
from tests.functional.verification.trials import CHECKS, broken_store, failing, flip, refused, tried


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
    assert here.releases["7"].calls == []  # callers reach it


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


def test_a_release_that_stops_answering_is_not_called_again(
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


def report_start(release: Release, start: object) -> None:
    """Have a warm environment report the time of its own start."""
    release.environments = 1
    release.answers["/health"] = edited(lambda body: body.update(start_ms=start))


@pytest.mark.parametrize(("start", "verdict"), [(431.5, "pass"), (2000, "pass"), (2000.1, "fail")])
def test_a_warm_environment_says_how_long_its_own_start_took_and_none_is_forced(
    here: ReleasesHere, release: Release, shelf: Store, again: Published, start: float, verdict: str
) -> None:
    """Calls at once would take environments from callers, of whom an account may have ten."""
    report_start(release, start)
    finding = tried(here, shelf, again)["cold start"]
    assert (finding.verdict, finding.figures["milliseconds"]) == (verdict, start)
    assert finding.detail == "reported by the environment itself"
    assert release.most_busy == release.environments == 1


def test_a_start_in_the_platform_report_wins_over_start_ms(
    here: ReleasesHere, release: Release, shelf: Store, again: Published
) -> None:
    report_start(release, 9_999.0)
    release.environments = 0
    assert tried(here, shelf, again)["cold start"].figures["milliseconds"] == 400


@pytest.mark.parametrize("start", [None, "long"])
def test_a_start_that_cannot_be_seen_is_said_and_refuses_nothing(
    here: ReleasesHere, release: Release, shelf: Store, again: Published, start: object
) -> None:
    report_start(release, start)
    findings = tried(here, shelf, again)
    assert refused(findings) == []
    assert findings["cold start"].verdict == "inconclusive"


@pytest.mark.parametrize("damage", ["deleted", "edited"])
@pytest.mark.parametrize(("what", "check"), [("manifest", "manifest"), ("golden", "contents"), ("onnx", "contents")])
def test_frozen_digest_must_match_the_registry(
    here: ReleasesHere, s3_url: str, what: str, check: str, damage: str
) -> None:
    """The release still answers well, because it loaded its model before."""
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
