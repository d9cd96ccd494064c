"""Reports in a real browser: silent console, no request, nothing overlaps or overflows, on screens and on paper."""

import struct
import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fairlead.publishing import report
from tests.browser import FAINT, Browser
from tests.report_cases import CASES, HOSTILE, case

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# Texts of one drawing that overlap, or lie outside it by more than a rounding error.
CLASHES = """(() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg')) {
    const frame = svg.getBoundingClientRect();
    if (!frame.width) continue;
    const texts = [...svg.querySelectorAll('text')].filter(t => !t.hasAttribute('transform'))
      .map(t => [t.textContent, t.getBoundingClientRect()]);
    for (const [said, box] of texts)
      if (box.left < frame.left - 3 || box.right > frame.right + 3 || box.top < frame.top - 3
          || box.bottom > frame.bottom + 3) found.push([svg.querySelector('title').textContent, said, 'outside']);
    for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
      const [a, b] = [texts[i][1], texts[j][1]];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 4) found.push([svg.querySelector('title').textContent, texts[i][0], texts[j][0]]);
    }
  }
  return found;
})()"""

WIDTH = "document.documentElement.scrollWidth"
GROUND = "getComputedStyle(document.documentElement).backgroundColor"
PAPER = 688
"""A4 within its margins, in CSS pixels."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reports")


def opened(chromium: Browser, shelf: Path, name: str, *, width: int = 1280) -> Path:
    path = shelf / f"{name}.html"
    path.write_text(report.render(case(name)), encoding="utf-8")
    chromium.open(path, width=width)
    return path


def look(chromium: Browser, path: Path) -> None:
    """Check an open page: light and wide, dark and narrow, and on paper, printed from a dark screen."""
    assert chromium.run(CLASHES) == []
    assert chromium.run(FAINT) == []
    assert chromium.run(WIDTH) <= 1280
    chromium.open(path, width=360, dark=True)
    assert chromium.run(FAINT) == []
    assert chromium.run(WIDTH) <= 360
    assert chromium.run(GROUND) == "rgb(18, 22, 27)"
    chromium.open(path, width=PAPER, dark=True, media="print")
    assert chromium.run(FAINT) == []
    assert chromium.run(WIDTH) <= PAPER  # a wide table would be cut
    assert chromium.run(GROUND) == "rgb(255, 255, 255)"


def pixels(png: bytes) -> tuple[int, int, bytes]:
    """Width, height and the unpacked bytes of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    data, at = b"", 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return width, height, zlib.decompress(data)


@pytest.mark.parametrize("name", CASES)
def test_a_report_opens_without_console_messages_and_requests_only_itself(
    chromium: Browser, shelf: Path, name: str
) -> None:
    path = opened(chromium, shelf, name)
    assert chromium.complaints() == []
    assert {url for url in chromium.requests() if not url.startswith("data:")} == {path.as_uri()}
    assert chromium.run("document.compatMode") == "CSS1Compat"
    assert chromium.run("document.querySelector('h1').textContent").endswith(f", version {case(name).manifest.version}")


@pytest.mark.parametrize("name", CASES)
def test_nothing_overlaps_and_the_page_fits_its_window(chromium: Browser, shelf: Path, name: str) -> None:
    look(chromium, opened(chromium, shelf, name))


@pytest.mark.parametrize("name", ["penguins", "diabetes"])
def test_a_report_is_seen_and_prints_on_a4(chromium: Browser, shelf: Path, name: str) -> None:
    opened(chromium, shelf, name)
    width, height, seen = pixels(chromium.screenshot())
    assert width == 1280
    assert height > 3000
    assert len(set(seen[:2_000_000])) > 20
    pdf = chromium.printed()
    assert pdf.startswith(b"%PDF")
    assert b"/MediaBox [0 0 59" in pdf  # A4 is 595 points wide
    assert 3 <= pdf.count(b"/Type /Page\n") <= 14


def test_without_colour_bars_lines_and_verdicts_stay_apart(chromium: Browser, shelf: Path) -> None:
    """Shades that carry a difference differ in lightness by at least 3 to 1, as WCAG asks of graphics."""
    opened(chromium, shelf, "penguins")

    def lightness(selector: str, what: str) -> float:
        value = chromium.run(f"getComputedStyle(document.querySelector('{selector}'))['{what}']")
        parts = [int(part) / 255 for part in value[4:-1].split(",")]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: float, other: float) -> float:
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    bar, ring, line = lightness("svg .bar", "fill"), lightness("svg .ring", "stroke"), lightness("svg .line", "stroke")
    assert contrast(bar, 1.0) >= 3
    assert contrast(bar, ring) >= 3
    assert contrast(line, 1.0) >= 4.5
    assert contrast(lightness(".soft", "color"), 1.0) >= 4.5
    words = chromium.run("[...document.querySelectorAll('td.sign')].every(cell => /[a-z]{4}/.test(cell.textContent))")
    assert words is True


def test_names_that_are_scripts_do_not_run(chromium: Browser, shelf: Path) -> None:
    opened(chromium, shelf, "hostile")
    assert chromium.run("document.scripts.length") == 0
    assert chromium.run("document.images.length") == 0
    assert HOSTILE in chromium.run("document.body.innerText")


def test_browser_enforces_the_reports_content_security_policy(chromium: Browser, shelf: Path) -> None:
    """The policy is a second protection: markup that got into a report could neither run nor send a request."""
    path = shelf / "broken.html"
    text = report.render(case("diabetes"))
    planted = '<script>window.ran = 1</script><img src="http://127.0.0.1:9/x.png"></main>'
    path.write_text(text.replace("</main>", planted), encoding="utf-8")
    chromium.open(path)
    assert chromium.run("window.ran") is None
    refused: list[Any] = [msgspec.json.encode(one) for one in chromium.complaints()]
    assert any(b"Content Security Policy" in one for one in refused)
