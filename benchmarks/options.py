"""The options that benchmark programs share."""

import argparse
from pathlib import Path

FIGURES = Path("docs/figures")


def parser(purpose: str | None) -> argparse.ArgumentParser:
    """Return a parser with `--smallest`, under which a program does a little of everything: a test runs all so."""
    found = argparse.ArgumentParser(description=purpose, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--smallest", action="store_true", help="as little as shows that the program works")
    return found


def drawing_parser(purpose: str | None) -> argparse.ArgumentParser:
    """Return a parser as `parser` does, also with `--figures`, for a program that draws a figure of docs."""
    found = parser(purpose)
    found.add_argument("--figures", type=Path, help=f"folder of the figure; {FIGURES} unless --smallest is given")
    return found


def figures(given: argparse.Namespace) -> Path | None:
    """Return the folder for figures; None at the smallest size, whose figure must not replace that of a whole run."""
    folder: Path | None = given.figures
    return folder or (None if given.smallest else FIGURES)
