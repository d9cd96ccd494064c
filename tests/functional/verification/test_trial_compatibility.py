"""The compatibility check: callers of the release before still get answers."""

import msgspec
import pytest

from fairlead.model import manifest
from fairlead.model.digest import sha256_of
from fairlead.publishing.publish import Published
from fairlead.verification.trial import latency_check
from testkit import penguins
from tests.functional.conftest import Store, make_store
from tests.functional.releases_here import Release, ReleasesHere, edited
from tests.functional.verification.trials import broken_store, failing, flip, refused, tried, without_year

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
    """Return the same version with no finding on its contract, like a version from before the gate had that check."""
    facts = msgspec.structs.replace(published.manifest, findings=())
    data = manifest.encode(facts)
    key = f"models/{facts.model}/versions/{facts.version}.json"
    store.client.put_object(Bucket=store.env["FAIRLEAD_BUCKET"], Key=key, Body=data)
    return msgspec.structs.replace(published, manifest=facts, sha256=sha256_of(data))


def test_a_version_with_an_allowed_break_is_refused_after_a_newer_version(here: ReleasesHere, s3_url: str) -> None:
    """Version 2 broke the contract of 1 on purpose. It is released again after 3, whose callers send `year`."""
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
    """Another label for an old row is allowed; an answer without label is not."""

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
