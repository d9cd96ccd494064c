"""Lambda's operations and who handles each."""

from fairlead_local.lambdas.aliases import Aliases
from fairlead_local.lambdas.functions import Functions
from fairlead_local.lambdas.invoke import Invoker
from fairlead_local.lambdas.layers import Layers
from fairlead_local.lambdas.permissions import Permissions
from fairlead_local.lambdas.versions import Versions
from fairlead_local.protocol import Handler


def handlers(
    functions: Functions,
    versions: Versions,
    aliases: Aliases,
    layers: Layers,
    permissions: Permissions,
    invoker: Invoker,
) -> dict[str, Handler]:
    """Operation names to handlers; an operation not here answers that it is not implemented."""
    return {
        "CreateFunction": functions.create,
        "UpdateFunctionCode": functions.update_code,
        "UpdateFunctionConfiguration": functions.update_configuration,
        "GetFunction": functions.get,
        "GetFunctionConfiguration": functions.get_configuration,
        "ListFunctions": functions.list_all,
        "DeleteFunction": functions.delete,
        "PutFunctionConcurrency": functions.put_concurrency,
        "DeleteFunctionConcurrency": functions.delete_concurrency,
        "PublishVersion": versions.publish,
        "ListVersionsByFunction": versions.list_all,
        "CreateAlias": aliases.create,
        "UpdateAlias": aliases.update,
        "GetAlias": aliases.get,
        "ListAliases": aliases.list_all,
        "DeleteAlias": aliases.delete,
        "PublishLayerVersion": layers.publish,
        "GetLayerVersion": layers.get,
        "GetLayerVersionByArn": layers.get_by_arn,
        "ListLayerVersions": layers.list_versions,
        "ListLayers": layers.list_all,
        "DeleteLayerVersion": layers.delete,
        "AddPermission": permissions.add,
        "RemovePermission": permissions.remove,
        "GetPolicy": permissions.get,
        "PutFunctionEventInvokeConfig": permissions.put_invoke_config,
        "GetFunctionEventInvokeConfig": permissions.get_invoke_config,
        "DeleteFunctionEventInvokeConfig": permissions.delete_invoke_config,
        "ListTags": permissions.list_tags,
        "TagResource": permissions.tag,
        "UntagResource": permissions.untag,
        "Invoke": invoker.handle,
    }
