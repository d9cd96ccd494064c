"""AWS's runtime client in a folder of its own, so that functions import nothing else from this environment."""

import importlib.util
import shutil
from pathlib import Path

# The modules that awslambdaric imports; runtime_client is its compiled part.
MODULES = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")


def install(folder: Path) -> Path:
    """Copy the client and its dependencies below `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODULES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"{name} is not installed; install fairlead[local]")
        origin = Path(spec.origin)
        if spec.submodule_search_locations:
            shutil.copytree(origin.parent, folder / name, dirs_exist_ok=True)
        else:
            shutil.copy2(origin, folder / origin.name)
    return folder
