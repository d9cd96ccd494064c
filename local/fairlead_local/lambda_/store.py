"""The one place functions and layers live: look-ups by name, ARN and qualifier, under one lock."""

import threading
from dataclasses import dataclass

from fairlead_local.account import arn, function_and_qualifier, function_arn
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.records import LATEST, Alias, Function, LayerVersion, Version


@dataclass(frozen=True)
class Target:
    """What a name and a qualifier mean: the function, the alias if it was one, and the version it stands for."""

    function: Function
    qualifier: str | None
    alias: Alias | None
    version: Version

    @property
    def arn(self) -> str:
        """The ARN as asked for, with its qualifier."""
        return function_arn(self.function.name, self.qualifier)


class Store:
    """Functions and layers; hold `lock` while reading and changing what a look-up returned."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.functions: dict[str, Function] = {}
        self.layers: dict[str, dict[int, LayerVersion]] = {}

    def function(self, name: str) -> Function:
        """By name, partial or full ARN; a qualifier in it is ignored. Raises ResourceNotFoundException."""
        bare, _ = function_and_qualifier(name)
        found = self.functions.get(bare)
        if found is None:
            raise not_found(bare, None)
        for version in (found.latest, *found.versions.values()):
            version.settle()
        return found

    def target(self, name: str, qualifier: str | None) -> Target:
        """Resolve a qualifier given apart or inside the name; raises ResourceNotFoundException."""
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
        """A version by number or `$LATEST`; raises ResourceNotFoundException."""
        if number == LATEST:
            return function.latest
        if number not in function.versions:
            raise not_found(function.name, number)
        return function.versions[number]

    def layer(self, layer_arn: str) -> LayerVersion:
        """A layer version by its ARN; raises what Lambda answers for an unknown one."""
        name, number = layer_arn.rsplit(":", 2)[-2:]
        found = self.layers.get(name, {}).get(int(number)) if number.isdecimal() else None
        if found is None or found.arn != layer_arn:
            raise ServiceError("InvalidParameterValueException", f"Layer version {layer_arn} does not exist.")
        return found


def not_found(name: str, qualifier: str | None) -> ServiceError:
    """Lambda's answer for an unknown function, version or alias."""
    function = arn("lambda", f"function:{name}")
    return ServiceError(
        "ResourceNotFoundException",
        f"Function not found: {function}" + (f":{qualifier}" if qualifier else ""),
        status=404,
    )
