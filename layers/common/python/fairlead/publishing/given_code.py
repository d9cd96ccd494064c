"""The publisher's own package: packed before the long work, and refused early where its stack serves no code."""

from pathlib import Path
from typing import NamedTuple

from fairlead.aws import stack
from fairlead.engines.model_code.importer import MountedCode
from fairlead.engines.model_code.source_rules import offers_converter
from fairlead.errors import FairleadError, ModelCodeError, one_line
from fairlead.publishing.input.code_folder import read_code
from fairlead.publishing.input.inputs import Progress
from fairlead.publishing.parity.choose_engine import ALLOW_CODE, Demand
from fairlead.settings import Operator

UNKNOWN = "whether the stack serves own code is not known here; its releases check it"


class GivenCode(NamedTuple):
    """The publisher's own package, and why the stack does not serve it; empty if it does, or if that is not known."""

    mounted: MountedCode | None
    refused: str = ""


def given_code(folder: Path, where: Operator | None, demanded: Demand, *, progress: Progress) -> GivenCode:
    """Pack a package's folder, and ask the stack whether it serves code.

    Raises ModelCodeError for a package that cannot be packed, and where the stack serves no code, unless onnx is
    demanded or a converter of the package may lead there. A stack that cannot be read refuses nothing: its release
    checks.
    """
    found = read_code(folder)
    progress(f"packed {found.package.name}, {len(found.package.files)} files")
    if found.left_out:
        progress(f"left out, because only .py files are packed: {', '.join(found.left_out[:10])}")
    refused = _refusal(where, progress)
    if refused and (demanded == "sklearn" or (demanded == "auto" and not offers_converter(found.package))):
        raise ModelCodeError(refused, hint=ALLOW_CODE)
    return GivenCode(MountedCode(found.package), refused)


def _refusal(where: Operator | None, progress: Progress) -> str:
    if where is None:
        progress(UNKNOWN)
        return ""
    try:
        found = stack.find(where)
    except FairleadError as error:
        progress(f"{UNKNOWN}: {one_line(error, 200)}")
        return ""
    return "" if found.allows_code else f"stack {found.name!r} serves no code of publishers (AllowModelCode=no)"
