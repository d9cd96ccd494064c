"""Import a version's package from memory: the bytes that were checked are the bytes that run.

In a function the package stays mounted. A publisher's process may have another package of that name, even the same one
as it was when the kernel imported it; so the modules of both are exchanged for as long as the version is proved.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any, Self

from fairlead.engines.model_code.package import CodePackage
from fairlead.errors import ModelCodeError, one_line


class _Loader(importlib.abc.InspectLoader):
    """Compiles modules of one package from its files."""

    def __init__(self, package: CodePackage) -> None:
        self._package = package

    def is_package(self, fullname: str) -> bool:
        return self._package.path_of(fullname).endswith("/__init__.py")

    def get_source(self, fullname: str) -> str:
        return self._package.files[self._package.path_of(fullname)].decode("utf-8")

    def get_code(self, fullname: str) -> types.CodeType:
        return self.source_to_code(self.get_source(fullname), self._package.path_of(fullname))


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of one package, and no others of its name."""

    def __init__(self, package: CodePackage) -> None:
        self._package, self._loader = package, _Loader(package)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - importlib's shape
        target: types.ModuleType | None = None,  # noqa: ARG002 - as above
    ) -> importlib.machinery.ModuleSpec | None:
        if not self._package.holds(fullname):
            return None
        where = self._package.path_of(fullname)
        if not where:
            raise ModuleNotFoundError(f"the package {self._package.name} has no module {fullname}", name=fullname)
        return importlib.machinery.ModuleSpec(
            fullname, self._loader, origin=where, is_package=self._loader.is_package(fullname)
        )


class MountedCode:
    """One package, importable inside a `with` block; blocks may be nested, and all have the same modules."""

    def __init__(self, package: CodePackage) -> None:
        self.package = package
        self._finder = _Finder(package)
        self._modules: dict[str, types.ModuleType] = {}
        self._hidden: dict[str, types.ModuleType] = {}
        self._depth = 0

    def __enter__(self) -> Self:
        """Put the package's modules in the place of others with their names."""
        self._depth += 1
        if self._depth == 1:
            self._hidden = self._taken_out()
            sys.modules.update(self._modules)
            sys.meta_path.insert(0, self._finder)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the modules that were there before."""
        self._depth -= 1
        if self._depth == 0:
            sys.meta_path.remove(self._finder)
            self._modules = self._taken_out()
            sys.modules.update(self._hidden)

    def _taken_out(self) -> dict[str, types.ModuleType]:
        names = [name for name in sys.modules if self.package.holds(name)]
        return {name: sys.modules.pop(name) for name in names}

    def find(self, name: str) -> Any:
        """Return the class or function of a dotted name; raises ModelCodeError.

        It must be defined in the module that the name says: a name never refers to an object that the package imports.
        """
        module_name, _, last = name.rpartition(".")
        module = self._imported(module_name)
        found = getattr(module, last, None)
        kinds = (type, types.FunctionType)
        if not isinstance(found, kinds) or (found.__module__, found.__qualname__) != (module_name, last):
            raise ModelCodeError(
                f"{module_name} defines no class or function {last[:60]}",
                hint="fit the model with the package as it is in --code, and publish both",
            )
        return found

    def _imported(self, name: str) -> types.ModuleType:
        if not self.package.path_of(name):
            raise ModelCodeError(
                f"the package {self.package.name} has no module {name[:100]}",
                hint="fit the model with the package as it is in --code, and publish both",
            )
        try:
            return importlib.import_module(name)
        except Exception as error:  # a package may raise any exception when it is imported
            raise ModelCodeError(
                f"the module {name} cannot be imported: {one_line(error, 200, named=True)}{_line(error, self.package)}",
                hint=f"a module may import the package itself, the standard library and {AVAILABLE}",
            ) from error


AVAILABLE = "scikit-learn, numpy, scipy, pandas and joblib"


def _line(error: BaseException, package: CodePackage) -> str:
    """Return the package's innermost line in an error's traceback, as ` (churn/a.py, line 3)`; empty without one."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in package.files:
            found = f" ({trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return found
