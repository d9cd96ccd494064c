"""boto3's sessions share botocore's own event handlers, which take most of the time that a session takes."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.session import Session

from fairlead.aws import clients
from fairlead.errors import NotFoundError, SettingsError


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def test_botocores_handlers_are_registered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clients.session()
    registered: list[Any] = []
    monkeypatch.setattr(Session, "_register_builtin_handlers", lambda _, events: registered.append(events))
    for service in ("s3", "lambda", "sts"):
        clients.client(service)
    assert not registered


def test_a_handler_of_one_session_is_not_called_by_another() -> None:
    called: list[str] = []
    one, other = clients.session(), clients.session()
    one.events.register("provide-client-params.s3.HeadBucket", lambda **_: called.append("one"))
    for session in (other, one):
        session.client("s3").generate_presigned_url("head_bucket", Params={"Bucket": "b"})
        assert called == (["one"] if session is one else [])


def test_sessions_sign_and_check_as_botocores_own() -> None:
    own: Any = Session().create_client("s3")
    ours = clients.client("s3")
    where = {"Bucket": "bucket", "Key": "a b"}
    signed, expected = (client.generate_presigned_url("get_object", Params=where).split("&") for client in (ours, own))
    assert signed[0] == expected[0]
    assert [part.partition("=")[0] for part in signed] == [part.partition("=")[0] for part in expected]
    with pytest.raises(ParamValidationError, match="Invalid bucket name"):  # a check by one of botocore's handlers
        ours.head_bucket(Bucket="not a name")


def test_an_empty_region_is_a_setting_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "")
    with pytest.raises(SettingsError, match="region") as caught:
        clients.client("s3")
    assert "AWS_DEFAULT_REGION" in str(caught.value.hint)


def test_an_endpoint_without_a_scheme_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:4566")
    with pytest.raises(SettingsError, match="localhost:4566") as caught:
        clients.client("s3")
    assert "AWS_ENDPOINT_URL" in str(caught.value.hint)


def test_a_region_that_the_endpoint_does_not_serve_is_no_fault_of_the_keys() -> None:
    message = "Credential should be scoped to a valid region, not 'eu-west-1'."
    refused = ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": message}}, "HeadBucket")
    with pytest.raises(SettingsError) as caught, clients.translated("read"):
        raise refused
    assert caught.value.hint == "check AWS_DEFAULT_REGION, the region of your AWS profile, and AWS_ENDPOINT_URL"


def test_a_missing_function_or_table_leads_to_the_stacks_name() -> None:
    absent = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "Function not found"}}, "Invoke")
    with pytest.raises(NotFoundError) as caught, clients.translated("run shop-redrive"):
        raise absent
    assert "--stack" in str(caught.value.hint)
