"""The names that the package offers for completion."""

import subprocess
import sys

import fairlead


def test_completion_shows_the_names_of_the_package_and_all_of_them_exist() -> None:
    assert dir(fairlead) == [
        "AsyncClient", "Client", "__version__", "monitor", "publish", "release", "scorer", "validate",
    ]  # fmt: skip
    assert all(hasattr(fairlead, name) for name in dir(fairlead))


def test_completion_imports_nothing_heavy() -> None:
    code = "import fairlead, sys; dir(fairlead); print({'sklearn', 'boto3', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
