"""The options that every benchmark program takes."""

import argparse


def parser(purpose: str | None) -> argparse.ArgumentParser:
    """Return a parser with `--smallest`, under which a program does a little of everything: a test runs all so."""
    found = argparse.ArgumentParser(description=purpose, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--smallest", action="store_true", help="as little as shows that the program works")
    return found
