"""Strategies: the words for how traffic goes over to a new release, and CodeDeploy's configurations behind them."""

from fairlead.errors import SettingsError

AT_ONCE = "all-at-once"
CUSTOM = "custom"
SHIPPED = {
    AT_ONCE: "CodeDeployDefault.LambdaAllAtOnce",
    **{f"canary-10-{wait}m": f"CodeDeployDefault.LambdaCanary10Percent{wait}Minutes" for wait in (5, 10, 15, 30)},
    "linear-10-1m": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    **{f"linear-10-{wait}m": f"CodeDeployDefault.LambdaLinear10PercentEvery{wait}Minutes" for wait in (2, 3, 10)},
}
"""What CodeDeploy brings along: a share of callers in per cent, then the minutes to the next step."""

WORDS = (*SHIPPED, CUSTOM)


def configuration(word: str, *, custom: str) -> str:
    """Return the configuration's name for a word; `custom` is the stack's own. Raises SettingsError."""
    if word == CUSTOM:
        return custom
    if word not in SHIPPED:
        raise SettingsError(f"there is no strategy {word!r}", hint=f"one of {', '.join(WORDS)}")
    return SHIPPED[word]


def spoken(configured: str, *, custom: str) -> str:
    """Return the word for a configuration's name; a foreign one keeps its name."""
    words = {name: word for word, name in SHIPPED.items()} | {custom: CUSTOM}
    return words.get(configured, configured)
