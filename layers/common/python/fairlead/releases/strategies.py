"""Release strategies: their names, and the CodeDeploy deployment configuration of each."""

from fairlead.errors import SettingsError

AT_ONCE = "all-at-once"
CUSTOM = "custom"
SHIPPED = {
    AT_ONCE: "CodeDeployDefault.LambdaAllAtOnce",
    **{f"canary-10-{wait}m": f"CodeDeployDefault.LambdaCanary10Percent{wait}Minutes" for wait in (5, 10, 15, 30)},
    "linear-10-1m": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
    **{f"linear-10-{wait}m": f"CodeDeployDefault.LambdaLinear10PercentEvery{wait}Minutes" for wait in (2, 3, 10)},
}
"""CodeDeploy's predefined configurations; names hold the share of traffic in per cent, and minutes between steps."""

WORDS = (*SHIPPED, CUSTOM)


def configuration(word: str, *, custom: str) -> str:
    """Return the CodeDeploy configuration of a strategy; `custom` is the stack's own. Raises SettingsError."""
    if word == CUSTOM:
        return custom
    if word not in SHIPPED:
        raise SettingsError(f"unknown strategy {word!r}", hint=f"use one of {', '.join(WORDS)}")
    return SHIPPED[word]


def spoken(configured: str, *, custom: str) -> str:
    """Return the strategy of a CodeDeploy configuration; an unknown configuration keeps its name."""
    words = {name: word for word, name in SHIPPED.items()} | {custom: CUSTOM}
    return words.get(configured, configured)
