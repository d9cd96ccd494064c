"""The operations of functions: create, update, get, list, delete, and reserved concurrency."""

from collections.abc import Callable
from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.aws_variants import AwsVariants
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_ import describe, limits
from fairlead_local.lambda_.archives import Archives
from fairlead_local.lambda_.records import LATEST, Function, Version, new_revision, now_text
from fairlead_local.lambda_.store import Store
from fairlead_local.service import Handler

DEFAULTS: dict[str, Any] = {
    "Architectures": ["x86_64"],
    "Description": "",
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "PackageType": "Zip",
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}
SETTABLE = (
    "DeadLetterConfig", "Description", "Environment", "EphemeralStorage", "FileSystemConfigs", "Handler", "ImageConfig",
    "KMSKeyArn", "LoggingConfig", "MemorySize", "Role", "Runtime", "SnapStart", "Timeout", "TracingConfig", "VpcConfig",
)  # fmt: skip
# Concurrent executions that an account keeps for functions without a reservation; all it has if it has fewer.
LEAST_UNRESERVED = 100
ONLY_AT_CREATION = ("Architectures", "PackageType")


class Functions:
    """The handlers for functions; `retire` ends a version's processes, `check_role` refuses an invalid role."""

    def __init__(
        self,
        store: Store,
        archives: Archives,
        retire: Callable[[Version], None],
        check_role: Callable[[str], None],
        variants: AwsVariants,
    ) -> None:
        self._store = store
        self._archives = archives
        self._retire = retire
        self._check_role = check_role
        self._variants = variants

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateFunction": self.create,
            "UpdateFunctionCode": self.update_code,
            "UpdateFunctionConfiguration": self.update_configuration,
            "GetFunction": self.get,
            "GetFunctionConfiguration": self.get_configuration,
            "ListFunctions": self.list_all,
            "DeleteFunction": self.delete,
            "PutFunctionConcurrency": self.put_concurrency,
            "DeleteFunctionConcurrency": self.delete_concurrency,
        }

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateFunction; Publish is refused by name."""
        name = params["FunctionName"]
        if params.get("Publish"):
            raise limits.refused("the local cloud does not support CreateFunction with Publish; call PublishVersion")
        self._check_role(params["Role"])
        code = self._archives.take(params.get("Code", {}))
        with self._store.lock:
            if name in self._store.functions:
                raise ServiceError("ResourceConflictException", f"Function already exist: {name}", status=409)
            given = {key: params[key] for key in (*SETTABLE, *ONLY_AT_CREATION) if key in params}
            version = self._checked(Version(name, LATEST, {**DEFAULTS, **given}, code, self._layers(params)))
            version.settings["LoggingConfig"] = _logging(name, version.settings)
            version.settle_later()
            last = self._store.numbered.get(name, 0) if self._variants.version_numbers == "go on" else 0
            self._store.functions[name] = Function(name, version, tags=params.get("Tags", {}), published=last)
            return describe.configuration(version)

    def update_code(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateFunctionCode, with optimistic locking by RevisionId; refused during another update."""
        code = self._archives.take(params)
        with self._store.lock:
            version = self._store.function(params["FunctionName"]).latest
            check_ready(version)
            check_revision(params, version.revision)
            changed = Version(version.function, LATEST, dict(version.settings), code, version.layers)
            if "Architectures" in params:
                changed.settings["Architectures"] = params["Architectures"]
            return self._replace(version, self._checked(changed), dry_run=bool(params.get("DryRun")))

    def update_configuration(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateFunctionConfiguration: a given property replaces the old one, also the map of variables."""
        if "Role" in params:
            self._check_role(params["Role"])
        with self._store.lock:
            version = self._store.function(params["FunctionName"]).latest
            check_ready(version)
            check_revision(params, version.revision)
            settings = {**version.settings, **{key: params[key] for key in SETTABLE if key in params}}
            settings["LoggingConfig"] = _logging(version.function, settings)
            layers = self._layers(params) if "Layers" in params else version.layers
            changed = Version(version.function, LATEST, settings, version.code, layers)
            return self._replace(version, self._checked(changed))

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetFunction."""
        with self._store.lock:
            target = self._store.target(params["FunctionName"], params.get("Qualifier"))
            answer: dict[str, Any] = {
                "Configuration": describe.configuration(target.version, qualifier=target.qualifier),
                "Code": {"RepositoryType": "S3", "Location": target.version.code.folder.as_uri()},
                "Tags": target.function.tags,
            }
            if target.function.reserved_concurrency is not None:
                answer["Concurrency"] = {"ReservedConcurrentExecutions": target.function.reserved_concurrency}
            return answer

    def get_configuration(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetFunctionConfiguration."""
        with self._store.lock:
            target = self._store.target(params["FunctionName"], params.get("Qualifier"))
            return describe.configuration(target.version, qualifier=target.qualifier)

    def list_all(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListFunctions: `$LATEST` of each function, or every version with FunctionVersion=ALL."""
        with self._store.lock:
            found = []
            for name in sorted(self._store.functions):
                function = self._store.function(name)
                found.append(describe.configuration(function.latest))
                if params.get("FunctionVersion") == "ALL":
                    found += [describe.configuration(version) for version in function.versions.values()]
            return {"Functions": found}

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteFunction: the whole function, or one version without an alias."""
        with self._store.lock:
            target = self._store.target(params["FunctionName"], params.get("Qualifier"))
            if target.qualifier is None:
                gone = self._store.functions.pop(target.function.name)
                self._store.numbered[gone.name] = gone.published
                for version in (gone.latest, *gone.versions.values()):
                    self._retire(version)
                return
            if target.alias:
                raise limits.refused("Deletion of an alias is not supported by this API; use DeleteAlias")
            if target.qualifier == LATEST:
                raise limits.refused("$LATEST version cannot be deleted without deleting the function.")
            self._delete_version(target.function, target.version)

    def put_concurrency(self, params: dict[str, Any]) -> dict[str, Any]:
        """PutFunctionConcurrency."""
        with self._store.lock:
            function = self._store.function(params["FunctionName"])
            self._check_unreserved(function, params["ReservedConcurrentExecutions"])
            function.reserved_concurrency = params["ReservedConcurrentExecutions"]
            return {"ReservedConcurrentExecutions": function.reserved_concurrency}

    def delete_concurrency(self, params: dict[str, Any]) -> None:
        """DeleteFunctionConcurrency."""
        with self._store.lock:
            self._store.function(params["FunctionName"]).reserved_concurrency = None

    def _check_unreserved(self, function: Function, wanted: int) -> None:
        others = [one for one in self._store.functions.values() if one is not function]
        limit = self._variants.concurrency
        least = min(LEAST_UNRESERVED, limit)
        if limit - wanted - sum(one.reserved_concurrency or 0 for one in others) < least:
            message = "Specified ReservedConcurrentExecutions for function decreases account's "
            raise limits.refused(f"{message}UnreservedConcurrentExecution below its minimum value of [{least}].")

    def _delete_version(self, function: Function, version: Version) -> None:
        holders = [a.name for a in function.aliases.values() if version.number in (a.version, *a.weights)]
        if holders:
            raise ServiceError(
                "ResourceConflictException",
                f"Function version cannot be deleted: {version.number} is referenced by alias {', '.join(holders)}",
                status=409,
            )
        del function.versions[version.number]
        self._retire(version)

    def _replace(self, old: Version, new: Version, *, dry_run: bool = False) -> dict[str, Any]:
        if dry_run:
            return describe.configuration(old)
        old.settings, old.code, old.layers = new.settings, new.code, new.layers
        old.revision = new_revision()
        old.modified = now_text()
        old.updating = True
        old.settle_later()
        self._retire(old)
        return describe.configuration(old)

    def _layers(self, params: dict[str, Any]) -> list[Any]:
        return [self._store.layer(layer) for layer in params.get("Layers", [])]

    @staticmethod
    def _checked(version: Version) -> Version:
        limits.check_settings(version.settings)
        limits.check_size(version.code, version.layers)
        return version


def check_ready(version: Version) -> None:
    """Raise ResourceConflictException while the function is being created or updated."""
    if version.state == "Pending":
        state = "The function is currently in the following state: Pending"
        raise ServiceError(
            "ResourceConflictException", f"The operation cannot be performed at this time. {state}", status=409
        )
    if version.updating:
        resource = function_arn(version.function)
        raise ServiceError(
            "ResourceConflictException",
            f"The operation cannot be performed at this time. An update is in progress for resource: {resource}",
            status=409,
        )


def check_revision(params: dict[str, Any], current: str) -> None:
    """Raise PreconditionFailedException unless the caller's RevisionId is the present one."""
    if params.get("RevisionId") not in (None, "", current):
        raise ServiceError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
            status=412,
        )


def _logging(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}", **settings.get("LoggingConfig", {})}
