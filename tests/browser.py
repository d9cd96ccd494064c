"""A headless Chromium, controlled over a pipe (DevTools protocol): a page's requests, log, layout and screenshots."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync")
SECONDS = 60
FAINT = """(() => {
  const light = colour => { const part = colour.match(/[\\d.]+/g).slice(0, 3).map(one => one / 255)
    .map(one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4);
    return .2126 * part[0] + .7152 * part[1] + .0722 * part[2]; };
  const behind = one => { for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour; } return 'rgb(255, 255, 255)'; };
  const found = [];
  for (const one of document.querySelectorAll('body *')) {
    if (![...one.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    if (!one.getClientRects().length) continue;
    const drawn = one instanceof SVGElement, style = getComputedStyle(one);
    const at = one.getBoundingClientRect(), x = (at.left + at.right) / 2, y = (at.top + at.bottom) / 2;
    const box = drawn && [...one.ownerSVGElement.querySelectorAll('.box')].find(near => {
      const frame = near.getBoundingClientRect();
      return frame.left < x && x < frame.right && frame.top < y && y < frame.bottom; });
    const pair = [light(drawn ? style.fill : style.color), light(box ? getComputedStyle(box).fill : behind(one))];
    const contrast = (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
    if (contrast < 4) found.push([one.textContent.slice(0, 40), one.className.baseVal ?? one.className, contrast]);
  }
  return found;
})()"""
"""Texts with less contrast to what is behind them than 4 to 1, with their class."""


class Browser:
    """One page of one browser; `events` is everything that it reported."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write = read, write
        self._numbers = itertools.count(1)
        self._buffer = b""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Network", "Log", "Runtime", "Page"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def open(self, place: Path | str, *, width: int = 1280, dark: bool = False, media: str = "") -> None:
        """Load a file or an address and wait until it is whole; `media` is print for the look of paper."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self.events.clear()
        self.ask("Page.navigate", url=place if isinstance(place, str) else place.as_uri())
        self.loaded()

    def loaded(self) -> None:
        """Wait until the page that is loading is complete."""
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def run(self, expression: str) -> Any:
        """Evaluate an expression in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def requests(self) -> list[str]:
        """URLs the page asked for, itself among them."""
        sent = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[Any]:
        """Return the page's log lines, errors and blocked requests."""
        loud = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Network.loadingFailed"}
        return [event["params"] for event in self.events if event.get("method") in loud]

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(found["data"])

    def printed(self) -> bytes:
        """The page as PDF, as its own style asks."""
        return base64.b64decode(self.ask("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._read, 1 << 20)
            assert data, "the browser went away"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser with an empty profile; skips where there is none, unless FAIRLEAD_REQUIRE_BROWSER=1."""
    if PROGRAM is None:
        if os.environ.get("FAIRLEAD_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium on PATH")
        pytest.skip("no Chromium on PATH")
    to_read, to_write = os.pipe(), os.pipe()
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = [*QUIET, *root, "--headless=new", "--disable-gpu", "--remote-debugging-pipe", "--hide-scrollbars"]
        # Chromium reads commands from descriptor 3 and writes to 4.
        shell = f'exec 3<&{to_write[0]} 4>&{to_read[1]}; exec "$0" "$@"'
        process = subprocess.Popen(
            ["bash", "-c", shell, PROGRAM, *options, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_write[0], to_read[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_write[0])
        os.close(to_read[1])
        try:
            yield Browser(to_read[0], to_write[1])
        finally:
            process.terminate()
            process.wait(SECONDS)
            os.close(to_read[0])
            os.close(to_write[1])
