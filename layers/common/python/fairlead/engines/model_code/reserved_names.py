"""Names of modules that exist where a version is served, so that no package of a version may have one of them."""

import sys

from fairlead.engines.layer_modules import IMPORTABLE

SERVING = frozenset(
    [
        *("fairlead", "fairlead_cli", "fairlead_local", "app", "aws_lambda_powertools", "jmespath", "msgspec"),
        *("onnxruntime", "typing_extensions", "awslambdaric", "bootstrap", "boto3", "botocore", "s3transfer"),
        *("urllib3", "pytz", "pyarrow", "onnx", "skl2onnx"),
    ]
)
"""Fairlead, the function's own module, the packages of the other layers, and Lambda's runtime with its SDK."""


def is_reserved(name: str) -> bool:
    """Return whether a top-level name belongs to Python, to Fairlead, to a layer or to Lambda, in any letter case."""
    return name.lower() in {one.lower() for one in (sys.stdlib_module_names | IMPORTABLE | SERVING)}
