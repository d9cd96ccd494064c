"""Progress in a notebook: one line that names the step, and at the end how many there were."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, tostring

from fairlead.html.elements import e

Progress = Callable[[str], None]


class _Shown:
    """A progress bar without an end, in the output of the cell, with the current step beside it."""

    def __init__(self, display: Any, title: str) -> None:
        self._title, self._steps, self._began = title, 0, time.monotonic()
        self._handle = display.display(self._line(""), display_id=True)

    def step(self, text: str) -> None:
        self._steps += 1
        self._handle.update(self._line(text))

    def end(self) -> None:
        seconds = time.monotonic() - self._began
        self._handle.update(self._rendered(e("span", f"{self._title}: {self._steps} steps in {seconds:.0f} s")))

    def _line(self, text: str) -> Any:
        return self._rendered(e("span", e("progress"), f" {self._title}: {text}"))

    def _rendered(self, element: Element) -> Any:
        return _Fragment(tostring(element, encoding="unicode", method="html"))


class _Fragment:
    """HTML that IPython displays."""

    def __init__(self, html: str) -> None:
        self._text = html

    def _repr_html_(self) -> str:
        return self._text


@contextlib.contextmanager
def steps(title: str) -> Iterator[Progress]:
    """Yield a function that shows a step in the cell's output; it does nothing outside a notebook."""
    display = _display()
    if display is None:
        yield lambda _: None
        return
    shown = _Shown(display, title)
    try:
        yield shown.step
    finally:
        shown.end()


def _display() -> Any:
    """Return IPython's display module in a kernel, None elsewhere. IPython is never imported here first."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython import display

    return display
