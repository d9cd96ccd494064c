"""The SAM application: template, functions, layers, and the files around it, as the wheel carries them.

In a clone they are the clone's own files. The code of the common layer is the package that is imported here.
"""

import shutil
from pathlib import Path

FILES = (
    "template.yaml",
    "samconfig.toml",
    "stack-policy.json",
    "bootstrap.yaml",
    "bootstrap-ci.yaml",
    "bootstrap-domain.yaml",
)
TREES = ("functions", "layers")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.in", "python")


def write_application(folder: Path) -> None:
    """Copy the application to a folder. Links become files: a build needs what they name."""
    import fairlead

    source = _source()
    for name in FILES:
        shutil.copy2(source / name, folder / name)
    for name in TREES:
        shutil.copytree(source / name, folder / name, ignore=LEFT_OUT)
    (folder / "layers/layer.mk").unlink(missing_ok=True)  # in a clone; each layer has its own copy
    package = folder / "layers/common/python/fairlead"
    shutil.copytree(Path(fairlead.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))


def _source() -> Path:
    packaged = Path(__file__).parent / "application"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]
