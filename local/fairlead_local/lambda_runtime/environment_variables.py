"""The environment variables of a function."""

import sys
from pathlib import Path

from fairlead_local.account import REGION
from fairlead_local.iam.roles import Keys
from fairlead_local.lambda_.records import Version


def variables(
    version: Version, *, task: Path, opt: Path, runtime: Path, stream: str, endpoint: str, keys: Keys
) -> dict[str, str]:
    """Return Lambda's variables, the function's own, and AWS_ENDPOINT_URL, which points its calls to this cloud."""
    settings = version.settings
    logging = settings["LoggingConfig"]
    packages = f"python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    given = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(task),
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "PYTHONPATH": ":".join(str(path) for path in (task, opt / "python", opt / packages, runtime)),
        "_HANDLER": settings["Handler"],
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings['Runtime']}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_SESSION_TOKEN": keys.session_token,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": version.function,
        "AWS_LAMBDA_FUNCTION_VERSION": version.number,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging["LogGroup"],
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type(version),
    }
    if logging["LogFormat"] == "JSON":
        given["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        given["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    return {**given, **settings.get("Environment", {}).get("Variables", {})}


def initialization_type(version: Version) -> str:
    """Return `snap-start` for published versions with SnapStart, else `on-demand`."""
    return "snap-start" if version.snap_start and version.number.isdecimal() else "on-demand"
