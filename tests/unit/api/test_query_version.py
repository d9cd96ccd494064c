"""The version that a proxy event asks for in its query string."""

from typing import Any

import pytest

from fairlead.api.http import query_version


@pytest.mark.parametrize(
    ("values", "version"),
    [(["3"], "3"), (["3", "4"], "3,4"), ([None], ""), (["3", None], "3,"), ([], "3"), (None, "3")],
)
def test_query_version_is_one_text_whatever_the_event_lists(values: Any, version: str) -> None:
    event = {"queryStringParameters": {"version": "3"}, "multiValueQueryStringParameters": {"version": values}}
    assert query_version(event) == version


def test_query_version_is_none_without_a_version() -> None:
    assert query_version({"queryStringParameters": None}) is None
