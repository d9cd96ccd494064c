"""Fairlead's Python client, and other clients that Fairlead signs for, against the deployed stack."""

import asyncio

import boto3
import httpx
import pytest
import requests

from fairlead import AsyncClient, Client
from fairlead.auth import SigV4
from fairlead.errors import CallDeniedError, CallRowsError
from tests.local.release_stack import ROW, Scene, X

pytestmark = pytest.mark.xdist_group("scenarios")


@pytest.fixture
def session(scene: Scene) -> boto3.Session:
    """A session of a caller of the live model."""
    scene.standing(scene.versions[0])
    keys = scene.people["caller"]
    return boto3.Session(keys.access_key_id, keys.secret_access_key, region_name="us-east-1")


def test_the_clients_of_a_live_model_get_the_estimators_answers(scene: Scene, session: boto3.Session) -> None:
    many = X.sample(2_500, replace=True, random_state=0)
    client = Client(scene.cloud.api_url, session=session)
    found = client.predict(many)

    async def one() -> float:
        async with AsyncClient(scene.cloud.api_url, session=session) as asynchronous:
            return float((await asynchronous.predict(ROW)).probabilities.iloc[0].sum())

    assert (found.model, found.version, len(set(found.ids))) == ("iris", scene.versions[0], 2_500)
    assert list(found.probabilities.index) == list(many.index)
    assert found.probabilities.idxmax(axis=1).astype(int).tolist() == found.labels
    assert client.predict(many.to_numpy()).labels == client.predict(many, version=found.version).labels == found.labels
    assert asyncio.run(one()) == pytest.approx(1.0)

    for auth, library in ((SigV4(session), httpx), (SigV4(session), requests)):
        answer = library.post(f"{scene.cloud.api_url}/predict", json={"instances": ROW}, auth=auth, timeout=30)
        assert (answer.status_code, answer.json()["predictions"][0]["label"]) == (200, 0)


def test_a_refusal_names_row_and_field_and_a_missing_right_the_policy(scene: Scene, session: boto3.Session) -> None:
    client = Client(scene.cloud.api_url, session=session)
    wrong = X.sample(1_500, replace=True, random_state=0).reset_index(drop=True).astype(object)
    wrong.iloc[1_234, 2] = "long"

    with pytest.raises(CallRowsError) as rows:
        client.predict(wrong)
    with pytest.raises(CallDeniedError) as denied:
        client.feedback(["x-0"], [1])

    assert [(one["row"], one["field"], one["got"]) for one in rows.value.errors] == [(1_234, X.columns[2], '"long"')]
    assert "FeedbackPolicyArn" in denied.value.hint
