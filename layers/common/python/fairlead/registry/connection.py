"""Opens the registry of the deployed stack through boto3."""

import os

from fairlead.aws import clients
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import find
from fairlead.registry.store import Registry
from fairlead.settings import Operator, operator


def open_registry(where: Operator | None = None, *, patient: bool = True) -> Registry:
    """Open the registry in the settings' bucket, else in their stack's; None reads the process's environment.

    If not `patient`, a read fails after about 20 seconds without an answer.
    """
    where = where or operator(os.environ)
    client = clients.client("s3") if patient else clients.client("s3", connect_timeout=3, read_timeout=10, attempts=2)
    return Registry(S3Objects(client, where.bucket or find(where).bucket))
