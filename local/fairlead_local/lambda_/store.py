"""Functions and layers, found by name, ARN and qualifier, under one lock."""

import threading
from dataclasses import dataclass

from fairlead_local.account import arn, function_and_qualifier, function_arn
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.records import LATEST, Alias, Function, LayerVersion, Version


@dataclass(frozen=True)
class Target:
    """The function, alias (if any) and version that a name and a qualifier refer to."""

    function: Function
    qualifier: str | None
    alias: Alias | None
    version: Version

    @property
    def arn(self) -> str:
        """The ARN with the caller's qualifier."""
        return function_arn(self.function.name, self.qualifier)


class Store:
    """Functions and layers; hold `lock` while reading or changing what a look-up returned.

    `numbered` holds the last version number of deleted functions.
    """

    STATE = ("functions", "layers", "numbered")

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.functions: dict[str, Function] = {}
        self.numbered: dict[str, int] = {}
        self.layers: dict[str, dict[int, LayerVersion]] = {}

    def function(self, name: str) -> Function:
        """Return a function by name or ARN; a qualifier is ignored. Raises ResourceNotFoundException."""
        bare, _ = function_and_qualifier(name)
        found = self.functions.get(bare)
        if found is None:
            raise not_found(bare, None)
        for version in (found.latest, *found.versions.values()):
            version.settle()
        return found

    def target(self, name: str, qualifier: str | None) -> Target:
        """Resolve a qualifier, separate or in the name; raises ResourceNotFoundException."""
        bare, inside = function_and_qualifier(name)
        if inside and qualifier and inside != qualifier:
            raise ServiceError("InvalidParameterValueException", "The derived qualifier from the function name "
                               "does not match the specified qualifier.")  # fmt: skip
        function, chosen = self.function(bare), inside or qualifier
        if chosen is None or chosen == LATEST:
            return Target(function, chosen, None, function.latest)
        if chosen in function.versions:
            return Target(function, chosen, None, function.versions[chosen])
        if chosen in function.aliases:
            alias = function.aliases[chosen]
            return Target(function, chosen, alias, self.version(function, alias.version))
        raise not_found(bare, chosen)

    def version(self, function: Function, number: str) -> Version:
        """Return a version by number or `$LATEST`; raises ResourceNotFoundException."""
        if number == LATEST:
            return function.latest
        if number not in function.versions:
            raise not_found(function.name, number)
        return function.versions[number]

    def layer(self, layer_arn: str) -> LayerVersion:
        """Return a layer version by ARN; raises InvalidParameterValueException."""
        name, number = layer_arn.rsplit(":", 2)[-2:]
        found = self.layers.get(name, {}).get(int(number)) if number.isdecimal() else None
        if found is None or found.arn != layer_arn:
            raise ServiceError("InvalidParameterValueException", f"Layer version {layer_arn} does not exist.")
        return found


def not_found(name: str, qualifier: str | None) -> ServiceError:
    """Return Lambda's error for an unknown function, version or alias."""
    function = arn("lambda", f"function:{name}")
    return ServiceError(
        "ResourceNotFoundException",
        f"Function not found: {function}" + (f":{qualifier}" if qualifier else ""),
        status=404,
    )
