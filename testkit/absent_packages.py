"""Packages that a process cannot import, as where they are not installed."""

import sys


class _Absent:
    def __init__(self, packages: tuple[str, ...]) -> None:
        self._packages = packages

    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] in self._packages:
            raise ModuleNotFoundError(name, name=name)


def forbid(*packages: str) -> None:
    """Refuse every import of these packages from now on."""
    sys.meta_path.insert(0, _Absent(packages))
