"""Names in tables: no account, no partition."""

import pytest

from fairlead.model.principal import named
from fairlead_cli.commands.versions import _for_people

RETRAINED = (
    "arn:aws:lambda:eu-west-1:123456789012:function:fairlead-retrain, retrained from version 2 because it is time"
)


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("ada", "ada"),
        ("arn:aws:iam::123456789012:user/ada", "user/ada"),
        (RETRAINED, "function:fairlead-retrain, retrained from version 2 because it is time"),
    ],
)
def test_an_arn_is_shown_by_its_end(arn: str, said: str) -> None:
    assert named(arn) == said


def test_versions_show_their_author() -> None:
    shown = _for_people({"created_by": RETRAINED, "rows": {}, "metrics": {}})
    assert shown["created_by"].startswith("function:fairlead-retrain, retrained")
