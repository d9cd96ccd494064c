"""A function's app.py, imported as Lambda imports it at a cold start."""

import importlib.util
import logging
import sys
from pathlib import Path
from types import ModuleType

FUNCTIONS = Path(__file__).parents[2] / "functions"


def load_function(name: str) -> ModuleType:
    """Import functions/NAME/app.py again, with this process's environment."""
    spec = importlib.util.spec_from_file_location(f"{name}_app", FUNCTIONS / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def forget_earlier_starts() -> None:
    """Powertools keeps one logger a process; here several cold starts share one."""
    for room, name in (("telemetry", "emit"), ("api", "router")):
        if sys.modules.pop(f"fairlead.{room}.{name}", None):
            delattr(sys.modules[f"fairlead.{room}"], name)
    logging.Logger.manager.loggerDict.pop("predict", None)
