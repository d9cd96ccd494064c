"""Words for CodeDeploy's configurations."""

import pytest

from fairlead.errors import SettingsError
from fairlead.releases import strategies


@pytest.mark.parametrize(
    ("word", "configuration"),
    [
        ("all-at-once", "CodeDeployDefault.LambdaAllAtOnce"),
        ("canary-10-5m", "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
        ("canary-10-30m", "CodeDeployDefault.LambdaCanary10Percent30Minutes"),
        ("linear-10-1m", "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
        ("linear-10-10m", "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes"),
        ("custom", "fairlead-custom"),
    ],
)
def test_a_word_names_a_configuration_and_back(word: str, configuration: str) -> None:
    assert strategies.configuration(word, custom="fairlead-custom") == configuration
    assert strategies.spoken(configuration, custom="fairlead-custom") == word


def test_an_unknown_word_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(SettingsError, match="unknown strategy 'canary-20-5m'") as caught:
        strategies.configuration("canary-20-5m", custom="mine")
    assert "canary-10-5m" in caught.value.hint
    assert "custom" in caught.value.hint


def test_a_foreign_configuration_keeps_its_name() -> None:
    assert strategies.spoken("Somebodys", custom="mine") == "Somebodys"
