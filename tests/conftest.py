"""For every test: signals as a foreground process has them, no time limit, schemas, and which tests share a worker."""

import gc
import signal
from importlib.util import find_spec

import hypothesis
import pytest

gc.disable()  # until the tests are collected: nothing of what they import is garbage
OBJECTS_BETWEEN_COLLECTIONS = 50_000

if find_spec("jsonschema"):  # the environments of boosters have none of the tools
    from tests import json_documents

    json_documents.check_all()

# A shell that starts the tests in the background makes them ignore SIGINT, and every process they start inherits that:
# no test could stop a process with Ctrl-C. A handler, unlike ignoring, is not inherited through exec.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Hypothesis would fail an example that takes longer than 200 ms, which any example may on a busy machine. Each run
# draws other examples; `make fuzz` draws thousands.
hypothesis.settings.register_profile("quick", deadline=None, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("quick")

LONGEST = ("scenarios", "scenarios by hand", "scenarios broken off", "loop", "emulator", "local cloud", "containers")
"""The groups that take longest: whichever starts last is what everyone else waits for."""


def pytest_collection_finish() -> None:
    """Leave what the tests imported out of every later search for garbage, which takes a tenth of a worker's time."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()


LONGEST_ID = 80
"""Characters. Workers send the ids of all tests to each other; bodies of megabytes were ids of tests."""


def pytest_make_parametrize_id(val: object) -> str | None:
    """Cut an id that holds a long text or bytes; pytest numbers equal ones."""
    if isinstance(val, str | bytes) and len(val) > LONGEST_ID:
        return f"{val[: LONGEST_ID // 2]!a} and {len(val) - LONGEST_ID // 2} more"
    return None


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else ""


@pytest.hookimpl(tryfirst=True)  # before xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file in one worker, since each worker would make its fixtures again; put the longest groups first."""
    for item in items:
        if not _group(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: LONGEST.index(_group(item)) if _group(item) in LONGEST else len(LONGEST))
