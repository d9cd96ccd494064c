"""Resource policies of functions: the services that may invoke each qualifier."""

import fnmatch
import json
from typing import Any

from fairlead_local.account import function_arn
from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.records import LATEST, Function
from fairlead_local.lambda_.store import Store
from fairlead_local.service import Handler


class Permissions:
    """The handlers for resource policies. A statement applies to one qualifier only."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "AddPermission": self.add,
            "RemovePermission": self.remove,
            "GetPolicy": self.get,
        }

    def add(self, params: dict[str, Any]) -> dict[str, Any]:
        """AddPermission."""
        with self._store.lock:
            function, qualifier = self._where(params)
            statements = function.policies.setdefault(qualifier or "", [])
            if any(statement["Sid"] == params["StatementId"] for statement in statements):
                raise ServiceError(
                    "ResourceConflictException",
                    f"The statement id ({params['StatementId']}) provided already exists. Please provide a new "
                    "statement id, or remove the existing statement.",
                    status=409,
                )
            statement = _statement(params, function_arn(function.name, qualifier))
            statements.append(statement)
            return {"Statement": json.dumps(statement)}

    def remove(self, params: dict[str, Any]) -> None:
        """RemovePermission."""
        with self._store.lock:
            function, qualifier = self._where(params)
            statements = function.policies.get(qualifier or "", [])
            kept = [statement for statement in statements if statement["Sid"] != params["StatementId"]]
            if len(kept) == len(statements):
                message = f"Statement {params['StatementId']} is not found in resource policy."
                raise ServiceError("ResourceNotFoundException", message, status=404)
            function.policies[qualifier or ""] = kept

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetPolicy."""
        with self._store.lock:
            function, qualifier = self._where(params)
            statements = function.policies.get(qualifier or "")
            if not statements:
                raise ServiceError(
                    "ResourceNotFoundException", "The resource you requested does not exist.", status=404
                )
            policy = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
            return {"Policy": json.dumps(policy), "RevisionId": function.latest.revision}

    def allows(self, name: str, qualifier: str | None, *, service: str, source_arn: str) -> bool:
        """Return whether `service` may invoke exactly this function and qualifier on behalf of `source_arn`."""
        with self._store.lock:
            function = self._store.target(name, qualifier).function
            return any(_matches(s, service, source_arn) for s in function.policies.get(qualifier or "", []))

    def _where(self, params: dict[str, Any]) -> tuple[Function, str | None]:
        target = self._store.target(params["FunctionName"], params.get("Qualifier"))
        # Unqualified and `$LATEST` are the same here.
        return target.function, None if target.qualifier == LATEST else target.qualifier


def _statement(params: dict[str, Any], resource: str) -> dict[str, Any]:
    principal = params["Principal"]
    kind = "Service" if principal.endswith(".amazonaws.com") else "AWS"
    condition: dict[str, dict[str, str]] = {}
    if params.get("SourceAccount"):
        condition["StringEquals"] = {"AWS:SourceAccount": params["SourceAccount"]}
    if params.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
    return {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {kind: principal},
        "Action": params["Action"],
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }


def _matches(statement: dict[str, Any], service: str, source_arn: str) -> bool:
    if statement["Principal"] not in ("*", {"Service": service}):
        return False
    if not fnmatch.fnmatchcase("lambda:InvokeFunction", statement["Action"]):
        return False
    condition = statement.get("Condition", {})
    wanted = condition.get("ArnLike", {}).get("AWS:SourceArn", "*")
    account = condition.get("StringEquals", {}).get("AWS:SourceAccount")
    # In fnmatch, [ is special, but not in an ARN pattern; ARNs here have none.
    return fnmatch.fnmatchcase(source_arn, wanted) and account in (None, source_arn.split(":")[4])
