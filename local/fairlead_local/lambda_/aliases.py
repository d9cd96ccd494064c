"""The operations of aliases: one or two versions, with AWS's rules for weights."""

from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_ import describe
from fairlead_local.lambda_.functions import check_revision
from fairlead_local.lambda_.limits import refused
from fairlead_local.lambda_.records import LATEST, Alias, Function, new_revision
from fairlead_local.lambda_.store import Store
from fairlead_local.service import Handler


class Aliases:
    """The handlers for aliases."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateAlias": self.create,
            "UpdateAlias": self.update,
            "GetAlias": self.get,
            "ListAliases": self.list_all,
            "DeleteAlias": self.delete,
        }

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateAlias."""
        with self._store.lock:
            function = self._store.function(params["FunctionName"])
            name = params["Name"]
            if name in function.aliases:
                where = function_arn(function.name, name)
                raise ServiceError("ResourceConflictException", f"Alias already exists: {where}", status=409)
            record = Alias(function.name, name, params["FunctionVersion"], params.get("Description", ""))
            record.weights = _weights(params)
            self._check(function, record)
            function.aliases[name] = record
            return describe.alias(record)

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateAlias, with optimistic locking by RevisionId; a given RoutingConfig replaces the old one."""
        with self._store.lock:
            function, old = self._find(params)
            check_revision(params, old.revision)
            changed = Alias(function.name, old.name, params.get("FunctionVersion", old.version))
            changed.description = params.get("Description", old.description)
            changed.weights = _weights(params) if "RoutingConfig" in params else dict(old.weights)
            changed.revision = new_revision()
            self._check(function, changed)
            function.aliases[old.name] = changed
            return describe.alias(changed)

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetAlias."""
        with self._store.lock:
            return describe.alias(self._find(params)[1])

    def list_all(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListAliases, optionally of one version."""
        with self._store.lock:
            function = self._store.function(params["FunctionName"])
            wanted = params.get("FunctionVersion")
            found = [a for a in function.aliases.values() if wanted in (None, a.version, *a.weights)]
            return {"Aliases": [describe.alias(record) for record in sorted(found, key=lambda a: a.name)]}

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteAlias with its resource policy; a missing alias is no error, as in AWS."""
        with self._store.lock:
            function = self._store.function(params["FunctionName"])
            function.aliases.pop(params["Name"], None)
            function.policies.pop(params["Name"], None)

    def _find(self, params: dict[str, Any]) -> tuple[Function, Alias]:
        function = self._store.function(params["FunctionName"])
        if params["Name"] not in function.aliases:
            where = function_arn(function.name, params["Name"])
            raise ServiceError("ResourceNotFoundException", f"Cannot find alias arn: {where}", status=404)
        return function, function.aliases[params["Name"]]

    def _check(self, function: Function, record: Alias) -> None:
        self._store.version(function, record.version)
        for number, weight in record.weights.items():
            self._store.version(function, number)
            if not 0.0 <= weight <= 1.0:
                raise refused(f"Invalid weight {weight} for version {number}: it must be between 0.0 and 1.0")
        if len(record.weights) > 1:
            raise refused("Number of items in AdditionalVersionWeights cannot be greater than 1")
        if record.weights and LATEST in (record.version, *record.weights):
            raise refused("$LATEST is not supported for an alias pointing to more than 1 version")
        if record.version in record.weights:
            raise refused(
                f"Invalid function version {record.version}. "
                f"Function version {record.version} is already included in routing configuration."
            )
        self._check_alike(function, record)

    def _check_alike(self, function: Function, record: Alias) -> None:
        """Raise unless both versions of the alias have the same role and the same dead-letter queue, or none."""
        versions = [self._store.version(function, number) for number in (record.version, *record.weights)]
        for setting, words in (("Role", "execution role"), ("DeadLetterConfig", "dead-letter configuration")):
            if len({str(version.settings.get(setting) or "") for version in versions}) > 1:
                raise refused(f"The versions of an alias with routing configuration must have the same {words}")


def _weights(params: dict[str, Any]) -> dict[str, float]:
    return dict(params.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}))
