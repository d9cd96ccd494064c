"""schemathesis finds no 5xx and no undocumented status or shape in the endpoint's own OpenAPI document."""

import pytest

from tests.clients.conftest import Live

pytestmark = pytest.mark.clients


def test_the_endpoint_conforms_to_its_document(live: Live) -> None:
    got = live.run("schemathesis_run", {"examples": 60})

    assert got["failures"] == []
    assert got["servers"] == [{"url": live.url}]
    assert got["statuses"]["POST /predict positive 200"] > 0
    assert got["statuses"]["POST /predict negative 422"] > 0
    assert not [name for name in got["statuses"] if name.split()[-1].startswith("5")]
